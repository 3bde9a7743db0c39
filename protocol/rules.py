"""What a pack consists of, as read from its files: rules, routes, duties, actions, tiers."""

from __future__ import annotations

from typing import Any, Literal, TypeAlias

import msgspec

Amount: TypeAlias = float | str
"""A number, or the name of the setting that holds it."""
Origin: TypeAlias = Literal[
    "start", "aware", "located", "returned", "interview_clock", "authority_told", "referral"
]
Unit: TypeAlias = Literal["minutes", "hours", "days", "every_days"]
Kind: TypeAlias = Literal[
    "checkpoint", "review", "meeting", "notification", "interview", "referral"
]


class Alternative(msgspec.Struct, frozen=True):
    """One table of conditions, all of which must hold: `known & care == want`."""

    care: int
    want: int
    words: dict[str, Any]
    """As the pack has them, for people."""

    def holds(self, known: int) -> bool:
        return known & self.care == self.want


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """Fires when any alternative holds. With a level it is one of the rows that set the level."""

    id: str
    text: str
    source: str
    when: tuple[Alternative, ...]
    bit: int
    level: Amount | None = None
    label: str = ""


class Route(msgspec.Struct, frozen=True, kw_only=True):
    """Who is told and who acts; the first that holds. One that is not `listed` is no reason."""

    id: str
    text: str
    source: str
    when: tuple[Alternative, ...]
    listed: bool = True
    label: str = ""


class Duty(msgspec.Struct, frozen=True, kw_only=True):
    """Something with a time: `amount` of `unit` after `origin`."""

    id: str
    title: str
    who: str
    text: str
    source: str
    kind: Kind
    when: tuple[Alternative, ...]
    origin: Origin
    unit: Unit
    amount: Amount
    label: str = ""


class ActionRule(msgspec.Struct, frozen=True, kw_only=True):
    """Something to do when one of the rules `on` fires (and `when` holds). `by`: a duty's time."""

    id: str
    title: str
    who: str
    source: str
    on: tuple[str, ...]
    when: tuple[Alternative, ...]
    by: str = ""
    label: str = ""


class Tier(msgspec.Struct, frozen=True, kw_only=True):
    """A family of repeat-episode steps; only the highest step reached counts: STF-3, STF-5 …"""

    id: str
    text: str
    source: str
    steps: str | tuple[int, ...]
    """Name of the setting that holds them, or the numbers themselves."""
    counted: str
    enabled: str = ""
    label: str = ""


class Counted(msgspec.Struct, frozen=True, kw_only=True):
    """How episodes are counted: the days to look back and the categories."""

    name: str
    days: Amount
    categories: str | tuple[str, ...]


class Level(msgspec.Struct, frozen=True, kw_only=True):
    """What a level is called and means."""

    number: int
    name: str
    text: str
    source: str


class Ambiguity(msgspec.Struct, frozen=True, kw_only=True):
    """A place where the text can be read in two ways: what was chosen, by which setting, why."""

    id: str
    text: str
    choice: str
    settings: tuple[str, ...]
    why: str


class Atoms(msgspec.Struct, frozen=True, kw_only=True):
    """The bits that the conditions of this pack use beyond the fixed words, by what they mean."""

    away: dict[tuple[bool, Amount], int]
    """(strict, hours) of the time away."""
    found: dict[tuple[bool, Amount], int]
    """(strict, hours) from the start to the time of location."""
    episodes: dict[tuple[str, Amount], int]
    """(name of the count, at least)."""
    category_in: dict[str, int]
    enabled: dict[str, int]
    profile: dict[str, int]


class Preset(msgspec.Struct, frozen=True, kw_only=True):
    """Named changes to the settings."""

    name: str
    text: str
    settings: dict[str, Any]


class Book(msgspec.Struct, frozen=True, kw_only=True):
    """A pack with all that it includes, read and checked, before settings are chosen."""

    id: str
    title: str
    about: str
    settings: dict[str, Any]
    presets: dict[str, Preset]
    levels: dict[int, Level]
    counts: dict[str, Counted]
    routes: tuple[Route, ...]
    rules: tuple[Rule, ...]
    duties: tuple[Duty, ...]
    actions: tuple[ActionRule, ...]
    tiers: tuple[Tier, ...]
    ambiguities: tuple[Ambiguity, ...]
    atoms: Atoms
    cares: int
    """Every bit that some condition looks at."""
    tier_shift: int
    """First bit of the tiers; each family has eight."""
