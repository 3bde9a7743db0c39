"""Mistakes in what people write for the service: one form for every file, and one validator.

    config.toml:31: staff[2].role: 'boss' is not allowed (Robin Model). Allowed: manager, …

Configuration, protocol packs and the register are checked whole: everything that is wrong is
named at once, each with the file, the line, the key, the value and what to do.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime, time
from typing import Any, Literal, TypeAlias, TypeVar

import msgspec
from msgspec import inspect

from protocol.toml_places import Place, line_of

T = TypeVar("T")
Severity: TypeAlias = Literal["error", "warning"]

SHOWN = 60
"""Characters of a value that are shown."""
NAMED = 12
"""Allowed values that are listed before "and so on"."""

_SHORT_TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d(:[0-5]\d)?")
_WRONG = object()


class Mistake(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One thing that is wrong.

    place: where, within the file.  what: what is wrong, without a full stop.  remedy: what to do
    or what is allowed, whole sentences.  about: the name of the person or home that it concerns.
    severity: with an error something does not work; with a warning it works, but perhaps not as
    meant.  file, line: where to look; line 0: not known.
    """

    place: Place = ()
    what: str
    remedy: str = ""
    about: str = ""
    severity: Severity = "error"
    file: str = ""
    line: int = 0

    @property
    def key(self) -> str:
        """The place as people write it, counted from one: staff[2].role."""
        text = ""
        for part in self.place:
            text += f"[{part + 1}]" if isinstance(part, int) else f".{part}" if text else part
        return text

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}" if self.line else self.file
        about = f" ({self.about})" if self.about else ""
        parts = [part for part in (where, self.key, f"{self.what}{about}.") if part]
        return " ".join(": ".join(parts).split()) + (f" {self.remedy}" if self.remedy else "")

    def located(self, file: str, lines: Mapping[Place, int], raw: Any = None) -> Mistake:
        """The same, with file and line; and with the name that stands beside it in `raw`."""
        line = self.line or (line_of(dict(lines), self.place) if lines else 0)
        about = self.about or _name_beside(raw, self.place)
        return msgspec.structs.replace(self, file=self.file or file, line=line, about=about)


class Mistaken(Exception):
    """What people wrote cannot be used. `mistakes`: everything that is wrong."""

    def __init__(self, mistakes: Sequence[Mistake]) -> None:
        self.mistakes = list(mistakes)
        super().__init__("\n".join(self.problems))

    @property
    def problems(self) -> list[str]:
        """A line for each mistake: file, line, key, what is wrong, what to do."""
        return [str(mistake) for mistake in self.mistakes]


def wrong(place: Place, value: object, remedy: str, *, is_what: str = "is not allowed") -> Mistake:
    """The usual mistake: a value that is not allowed."""
    return Mistake(place=place, what=f"{shown(value)} {is_what}", remedy=remedy)


def shown(value: object) -> str:
    """A value in a message, in one line and not too long."""
    text = str(value).lower() if isinstance(value, bool) else repr(value)
    if isinstance(value, date | time):
        text = value.isoformat()
    if isinstance(value, dict | list | tuple):
        text = "a table" if isinstance(value, dict) else "a list" if value else "the list"
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}…"


def allowed(values: Iterable[str], given: object = None) -> str:
    """ "Allowed: …", with the one that was probably meant in front."""
    names = list(values)
    near = nearest(given, names)
    listed = ", ".join(names[:NAMED]) + (f", … ({len(names)} in all)" if len(names) > NAMED else "")
    meant = f"Did you mean {near!r}? " if near else ""
    return f"{meant}Allowed: {listed}." if names else f"{meant}None is known yet."


def nearest(given: object, names: Sequence[str]) -> str:
    """The name that is most like what was given; "" if none is."""
    if not isinstance(given, str):
        return ""
    by_fold = {name.casefold(): name for name in names}
    found = difflib.get_close_matches(given.casefold().strip(), list(by_fold), n=1, cutoff=0.6)
    return by_fold[found[0]] if found else ""


def read_as(
    kind: type[T], raw: Any, *, secret: Collection[str] = (), extra: Collection[str] = ()
) -> tuple[T, list[Mistake]]:
    """`raw`, as TOML or JSON gave it, as a struct; and everything that is wrong with it.

    Where something is wrong the struct has the default, or a harmless value, so that the rest can
    be checked as well: it may be used only if there are no mistakes.

    secret: keys whose values are not shown.  extra: further keys that are allowed at the top.
    """
    reader = _Reader(frozenset(secret))
    cleaned = reader.value(inspect.type_info(kind), raw, (), frozenset(extra))
    return msgspec.convert(cleaned, kind), reader.found


def without_consequences(first: Sequence[Mistake], then: Iterable[Mistake]) -> list[Mistake]:
    """`first`, and of `then` what is not about a place in or around which something is wrong."""
    known = [mistake.place for mistake in first]
    return [*first, *(m for m in then if not any(_touch(m.place, place) for place in known))]


def _touch(one: Place, other: Place) -> bool:
    shorter = min(len(one), len(other))
    return shorter > 0 and one[:shorter] == other[:shorter]


class _Reader:
    def __init__(self, secret: frozenset[str]) -> None:
        self.found: list[Mistake] = []
        self._secret = secret

    def value(
        self, kind: inspect.Type, raw: Any, place: Place, extra: frozenset[str] = frozenset()
    ) -> Any:
        match kind:
            case inspect.StructType():
                return self._struct(kind, raw, place, extra)
            case inspect.VarTupleType() | inspect.ListType():
                return self._list(kind.item_type, raw, place)
            case inspect.DictType():
                if not isinstance(raw, dict):
                    return self._wrong(raw, place, "Allowed: a table of its own.", {})
                return {
                    key: self.value(kind.value_type, one, (*place, key)) for key, one in raw.items()
                }
            case inspect.UnionType():
                return self.value(_not_none(kind), raw, place)
            case _:
                return self._leaf(kind, raw, place)

    def _struct(
        self, kind: inspect.StructType, raw: Any, place: Place, extra: frozenset[str]
    ) -> Any:
        fields = {field.encode_name: field for field in kind.fields}
        if not isinstance(raw, dict):
            self._wrong(raw, place, f"Allowed: a table with {', '.join(fields)}.", None)
            raw = dict.fromkeys(fields, _WRONG)
        cleaned: dict[str, Any] = {}
        for key, one in raw.items():
            if key in fields:
                before = len(self.found)
                value = self.value(fields[key].type, one, (*place, key)) if one is not _WRONG else 0
                if one is _WRONG or (len(self.found) > before and _is_leaf(fields[key].type)):
                    if not fields[key].required and not _is_choice(fields[key].type):
                        continue
                    value = _placeholder(fields[key].type)
                cleaned[key] = value
            elif key not in extra and kind.forbid_unknown_fields:
                names = [*fields, *sorted(extra)]
                self.found.append(
                    Mistake(
                        place=(*place, key),
                        what="is an unknown key",
                        remedy=allowed(names, key),
                    )
                )
        for name, field in fields.items():
            if name not in raw and field.required:
                what = "is missing"
                self.found.append(
                    Mistake(place=(*place, name), what=what, remedy=_allowed(field.type))
                )
                cleaned[name] = _placeholder(field.type)
        return cleaned

    def _list(self, item: inspect.Type, raw: Any, place: Place) -> Any:
        if isinstance(raw, dict) and isinstance(item, inspect.StructType):
            name = place[-1] if place else ""
            return self._wrong(
                raw, place, f"Write [[{name}]] with two brackets, once for each.", [], "is one"
            )
        if not isinstance(raw, list | tuple):
            return self._wrong(raw, place, 'Allowed: a list, such as ["one", "two"].', [])
        return [self.value(item, one, (*place, n)) for n, one in enumerate(raw)]

    def _leaf(self, kind: inspect.Type, raw: Any, place: Place) -> Any:
        found = _leaf(kind, raw)
        if found is not _WRONG:
            return found
        return self._wrong(raw, place, _allowed(kind, raw), _placeholder(kind))

    def _wrong(
        self, raw: Any, place: Place, remedy: str, instead: Any, what: str = "is not allowed"
    ) -> Any:
        hidden = any(part in self._secret for part in place)
        value = "this value" if hidden else shown(raw)
        self.found.append(Mistake(place=place, what=f"{value} {what}", remedy=remedy))
        return instead


def _not_none(kind: inspect.UnionType) -> inspect.Type:
    return next(one for one in kind.types if not isinstance(one, inspect.NoneType))


def _is_leaf(kind: inspect.Type) -> bool:
    if isinstance(kind, inspect.UnionType):
        kind = _not_none(kind)
    return not isinstance(
        kind, inspect.StructType | inspect.VarTupleType | inspect.ListType | inspect.DictType
    )


def _is_choice(kind: inspect.Type) -> bool:
    return isinstance(kind, inspect.LiteralType)


def _leaf(kind: inspect.Type, raw: Any) -> Any:
    """The value as the type takes it, or `_WRONG`."""
    right: object = _WRONG
    match kind:
        case inspect.AnyType():
            right = raw
        case inspect.StrType() if isinstance(raw, str):
            right = raw
        case inspect.BoolType() if isinstance(raw, bool):
            right = raw
        case inspect.IntType() if isinstance(raw, int) and not isinstance(raw, bool):
            right = raw if _in_range(kind, raw) else _WRONG
        case inspect.FloatType() if isinstance(raw, int | float) and not isinstance(raw, bool):
            right = float(raw) if _in_range(kind, raw) else _WRONG
        case inspect.EnumType() if raw in [one.value for one in kind.cls]:
            right = raw
        case inspect.LiteralType() if raw in kind.values and not isinstance(raw, bool):
            right = raw
        case inspect.DateTimeType():
            right = _moment(raw)
        case inspect.DateType():
            right = _day(raw)
        case inspect.TimeType():
            right = _time_of_day(raw)
    return right


def _in_range(kind: inspect.IntType | inspect.FloatType, value: float) -> bool:
    if kind.ge is None and kind.le is None:
        return True
    low = kind.ge if kind.ge is not None else float("-inf")
    high = kind.le if kind.le is not None else float("inf")
    return low <= value <= high  # no number at all ("nan") is in no range


def _moment(raw: Any) -> Any:
    if isinstance(raw, str):
        try:
            return datetime.fromisoformat(raw)
        except ValueError:
            return _WRONG
    return raw if isinstance(raw, datetime) else _WRONG


def _day(raw: Any) -> Any:
    if isinstance(raw, str):
        try:
            return date.fromisoformat(raw)
        except ValueError:
            return _WRONG
    return raw if isinstance(raw, date) and not isinstance(raw, datetime) else _WRONG


def _time_of_day(raw: Any) -> Any:
    if isinstance(raw, str):
        return time.fromisoformat(raw) if _SHORT_TIME.fullmatch(raw) else _WRONG
    return raw if isinstance(raw, time) else _WRONG


def _allowed(kind: inspect.Type, given: object = None) -> str:
    """What may stand there, in words."""
    if isinstance(kind, inspect.UnionType):
        kind = _not_none(kind)
    match kind:
        case inspect.EnumType():
            return allowed([str(one.value) for one in kind.cls], given)
        case inspect.LiteralType():
            return allowed([str(value) for value in kind.values if value != ""], given)
        case inspect.IntType() | inspect.FloatType():
            number = "a whole number" if isinstance(kind, inspect.IntType) else "a number"
            low = "" if kind.ge is None else f" from {kind.ge}"
            high = "" if kind.le is None else f" to {kind.le}"
            quotes = ", without quotes" if isinstance(given, str) else ""
            return f"Allowed: {number}{low}{high}{quotes}."
        case inspect.StructType():
            return f"Allowed keys: {', '.join(field.encode_name for field in kind.fields)}."
    return f"Allowed: {_WORDS.get(type(kind), 'another value')}."


_WORDS: dict[type, str] = {
    inspect.StrType: "text in quotes",
    inspect.BoolType: "true or false, without quotes",
    inspect.DateType: "a day such as 2026-12-25, without quotes",
    inspect.DateTimeType: "London time such as 2026-12-25T08:00:00, without quotes",
    inspect.TimeType: 'a time of day such as "20:00"',
    inspect.VarTupleType: 'a list, such as ["one", "two"]',
    inspect.DictType: "a table of its own",
}


def _placeholder(kind: inspect.Type) -> Any:
    """A harmless value of this type."""
    match kind:
        case inspect.UnionType():
            return None
        case inspect.StrType():
            return ""
        case inspect.BoolType():
            return False
        case inspect.IntType() | inspect.FloatType():
            return kind.ge or 0
        case inspect.EnumType():
            return next(iter(kind.cls)).value
        case inspect.LiteralType():
            return kind.values[-1]
        case inspect.DateTimeType():
            return datetime(2000, 1, 1)  # noqa: DTZ001 - London time, as it is written there
        case inspect.DateType():
            return date(2000, 1, 1)
        case inspect.TimeType():
            return time()
        case inspect.StructType():
            return {f.encode_name: _placeholder(f.type) for f in kind.fields if f.required}
        case inspect.DictType():
            return {}
        case inspect.VarTupleType() | inspect.ListType():
            return []
    return None


def _name_beside(raw: Any, place: Place) -> str:
    """The `name` in the table of a list in which this place lies."""
    for position, part in enumerate(place):
        if isinstance(part, int):
            try:
                entry = raw
                for step in place[: position + 1]:
                    entry = entry[step]
                name = entry["name"]
            except (KeyError, IndexError, TypeError):
                return ""
            return name[:SHOWN] if isinstance(name, str) and place[-1] != "name" else ""
    return ""
