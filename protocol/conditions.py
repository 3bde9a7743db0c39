"""Turning the condition tables of a pack into masks, and finding those that can never hold."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import product
from typing import Any

from protocol.packfile import Document, Place
from protocol.rules import Alternative, Amount, Atoms, Rule
from protocol.settings import KEYS, YEAR_OF_HOURS, Settings
from protocol.vocabulary import (
    ALLOWED,
    CHOICES,
    FIRST_FREE_BIT,
    IMPLIED,
    LIMITS,
    WORDS,
    YES_NO,
)

_AFTER_THE_LEVEL = ("level_at_least", "level_at_most")


class Conditions:
    """Compiles the `when` tables of one pack; reserves a bit for each new limit, count or rule."""

    def __init__(self) -> None:
        self.atoms = Atoms(away={}, found={}, episodes={}, category_in={}, enabled={}, profile={})
        self.rules: dict[str, Rule] = {}
        self.counts: set[str] = set()
        self.next_bit = FIRST_FREE_BIT
        self.cares = 0

    def reserve(self) -> int:
        bit = 1 << self.next_bit
        self.next_bit += 1
        return bit

    def compile(
        self, document: Document, place: Place, when: Any, *, after_level: bool = False
    ) -> tuple[Alternative, ...]:
        """`when` is one table or a list of them (any). `after_level`: may ask for the level.

        Raises PackError with the place of an unknown word, a wrong value or a contradiction.
        """
        tables = when if isinstance(when, list) else [when]
        if not tables or not all(isinstance(table, dict) for table in tables):
            raise document.error(place, "conditions are a table or a list of tables")
        alternatives = []
        for number, table in enumerate(tables):
            here = (*place, number) if isinstance(when, list) else place
            alternatives.append(self._table(document, here, table, after_level=after_level))
        return tuple(alternatives)

    def _table(
        self, document: Document, place: Place, table: Mapping[str, Any], *, after_level: bool
    ) -> Alternative:
        care = want = 0
        for word, value in table.items():
            here = (*place, word)
            if word not in ALLOWED or (word in _AFTER_THE_LEVEL and not after_level):
                usable = (w for w in ALLOWED if after_level or w not in _AFTER_THE_LEVEL)
                raise document.error(here, "unknown condition", ", ".join(usable))
            bit, holds = self._atom(document, here, word, value)
            if care & bit and bool(want & bit) != holds:
                raise document.error(
                    here, "contradicts another condition beside it: can never fire"
                )
            care |= bit
            want |= bit if holds else 0
        self.cares |= care
        return Alternative(care, want, dict(table))

    def _atom(self, document: Document, here: Place, word: str, value: Any) -> tuple[int, bool]:
        """The bit of one condition, and whether it must be set."""
        if word in CHOICES:
            spelt = str(value).lower() if isinstance(value, bool | int) else value
            choice = CHOICES[word].get(spelt) if isinstance(spelt, str) else None
            if choice is None:
                raise document.error(here, f"{value!r} is not allowed", ", ".join(CHOICES[word]))
            return WORDS[choice[0]].bit, choice[1]
        if word in YES_NO:
            if not isinstance(value, bool):
                raise document.error(here, f"{value!r} is not allowed", "true, false")
            return WORDS[word].bit, value
        if word in LIMITS:
            clock, strict, passed = LIMITS[word]
            hours = amount(document, here, value, limit=YEAR_OF_HOURS)
            limits = self.atoms.away if clock == "away" else self.atoms.found
            return self._bit(limits, (strict, hours)), passed
        return self._reference(document, here, word, value)

    def _reference(
        self, document: Document, here: Place, word: str, value: Any
    ) -> tuple[int, bool]:
        if word == "rule":
            rule = self.rules.get(value) if isinstance(value, str) else None
            if rule is None:
                known = ", ".join(self.rules) or "no rule stands before this one"
                raise document.error(here, f"{value!r} is no rule that stands before", known)
            return rule.bit, True
        if word == "episodes":
            if not isinstance(value, dict) or set(value) != {"counted", "at_least"}:
                raise document.error(here, "needs both keys", "counted, at_least")
            if not isinstance(value["counted"], str) or value["counted"] not in self.counts:
                raise document.error(
                    (*here, "counted"),
                    f"{value['counted']!r} is no count of this pack",
                    ", ".join(sorted(self.counts)),
                )
            least = amount(document, (*here, "at_least"), value["at_least"], limit=1000)
            return self._bit(self.atoms.episodes, (value["counted"], least)), True
        if word == "profile":
            if value not in ("seed", "current"):
                raise document.error(here, f"{value!r} is not allowed", "seed, current")
            return self._bit(self.atoms.profile, value), True
        setting(document, here, value, "yes or no" if word == "enabled" else "categories")
        table = self.atoms.enabled if word == "enabled" else self.atoms.category_in
        return self._bit(table, value), True

    def _bit(self, table: dict[Any, int], key: Any) -> int:
        if key not in table:
            table[key] = self.reserve()
        return table[key]

    def can_hold(self, alternative: Alternative, settings: Settings, required: int = 0) -> bool:
        """Whether some state of affairs fulfils the alternative and the bits `required`."""
        by_bit = {rule.bit: rule for rule in self.rules.values()}
        return any(
            self._consistent(care, want, settings)
            for care, want in _expand(alternative, by_bit, required)
        )

    def _consistent(self, care: int, want: int, settings: Settings) -> bool:
        for first, second in IMPLIED.items():
            a, b = WORDS[first].bit, WORDS[second].bit
            if care & a and want & a:
                if care & b and not want & b:
                    return False
                care, want = care | b, want | b
        for limits in (self.atoms.away, self.atoms.found):
            if not _room(limits, care, want, settings):
                return False
        located = WORDS["located"].bit
        found = sum(bit for bit in self.atoms.found.values() if want & bit)
        return not (found and care & located and not want & located)


def _expand(
    alternative: Alternative, by_bit: Mapping[int, Rule], required: int
) -> Iterable[tuple[int, int]]:
    """The alternative joined with those of the rules that it refers to, where they agree."""
    care, want = alternative.care | required, alternative.want | required
    if alternative.care & required & ~alternative.want:
        return
    rules = [rule for bit, rule in by_bit.items() if alternative.care & bit]
    parts = [[pair for other in rule.when for pair in _expand(other, by_bit, 0)] for rule in rules]
    for combination in product(*parts):
        joined_care, joined_want, possible = care, want, True
        for other_care, other_want in combination:
            if joined_care & other_care & (joined_want ^ other_want):
                possible = False
                break
            joined_care, joined_want = joined_care | other_care, joined_want | other_want
        if possible:
            yield joined_care, joined_want


def _room(
    limits: Mapping[tuple[bool, Amount], int], care: int, want: int, settings: Settings
) -> bool:
    """Whether a time exists between the highest limit passed and the lowest one not passed."""
    low, low_open, high, high_open = 0.0, False, float("inf"), False
    for (strict, hours), bit in limits.items():
        if not care & bit:
            continue
        value = resolve(hours, settings)
        if want & bit and (value, strict) > (low, low_open):
            low, low_open = value, strict
        if not want & bit and (value, strict) < (high, high_open):
            high, high_open = value, strict
    # Not "over 4 h" still allows exactly 4 h; not "at least 4 h" does not.
    return low < high or (low == high and high_open and not low_open)


def resolve(value: Amount, settings: Settings) -> float:
    """The number itself, or that of the setting."""
    return float(getattr(settings, value)) if isinstance(value, str) else value


_KINDS: dict[str, tuple[str, ...]] = {
    "yes or no": tuple(key for key in KEYS if Settings.__annotations__[key] == "bool"),
    "number": tuple(key for key in KEYS if type(getattr(Settings(), key)) in (int, float)),
    "categories": tuple(key for key in KEYS if "Category" in Settings.__annotations__[key]),
    "steps": tuple(key for key in KEYS if "Count," in Settings.__annotations__[key]),
}


def setting(document: Document, here: Place, value: Any, kind: str) -> str:
    """Checks that `value` names a setting that holds this kind of value."""
    if not isinstance(value, str) or value not in _KINDS[kind]:
        allowed = ", ".join(_KINDS[kind])
        raise document.error(here, f"{value!r} is no setting that fits here", allowed)
    return value


def amount(document: Document, here: Place, value: Any, *, limit: float) -> Amount:
    """A number from 0 to `limit`, or the name of a setting that holds a number."""
    if isinstance(value, str):
        return setting(document, here, value, "number")
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise document.error(here, f"{value!r} is not a number", f"0 to {limit:g}, or a setting")
    if not 0 <= value <= limit:
        raise document.error(here, f"{value:g} is not possible", f"0 to {limit:g}, or a setting")
    return float(value)
