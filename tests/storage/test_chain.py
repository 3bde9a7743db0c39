"""What goes on record reads back to the same digest, however its words came into being."""

from __future__ import annotations

import typing
from datetime import date, datetime
from typing import Any, Literal

import msgspec
import pytest

from protocol.facts import Fact, PoliceAnswered
from protocol.recorded import Child
from storage import chain
from storage.model import Entry, Episode
from tests.storage.people import NIGHT, note, opened

KINDS: tuple[type[Any], ...] = typing.get_args(Fact)


def typed(word: str) -> str:
    """The word as it comes from a phone: equal to the one in the code, and not the same object."""
    return "".join(list(word))


def values(hint: Any) -> list[Any]:
    """What a field may hold: each word of a closed list, else one example."""
    if typing.get_origin(hint) is Literal:
        return [typed(one) if isinstance(one, str) else one for one in typing.get_args(hint)]
    if typing.get_args(hint) and typing.get_origin(hint) is not tuple:
        return [one for part in typing.get_args(hint) for one in values(part)]
    if isinstance(hint, type) and issubclass(hint, str) and hint is not str:
        return list(hint)  # type: ignore[call-overload]
    examples: dict[Any, Any] = {
        str: typed("phone"),
        bool: True,
        int: 3,
        float: 2.5,
        datetime: NIGHT,
        date: NIGHT.date(),
        Child: Child(age=15),
        type(None): None,
    }
    return [examples[hint]] if hint in examples else []


def of(kind: type[Any]) -> list[Any]:
    """A fact for each word of each closed list that it has."""
    hints = typing.get_type_hints(kind)
    needed = {
        field.name: (values(hints[field.name]) or [()])[0]
        for field in msgspec.structs.fields(kind)
        if field.required
    }
    varied = [
        kind(**{**needed, field.name: value})
        for field in msgspec.structs.fields(kind)
        for value in values(hints[field.name])
    ]
    return [kind(**needed), *varied]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_every_fact_reads_back_to_its_digest(kind: type[Any]) -> None:
    """Police gave no grade, and it was tapped: the record is whole after a restart, too."""
    facts = of(kind)
    entries = chain.extend("ROWAN-2222", (), facts)
    raw = msgspec.json.encode(
        Episode(ref="ROWAN-2222", home="rowan", person="RE-01", version=1, entries=entries)
    )
    read = msgspec.json.decode(raw, type=Episode)
    assert chain.broken_at(read) is None
    assert [entry.fact for entry in entries] == facts == [entry.fact for entry in read.entries]
    assert all(isinstance(entry, Entry) for entry in entries)


def test_records_of_0_1_hold_and_an_edited_grade_does_not() -> None:
    """There the tapped word counted in the digest, though it is left out when it is read."""
    answered = PoliceAnswered(
        id="f2", by="robin", recorded_at=NIGHT, at=NIGHT, accepted=True, grade=typed("not_given")
    )
    facts = [opened(), answered, note("f3")]
    before, entries = "ROWAN-2222", []
    for fact in facts:
        before = chain.link(before, fact)
        entries.append(Entry(fact=fact, digest=before))
    episode = Episode(
        ref="ROWAN-2222", home="rowan", person="RE-01", version=1, entries=tuple(entries)
    )
    read = msgspec.json.decode(msgspec.json.encode(episode), type=Episode)
    assert chain.link(read.entries[0].digest, read.entries[1].fact) != read.entries[1].digest
    assert chain.broken_at(read) is None
    edited = msgspec.structs.replace(read.entries[1].fact, grade="high")
    forged = msgspec.structs.replace(
        read,
        entries=(
            read.entries[0],
            msgspec.structs.replace(read.entries[1], fact=edited),
            read.entries[2],
        ),
    )
    assert chain.broken_at(forged) == 2
