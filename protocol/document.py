"""Generates docs/PROTOCOL.md from the shipped packs.

python -m protocol.document           writes it
python -m protocol.document --check   exit status 1 if it is out of date
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from protocol.conditions import resolve
from protocol.endings import settled_by
from protocol.explain import NO_TIME, SET_BY_SERVICE, TIER_NOT_RISK
from protocol.pack import Pack, load_pack, shipped
from protocol.rules import CONTACT, Alternative, Amount, Duty
from protocol.settings import KEYS, MEANING
from protocol.vocabulary import CHOICES, LIMITS, WORDS

PAGE = Path(__file__).parents[1] / "docs" / "PROTOCOL.md"
_LIMIT_WORDS = {
    "away_over": "away more than {}",
    "away_at_most": "away {} at most",
    "away_at_least": "away {} or more",
    "away_under": "away less than {}",
    "missing_over": "missing for more than {}, until found",
    "found_after_over": "found more than {} after the start",
}

_SETTLES = {
    None: "",
    "at_its_level": "when one of these rules gave the level",
    "always": "when it applies",
    "chosen": "only if `settle_also` names it",
}

_SET_LEVELS = """## Computed, peak and set level

Three levels are kept apart, and shown so.

- **Computed**: what the rules below make of the facts on record now. A correction can lower it.
- **Peak**: the highest level that was ever on record: computed with the facts as they stood at each
  time, or raised by people. Nothing lowers it.
- **Set**: anyone on duty can raise the level at any time; it shows as long as it is above the
  computed one. Only a manager stands it down, with a reason. A stand-down holds until the computed
  level rises above what it was when the manager decided; then the computed level shows again."""


def page() -> str:
    """The whole page, from the packs as they are now."""
    parts = [
        "# The protocol, as Nightlight applies it",
        "Generated from the packs in `protocol/packs` by `python -m protocol.document`. "
        "Change the packs, not this page.",
        TIER_NOT_RISK + " Hours are elapsed time; days are calendar days at the same London "
        "wall-clock time. Lines labelled *gap*, *recommendation*, *practice* or *current practice* "
        "are not the text of the protocol.",
    ]
    parts.append(_SET_LEVELS)
    for name in shipped():
        parts += _pack(load_pack(name))
    return "\n\n".join(parts) + "\n"


def _pack(pack: Pack) -> list[str]:
    book = pack.book
    parts = [f"## {book.title}", f"Pack `{book.id}`. {book.about}".strip(), "### Levels"]
    parts.append(
        _table(
            ("Level", "Meaning", "Source"),
            ((v.name, v.text, v.source) for _, v in sorted(book.levels.items())),
        )
    )
    parts.append("### Rules that set the level\n\nAll are looked at; the highest level counts.")
    parts.append(
        _table(
            ("Rule", "Level", "When", "In plain words", "Source"),
            (
                (r.id, _amount(r.level, pack), spell(r.when, pack), _labelled(r), r.source)
                for r in book.rules
                if r.level is not None
            ),
        )
    )
    parts.append("### Who is told and who acts\n\nThe first that applies.")
    parts.append(
        _table(
            ("Route", "When", "In plain words", "Source"),
            ((r.id, spell(r.when, pack), r.text, r.source) for r in book.routes),
        )
    )
    parts.append("### Other rules")
    parts.append(
        _table(
            ("Rule", "When", "In plain words", "Source"),
            (
                (r.id, spell(r.when, pack), _labelled(r), r.source)
                for r in book.rules
                if r.level is None
            ),
        )
    )
    if book.tiers:
        parts.append("### Repeat-episode tiers\n\nOnly the highest one reached counts.")
        parts.append(_table(("Tier", "Steps", "Looking back", "On", "Source"), _tiers(pack)))
    parts.append("### Duties with a time")
    parts.append(
        _table(
            ("Duty", "By", "While", "Who", "What to do", "Why", "Before signing off", "Source"),
            (
                (
                    f"{d.id} ({d.case})" if d.case else d.id,
                    _by(d, pack),
                    spell(d.when, pack),
                    d.who + (" (by day)" if d.daytime else ""),
                    d.act.replace(CONTACT, d.contact),
                    _duty_words(d),
                    settled_by(d.settling) if d.to_settle else "",
                    d.source,
                )
                for d in book.duties
            ),
        )
    )
    refused = {d.id: d for d in reversed(book.duties) if d.challenge}
    parts.append("### What to do on a refusal")
    parts.append(_table(("Duty", "What to do"), ((d.id, d.challenge) for d in refused.values())))
    parts.append("### Actions")
    parts.append(
        _table(
            ("Action", "Follows from", "What", "Who", "By", "Before signing off", "Source"),
            (
                (
                    a.id,
                    "; ".join(filter(None, [", ".join(a.on), spell(a.when, pack)])),
                    a.act + (f" *({a.label})*" if a.label else ""),
                    a.who,
                    a.by + (f" ({SET_BY_SERVICE})" if a.set_by == "service" else "") or NO_TIME,
                    _SETTLES[a.settle] + (f", with `{a.settle_if}`" if a.settle_if else ""),
                    a.source,
                )
                for a in book.actions
            ),
        )
    )
    if book.prompts:
        parts.append('### Questions answered with "unknown", and asked again')
        parts.append(
            _table(
                ("", "Question", "Again", "While", "Source"),
                (
                    (p.id, _labelled(p), p.again, spell(p.when, pack), p.source)
                    for p in book.prompts
                ),
            )
        )
    if book.ambiguities:
        parts.append("### Where the text can be read in two ways")
        parts.append(
            _table(
                ("", "The text", "Chosen here", "Why", "Settings"),
                (
                    (a.id, a.text, a.choice, a.why, ", ".join(f"`{key}`" for key in a.settings))
                    for a in book.ambiguities
                ),
            )
        )
    return [*parts, "### Settings and presets", *_presets(pack)]


def _presets(pack: Pack) -> list[str]:
    book = pack.book
    names = list(book.presets)
    lines = [f"- `{name}`: {preset.text}" for name, preset in book.presets.items()]
    rows = []
    for key in KEYS:
        usual = getattr(pack.settings, key)
        changed = [
            f"{name}: {_value(book.presets[name].settings[key])}"
            for name in names
            if key in book.presets[name].settings
        ]
        rows.append((f"`{key}`", MEANING[key], _value(usual), ", ".join(changed)))
    return ["\n".join(lines), _table(("Setting", "Decides", "Value", "Presets"), rows)]


def _tiers(pack: Pack) -> Iterable[tuple[str, ...]]:
    for tier in pack.book.tiers:
        window = next(w for w in pack.windows if w.name == tier.counted)
        steps = ", ".join(f"{tier.id}-{step}" for step in pack.steps(tier))
        on = _value(getattr(pack.settings, tier.enabled)) if tier.enabled else "yes"
        yield tier.id, steps, f"{window.days} days", on, tier.source


def spell(when: Sequence[Alternative], pack: Pack) -> str:
    """Conditions in plain words; alternatives are joined with "or"."""
    return " **or** ".join(
        ", ".join(_words(word, value, pack) for word, value in alternative.words.items())
        for alternative in when
    )


def _words(word: str, value: Any, pack: Pack) -> str:
    if word == "otherwise":
        return "no other of these rules applies"
    if word == "category_in":
        return f"category in `{value}` ({_value(getattr(pack.settings, value))})"
    if word in CHOICES:
        name, holds = CHOICES[word][str(value).lower()]
        return WORDS[name].yes if holds else WORDS[name].no
    if word in LIMITS:
        return _LIMIT_WORDS[word].format(_amount(value, pack, " h"))
    if word == "episodes":
        window = next(w for w in pack.windows if w.name == value["counted"])
        kinds = "missing episodes" if not window.away else "unauthorised absences"
        noun = "episodes" if window.missing and window.away else kinds
        return f"{_amount(value['at_least'], pack)} or more {noun} in {window.days} days"
    match word:
        case "rule":
            return f"with {value}"
        case "no_rule":
            return f"without {value}"
        case "decided":
            return f"decided {value}"
        case "undecided":
            return f"no decision on {value}"
        case "chosen":
            return ", ".join(f"setting `{key}` is {_value(on)}" for key, on in value.items())
        case "enabled":
            return f"setting `{value}` is on"
        case "profile":
            return f"profile {value}"
        case _:
            return WORDS[word].yes if value else WORDS[word].no


def _by(duty: Duty, pack: Pack) -> str:
    units = {
        "minutes": "min after",
        "hours": "h after",
        "days": "calendar days after",
        "every_days": "calendar days, again and again, after",
    }
    origins = {
        "start": "the start",
        "aware": "being noticed",
        "missing_from": "being noticed missing",
        "located": "being found",
        "returned": "the return",
        "interview_clock": "being found or back (`ri_clock`)",
        "authority_told": "the call to the authority",
        "referral": "the referral",
    }
    name = f" (`{duty.amount}`)" if isinstance(duty.amount, str) else ""
    amount = f"{resolve(duty.amount, pack.settings):g}"
    own = f", {SET_BY_SERVICE}" if duty.set_by == "service" else ""
    return f"{amount} {units[duty.unit]} {origins[duty.origin]}{name}{own}"


def _duty_words(duty: Duty) -> str:
    label = f" *({duty.label})*" if duty.label else ""
    return f"{duty.title}. {duty.text}{label}"


def _labelled(rule: Any) -> str:
    return f"{rule.text} *({rule.label})*" if rule.label else str(rule.text)


def _amount(value: Amount | None, pack: Pack, unit: str = "") -> str:
    if value is None:
        return ""
    plain = f"{resolve(value, pack.settings):g}{unit}"
    return f"{plain} (`{value}`)" if isinstance(value, str) else plain


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple | list):
        return ", ".join(_value(item) for item in value) or "none"
    if isinstance(value, date):
        return value.isoformat()
    return f"{value:g}" if isinstance(value, float) else str(value)


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    lines += ["| " + " | ".join(cell.replace("|", "/") for cell in row) + " |" for row in rows]
    return "\n".join(lines)


def main(arguments: Sequence[str]) -> int:
    """Writes the page, or with --check compares it. Returns the exit status."""
    wanted = page()
    if "--check" in arguments:
        current = PAGE.read_text(encoding="utf-8") if PAGE.is_file() else ""
        if current != wanted:
            print("docs/PROTOCOL.md is out of date: run python -m protocol.document")
            return 1
        return 0
    PAGE.write_text(wanted, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
