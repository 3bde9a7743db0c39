"""Guided nights: a situation to play, told step by step, with what is checked at its end.

Each is one TOML file, in `sandbox/nights/` or in a folder of the service's own. docs/SANDBOX.md
says how to write one.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from sandbox.moving import LONDON

SHIPPED = Path(__file__).parent / "nights"


class BadNight(Exception):
    """A file that is no guided night; the text names file and key."""


class Condition(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Something that is true of what the bot knows; exactly one of these, `has` and `within` aside.

    Attributes:
        fact: a fact of this kind is on record and was neither withdrawn nor put right.
        has: values that the fact must hold.
        duty: the duty with this id was met.
        within: minutes after its due time that still count as met in time.
        level: the level was at least this at some time.
        at_most: the level was never above this.
        closed: the case is closed.
        clock: the sandbox's clock has reached this time (London).
    """

    fact: str = ""
    has: dict[str, Any] = {}
    duty: str = ""
    within: int = 0
    level: int = 0
    at_most: int = 0
    closed: bool = False
    clock: datetime | None = None

    def __post_init__(self) -> None:
        given = (self.fact, self.duty, self.level, self.at_most, self.closed, self.clock)
        if sum(bool(value) for value in given) != 1:
            raise ValueError("exactly one of fact, duty, level, at_most, closed, clock is needed")


class Step(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One thing to do, what to notice, and how the page sees that it was done.

    `go_to`: a time (London) that this step wants; the page offers to go there.
    """

    do: str
    notice: str = ""
    done: Condition | None = None
    go_to: datetime | None = None


class Check(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One line of the debrief. `source`: where the rule is written."""

    text: str
    when: Condition
    source: str = ""


class Night(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A guided night. `start` is London time; `phones` are staff ids, the first one plays.

    `young_person`: a reference of the register; "" for somebody who is not on the list.
    """

    id: str
    title: str
    situation: str
    teaches: str
    start: datetime
    phones: tuple[str, ...]
    young_person: str
    steps: tuple[Step, ...]
    checks: tuple[Check, ...]
    scenario: str = ""
    order: int = 100

    @property
    def begins(self) -> datetime:
        """The start in UTC."""
        return in_utc(self.start)


def in_utc(moment: datetime) -> datetime:
    """A time of a night file in UTC; without an offset it is London time."""
    aware = moment if moment.tzinfo else moment.replace(tzinfo=LONDON)
    return aware.astimezone(UTC)


def load(folders: Iterable[Path]) -> dict[str, Night]:
    """All nights of these folders by id, in the order in which they are offered.

    Raises:
        BadNight: a file that cannot be read, or an id that is used twice.
    """
    found: dict[str, Night] = {}
    for path in _files(folders):
        night = _read(path)
        if night.id in found:
            raise BadNight(f"{path.name}: id {night.id!r} is used twice.")
        found[night.id] = night
    return dict(sorted(found.items(), key=lambda item: (item[1].order, item[1].title)))


def _files(folders: Iterable[Path]) -> Iterator[Path]:
    for folder in folders:
        if not folder.is_dir():
            raise BadNight(f"{folder}: there is no such folder.")
        yield from sorted(folder.glob("*.toml"))


def _read(path: Path) -> Night:
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
        return msgspec.convert(document, Night)
    except (OSError, UnicodeDecodeError) as error:
        raise BadNight(f"{path.name}: cannot be read: {error}.") from error
    except tomllib.TOMLDecodeError as error:
        raise BadNight(f"{path.name}: not valid TOML: {error}.") from error
    except msgspec.ValidationError as error:
        raise BadNight(f"{path.name}: {error}.") from error
