"""What the rules make of a state of affairs: level, reasons, duties, what is to settle."""

from __future__ import annotations

from collections.abc import Sequence, Set
from datetime import timedelta
from typing import NamedTuple

from protocol.rules import ActionRule, Book, Duty, Route, Rule, any_holds
from protocol.settings import Settings


class Due(NamedTuple):
    """A duty with its amount resolved: a span of elapsed time, or calendar days."""

    duty: Duty
    span: timedelta
    days: int
    to_office_hours: bool
    """A time out of hours waits for the next opening of the office."""
    early: timedelta


class Outcome(NamedTuple):
    """What the rules make of one state of affairs."""

    level: int
    level_reasons: tuple[str, ...]
    reasons: tuple[str, ...]
    duties: tuple[Due, ...]
    emergency: bool
    actions: tuple[ActionRule, ...]
    to_settle: tuple[str, ...]
    prompts: tuple[str, ...]
    route: Route | None
    known: frozenset[str]
    """The state itself, with the rules that fired and the level."""

    def settled(self, decided: Set[str], put_off: Set[str]) -> Outcome:
        """The same without the duties that were decided; what was decided or put off (ids) is not
        to settle."""
        if not decided and not put_off:
            return self
        left = [name for name in self.to_settle if name not in decided and name not in put_off]
        duties = self.duties
        if decided:
            duties = tuple([due for due in duties if due.duty.id not in decided])
        return self._replace(
            duties=duties,
            emergency=bool(duties) and duties[0].duty.emergency,
            to_settle=tuple(left),
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
    level = max(set_level for _, set_level in fired)
    if level >= 2:
        words.add("level_2")
    if level == 3:
        words.add("level_3")
    reasons = [rule.id for rule, _ in fired]
    route = next((route for route in book.routes if any_holds(route.when, words)), None)
    if route is not None:
        reasons.append(route.id)
    reasons += tiers
    level_reasons = [rule.id for rule, set_level in fired if set_level == level]
    listed = _listed(duties, words)
    followed = {*reasons, *(step.rpartition("-")[0] for step in tiers)}
    actions = tuple(
        action
        for action in book.actions
        if (not action.on or not followed.isdisjoint(action.on))
        and (not action.when or any_holds(action.when, words))
    )
    to_settle = {due.duty.id for due in listed if due.duty.to_settle}
    at_level = frozenset(level_reasons)
    to_settle |= {
        a.id for a in actions if a.settle is not None and _stands_in_the_way(a, settings, at_level)
    }
    return Outcome(
        level=level,
        level_reasons=tuple(sorted(level_reasons)),
        reasons=tuple(sorted(reasons)),
        duties=listed,
        emergency=any(due.duty.emergency for due in listed),
        actions=actions,
        to_settle=tuple(sorted(to_settle)),
        prompts=tuple(sorted(p.id for p in book.prompts if any_holds(p.when, words))),
        route=route,
        known=frozenset(words),
    )


def _fire(rules: Sequence[Rule], levels: Sequence[int], words: set[str]) -> list[tuple[Rule, int]]:
    """The rules that fire, in order, each with the level that it sets (0: none). Adds what fired
    to the words.

    Some rule with a level always fires: a book without one for "otherwise" is refused.
    """
    fired = []
    for rule, level in zip(rules, levels, strict=True):
        for alternative in rule.when:  # as `any_holds`, without a call for each rule
            if alternative.yes <= words and alternative.no.isdisjoint(words):
                words.add(f"rule {rule.id}")
                fired.append((rule, level))
                if level:
                    words.add("some_level")
                break
    return fired


def _listed(duties: Sequence[Due], words: Set[str]) -> tuple[Due, ...]:
    """The duties that there are: of several cases of one the first. An emergency comes first."""
    listed: dict[str, Due] = {}
    for due in duties:
        if due.duty.id not in listed and any_holds(due.duty.when, words):
            listed[due.duty.id] = due
    return tuple(sorted(listed.values(), key=lambda due: not due.duty.emergency))


def _stands_in_the_way(action: ActionRule, settings: Settings, level_reasons: Set[str]) -> bool:
    """Whether this action, one that can, has to be settled before signing off."""
    if action.settle_if and not getattr(settings, action.settle_if):
        return False
    if action.settle == "at_its_level":
        return not level_reasons.isdisjoint(action.on)
    return action.settle == "always" or action.id in settings.settle_also
