"""A year of a service: recorded, exported, reported, and the file of the return checked."""

from __future__ import annotations

import asyncio
import csv
import io
import json
import random
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from typer.testing import CliRunner

from bot.cli.commands import app
from bot.config_file import load
from bot.resources import open_alone
from protocol import facts as f
from protocol.london import LONDON
from storage.keys import new_key_file
from storage.model import Person
from storage.store import Change

CONFIG = """
homes = [
  { id = "rowan", name = "Rowan House", prefix = "RH", authority = "Haringey" },
  { id = "birch", name = "Birch House", prefix = "BH", authority = "Haringey" },
]
authorities = [{ name = "Haringey", code = "E09000014" }, { name = "Camden", code = "E09000007" }]
[[staff]]
id = "robin"
name = "Robin Model"
telegram_id = 7003
role = "manager"
[book]
folder = "data"
unencrypted = "yes, plain files"
[export]
service = "NL01"
key_file = "export.key"
"""
BEGIN = datetime(2025, 4, 1, 12, tzinfo=UTC)
BORN = date(2007, 10, 1)
"""Of the oldest, who turns 18 in the year; the others are 200 days apart."""
EPISODES, CHILDREN = 90, 9


@pytest.fixture(scope="module")
def year(tmp_path_factory):
    """The folder of the service, and what was recorded: start, found, back, category, child."""
    folder = tmp_path_factory.mktemp("year")
    path = folder / "config.toml"
    path.write_text(CONFIG, "utf-8")
    new_key_file(folder / "export.key", BEGIN)
    return path, asyncio.run(recorded(path))


async def recorded(path):
    chance = random.Random(4)
    config, _ = load(path, token_needed=False)
    store = await open_alone(config, path.parent)
    known = []
    free = dict.fromkeys(range(CHILDREN), BEGIN)
    people = [
        Person(
            ref=f"YP-{n:02}",
            home=("rowan", "birch")[n % 2],
            child=f.Child(
                dob=BORN + timedelta(days=200 * n),
                looked_after=n % 4 != 3,
                responsible_la=("Haringey", "Camden")[n % 2] if n % 4 != 3 else None,
                in_childrens_home=True,
            ),
        )
        for n in range(CHILDREN)
    ]
    try:
        await store.put_people(people)
        for number in range(EPISODES):
            child = chance.randrange(CHILDREN)
            start = free[child] + timedelta(minutes=chance.randint(600, 60 * 24 * 60))
            if start > BEGIN + timedelta(days=365):
                continue
            found = start + timedelta(minutes=chance.randint(30, 5000))
            back = found + timedelta(minutes=chance.choice([0, 60, 2000]))
            free[child] = back
            category = chance.choice(["missing", "missing", "unauthorised_absence"])
            common = {"by": "robin", "recorded_at": start + timedelta(minutes=5)}
            facts = [
                f.Opened(
                    id="f1", category=category, child=people[child].child, aware_at=start,
                    last_seen_at=start, **common,
                ),
            ]  # fmt: skip
            if category == "missing" and back != found:
                facts.append(f.Located(id="f2", at=found, **(common | {"recorded_at": found})))
            facts.append(f.Returned(id="f3", at=back, **(common | {"recorded_at": back})))
            facts.append(f.Closed(id="f4", at=back, **(common | {"recorded_at": back})))
            await store.create(
                f"CASE-{number:04}",
                people[child].home,
                people[child].ref,
                Change(facts=facts, close=True),
            )
            known.append((start, found, back, category, child))
    finally:
        await store.close()
    return known


def run(path, *words):
    done = CliRunner().invoke(app, [*map(str, words), "--config", str(path)])
    assert done.exit_code == 0, done.stderr
    return done.stdout


PERIOD = ("--from", "2025-04-01", "--to", "2026-03-31")


def inside(known):
    """What starts in the year, without those who are 18 by then."""
    first, last = date(2025, 4, 1), date(2026, 3, 31)
    found = []
    for one in known:
        day = one[0].astimezone(LONDON).date()
        born = BORN + timedelta(days=200 * one[4])
        if first <= day <= last and day < born.replace(year=born.year + 18):
            found.append(one)
    return found


def test_figures_agree_with_a_count_of_what_was_recorded(year):
    path, known = year
    counted = inside(known)
    assert len(counted) > 30
    report = json.loads(run(path, "report", "ni71", *PERIOD, "--json"))["figures"]
    missing = [x for x in counted if x[3] == "missing"]
    assert report["all"]["episodes"] == len(counted)
    assert report["all"]["children"] == len({x[4] for x in counted})
    assert report["missing"]["episodes"] == len(missing)
    assert report["missing"]["children"] == len({x[4] for x in missing})
    long = [x for x in missing if x[1] - x[0] > timedelta(hours=24)]
    care = json.loads(run(path, "report", "lead_member", *PERIOD, "--json"))["figures"]
    assert care["now"]["over_24h"]["episodes"] == len(long)


def test_exported_rows_and_the_records_make_the_same_report(year):
    path, _ = year
    rows = path.parent / "rows.jsonl"
    run(path, "export", "rows", *PERIOD, "--out", rows)
    for name in ("care_monitoring", "timeliness", "interview_table"):
        from_rows = json.loads(run(path, "report", name, "--rows", rows, *PERIOD, "--json"))
        from_records = json.loads(run(path, "report", name, *PERIOD, "--json"))
        assert from_rows["figures"] == from_records["figures"]


def test_the_file_of_the_return_obeys_the_rules(year):
    """564-567, 570, 571, 574; who turned 18 has no row after that."""
    path, _ = year
    people = path.parent / "people.csv"
    run(path, "export", "people", "--out", people)
    text = run(path, "report", "ssda903", *PERIOD, "--people", people, "--csv")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert len(rows) > 20

    def day(written):
        return datetime.strptime(written, "%d/%m/%Y").replace(tzinfo=UTC).date()

    for row in rows:
        start, born = day(row["MIS_START"]), day(row["DOB"])
        assert row["MISSING"] in ("M", "A")
        assert start <= date(2026, 3, 31)
        assert start < born.replace(year=born.year + 18)
        if row["MIS_END"]:
            assert start <= day(row["MIS_END"]) <= date(2026, 3, 31)
            assert day(row["MIS_END"]) <= born.replace(year=born.year + 18)
    for one, other in pairwise(rows):
        if one["CHILD"] == other["CHILD"]:
            assert one["MIS_END"]
            assert day(one["MIS_END"]) <= day(other["MIS_START"])
