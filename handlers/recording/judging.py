"""What people decide and note: levels, what makes it worse, duties done, sign-off."""

from __future__ import annotations

import msgspec

from handlers.form import UNKNOWN, FormState, Option, Ticks
from handlers.recording.parts import (
    NewId,
    Recording,
    at,
    author,
    child,
    choice,
    form,
    last,
    text,
    when,
    words,
)
from handlers.wording import recording as say
from handlers.wording.form import answer
from handlers.wording.report import CONCERNS, FACTOR_LABELS, FACTORS, factors
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


def _worse(c: FormState, new: NewId) -> list[Fact]:
    ticked = c.answers["worse"]
    if ticked == UNKNOWN:
        changed = msgspec.structs.replace(child(c), historical_concerns="unknown")
    else:
        factors = {k: k in ticked for k in FACTOR_LABELS if k != "abducted"}
        changed = msgspec.structs.replace(child(c), **factors)
    found: list[Fact] = [f.ChildChanged(child=changed, **author(c, new))]
    if "abducted" in ticked and not last(c, f.Abducted):
        found.append(f.Abducted(at=c.now, **author(c, new)))
    return found


def _ticked_now(c: FormState) -> list[str]:
    ticked = [k for k in FACTOR_LABELS if getattr(child(c), k, False)]
    return [*ticked, "abducted"] if last(c, f.Abducted) else ticked


RECORDINGS: dict[str, Recording] = {
    "note": Recording(
        form=form("note", say.NOTE, words("note", say.NOTE_TEXT, longest=1500)),
        facts=lambda c, new: [f.Note(at=c.now, text=text(c, "note"), **author(c, new))],
    ),
    "done": Recording(
        form=form("done", say.DONE_TITLE, at(), words("note", say.DONE_NOTE, skip=say.SKIP)),
        facts=_duty_done,
    ),
    "raise": Recording(
        form=form(
            "raise",
            say.RAISE,
            choice("lvl", say.RAISE_TO, [("Level 2", "2"), ("Level 3", "3")], unknown=False),
            words("why", say.RAISE_WHY),
        ),
        facts=_raised,
    ),
    "lower": Recording(
        form=form(
            "lower",
            say.STAND_DOWN,
            choice("lvl", say.STAND_DOWN_TO, [("Level 1", "1"), ("Level 2", "2")], unknown=False),
            words("why", say.RAISE_WHY),
        ),
        facts=_stood_down,
        manager_only=True,
    ),
    "category": Recording(
        form=form(
            "category",
            say.CATEGORY,
            choice("cat", say.CATEGORY_ASK, say.CATEGORY_OPTIONS, unknown=False),
            words("why", say.CORRECT_WHY, skip=say.SKIP),
        ),
        facts=lambda c, new: [
            f.CategoryChanged(
                at=c.now, category=c.answers["cat"], reason=text(c, "why"), **author(c, new)
            )
        ],
    ),
    "signoff": Recording(
        form=form("signoff", say.SIGN_OFF, words("note", say.SIGN_OFF_REMARK, skip=say.SKIP)),
        facts=lambda c, new: [f.SignedOff(at=c.now, remark=text(c, "note"), **author(c, new))],
        manager_only=True,
    ),
    "concerns": Recording(
        form=form("concerns", say.CONCERNS, choice("con", CONCERNS, say.YES_NO, width=2)),
        facts=_concerns,
    ),
    "worse": Recording(
        form=form(
            "worse",
            say.WORSE,
            Ticks(
                key="worse",
                label=say.LABELS["worse"],
                ask=lambda _: FACTORS,
                options=lambda _: [Option(label, key) for key, label in FACTOR_LABELS.items()],
                preset=_ticked_now,
                tell=lambda v, _: answer(v) if v == UNKNOWN else factors(v),
            ),
        ),
        facts=_worse,
    ),
}
