"""A protocol pack ready for use: what the files say, with settings chosen.

    pack = load_pack("haringey-2011", preset="cautious")

What is known of an episode at a moment is one integer (see `vocabulary`); `Pack.outcome` says
what the rules make of it, and remembers the answer, as few different states occur.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import time, timedelta
from pathlib import Path
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from protocol.conditions import resolve
from protocol.facts import Category
from protocol.outcome import TIER_BITS, Due, Outcome, Table, holds
from protocol.packfile import PackError
from protocol.packread import SHIPPED, read_book
from protocol.rules import ActionRule, Book, Counted, Duty, Level, Route, Rule, Tier
from protocol.settings import Settings, settings_from
from protocol.vocabulary import WORDS

DEFAULT = "haringey-2011"
_REMEMBERED = 4096


class Limit(NamedTuple):
    """A limit of elapsed time: passed at `span` after the start, or (strict) just after it."""

    span: timedelta
    strict: bool
    bit: int


class Window(NamedTuple):
    """Episodes in the last `days` (calendar); each (least, bit) is a limit on their number."""

    name: str
    days: int
    missing: bool
    """Whether missing episodes count."""
    away: bool
    """Whether unauthorised absences count."""
    limits: tuple[tuple[int, int], ...]
    tiers: tuple[tuple[int, tuple[int, ...]], ...]
    """(shift, sorted steps) of the tier families counted here."""


class Pack:
    """A book with its settings. Immutable for its users; make variants with `with_settings`."""

    def __init__(
        self, book: Book, settings: Settings, preset: str, table: Table | None = None
    ) -> None:
        self.book = book
        self.table = table or Table(book)
        self.settings = settings
        self.preset = preset
        self.zone = ZoneInfo(settings.tz)
        self.opens = time.fromisoformat(settings.office_open)
        self.closes = time.fromisoformat(settings.office_close)
        self.holidays = frozenset(settings.bank_holidays)
        self.factors = sum(WORDS[name].bit for name in set(settings.additional_factors))
        self.accepting_roles = frozenset(settings.ra_accepting_roles)
        atoms = book.atoms
        self.away = self._limits(atoms.away)
        self.found = self._limits(atoms.found)
        self.windows = tuple(self._window(counted) for counted in book.counts.values())
        self.window_days = frozenset(window.days for window in self.windows)
        self.constant = sum(
            bit for name, bit in atoms.enabled.items() if getattr(settings, name)
        ) + sum(bit for name, bit in atoms.profile.items() if settings.profile == name)
        self.category_bits: dict[Category, int] = {
            category: sum(
                bit
                for name, bit in atoms.category_in.items()
                if category in getattr(settings, name)
            )
            for category in ("missing", "unauthorised_absence")
        }
        self._duties = tuple(
            Due(duty, *_span(duty, resolve(duty.amount, settings))) for duty in book.duties
        )
        self._levels = [
            0 if rule.level is None else int(resolve(rule.level, settings)) for rule in book.rules
        ]
        self._tiers = tuple(
            (
                tier,
                book.tier_shift + place * TIER_BITS,
                self.steps(tier),
            )
            for place, tier in enumerate(book.tiers)
        )
        self._outcomes: dict[int, Outcome] = {}
        self._actions: dict[int, tuple[ActionRule, ...]] = {}

    @property
    def title(self) -> str:
        return self.book.title

    def rule(self, rule_id: str) -> Rule | Route | Tier | None:
        """What stands behind a reason id (for STF-3 the family STF); None if nothing does."""
        for rule in self.book.rules:
            if rule.id == rule_id:
                return rule
        for route in self.book.routes:
            if route.id == rule_id:
                return route
        return next((tier for tier, step in self._steps() if f"{tier.id}-{step}" == rule_id), None)

    def duty(self, duty_id: str) -> Duty | None:
        return next((duty for duty in self.book.duties if duty.id == duty_id), None)

    def level(self, level: int) -> Level:
        return self.book.levels[level]

    def with_settings(self, changes: Mapping[str, Any]) -> Pack:
        """The same pack with some settings changed. Raises SettingError."""
        base = {key: getattr(self.settings, key) for key in Settings.__struct_fields__}
        return Pack(self.book, settings_from({**base, **changes}), self.preset, self.table)

    def outcome(self, known: int) -> Outcome:
        """Level, reasons and duties for what is known (bits)."""
        known &= self.table.looked_at
        found = self._outcomes.get(known)
        if found is None:
            if len(self._outcomes) >= _REMEMBERED:
                self._outcomes.clear()
            found = self._outcomes[known] = self._work_out(known)
        return found

    def actions(self, outcome: Outcome) -> tuple[ActionRule, ...]:
        """What is to be done."""
        found = self._actions.get(outcome.known)
        if found is None:
            if len(self._actions) >= _REMEMBERED:
                self._actions.clear()
            names = {*outcome.reasons, *(tier.id for tier, _ in self._reached(outcome.known))}
            found = self._actions[outcome.known] = tuple(
                action
                for action, (on, when) in zip(self.book.actions, self.table.actions, strict=True)
                if not on.isdisjoint(names) and (not when or holds(when, outcome.known))
            )
        return found

    def _work_out(self, known: int) -> Outcome:
        table, rules = self.table, self.book.rules
        known, level, fired = table.fire(known, self._levels)
        reasons = [rules[number].id for number in fired]
        route = None
        for candidate, masks in zip(self.book.routes, table.routes, strict=True):
            if holds(masks, known):
                route = candidate
                break
        if route is not None and route.listed:
            reasons.append(route.id)
        reasons += [f"{tier.id}-{step}" for tier, step in self._reached(known)]
        winning = [rules[number].id for number in fired if self._levels[number] == level]
        return Outcome(
            level=level,
            level_reasons=tuple(sorted(winning)),
            reasons=tuple(sorted(reasons)),
            duties=tuple(
                [
                    due
                    for due, masks in zip(self._duties, table.duties, strict=True)
                    if holds(masks, known)
                ]
            ),
            route=route,
            known=known,
        )

    def _reached(self, known: int) -> list[tuple[Tier, int]]:
        """The highest step reached of each family of tiers, if any is."""
        reached = []
        for tier, shift, steps in self._tiers:
            count = known >> shift & (1 << TIER_BITS) - 1
            if count:
                reached.append((tier, steps[count - 1]))
        return reached

    def steps(self, tier: Tier) -> tuple[int, ...]:
        """The numbers of episodes at which each step is reached, lowest first."""
        steps = getattr(self.settings, tier.steps) if isinstance(tier.steps, str) else tier.steps
        return tuple(sorted(steps))

    def _steps(self) -> list[tuple[Tier, int]]:
        return [(tier, step) for tier, _, steps in self._tiers for step in steps]

    def _limits(self, atoms: Mapping[tuple[bool, float | str], int]) -> tuple[Limit, ...]:
        return tuple(
            sorted(
                Limit(timedelta(hours=resolve(hours, self.settings)), strict, bit)
                for (strict, hours), bit in atoms.items()
            )
        )

    def _window(self, counted: Counted) -> Window:
        categories = counted.categories
        if isinstance(categories, str):
            categories = getattr(self.settings, categories)
        return Window(
            name=counted.name,
            days=int(resolve(counted.days, self.settings)),
            missing="missing" in categories,
            away="unauthorised_absence" in categories,
            limits=tuple(
                (int(resolve(least, self.settings)), bit)
                for (name, least), bit in self.book.atoms.episodes.items()
                if name == counted.name
            ),
            tiers=tuple(
                (
                    self.book.tier_shift + place * TIER_BITS,
                    self.steps(tier),
                )
                for place, tier in enumerate(self.book.tiers)
                if tier.counted == counted.name
                and (not tier.enabled or getattr(self.settings, tier.enabled))
            ),
        )


def _span(duty: Duty, amount: float) -> tuple[timedelta, int]:
    if duty.unit == "minutes":
        return timedelta(minutes=amount), 0
    if duty.unit == "hours":
        return timedelta(hours=amount), 0
    return timedelta(0), int(amount)


def load_pack(
    name_or_path: str | Path = DEFAULT,
    preset: str | None = None,
    overrides: Mapping[str, Any] | None = None,
) -> Pack:
    """Reads a shipped pack by name ("haringey-2011") or a pack file by path.

    `preset` is one that the pack names (None: the settings as the pack has them). Raises PackError
    with file, line, key and what is allowed; SettingError for a wrong override.
    """
    path = Path(name_or_path)
    if path.suffix != ".toml":
        path = SHIPPED / f"{name_or_path}.toml"
        if str(name_or_path) not in {file.stem for file in SHIPPED.glob("*.toml")}:
            raise PackError(
                "there is no such pack", file=str(name_or_path), allowed=", ".join(shipped())
            )
    book = read_book(path)
    settings = dict(book.settings)
    if preset is not None:
        if preset not in book.presets:
            raise PackError(
                f"has no preset {preset!r}", file=path.name, allowed=", ".join(book.presets)
            )
        settings.update(book.presets[preset].settings)
    return Pack(book, settings_from({**settings, **(overrides or {})}), preset or "")


def shipped() -> list[str]:
    """Names of the packs that come with Nightlight; the other files there are for including."""
    return sorted(
        file.stem
        for file in SHIPPED.glob("*.toml")
        if re.search(r"^\[pack\]", file.read_text(encoding="utf-8"), re.MULTILINE)
    )
