"""What must hold in a pack beyond single keys: always a level, acts that a phone can show."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from protocol.conditions import Conditions
from protocol.packfile import Document
from protocol.packtables import Fields
from protocol.rules import CONTACT, Alternative, Level, Rule

LONGEST_ACT = 140
LONGEST_TITLE = 60
"""Letters of what somebody is told to do: it is read on a phone, at night."""
OTHERWISE = "some_level"


def short_title(fields: Fields) -> str:
    """The act in few words, as it stands in lists."""
    title = fields.text("title")
    if len(title) > LONGEST_TITLE:
        raise fields.error("title", f"has {len(title)} letters", f"{LONGEST_TITLE} at most")
    return title


def check_act(fields: Fields, key: str, act: str, contact: str) -> None:
    """What somebody is told to do is short, and names the contact where there is one."""
    if (CONTACT in act) != bool(contact):
        raise fields.error(key, f"{CONTACT} and the key contact belong together")
    spoken = act.replace(CONTACT, contact)
    if len(spoken) > LONGEST_ACT:
        raise fields.error(key, f"has {len(spoken)} letters", f"{LONGEST_ACT} at most")


def check_levels(main: Document, levels: Mapping[int, Level], every: Collection[Rule]) -> None:
    """Every level is described, and there is always one."""
    wanted = {1, 2, 3} - set(levels)
    if wanted:
        raise main.error(("level",), f"level {min(wanted)} is not described")
    rules = [rule for rule in every if rule.level is not None]
    for rule in filter(is_otherwise, rules):
        for other in rules:
            covered = all(any(covers(b, a) for b in other.when) for a in rule.when)
            if other is not rule and covered:
                message = f"{rule.id} can never fire: {other.id} applies wherever it could"
                raise main.error(("rule",), message)
    if not any(a.no == {OTHERWISE} and not a.yes for rule in rules for a in rule.when):
        message = "one level rule must apply whenever no other does: when = { otherwise = true }"
        raise main.error(("rule",), message)


def check_decided(conditions: Conditions, known: Collection[str]) -> None:
    """A decision that a condition asks for is one on something in this pack."""
    for document, place, name in conditions.decided:
        if name not in known:
            raise document.error(place, f"{name!r} is no duty or action", ", ".join(known))


def covers(earlier: Alternative, later: Alternative) -> bool:
    """Whether `earlier` holds wherever `later` does."""
    return earlier.yes <= later.yes and earlier.no <= later.no


def is_otherwise(rule: Rule) -> bool:
    """Whether the rule applies where no other sets a level."""
    return any(OTHERWISE in alternative.no for alternative in rule.when)
