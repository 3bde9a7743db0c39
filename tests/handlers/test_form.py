"""Forms: one question at a time, kept in a draft; taps that come late or twice do no harm."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from handlers import form as forms
from handlers import form_answers, form_screen, report
from handlers.chat import Screen
from handlers.form import FormState
from handlers.message_parts import split, visible
from handlers.recording import RECORDINGS
from protocol.facts import Child, Opened
from protocol.provider import Home, Provider, Role, Staff
from storage.model import Draft, Entry, Episode

NOW = datetime(2026, 11, 21, 21, 30, tzinfo=UTC)
STAFF = Staff(id="morgan", name="Morgan Example", telegram_id=7001, role=Role.DUTY_MANAGER)
SERVICE = Provider(
    homes=(Home(id="rowan", name="Rowan House", prefix="RH"),),
    staff=(STAFF,),
)


OPENED = Opened(
    id="f1", by="morgan", recorded_at=NOW, category="missing", child=Child(age=14), aware_at=NOW
)
EPISODE = Episode(
    ref="RH-7K2D", home="rowan", person="YP-01", entries=(Entry(fact=OPENED, digest=""),)
)


def state(**answers: Any) -> FormState:
    return FormState(answers=answers, now=NOW, staff=STAFF, service=SERVICE)


def draft(form: str = "report", **answers: Any) -> Draft:
    return Draft(id="abc123", owner="morgan", kind=form, started_at=NOW, answers=answers)


def labels(screen: Screen) -> list[str]:
    return [button.label for row in screen.rows for button in row]


BEFORE_TIME: dict[str, Any] = {
    "who": report.NOT_LISTED,
    "age": "14",
    "live": "home",
    "by": "us",
    "known": "missing",
    "pol": "",
}


def test_the_names_of_homes_and_staff_are_harmless_beside_a_typed_time() -> None:
    taken = form_answers.typed(
        report.FORM, state(**BEFORE_TIME), "seen by morgan at rowan house 20:30"
    )
    assert taken.answers["seen~"] == ["2026-11-21T20:30:00+00:00"]
    assert not taken.hint
    strange = form_answers.typed(
        report.FORM, state(**BEFORE_TIME), "seen by zofiya at wrexley 20:30"
    )
    assert strange.answers["seen~"] == ["2026-11-21T20:30:00+00:00"]
    assert strange.hint


def test_a_typed_time_is_shown_in_full_and_taken_with_one_tap() -> None:
    taken = form_answers.typed(report.FORM, state(**BEFORE_TIME), "half eight")
    assert taken.answers["seen~"] == ["2026-11-21T20:30:00+00:00"]
    shown = form_screen.screen(report.FORM, draft(**taken.answers), state(**taken.answers))
    assert "Sat 21 Nov 20:30, 1 h 0 min ago" in shown.text
    assert any(label.startswith("✅ Yes, Sat 21 Nov 20:30") for label in labels(shown))
    value = shown.rows[0][0].data.split(":")[-1]
    kept = form_answers.tap(report.FORM, state(**taken.answers), "seen", value)
    assert kept is not None
    assert kept.answers["seen"] == "2026-11-21T20:30:00+00:00"


def test_two_readings_become_buttons() -> None:
    taken = form_answers.typed(report.FORM, state(**BEFORE_TIME), "yesterday 9:30")
    shown = form_screen.screen(report.FORM, draft(**taken.answers), state(**taken.answers))
    assert [label for label in labels(shown) if "20 Nov" in label] == [
        "Fri 20 Nov 09:30, 1 d 12 h ago",
        "Fri 20 Nov 21:30, 1 d 0 h ago",
    ]
    assert "Another time" in labels(shown)


def test_a_refusal_says_why_and_gives_two_examples() -> None:
    taken = form_answers.typed(report.FORM, state(**BEFORE_TIME), "later tonight")
    assert "seen" not in taken.answers
    assert "21:30" in taken.hint
    assert "half nine last night" in taken.hint


def test_a_late_tap_on_just_now_is_asked_back_with_the_time_it_would_mean() -> None:
    late = msgspec.structs.replace(state(**BEFORE_TIME), late=True)
    taken = form_answers.tap(report.FORM, late, "seen", form_screen.ago(0))
    assert taken is not None
    assert "seen" not in taken.answers
    assert taken.answers["seen~"] == [NOW.isoformat()]


def test_a_tap_on_a_question_that_was_answered_changes_nothing() -> None:
    assert (
        form_answers.tap(report.FORM, state(who=report.NOT_LISTED, age="14"), "who", ". +") is None
    )
    assert form_answers.tap(report.FORM, state(), "!", form_screen.DONE) is None


@pytest.mark.parametrize("value", ["t99999999999999999999", "tx", "a-x", "nonsense", "", "a"])
def test_a_button_that_was_never_there_changes_nothing(value: str) -> None:
    assert form_answers.tap(report.FORM, state(**BEFORE_TIME), "seen", value) is None


def test_back_takes_back_the_last_answer_and_what_hung_on_it() -> None:
    first = {"who": report.NOT_LISTED, "age": "14", "live": "lac"}
    answers: dict[str, Any] = {**first, "auth": "?"}
    taken = form_answers.tap(report.FORM, state(**answers), "known", form_screen.BACK)
    assert taken is not None
    assert taken.answers == first
    again = form_answers.tap(report.FORM, state(**taken.answers), "auth", form_screen.BACK)
    assert again is not None
    assert again.answers == {"who": report.NOT_LISTED, "age": "14"}


def some_answer(step: Any, here: FormState) -> Any:
    """An answer that this question can have had."""
    if step.unknown:
        return "?"
    if isinstance(step, forms.Choice):
        return step.options(here)[0].value
    return NOW.isoformat() if isinstance(step, forms.When) else f"{forms.WORDS}some words"


@pytest.mark.parametrize("form", [report.FORM, *(r.form for r in RECORDINGS.values())])
def test_every_step_of_every_form_can_be_left(form: forms.Form) -> None:
    """Cancel is on every screen, "don't know" wherever an answer may be unknown."""
    here = msgspec.structs.replace(state(), episode=EPISODE, level=2)
    for _ in range(len(form.steps) + 1):
        if (step := forms.current(form, here)) is None:
            return
        shown = form_screen.screen(form, draft(form.kind, **here.answers), here)
        assert "Cancel" in labels(shown), step.key
        assert any(label.startswith("Don't know") for label in labels(shown)) is step.unknown
        assert all(len(b.data.encode()) <= 64 for row in shown.rows for b in row)
        answers = {**here.answers, step.key: some_answer(step, here)}
        here = msgspec.structs.replace(here, answers=answers)
    raise AssertionError(f"{form.kind}: the same question again and again")


def test_own_words_leave_the_chat_and_usual_answers_are_shown() -> None:
    answers = {**BEFORE_TIME, "seen": "?", "back": ""}
    taken = form_answers.typed(report.FORM, state(**answers), "shouting,   then the  door")
    assert taken.sensitive
    assert taken.answers["what"] == f"{forms.WORDS}shouting, then the door"
    shown = form_screen.screen(report.FORM, draft(**taken.answers), state(**taken.answers))
    assert "shouting" not in shown.text
    assert "kept, taken out of this chat" in shown.text


def test_a_long_text_is_cut_between_its_paragraphs_and_keeps_its_buttons() -> None:
    from handlers.chat import Button

    text = "\n\n".join(f"<b>RH-{n}</b> {'x' * 400}" for n in range(30))
    parts = split(Screen(text, ((Button("Case", "c:1"),),)))
    assert all(visible(part.text) <= 4096 for part in parts)
    assert all(part.text.startswith("<b>RH-") for part in parts)
    assert [bool(part.rows) for part in parts] == [False] * (len(parts) - 1) + [True]
    assert split(Screen("x" * 9000))[0].text == "x" * 2048
