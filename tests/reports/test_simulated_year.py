"""The simulated service around the end of a return's year: recorded by its people in the chat,
exported, reported, and the files of both years of the return checked.

A whole year of the simulation takes minutes. These are thirteen days on both sides of 31 March, with
more absences than usual, so that some are away over the end of the year.
"""

from __future__ import annotations

import asyncio
import csv
import io
import json
from collections import Counter
from datetime import date

import pytest
from typer.testing import CliRunner

from bot.cli.commands import app
from bot.config_file import load
from bot.resources import open_alone
from protocol.fold import fold
from storage.keys import new_key_file
from storage.store import Change
from tests.reports.return_rules import broken
from tests.simulation import loop
from tests.simulation.world import SimWorld, in_this_world

SEED, DAYS, RATE = 461, 13, 2.0
"""Begins on 23 March 2025."""
CODES = {"Haringey": "E09000014", "Kent": "E10000016", "Exampleshire": "E10000099"}
OLD_YEAR = (date(2024, 4, 1), date(2025, 3, 31))
NEW_YEAR = (date(2025, 4, 1), date(2026, 3, 31))
BOTH = ("--from", "2024-04-01", "--to", "2026-03-31")


@pytest.fixture(scope="module")
def service(tmp_path_factory):
    """The configuration of the service with its records on disk, and its episodes."""
    world = SimWorld(SEED, DAYS, rate=RATE)
    with in_this_world(world):
        result = loop.run(world.main())
    assert not result.broken, result.broken
    folder = tmp_path_factory.mktemp("year")
    path = folder / "config.toml"
    path.write_text(configuration(world.made.config), "utf-8")
    new_key_file(folder / "export.key", world.start)
    episodes = [world.checker.episodes[ref] for ref in sorted(world.checker.episodes)]
    asyncio.run(on_disk(path, world.made.people, episodes))
    return path, episodes


def configuration(config):
    lines = ["homes = ["]
    lines += [
        f'  {{ id = "{h.id}", name = "{h.name}", prefix = "{h.prefix}",'
        f' authority = "{h.authority}" }},'
        for h in config.homes
    ]
    lines += ["]", "authorities = ["]
    lines += [f'  {{ name = "{name}", code = "{code}" }},' for name, code in CODES.items()]
    lines += ["]"]
    for one in config.staff:
        lines += ["[[staff]]", f'id = "{one.id}"', f'name = "{one.name}"']
        lines += [f"telegram_id = {one.telegram_id}", f'role = "{one.role.value}"']
    lines += ["[book]", 'folder = "data"', 'unencrypted = "yes, plain files"']
    return "\n".join([*lines, "[export]", 'service = "NL01"', 'key_file = "export.key"', ""])


async def on_disk(path, people, episodes):
    config, _ = load(path, token_needed=False)
    store = await open_alone(config, path.parent)
    try:
        await store.put_people(people)
        for one in episodes:
            facts = [entry.fact for entry in one.entries]
            change = Change(facts=facts, close=one.closed_at is not None)
            await store.create(one.ref, one.home, one.person, change)
    finally:
        await store.close()


def run(path, *words):
    done = CliRunner().invoke(app, [*map(str, words), "--config", str(path)])
    assert done.exit_code == 0, done.stderr
    return done.stdout


def test_figures_agree_with_a_naive_count_of_the_records(service):
    path, episodes = service
    young = {one.ref: fold([entry.fact for entry in one.entries]) for one in episodes}
    missing = [
        one
        for one in episodes
        if young[one.ref].category == "missing" or young[one.ref].police_reported_at
    ]
    assert len(episodes) > len(missing) > 5
    report = json.loads(run(path, "report", "ni71", *BOTH, "--json"))["figures"]
    assert report["all"]["episodes"] == len(episodes)
    assert report["all"]["children"] == len({one.person for one in episodes})
    assert report["missing"]["episodes"] == len(missing)
    assert report["missing"]["children"] == len({one.person for one in missing})
    homes = json.loads(run(path, "report", "home_summary", *BOTH, "--json"))["figures"]
    counted = Counter(one.home for one in episodes)
    assert sorted(home["all"]["episodes"] for home in homes["homes"]) == sorted(counted.values())


def test_exported_rows_and_the_records_make_the_same_report(service):
    path, episodes = service
    rows = path.parent / "rows.jsonl"
    run(path, "export", "rows", *BOTH, "--out", rows)
    assert len(rows.read_text("utf-8").splitlines()) == len(episodes)
    for name in ("care_monitoring", "timeliness", "interview_table"):
        from_rows = json.loads(run(path, "report", name, "--rows", rows, *BOTH, "--json"))
        from_records = json.loads(run(path, "report", name, *BOTH, "--json"))
        assert from_rows["figures"] == from_records["figures"]


def file_of(path, first, last):
    people = path.parent / "people.csv"
    run(path, "export", "people", "--out", people)
    period = ("--from", first, "--to", last)
    text = run(path, "report", "ssda903", *period, "--people", people, "--csv")
    return list(csv.DictReader(io.StringIO(text)))


def test_the_files_of_both_years_obey_the_rules_and_join(service):
    """Whoever is away on 31 March is open in the old year's file and stands in the new one's (576)."""
    path, _ = service
    old, new = (file_of(path, *year) for year in (OLD_YEAR, NEW_YEAR))
    assert len(old) > 3
    assert len(new) > 3
    assert list(broken(old, *OLD_YEAR)) == []
    assert list(broken(new, *NEW_YEAR)) == []
    stands = {(row["CHILD"], row["MISSING"], row["MIS_START"]) for row in new}
    over = [row for row in old if not row["MIS_END"]]
    assert over
    for row in over:
        assert (row["CHILD"], row["MISSING"], row["MIS_START"]) in stands
