"""Times that cannot both be right: police told before the young person was last seen, found after
they were back. Such a time is asked again, with both times shown; nothing is put in order silently.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from handlers.form import FormState, moment
from handlers.times import shown
from handlers.wording import form as say
from handlers.wording.recording import TIMES
from protocol import facts as f
from protocol.counting import counting
from protocol.facts import Fact
from protocol.fold import fold

SEEN, NOTICED, DUE, POLICE, AUTHORITY, WRITTEN, PARENTS, REFERRED, DONE = (
    "seen", "noticed", "due", "police", "authority", "written", "parents", "referred", "done",
)  # fmt: skip
TOLD_BACK, POLICE_SAID, ACKNOWLEDGED, REFERRAL, MET = (
    "told_back", "police_said", "acknowledged", "referral", "met",
)  # fmt: skip
FOUND, BACK, CHECK, OFFERED, HELD = "found", "back", "check", "offered", "held"

AFTER_SEEN = (
    NOTICED, POLICE, AUTHORITY, WRITTEN, PARENTS, REFERRED, DONE, FOUND, BACK, CHECK, OFFERED, HELD,
    TOLD_BACK, POLICE_SAID, ACKNOWLEDGED, REFERRAL, MET,
)  # fmt: skip
ORDER: tuple[tuple[str, str], ...] = (
    *((SEEN, later) for later in AFTER_SEEN),
    (DUE, BACK),
    (POLICE, POLICE_SAID),
    (FOUND, BACK),
    (FOUND, TOLD_BACK),
    (BACK, TOLD_BACK),
    (FOUND, REFERRAL),
    (FOUND, CHECK),
    (FOUND, OFFERED),
    (FOUND, HELD),
    (BACK, CHECK),
    (BACK, OFFERED),
    (BACK, HELD),
    (OFFERED, HELD),
)
"""Pairs of which the first cannot come after the second. A home may notice late that somebody has
been back for a while, so that nothing of the return is bound to when it was noticed. Where the
young person was both found and back, what follows may lie between the two: see `_bounds`."""

AGAIN = ((POLICE, POLICE_SAID), (OFFERED, HELD))
"""Of these the first may happen again after the second: police who refused are rung again, an
interview is offered after one that did not count. The second follows the earliest of them."""
BETWEEN = (CHECK, OFFERED, HELD, TOLD_BACK)
"""What may follow either: being found, or being back."""

KINDS: dict[type[Fact], str] = {
    f.PoliceTold: POLICE,
    f.AuthorityTold: AUTHORITY,
    f.AuthorityWritten: WRITTEN,
    f.ParentsTold: PARENTS,
    f.ReferredToSocialCare: REFERRED,
    f.Located: FOUND,
    f.Returned: BACK,
    f.SafeAndWell: CHECK,
    f.InterviewOffered: OFFERED,
    f.InterviewHeld: HELD,
    f.ToldOfReturn: TOLD_BACK,
    f.PoliceAnswered: POLICE_SAID,
    f.AuthorityAcknowledged: ACKNOWLEDGED,
    f.Referred: REFERRAL,
    f.MeetingHeld: MET,
}

Known = Sequence[tuple[str, datetime]]


def on_record(facts: Sequence[Fact], without: str = "") -> list[tuple[str, datetime]]:
    """What is known of when things happened. `without`: id of the fact that is being put right."""
    if not facts:
        return []
    episode = fold(facts)
    values = ((SEEN, episode.last_seen_at), (NOTICED, episode.aware_at), (DUE, episode.due_back_at))
    found = [(name, at) for name, at in values if at is not None]
    for fact in counting(facts):
        name, at = KINDS.get(type(fact)), getattr(fact, "at", None)
        if name is not None and at is not None and fact.id != without:
            found.append((name, at))
    return found


def conflict(what: str, at: datetime, known: Known, now: datetime) -> str:
    """Why `what` cannot have been at this time; "" if it can. Compared to the minute."""
    at = to_minute(at)
    for other, before in _bounds(what, known):
        others = sorted(to_minute(t) for name, t in known if name == other)
        if (what, other) in AGAIN and any(
            to_minute(t) <= others[0] for name, t in known if name == what and others
        ):
            continue
        if (other, what) in AGAIN:
            others = others[:1]
        for other_at in others:
            if (at > other_at) if before else (at < other_at):
                return say.out_of_order(
                    TIMES[what],
                    shown(at, now),
                    TIMES[other],
                    shown(other_at, now),
                    before=not before,
                )
    return ""


def _bounds(what: str, known: Known) -> Iterable[tuple[str, bool]]:
    """(other, True): it cannot be after the other; (other, False): nor before it."""
    names = {name for name, _ in known}
    both = {FOUND, BACK} <= names
    for first, then in ORDER:
        if then == what and not (first == BACK and both and what in BETWEEN):
            yield first, False
        if first == what and not (what == BACK and FOUND in names and then in BETWEEN):
            yield then, True


def to_minute(at: datetime) -> datetime:
    """Without seconds: people give times to the minute."""
    return at - timedelta(seconds=at.second, microseconds=at.microsecond)


def in_order(what: str) -> Callable[[datetime, FormState], str]:
    """For a form on a case: is this time possible beside what is on record?"""

    def check(at: datetime, state: FormState) -> str:
        facts = state.episode.facts if state.episode else ()
        return conflict(what, at, on_record(facts), state.now)

    return check


def beside(what: str, answers: Mapping[str, str]) -> Callable[[datetime, FormState], str]:
    """For a form that asks for several times: `answers` says which answer is the time of what."""

    def check(at: datetime, state: FormState) -> str:
        known = [
            (name, other)
            for key, name in answers.items()
            if name != what and (other := moment(state.answers, key)) is not None
        ]
        return conflict(what, at, known, state.now)

    return check
