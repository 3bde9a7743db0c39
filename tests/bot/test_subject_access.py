"""Somebody asks what is held about them: one folder, whole, with others marked."""

from __future__ import annotations

import asyncio
import csv
import io
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.cli import subject_access
from bot.config_file import load
from bot.resources import open_alone
from protocol import facts as f
from storage.model import Message, Person
from storage.store import Change
from tests.protocol.cases import IN_CARE
from tests.storage import people as storage_people

CONFIG = """
homes = [{ id = "rowan", name = "Rowan House", prefix = "RH", authority = "Haringey" }]
authorities = [{ name = "Haringey", code = "E09000014" }]
[[staff]]
id = "robin"
name = "Robin Model"
telegram_id = 7003
role = "manager"
[book]
folder = "data"
unencrypted = "yes, plain files"
"""
START = datetime(2026, 3, 2, 18, 0, tzinfo=UTC)


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "config.toml"
    path.write_text(CONFIG, encoding="utf-8")
    asyncio.run(_fill(path))
    return path


async def _fill(path: Path) -> None:
    """Twelve cases of one young person, most of them closed, and one of another."""
    config, _ = load(path, token_needed=False)
    store = await open_alone(config, path.parent)
    try:
        people = [
            Person(ref="YP-07", home="rowan", child=IN_CARE, name="Invented Sample"),
            Person(ref="YP-08", home="rowan", child=IN_CARE, name="Other Specimen"),
        ]
        await store.put_people(people)
        for n in range(12):
            at = START + timedelta(days=n)
            await _case(store, f"RH-{n + 22}BB", "YP-07", at, closed=n < 10)
        await _case(store, "RH-ZZZZ", "YP-08", START, closed=False)
        await store.update_office(log=[_in_chat("RH-22BB"), _in_chat("RH-ZZZZ")])
    finally:
        await store.close()


def _in_chat(ref: str) -> dict[str, str]:
    """As the bot writes it of a card that somebody opened."""
    return {"at": START.isoformat(), "what": "read in chat", "by": "robin", "ref": ref}


async def _case(store, ref: str, person: str, at: datetime, *, closed: bool) -> None:
    common = {"by": "robin", "recorded_at": at}
    told = {"message": "m1", "to": "robin", "about": "SG-A"}
    facts: list[f.Fact] = [
        f.Opened(id="f1", category="missing", child=IN_CARE, aware_at=at, **common),
        f.Note(id="f2", at=at, text="seen with Other Specimen near the park", **common),
        f.PoliceTold(id="f3", at=at, reference="EX-0001", **common),
        f.CaseRead(id="f6", what="case_file", by="sasha", recorded_at=at),
        f.Told(id="f7", by="nightlight", recorded_at=at, at=at, **told),
    ]
    if closed:
        facts += [f.Returned(id="f4", at=at, **common), f.Closed(id="f5", at=at, **common)]
    message = Message(id="m1", to="robin", kind="reminder", created_at=at, due_at=at)
    photo = storage_people.attached("f9", b"\xff\xd8\xff " + ref.encode(), "the coat.jpg")
    change = Change(
        facts=[*facts, *photo.facts],
        messages=[message],
        contents=photo.contents,
        close=closed,
    )
    await store.create(ref, "rowan", person, change)


def table(file: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(file.read_text(encoding="utf-8-sig"))))


def test_a_young_person_with_twelve_cases(config, tmp_path, capsys):
    out = tmp_path / "request"
    assert subject_access.run("YP-07", out, config, staff=False) == 0
    record = json.loads((out / "record.json").read_text())
    assert record["young_person"]["name"] == "Invented Sample"
    assert len(record["cases"]) == 12
    assert all(len(case["entries"]) >= 3 for case in record["cases"])
    assert len(list(out.glob("case-*.pdf"))) == 12
    assert (out / "chronology.pdf").read_bytes().startswith(b"%PDF")
    told = table(out / "disclosed.csv")
    assert [line["to"] for line in told] == ["police"] * 12
    marked = [line for line in table(out / "to-look-at.csv") if line["others named"]]
    assert len(marked) == 12
    assert marked[0]["others named"] == "young person YP-08"
    read = table(out / "read.csv")
    assert {(line["by"], line["what"], line["about"]) for line in read} == {
        ("robin", "read in chat", "ref RH-22BB"),
        *(("sasha", "read case_file", f"ref RH-{n + 22}BB") for n in range(12)),
    }
    alarms = table(out / "told.csv")
    assert [(one["to"], one["about"], one["outcome"]) for one in alarms] == [
        ("Robin Model", "SG-A", "sent")
    ] * 12
    assert "RH-ZZZZ" not in (out / "read.csv").read_text()
    assert "RH-ZZZZ" not in (out / "record.json").read_text()
    files = {str(one.relative_to(out)): one.read_bytes() for one in out.rglob("*.jpg")}
    assert len(files) == 12
    assert files["attachments/RH-22BB/f9-the coat.jpg"] == b"\xff\xd8\xff RH-22BB"
    typed = {line["field"] for line in table(out / "to-look-at.csv")}
    assert "name" in typed and "digest" not in typed
    assert not (out / "could-not-be-read.txt").exists()
    assert out.stat().st_mode & 0o077 == 0
    assert "Keep it where only you can read it" in capsys.readouterr().out


def test_a_file_that_cannot_be_read_is_named_and_the_rest_is_there(config, tmp_path):
    damaged = tmp_path / "data" / "attachments" / "RH-23BB" / "f9.nlb"
    damaged.write_bytes(damaged.read_bytes()[:-1])
    out = tmp_path / "request"
    assert subject_access.run("YP-07", out, config, staff=False) == 0
    assert len(list(out.rglob("*.jpg"))) == 11
    said = (out / "could-not-be-read.txt").read_text()
    assert said.startswith("attachment f9 of RH-23BB cannot be read")


def test_a_member_of_staff(config, tmp_path):
    out = tmp_path / "request"
    assert subject_access.run("robin", out, config, staff=True) == 0
    assert json.loads((out / "record.json").read_text())["member_of_staff"]["name"] == "Robin Model"
    assert len(table(out / "entries.csv")) == 10 * 6 + 3 * 4
    assert not (out / "attachments").exists()
    assert len(table(out / "messages.csv")) == 13


def test_what_a_member_of_staff_only_read_is_theirs_to_see(config, tmp_path):
    """She wrote nothing, and is not on the list any more."""
    out = tmp_path / "request"
    assert subject_access.run("sasha", out, config, staff=True) == 0
    read = table(out / "read.csv")
    assert [line["what"] for line in read] == ["read case_file"] * 13
    assert {line["about"] for line in read} >= {"ref RH-22BB", "ref RH-ZZZZ"}


@pytest.mark.parametrize(("reference", "staff"), [("YP-99", False), ("nobody", True)])
def test_somebody_who_is_not_on_record(config, tmp_path, capsys, reference, staff):
    out = tmp_path / "request"
    assert subject_access.run(reference, out, config, staff=staff) == 2
    assert "There is no" in capsys.readouterr().err
    assert not out.exists()


def test_a_folder_that_is_there_is_left_alone(config, tmp_path, capsys):
    out = tmp_path / "request"
    out.mkdir()
    assert subject_access.run("YP-07", out, config, staff=False) == 2
    assert "is there already" in capsys.readouterr().err
    assert list(out.iterdir()) == []


def test_words_that_look_like_a_formula_are_words(config, tmp_path):
    assert subject_access._safe("=1+1") == "'=1+1"
