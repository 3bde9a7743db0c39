"""What figures are made of: counts, shares, breakdowns, flags, codes, lengths.

Each is a dict of its own kind, so that suppression and printed forms know what a number is. Numbers
are whole; a percentage has one decimal, rounded half up, and is None of nothing.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from operator import attrgetter
from typing import Any, Final, Literal, TypeAlias, get_args

from protocol import codes as coded
from reports import rows
from reports.cases import HOUR, Case, Cases

Value: TypeAlias = Callable[[Case], str]
UNKNOWN: Final = "unknown"


class Count(dict[str, Any]):
    """Numbers of episodes and children (and whatever stands beside them)."""


class Share(dict[str, Any]):
    """n, of, pct."""


class Flag(dict[str, Any]):
    """A question with yes, no and unknown. `asked`: of how many episodes."""

    asked: int


class Breakdown(dict[str, Any]):
    """Value -> Count; both columns add up to the total."""


class Codes(dict[str, Any]):
    """Code -> Count; an episode can have several, so nothing adds up."""


class Distribution(dict[str, Any]):
    """Value -> number; adds up."""


class Cells(list[Any]):
    """Entries whose counts add up, for example placements, months, homes."""

    def __init__(self, entries: Iterable[Any], adding: tuple[str, ...]) -> None:
        super().__init__(entries)
        self.adding = adding
        """The columns that add up (a child can be in two months)."""


def count(found: Sequence[Case]) -> Count:
    """So many episodes, of so many young people."""
    children = found.children if isinstance(found, Cases) else [case.child for case in found]
    return Count(episodes=len(found), children=len(set(children)))


def triple(found: Cases) -> Count:
    """With the children who have two episodes or more in the selection."""
    numbers = found.numbers
    return Count(
        episodes=len(found),
        children=len(numbers),
        children_2_or_more=sum(1 for number in numbers.values() if number > 1),
    )


def children_with(found: Cases, least: int) -> int:
    """How many children have at least `least` episodes in the selection."""
    return sum(1 for number in found.numbers.values() if number >= least)


def share(n: int, of: int) -> Share:
    """`n` of `of`, in percent."""
    return Share(n=n, of=of, pct=percentage(n, of))


def percentage(n: int, of: int) -> float | None:
    """100·n/of, one decimal, half up; None if of is 0. Neither may be negative."""
    return (2000 * n + of) // (2 * of) / 10 if of else None


def median(numbers: Iterable[int]) -> int | float | None:
    """The middle one, or the mean of the middle two."""
    ordered = sorted(numbers)
    if not ordered:
        return None
    middle = len(ordered) // 2
    if len(ordered) % 2:
        return ordered[middle]
    return (ordered[middle - 1] + ordered[middle]) / 2


def p90(numbers: Iterable[int]) -> int | None:
    """Nearest rank: the ⌈0.9 k⌉-th smallest of k."""
    ordered = sorted(numbers)
    return ordered[(9 * len(ordered) + 9) // 10 - 1] if ordered else None


def field(name: str) -> Value:
    """The value of a field of the row; what does not apply or did not happen is unknown."""

    def value(case: Case) -> str:
        found = getattr(case.row, name)
        return UNKNOWN if found is None else found

    return value


def living(case: Case) -> str:
    """Whether the child lives in care or at home."""
    return _LIVING[case.row.looked_after]


_LIVING: Mapping[bool | str, str] = {True: "care", False: "home", UNKNOWN: UNKNOWN}


def answers(found: Cases, name: str) -> list[Any]:
    """The field `name` of each row. Faster than one by one: reports ask it of every episode."""
    return list(map(attrgetter(name), found.rows))


VALUES: Mapping[str, tuple[str, ...]] = {
    "age_band": tuple(band for band in get_args(rows.AgeBand) if band != "18+"),
    "sex": get_args(coded.Sex),
    "ethnicity": get_args(coded.Ethnicity),
    "legal_status": get_args(coded.LegalStatus),
    "placement": get_args(coded.Placement),
    "sector": get_args(coded.Sector),
    "area": get_args(coded.Area),
    "distance": get_args(coded.Distance),
    "found_place": get_args(coded.FoundPlace),
    "found_by": get_args(coded.FoundBy),
    "returned_to": get_args(coded.ReturnedTo),
    "living": ("care", "home", UNKNOWN),
}
"""The values of each field in the order of the schema (nobody aged 18 or over is left)."""
CODES: Mapping[str, tuple[str, ...]] = {
    "push": get_args(coded.Push),
    "pull": get_args(coded.Pull),
    "exploitation": get_args(coded.Exploitation),
    "assessments": get_args(coded.Assessment),
}


def first_known(found: Cases, value: Value) -> dict[str, str]:
    """For each child the value of its first episode that is not unknown."""
    return _first(found, [value(case) for case in found])


def _first(found: Cases, values: Sequence[str]) -> dict[str, str]:
    first: dict[str, str] = {}
    for child, its in zip(reversed(found.children), reversed(values), strict=True):
        if its != UNKNOWN:
            first[child] = its
        else:
            first.setdefault(child, UNKNOWN)
    return first


def by(
    found: Cases, name: str, value: Value | None = None, allowed: Sequence[str] | None = None
) -> Breakdown:
    """Episodes by their own value, each child once by its first known one.

    Without `allowed` the values of the field `name`; for codes of places (an empty `allowed`) only
    those that occur, unknown last.
    """
    return _breakdown(found, name, value, allowed, twice=False)


def by_triple(
    found: Cases, name: str, value: Value | None = None, allowed: Sequence[str] | None = None
) -> Breakdown:
    """The same with those of the children under a value who have two episodes or more in all."""
    return _breakdown(found, name, value, allowed, twice=True)


def _breakdown(
    found: Cases,
    name: str,
    value: Value | None,
    allowed: Sequence[str] | None,
    *,
    twice: bool,
) -> Breakdown:
    if value is not None:
        values = [value(case) for case in found]
    elif name == "living":
        values = [_LIVING[answer] for answer in answers(found, "looked_after")]
    else:
        values = [UNKNOWN if known is None else known for known in answers(found, name)]
    episodes = Counter(values)
    first = _first(found, values)
    children = Counter(first.values())
    if allowed is None:
        allowed = VALUES[name]
    elif not allowed:
        known = sorted((episodes.keys() | children.keys()) - {UNKNOWN})
        allowed = [*known, *([UNKNOWN] if episodes[UNKNOWN] or children[UNKNOWN] else [])]
    made = Breakdown(
        {x: Count(episodes=episodes[x], children=children[x]) for x in allowed},
    )
    if twice:
        again = Counter(first[child] for child, number in found.numbers.items() if number > 1)
        for x in allowed:
            made[x]["children_2_or_more"] = again[x]
    return made


def codes(found: Cases, name: str) -> Codes:
    """Code -> count, then none (an empty list) and unknown."""
    under: dict[str, list[str]] = {x: [] for x in (*CODES[name], "none", UNKNOWN)}
    for child, value in zip(found.children, answers(found, name), strict=True):
        if value == UNKNOWN:
            under[UNKNOWN].append(child)
        else:
            for code in value or ("none",):
                under[code].append(child)
    return Codes(
        {
            code: Count(episodes=len(those), children=len(set(those)))
            for code, those in under.items()
        }
    )


def flag(found: Cases, name: str) -> Flag:
    """Episodes and children with a yes, episodes not known, children with a yes or no."""
    under: dict[bool | str, list[str]] = {True: [], False: [], UNKNOWN: []}
    for child, answer in zip(found.children, answers(found, name), strict=True):
        under[UNKNOWN if answer is None else answer].append(child)
    yes = set(under[True])
    known = yes.union(under[False])
    made = Flag(
        episodes=len(under[True]),
        children=len(yes),
        episodes_unknown=len(under[UNKNOWN]),
        children_known=len(known),
        pct=percentage(len(yes), len(known)),
    )
    made.asked = len(found)
    return made


LENGTHS = (
    (2, "up_to_2h"),
    (4, "over_2h_to_4h"),
    (24, "over_4h_to_24h"),
    (48, "over_24h_to_48h"),
    (168, "over_48h_to_7d"),
)


def over(found: Cases, hours: int) -> Cases:
    """Those that certainly lasted longer."""
    return Cases([case for case in found if case.over(hours) is True])


def lengths(found: Cases) -> Count:
    """Episodes by length (upper ends included), with counts of those over 24 and 48 hours."""
    most = [hours * HOUR for hours, _ in LENGTHS]
    names = [*(name for _, name in LENGTHS), "over_7d"]
    numbers = Distribution.fromkeys([*names, "open", UNKNOWN], 0)
    for case in found:
        if case.row.precision == "day":
            numbers[UNKNOWN] += 1
            continue
        length, goes_on = case.lasted
        if goes_on:
            numbers["open"] += 1
        else:
            numbers[names[bisect_left(most, length)]] += 1
    long = over(found, 24)
    return Count(numbers | {"over_24h": count(long), "over_48h": count(over(long, 48))})


Categories: TypeAlias = Literal["missing", "unauthorised_absence"]


def of(found: Cases, category: Categories) -> Cases:
    """Those of this category."""
    return Cases([case for case in found if case.row.category == category])


def looked_after(found: Cases) -> Cases:
    """Those of looked-after young people."""
    return Cases([case for case in found if case.row.looked_after is True])


def number_by(values: Iterable[str], allowed: Sequence[str]) -> Distribution:
    """How many of each value."""
    numbers = Counter(values)
    return Distribution({value: numbers[value] for value in allowed})


def found_districts(found: Cases) -> Breakdown:
    """Districts in which those found were found; a blank one is unknown."""
    return by(where_found(found), "found_district", allowed=())


def where_found(found: Cases) -> Cases:
    """Those in which the young person was found or came back."""
    return Cases([case for case in found if case.found is not None])


HIGH_HOME_MIN, HIGH_HOME_FACTOR = 5, 2
"""No number in the text ("particularly high", 000:2022): set by REPORTS, section 10."""


def homes(found: Cases) -> Cells:
    """Homes side by side; high: 5 missing or more, and twice the median of those listed or more."""
    under: dict[tuple[str, str], list[Case]] = {}
    for case in found:
        under.setdefault((case.row.service, case.row.home), []).append(case)
    missing = {home: sum(c.row.category == "missing" for c in of) for home, of in under.items()}
    middle = median(missing.values()) or 0
    return Cells(
        (
            {
                "service": home[0],
                "home": home[1],
                "missing": missing[home],
                **count(under[home]),
                "high": missing[home] >= max(HIGH_HOME_MIN, HIGH_HOME_FACTOR * middle),
            }
            for home in sorted(under, key=lambda home: (-missing[home], home))
        ),
        adding=("missing", "episodes"),
    )


def placements(found: Cases) -> Cells:
    """Placement, sector and area together: the cells that are not empty."""
    names = ("placement", "sector", "area")
    values = [field(name) for name in names]
    episodes = Counter(tuple(value(case) for value in values) for case in found)
    firsts = [first_known(found, value) for value in values]
    children = Counter(tuple(first[child] for first in firsts) for child in firsts[0])
    order = [VALUES[name] for name in names]
    cells = sorted(
        episodes.keys() | children.keys(),
        key=lambda cell: [order[i].index(str(cell[i])) for i in range(3)],
    )
    return Cells(
        (
            dict(zip(names, cell, strict=True))
            | {"episodes": episodes[cell], "children": children[cell]}
            for cell in cells
        ),
        adding=("episodes", "children"),
    )
