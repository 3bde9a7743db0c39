"""From pack files to a checked `Book`: every table, every key, every reference."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import Any, get_args

import msgspec

from protocol.conditions import Conditions, amount, resolve, setting
from protocol.packfile import Document, Place, read_document
from protocol.packtables import TABLES, Fields, check_top, named, tables
from protocol.rules import (
    ActionRule,
    Alternative,
    Ambiguity,
    Amount,
    Book,
    Counted,
    Duty,
    Kind,
    Level,
    Origin,
    Preset,
    Route,
    Rule,
    Tier,
)
from protocol.settings import KEYS, SettingError, Settings, settings_from
from protocol.vocabulary import WORDS

SHIPPED = Path(__file__).parent / "packs"
_OTHERWISE = WORDS["some_level"].bit
_CATEGORIES = ("missing", "unauthorised_absence")
_COUNT_KEYS = ("days", "categories")
_UNITS = {
    "after_minutes": ("minutes", 8784 * 60),
    "after_hours": ("hours", 8784),
    "after_days": ("days", 3660),
    "every_days": ("every_days", 3660),
}
_NEEDED_BY_ORIGIN = {
    "located": "located",
    "returned": "returned",
    "interview_clock": "located",
    "authority_told": "authority_told",
    "referral": "referred",
}


def read_book(path: Path) -> Book:
    """Reads the pack file and what it includes. Raises PackError at the first mistake."""
    main = read_document(path)
    if "pack" not in main.tables:
        raise main.error(("pack",), "the table [pack] is missing")
    head = Fields(main, ("pack",), main.tables["pack"], TABLES["pack"])
    include = head.table.get("include", [])
    if not isinstance(include, list):
        raise head.error("include", "is a list of files")
    documents = [main]
    for number, name in enumerate(include):
        here: Place = ("pack", "include", number)
        documents.append(read_document(_included(main, here, path.parent, name)))
    for document in documents:
        check_top(document, is_pack=document is main)
    return _Reader(documents, head).book()


def _included(document: Document, here: Place, folder: Path, name: object) -> Path:
    if isinstance(name, str):
        for place in (folder, SHIPPED):
            if name in {file.name for file in place.glob("*.toml")}:
                return place / name
    shipped = ", ".join(sorted(file.name for file in SHIPPED.glob("*.toml")))
    raise document.error(here, f"{name!r} is neither beside this file nor shipped", shipped)


class _Reader:
    """Reads the tables of all documents in order; ids and references are those of the whole."""

    def __init__(self, documents: list[Document], head: Fields) -> None:
        self.documents = documents
        self.head = head
        self.conditions = Conditions()
        self.presets: dict[str, Preset] = {}
        self.levels: dict[int, Level] = {}
        self.counts: dict[str, Counted] = {}
        self.routes: dict[str, Route] = {}
        self.duties: dict[str, Duty] = {}
        self.actions: dict[str, ActionRule] = {}
        self.tiers: dict[str, Tier] = {}
        self.ambiguities: dict[str, Ambiguity] = {}
        self.choices: list[Settings] = []

    def book(self) -> Book:
        main = self.documents[0]
        settings = self._settings(main)
        for document in self.documents:
            self._counts(document)
        for readers in (
            (("level", self._level), ("route", self._route), ("rule", self._rule)),
            (("tier", self._tier), ("duty", self._duty)),
            (("action", self._action), ("ambiguity", self._ambiguity)),
        ):
            for document in self.documents:
                for kind, read in readers:
                    for fields in tables(document, kind):
                        read(fields)
        self._check_levels(main)
        return Book(
            id=self.head.text("id"),
            title=self.head.text("title"),
            about=self.head.optional_text("about"),
            settings=settings,
            presets=self.presets,
            levels=self.levels,
            counts=self.counts,
            routes=tuple(self.routes.values()),
            rules=tuple(sorted(self.conditions.rules.values(), key=_is_otherwise)),
            duties=tuple(self.duties.values()),
            actions=tuple(self.actions.values()),
            tiers=tuple(self.tiers.values()),
            ambiguities=tuple(self.ambiguities.values()),
            atoms=self.conditions.atoms,
            cares=self.conditions.cares,
            tier_shift=self.conditions.next_bit,
        )

    def _settings(self, main: Document) -> dict[str, Any]:
        fields = Fields(main, ("settings",), main.tables.get("settings", {}), None)
        settings = dict(fields.table)
        self.choices.append(_checked(fields, settings, {}))
        for name, preset in named(main, "presets"):
            changes = {key: value for key, value in preset.table.items() if key != "text"}
            self.choices.append(_checked(preset, changes, settings))
            self.presets[name] = Preset(name=name, text=preset.text("text"), settings=changes)
        return settings

    def _counts(self, document: Document) -> None:
        for name, fields in named(document, "counts"):
            if set(fields.table) != set(_COUNT_KEYS):
                raise document.error(fields.place, "needs both keys", ", ".join(_COUNT_KEYS))
            if name in self.counts:
                raise document.error(fields.place, f"{name!r} is there twice")
            days = amount(document, (*fields.place, "days"), fields.table["days"], limit=3660)
            chosen: str | tuple[str, ...]
            if isinstance(fields.table["categories"], list):
                chosen = fields.texts("categories", _CATEGORIES, "not a category")
            else:
                here = (*fields.place, "categories")
                chosen = setting(document, here, fields.table["categories"], "categories")
            self.counts[name] = Counted(name=name, days=days, categories=chosen)
            self.conditions.counts.add(name)

    def _level(self, fields: Fields) -> None:
        number = fields.table.get("number")
        if number not in (1, 2, 3) or not isinstance(number, int) or isinstance(number, bool):
            raise fields.error("number", f"{number!r} is not a level", "1, 2, 3")
        if number in self.levels:
            raise fields.error("number", f"level {number} is there twice")
        name, text, source = (fields.text(key) for key in ("name", "text", "source"))
        self.levels[number] = Level(number=number, name=name, text=text, source=source)

    def _route(self, fields: Fields) -> None:
        route_id = self._reason_id(fields)
        when = self._when(fields)
        for earlier in self.routes.values():
            if all(any(_covers(e, w) for e in earlier.when) for w in when):
                raise fields.error("", f"can never be reached: {earlier.id} comes first")
        self.routes[route_id] = Route(
            id=route_id,
            text=fields.text("text"),
            source=fields.text("source"),
            when=when,
            listed=fields.flag("listed", True),
            label=fields.optional_text("label"),
        )

    def _rule(self, fields: Fields) -> None:
        rule_id = self._reason_id(fields)
        when = self._when(fields)
        level: Amount | None = None
        if "level" in fields:
            here = (*fields.place, "level")
            level = amount(fields.document, here, fields.table["level"], limit=3)
            if level not in (1.0, 2.0, 3.0) and not str(level).endswith("level"):
                raise fields.error(
                    "level", f"{fields.table['level']!r} is no level", "1, 2, 3, or a setting"
                )
        if level is None and any(alternative.care & _OTHERWISE for alternative in when):
            raise fields.error("when", '"otherwise" is for rules that set a level')
        self.conditions.rules[rule_id] = Rule(
            id=rule_id,
            text=fields.text("text"),
            source=fields.text("source"),
            when=when,
            bit=self.conditions.reserve(),
            level=level,
            label=fields.optional_text("label"),
        )

    def _tier(self, fields: Fields) -> None:
        tier_id = self._reason_id(fields)
        enabled = fields.optional_text("enabled")
        if enabled:
            setting(fields.document, (*fields.place, "enabled"), enabled, "yes or no")
        self.tiers[tier_id] = Tier(
            id=tier_id,
            text=fields.text("text"),
            source=fields.text("source"),
            steps=self._steps(fields),
            counted=fields.choice("counted", tuple(self.counts)),
            enabled=enabled,
            label=fields.optional_text("label"),
        )

    def _steps(self, fields: Fields) -> str | tuple[int, ...]:
        steps = fields.table.get("steps")
        if isinstance(steps, list):
            if not all(type(step) is int and 1 <= step <= 1000 for step in steps):
                raise fields.error("steps", f"{steps!r} is not allowed", "whole numbers, 1 to 1000")
            chosen: str | tuple[int, ...] = tuple(steps)
            reachable = bool(steps)
        else:
            chosen = setting(fields.document, (*fields.place, "steps"), steps, "steps")
            reachable = any(getattr(choice, chosen) for choice in self.choices)
        if not reachable:
            raise fields.error("steps", "can never fire: there is no step")
        return chosen

    def _duty(self, fields: Fields) -> None:
        duty_id = fields.new("id", self.duties)
        origin = fields.choice("from", get_args(Origin))
        needed = _NEEDED_BY_ORIGIN.get(origin)
        required = WORDS[needed].bit if needed else 0
        when = self._when(fields, after_level=True, required=required)
        unit, value = self._time(fields)
        texts = {key: fields.text(key) for key in ("title", "who", "text", "source")}
        kind = fields.choice("kind", get_args(Kind))
        label = fields.optional_text("label")
        self.duties[duty_id] = msgspec.convert(
            {
                **texts, "id": duty_id, "kind": kind, "when": when, "origin": origin,
                "unit": unit, "amount": value, "label": label,
            },
            Duty,
        )  # fmt: skip

    def _time(self, fields: Fields) -> tuple[str, Amount]:
        given = [key for key in _UNITS if key in fields]
        if len(given) != 1:
            raise fields.error("", "needs exactly one time", ", ".join(_UNITS))
        key = given[0]
        unit, limit = _UNITS[key]
        value = amount(fields.document, (*fields.place, key), fields.table[key], limit=limit)
        usual = [resolve(value, choice) for choice in self.choices]
        if unit in ("days", "every_days") and any(days % 1 for days in usual):
            raise fields.error(key, "days are whole", f"0 to {limit}")
        if unit == "every_days" and not all(usual):
            raise fields.error(key, "0 is not possible", f"1 to {limit}")
        return unit, value

    def _action(self, fields: Fields) -> None:
        action_id = fields.new("id", self.actions)
        on = fields.texts("on", self._reasons(), "no rule of this pack")
        if not on:
            raise fields.error("on", "needs a list of rule ids")
        self.actions[action_id] = ActionRule(
            id=action_id,
            title=fields.text("title"),
            who=fields.text("who"),
            source=fields.text("source"),
            on=on,
            when=self._when(fields, after_level=True) if "when" in fields else (),
            by=fields.choice("by", tuple(self.duties)) if "by" in fields else "",
            label=fields.optional_text("label"),
        )

    def _ambiguity(self, fields: Fields) -> None:
        name = fields.new("id", self.ambiguities)
        self.ambiguities[name] = Ambiguity(
            id=name,
            text=fields.text("text"),
            choice=fields.text("choice"),
            settings=fields.texts("settings", KEYS, "no setting"),
            why=fields.text("why"),
        )

    def _when(
        self, fields: Fields, *, after_level: bool = False, required: int = 0
    ) -> tuple[Alternative, ...]:
        if "when" not in fields:
            raise fields.error("when", "the when is missing")
        place, given = (*fields.place, "when"), fields.table["when"]
        conditions = self.conditions
        when = conditions.compile(fields.document, place, given, after_level=after_level)
        for number, alternative in enumerate(when):
            if not any(conditions.can_hold(alternative, way, required) for way in self.choices):
                spot = (*place, number) if isinstance(given, list) else place
                name = fields.table.get("id", "this")
                message = f"{name} can never fire: the conditions exclude each other"
                raise fields.document.error(spot, message)
        return when

    def _check_levels(self, main: Document) -> None:
        """Every level is described, and there is always one."""
        wanted = {1, 2, 3} - set(self.levels)
        if wanted:
            raise main.error(("level",), f"level {min(wanted)} is not described")
        rules = [rule for rule in self.conditions.rules.values() if rule.level is not None]
        for rule in filter(_is_otherwise, rules):
            for other in rules:
                covered = all(any(_covers(b, a) for b in other.when) for a in rule.when)
                if other is not rule and covered:
                    message = f"{rule.id} can never fire: {other.id} applies wherever it could"
                    raise main.error(("rule",), message)
        if not any(a.care == _OTHERWISE for rule in rules for a in rule.when):
            message = (
                "one level rule must apply whenever no other does: when = { otherwise = true }"
            )
            raise main.error(("rule",), message)

    def _reasons(self) -> Collection[str]:
        return {**self.conditions.rules, **self.routes, **self.tiers}

    def _reason_id(self, fields: Fields) -> str:
        return fields.new("id", self._reasons())


def _checked(fields: Fields, changes: dict[str, Any], base: dict[str, Any]) -> Settings:
    try:
        return settings_from({**base, **changes})
    except SettingError as error:
        allowed = ", ".join(KEYS) if error.key not in KEYS and "[" not in error.key else ""
        message = str(error).partition("; allowed:")[0] if allowed else str(error)
        raise fields.document.error((*fields.place, error.key), message, allowed) from None


def _covers(earlier: Alternative, later: Alternative) -> bool:
    """Whether `earlier` holds wherever `later` does."""
    return earlier.care & later.care == earlier.care and later.want & earlier.care == earlier.want


def _is_otherwise(rule: Rule) -> bool:
    return any(alternative.care & _OTHERWISE for alternative in rule.when)
