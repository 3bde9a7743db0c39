"""From pack files to a checked `Book`: every table, every key, every reference."""

from __future__ import annotations

from pathlib import Path
from typing import Any, get_args

import msgspec

from protocol.conditions import Conditions, amount, setting
from protocol.packfile import Document, Place, read_document
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

_TABLES: dict[str, tuple[str, ...]] = {
    "pack": ("id", "title", "about", "include"),
    "level": ("number", "name", "text", "source"),
    "route": ("id", "when", "text", "source", "listed", "label"),
    "rule": ("id", "level", "when", "text", "source", "label"),
    "duty": (
        "id", "title", "who", "kind", "when", "from", "after_minutes", "after_hours",
        "after_days", "every_days", "text", "source", "label",
    ),
    "action": ("id", "title", "who", "on", "when", "by", "source", "label"),
    "ambiguity": ("id", "text", "choice", "settings", "why"),
    "tier": ("id", "steps", "counted", "enabled", "text", "source", "label"),
}  # fmt: skip
_COUNT_KEYS = ("days", "categories")
_TOP = (*_TABLES, "settings", "presets", "counts")
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
    head = main.tables.get("pack")
    if not isinstance(head, dict):
        raise main.error(("pack",), "the table [pack] is missing")
    documents = [main]
    for number, name in enumerate(head.get("include", ())):
        here: Place = ("pack", "include", number)
        documents.append(read_document(_included(main, here, path.parent, name)))
    return _Reader(documents).book()


def _included(document: Document, here: Place, folder: Path, name: object) -> Path:
    for place in (folder, SHIPPED):
        if isinstance(name, str) and (place / name).is_file():
            return place / name
    shipped = ", ".join(sorted(file.name for file in SHIPPED.glob("*.toml")))
    raise document.error(here, f"{name!r} is neither beside this file nor shipped", shipped)


class _Reader:
    """Reads the tables of all documents in order; ids and references are those of the whole."""

    def __init__(self, documents: list[Document]) -> None:
        self.documents = documents
        self.conditions = Conditions()
        self.settings: dict[str, Any] = {}
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
        for document in self.documents:
            self._top(document)
            self._settings(document, main is document)
            self._counts(document)
        for document in self.documents:
            self._each(document, "level", self._level)
            self._each(document, "route", self._route)
            self._each(document, "rule", self._rule)
            self._each(document, "tier", self._tier)
        for document in self.documents:
            self._each(document, "duty", self._duty)
        for document in self.documents:
            self._each(document, "action", self._action)
            self._each(document, "ambiguity", self._ambiguity)
        self._levels_explained(main)
        head = main.tables["pack"]
        rules = sorted(self.conditions.rules.values(), key=_is_otherwise)
        return Book(
            id=self._text(main, ("pack",), head, "id"),
            title=self._text(main, ("pack",), head, "title"),
            about=head.get("about", ""),
            settings=self.settings,
            presets=self.presets,
            levels=self.levels,
            counts=self.counts,
            routes=tuple(self.routes.values()),
            rules=tuple(rules),
            duties=tuple(self.duties.values()),
            actions=tuple(self.actions.values()),
            tiers=tuple(self.tiers.values()),
            ambiguities=tuple(self.ambiguities.values()),
            atoms=self.conditions.atoms,
            cares=self.conditions.cares,
            tier_shift=self.conditions.next_bit,
        )

    def _top(self, document: Document) -> None:
        for key, value in document.tables.items():
            if key not in _TOP:
                raise document.error((key,), "unknown table", ", ".join(_TOP))
            if key in _TABLES and key != "pack" and not isinstance(value, list):
                raise document.error((key,), f"is a list: write [[{key}]]")
            if isinstance(value, dict) and key == "pack":
                self._known_keys(document, ("pack",), value, "pack")

    def _settings(self, document: Document, is_main: bool) -> None:
        for table in ("settings", "presets"):
            if table in document.tables and not is_main:
                raise document.error(
                    (table,), "belongs in the pack itself, not in what it includes"
                )
        if not is_main:
            return
        self.settings = document.tables.get("settings", {})
        self.choices.append(_checked(document, ("settings",), self.settings, {}))
        for name, table in document.tables.get("presets", {}).items():
            here = ("presets", name)
            if not isinstance(table, dict):
                raise document.error(here, "is a table of settings")
            changes = {key: value for key, value in table.items() if key != "text"}
            self.choices.append(_checked(document, here, changes, self.settings))
            text = self._text(document, here, table, "text")
            self.presets[name] = Preset(name=name, text=text, settings=changes)

    def _counts(self, document: Document) -> None:
        for name, table in document.tables.get("counts", {}).items():
            here = ("counts", name)
            if not isinstance(table, dict) or set(table) != set(_COUNT_KEYS):
                raise document.error(here, "needs both keys", ", ".join(_COUNT_KEYS))
            days = amount(document, (*here, "days"), table["days"], limit=3660)
            categories = table["categories"]
            if isinstance(categories, list):
                for number, category in enumerate(categories):
                    if category not in ("missing", "unauthorised_absence"):
                        raise document.error(
                            (*here, "categories", number), f"{category!r} is not a category",
                            "missing, unauthorised_absence",
                        )  # fmt: skip
                chosen: str | tuple[str, ...] = tuple(categories)
            else:
                chosen = setting(document, (*here, "categories"), categories, tuple)
            self._new(document, here, self.counts, name)
            self.counts[name] = Counted(name=name, days=days, categories=chosen)
            self.conditions.counts.add(name)

    def _each(self, document: Document, kind: str, read: Any) -> None:
        for number, table in enumerate(document.tables.get(kind, ())):
            here: Place = (kind, number)
            if not isinstance(table, dict):
                raise document.error(here, "is a table")
            self._known_keys(document, here, table, kind)
            read(document, here, table)

    def _level(self, document: Document, here: Place, table: dict[str, Any]) -> None:
        number = table.get("number")
        if number not in (1, 2, 3) or isinstance(number, bool):
            raise document.error((*here, "number"), f"{number!r} is not a level", "1, 2, 3")
        self._new(document, (*here, "number"), self.levels, number)
        name, text, source = (
            self._text(document, here, table, key) for key in ("name", "text", "source")
        )
        self.levels[number] = Level(number=number, name=name, text=text, source=source)

    def _route(self, document: Document, here: Place, table: dict[str, Any]) -> None:
        route_id = self._reason_id(document, here, table)
        when = self._when(document, here, table)
        hidden = [
            earlier.id
            for earlier in self.routes.values()
            if all(any(_covers(e, w) for e in earlier.when) for w in when)
        ]
        if hidden:
            raise document.error(here, f"can never be reached: {hidden[0]} comes first")
        self.routes[route_id] = Route(
            id=route_id,
            text=self._text(document, here, table, "text"),
            source=self._text(document, here, table, "source"),
            when=when,
            listed=table.get("listed", True),
            label=table.get("label", ""),
        )

    def _rule(self, document: Document, here: Place, table: dict[str, Any]) -> None:
        rule_id = self._reason_id(document, here, table)
        when = self._when(document, here, table)
        level: Amount | None = None
        if "level" in table:
            level = amount(document, (*here, "level"), table["level"], limit=3)
            if level not in (1.0, 2.0, 3.0) and not str(level).endswith("level"):
                raise document.error(
                    (*here, "level"), f"{table['level']!r} is no level", "1, 2, 3, or a setting"
                )
        otherwise = WORDS["some_level"].bit
        for alternative in when:
            if alternative.care & otherwise and level is None:
                raise document.error(here, '"otherwise" is for rules that set a level')
        self.conditions.rules[rule_id] = Rule(
            id=rule_id,
            text=self._text(document, here, table, "text"),
            source=self._text(document, here, table, "source"),
            when=when,
            bit=self.conditions.reserve(),
            level=level,
            label=table.get("label", ""),
        )

    def _tier(self, document: Document, here: Place, table: dict[str, Any]) -> None:
        tier_id = self._reason_id(document, here, table)
        if table.get("counted") not in self.counts:
            raise document.error(
                (*here, "counted"), "names no count of this pack", ", ".join(self.counts)
            )
        steps = setting(document, (*here, "steps"), table.get("steps"), tuple)
        if not any(getattr(choice, steps) for choice in self.choices):
            raise document.error((*here, "steps"), f"{steps} is empty: no step can be reached")
        if "enabled" in table:
            setting(document, (*here, "enabled"), table["enabled"], bool)
        self.tiers[tier_id] = Tier(
            id=tier_id,
            text=self._text(document, here, table, "text"),
            source=self._text(document, here, table, "source"),
            steps=steps,
            counted=table["counted"],
            enabled=table.get("enabled", ""),
            label=table.get("label", ""),
        )

    def _duty(self, document: Document, here: Place, table: dict[str, Any]) -> None:
        duty_id = self._new_text(document, here, table, "id", self.duties)
        origin = self._choice(document, here, table, "from", get_args(Origin))
        needed = _NEEDED_BY_ORIGIN.get(origin)
        required = WORDS[needed].bit if needed else 0
        when = self._when(document, here, table, after_level=True, required=required)
        given = [key for key in _UNITS if key in table]
        if len(given) != 1:
            raise document.error(here, "needs exactly one time", ", ".join(_UNITS))
        unit, limit = _UNITS[given[0]]
        value = amount(document, (*here, given[0]), table[given[0]], limit=limit)
        if unit in ("days", "every_days") and isinstance(value, float) and value % 1:
            raise document.error((*here, given[0]), "days are whole", f"0 to {limit}")
        if unit == "every_days" and value == 0:
            raise document.error((*here, given[0]), "0 is not possible", f"1 to {limit}")
        self.duties[duty_id] = msgspec.convert(
            {
                "id": duty_id,
                "title": self._text(document, here, table, "title"),
                "who": self._text(document, here, table, "who"),
                "text": self._text(document, here, table, "text"),
                "source": self._text(document, here, table, "source"),
                "kind": self._choice(document, here, table, "kind", get_args(Kind)),
                "when": when,
                "origin": origin,
                "unit": unit,
                "amount": value,
                "label": table.get("label", ""),
            },
            Duty,
        )

    def _action(self, document: Document, here: Place, table: dict[str, Any]) -> None:
        action_id = self._new_text(document, here, table, "id", self.actions)
        reasons = {*self.conditions.rules, *self.routes, *self.tiers}
        on = table.get("on")
        if not isinstance(on, list) or not on:
            raise document.error((*here, "on"), "needs a list of rule ids")
        for number, name in enumerate(on):
            if name not in reasons:
                raise document.error((*here, "on", number), f"{name!r} is no rule of this pack")
        by = table.get("by", "")
        if by and by not in self.duties:
            raise document.error((*here, "by"), f"{by!r} is no duty", ", ".join(self.duties))
        when = self._when(document, here, table, after_level=True) if "when" in table else ()
        self.actions[action_id] = ActionRule(
            id=action_id,
            title=self._text(document, here, table, "title"),
            who=self._text(document, here, table, "who"),
            source=self._text(document, here, table, "source"),
            on=tuple(on),
            when=when,
            by=by,
            label=table.get("label", ""),
        )

    def _ambiguity(self, document: Document, here: Place, table: dict[str, Any]) -> None:
        name = self._new_text(document, here, table, "id", self.ambiguities)
        settings = table.get("settings", [])
        for number, key in enumerate(settings):
            if key not in KEYS:
                place = (*here, "settings", number)
                raise document.error(place, f"{key!r} is no setting", ", ".join(KEYS))
        text, choice, why = (
            self._text(document, here, table, key) for key in ("text", "choice", "why")
        )
        self.ambiguities[name] = Ambiguity(
            id=name, text=text, choice=choice, settings=tuple(settings), why=why
        )

    def _when(
        self,
        document: Document,
        here: Place,
        table: dict[str, Any],
        *,
        after_level: bool = False,
        required: int = 0,
    ) -> tuple[Alternative, ...]:
        place = (*here, "when")
        if "when" not in table:
            raise document.error(here, "the key when is missing")
        when = self.conditions.compile(document, place, table["when"], after_level=after_level)
        for number, alternative in enumerate(when):
            if any(
                self.conditions.can_hold([alternative], choice, required) for choice in self.choices
            ):
                continue
            spot = (*place, number) if isinstance(table["when"], list) else place
            name = table.get("id", "this")
            raise document.error(spot, f"{name} can never fire: the conditions exclude each other")
        return when

    def _levels_explained(self, main: Document) -> None:
        wanted = {1, 2, 3} - set(self.levels)
        if wanted:
            raise main.error(("level",), f"level {min(wanted)} is not described")
        otherwise = WORDS["some_level"].bit
        level_rules = [r for r in self.conditions.rules.values() if r.level is not None]
        for rule in filter(_is_otherwise, level_rules):
            for other in level_rules:
                if other is not rule and all(
                    any(_covers(b, a) for b in other.when) for a in rule.when
                ):
                    raise main.error(
                        ("rule",), f"{rule.id} can never fire: {other.id} applies wherever it could"
                    )
        if not any(a.care == otherwise for rule in level_rules for a in rule.when):
            raise main.error(
                ("rule",),
                "one level rule must apply whenever no other does: when = { otherwise = true }",
            )

    def _reason_id(self, document: Document, here: Place, table: dict[str, Any]) -> str:
        taken = {**self.conditions.rules, **self.routes, **self.tiers}
        return self._new_text(document, here, table, "id", taken)

    def _new_text(
        self, document: Document, here: Place, table: dict[str, Any], key: str, taken: Any
    ) -> str:
        value = self._text(document, here, table, key)
        self._new(document, (*here, key), taken, value)
        return value

    @staticmethod
    def _new(document: Document, here: Place, taken: Any, value: object) -> None:
        if value in taken:
            raise document.error(here, f"{value!r} is there twice")

    @staticmethod
    def _text(document: Document, here: Place, table: dict[str, Any], key: str) -> str:
        value = table.get(key)
        if not isinstance(value, str) or not value.strip():
            where = (*here, key) if key in table else here
            raise document.error(where, f"the {key} is missing")
        return value

    @staticmethod
    def _choice(
        document: Document, here: Place, table: dict[str, Any], key: str, allowed: Any
    ) -> str:
        value = table.get(key)
        if value not in allowed:
            raise document.error((*here, key), f"{value!r} is not allowed", ", ".join(allowed))
        return str(value)

    @staticmethod
    def _known_keys(document: Document, here: Place, table: dict[str, Any], kind: str) -> None:
        for key in table:
            if key not in _TABLES[kind]:
                raise document.error((*here, key), "unknown key", ", ".join(_TABLES[kind]))


def _checked(
    document: Document, here: Place, changes: dict[str, Any], base: dict[str, Any]
) -> Settings:
    try:
        return settings_from({**base, **changes})
    except SettingError as error:
        allowed = ", ".join(KEYS) if error.key not in KEYS and "[" not in error.key else ""
        message = str(error).partition("; allowed:")[0] if allowed else str(error)
        raise document.error((*here, error.key), message, allowed) from None


def _covers(earlier: Alternative, later: Alternative) -> bool:
    """Whether `earlier` holds wherever `later` does."""
    return earlier.care & later.care == earlier.care and later.want & earlier.care == earlier.want


def _is_otherwise(rule: Rule) -> bool:
    otherwise = WORDS["some_level"].bit
    return any(alternative.care & otherwise for alternative in rule.when)
