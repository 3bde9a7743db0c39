"""What a record does not have: said to whoever looks back at a case, one line each."""

from __future__ import annotations

from collections.abc import Iterable

from handlers.case_view import CaseView
from handlers.wording import duties
from handlers.wording.acts import title
from protocol import facts as f
from protocol.counting import last_of

ANSWERS = {
    "age": "age",
    "living": "whether they are looked after",
    "placing_authority": "which authority placed them",
    "whereabouts": "whether their whereabouts were known",
    "last_seen": "when they were last seen",
    "due_back": "when they were due back",
    "circumstances": "what happened before",
    "police": "whether police were told, at the report",
    "factors": "what makes it worse",
    "concerns": "whether there were earlier concerns",
}
"""Questions of the report that were answered with "don't know"."""


def lines(view: CaseView, not_met: Iterable[str]) -> list[str]:
    """Duties and actions without an entry, questions without an answer, and what the police and
    the authority made of it. not_met: ids of duties whose time came and that nobody recorded."""
    found = [title(duty, view) for duty in not_met]
    found += [duties.title(about, view.pack) for about in view.state.computed.to_settle]
    found += [duties.title(question, view.pack) for question in view.state.computed.prompts]
    told = [fact for fact in view.facts if isinstance(fact, f.PoliceTold)]
    if told and not told[-1].reference:
        found.append("the police reference")
    if told and not view.has(f.PoliceAnswered):
        found.append("whether police took the report on")
    if view.has(f.AuthorityTold) and not view.has(f.AuthorityAcknowledged):
        found.append("whether somebody accountable at the authority acts on it")
    if view.has(f.Located) and not any(
        isinstance(fact, f.Located) and fact.found_by for fact in view.facts
    ):
        found.append("who found them")
    opened = last_of(view.episode.facts, f.Opened)
    found += [f"don't know: {ANSWERS[name]}" for name in (opened.not_known if opened else ())]
    return list(dict.fromkeys(found))
