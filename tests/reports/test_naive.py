"""Every figure of every report against a second count, which shares no code with the first."""

from __future__ import annotations

import json
from datetime import date, datetime, timedelta
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protocol.london import LONDON
from reports.cases import cases
from reports.catalogue import REPORTS
from reports.periods import Period
from reports.request import PersonOnFile, Request
from reports.row_checks import contradiction
from reports.row_files import from_store
from reports.rows import Phase, encode
from tests.reports.naive import Naive
from tests.reports.randomrows import CODES, rows

A, PARTNER = CODES[0], CODES[2]
BORN, CEASED = date(2008, 2, 29), date(2025, 9, 1)
SEEDS = st.integers(0, 10**6)
PERIODS = [
    (date(2025, 1, 1), date(2025, 12, 31)),
    (date(2025, 4, 1), date(2026, 3, 31)),
    (date(2025, 10, 1), date(2025, 10, 31)),
    (date(2025, 2, 10), date(2025, 8, 28)),
    (date(2024, 11, 30), date(2025, 2, 28)),
    (date(2025, 3, 30), date(2025, 3, 30)),
]


DAY, HOUR, SECOND = timedelta(days=1), timedelta(hours=1), timedelta(seconds=1)


def services(seed):
    """A small service's rows and a period. Many lie at an edge, or a second beside it: they
    begin or end as the period does, last as long as a band, are told or spoken to at a limit."""
    chance = Random(seed)
    first, last = chance.choice(PERIODS)
    edges = [datetime(d.year, d.month, d.day, tzinfo=LONDON) for d in (first, last, last + DAY)]
    made = rows(seed, number=chance.randint(0, 70), children=chance.choice([3, 8, 30]))
    for row in made:
        beside = chance.choice([-1, 0, 0, 1]) * SECOND
        if len(row.phases) == 1 and chance.random() < 0.5:
            at_a_limit(row, chance, beside)
        if chance.random() < 0.6:
            moment = chance.choice([row.start, row.start, row.located, row.returned])
            move(row, chance.choice(edges) - (moment or row.start) + beside)
        assert contradiction(row) is None
    return made, first, last


def at_a_limit(row, chance, beside):
    """Found after so many hours, and told, spoken to, written down as a limit is reached."""
    found = row.start + chance.choice([2, 4, 24, 48, 168]) * HOUR + beside
    row.located, row.returned = chance.choice([(found, None), (found, found), (None, found)])
    row.as_of = max(row.as_of, found)
    if chance.random() < 0.5:
        row.as_of = found + 72 * HOUR + beside
    if row.ri_held is True:
        row.ri_held_at = found + 72 * HOUR + beside
    row.aware = row.start
    row.police_told = row.authority_told = row.parents_told = row.start + HOUR + beside


def move(row, by):
    """All that happened to a row, so much later."""

    def moved(value):
        return (value + by).astimezone(row.start.tzinfo) if isinstance(value, datetime) else value

    phases = tuple(Phase(moved(phase.since), phase.category) for phase in row.phases)
    for name in row.__struct_fields__:
        setattr(row, name, moved(getattr(row, name)))
    row.phases = phases


@pytest.mark.parametrize("name", REPORTS)
@settings(max_examples=40, deadline=None)
@given(SEEDS, st.booleans())
def test_a_second_count_comes_to_the_same(name, seed, known):
    made, first, last = services(seed)
    used = from_store(made).used
    people = None
    if known:  # of all children but one
        keys = sorted({row.child for row in made})[1:]
        people = {k: PersonOnFile(f"N{n}", BORN, CEASED if n % 3 else None)
                  for n, k in enumerate(keys)}  # fmt: skip
    context = {"looked_after": 40} if known else None
    asked = Request(cases(used), Period(first, last), A, frozenset([PARTNER]), people, context)
    naive = Naive(
        [json.loads(encode(row)) for row in used],
        first, last, A, {PARTNER},
        people and {k: (x.number, x.born, x.ceased) for k, x in people.items()}, context,
    )  # fmt: skip
    assert json.loads(json.dumps(REPORTS[name].figures(asked))) == getattr(naive, name)()
