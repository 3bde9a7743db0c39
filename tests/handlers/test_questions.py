"""Each kind of question by itself, on a form of its own: what is shown, and what every tap and
every typed word does."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from handlers import form as forms
from handlers import form_answers, form_screen
from handlers.chat import Screen
from handlers.form import Choice, Form, FormState, Option, Ticks, When, Words, current
from handlers.form_answers import Taken, tap, typed
from handlers.form_screen import screen
from protocol.provider import Home, Provider, Role, Staff
from storage.model import Draft

NOW = datetime(2026, 11, 21, 21, 30, 40, tzinfo=UTC)
STAFF = Staff(id="morgan", name="Morgan Example", telegram_id=7001, role=Role.DUTY_MANAGER)
SERVICE = Provider(homes=(Home(id="rowan", name="Rowan House", prefix="RH"),), staff=(STAFF,))


def options(*values: str) -> Any:
    """Buttons called like their values."""
    return lambda _: [Option(value.title(), value) for value in values]


def early(at: datetime, _: FormState) -> str:
    return "That is too early." if at < NOW - timedelta(hours=5) else ""


WHERE = Choice(key="where", ask=lambda _: "Where?", label="Where", options=options("shop", "park"))
WITH = Ticks(
    key="with",
    ask=lambda _: "With whom?",
    label="With",
    options=options("amy", "ben", "cay"),
    wrong=lambda value, _: "Not Amy and Ben." if {"amy", "ben"} <= {*value} else "",
)
AT = When(
    key="at",
    ask=lambda _: "When?",
    label="When",
    quick=lambda _: [
        Option("Just now", form_screen.ago(0)),
        Option("5 min ago", form_screen.ago(5)),
    ],
    conflict=early,
    optional="No time",
    unknown=False,
)
WHAT = Words(
    key="what",
    ask=lambda _: "What happened?",
    label="What",
    options=options("nothing", "much"),
    skip="Skip",
    unknown=False,
)
HOW = Choice(
    key="how",
    ask=lambda _: "How?",
    label="How",
    options=options("on foot", "by bus"),
    unknown=False,
    applies=lambda c: c.answers.get("where") == "park",
)
FORM = Form(kind="try", title=lambda _: "A try", steps=(WHERE, HOW, WITH, AT, WHAT))
REVIEWED = Form(
    kind="try",
    title=lambda _: "A try",
    notice="Nothing is saved yet.",
    steps=(WHERE, AT),
    review=lambda _: "Save it?",
    save_label="Save now",
)


def state(**answers: Any) -> FormState:
    return FormState(answers=answers, now=NOW, staff=STAFF, service=SERVICE)


def alone(step: Any) -> Form:
    return Form(kind="try", title=lambda _: "A try", steps=(step,), review=lambda _: "Save it?")


def shown(form: Form, hint: str = "", **answers: Any) -> Screen:
    draft = Draft(id="d1", owner="morgan", kind="try", started_at=NOW, answers=answers)
    return screen(form, draft, state(**answers), hint)


def buttons(found: Screen) -> list[list[tuple[str, str]]]:
    """Label and what is sent, without the draft's id."""
    assert all(b.data.startswith("f:d1:") for row in found.rows for b in row)
    return [[(b.label, b.data.removeprefix("f:d1:")) for b in row] for row in found.rows]


def after(form: Form, step: str, value: str, **answers: Any) -> dict[str, Any]:
    """The answers after a tap that only answers."""
    taken = tap(form, state(**answers), step, value)
    assert taken is not None and not taken.hint and not taken.cancelled
    return taken.answers


# What is shown --------------------------------------------------------------------------------


def test_the_first_question_is_shown_with_its_options_and_the_way_out() -> None:
    first = shown(FORM)
    assert first.text == "<b>A try</b>\n\nWhere?"
    assert buttons(first) == [
        [("Shop", "where:.shop")],
        [("Park", "where:.park")],
        [("Don't know", "where:?")],
        [("Cancel", "where:x")],
    ]


def test_answers_stand_above_the_question_that_comes_next() -> None:
    second = shown(FORM, where="park")
    assert second.text == "<b>A try</b>\nWhere: park\n\nHow?"
    assert buttons(second) == [
        [("On Foot", "how:.on foot")],
        [("By Bus", "how:.by bus")],
        [("‹ Back", "how:<"), ("Cancel", "how:x")],
    ]


def test_a_hint_stands_between_the_answers_and_the_question() -> None:
    assert shown(FORM, "Please.", where="shop").text == (
        "<b>A try</b>\nWhere: shop\n\nPlease.\n\nWith whom?"
    )


def test_before_saving_all_answers_are_shown_and_save_is_last() -> None:
    at = datetime(2026, 11, 21, 21, 0, tzinfo=UTC).isoformat()
    whole = shown(REVIEWED, where="shop", at=at)
    lines = whole.text.splitlines()
    assert lines[:3] == ["<b>A try</b>", "Nothing is saved yet.", "Where: shop"]
    assert lines[3].startswith("When: ")
    assert lines[4:] == ["", "Save it?"]
    assert buttons(whole) == [[("‹ Back", "!:<"), ("Cancel", "!:x")], [("Save now", "!:ok")]]
    plain = msgspec.structs.replace(REVIEWED, save_label="")
    assert buttons(shown(plain, where="shop", at=at))[-1] == [("✅ Save", "!:ok")]


def test_an_answer_that_no_longer_holds_is_asked_again_with_the_reason() -> None:
    again = shown(FORM, "Please.", where="school")
    assert again.text == (
        "<b>A try</b>\n\nPlease.\n"
        "What you chose here is no longer on the list. Please choose again.\n\nWhere?"
    )
    assert current(FORM, state(where="school")) == WHERE


def test_ticks_are_shown_two_in_a_row_with_continue_last() -> None:
    form = alone(WITH)
    assert buttons(shown(form)) == [
        [("Amy", "with:.amy"), ("Ben", "with:.ben")],
        [("Cay", "with:.cay")],
        [("Cancel", "with:x"), ("Don't know", "with:?")],
        [("None of these", "with:ok")],
    ]
    ticked = buttons(shown(form, **{"with~": ["ben"]}))
    assert ticked[0][1][0] == forms.say.ticked("Ben")
    assert ticked[0][0][0] == "Amy"
    rest = ("Don't know about the rest", "with:?")
    assert ticked[2] == [("‹ Back", "with:<"), ("Cancel", "with:x"), rest]
    assert ticked[3] == [(forms.say.these(1), "with:ok")]


def test_ticks_that_must_be_known_offer_no_unknown() -> None:
    form = alone(msgspec.structs.replace(WITH, unknown=False))
    labels = [label for row in buttons(shown(form, **{"with~": ["ben"]})) for label, _ in row]
    assert not any(label.startswith("Don't know") for label in labels)
    assert tap(form, state(), "with", forms.UNKNOWN) is None


def test_what_is_ticked_before_is_shown_ticked() -> None:
    form = alone(msgspec.structs.replace(WITH, preset=lambda _: ["cay"]))
    assert buttons(shown(form))[1][0][0] == forms.say.ticked("Cay")
    assert after(form, "with", "ok") == {"with": ["cay"]}
    assert after(form, "with", ".amy") == {"with~": ["cay", "amy"]}
    assert after(form, "with", ".cay") == {"with~": []}


def test_a_time_is_asked_with_quick_answers_two_in_a_row() -> None:
    form = alone(AT)
    assert buttons(shown(form)) == [
        [("Just now", "at:a0"), ("5 min ago", "at:a5")],
        [("No time", "at:-")],
        [("Cancel", "at:x")],
    ]
    must = alone(msgspec.structs.replace(AT, optional="", unknown=True))
    assert buttons(shown(must))[1:] == [[("Don't know", "at:?")], [("Cancel", "at:x")]]


def test_one_reading_is_asked_and_several_are_offered() -> None:
    form = alone(AT)
    nine = datetime(2026, 11, 21, 21, 0, tzinfo=UTC)
    ten = datetime(2026, 11, 21, 10, 0, tzinfo=UTC)
    one = shown(form, **{"at~": [nine.isoformat()]})
    assert "Sat 21 Nov 21:00, 30 min ago" in one.text
    assert buttons(one) == [
        [(forms.say.yes_at("Sat 21 Nov 21:00, 30 min ago"), f"at:{form_screen.stamp(nine)}")],
        [("Another time", "at:no")],
        [("‹ Back", "at:<"), ("Cancel", "at:x")],
    ]
    both = shown(form, **{"at~": [nine.isoformat(), ten.isoformat()]})
    assert both.text.endswith("Which one do you mean?")
    assert [row[0][1] for row in buttons(both)][:3] == [
        f"at:{form_screen.stamp(nine)}", f"at:{form_screen.stamp(ten)}", "at:no"
    ]  # fmt: skip
    assert buttons(both)[0][0][0].startswith("Sat 21 Nov 21:00")


def test_words_are_asked_with_usual_answers_and_skip() -> None:
    assert buttons(shown(alone(WHAT))) == [
        [("Nothing", "what:.nothing"), ("Much", "what:.much")],
        [("Skip", "what:")],
        [("Cancel", "what:x")],
    ]
    none = alone(Words(key="what", ask=lambda _: "What?", label="What"))
    assert buttons(shown(none)) == [[("Don't know", "what:?")], [("Cancel", "what:x")]]


LONG = "word " * 620


def test_a_long_text_waits_until_the_person_says_that_it_is_all() -> None:
    kept = {"text": LONG.strip(), "at": NOW.isoformat()}
    found = shown(alone(WHAT), **{"what~": kept})
    assert found.text.endswith(forms.say.long_text(len(LONG.strip())))
    assert buttons(found) == [
        [("Type it anew", "what:no")],
        [("‹ Back", "what:<"), ("Cancel", "what:x")],
        [("✅ That's all", "what:ok")],
    ]
    limit = {"text": "x" * form_screen.TEXT_LIMIT, "at": NOW.isoformat()}
    assert buttons(shown(alone(WHAT), **{"what~": limit}))[-1][0][0] == "✅ That's all"
    over = {"text": "x" * (form_screen.TEXT_LIMIT + 1), "at": NOW.isoformat()}
    too_long = shown(alone(WHAT), **{"what~": over})
    assert too_long.text.endswith(
        forms.say.too_long(form_screen.TEXT_LIMIT + 1, form_screen.TEXT_LIMIT)
    )
    assert buttons(too_long)[0] == [("Type it anew", "what:no")]
    assert buttons(too_long)[-1] == [("✅ Keep it all, the rest as a note", "what:ok")]


@pytest.mark.parametrize("kind", [Choice, Ticks])
def test_many_options_turn_pages(kind: Any) -> None:
    names = [f"name {number}" for number in range(40)]
    form = alone(kind(key="many", ask=lambda _: "Which?", label="Which", options=options(*names)))
    per_row = 2 if kind is Ticks else 1
    first = buttons(shown(form))
    assert (
        len([1 for row in first for _, data in row if data.startswith("many:.")])
        == form_screen.PAGE * per_row
    )
    assert ("Next page ›", "many:more:1") in [one for row in first for one in row]
    there = after(form, "many", "more:1")
    second = shown(form, **there)
    assert buttons(second)[0][0][0] == f"Name {form_screen.PAGE * per_row}"
    assert ("‹ Page before", "many:more:0") in [one for row in buttons(second) for one in row]
    assert ("Cancel", "many:x") in [one for row in buttons(second) for one in row]
    chosen = after(form, "many", ".name 39", **there)
    if kind is Choice:
        assert chosen == {"many": "name 39"}, "no page is left behind"
    else:
        assert chosen["many~"] == ["name 39"]
        assert after(form, "many", "ok", **chosen) == {"many": ["name 39"]}
    odd = {"many~": "odd"} if kind is Choice else {"many#~": "odd"}
    assert buttons(shown(form, **odd))[0][0][0] == "Name 0", "a page that is none is the first"
    assert after(form, "many", "more:x") in ({"many~": 0}, {"many#~": 0})


# What a tap does ------------------------------------------------------------------------------


def test_a_tap_answers_the_question_and_says_when_the_form_is_at_its_end() -> None:
    taken = tap(FORM, state(), "where", ".shop")
    assert taken == Taken({"where": "shop"})
    last = {"where": "shop", "with": [], "at": "", "what": ""}
    assert current(FORM, state(**last)) is None
    del last["what"]
    for value, kept in ((".much", "much"), ("", "")):
        assert tap(FORM, state(**last), "what", value) == Taken(
            {**last, "what": kept}, finished=True
        )


def test_with_a_review_the_last_answer_does_not_save() -> None:
    taken = tap(REVIEWED, state(where="shop"), "at", "-")
    assert taken == Taken({"where": "shop", "at": ""})
    both = {"where": "shop", "at": ""}
    assert tap(REVIEWED, state(**both), "!", "ok") == Taken(both, finished=True)
    assert tap(REVIEWED, state(**both), "!", "else") == Taken(both)
    assert tap(REVIEWED, state(**both), "at", "-") is None


def test_cancel_and_a_button_of_another_question() -> None:
    assert tap(FORM, state(where="shop"), "with", "x") == Taken({"where": "shop"}, cancelled=True)
    assert tap(FORM, state(where="shop"), "where", ".park") is None
    assert tap(FORM, state(), "where", ".school") is None
    assert tap(FORM, state(), "where", "shop") is None
    assert tap(FORM, state(), "where", "ok") is None


def test_unknown_is_an_answer_where_it_is_offered() -> None:
    assert after(FORM, "where", "?", **{"where~": 1}) == {"where": "?"}
    assert tap(alone(WHAT), state(), "what", "?") is None
    assert tap(alone(AT), state(), "at", "?") is None
    open_time = alone(msgspec.structs.replace(AT, unknown=True))
    assert after(open_time, "at", "?", **{"at~": [NOW.isoformat()]}) == {"at": "?"}
    assert current(open_time, state(at="?")) is None


def test_ticks_go_on_and_off_and_unknown_keeps_them() -> None:
    form = alone(WITH)
    assert after(form, "with", ".ben") == {"with~": ["ben"]}
    assert after(form, "with", ".cay", **{"with~": ["ben"]}) == {"with~": ["ben", "cay"]}
    assert after(form, "with", ".ben", **{"with~": ["ben", "cay"]}) == {"with~": ["cay"]}
    assert after(form, "with", "?") == {"with": "?"}
    page = {"with~": ["ben"], "with#~": 1}
    assert after(form, "with", "?", **page) == {"with": ["ben", "?"]}
    assert after(form, "with", "ok", **page) == {"with": ["ben"]}
    gone = {"with~": ["dee", "ben"]}
    assert after(form, "with", "ok", **gone) == {"with": ["ben"]}, "who is not there any more"
    assert tap(form, state(), "with", ".dee") is None
    assert tap(form, state(), "with", "amy") is None


def test_ticks_that_cannot_be_right_together_are_asked_again() -> None:
    wrong = {"with": ["amy", "ben"]}
    assert current(alone(WITH), state(**wrong)) == WITH
    assert "Not Amy and Ben." in shown(alone(WITH), **wrong).text
    assert current(alone(WITH), state(**{"with": ["amy", "dee"]})) == WITH
    assert current(alone(WITH), state(**{"with": "amy"})) == WITH
    assert current(alone(WITH), state(**{"with": ["amy", "?"]})) is None


def test_a_quick_time_counts_back_from_the_tap_to_the_minute() -> None:
    assert after(alone(AT), "at", "a5") == {"at": "2026-11-21T21:25:00+00:00"}
    assert after(alone(AT), "at", "a0", **{"at~": []}) == {"at": "2026-11-21T21:30:00+00:00"}
    assert tap(alone(AT), state(), "at", "a7") is None, "no such button"
    assert after(alone(AT), "at", "-") == {"at": ""}
    assert current(alone(AT), state(at="")) is None
    must = alone(msgspec.structs.replace(AT, optional=""))
    assert tap(must, state(), "at", "-") is None


def test_a_reading_is_taken_if_it_was_offered() -> None:
    nine = datetime(2026, 11, 21, 21, 0, tzinfo=UTC)
    waiting = {"at~": [nine.isoformat()]}
    assert after(alone(AT), "at", form_screen.stamp(nine), **waiting) == {"at": nine.isoformat()}
    assert tap(alone(AT), state(), "at", form_screen.stamp(nine)) is None
    assert after(alone(AT), "at", "no", **waiting) == {}
    other = form_screen.stamp(nine + timedelta(minutes=1))
    assert tap(alone(AT), state(**waiting), "at", other) is None


def test_a_late_quick_time_is_asked_back_and_a_late_reading_is_not() -> None:
    late = msgspec.structs.replace(state(), late=True)
    taken = tap(alone(AT), late, "at", "a5")
    assert taken == Taken({"at~": ["2026-11-21T21:25:00+00:00"]}, hint=forms.say.LATE_TAP)
    nine = datetime(2026, 11, 21, 21, 0, tzinfo=UTC)
    waiting = msgspec.structs.replace(late, answers={"at~": [nine.isoformat()]})
    taken = tap(alone(AT), waiting, "at", form_screen.stamp(nine))
    assert taken == Taken({"at": nine.isoformat()})


def test_a_time_that_cannot_be_right_says_why_and_is_not_kept() -> None:
    three = datetime(2026, 11, 21, 15, 0, tzinfo=UTC)
    wrong = {"at": three.isoformat(), "at~": [three.isoformat()]}
    taken = tap(alone(AT), state(**wrong), "at", form_screen.stamp(three))
    assert taken == Taken({}, hint="That is too early.")
    assert current(alone(AT), state(at=three.isoformat())) == AT
    assert current(alone(AT), state(at="?")) == AT, "unknown, where it may not be"


def test_the_words_that_wait_are_all_or_are_typed_anew() -> None:
    kept = {"what~": {"text": "a long text", "at": NOW.isoformat()}}
    assert tap(alone(WHAT), state(**kept), "what", "ok") == Taken({"what": '"a long text'})
    assert tap(alone(WHAT), state(**kept), "what", "no") == Taken({})
    assert tap(alone(WHAT), state(**kept), "what", ".much") is None
    must = alone(msgspec.structs.replace(WHAT, skip=""))
    assert tap(must, state(), "what", "") is None


def test_an_answer_that_no_longer_applies_goes_with_what_it_hung_on() -> None:
    both = {"where": "gone", "how": "on foot"}
    assert after(FORM, "where", ".shop", **both) == {"where": "shop"}
    assert after(FORM, "where", ".park", **both) == {"where": "park", "how": "on foot"}


# Back -----------------------------------------------------------------------------------------


def test_back_takes_back_the_answer_before_this_question() -> None:
    answers = {"where": "park", "how": "on foot"}
    assert after(FORM, "with", "<", **answers) == {"where": "park"}
    assert after(FORM, "how", "<", where="park") == {}
    assert after(FORM, "where", "<") == {}
    whole = {"where": "shop", "at": ""}
    assert after(REVIEWED, "!", "<", **whole) == {"where": "shop"}


def test_back_from_a_time_that_waits_for_its_tap_asks_for_the_time_again() -> None:
    waiting = {"where": "shop", "at~": [NOW.isoformat()]}
    assert after(REVIEWED, "at", "<", **waiting) == {"where": "shop"}


def test_back_from_ticks_or_a_page_takes_these_back_too() -> None:
    assert after(FORM, "with", "<", **{"where": "shop", "with~": ["amy"]}) == {}


def test_back_from_an_answer_that_no_longer_holds_takes_that_back_alone() -> None:
    """A later answer stays: only what stands before the question is before it."""
    wrong = {"where": "school", "at": ""}
    assert after(REVIEWED, "where", "<", **wrong) == {"at": ""}
    later = {"at": ""}
    assert after(REVIEWED, "where", "<", **later) == {"at": ""}


# What is typed --------------------------------------------------------------------------------


def test_a_label_that_is_typed_is_its_button() -> None:
    taken = typed(FORM, state(**{"where~": 1}), " sHOP ")
    assert taken == Taken({"where": "shop"})
    taken = typed(FORM, state(), "school")
    assert taken == Taken({}, hint=forms.say.USE_BUTTONS, sensitive=True, kept=False)
    taken = typed(alone(WITH), state(), "amy")
    assert taken == Taken({}, hint=forms.say.USE_BUTTONS, sensitive=True, kept=False)
    both = {"where": "shop", "at": ""}
    taken = typed(REVIEWED, state(**both), "save it")
    assert taken == Taken(both, hint=forms.say.USE_BUTTONS, sensitive=True, kept=False)


def test_a_typed_time_waits_for_its_tap() -> None:
    taken = typed(alone(AT), state(**{"at~": [NOW.isoformat()]}), "21:05")
    assert taken == Taken({"at~": ["2026-11-21T21:05:00+00:00"]})
    taken = typed(alone(AT), state(**{"at~": [NOW.isoformat()]}), "the time of cherries")
    assert taken.answers == {} and not taken.kept and not taken.sensitive
    assert taken.hint.startswith("I need a clock time for that.")


def test_a_time_to_come_is_refused_and_what_was_likely_meant_is_offered() -> None:
    summer = msgspec.structs.replace(state(), now=datetime(2026, 7, 4, 21, 30, tzinfo=UTC))
    for now, text, meant in (
        (state(), "22:05", "2026-11-20T22:05:00+00:00"),
        (summer, "22:45", "2026-07-03T21:45:00+00:00"),
    ):
        assert typed(alone(AT), now, text) == Taken(
            {"at~": [meant]}, hint=forms.say.refused("future", offering=True), kept=False
        )


def test_typed_times_are_kept_in_utc_in_summer_too() -> None:
    summer = msgspec.structs.replace(state(), now=datetime(2026, 7, 4, 21, 30, tzinfo=UTC))
    taken = typed(alone(AT), summer, "22:05")
    assert taken.answers == {"at~": ["2026-07-04T21:05:00+00:00"]}


def test_typed_words_are_the_answer_and_leave_the_chat() -> None:
    taken = typed(alone(WHAT), state(), "  she   said\n nothing ")
    assert taken == Taken({"what": '"she said\nnothing'}, sensitive=True)
    assert typed(alone(WHAT), state(), "  \n ") == Taken({}, hint=forms.say.EMPTY)
    short = "x" * (form_answers.LONG_TEXT - 1)
    assert typed(alone(WHAT), state(), short) == Taken({"what": f'"{short}'}, sensitive=True)
    long = "x" * form_answers.LONG_TEXT
    waits = {"what~": {"text": long, "at": NOW.isoformat()}}
    assert typed(alone(WHAT), state(), long) == Taken(waits, sensitive=True)


def test_more_of_a_long_text_is_joined_while_it_may_be_a_part() -> None:
    """Within ten seconds always; later as long as the text before was not too long already."""

    def then(length: int, seconds: float, text: str = "and more") -> dict[str, Any]:
        at = NOW - timedelta(seconds=seconds)
        waits = {"what~": {"text": "x" * length, "at": at.isoformat()}}
        taken = typed(alone(WHAT), state(**waits), text)
        assert taken.sensitive and taken.kept and not taken.hint
        return taken.answers

    def joined(length: int, between: str = " ") -> dict[str, Any]:
        return {"what~": {"text": "x" * length + between + "and more", "at": NOW.isoformat()}}

    assert then(3500, 60) == joined(3500)
    assert then(form_screen.TEXT_LIMIT, 60) == joined(form_screen.TEXT_LIMIT)
    assert then(form_answers.IN_ONE_PART, 10) == joined(form_answers.IN_ONE_PART, between="")
    assert then(4050, 10) == joined(4050)
    assert then(4050, 11) == {"what": '"and more'}, "a shorter text in its place"
    again = "y" * form_answers.LONG_TEXT
    assert then(4050, 11, again) == {"what~": {"text": again, "at": NOW.isoformat()}}


def test_a_kept_answer_in_words_holds_as_long_as_its_button_is_there() -> None:
    assert current(alone(WHAT), state(what='"her own words')) is None
    assert current(alone(WHAT), state(what="")) is None
    assert current(alone(WHAT), state(what="much")) is None
    assert current(alone(WHAT), state(what="a lot")) == WHAT
    wrong = msgspec.structs.replace(WHAT, wrong=lambda value, _: "No." if "bad" in value else "")
    assert current(alone(wrong), state(what='"a bad word')) == wrong


def test_a_moment_that_was_kept() -> None:
    at = NOW.isoformat()
    assert forms.moment({"at": at}, "at") == NOW
    for nothing in ({}, {"at": ""}, {"at": "?"}):
        assert forms.moment(nothing, "at") is None
