"""What the passive rules of ZAP's baseline scan look for, on every route of the application, for
somebody who is signed in and for somebody who is not."""

from __future__ import annotations

import re

import pytest

from tests.web.crawler import routes_of
from tests.web.pages_world import ADDRESS, PagesWorld

ALWAYS = {
    "cache-control": "no-store",
    "content-security-policy": "default-src 'none'; ",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), ",
    "referrer-policy": "same-origin",
    "strict-transport-security": "max-age=31536000",
    "x-content-type-options": "nosniff",
}
LEAKS = re.compile(
    r"Traceback|File \"/|\.py\"|jinja2|starlette|uvicorn|msgspec|<!--|"
    r"\b(?:10|127|192\.168)\.\d+\.\d+\.\d+|/home/|/usr/|/srv/|sqlite|psycopg",
    re.I,
)
"""Errors of the application, comments, addresses inside, paths of the machine."""
OUTSIDE = re.compile(r"(?:src|href|action|srcset|formaction)=\"(?:https?:)?//", re.I)
REDIRECTS = {"to": "//evil.example", "next": "https://evil.example", "url": "https://evil.example"}


@pytest.mark.parametrize("who", ["", "mia"])
async def test_no_route_answers_with_what_a_baseline_scan_warns_of(who):
    async with PagesWorld() as world:
        ref = await world.reports()
        browser = await world.visitor(who) if who else world.browser()
        paths = {
            re.sub(r"\{[\w:]+\}", "x", str(route.path).replace("{ref}", ref))
            for route in routes_of(world)
        }
        assert len(paths) > 30
        for path in sorted(paths):
            for method in ("GET", "POST", "TRACE", "OPTIONS"):
                world.seconds.time += 20
                if method == "GET":
                    sent = {"params": REDIRECTS}
                else:
                    sent = {"headers": {"origin": ADDRESS}}
                answer = await browser.client.request(method, path, **sent)
                at = f"{method} {path}"
                assert answer.status_code < 500, at
                for name, value in ALWAYS.items():
                    assert answer.headers.get(name, "").startswith(value), f"{at}: {name}"
                for name in ("server", "x-powered-by", "via", "allow", "etag", "last-modified"):
                    assert name not in answer.headers, f"{at}: {name}"
                assert "evil.example" not in str(answer.headers), at
                assert "evil.example" not in answer.headers.get("location", ""), at
                for cookie in answer.headers.get_list("set-cookie"):
                    assert cookie.startswith("__Host-"), at
                    assert "; Secure; HttpOnly; SameSite=" in cookie, at
                kind = answer.headers.get("content-type", "text/html; charset=utf-8")
                if kind.startswith("text/"):
                    assert "charset=utf-8" in kind, at
                if kind.startswith("text/html"):
                    assert not LEAKS.search(answer.text), f"{at}: {LEAKS.search(answer.text)}"
                    assert not OUTSIDE.search(answer.text), at


async def test_the_policy_allows_nothing_that_an_evaluator_warns_of():
    async with PagesWorld() as world:
        policy = (await world.browser().get("/")).headers["content-security-policy"]
        rules = dict(part.strip().split(" ", 1) for part in policy.split(";"))
        assert rules["default-src"] == "'none'" and rules["base-uri"] == "'none'"
        assert rules["object-src"] == "'none'" and rules["form-action"] == "'self'"
        assert rules["script-src"] == rules["style-src"] == rules["img-src"] == "'self'"
        assert "connect-src" not in rules, "no script asks for anything"
        assert rules["frame-ancestors"].startswith("https://web.telegram.org")
        for weak in ("unsafe-", "data:", "http:", "blob:", " * "):
            assert weak not in f" {policy} ", weak
