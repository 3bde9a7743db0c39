"""What a finished report puts on record."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

import msgspec

from handlers.form import UNKNOWN, FormState, moment
from handlers.recording.questions import own_words
from handlers.report import FACTORS, category, home_of, person_of, taken
from handlers.wording import report as say
from protocol.facts import Abducted, Answer, Child, Fact, Note, Opened, PoliceTold

NAMES = {
    "age": "age",
    "live": "living",
    "auth": "placing_authority",
    "known": "whereabouts",
    "seen": "last_seen",
    "back": "due_back",
    "what": "circumstances",
    "pol": "police",
    "worse": "factors",
    "past": "concerns",
}
"""What a question is called on record when its answer is "don't know"."""


def _not_known(value: Any) -> bool:
    return value == UNKNOWN or (isinstance(value, list) and UNKNOWN in value)


def circumstances(value: str) -> str:
    """As they go on record."""
    labels = {code: label for label, code in say.CIRCUMSTANCE_OPTIONS}
    return labels.get(value) or own_words(value)[0]


def child(state: FormState) -> Child:
    """The young person as the rules see them: the register, and what was answered tonight.

    What nobody could say about additional factors makes the concerns unknown, and those are
    treated cautiously (000:845, A-03).
    """
    answers = state.answers
    person = person_of(state)
    worse = answers.get("worse", [])
    factors = {f: f in worse for f in FACTORS if f != "abducted"}
    if UNKNOWN in worse:  # what is ticked holds; of the rest nothing is known
        factors = {f: True for f in factors if f in worse}
    concerns: Answer
    if person is not None and person.child.historical_concerns != "unknown":
        concerns = person.child.historical_concerns
    else:
        concerns = {"yes": True, "no": False}.get(answers.get("past", UNKNOWN), "unknown")
    if UNKNOWN in worse and concerns is False:
        concerns = "unknown"
    if person is not None:
        return msgspec.structs.replace(person.child, historical_concerns=concerns, **factors)
    age = answers.get("age", UNKNOWN)
    home = state.service.home(home_of(state))
    authority = answers.get("auth", UNKNOWN)
    looked_after = answers.get("live") != "home"
    return Child(
        age=None if age == UNKNOWN else int(age),
        looked_after=looked_after,
        responsible_la=None if authority == UNKNOWN else authority,
        placement_la=home.authority if home and looked_after else None,
        in_childrens_home=bool(home and home.childrens_home and looked_after),
        historical_concerns=concerns,
        **factors,  # type: ignore[arg-type]
    )


def facts(state: FormState, new_id: Any, noticed_at: datetime) -> list[Fact]:
    """What the finished report puts on record. `noticed_at`: when the report was begun (UTC)."""
    answers = state.answers
    author: dict[Literal["by", "recorded_at"], Any] = {
        "by": state.staff.id,
        "recorded_at": state.now,
    }
    seen, back = moment(answers, "seen"), moment(answers, "back")
    told = moment(answers, "pol")
    found: list[Fact] = [
        Opened(
            id=new_id(),
            category=category(state),
            child=child(state),
            aware_at=noticed_at,
            last_seen_at=seen,
            due_back_at=back,
            circumstances=circumstances(answers.get("what", UNKNOWN)),
            follows=answers.get("again", ""),
            not_known=tuple(name for key, name in NAMES.items() if _not_known(answers.get(key))),
            reported_by_other_agency=answers.get("by") in ("agency", "both"),
            parents_reported=answers.get("by") in ("parents", "both"),
            **author,
        )
    ]
    if told is not None:
        found.append(PoliceTold(id=new_id(), at=told, **author))
    if answers.get("known") == "feared":
        found.append(Note(id=new_id(), at=noticed_at, text=say.FEARED, **author))
    if taken(state) or "abducted" in answers.get("worse", []):
        found.append(Abducted(id=new_id(), at=noticed_at, **author))
    return found
