"""Entries that were wrong, taken back one by one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from handlers.case_view import for_this_home
from handlers.chat import plain
from handlers.form import UNKNOWN, Choice, FormState, Option
from handlers.recording.answers import said
from handlers.recording.questions import NewId, Recording, author, decides, text
from handlers.wording import after_return as say
from handlers.wording.form import answer
from handlers.wording.recorded_lines import entry
from protocol import facts as f
from protocol.counting import all_about, counting
from protocol.facts import Fact

TAKEN_BACK = (
    f.PoliceAnswered, f.AuthorityAcknowledged, f.ToldOfReturn, f.Collected, f.MedicalChecked,
    f.WhileAway, f.Referred, f.ReferralAnswered, f.InterviewBooked, f.InterviewShared, f.Decided,
    f.DutyDone, f.MeetingBooked, f.MeetingHeld, f.AssessmentBegun, f.AwayTogether, f.SignedOff,
)  # fmt: skip
"""Kinds that are taken back one by one; the others are put right by what was wrong with them."""
MOST_TAKEN_BACK = 12


def entries(facts: Sequence[Fact]) -> list[Fact]:
    """What can be taken back, the latest first."""
    found: list[Fact] = [x for x in reversed(counting(facts)) if isinstance(x, TAKEN_BACK)]
    return found[:MOST_TAKEN_BACK]


def _entries(c: FormState) -> list[Option]:
    names, ref = c.answers.get("names") or {}, c.episode.ref if c.episode else ""

    def label(fact: Fact) -> str:
        return entry(for_this_home(fact, ref), lambda name: names.get(name, name), c.now)

    found = entries(c.episode.facts if c.episode else ())
    return [Option(label(fact), fact.id) for fact in found]


def _tell_entry(value: Any, c: FormState) -> str:
    if value == UNKNOWN:
        return answer(value)
    return plain(next((o.label for o in _entries(c) if o.value == value), say.GONE_ENTRY))


def _nothing_to_take_back(c: FormState) -> str:
    return "" if _entries(c) else say.NO_ENTRY


def _taken_back(c: FormState, new: NewId) -> list[Fact]:
    """The entry, and what a correction in it had replaced."""
    facts = c.episode.facts if c.episode else ()
    chosen = next((fact for fact in entries(facts) if fact.id == c.answers["entry"]), None)
    if chosen is None:  # a colleague was quicker
        return []
    return [
        f.Withdrawn(at=c.now, fact=wrong.id, reason=text(c, "why"), **author(c, new))
        for wrong in all_about(facts, chosen)
    ]


RECORDINGS: dict[str, Recording] = {
    "undo": Recording(
        form=decides(
            "undo",
            say.UNDO,
            Choice(
                key="entry",
                label=say.LABELS["entry"],
                ask=lambda _: say.UNDO_ASK,
                options=_entries,
                tell=_tell_entry,
            ),
            said("why", say.UNDO_WHY),
        ),
        facts=_taken_back,
        needs=_nothing_to_take_back,
    ),
}
