"""Putting right what was wrong: a new fact beside the old one, which stays on record."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import msgspec

from handlers.chat import plain
from handlers.form import Choice, FormState, Option, When
from handlers.recording import time_order
from handlers.recording.judging import ACTING, CATEGORY_STEP, ROLE_STEPS, WORSE_STEP, worse
from handlers.recording.questions import (
    NewId,
    Recording,
    author,
    decides,
    last,
    quick,
    tell_when,
    text,
    when,
    words,
)
from handlers.wording import recording as say
from protocol import facts as f
from protocol.counting import all_about, counting
from protocol.facts import Fact
from protocol.fold import fold

OF_THE_REPORT = {
    "noticed": time_order.NOTICED,
    "last_seen": time_order.SEEN,
    "due_back": time_order.DUE,
}
"""Times that every case has, and the name of each in the order of times."""
KINDS: dict[str, type[Fact]] = {
    "police": f.PoliceTold,
    "authority": f.AuthorityTold,
    "written": f.AuthorityWritten,
    "parents": f.ParentsTold,
    "located": f.Located,
    "returned": f.Returned,
    "check": f.SafeAndWell,
    "offered": f.InterviewOffered,
    "held": f.InterviewHeld,
    "referred": f.ReferredToSocialCare,
}
"""What happened at a time of its own, which can be put right."""
TAKEN_BACK: dict[str, type[Fact]] = {
    **KINDS,
    "withheld": f.ParentsWithheld,
    "answered": f.InterviewAnswered,
    "abducted": f.Abducted,
}
"""What may turn out not to be so at all."""


def _correctable(state: FormState) -> list[Option]:
    """Only what is on record can be put right."""
    there = {*OF_THE_REPORT, "risks", "category"}
    there |= {key for key, kind in KINDS.items() if last(state, kind)}
    there |= {f"not_{key}" for key, kind in TAKEN_BACK.items() if last(state, kind)}
    if "authority" in there:
        there.add("role")
    return [Option(label, key) for key, label in say.CORRECT_LABELS.items() if key in there]


def _corrected(c: FormState, new: NewId) -> list[Fact]:
    what = c.answers["fix"]
    if what.startswith("not_"):
        kinds = [TAKEN_BACK[what.removeprefix("not_")]]
        if f.AuthorityTold in kinds:
            kinds.append(f.AuthorityAcknowledged)
        return [
            f.Withdrawn(at=c.now, fact=wrong.id, reason=text(c, "why"), **author(c, new))
            for kind in kinds
            for wrong in _every(c, kind)
        ]
    if what == "risks":
        return worse(c, new)
    if what in OF_THE_REPORT:
        return _of_the_report(c, what, new)
    if what == "category":
        category = c.answers["cat"]
        return [
            f.CategoryChanged(
                at=c.now,
                category=category,
                reason=text(c, "why"),
                from_start=True,
                **author(c, new),
            )
        ]
    wrong = last(c, KINDS.get(what, f.AuthorityTold))
    if wrong is None:  # a colleague has withdrawn it meanwhile
        return []
    if what == "role":
        right = {"role": c.answers["role"], "how": c.answers["how"]}
        right = {key: "unknown" if value == "?" else value for key, value in right.items()}
        told = msgspec.structs.replace(
            wrong, corrects=wrong.id, acknowledged=False, **right, **author(c, new)
        )
        return [told, *_acknowledged(c, new, told)]
    fixed = msgspec.structs.replace(wrong, at=when(c), corrects=wrong.id, **author(c, new))
    said = last(c, f.AuthorityAcknowledged)
    if what == "authority" and said is not None and said.at == wrong.at:
        return [
            fixed,
            msgspec.structs.replace(said, at=fixed.at, corrects=said.id, **author(c, new)),
        ]
    return [fixed]


def _acknowledged(c: FormState, new: NewId, told: f.AuthorityTold) -> list[Fact]:
    """Who was reached was wrong: so is who acknowledged it."""
    said = last(c, f.AuthorityAcknowledged)
    if told.role in ACTING:
        right: dict[str, Any] = {"at": told.at, "role": told.role, "who": told.who, "how": told.how}
        corrects = said.id if said is not None else ""
        return [f.AuthorityAcknowledged(corrects=corrects, **right, **author(c, new))]
    return [
        f.Withdrawn(at=c.now, fact=wrong.id, reason=say.WRONG_ROLE, **author(c, new))
        for wrong in _every(c, f.AuthorityAcknowledged)
    ]


def _of_the_report(c: FormState, what: str, new: NewId) -> list[Fact]:
    if what == "noticed":
        return report_again(c, new, aware_at=when(c))
    kind = f.LastSeen if what == "last_seen" else f.DueBack
    wrong = last(c, kind) or last(c, f.Opened)
    return [kind(at=when(c), corrects=wrong.id, **author(c, new))]


def report_again(c: FormState, new: NewId, **right: Any) -> list[Fact]:
    """The report once more, with what has been put right of it since: it is the last word on all.
    Since when it is missing hangs on the order of the changes, so these follow it again."""
    opened = last(c, f.Opened)
    if opened is None:
        return []
    facts = c.episode.facts if c.episode else ()
    now = fold(facts)
    fields: dict[str, Any] = {
        "last_seen_at": now.last_seen_at,
        "due_back_at": now.due_back_at,
        "child": now.child,
        "corrects": opened.id,
        **right,
        **author(c, new),
    }
    changes = [fact for fact in counting(facts) if isinstance(fact, f.CategoryChanged)]
    return [
        msgspec.structs.replace(opened, **fields),
        *(msgspec.structs.replace(x, corrects=x.id, **author(c, new)) for x in changes),
    ]


def _every(c: FormState, kind: type[Fact]) -> list[Fact]:
    """All that says so, with what a correction had replaced: "NOT told after all" leaves no earlier
    word of it standing."""
    facts = c.episode.facts if c.episode else ()
    standing = [fact for fact in counting(facts) if isinstance(fact, kind)]
    return [wrong for fact in standing for wrong in all_about(facts, fact)]


def _fixes(*whats: str) -> Callable[[FormState], bool]:
    return lambda c: c.answers.get("fix") in whats


def _fixes_a_time(c: FormState) -> bool:
    return c.answers.get("fix") in {*OF_THE_REPORT, *KINDS}


def _gives_a_reason(c: FormState) -> bool:
    what = str(c.answers.get("fix", ""))
    return what == "category" or what.startswith("not_")


def _conflict(at: datetime, c: FormState) -> str:
    """The right time beside all others on record, the wrong one left out."""
    what, facts = c.answers["fix"], c.episode.facts if c.episode else ()
    if what in OF_THE_REPORT:
        name = OF_THE_REPORT[what]
        known: Sequence[tuple[str, datetime]] = [
            one for one in time_order.on_record(facts) if one[0] != name
        ]
    else:
        wrong = last(c, KINDS[what])
        name = time_order.KINDS[KINDS[what]]
        known = time_order.on_record(facts, wrong.id if wrong else "")
    return time_order.conflict(name, at, known, c.now)


def _only_then(step: Choice, applies: Callable[[FormState], bool]) -> Choice:
    return msgspec.structs.replace(step, applies=applies)


RECORDINGS: dict[str, Recording] = {
    "fix": Recording(
        form=decides(
            "fix",
            say.CORRECT,
            Choice(
                key="fix",
                label=say.LABELS["fix"],
                ask=lambda _: say.CORRECT_WHAT,
                options=_correctable,
                width=2,
                tell=lambda v, _: plain(say.CORRECT_LABELS[v]),
                unknown=False,
            ),
            When(
                key="at",
                label=say.LABELS["at"],
                ask=lambda _: say.CORRECT_TIME,
                quick=quick,
                conflict=_conflict,
                applies=_fixes_a_time,
                tell=tell_when,
                unknown=False,
            ),
            *(_only_then(step, _fixes("role")) for step in ROLE_STEPS),
            msgspec.structs.replace(WORSE_STEP, applies=_fixes("risks")),
            _only_then(CATEGORY_STEP, _fixes("category")),
            words("why", say.CORRECT_WHY, applies=_gives_a_reason),
            review=lambda c: say.CORRECT_REVIEW if _gives_a_reason(c) else "",
        ),
        facts=_corrected,
    ),
}
