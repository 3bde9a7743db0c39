"""Putting right what was wrong: a new fact beside the old one."""

from __future__ import annotations

import msgspec

from handlers.chat import plain
from handlers.form import Choice, FormState, Option
from handlers.recording.parts import NewId, Recording, at, author, form, last, text, when, words
from handlers.wording import recording as say
from protocol import facts as f
from protocol.counting import all_about, counting
from protocol.facts import Fact


def _correctable(state: FormState) -> list[Option]:
    """Only what is on record can be put right."""
    has = {
        "last_seen": True,
        "due_back": True,
        "police": last(state, f.PoliceTold),
        "located": last(state, f.Located),
        "returned": last(state, f.Returned),
    }
    has |= {
        "not_police": has["police"],
        "not_authority": last(state, f.AuthorityTold),
        "not_located": has["located"],
        "not_returned": has["returned"],
    }
    return [Option(label, key) for key, label in say.CORRECT_LABELS.items() if has[key]]


KINDS: dict[str, type[Fact]] = {
    "police": f.PoliceTold,
    "authority": f.AuthorityTold,
    "located": f.Located,
    "returned": f.Returned,
}


def _corrected(c: FormState, new: NewId) -> list[Fact]:
    what = c.answers["fix"]
    if what.startswith("not_"):
        return [
            f.Withdrawn(at=c.now, fact=wrong.id, reason=text(c, "why"), **author(c, new))
            for wrong in _every(c, KINDS[what.removeprefix("not_")])
        ]
    signed = author(c, new)
    opened = last(c, f.Opened)
    at = when(c)
    if what == "last_seen":
        before = last(c, f.LastSeen) or opened
        return [f.LastSeen(at=at, corrects=before.id, **signed)]
    if what == "due_back":
        before = last(c, f.DueBack) or opened
        return [f.DueBack(at=at, corrects=before.id, **signed)]
    wrong = last(c, KINDS[what])
    if wrong is None:  # a colleague has withdrawn it meanwhile
        return []
    return [msgspec.structs.replace(wrong, at=at, corrects=wrong.id, **signed)]


def _every(c: FormState, kind: type[Fact]) -> list[Fact]:
    """All that says so, with what a correction had replaced: "NOT told after all" leaves no earlier
    word of it standing."""
    facts = c.episode.facts if c.episode else ()
    standing = [fact for fact in counting(facts) if isinstance(fact, kind)]
    return [wrong for fact in standing for wrong in all_about(facts, fact)]


def _fixes_a_time(c: FormState) -> bool:
    return not str(c.answers.get("fix", "not_")).startswith("not_")


RECORDINGS: dict[str, Recording] = {
    "fix": Recording(
        form=form(
            "fix",
            say.CORRECT,
            Choice(
                key="fix",
                label=say.LABELS["fix"],
                ask=lambda _: say.CORRECT_WHAT,
                options=_correctable,
                tell=lambda v, _: plain(say.CORRECT_LABELS[v]),
                unknown=False,
            ),
            at(say.CORRECT_TIME, applies=_fixes_a_time),
            words("why", say.CORRECT_WHY, applies=lambda c: not _fixes_a_time(c)),
        ),
        facts=_corrected,
    ),
}
