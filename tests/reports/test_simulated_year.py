"""The simulated service: recorded by its people in the chat, exported, reported, and the files of
two years of the return checked.

A whole year of the simulation takes minutes. These are thirteen days with more absences than usual.
Where one year of the return ends and the next begins is set to a midnight at which most are away.
"""

from __future__ import annotations

import asyncio
import csv
import io
import json
from collections import Counter
from datetime import date, timedelta

import pytest
from typer.testing import CliRunner

from bot.cli.commands import app
from bot.config_file import load
from bot.resources import open_alone
from protocol.fold import fold
from protocol.london import completed_years, day_of
from storage.keys import new_key_file
from storage.store import Change
from tests.reports.return_rules import broken
from tests.simulation import loop
from tests.simulation.world import SimWorld, in_this_world

SEED, DAYS, RATE = 461, 13, 2.0
CODES = {"Haringey": "E09000014", "Kent": "E10000016", "Exampleshire": "E10000099"}
FIRST, LAST = date(2024, 4, 1), date(2026, 3, 31)
BOTH = ("--from", FIRST, "--to", LAST)
DAY = timedelta(days=1)


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


def start_of(case):
    return max(at for at in (case.last_seen_at, case.due_back_at) if at)


def is_18(case):
    return completed_years(case.child.dob, day_of(start_of(case))) >= 18


def test_figures_agree_with_a_naive_count_of_the_records(service):
    path, recorded = service
    cases = {one.ref: fold([entry.fact for entry in one.entries]) for one in recorded}
    episodes = [one for one in recorded if not is_18(cases[one.ref])]
    missing = [
        one
        for one in episodes
        if cases[one.ref].category == "missing" or cases[one.ref].police_reported_at
    ]
    assert len(episodes) >= len(missing) > 5
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


def away_over(cases, night):
    """How many looked-after young people are away at the end of this day."""
    return sum(
        day_of(start_of(case)) <= night
        and (case.returned_at is None or day_of(case.returned_at) > night)
        for case in cases
        if case.child.looked_after and not is_18(case)
    )


def test_the_files_of_two_years_obey_the_rules_and_join(service):
    """Whoever is away as the year ends is open in its file and stands in the next one's (576)."""
    path, episodes = service
    cases = [fold([entry.fact for entry in one.entries]) for one in episodes]
    first = min(day_of(start_of(case)) for case in cases)
    last = max((first + n * DAY for n in range(DAYS)), key=lambda night: away_over(cases, night))
    years = ((FIRST, last), (last + DAY, LAST))
    old, new = (file_of(path, *year) for year in years)
    assert len(old) > 3
    assert list(broken(old, *years[0])) == []
    assert list(broken(new, *years[1])) == []
    stands = {(row["CHILD"], row["MISSING"], row["MIS_START"]) for row in new}
    over = [row for row in old if not row["MIS_END"]]
    assert over
    for row in over:
        assert (row["CHILD"], row["MISSING"], row["MIS_START"]) in stands
