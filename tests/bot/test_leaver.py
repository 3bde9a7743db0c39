"""A leaver's audit: a manager left on a date, and somebody asks what they did, read and took."""

from __future__ import annotations

import asyncio
import csv
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bot.audit_trail import AuditTrail
from bot.cli.commands import app
from bot.config_file import load
from bot.resources import keys_of
from bot.second_place import AuditFile
from protocol.provider import Provider
from storage.keys import new_key_file
from storage.tinydb_store import TinyStore
from tests.handlers.chat_world import SATURDAY_NIGHT
from tests.reminders.world import summarise
from tests.web.pages_world import PIN, WITH_AUDITOR, PagesWorld
from tests.web.test_staff_pages import invited, joins

DAYS = ("--from", "2026-11-21", "--to", "2099-01-01")


def written(provider: Provider) -> str:
    """The configuration file of that service."""
    lines = ["[book]", 'folder = "data"', 'key_file = "book.key"', "[export]", 'service = "NL01"']
    lines += ['key_file = "export.key"', "[audit]", 'file = "second/audit.jsonl"']
    for home in provider.homes:
        lines += ["[[homes]]", f'id = "{home.id}"', f'name = "{home.name}"']
        lines += [f'prefix = "{home.prefix}"', f'authority = "{home.authority}"']
    lines += ["[[authorities]]", 'name = "Haringey"', "[[authorities]]", 'name = "Camden"']
    lines += ["[[authorities]]", 'name = "Kent"']
    for one in provider.staff:
        lines += ["[[staff]]", f'id = "{one.id}"', f'name = "{one.name}"']
        lines += [f"telegram_id = {one.telegram_id}", f'role = "{one.role.value}"']
        lines += [f"homes = {json.dumps(list(one.homes))}"] if one.homes else []
    return "\n".join(lines) + "\n"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "config.toml"
    path.write_text(written(WITH_AUDITOR), encoding="utf-8")
    new_key_file(tmp_path / "book.key", SATURDAY_NIGHT)
    new_key_file(tmp_path / "export.key", SATURDAY_NIGHT)
    return path


def says(path: Path, *words: str) -> tuple[int, list[str]]:
    done = CliRunner().invoke(app, [*words, "--config", str(path)])
    return done.exit_code, done.output.splitlines()


async def a_manager_leaves(path: Path) -> tuple[str, str]:
    """Sam joins by invitation, comes in at the second try, reads a case, saves figures, says "I
    have it"; ada ends his entry, and Cay follows him. Somebody else reads the case, too."""
    config, policy = load(path, token_needed=False)
    keys, folder = keys_of(config, path.parent), path.parent / "data"
    told: list[str] = []

    async def alarm(line: str) -> None:
        told.append(line)

    world = PagesWorld(
        store=TinyStore(folder, keys=keys, summarise=summarise, now=lambda: SATURDAY_NIGHT)
    )
    place = AuditFile(path.parent / "second" / "audit.jsonl")
    state = world.engine.service_state
    trail = AuditTrail(world.store, state, config, place, alarm)
    async with world:
        await trail.started(config, policy)
        ref = await world.reports("cay", "YP-11")
        mia = await world.visitor("mia")
        sam = (await joins(world, (await invited(world, mia))[1])).id
        await mia.get(f"/people/one/{sam}")
        manager = {"name": "Sam Sample", "role": "manager", "home_cedar": "on", "phone": ""}
        ada = await world.visitor("ada")
        await ada.get(f"/people/one/{sam}")
        await ada.post(f"/people/one/{sam}", manager | ada.hidden("/out"))
        assert "Changed." in ada.text
        first = await world.visitor(sam)
        await first.post("/out", first.hidden("/out"))
        browser = world.browser()
        await browser.post("/in", {"link": world.link(sam)})
        await browser.post("/pin", {"pin": "111222"})
        await browser.post("/pin", {"pin": PIN})
        await browser.get(f"/cases/{ref}")
        await browser.get("/figures/timeliness/file.csv?first=2026-11-01&last=2026-11-30")
        assert browser.page.status_code == 200, browser.text
        await has_it(world, sam, ref)
        await mia.get(f"/cases/{ref}")
        (path.parent / "second").write_text("in the way")
        await trail.once()
        await trail.once()
        assert len(told) == 1, "told once, however often it fails"
        assert "cannot be written to" in told[0]
        world.clock.go(minutes=5)
        (path.parent / "second").unlink()
        await trail.once()
        assert told[1:] == ["The second place of the audit works again, and has everything."]
        await ada.get(f"/people/one/{sam}")
        await ada.post(f"/people/one/{sam}/end", {"successor": "cay"} | ada.hidden("/out"))
        assert "is off the list" in ada.text
        await browser.get(f"/cases/{ref}")
        assert ref not in browser.text, "nothing is open to a leaver"
        await trail.once()
    await world.store.close()
    return ref, sam


async def has_it(world: PagesWorld, who: str, ref: str) -> None:
    """The first thing that is to be done in this case is in their hands."""
    world.clock.go(minutes=20)
    await world.engine.tick()
    [duties] = [one[2] for one in await world.engine.planner.open_duties() if one[0].ref == ref]
    await world.context.acts.acknowledge(ref, [duties[0].id], world.staff(who))


def test_what_a_leaver_did_and_read_and_who_took_over(path: Path) -> None:
    ref, sam = asyncio.run(a_manager_leaves(path))
    assert says(path, "show", ref)[0] == 0
    status, lines = says(path, "audit", "show", *DAYS, "--person", sam)
    assert status == 0
    did = ["  ".join(line.split("  ")[1:]) for line in lines]
    wanted = [
        f"{sam}  joined",
        f"ada  changed  staff {sam}",
        f"machine  pages: activation code made  about {sam}",
        f"{sam}  pages: activation code tried  about {sam}",
        f"{sam}  pages: second factor set up  about {sam}",
        f"{sam}  pages: second factor tried  about {sam}",
        f"{sam}  pages: second factor wrong  about {sam}",
        f"{sam}  pages: second factor tried  about {sam}",
        f"{sam}  pages: second factor right  about {sam}",
        f"{sam}  read case_file  ref {ref}",
        f"{sam}  pages: figures saved  report timeliness",
        f"{sam}  wrote acknowledged  ref {ref}",
        f"ada  ended  staff {sam}",
        f"ada  left the staff list  staff {sam}, taker cay",
        f"ada  case taken over  staff {sam}, taker cay, ref {ref}",
    ]
    assert did == wanted

    status, said = says(path, "audit", "verify")
    assert (status, said[-1]) == (0, "second/audit.jsonl agrees with it."), said
    out = path.parent / "package"
    assert says(path, "subject-access", sam, "--staff", "--out", str(out))[0] == 0
    rows = list(csv.reader((out / "audit.csv").read_text(encoding="utf-8-sig").splitlines()))
    assert ["  ".join(row[1:]).rstrip() for row in rows[1:]][: len(wanted)] == wanted

    second = (path.parent / "second" / "audit.jsonl").read_text(encoding="utf-8")
    assert ref in second
    for kept_out in ("YP-11", "Sam Sample", "Cedar House", "Did not come back"):
        assert kept_out not in second
    lines = [json.loads(line) for line in second.splitlines()]
    levels = [one for one in lines if one["what"] == "level computed"]
    assert levels
    assert all(one["pack"].startswith("haringey-2011/") for one in levels)
    assert lines[0]["what"] == "configuration at the start"
    assert len(lines[0]["configuration"]) == 64


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('"by":"sam', '"by":"mia', "the file's own chain breaks here"),
        ("read case_file", "read attachm", "the file's own chain breaks here"),
    ],
)
def test_what_somebody_changed_afterwards_is_found(
    path: Path, old: str, new: str, said: str
) -> None:
    asyncio.run(a_manager_leaves(path))
    file = path.parent / "second" / "audit.jsonl"
    kept = file.read_text(encoding="utf-8")
    number = next(n for n, line in enumerate(kept.splitlines(), 1) if old in line)
    at = json.loads(kept.splitlines()[number - 1])["at"]
    file.write_text(kept.replace(old, new, 1), encoding="utf-8")
    status, lines = says(path, "audit", "verify")
    assert (status, lines[0]) == (1, f"audit.jsonl:{number}: record {number} of {at}: {said}")
    file.write_text("".join(kept.splitlines(keepends=True)[:-3]), encoding="utf-8")
    status, lines = says(path, "audit", "verify")
    assert status == 1
    assert "are not there" in lines[0]
