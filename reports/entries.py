"""What is on record, entry by entry, as people read it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple

import msgspec

from protocol.counting import counting
from protocol.facts import Closed, Fact
from protocol.london import LONDON
from protocol.provider import Provider
from storage.model import Episode

_ELSEWHERE = {"id", "by", "recorded_at", "at", "kind", "corrects"}
"""Fields that have a column of their own."""
_IN_FULL = {
    "childrens": "children's",
    "cse": "sexual exploitation",
    "dob": "date of birth",
    "hbv": "honour-based violence",
    "la": "authority",
    "uasc": "unaccompanied asylum-seeking",
}
"""What the names of fields shorten; the reader of a record may not know it."""


class Line(NamedTuple):
    """An entry of a case. Times are London time as text, "" where there is none.

    counts: it was not put right or withdrawn by a later one.
    """

    written: str
    by: str
    happened: str
    kind: str
    what: str
    digest: str
    counts: bool


def lines(episode: Episode, provider: Provider) -> list[Line]:
    """Every entry in the order of the record."""
    valid = {fact.id for fact in counting(episode.facts)}
    names = {fact.id: _kind(fact) for fact in episode.facts}
    found = []
    closed = False
    for entry in episode.entries:
        fact = entry.fact
        what = what_of(fact)
        if fact.corrects:
            what = f"puts right an earlier {names.get(fact.corrects, 'entry')}; {what}".strip("; ")
        found.append(
            Line(
                time(fact.recorded_at, seconds=True),
                who(fact.by, provider),
                time(getattr(fact, "at", None)),
                f"{_kind(fact)} (after closing)" if closed else _kind(fact),
                what,
                entry.digest,
                fact.id in valid,
            )
        )
        closed = closed or isinstance(fact, Closed)
    return found


def who(author: str, provider: Provider) -> str:
    """The name of an author; the bot itself by its own name."""
    person = provider.person(author)
    return person.name if person else author.capitalize()


def time(moment: datetime | None, *, seconds: bool = False) -> str:
    """A time in London with its zone, or "" for none."""
    return "" if moment is None else _written(moment, seconds)


@lru_cache(4096)  # a page and a paper write the same moments again and again
def _written(moment: datetime, seconds: bool) -> str:
    form = "%d %b %Y %H:%M:%S %Z" if seconds else "%d %b %Y %H:%M %Z"
    return moment.astimezone(LONDON).strftime(form)


def _kind(fact: Fact) -> str:
    return str(type(fact).__struct_config__.tag).replace("_", " ")


def what_of(fact: Fact) -> str:
    """What a fact says beside its kind, author and times."""
    raw = msgspec.to_builtins(fact)
    return _said({key: value for key, value in raw.items() if key not in _ELSEWHERE})


def _said(raw: Mapping[str, Any]) -> str:
    parts = []
    for key, value in raw.items():
        if value in ("", None, [], (), {}):
            continue
        name = " ".join(_IN_FULL.get(word, word) for word in key.split("_"))
        if isinstance(value, Mapping):
            parts.append(f"{name}: {_said(value)}")
        elif isinstance(value, list | tuple):
            parts.append(f"{name}: {', '.join(map(_item, value))}")
        else:
            parts.append(f"{name}: {_item(value)}")
    return "; ".join(parts)


def _item(value: Any) -> str:
    if isinstance(value, Mapping):
        return f"({_said(value)})"
    if isinstance(value, bool):
        return "yes" if value else "no"
    text = str(value)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return text.replace("_", " ") if text.islower() and " " not in text else text
    if moment.tzinfo:
        return time(moment)
    return f"{moment.day} {moment:%B %Y}" if len(text) == len("2026-03-20") else text
