"""What a form reads back before it is saved: every answer in full words, without our own codes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from handlers import people_forms, report
from handlers.form import UNKNOWN, WORDS, Choice, Form, FormState, Question, Ticks, When, Words
from handlers.recording import RECORDINGS
from handlers.wording import form as say
from protocol import facts as f
from protocol.provider import Authority, Home, Provider, Role, Staff
from storage.model import Entry, Episode, Person

NOW = datetime(2026, 11, 22, 9, 5, tzinfo=UTC)
MANAGER = Staff(id="m1", name="Morgan Example", telegram_id=7001, role=Role.MANAGER)
SERVICE = Provider(
    homes=(Home(id="rowan", name="Rowan House", prefix="RH"),),
    authorities=(Authority(name="Haringey"), Authority(name="Camden", code="E09000007")),
    staff=(MANAGER, Staff(id="d1", name="Dot Example", telegram_id=7002, role=Role.DUTY_MANAGER)),
)
CHILD = f.Child(age=13, looked_after=True, responsible_la="Haringey", placement_la="Haringey")
PEOPLE = (Person(ref="YP-07", home="rowan", child=CHILD),)


def by(number: int, **more: object) -> dict[str, object]:
    at = NOW - timedelta(hours=6)
    return {"id": f"f{number}", "by": "d1", "recorded_at": at, "at": at, **more}


FACTS = (
    f.Opened(
        id="f0", by="d1", recorded_at=NOW - timedelta(hours=7), category="missing", child=CHILD,
        aware_at=NOW - timedelta(hours=7), last_seen_at=NOW - timedelta(hours=8),
    ),
    f.PoliceTold(**by(1)),
    f.AuthorityTold(**by(2, role="edt_duty_manager")),
    f.ParentsTold(**by(3)),
    f.ParentsWithheld(**by(4, reason="a reason", decided_by="social worker")),
    f.Located(**by(5, where="")),
    f.Returned(**by(6)),
    f.Abducted(**by(7)),
    f.InterviewHeld(**by(8)),
    f.MeetingHeld(**by(9, meeting="strategy", about="STRAT-14D")),
)  # fmt: skip
EPISODE = Episode(
    ref="RH-7K2D",
    home="rowan",
    person="YP-07",
    entries=tuple(Entry(fact=fact, digest="") for fact in FACTS),
)
NAMES = {"STRAT-14D": "Hold the strategy meeting"}
FORMS: dict[str, Form] = {
    **{kind: one.form for kind, one in RECORDINGS.items()},
    **{kind: one.form for kind, one in people_forms.FORMS.items()},
    "report": report.FORM,
}


def state(**answers: object) -> FormState:
    return FormState(
        answers={"whom": "d1", "who": "YP-07", "names": NAMES, **answers},
        now=NOW,
        staff=MANAGER,
        service=SERVICE,
        people=PEOPLE,
        open_cases={"YP-07": "RH-7K2D", "YP-08": "RH-AAAA"},
        episode=EPISODE,
        level=2,
    )


def possible(step: Question) -> Iterator[object]:
    """Every kind of answer that the question takes."""
    if step.unknown:
        yield UNKNOWN
    match step:
        case Choice(options=options):
            yield from (option.value for option in options(state()))
        case Ticks(options=options):
            codes = [option.value for option in options(state())]
            yield from ([], codes[:1], codes)
            if step.unknown:
                yield [*codes[:1], UNKNOWN]
        case When(optional=optional):
            yield NOW.isoformat()
            if optional:
                yield ""
        case Words(options=options, skip=skip):
            yield from (option.value for option in options(state()))
            yield f"{WORDS}five words of my own"
            if skip:
                yield ""


STEPS = [(kind, step) for kind, form in FORMS.items() for step in form.steps]
BARE = {"", "yes", "no", "none", "true", "false", "none of these", "?", "-", "*", "skip"}
CODE = re.compile(r"\b[a-z]+_[a-z_]+\b|\bNone\b|[{}\[\]]|staff:|\b(?!RH-|YP-)[A-Z]{2,}-[A-Z0-9]")
"""A code of ours, or what Python writes for one."""


@pytest.mark.parametrize(("kind", "step"), STEPS, ids=[f"{kind}-{s.key}" for kind, s in STEPS])
def test_every_answer_is_read_back_in_full_words(kind: str, step: Question) -> None:
    """No bare yes or no, nothing empty, no word that only the code knows."""
    assert step.label and step.label != step.key and step.label[0].isupper(), step.label
    for value in possible(step):
        line = say.given(step.label, step.tell(value, state(**{step.key: value})))
        label, _, said = line.partition(": ")
        said = re.sub(r"<[^>]+>", "", said).strip()
        assert said.casefold() not in BARE, (kind, line)
        assert not CODE.search(f"{label}: {said}"), (kind, line)
        first = re.split(r"\W", said.casefold(), maxsplit=1)[0]
        assert first not in ("yes", "no") or " " in said.strip(".!"), (kind, line)


def test_found_and_unsafe_is_read_back_as_what_it_means() -> None:
    """Whoever looks before Save sees what is meant, not "Return not right: Yes"."""
    found = RECORDINGS["found"].form
    answers = {"at": NOW.isoformat(), "where": "", "safe": "yes", "free": "no"}
    lines = [s.label + ": " + s.tell(answers[s.key], state(**answers)) for s in found.steps]
    assert lines[1:] == [
        "Where: nothing written",
        "Going back there: there is reason to think that they should not",
        "Contact: they cannot be spoken to freely",
    ]
