"""What the buttons of an episode card put on record: one short form each, and its facts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, TypeAlias

import msgspec

from handlers.chat import plain
from handlers.form import UNKNOWN, Choice, Context, Form, Option, Ticks, When, Words, ago, moment
from handlers.when import shown
from handlers.wording import recording as say
from handlers.wording.form import KEPT_OUT, answer
from handlers.wording.report import CONCERNS, FACTOR_LABELS, FACTORS, factors
from protocol import facts as f
from protocol.facts import Fact

NewId: TypeAlias = Callable[[], str]
Facts: TypeAlias = Callable[[Context, NewId], list[Fact]]


class Recording(msgspec.Struct, frozen=True, kw_only=True):
    """A form on the card and what it writes."""

    form: Form
    facts: Facts
    manager_only: bool = False


def _quick(_: Context) -> list[Option]:
    return [
        Option("Just now", ago(0)),
        Option("15 min ago", ago(15)),
        Option("30 min ago", ago(30)),
        Option("1 h ago", ago(60)),
    ]


def _pairs(pairs: Sequence[tuple[str, str]]) -> Any:
    return lambda _: [Option(label, value) for label, value in pairs]


def _coded(pairs: Sequence[tuple[str, str]]) -> Any:
    """Options whose kept value is longer than a button may carry: the button carries an index."""
    return lambda _: [Option(label, f"={i}") for i, (label, _value) in enumerate(pairs)]


def _decoded(pairs: Sequence[tuple[str, str]], value: Any) -> str:
    """What was meant: a usual answer by its button, or the person's own words."""
    if value in (None, UNKNOWN):
        return ""
    return pairs[int(value[1:])][1] if value[:1] == "=" and value[1:].isdigit() else str(value)


def _tell_pair(pairs: Sequence[tuple[str, str]]) -> Any:
    labels = {value: label for label, value in pairs}
    return lambda value, _: plain(labels[value]) if value in labels else answer(value)


def _tell_words(pairs: Sequence[tuple[str, str]] = ()) -> Any:
    def tell(value: Any, _: Context) -> str:
        if value == UNKNOWN:
            return answer(value)
        if not value:
            return "none"
        own_words = not (value[:1] == "=" and value[1:].isdigit())
        return KEPT_OUT if own_words else plain(pairs[int(value[1:])][0])

    return tell


def _tell_when(value: Any, context: Context) -> str:
    return answer(value) if value == UNKNOWN else shown(datetime.fromisoformat(value), context.now)


def _at(ask: str = say.AT, *, unknown: bool = False, key: str = "at", **more: Any) -> When:
    return When(
        key=key,
        label=say.LABELS["at"],
        ask=lambda _: ask,
        quick=_quick,
        tell=_tell_when,
        unknown=unknown,
        **more,
    )


def _choice(
    key: str, ask: str, pairs: Sequence[tuple[str, str]], *, unknown: bool = True, **more: Any
) -> Choice:
    return Choice(
        key=key,
        label=say.LABELS[key],
        ask=lambda _: ask,
        options=_pairs(pairs),
        tell=_tell_pair(pairs),
        unknown=unknown,
        **more,
    )


def _words(
    key: str,
    ask: str,
    pairs: Sequence[tuple[str, str]] = (),
    *,
    skip: str = "",
    unknown: bool = False,
    **more: Any,
) -> Words:
    return Words(
        key=key,
        label=say.LABELS[key],
        ask=lambda _: ask,
        options=_coded(pairs),
        tell=_tell_words(pairs),
        skip=skip,
        unknown=unknown,
        **more,
    )


def _form(kind: str, title: str, *steps: Any, **more: Any) -> Form:
    return Form(kind=kind, title=lambda c: _title(c, title), steps=steps, **more)


def _title(context: Context, title: str) -> str:
    title = context.answers.get("title") or title
    return f"{context.episode.ref} · {title}" if context.episode else title


def _author(context: Context, new_id: NewId) -> dict[str, Any]:
    return {"id": new_id(), "by": context.staff.id, "recorded_at": context.now}


def _when(context: Context, key: str = "at") -> datetime:
    """The time that was given; "don't know" is written as the moment of writing."""
    return moment(context.answers, key) or context.now


def _text(context: Context, key: str, pairs: Sequence[tuple[str, str]] = ()) -> str:
    return _decoded(pairs, context.answers.get(key))


def last(context: Context, kind: type[Fact]) -> Any:
    """The fact of this kind that counts now: the latest that was not withdrawn."""
    if context.episode is None:
        return None
    withdrawn = {x.fact for x in context.episode.facts if isinstance(x, f.Withdrawn)}
    found = [x for x in context.episode.facts if isinstance(x, kind) and x.id not in withdrawn]
    return found[-1] if found else None


def _begin(context: Context) -> datetime | None:
    """Nothing about the return can lie before the young person was last seen."""
    opened, seen = last(context, f.Opened), last(context, f.LastSeen)
    return seen.at if seen else opened.last_seen_at if opened else None


def _police(c: Context, new: NewId) -> list[Fact]:
    return [
        f.PoliceTold(
            at=_when(c), reference=_text(c, "ref"), spoke_to=_text(c, "who"), **_author(c, new)
        )
    ]


def _authority(c: Context, new: NewId) -> list[Fact]:
    return [
        f.AuthorityTold(
            at=_when(c),
            role=c.answers["role"] if c.answers["role"] != UNKNOWN else "unknown",
            who=_text(c, "who"),
            how=c.answers["how"] if c.answers["how"] != UNKNOWN else "unknown",
            **_author(c, new),
        )
    ]


def _parents(c: Context, new: NewId) -> list[Fact]:
    told_by = c.answers["by"]
    return [
        f.ParentsTold(
            at=_when(c),
            told_by=c.staff.id if told_by == "me" else "" if told_by == UNKNOWN else told_by,
            what=_text(c, "what", say.PARENTS_WHAT_OPTIONS),
            **_author(c, new),
        )
    ]


def _withheld(c: Context, new: NewId) -> list[Fact]:
    return [
        f.ParentsWithheld(
            at=c.now,
            reason=_text(c, "why"),
            decided_by=_text(c, "by", say.WITHHELD_BY_OPTIONS),
            **_author(c, new),
        )
    ]


def _found(c: Context, new: NewId) -> list[Fact]:
    return [
        f.Located(
            at=_when(c),
            where=_text(c, "where"),
            return_unsafe=c.answers["safe"] in ("yes", UNKNOWN),
            contact_blocked=c.answers["free"] == "no",
            **_author(c, new),
        )
    ]


def _returned(c: Context, new: NewId) -> list[Fact]:
    hurt = c.answers["hurt"] if c.answers["hurt"] != UNKNOWN else []
    return [
        f.Returned(
            at=_when(c),
            crime_while_away="crime" in hurt,
            harmed_while_away="harmed" in hurt,
            **_author(c, new),
        )
    ]


def _safewell(c: Context, new: NewId) -> list[Fact]:
    done = c.answers["done"] == "yes"
    return [f.SafeAndWell(at=_when(c), done=done, reason=_text(c, "why"), **_author(c, new))]


def _answered(c: Context, new: NewId) -> list[Fact]:
    accepted = c.answers["ans"] == "yes"
    return [
        f.InterviewAnswered(at=c.now, accepted=accepted, reason=_text(c, "why"), **_author(c, new))
    ]


def _duty_done(c: Context, new: NewId) -> list[Fact]:
    return [
        f.DutyDone(at=_when(c), duty=c.answers["duty"], note=_text(c, "note"), **_author(c, new))
    ]


def _raised(c: Context, new: NewId) -> list[Fact]:
    return [
        f.LevelRaised(
            at=c.now, level=int(c.answers["lvl"]), reason=_text(c, "why"), **_author(c, new)
        )
    ]


def _stood_down(c: Context, new: NewId) -> list[Fact]:
    return [
        f.LevelStoodDown(
            at=c.now, level=int(c.answers["lvl"]), reason=_text(c, "why"), **_author(c, new)
        )
    ]


def _child(c: Context) -> f.Child:
    """The young person as now on record."""
    child: f.Child = (last(c, f.ChildChanged) or last(c, f.Opened)).child
    return child


def _concerns(c: Context, new: NewId) -> list[Fact]:
    answers: dict[str, f.Answer] = {"yes": True, "no": False}
    known = answers.get(c.answers["con"], "unknown")
    child = msgspec.structs.replace(_child(c), historical_concerns=known)
    return [f.ChildChanged(child=child, **_author(c, new))]


def _worse(c: Context, new: NewId) -> list[Fact]:
    ticked = c.answers["worse"]
    if ticked == UNKNOWN:
        child = msgspec.structs.replace(_child(c), historical_concerns="unknown")
    else:
        factors = {k: k in ticked for k in FACTOR_LABELS if k != "abducted"}
        child = msgspec.structs.replace(_child(c), **factors)
    found: list[Fact] = [f.ChildChanged(child=child, **_author(c, new))]
    if "abducted" in ticked and not last(c, f.Abducted):
        found.append(f.Abducted(at=c.now, **_author(c, new)))
    return found


def _ticked_now(c: Context) -> list[str]:
    ticked = [k for k in FACTOR_LABELS if getattr(_child(c), k, False)]
    return [*ticked, "abducted"] if last(c, f.Abducted) else ticked


def _correctable(context: Context) -> list[Option]:
    """Only what is on record can be put right."""
    has = {
        "last_seen": True,
        "due_back": True,
        "police": last(context, f.PoliceTold),
        "located": last(context, f.Located),
        "returned": last(context, f.Returned),
    }
    has |= {
        "not_police": has["police"],
        "not_authority": last(context, f.AuthorityTold),
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


def _corrected(c: Context, new: NewId) -> list[Fact]:
    what = c.answers["fix"]
    author = _author(c, new)
    if what.startswith("not_"):
        wrong = last(c, KINDS[what.removeprefix("not_")])
        return [f.Withdrawn(at=c.now, fact=wrong.id, reason=_text(c, "why"), **author)]
    opened = last(c, f.Opened)
    at = _when(c)
    if what == "last_seen":
        before = last(c, f.LastSeen) or opened
        return [f.LastSeen(at=at, corrects=before.id, **author)]
    if what == "due_back":
        before = last(c, f.DueBack) or opened
        none = c.answers["at"] == ""
        return [f.DueBack(at=None if none else at, corrects=before.id, **author)]
    wrong = last(c, KINDS[what])
    return [msgspec.structs.replace(wrong, at=at, corrects=wrong.id, **author)]


def _fixes_a_time(c: Context) -> bool:
    return not str(c.answers.get("fix", "not_")).startswith("not_")


RECORDINGS: dict[str, Recording] = {
    "police": Recording(
        form=_form(
            "police",
            say.POLICE,
            _at(),
            _words("ref", say.POLICE_REFERENCE, skip=say.NO_REFERENCE),
            _words("who", say.POLICE_SPOKE, skip=say.SKIP),
        ),
        facts=_police,
    ),
    "authority": Recording(
        form=_form(
            "authority",
            say.AUTHORITY,
            _choice("role", say.AUTHORITY_ROLE, say.ROLE_OPTIONS),
            _choice("how", say.HOW, say.HOW_OPTIONS, width=2),
            _at(),
            _words("who", say.AUTHORITY_WHO, skip=say.SKIP, unknown=True),
        ),
        facts=_authority,
    ),
    "written": Recording(
        form=_form("written", say.WRITTEN, _at()),
        facts=lambda c, new: [f.AuthorityWritten(at=_when(c), **_author(c, new))],
    ),
    "parents": Recording(
        form=_form(
            "parents",
            say.PARENTS,
            _choice("by", say.PARENTS_BY, say.PARENTS_BY_OPTIONS, width=2),
            _at(),
            _words("what", say.PARENTS_WHAT, say.PARENTS_WHAT_OPTIONS, unknown=True),
        ),
        facts=_parents,
    ),
    "withheld": Recording(
        form=_form(
            "withheld",
            say.WITHHELD,
            _words("why", say.WITHHELD_REASON),
            _words("by", say.WITHHELD_BY, say.WITHHELD_BY_OPTIONS, unknown=True),
        ),
        facts=_withheld,
    ),
    "note": Recording(
        form=_form("note", say.NOTE, _words("note", say.NOTE_TEXT, longest=1500)),
        facts=lambda c, new: [f.Note(at=c.now, text=_text(c, "note"), **_author(c, new))],
    ),
    "found": Recording(
        form=_form(
            "found",
            say.FOUND,
            _at(not_before=_begin),
            _words("where", say.FOUND_WHERE, skip=say.SKIP, unknown=True),
            _choice("safe", say.FOUND_SAFE, say.YES_NO, width=2),
            _choice("free", say.FOUND_CONTACT, say.YES_NO, width=2),
        ),
        facts=_found,
    ),
    "back": Recording(
        form=_form(
            "back",
            say.RETURNED,
            _at(not_before=_begin),
            Ticks(
                key="hurt",
                label=say.LABELS["hurt"],
                ask=lambda _: say.RETURNED_HURT,
                options=_pairs(say.RETURNED_OPTIONS),
                tell=lambda v, _: (
                    answer(v)
                    if v == UNKNOWN
                    else plain(", ".join(label for label, k in say.RETURNED_OPTIONS if k in v))
                    or "nothing known"
                ),
            ),
        ),
        facts=_returned,
    ),
    "safewell": Recording(
        form=_form(
            "safewell",
            say.SAFEWELL,
            _choice("done", say.SAFEWELL_DONE, say.SAFEWELL_OPTIONS, unknown=False),
            _at(applies=lambda c: c.answers.get("done") == "yes"),
            _words("why", say.REASON, applies=lambda c: c.answers.get("done") == "no"),
        ),
        facts=_safewell,
    ),
    "offered": Recording(
        form=_form(
            "offered",
            say.OFFERED,
            _at(),
            _words("by", say.BY_WHOM, say.BY_OPTIONS, unknown=True),
        ),
        facts=lambda c, new: [
            f.InterviewOffered(
                at=_when(c), offered_by=_text(c, "by", say.BY_OPTIONS), **_author(c, new)
            )
        ],
    ),
    "answered": Recording(
        form=_form(
            "answered",
            say.ANSWERED,
            _choice("ans", say.ANSWERED_ASK, say.ANSWERED_OPTIONS, unknown=False, width=2),
            _words("why", say.REASON, applies=lambda c: c.answers.get("ans") == "no"),
        ),
        facts=_answered,
    ),
    "held": Recording(
        form=_form(
            "held",
            say.HELD,
            _at(),
            _words("by", say.BY_WHOM, say.BY_OPTIONS, unknown=True),
        ),
        facts=lambda c, new: [
            f.InterviewHeld(at=_when(c), held_by=_text(c, "by", say.BY_OPTIONS), **_author(c, new))
        ],
    ),
    "done": Recording(
        form=_form("done", say.DONE_TITLE, _at(), _words("note", say.DONE_NOTE, skip=say.SKIP)),
        facts=_duty_done,
    ),
    "raise": Recording(
        form=_form(
            "raise",
            say.RAISE,
            _choice("lvl", say.RAISE_TO, [("Level 2", "2"), ("Level 3", "3")], unknown=False),
            _words("why", say.RAISE_WHY),
        ),
        facts=_raised,
    ),
    "lower": Recording(
        form=_form(
            "lower",
            say.STAND_DOWN,
            _choice("lvl", say.STAND_DOWN_TO, [("Level 1", "1"), ("Level 2", "2")], unknown=False),
            _words("why", say.RAISE_WHY),
        ),
        facts=_stood_down,
        manager_only=True,
    ),
    "category": Recording(
        form=_form(
            "category",
            say.CATEGORY,
            _choice("cat", say.CATEGORY_ASK, say.CATEGORY_OPTIONS, unknown=False),
            _words("why", say.CORRECT_WHY, skip=say.SKIP),
        ),
        facts=lambda c, new: [
            f.CategoryChanged(
                at=c.now, category=c.answers["cat"], reason=_text(c, "why"), **_author(c, new)
            )
        ],
    ),
    "fix": Recording(
        form=_form(
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
            _at(say.CORRECT_TIME, applies=_fixes_a_time),
            _words("why", say.CORRECT_WHY, applies=lambda c: not _fixes_a_time(c)),
        ),
        facts=_corrected,
    ),
    "referred": Recording(
        form=_form("referred", say.REFERRED, _at()),
        facts=lambda c, new: [f.ReferredToSocialCare(at=_when(c), **_author(c, new))],
    ),
    "signoff": Recording(
        form=_form("signoff", say.SIGN_OFF, _words("note", say.SIGN_OFF_REMARK, skip=say.SKIP)),
        facts=lambda c, new: [f.SignedOff(at=c.now, remark=_text(c, "note"), **_author(c, new))],
        manager_only=True,
    ),
    "concerns": Recording(
        form=_form("concerns", say.CONCERNS, _choice("con", CONCERNS, say.YES_NO, width=2)),
        facts=_concerns,
    ),
    "worse": Recording(
        form=_form(
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
