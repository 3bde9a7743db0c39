"""Turning the conditions of a pack into sets of words, and finding those that can never hold."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import product
from typing import Any, TypeAlias

from protocol.packfile import Document, Place
from protocol.rules import Alternative, Amount, Atoms, Rule
from protocol.settings import KEYS, YEAR_OF_HOURS, SettingError, Settings, settings_from
from protocol.vocabulary import ALLOWED, CHOICES, IMPLIED, LIMITS, YES_NO

_AFTER_THE_LEVEL = ("level_at_least", "level_at_most")


class Conditions:
    """Compiles the `when` tables of one pack; collects the limits and counts that they name."""

    def __init__(self) -> None:
        self.atoms = Atoms(limits={}, episodes={}, category_in={}, chosen={})
        self.rules: dict[str, Rule] = {}
        self.counts: set[str] = set()
        self.decided: list[tuple[Document, Place, str]] = []
        """Where the decision on which id is asked for; the ids are read later."""

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
        words: dict[bool, set[str]] = {True: set(), False: set()}
        for word, value in table.items():
            here = (*place, word)
            if word not in ALLOWED or (word in _AFTER_THE_LEVEL and not after_level):
                usable = (w for w in ALLOWED if after_level or w not in _AFTER_THE_LEVEL)
                raise document.error(here, "unknown condition", ", ".join(usable))
            name, holds = self._word(document, here, word, value)
            if name in words[not holds]:
                raise document.error(
                    here, "contradicts another condition beside it: can never fire"
                )
            words[holds].add(name)
        return Alternative(frozenset(words[True]), frozenset(words[False]), dict(table))

    def _word(self, document: Document, here: Place, word: str, value: Any) -> tuple[str, bool]:
        """The word behind one condition, and whether it must be known."""
        if word in CHOICES:
            spelt = str(value).lower() if isinstance(value, bool | int) else value
            choice = CHOICES[word].get(spelt) if isinstance(spelt, str) else None
            if choice is None:
                raise document.error(here, f"{value!r} is not allowed", ", ".join(CHOICES[word]))
            return choice
        if word in YES_NO:
            if not isinstance(value, bool):
                raise document.error(here, f"{value!r} is not allowed", "true, false")
            return word, value
        if word in LIMITS:
            clock, strict, passed = LIMITS[word]
            hours = amount(document, here, value, limit=YEAR_OF_HOURS)
            name = f"{clock} {'>' if strict else '>='} {hours}"
            self.atoms.limits[clock, strict, hours] = name
            return name, passed
        if word in ("decided", "undecided"):
            if not isinstance(value, str):
                raise document.error(here, f"{value!r} is not allowed", "an id of this pack")
            self.decided.append((document, here, value))
            return f"decided {value}", word == "decided"
        if word in ("rule", "no_rule"):
            if not isinstance(value, str) or value not in self.rules:
                known = ", ".join(self.rules) or "no rule stands before this one"
                raise document.error(here, f"{value!r} is no rule that stands before", known)
            return f"rule {value}", word == "rule"
        if word == "episodes":
            return self._episodes(document, here, value), True
        return self._choice(document, here, word, value), True

    def _episodes(self, document: Document, here: Place, value: Any) -> str:
        if not isinstance(value, dict) or set(value) != {"counted", "at_least"}:
            raise document.error(here, "needs both keys", "counted, at_least")
        if not isinstance(value["counted"], str) or value["counted"] not in self.counts:
            raise document.error(
                (*here, "counted"),
                f"{value['counted']!r} is no count of this pack",
                ", ".join(sorted(self.counts)),
            )
        least = amount(document, (*here, "at_least"), value["at_least"], limit=1000)
        name = f"{value['counted']} >= {least}"
        self.atoms.episodes[value["counted"], least] = name
        return name

    def _choice(self, document: Document, here: Place, word: str, value: Any) -> str:
        """A condition on the settings alone."""
        if word == "category_in":
            name = f"category in {setting(document, here, value, 'categories')}"
            self.atoms.category_in[value] = name
            return name
        if word == "chosen":
            if not isinstance(value, dict) or len(value) != 1 or not set(value) <= set(KEYS):
                raise document.error(here, f"{value!r} is not allowed", "{ SETTING = VALUE }")
            ((key, wanted),) = value.items()
            try:
                settings_from({key: wanted})
            except SettingError as error:
                raise document.error((*here, key), str(error)) from None
            if not isinstance(wanted, str | bool | int):
                raise document.error((*here, key), f"{wanted!r} is not allowed", "one value")
        elif word == "profile":
            key, wanted = "profile", value
            if wanted not in ("seed", "current"):
                raise document.error(here, f"{value!r} is not allowed", "seed, current")
        else:
            key, wanted = setting(document, here, value, "yes or no"), True
        self.atoms.chosen[key, wanted] = f"{key} = {wanted}"
        return f"{key} = {wanted}"

    def can_hold(
        self, alternative: Alternative, settings: Settings, required: frozenset[str] = frozenset()
    ) -> bool:
        """Whether some state of affairs fulfils the alternative and the words `required`."""
        return any(
            self._consistent(set(yes), set(no), settings)
            for yes, no in self._expand(alternative, required)
        )

    def _consistent(self, yes: set[str], no: set[str], settings: Settings) -> bool:
        for first, second in IMPLIED.items():
            if first in yes:
                yes.add(second)
        if not yes.isdisjoint(no):
            return False
        passed: dict[str, list[_Reached]] = {}
        ahead: dict[str, list[_Reached]] = {}
        for (clock, strict, hours), name in self.atoms.limits.items():
            if name in yes:
                passed.setdefault(clock, []).append((resolve(hours, settings), strict))
            if name in no:
                ahead.setdefault(clock, []).append((resolve(hours, settings), strict))
        if "located" in no and "found" in passed:
            return False
        return all(
            _room(passed.get(clock, []), ahead.get(clock, [])) for clock in {**passed, **ahead}
        )

    def _expand(
        self, alternative: Alternative, required: frozenset[str] = frozenset()
    ) -> Iterable[tuple[frozenset[str], frozenset[str]]]:
        """The alternative joined with those of the rules that it refers to, where they agree."""
        yes, no = alternative.yes | required, alternative.no
        parts = [
            [pair for other in self.rules[name].when for pair in self._expand(other)]
            for kind, _, name in [word.partition(" ") for word in yes]
            if kind == "rule"
        ]
        for combination in product(*parts):
            joined_yes = yes.union(*(pair[0] for pair in combination))
            joined_no = no.union(*(pair[1] for pair in combination))
            if joined_yes.isdisjoint(joined_no):
                yield joined_yes, joined_no


_Reached: TypeAlias = tuple[float, bool]
"""A limit in hours, and whether it is passed only after it."""


def _room(passed: Sequence[_Reached], ahead: Sequence[_Reached]) -> bool:
    """Whether a time exists between the highest limit passed and the lowest one not passed."""
    low, low_open = max(passed, default=(0.0, False))
    high, high_open = min(ahead, default=(float("inf"), False))
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
