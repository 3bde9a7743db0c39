"""From pack files to a checked `Book`: every table, every key, every reference."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime
from pathlib import Path
from typing import Any, get_args

import msgspec

from protocol.conditions import Conditions, amount, resolve, setting
from protocol.packchecks import (
    OTHERWISE,
    check_act,
    check_decided,
    check_levels,
    covers,
    is_otherwise,
    short_title,
)
from protocol.packfile import Document, Place, read_document
from protocol.packtables import TABLES, Fields, check_top, named, tables
from protocol.rules import (
    OUTCOMES,
    ActionRule,
    Alternative,
    Ambiguity,
    Amount,
    Book,
    Counted,
    Duty,
    Kind,
    Level,
    Needs,
    Origin,
    Preset,
    Prompt,
    Route,
    Rule,
    Settles,
    Settling,
    Tier,
)
from protocol.settings import KEYS, SettingError, Settings, settings_from

SHIPPED = Path(__file__).parent / "packs"
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
    files = {f.name: f for folder in (SHIPPED, path.parent) for f in folder.glob("*.toml")}
    for number, name in enumerate(include):
        if not isinstance(name, str) or name not in files:
            shipped = ", ".join(sorted(file.name for file in SHIPPED.glob("*.toml")))
            here: Place = ("pack", "include", number)
            raise main.error(here, f"{name!r} is neither beside this file nor shipped", shipped)
        documents.append(read_document(files[name]))
    for document in documents:
        check_top(document, is_pack=document is main)
    return _Reader(documents, head).book()


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
        self.duties: list[Duty] = []
        self.actions: dict[str, ActionRule] = {}
        self.prompts: dict[str, Prompt] = {}
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
            (("action", self._action), ("prompt", self._prompt)),
            (("ambiguity", self._ambiguity),),
        ):
            for document in self.documents:
                for kind, read in readers:
                    for fields in tables(document, kind):
                        read(fields)
        check_levels(main, self.levels, self.conditions.rules.values())
        things = [*dict.fromkeys(duty.id for duty in self.duties), *self.actions]
        check_decided(self.conditions, things)
        return Book(
            id=self.head.text("id"),
            title=self.head.text("title"),
            about=self.head.optional_text("about"),
            review_by=self._review_by(),
            settings=settings,
            presets=self.presets,
            levels=self.levels,
            counts=self.counts,
            routes=tuple(self.routes.values()),
            rules=tuple(sorted(self.conditions.rules.values(), key=is_otherwise)),
            duties=tuple(self.duties),
            actions=tuple(self.actions.values()),
            prompts=tuple(self.prompts.values()),
            tiers=tuple(self.tiers.values()),
            ambiguities=tuple(self.ambiguities.values()),
            atoms=self.conditions.atoms,
        )

    def _review_by(self) -> date | None:
        given = self.head.table.get("review_by")
        if given is not None and (not isinstance(given, date) or isinstance(given, datetime)):
            raise self.head.error("review_by", f"{given!r} is no date", "a date such as 2027-04-01")
        return given

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
            if all(any(covers(e, w) for e in earlier.when) for w in when):
                raise fields.error("", f"can never be reached: {earlier.id} comes first")
        self.routes[route_id] = Route(
            id=route_id,
            text=fields.text("text"),
            source=fields.text("source"),
            when=when,
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
        if level is None and any(OTHERWISE in alternative.no for alternative in when):
            raise fields.error("when", '"otherwise" is for rules that set a level')
        self.conditions.rules[rule_id] = Rule(
            id=rule_id,
            text=fields.text("text"),
            source=fields.text("source"),
            when=when,
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
        taken = {duty.id for duty in self.duties if "case" not in fields}
        duty_id = fields.new("id", taken)
        origin = fields.choice("from", get_args(Origin))
        required = frozenset(filter(None, [_NEEDED_BY_ORIGIN.get(origin)]))
        when = self._when(fields, after_level=True, required=required)
        unit, value = self._span(fields)
        texts = {key: fields.text(key) for key in ("who", "text", "source")}
        texts["title"] = short_title(fields)
        act, contact = fields.text("act"), fields.optional_text("contact")
        check_act(fields, "act", act, contact)
        kind = fields.choice("kind", get_args(Kind))
        early: Amount = 0.0
        if "early_hours" in fields:
            here = (*fields.place, "early_hours")
            early = amount(fields.document, here, fields.table["early_hours"], limit=8784)
        office_hours = fields.optional_text("office_hours")
        if office_hours:
            setting(fields.document, (*fields.place, "office_hours"), office_hours, "yes or no")
        for key in ("office_hours", "early_hours"):
            if key in fields and unit != "every_days":
                raise fields.error(key, "is for a review", "a duty with every_days")
        set_by = fields.choice("set_by", ("protocol", "service")) if "set_by" in fields else None
        to_settle = fields.flag("to_settle", usual=False)
        duty = {
            **texts, "id": duty_id, "kind": kind, "when": when, "origin": origin, "unit": unit,
            "amount": value, "label": fields.optional_text("label"), "early_hours": early,
            "act": act, "contact": contact,
            "set_by": set_by or "protocol",
            "to_settle": to_settle, "settling": self._settling(fields, decidable=to_settle),
            "emergency": fields.flag("emergency", usual=False), "office_hours": office_hours,
            "daytime": fields.flag("daytime", usual=False),
            "challenge": fields.optional_text("challenge"),
            "case": fields.optional_text("case"),
        }  # fmt: skip
        self.duties.append(msgspec.convert(duty, Duty))

    def _settling(self, fields: Fields, *, decidable: bool) -> Settling:
        """Which decisions count; without a word on it all do where there is something to decide."""
        usual = OUTCOMES if decidable else ()
        outcomes = fields.texts("settled_by", OUTCOMES, "no outcome")
        needs = fields.texts("decision_needs", get_args(Needs), "not allowed")
        chosen = outcomes if "settled_by" in fields else usual
        return msgspec.convert({"outcomes": chosen, "needs": needs}, Settling)

    def _prompt(self, fields: Fields) -> None:
        prompt_id = fields.new("id", self.prompts)
        self.prompts[prompt_id] = Prompt(
            id=prompt_id,
            text=fields.text("text"),
            again=fields.text("again"),
            source=fields.text("source"),
            when=self._when(fields),
            label=fields.optional_text("label"),
        )

    def _span(self, fields: Fields) -> tuple[str, Amount]:
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
        if not on and "when" not in fields:
            raise fields.error("on", "needs a list of rule ids, or a when")
        settle_if = fields.optional_text("settle_if")
        if settle_if:
            setting(fields.document, (*fields.place, "settle_if"), settle_if, "yes or no")
        settle = fields.choice("settle", get_args(Settles)) if "settle" in fields else None
        duties = {duty.id: duty.set_by for duty in reversed(self.duties)}
        by = fields.choice("by", duties) if "by" in fields else ""
        title = short_title(fields)
        act = fields.text("act") if "act" in fields else title
        check_act(fields, "act" if "act" in fields else "title", act, "")
        self.actions[action_id] = ActionRule(
            id=action_id,
            title=title,
            act=act,
            who=fields.text("who"),
            source=fields.text("source"),
            on=on,
            when=self._when(fields, after_level=True) if "when" in fields else (),
            by=by,
            set_by=duties[by] if by else "none",
            label=fields.optional_text("label"),
            settle=settle,  # type: ignore[arg-type]  # one of its values
            settle_if=settle_if,
            settling=self._settling(fields, decidable=True),
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
        self, fields: Fields, *, after_level: bool = False, required: frozenset[str] = frozenset()
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
