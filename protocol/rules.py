"""What a pack consists of, as read from its files: rules, routes, duties, actions …"""

from __future__ import annotations

from collections.abc import Set
from datetime import date
from typing import Any, Literal, TypeAlias

import msgspec

from protocol.facts import DecisionOutcome

Amount: TypeAlias = float | str
"""A number, or the name of the setting that holds it."""
Origin: TypeAlias = Literal[
    "start", "aware", "missing_from", "located", "returned", "interview_clock", "authority_told",
    "referral",
]  # fmt: skip
Unit: TypeAlias = Literal["minutes", "hours", "days", "every_days"]
Kind: TypeAlias = Literal[
    "checkpoint", "review", "meeting", "notification", "interview", "referral"
]
SetBy: TypeAlias = Literal["protocol", "service", "none"]
"""Who set a time: the protocol, or this service where it has none. "none": there is no time."""
CONTACT = "{contact}"
"""In an act: whom to ring, with the number, where it is known."""
Needs: TypeAlias = Literal["note", "role", "return"]
Settles: TypeAlias = Literal["at_its_level", "always", "chosen"]
OUTCOMES: tuple[DecisionOutcome, ...] = ("done", "booked", "not_needed", "handed_over")


class Alternative(msgspec.Struct, frozen=True):
    """One table of conditions, all of which must hold."""

    yes: frozenset[str]
    """Words that have to be known."""
    no: frozenset[str]
    """Words that must not be."""
    words: dict[str, Any]
    """As the pack has them, for people."""

    def holds(self, known: Set[str]) -> bool:
        """Whether it does, with these words known."""
        return self.yes <= known and self.no.isdisjoint(known)


def any_holds(when: tuple[Alternative, ...], known: Set[str]) -> bool:
    """Whether one of the alternatives does."""
    for alternative in when:  # any() would take twice as long
        if alternative.yes <= known and alternative.no.isdisjoint(known):
            return True
    return False


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """Fires when any alternative holds. With a level it is one of the rows that set the level."""

    id: str
    text: str
    source: str
    when: tuple[Alternative, ...]
    level: Amount | None = None
    label: str = ""


class Route(msgspec.Struct, frozen=True, kw_only=True):
    """Who is told and who acts; the first that holds."""

    id: str
    text: str
    source: str
    when: tuple[Alternative, ...]
    label: str = ""


class Settling(msgspec.Struct, frozen=True, kw_only=True):
    """Which decisions settle a duty or an action, and what they need."""

    outcomes: tuple[DecisionOutcome, ...] = OUTCOMES
    needs: tuple[Needs, ...] = ()
    """note: a reason whatever the outcome; role: who decided; return: not before the return."""


class Duty(msgspec.Struct, frozen=True, kw_only=True):
    """Something with a time: `amount` of `unit` after `origin`.

    Several tables may have one id: they are cases of one duty, the first that holds counts.
    """

    id: str
    title: str
    act: str
    """What to do, in the imperative, for somebody who has just been woken; see CONTACT."""
    who: str
    text: str
    source: str
    kind: Kind
    when: tuple[Alternative, ...]
    origin: Origin
    unit: Unit
    amount: Amount
    contact: str = ""
    """Whom the act means by CONTACT, where no number is known."""
    set_by: SetBy = "protocol"
    label: str = ""
    to_settle: bool = False
    """Stands in the way of signing off while it is listed."""
    settling: Settling = Settling(outcomes=())
    emergency: bool = False
    """While it is listed nothing is listed above it."""
    daytime: bool = False
    """Work of managers by day: never asked of the duty manager at night."""
    office_hours: str = ""
    """Setting by which a time out of hours waits for the next opening of the office."""
    early_hours: Amount = 0.0
    """How long before its time a review counts for the next week."""
    case: str = ""
    """In which case this table counts, where another one has the same id."""
    challenge: str = ""
    """What to do when whoever is told refuses, or only takes a message."""


class ActionRule(msgspec.Struct, frozen=True, kw_only=True):
    """Something to do when one of the rules `on` fires and `when` holds. `by`: a duty's time.

    Without `on` the conditions alone decide.
    """

    id: str
    title: str
    who: str
    source: str
    on: tuple[str, ...]
    when: tuple[Alternative, ...]
    act: str = ""
    """What to do, in the imperative: the title, unless that is too long for a phone."""
    by: str = ""
    set_by: SetBy = "none"
    """Who set the time of the duty `by`."""
    label: str = ""
    settle: Settles | None = None
    """Whether it stands in the way of signing off: when one of `on` gave the level, always, or
    if named in `settle_also`. None: it does not."""
    settle_if: str = ""
    """A yes/no setting without which it does not."""
    settling: Settling = Settling()


class Prompt(msgspec.Struct, frozen=True, kw_only=True):
    """A question that was answered with "unknown" and is asked again."""

    id: str
    text: str
    again: str
    """When to ask, in words."""
    source: str
    when: tuple[Alternative, ...]
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
    """The words that the conditions of this pack use beyond the fixed ones, by what they mean."""

    limits: dict[tuple[str, bool, Amount], str]
    """(clock, strict, hours): time away, time missing, or from the start to the location."""
    episodes: dict[tuple[str, Amount], str]
    """(name of the count, at least)."""
    category_in: dict[str, str]
    """By the setting that lists categories."""
    chosen: dict[tuple[str, Any], str]
    """(setting, value)."""


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
    review_by: date | None
    """When the pack itself is to be reviewed."""
    settings: dict[str, Any]
    presets: dict[str, Preset]
    levels: dict[int, Level]
    counts: dict[str, Counted]
    routes: tuple[Route, ...]
    rules: tuple[Rule, ...]
    duties: tuple[Duty, ...]
    actions: tuple[ActionRule, ...]
    prompts: tuple[Prompt, ...]
    tiers: tuple[Tier, ...]
    ambiguities: tuple[Ambiguity, ...]
    atoms: Atoms
