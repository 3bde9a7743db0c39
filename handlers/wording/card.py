"""The episode card: what stands on it."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import datetime

from handlers.case_view import CaseView
from handlers.chat import bold, plain
from handlers.wording import acts, duties, recorded_lines, recording
from handlers.wording.acts import CRIME_IN_ACTION, act, at_once, subject
from handlers.wording.common import DANGER, clock, near_clock, ordinal, span
from handlers.wording.duties import title
from handlers.wording.report import FACTOR_LABELS
from protocol import facts as f
from protocol.facts import Child, Fact
from protocol.fold import fold
from protocol.pack import Pack
from protocol.standing import Standing
from reminders.duties import Duty

MANAGER_ONLY = "Only a manager can do that."
NOTHING_DUE = "Nothing is due now."
MOST_NOW, MOST_DUE, MOST_DONE = 3, 3, 3
ACTS_SPELT = 2
"""Acts in words; a third has its title, its button is there."""
WHOSE = {"service": "* time set by this service", "none": "° no time in protocol"}
"""Marks of due times that are not the protocol's, explained below the list."""
WHY, MORE = duties.BUTTONS["why"], duties.BUTTONS["more"]
CATEGORY = {"missing": "MISSING", "unauthorised_absence": "AWAY, whereabouts known"}


def heading(view: CaseView) -> list[str]:
    """Who, missing or away, since when; the level; home, age and who placed them, if the
    controller wants them there; what people have set."""
    home, shows = view.home, view.service.chat.card_shows
    parts = [plain(home.name) if home and "home" in shows else "", f"Level {view.state.shown}"]
    child = view.folded.child
    if child.looked_after and child.responsible_la and "authority" in shows:
        parts.append(f"placed by {plain(child.responsible_la)}")
    first, second = subject(view, age="age" in shows), [part for part in parts if part]
    alone = len(second) == 1
    lines = [f"{first} · {second[0]}"] if alone else [first, " · ".join(second)]
    if view.closed:
        lines.append("<b>CLOSED</b>")
    if view.back:
        computed = view.state.computed
        lines.append(f"Was away {span(computed.end - computed.start)}.")
    if note := levels(view.state):
        lines.append(note)
    return lines


def levels(standing: Standing) -> str:
    """Computed, highest and set level, where they differ."""
    parts = []
    if standing.shown != standing.computed.level:
        parts.append(f"computed: {standing.computed.level}, set by a person: {standing.shown}")
    if standing.peak > standing.shown:
        parts.append(f"highest so far: {standing.peak}")
    return f"({'; '.join(parts)})" if parts else ""


def why(view: CaseView) -> str:
    """The first reason for the level; the others are behind Why."""
    pack, reasons = view.pack, view.state.computed.level_reasons
    texts = [rule.text for reason in reasons if (rule := pack.rule(reason)) is not None]
    head = f"<b>Why level {view.state.shown}:</b>"
    more = f" And {len(reasons) - 1} more: {WHY}." if len(reasons) > 1 else ""
    first = _first_sentence(texts[0]) if texts else ""
    return f"{head} {plain(first)}.{more}" if first else f"{head} {WHY}"


def _first_sentence(text: str) -> str:
    """Without its last stop; colons of numbers and times do not end it."""
    return re.split(r"(?<=[.;]) ", text, maxsplit=1)[0].rstrip(".;")


def repeats(view: CaseView) -> str:
    """From the third episode on: how many, and that a meeting is to be asked for."""
    settings = view.pack.settings
    count = view.state.computed.counts.get("count_90", 0)
    if count < settings.har_episode_count:
        return ""
    return (
        f"📌 <b>{ordinal(count)} episode in {settings.episode_window_days} days.</b> "
        "Ask for the meeting: 📌 Actions."
    )


def cannot_wait(now_due: Sequence[Duty], view: CaseView) -> bool:
    """Is there anything to do at once?"""
    urgent = any(duty.at <= view.now or at_once(duty.id, view) for duty in now_due)
    return view.state.computed.emergency or urgent


def do_now(view: CaseView, now_due: Sequence[Duty]) -> list[str]:
    """The acts that cannot wait, with whom to ring."""
    lines = ["<b>Do now</b>"]
    if view.state.computed.emergency:
        lines.append(CRIME_IN_ACTION)
    for number, duty in enumerate(now_due, 1):
        holds = holder(duty, view)
        mark = f"{number}. " if len(now_due) > 1 else ""
        whole = act(duty.id, view)
        short = plain(acts.title(duty.id, view)) if number > ACTS_SPELT else _first_sentence(whole)
        said = whole if number == 1 else f"{short}."
        lines.append(f"{mark}{said}{holds}")
    return lines


def more(view: CaseView, hidden: Sequence[Duty]) -> str:
    """Above the buttons that the card has no room for: which case, and what else is due."""
    lines = [heading(view)[0], ""]
    if hidden:
        lines += ["<b>Also due</b>", *coming(hidden[:MOST_MORE], view), ""]
        if len(hidden) > MOST_MORE:
            lines.insert(-1, f"… and {len(hidden) - MOST_MORE} later ones")
    return card([*lines, ELSE_TO_RECORD])


MOST_MORE = 8
ELSE_TO_RECORD = "What else can be put on record:"


def holder(duty: Duty, view: CaseView) -> str:
    """Who said "I have it", while that holds."""
    if not duty.owner or not duty.held(view.now):
        return ""
    return f" · {plain(view.names.get(duty.owner, duty.owner))} has it"


def coming(shown: Sequence[Duty], view: CaseView, hidden: int = 0) -> list[str]:
    """What is due after that, soonest first: the time, the act, whose the time is. hidden: how many
    more there are."""
    lines: list[str] = []
    notes: dict[str, None] = {}
    for duty in shown:
        set_by = duties.set_by(duty.id, view.pack) if duty.in_protocol else "none"
        mark = WHOSE.get(set_by, "")[:1]
        if mark:
            notes[WHOSE[set_by]] = None
        late = "‼️ since" if duty.at <= view.now else "🕑"
        at = near_clock(duty.at, view.now)
        name = plain(acts.title(duty.id, view) + duties.whose(duty.authority))
        lines.append(f"{late} {at} {name}{mark}{holder(duty, view)}")
    if hidden:
        lines.append(f"… and {hidden} more: {MORE}")
    if notes:
        lines.append(f"<i>{' · '.join(notes)}</i>")
    return lines


def done_line(
    fact: Fact,
    pack: Pack,
    now: datetime,
    names: dict[str, str],
    was: str = "",
    show: Callable[[datetime, datetime], str] = clock,
) -> str:
    """One fact as a line of what is done; "" for those that are not shown on the card.

    was: what stood there before, if the fact put something right (see `before`). show: how times
    are written.
    """
    by = names.get(fact.by, fact.by)
    happened = None if isinstance(fact, f.LastSeen | f.DueBack) else getattr(fact, "at", None)
    at = show(happened or fact.recorded_at, now)
    text = _done_text(fact, pack, now)
    return f"✓ {at} {text}{was} ({plain(by)})" if text else ""


def _done_text(fact: Fact, pack: Pack, now: datetime) -> str:
    match fact:
        case f.PoliceTold(reference=reference):
            return "police told" + (", reference kept" if reference else "")
        case f.AuthorityTold(role=role, how=how):
            labels = {value: label for label, value in recording.ROLE_OPTIONS}
            ways = {value: label.lower() for label, value in recording.HOW_OPTIONS}
            text = f"authority: {labels.get(role, role)} ({ways.get(how, how)})"
            counts = role in pack.accepting_roles
            return plain(text) + ("" if counts else ", <b>does not count yet</b>")
        case f.AuthorityAcknowledged(role=role):
            labels = {value: label for label, value in recording.ROLE_OPTIONS}
            return plain(f"authority acts on it: {labels.get(role, role)}")
        case f.AuthorityWritten():
            return "written confirmation to authority"
        case f.ParentsTold():
            return "parents told"
        case f.ParentsWithheld():
            return "parents not to be told, reason kept"
        case f.Located():
            return "found"
        case f.Returned():
            return "back"
        case f.GoneAgain(next_episode=ref):
            return f"gone again, see {plain(ref)}" if ref else "gone again, logged by another home"
        case f.SafeAndWell(done=done):
            return "safe and well check done" if done else "no safe and well check, reason kept"
        case f.InterviewOffered():
            return "return interview offered"
        case f.InterviewAnswered(accepted=accepted):
            return f"return interview {'accepted' if accepted else 'declined, reason kept'}"
        case f.InterviewHeld():
            return "return interview held"
        case f.DutyDone(duty=duty):
            return plain(f"done: {title(duty, pack)}")
        case f.LevelRaised(level=level):
            return f"level raised to {level}, reason kept"
        case f.LevelStoodDown(level=level):
            return f"level stood down to {level}, reason kept"
        case f.CategoryChanged(category=category):
            return f"now {CATEGORY[category].lower()}"
        case f.ReferredToSocialCare():
            return "referred to social care (s47)"
        case f.Note():
            return "note kept"
        case f.Attached():
            return "file attached, on the pages"
        case f.AttachmentRemoved():
            return "attachment removed, reason kept"
        case f.SignedOff():
            return "signed off by a manager"
        case f.LastSeen(at=at):
            return f"last seen put right: {clock(at, now)}"
        case f.DueBack(at=at):
            return f"due back put right: {clock(at, now) if at else 'no set time'}"
        case f.Withdrawn():
            return "withdrawn"
        case f.ChildChanged():
            return "picture of the young person changed"
        case f.Opened(corrects=corrected, aware_at=aware_at):
            return f"noticed put right: {clock(aware_at, now)}" if corrected else "report logged"
        case f.Closed():
            return "closed"
        case _:
            return recorded_lines.done(fact, lambda name: title(name, pack), now)


def card(parts: Sequence[str]) -> str:
    """The whole card."""
    return "\n".join([*parts, "", DANGER])


def timeline(ref: str) -> str:
    """The heading of the timeline."""
    return bold(f"{ref} · timeline")


MORE_KNOWN = ", more on record"
GONE = " <i>(put right or withdrawn)</i>"


def before(fact: Fact, earlier: Sequence[Fact], pack: Pack, now: datetime) -> str:
    """What a correction took the place of: " (was 20:30)"; "" for any other fact."""
    known = fold(earlier)
    old = next((x for x in earlier if x.id == fact.corrects), None) if fact.corrects else None
    match fact:
        case f.LastSeen():
            was = _time(known.last_seen_at, now, "not known")
        case f.DueBack():
            was = _time(known.due_back_at, now, "no set time")
        case f.CategoryChanged():
            was = CATEGORY[known.category].lower()
        case f.ChildChanged(child=child):
            return _changed(known.child, child)
        case f.Withdrawn(fact=fact_id):
            gone = next((x for x in earlier if x.id == fact_id), None)
            return f": {_done_text(gone, pack, now)}" if gone is not None else ""
        case f.Opened() if old is not None:
            was = _time(known.aware_at, now, "not known")
        case _ if old is not None:
            at = getattr(old, "at", None)
            same = at == getattr(fact, "at", None)
            was = _done_text(old, pack, now) if same else _time(at, now, "not known")
            if same and was == _done_text(fact, pack, now):
                return MORE_KNOWN
        case _:
            return ""
    return f" (was {was})"


def _time(at: datetime | None, now: datetime, none: str) -> str:
    return clock(at, now) if at else none


def _changed(old: Child, new: Child) -> str:
    """What is said of the young person now and was not before, and the other way round."""
    parts = []
    for key, label in FACTOR_LABELS.items():
        was, now = getattr(old, key, None), getattr(new, key, None)
        if was != now:
            parts.append(f"{'+' if now else '−'} {label.lower()}")
    if old.historical_concerns != new.historical_concerns:
        says = {True: "yes", False: "no"}
        now_, was_ = (says.get(c.historical_concerns, "not known") for c in (new, old))  # type: ignore[arg-type]
        parts.append(f"earlier concerns: {now_} (was {was_})")
    return plain(f": {', '.join(parts)}") if parts else ""
