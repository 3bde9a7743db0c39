"""What people decide and note: levels, what makes it worse, duties done, sign-off."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from handlers.form import UNKNOWN, Choice, FormState, Option, Ticks
from handlers.recording.questions import (
    NewId,
    Recording,
    at,
    author,
    back_or_found,
    child,
    choice,
    decides,
    form,
    last,
    text,
    when,
    words,
)
from handlers.recording.time_order import DONE
from handlers.wording import recording as say
from handlers.wording.report import CONCERNS, FACTOR_BUTTONS, FACTOR_LABELS, FACTORS, factors
from handlers.wording.settling import SIGN_OFF_REASONS, SIGN_OFF_WHY
from protocol import facts as f
from protocol.facts import Fact


def _duty_done(c: FormState, new: NewId) -> list[Fact]:
    return [f.DutyDone(at=when(c), duty=c.answers["duty"], note=text(c, "note"), **author(c, new))]


def _raised(c: FormState, new: NewId) -> list[Fact]:
    return [
        f.LevelRaised(
            at=c.now, level=int(c.answers["lvl"]), reason=text(c, "why"), **author(c, new)
        )
    ]


def _stood_down(c: FormState, new: NewId) -> list[Fact]:
    return [
        f.LevelStoodDown(
            at=c.now, level=int(c.answers["lvl"]), reason=text(c, "why"), **author(c, new)
        )
    ]


def _concerns(c: FormState, new: NewId) -> list[Fact]:
    answers: dict[str, f.Answer] = {"yes": True, "no": False}
    known = answers.get(c.answers["con"], "unknown")
    changed = msgspec.structs.replace(child(c), historical_concerns=known)
    return [f.ChildChanged(child=changed, **author(c, new))]


def worse(c: FormState, new: NewId) -> list[Fact]:
    """Signs of greater danger that were ticked, as facts."""
    ticked = c.answers["worse"]
    there = [k for k in FACTOR_LABELS if k != "abducted"]
    if UNKNOWN in ticked:  # what is ticked holds; of the rest nothing is known
        factors = {k: True for k in there if k in ticked}
        changed = msgspec.structs.replace(child(c), historical_concerns="unknown", **factors)
    else:
        changed = msgspec.structs.replace(child(c), **{k: k in ticked for k in there})
    found: list[Fact] = [f.ChildChanged(child=changed, **author(c, new))]
    if "abducted" in ticked and not last(c, f.Abducted):
        found.append(f.Abducted(at=c.now, **author(c, new)))
    return found


def _ticked_now(c: FormState) -> list[str]:
    ticked = [k for k in FACTOR_LABELS if getattr(child(c), k, False)]
    return [*ticked, "abducted"] if last(c, f.Abducted) else ticked


def _level(ask: str, offered: Callable[[int, int], bool]) -> Choice:
    """To which level? Only to another than the case shows now."""
    return Choice(
        key="lvl",
        label=say.LABELS["lvl"],
        ask=lambda _: ask,
        options=lambda c: [Option(say.level(n), str(n)) for n in (1, 2, 3) if offered(n, c.level)],
        tell=lambda value, _: say.level(int(value)),
        unknown=False,
    )


WORSE_STEP = Ticks(
    key="worse",
    label=say.LABELS["worse"],
    ask=lambda _: FACTORS,
    options=lambda _: [Option(label, key) for key, label in FACTOR_BUTTONS.items()],
    width=3,
    preset=_ticked_now,
    tell=lambda v, _: factors(v),
)
CATEGORY_STEP = choice("cat", say.CATEGORY_ASK, say.CATEGORY_OPTIONS, unknown=False)


ACTING = ("accountable_manager", "edt_duty_manager")
"""Roles whose answer "acts on it" is an acknowledgement."""
ROLE_STEPS = (
    choice("role", say.AUTHORITY_ROLE, say.ROLE_ANSWERS),
    choice("how", say.HOW, say.HOW_OPTIONS, width=2),
)


RECORDINGS: dict[str, Recording] = {
    "note": Recording(
        form=form("note", say.NOTE, words("note", say.NOTE_TEXT)),
        facts=lambda c, new: [f.Note(at=c.now, text=text(c, "note"), **author(c, new))],
    ),
    "done": Recording(
        form=form("done", say.DONE_TITLE, at(DONE), words("note", say.DONE_NOTE, skip=say.SKIP)),
        facts=_duty_done,
    ),
    "raise": Recording(
        form=decides(
            "raise",
            say.RAISE,
            _level(say.RAISE_TO, lambda level, now: level > now),
            words("why", say.RAISE_WHY),
        ),
        facts=_raised,
        needs=lambda c: say.HIGHEST if c.level >= 3 else "",
    ),
    "lower": Recording(
        form=decides(
            "lower",
            say.STAND_DOWN,
            _level(say.STAND_DOWN_TO, lambda level, now: level < now),
            words("why", say.RAISE_WHY),
        ),
        facts=_stood_down,
        manager_only=True,
        needs=lambda c: say.LOWEST if c.level <= 1 else "",
    ),
    "category": Recording(
        form=form(
            "category",
            say.CATEGORY,
            CATEGORY_STEP,
            words("why", say.CORRECT_WHY, skip=say.SKIP),
        ),
        facts=lambda c, new: [
            f.CategoryChanged(
                at=c.now, category=c.answers["cat"], reason=text(c, "why"), **author(c, new)
            )
        ],
    ),
    "signoff": Recording(
        form=form(
            "signoff",
            say.SIGN_OFF,
            words(
                "why", SIGN_OFF_WHY, SIGN_OFF_REASONS, applies=lambda c: bool(c.answers.get("left"))
            ),
            words("note", say.SIGN_OFF_REMARK, skip=say.SKIP),
        ),
        facts=lambda c, new: [
            f.SignedOff(
                at=c.now,
                remark=text(c, "note"),
                left_open=tuple(str(c.answers.get("left", "")).split()),
                reason=text(c, "why"),
                **author(c, new),
            )
        ],
        manager_only=True,
        needs=back_or_found,
    ),
    "concerns": Recording(
        form=form("concerns", say.CONCERNS, choice("con", CONCERNS, say.YES_NO, width=2)),
        facts=_concerns,
    ),
    "worse": Recording(
        form=form(
            "worse",
            say.WORSE,
            WORSE_STEP,
        ),
        facts=worse,
    ),
}
