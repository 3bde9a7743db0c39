"""A year that people recorded in the chat (see `chat_year`): exported, reported, and the files of
both years of the return that it touches checked, against a count of what truly happened."""

from __future__ import annotations

import asyncio
import csv
import io
import json
from collections import Counter
from datetime import date, timedelta
from random import Random

import pytest
from typer.testing import CliRunner

from bot.cli.commands import app
from bot.config_file import load
from bot.resources import open_alone
from protocol.london import day_of
from storage.keys import new_key_file
from storage.store import Change
from tests.reports.chat_year import BEGIN, TURN_OF_YEAR, YearInTheChat, people
from tests.reports.return_rules import broken, validated
from tests.simulation import loop

CONFIG = """
homes = [
  { id = "rowan", name = "Rowan House", prefix = "RH", authority = "Haringey" },
  { id = "cedar", name = "Cedar House", prefix = "CH", authority = "Haringey" },
]
authorities = [{ name = "Haringey", code = "E09000014" }, { name = "Camden", code = "E09000007" }]
staff = [
  { id = "amy", name = "Amy Example", telegram_id = 1, role = "duty_manager", homes = ["rowan"] },
  { id = "cay", name = "Cay Example", telegram_id = 3, role = "duty_manager", homes = ["cedar"] },
  { id = "mia", name = "Mia Example", telegram_id = 4, role = "manager" },
]
[book]
folder = "data"
unencrypted = "yes, plain files"
[export]
service = "NL01"
key_file = "export.key"
"""
LAST = day_of(TURN_OF_YEAR)
OLD, NEW = (date(2025, 4, 1), LAST), (LAST + timedelta(days=1), date(2027, 3, 31))
ALL = ("--from", OLD[0], "--to", NEW[1])


@pytest.fixture(scope="module")
def year(tmp_path_factory):
    """The configuration of the service with its records on disk, and what truly happened."""
    folder = tmp_path_factory.mktemp("year")
    path = folder / "config.toml"
    path.write_text(CONFIG, "utf-8")
    new_key_file(folder / "export.key", BEGIN)
    config, _ = load(path, token_needed=False)
    world = YearInTheChat(config.service, Random(5))
    episodes = loop.run(recorded(world))
    assert all(episode.closed_at for episode in episodes)
    assert world.reminded > 1000
    asyncio.run(on_disk(config, folder, episodes))
    return path, world.life


async def recorded(world):
    async with world:
        return await world.passes()


async def on_disk(config, folder, episodes):
    store = await open_alone(config, folder)
    try:
        await store.put_people(people())
        for one in episodes:
            change = Change(facts=list(one.facts), close=True)
            await store.create(one.ref, one.home, one.person, change)
    finally:
        await store.close()


def run(path, *words):
    done = CliRunner().invoke(app, [*map(str, words), "--config", str(path)])
    assert done.exit_code == 0, done.stderr
    return done.stdout


def report(path, name, *words):
    return json.loads(run(path, "report", name, *(words or ALL), "--json"))["figures"]


def under_18(life):
    return [one for one in life if not one.is_18]


def missing(life):
    """Whereabouts not known, or police were told of it."""
    return [one for one in under_18(life) if not one.known or one.told_police]


def numbers(absences):
    children = Counter(one.person.ref for one in absences)
    return {
        "episodes": len(absences),
        "children": len(children),
        "children_2_or_more": sum(number > 1 for number in children.values()),
    }


def test_figures_agree_with_a_naive_count_of_what_happened(year):
    path, life = year
    found = report(path, "ni71")
    assert found["all"] == numbers(under_18(life))
    assert found["missing"] == numbers(missing(life))
    assert found["all"]["episodes"] > found["missing"]["episodes"] > 40
    quarters = Counter(
        f"{day.year}-Q{(day.month + 2) // 3}" for day in (day_of(x.gone) for x in under_18(life))
    )
    assert quarters == {x["quarter"]: x["episodes"] for x in found["quarters"] if x["episodes"]}


def test_homes_and_lengths_agree_with_it(year):
    path, life = year
    homes = report(path, "home_summary")["homes"]
    counted = Counter(one.person.home for one in under_18(life))
    assert sorted(home["all"]["episodes"] for home in homes) == sorted(counted.values())
    long = [one for one in missing(life) if one.ended - one.gone > timedelta(hours=24)]
    assert long
    assert report(path, "lead_member")["now"]["over_24h"]["episodes"] == len(long)


def test_who_is_missing_as_march_ends_agrees_with_it(year):
    path, life = year
    over = [
        one
        for one in missing(life)
        if day_of(one.gone) <= LAST < day_of(one.ended) and one.person.child.looked_after
    ]
    assert over
    found = report(path, "lead_member", "--from", OLD[0], "--to", LAST)
    assert found["still_missing"]["episodes"] == len(over)


def test_interviews_agree_with_it(year):
    """Held thirty hours after the return, so within 72."""
    path, life = year
    held = sum(one.interview for one in missing(life))
    found = report(path, "timeliness")["all"]
    assert found["due"]["episodes"] == len(missing(life))
    assert found["held"]["n"] == found["within_72h_of_held"]["n"] == held


def test_exported_rows_and_the_records_make_the_same_report(year):
    path, life = year
    rows = path.parent / "rows.jsonl"
    run(path, "export", "rows", *ALL, "--out", rows)
    assert len(rows.read_text("utf-8").splitlines()) == len(life)
    for name in ("care_monitoring", "timeliness", "interview_table"):
        assert report(path, name, "--rows", rows, *ALL) == report(path, name)


def written_file(path, first, last):
    file = path.parent / "people.csv"
    run(path, "export", "people", "--out", file)
    words = ("--from", first, "--to", last, "--people", file)
    return run(path, "report", "ssda903", *words, "--csv")


def file_of(path, first, last):
    """As rows; the number of the child in the place of the key, without the date of birth."""
    return list(csv.DictReader(io.StringIO(written_file(path, first, last))))


def stretches(one):
    """(type, first day, last day) of an absence as the return counts."""
    gone, ended, back = map(day_of, (one.gone, one.ended, one.back))
    if one.known and not one.told_police:
        yield "A", gone, back
        return
    yield "M", gone, ended
    if back > ended:
        yield "A", ended, back


def expected(life, first, last):
    """The rows without the child's number: type, start, end, in any order."""
    for one in life:
        if not one.person.child.looked_after or one.is_18:
            continue
        born = one.person.child.dob
        for kind, start, end in stretches(one):
            end = min(end, born.replace(year=born.year + 18))
            if start <= last and end >= first:
                yield kind, f"{start:%d/%m/%Y}", f"{end:%d/%m/%Y}" if end <= last else ""


@pytest.mark.parametrize("this", [OLD, NEW], ids=["until March", "from April"])
def test_the_file_of_a_year_has_what_happened_and_obeys_the_rules(year, this):
    path, life = year
    rows = file_of(path, *this)
    assert len(rows) > 10
    assert list(broken(rows, *this)) == []
    found = [(row["MISSING"], row["MIS_START"], row["MIS_END"]) for row in rows]
    assert sorted(found) == sorted(expected(life, *this))


def test_who_is_away_as_march_ends_stands_in_both_files(year):
    """Open in the old one, again in the new one, with the same start (576)."""
    path, _ = year
    old, new = file_of(path, *OLD), file_of(path, *NEW)
    over = [row for row in old if not row["MIS_END"]]
    assert over
    stands = {(row["CHILD"], row["MISSING"], row["MIS_START"]) for row in new}
    assert {(row["CHILD"], row["MISSING"], row["MIS_START"]) for row in over} <= stands


def test_the_validator_of_the_sector_accepts_both_files(year, tmp_path):
    """The published package: no rule names a row, of the year alone and with the year before."""
    path, _ = year
    files = []
    for first, last in (OLD, NEW):
        files.insert(0, tmp_path / f"{last.year}.csv")
        files[0].write_text(written_file(path, first, last), "utf-8")
        assert validated(last.year, *files) == {}
