"""A protocol pack ready for use: what the files say, with settings chosen.

    pack = load_pack("haringey-2011", preset="cautious")

What is known of an episode at a moment is a set of words (see `vocabulary`); `Pack.outcome` says
what the rules make of it, and remembers the answer, as few different states occur.
"""

from __future__ import annotations

import re
from collections.abc import Container, Mapping, Sequence
from datetime import date, time, timedelta
from itertools import chain
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from protocol.conditions import resolve
from protocol.facts import Category, Child
from protocol.london import ClosedDays, EnglandBankHolidays
from protocol.outcome import Due, Outcome, judge
from protocol.packfile import PackError
from protocol.packread import SHIPPED, read_book
from protocol.rules import ActionRule, Book, Counted, Duty, Level, Route, Rule, Settling, Tier
from protocol.settings import SettingError, Settings, settings_from

DEFAULT = "haringey-2011"
_REMEMBERED = 4096


MOMENT = timedelta(microseconds=1)
"""The smallest step of time here: a strict limit is passed one moment after it is reached."""


class Limit(NamedTuple):
    """A limit of elapsed time."""

    passed_after: timedelta
    """The shortest time after the start at which it has been passed."""
    strict: bool
    """Not yet passed when it is reached, but a moment later."""
    word: str


class Window(NamedTuple):
    """Episodes in the last `days` (calendar); each (least, word) is a limit on their number."""

    name: str
    days: int
    missing: bool
    """Whether missing episodes count."""
    away: bool
    """Whether unauthorised absences count."""
    limits: tuple[tuple[int, str], ...]
    tiers: tuple[tuple[tuple[int, str], ...], ...]
    """Of each family of tiers counted here: (number, step such as "STF-3"), highest first."""


class Pack:
    """A book with its settings. Immutable for its users; make variants with `with_settings`.

    The pack of a service has those of some homes beside it, and those of placing authorities
    (`serving`): `of` and `placing_for` say which counts where.
    """

    def __init__(
        self,
        book: Book,
        settings: Settings,
        preset: str,
        *,
        closed_days: Container[date] = (),
        homes: Mapping[str, Pack] = MappingProxyType({}),
        placing: Mapping[str, Pack] = MappingProxyType({}),
        beside: Sequence[Pack] = (),
    ) -> None:
        self._closed_days, self._homes, self._placing = closed_days, homes, placing
        self._beside = beside
        self.book = book
        self.settings = settings
        self.preset = preset
        self.zone = ZoneInfo(settings.tz)
        self.opens = time.fromisoformat(settings.office_open)
        self.closes = time.fromisoformat(settings.office_close)
        bank_holidays: Container[date] = (
            EnglandBankHolidays()
            if settings.bank_holidays == "england"
            else frozenset(settings.bank_holidays)
        )
        self.holidays = ClosedDays(bank_holidays, closed_days) if closed_days else bank_holidays
        self.factors = frozenset(settings.additional_factors)
        self.accepting_roles = frozenset(settings.ra_accepting_roles)
        self.back_roles = frozenset(settings.ra_back_roles)
        looked_at = _looked_at(book, settings)
        self.has_night = "overnight" in looked_at
        self.limits: dict[str, tuple[Limit, ...]] = {
            clock: tuple(
                Limit(timedelta(hours=resolve(hours, settings)) + MOMENT * strict, strict, word)
                for (of, strict, hours), word in book.atoms.limits.items()
                if of == clock and word in looked_at
            )
            for clock in ("away", "missing", "found")
        }
        self.windows = tuple(self._window(counted) for counted in book.counts.values())
        self.category_words: dict[Category, frozenset[str]] = {
            category: frozenset(self._words_of(category))
            for category in ("missing", "unauthorised_absence")
        }
        self.settling: dict[str, Settling] = {
            **{action.id: action.settling for action in book.actions},
            **{duty.id: duty.settling for duty in reversed(book.duties)},
        }
        """For each id that can be decided, which decisions count."""
        self.decided_words = {
            name: word for name in self.settling if (word := f"decided {name}") in looked_at
        }
        """The ids that conditions look at, each with the word for its being decided."""
        self._duties = tuple(self._due(duty) for duty in book.duties)
        self._levels = [
            0 if rule.level is None else int(resolve(rule.level, settings)) for rule in book.rules
        ]
        steps = [step for window in self.windows for tier in window.tiers for _, step in tier]
        self.looked_at = looked_at.union(steps)
        """The words that decide the outcome: those that conditions look at, and the steps."""
        self._steps = frozenset(steps)
        self._outcomes: dict[frozenset[str], Outcome] = {}

    @property
    def title(self) -> str:
        """The pack's own."""
        return self.book.title

    def rule(self, rule_id: str) -> Rule | Route | Tier | None:
        """What stands behind a reason id (for STF-3 the family STF); None if nothing does."""
        for rule in self.book.rules:
            if rule.id == rule_id:
                return rule
        for route in self.book.routes:
            if route.id == rule_id:
                return route
        steps = {f"{tier.id}-{n}": tier for tier in self.book.tiers for n in self.steps(tier)}
        return steps.get(rule_id)

    def duty(self, duty_id: str) -> Duty | None:
        """What stands behind the id of a duty; of several cases of it the first. What this pack
        does not know may be a duty of one beside it."""
        for pack in (self, *self._beside):
            for duty in pack.book.duties:
                if duty.id == duty_id:
                    return duty
        return None

    def item(self, item_id: str) -> Duty | ActionRule | None:
        """What stands behind an id that is to settle, here or in a pack beside this one."""
        for pack in (self, *self._beside):
            for action in pack.book.actions:
                if action.id == item_id:
                    return action
            for duty in pack.book.duties:
                if duty.id == item_id:
                    return duty
        return None

    def used(self) -> list[Pack]:
        """This pack and those beside it, each protocol once."""
        return list({pack.book.id: pack for pack in (*self._beside, self)}.values())

    def duty_ids(self) -> frozenset[str]:
        """Every duty that can come up, of the packs beside this one, too."""
        return frozenset(d.id for pack in (self, *self._beside) for d in pack.book.duties)

    def of(self, home: str) -> Pack:
        """The pack of this home (its id): its own, or this one."""
        return self._homes.get(home, self)

    def placing_for(self, child: Child) -> Pack | None:
        """The pack of the authority that placed this young person elsewhere, if there is one.
        Source: DCSF statutory guidance 2009, 3.5 paragraph 27."""
        if not child.looked_after or child.responsible_la == child.placement_la:
            return None
        return self._placing.get(child.responsible_la or "")

    def serving(self, homes: Mapping[str, Pack], placing: Mapping[str, Pack]) -> Pack:
        """This pack with those of homes (by id) and of placing authorities (by name) beside it."""
        others = tuple(placing.values())
        own = {home: pack._with({}, placing, (*others, self)) for home, pack in homes.items()}
        return self._with(own, placing, (*others, *homes.values()))

    def _with(
        self, homes: Mapping[str, Pack], placing: Mapping[str, Pack], beside: Sequence[Pack]
    ) -> Pack:
        return Pack(
            self.book, self.settings, self.preset,
            closed_days=self._closed_days, homes=homes, placing=placing, beside=beside,
        )  # fmt: skip

    def level(self, level: int) -> Level:
        """What the pack says of this level."""
        return self.book.levels[level]

    def with_settings(self, changes: Mapping[str, Any]) -> Pack:
        """The same pack with some settings changed. Raises SettingError."""
        base = {key: getattr(self.settings, key) for key in Settings.__struct_fields__}
        return make_pack(self.book, {**base, **changes}, self.preset, self._closed_days)

    def outcome(self, words: frozenset[str]) -> Outcome:
        """What the rules make of these words, all of them looked at by some condition, before what
        was decided is taken out."""
        found = self._outcomes.get(words)
        if found is None:
            if len(self._outcomes) >= _REMEMBERED:
                self._outcomes.clear()
            found = self._outcomes[words] = judge(
                self.book,
                self.settings,
                words,
                levels=self._levels,
                duties=self._duties,
                tiers=sorted(self._steps & words),
            )
        return found

    def steps(self, tier: Tier) -> tuple[int, ...]:
        """The numbers of episodes at which each step is reached, lowest first."""
        steps = getattr(self.settings, tier.steps) if isinstance(tier.steps, str) else tier.steps
        return tuple(sorted(steps))

    def _words_of(self, category: Category) -> list[str]:
        """The words that hold whenever this is the category: settings and the category itself."""
        atoms, settings = self.book.atoms, self.settings
        words = [w for (key, value), w in atoms.chosen.items() if getattr(settings, key) == value]
        words += [w for key, w in atoms.category_in.items() if category in getattr(settings, key)]
        return words + (["missing"] if category == "missing" else [])

    def _due(self, duty: Duty) -> Due:
        amount = resolve(duty.amount, self.settings)
        span = timedelta()
        if duty.unit == "minutes":
            span = timedelta(minutes=amount)
        elif duty.unit == "hours":
            span = timedelta(hours=amount)
        return Due(
            duty=duty,
            span=span,
            days=int(amount) if duty.unit in ("days", "every_days") else 0,
            to_office_hours=bool(duty.office_hours and getattr(self.settings, duty.office_hours)),
            early=timedelta(hours=resolve(duty.early_hours, self.settings)),
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
                (int(resolve(least, self.settings)), word)
                for (name, least), word in self.book.atoms.episodes.items()
                if name == counted.name
            ),
            tiers=tuple(
                tuple((step, f"{tier.id}-{step}") for step in reversed(self.steps(tier)))
                for tier in self.book.tiers
                if tier.counted == counted.name
                and (not tier.enabled or getattr(self.settings, tier.enabled))
            ),
        )


def _looked_at(book: Book, settings: Settings) -> frozenset[str]:
    """Every word that a condition looks at which can hold with these settings."""
    choices = book.atoms.chosen.items()
    never = {word for (key, value), word in choices if getattr(settings, key) != value}
    conditions = [
        *(rule.when for rule in book.rules),
        *(route.when for route in book.routes),
        *(duty.when for duty in book.duties),
        *(action.when for action in book.actions),
        *(prompt.when for prompt in book.prompts),
    ]
    words: set[str] = set()
    for alternative in chain.from_iterable(conditions):
        if never.isdisjoint(alternative.yes):
            words.update(alternative.yes, alternative.no)
    return frozenset(words)


def make_pack(
    book: Book, values: Mapping[str, Any], preset: str, closed_days: Container[date] = ()
) -> Pack:
    """The book with these settings. `closed_days`: when the office is closed beside bank holidays.
    Raises SettingError."""
    settings = settings_from(values)
    further = [action.id for action in book.actions if action.settle == "chosen"]
    for place, name in enumerate(settings.settle_also):
        if name not in further:
            message = f'"{name}" is no item of this pack; allowed: {", ".join(further) or "none"}'
            raise SettingError(f"settle_also[{place}]", message)
    return Pack(book, settings, preset, closed_days=closed_days)


def load_pack(
    name_or_path: str | Path = DEFAULT,
    preset: str | None = None,
    overrides: Mapping[str, Any] | None = None,
    closed_days: Container[date] = (),
) -> Pack:
    """Reads a shipped pack by name ("haringey-2011") or a pack file by path.

    `preset` is one that the pack names (None: the settings as the pack has them); `closed_days` are
    days without office hours beside bank holidays. Raises PackError with file, line, key and what
    is allowed; SettingError for a wrong override.
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
    return make_pack(book, {**settings, **(overrides or {})}, preset or "", closed_days)


def shipped() -> list[str]:
    """Names of the packs that come with Nightlight; the other files there are for including."""
    return sorted(
        file.stem
        for file in SHIPPED.glob("*.toml")
        if re.search(r"^\[pack\]", file.read_text(encoding="utf-8"), re.MULTILINE)
    )
