"""What is wrong with an episode row: which field, and what is allowed instead.

The schema is `rows.Row`; this reads its annotations, so that there is one list of allowed values.
A value is repeated in a message only if it is a word of the schema or a small number: anything
else might be a name.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, NamedTuple, Union, get_args, get_origin, get_type_hints

import msgspec

from reports.rows import FIELDS, Row, age_band

LINE = "(line)"
"""Stands for the field where a line is no row at all."""
_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_LONGEST_SHOWN = 40


class Problem(NamedTuple):
    """A field of a row and what is wrong with it, as the end of a sentence about the field."""

    field: str
    says: str


class _Kind(NamedTuple):
    """Whether a value from JSON is allowed, and the words for what is."""

    fits: Callable[[Any], bool]
    allowed: str


def problem(line: bytes) -> Problem | Row:
    """The first thing that is wrong with a line, or the row if nothing is.

    Order: fields as in the schema, then fields that are not in it, then how fields fit together.
    """
    try:
        found = json.loads(line.decode("utf-8"))
    except (ValueError, RecursionError):
        return Problem(LINE, "is not a JSON object. Allowed: one episode row on each line")
    if not isinstance(found, dict):
        return Problem(LINE, "is not a JSON object. Allowed: one episode row on each line")
    for name, kind in _KINDS.items():
        if name not in found:
            return Problem(name, f"is missing. Allowed: {kind.allowed}")
        if not kind.fits(found[name]):
            shown = _shown(found[name])
            return Problem(name, f"{shown} is not allowed. Allowed: {kind.allowed}")
    for name in found:
        if name not in _KINDS:
            return Problem(
                _printable(name), "is not a field of a row. Allowed: see docs/REPORTS.md"
            )
    row = msgspec.convert(found, Row)
    read_times(row)
    return contradiction(row) or row


def parse_time(text: str) -> datetime:
    """A time of a row (UTC). ValueError if it is not written exactly `YYYY-MM-DDTHH:MM:SSZ`."""
    if len(text) != 20 or text[19] != "Z" or text[7] != "-" or text[10] != "T":
        raise ValueError(text)
    moment = datetime.fromisoformat(text)
    if moment.microsecond or text[13] != ":" or text[16] != ":":
        raise ValueError(text)
    return moment


def read_times(row: Row) -> int:
    """Make times of the texts that msgspec left; how many there are. ValueError if one is none.

    Who calls it makes sure of "T" and "Z" in their places, and that there is no full stop.
    """
    number = 0
    # Field by field: this is done for every row, and a loop over names takes three times as long.
    if row.aware != "unknown":
        row.aware, number = _moment(row.aware), number + 1
    if row.police_told is not None and row.police_told != "unknown":
        row.police_told, number = _moment(row.police_told), number + 1
    if row.authority_told is not None and row.authority_told != "unknown":
        row.authority_told, number = _moment(row.authority_told), number + 1
    if row.authority_written is not None and row.authority_written != "unknown":
        row.authority_written, number = _moment(row.authority_written), number + 1
    if row.parents_told is not None and row.parents_told != "unknown":
        row.parents_told, number = _moment(row.parents_told), number + 1
    if row.ri_offered_at is not None and row.ri_offered_at != "unknown":
        row.ri_offered_at, number = _moment(row.ri_offered_at), number + 1
    if row.ri_held_at is not None and row.ri_held_at != "unknown":
        row.ri_held_at, number = _moment(row.ri_held_at), number + 1
    return number


def _moment(text: Any) -> datetime:
    # Of the ways that Python reads, 20 characters with these two are left to the one of a row.
    if len(text) != 20 or text[7] != "-" or text[16] != ":":
        raise ValueError(text)
    return datetime.fromisoformat(text)


def contradiction(row: Row) -> Problem | None:
    """The first two fields that cannot both be true, named by the one that is checked."""
    start, as_of, located, returned = row.start, row.as_of, row.located, row.returned
    if start > as_of:
        return Problem("start", "is later than as_of. Allowed: a time up to as_of")
    phases = row.phases
    if phases[0].since != start:
        return Problem("phases", 'does not begin at start. Allowed: the first "from" is start')
    missing = phases[0].category == "missing"
    if len(phases) > 1:
        before = start
        for phase in phases[1:]:
            if phase.since <= before:
                return Problem(
                    "phases", 'is not in order. Allowed: each "from" later than the last'
                )
            before = phase.since
            missing = missing or phase.category == "missing"
        if before > as_of:
            return Problem("phases", "goes beyond as_of. Allowed: nothing later than as_of")
    if missing != (row.category == "missing"):
        return Problem(
            "category",
            f"{row.category} does not fit the phases. Allowed: missing if any phase was missing,"
            " else unauthorised_absence",
        )
    if located is not None and (located < start or located > as_of):
        return Problem("located", "is out of order. Allowed: from start to as_of")
    if returned is not None and (returned < (located or start) or returned > as_of):
        return Problem("returned", "is out of order. Allowed: from start and located to as_of")
    if returned is not None and phases[-1].since > returned:
        return Problem("phases", "goes beyond returned. Allowed: nothing later than returned")
    if located is not None and phases[-1].since >= located:
        for phase in phases[1:]:
            if phase.since >= located and phase.category == "missing":
                return Problem(
                    "phases", "is missing after located. Allowed: no missing phase from located on"
                )
    if row.age != "unknown" and row.age_band != _BAND_AT[row.age]:
        return Problem(
            "age_band",
            f"{row.age_band} does not fit age. Allowed: {age_band(row.age)} at {row.age}",
        )
    if row.ri_held_at is not None and row.ri_held is not True:
        return Problem("ri_held_at", "needs ri_held. Allowed: null unless ri_held is true")
    return None


_BAND_AT = [age_band(age) for age in range(26)]


def _is_time(value: Any) -> bool:
    if not isinstance(value, str) or not _TIME.fullmatch(value):
        return False
    try:
        parse_time(value)
    except ValueError:
        return False
    return True


def _is_day(value: Any) -> bool:
    if not isinstance(value, str) or not _DAY.fullmatch(value):
        return False
    try:
        date.fromisoformat(value)
    except ValueError:
        return False
    return True


def _kind(hint: Any) -> _Kind:
    """What an annotation of the schema allows."""
    origin = get_origin(hint)
    if hint is NoneType:
        return _Kind(lambda value: value is None, "null")
    if hint is bool:
        return _Kind(lambda value: isinstance(value, bool), "true, false")
    if hint is datetime:
        return _Kind(_is_time, "a UTC time YYYY-MM-DDTHH:MM:SSZ")
    if hint is date:
        return _Kind(_is_day, "a date YYYY-MM-DD")
    if origin is Literal:
        return _choice(get_args(hint))
    if origin in (Union, UnionType):
        return _either([_kind(part) for part in get_args(hint)])
    if origin is Annotated:
        return _annotated(*get_args(hint))
    if origin is tuple:
        return _array(get_args(hint)[0])
    return _object(hint)


def _choice(allowed: tuple[Any, ...]) -> _Kind:
    return _Kind(
        lambda value: any(value == x and type(value) is type(x) for x in allowed),
        ", ".join(map(str, allowed)),
    )


def _either(kinds: list[_Kind]) -> _Kind:
    return _Kind(
        lambda value: any(kind.fits(value) for kind in kinds),
        "; ".join(kind.allowed for kind in kinds),
    )


def _annotated(base: type, meta: msgspec.Meta) -> _Kind:
    if base is int:
        least, most = meta.ge or 0, meta.le
        allowed = f"a whole number from {least}" + (f" to {most}" if most is not None else "")
        return _Kind(
            lambda value: type(value) is int and value >= least and (most is None or value <= most),
            allowed,
        )
    extra: Mapping[str, Any] = meta.extra or {}
    if "time" in extra:
        return _either([_kind(datetime), _choice(("unknown",))])
    pattern: re.Pattern[str] = extra["pattern"]
    return _Kind(
        lambda value: isinstance(value, str) and pattern.fullmatch(value) is not None,
        extra["allowed"],
    )


def _array(item: Any) -> _Kind:
    kind = _kind(item)
    if get_origin(item) is not Literal:
        return _Kind(
            lambda value: isinstance(value, list) and all(map(kind.fits, value)),
            f"a list of {kind.allowed}",
        )
    return _Kind(
        lambda value: (
            isinstance(value, list) and all(map(kind.fits, value)) and len(set(value)) == len(value)
        ),
        f"a list of {kind.allowed}, each once",
    )


def _object(struct: type[msgspec.Struct]) -> _Kind:
    hints = get_type_hints(struct, include_extras=True)
    inside = {
        written: _kind(hints[name])
        for name, written in zip(
            struct.__struct_fields__, struct.__struct_encode_fields__, strict=True
        )
    }
    return _Kind(
        lambda value: (
            isinstance(value, dict)
            and value.keys() == inside.keys()
            and all(kind.fits(value[name]) for name, kind in inside.items())
        ),
        "{" + "; ".join(f"{name}: {kind.allowed}" for name, kind in inside.items()) + "}",
    )


def _words(hint: Any) -> set[str]:
    if get_origin(hint) is Literal:
        return {x for x in get_args(hint) if isinstance(x, str)}
    if isinstance(hint, type) and issubclass(hint, msgspec.Struct):
        inner = get_type_hints(hint, include_extras=True).values()
        return set().union(*map(_words, inner))
    return set().union(*map(_words, get_args(hint)))


_HINTS = get_type_hints(Row, include_extras=True)
_KINDS: dict[str, _Kind] = {name: _kind(_HINTS[name]) for name in FIELDS}
_PHASES = _KINDS["phases"]
_KINDS["phases"] = _Kind(
    lambda value: _PHASES.fits(value) and value != [], f"{_PHASES.allowed}, not empty"
)
_WORDS = frozenset().union(*(_words(hint) for hint in _HINTS.values()))


def _shown(value: Any) -> str:
    if value is None or isinstance(value, bool):
        return json.dumps(value)
    if (isinstance(value, str) and value in _WORDS) or (
        isinstance(value, int) and abs(value) < 1000
    ):
        return str(value)
    return "the value"


def _printable(name: str) -> str:
    return "".join(x if x.isprintable() else "?" for x in name)[:_LONGEST_SHOWN] or '""'
