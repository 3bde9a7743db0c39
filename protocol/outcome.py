"""What the rules make of a state of affairs: level, reasons, duties, what is to settle."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from datetime import datetime, timedelta
from types import MappingProxyType

import msgspec

from protocol.rules import ActionRule, Book, Duty, Route, Rule, any_holds
from protocol.settings import Settings


class Due(msgspec.Struct, frozen=True, gc=False):
    """A duty with its amount resolved: a span of elapsed time, or calendar days."""

    duty: Duty
    span: timedelta
    days: int
    to_office_hours: bool
    """A time out of hours waits for the next opening of the office."""
    early: timedelta


class Action(msgspec.Struct, frozen=True, gc=False):
    """Something the protocol asks for. `due_at` None: no time in the protocol."""

    id: str
    title: str
    who: str
    due_at: datetime | None
    source: str
    label: str = ""

    def by(self, due_at: datetime) -> Action:
        """The same, by this time."""
        return Action(self.id, self.title, self.who, due_at, self.source, self.label)


class Outcome(msgspec.Struct, frozen=True, gc=False):
    """What the rules make of one state of affairs."""

    level: int
    level_reasons: tuple[str, ...]
    reasons: tuple[str, ...]
    duties: tuple[Due, ...]
    emergency: bool
    actions: tuple[tuple[Action, str], ...]
    """Each without a time, and the id of the duty whose time it has ("": none)."""
    to_settle: tuple[str, ...]
    prompts: tuple[str, ...]
    route: Route | None
    known: frozenset[str]
    """The state itself, with the rules that fired and the level."""
    in_question: frozenset[str]
    """The ids of duties and of what is to settle before anything was decided: decisions on others
    change nothing of the above, unless a condition asks for them."""
    put_off: Mapping[str, datetime] = MappingProxyType({})
    """Those of them that are booked or handed over until later, and until when (UTC)."""

    def settled(self, decided: Set[str], put_off: Mapping[str, datetime]) -> Outcome:
        """The same without the duties that were decided; what was decided or put off (ids) is not
        to settle."""
        if not decided and not put_off:
            return self
        left = [name for name in self.to_settle if name not in decided and name not in put_off]
        duties = self.duties
        if decided:
            duties = tuple([due for due in duties if due.duty.id not in decided])
        return Outcome(
            level=self.level,
            level_reasons=self.level_reasons,
            reasons=self.reasons,
            duties=duties,
            emergency=bool(duties) and duties[0].duty.emergency,
            actions=self.actions,
            to_settle=tuple(left),
            prompts=self.prompts,
            route=self.route,
            known=self.known,
            in_question=self.in_question,
            put_off=put_off,
        )


def judge(
    book: Book,
    settings: Settings,
    known: Set[str],
    *,
    levels: Sequence[int],
    duties: Sequence[Due],
    tiers: Sequence[str],
) -> Outcome:
    """Goes through the book from top to bottom, with these words known.

    `levels` has for each rule the level that it sets, 0 if none; `duties` are those of the book;
    `tiers` are the steps of repeat episodes that have been reached (STF-3 …).
    """
    words = set(known)
    fired = _fire(book.rules, levels, words)
    level = max([set_level for _, set_level in fired])
    if level >= 2:
        words.add("level_2")
    if level == 3:
        words.add("level_3")
    route = next((route for route in book.routes if any_holds(route.when, words)), None)
    reasons = [name for name, _ in fired] + ([route.id] if route else []) + list(tiers)
    level_reasons = [name for name, set_level in fired if set_level == level]
    listed = _listed(duties, words)
    followed = {*reasons, *[step.rpartition("-")[0] for step in tiers]}
    actions = [
        action
        for action in book.actions
        if (not action.on or not followed.isdisjoint(action.on))
        and (not action.when or any_holds(action.when, words))
    ]
    to_settle = {due.duty.id for due in listed if due.duty.to_settle}
    for action in actions:
        if action.settle is not None and _stands_in_the_way(action, settings, level_reasons):
            to_settle.add(action.id)
    return Outcome(
        level=level,
        level_reasons=tuple(sorted(level_reasons)),
        reasons=tuple(sorted(reasons)),
        duties=listed,
        emergency=bool(listed) and listed[0].duty.emergency,
        actions=tuple([(_asked(action), action.by) for action in actions]),
        to_settle=tuple(sorted(to_settle)),
        prompts=tuple(sorted([p.id for p in book.prompts if any_holds(p.when, words)])),
        route=route,
        known=frozenset(words),
        in_question=frozenset(to_settle.union([due.duty.id for due in listed])),
    )


def _fire(rules: Sequence[Rule], levels: Sequence[int], words: set[str]) -> list[tuple[str, int]]:
    """The ids of the rules that fire, in order, each with the level that it sets (0: none). Adds
    what fired to the words.

    Some rule with a level always fires: a book without one for "otherwise" is refused.
    """
    fired = []
    for rule, level in zip(rules, levels, strict=True):
        if any_holds(rule.when, words):
            fired.append((rule.id, level))
            words.add(f"rule {rule.id}")
            if level:
                words.add("some_level")
    return fired


def _listed(duties: Sequence[Due], words: Set[str]) -> tuple[Due, ...]:
    """The duties that there are: of several cases of one the first. An emergency comes first."""
    listed: dict[str, Due] = {}
    for due in duties:
        if any_holds(due.duty.when, words):
            listed.setdefault(due.duty.id, due)
    return tuple(sorted(listed.values(), key=lambda due: not due.duty.emergency))


def _asked(rule: ActionRule) -> Action:
    return Action(rule.id, rule.title, rule.who, None, rule.source, rule.label)


def _stands_in_the_way(
    action: ActionRule, settings: Settings, level_reasons: Sequence[str]
) -> bool:
    """Whether this action, one that can, has to be settled before signing off."""
    if action.settle_if and not getattr(settings, action.settle_if):
        return False
    if action.settle == "at_its_level":
        return any(name in level_reasons for name in action.on)
    return action.settle == "always" or action.id in settings.settle_also
