"""A page of another site, opened on the same machine, cannot act as somebody in the sandbox."""

import httpx
import pytest
from starlette.routing import Route

from sandbox.practice_routes import page
from sandbox.server import Settings, World
from sandbox.server.app import create_app
from tests.sandbox.conftest import ROBIN, TOKEN

SAY = {"user": ROBIN, "text": "/start"}
REQUESTS = [
    ("POST", "/human/send", SAY),
    ("POST", "/human/users", {"first_name": "Mallory", "last_name": "Invented"}),
    ("GET", "/human/users", None),
    ("GET", f"/human/users/{ROBIN}/chat", None),
    ("GET", "/human/events", None),
    ("GET", "/human/stream", None),
    ("GET", "/human/files/nothing", None),
    ("POST", "/clock", {"advance_seconds": 60, "wait": 0}),
    ("GET", "/clock", None),
    ("POST", "/clock/follow", {"follower": "mallory", "wait": 0}),
    ("POST", "/settle", {"wait": 0}),
    ("POST", "/faults", {"effect": "drop"}),
    ("DELETE", "/faults", None),
    ("POST", "/settings", {"flood": False}),
    ("POST", "/reset", {}),
    ("GET", f"/bot{TOKEN}/getMe", None),
    ("GET", f"/bot{TOKEN}/sendMessage?chat_id={ROBIN}&text=hello", None),
    ("GET", f"/file/bot{TOKEN}/photos/1.jpg", None),
]
FOREIGN = [
    {"Origin": "https://evil.example"},
    {"Origin": "null"},
    {"Origin": "http://127.0.0.1:1"},
    {"Host": "evil.example"},
    {"Host": "127.0.0.1.evil.example:8081"},
    {"Host": "localhost@evil.example"},
    {"Host": "[::1"},
    {"Host": ""},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"},
]


@pytest.mark.parametrize("foreign", FOREIGN, ids=str)
async def test_a_foreign_page_moves_nothing_and_reads_nothing(client, human, foreign):
    before = (await human.get("/clock"))["version"]
    for method, path, body in REQUESTS:
        response = await client.request(method, path, json=body, headers=foreign)
        assert response.status_code == 403, (method, path)
        assert "127.0.0.1" in response.text or "own page" in response.text
    assert (await human.get("/clock"))["version"] == before
    assert await human.get("/human/users") == []


async def test_the_own_page_and_programs_are_served(client, server):
    origin = server.url
    for headers in (
        {},
        {"Origin": origin, "Sec-Fetch-Site": "same-origin"},
        {"Sec-Fetch-Site": "none", "Sec-Fetch-Mode": "navigate"},
        {"Host": origin.removeprefix("http://").replace("127.0.0.1", "localhost")},
    ):
        assert (await client.get("/clock", headers=headers)).status_code == 200, headers


async def test_a_link_to_the_page_may_be_followed_from_anywhere():
    app = create_app(World(Settings()), [Route("/", page), Route("/practice", page)])
    link = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url="http://127.0.0.1"
    ) as client:
        assert (await client.get("/", headers=link)).status_code == 200
        assert (await client.get("/practice", headers=link)).status_code == 403
        framed = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"}
        assert (await client.get("/", headers=framed)).status_code == 403
