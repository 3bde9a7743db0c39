"""The dry run: one JSON object in, one out; mistakes are named with their path."""

from __future__ import annotations

import io
import json
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protocol.command import DryRun, run_assess
from protocol.episode_json import one_slip_apart

CASE = {
    "now": "2026-03-02T19:00:00+00:00",
    "episode": {
        "category": "unauthorised_absence",
        "child": {"dob": "2011-09-10", "historical_concerns": False},
        "last_seen_at": "2026-03-02T18:00:00+00:00",
        "aware_at": "2026-03-02T18:20:00+00:00",
    },
}


def ask(run=None, **changes):
    return (run or DryRun()).answer(json.dumps({**CASE, **changes}).encode())


def with_episode(**changes):
    return ask(episode={**CASE["episode"], **changes})


def with_child(**changes):
    return with_episode(child={**CASE["episode"]["child"], **changes})


def test_the_answer_has_the_fields_that_are_promised():
    assert list(ask()) == [
        "level", "level_reasons", "reasons", "due", "out_of_hours", "age", "count_90",
        "elapsed_minutes", "ra_route", "closable", "to_settle", "emergency", "prompts", "placing",
        "changes_at",
    ]  # fmt: skip


def test_without_an_episode_it_answers_the_office_hours_alone():
    assert DryRun().answer(b'{"now": "2026-07-01T16:30:00Z"}') == {"out_of_hours": True}
    config = {"office_close": "18:00"}
    question = {"now": "2026-07-01T16:30:00Z", "config": config}
    assert DryRun().answer(json.dumps(question).encode()) == {"out_of_hours": False}


BAD = [
    ({"now": None}, "now: is missing"),
    ({"now": "2026-03-02T19:00:00"}, "now: "),
    ({"now": "yesterday"}, "now: "),
    ({"now": 5}, "now: "),
    ({"now": "0001-01-01T00:00:00Z"}, "now: "),
    ({"nwo": "x"}, "nwo: unknown field; is now meant?"),
    ({"episode": []}, "episode: [] is not an object"),
    ({"episode": {}}, "episode.child: is missing"),
    ({"history": {}}, "history: {} is not a list"),
    ({"history": [{"category": "missing"}]}, "history[0].start: is missing"),
    ({"history": [{"category": "gone", "start": "x"}]}, 'history[0].category: "gone"'),
    ({"history": [3]}, "history[0]: 3 is not an object"),
    ({"config": []}, "config: is not an object"),
    ({"config": {"strategy_dais": 1}}, "config.strategy_dais: unknown setting"),
    ({"config": {"strategy_days": "x"}}, "config.strategy_days: "),
    ({"config": {"staffs_tiers": [3, "x"]}}, "config.staffs_tiers[1]: "),
    ({"config": {"additional_factors": ["x"]}}, "config.additional_factors[0]: "),
    ({"config": {"tz": "Nowhere/Here"}}, "config.tz: "),
    ({"config": {"profile": None}}, "config.profile: "),
    ({"pack": "nowhere"}, "pack: "),
    ({"pack": 3}, "pack: is not text"),
    ({"pack": "\0.toml"}, "pack: "),
    ({"pack": "x" * 5000}, "pack: "),
    ({"pack": "x" * 5000 + ".toml"}, "pack: "),
    ({"preset": "brave"}, "preset: "),
    ({"pack": "presets-of-ours"}, "pack: presets-of-ours: "),
    ({"patch": {}}, "patch: "),
]


@pytest.mark.parametrize(("changes", "error"), BAD, ids=[error for _, error in BAD])
def test_a_bad_question_is_answered_with_the_path(changes, error):
    answer = ask(**changes)
    assert list(answer) == ["error"]
    assert answer["error"].startswith(error.rstrip(" "))


BAD_EPISODE = [
    ({"category": "lost"}, "episode.category: "),
    ({"category": None}, "episode.category: is missing"),
    ({"retruned_at": "x"}, "episode.retruned_at: unknown field; is returned_at meant?"),
    ({"returned_at": "2026-03-02T20:00:00"}, "episode.returned_at: "),
    ({"returned_at": "2026-13-02T20:00:00Z"}, "episode.returned_at: "),
    ({"returned_at": True}, "episode.returned_at: "),
    ({"abducted": "maybe"}, "episode.abducted: "),
    ({"abducted": "unknown"}, "episode.abducted: "),
    ({"notifications": {}}, "episode.notifications: "),
    ({"notifications": [{"type": "parents"}]}, "episode.notifications[0].at: is missing"),
    ({"notifications": [{"tipe": "parents"}]}, "episode.notifications[0].tipe: unknown field"),
    ({"parents_withheld_reason": 1}, "episode.parents_withheld_reason: "),
    ({"last_seen_at": None, "aware_at": None}, "episode: has no time"),
]


@pytest.mark.parametrize(("changes", "error"), BAD_EPISODE, ids=[e for _, e in BAD_EPISODE])
def test_a_bad_episode_is_answered_with_the_path(changes, error):
    assert with_episode(**changes)["error"].startswith(error.rstrip(" "))


BAD_CHILD = [
    ({"dob": "10/09/2011"}, "episode.child.dob: "),
    ({"dob": 2011}, "episode.child.dob: "),
    ({"dob": "1800-01-01"}, "episode.child.dob: "),
    ({"age": 14.5}, "episode.child.age: "),
    ({"age": True}, "episode.child.age: "),
    ({"looked_after": "sometimes"}, "episode.child.looked_after: "),
    ({"looked_after": "unknown"}, "episode.child.looked_after: "),
    ({"looked_aftre": True}, "episode.child.looked_aftre: unknown field"),
    ({"historical_concerns": "some"}, "episode.child.historical_concerns: "),
    ({"responsible_la": ["x"]}, "episode.child.responsible_la: "),
]


@pytest.mark.parametrize(("changes", "error"), BAD_CHILD, ids=[error for _, error in BAD_CHILD])
def test_a_bad_child_is_answered_with_the_path(changes, error):
    assert with_child(**changes)["error"].startswith(error.rstrip(" "))


def test_an_answer_that_cannot_be_used_is_told_with_those_that_can():
    assert with_child(looked_after="Y")["error"].endswith("allowed: true, false")
    assert with_child(looked_after="unknown")["error"].endswith("allowed: true, false")
    assert with_child(cse_risk="Y")["error"].endswith("allowed: true, false, unknown")


def test_what_the_rules_do_not_know_is_left_aside_and_listed():
    """A description of the case is no mistake, but nothing is dropped unseen."""
    answer = with_child(hair="brown")
    assert answer["ignored"] == ["episode.child.hair"]
    assert ask(colour="red")["ignored"] == ["colour"]
    assert "ignored" not in with_episode(whereabouts_known=True, note="n", police_reference="r")
    told = [{"type": "school", "at": "2026-03-02T18:30:00Z"}]
    assert with_episode(notifications=told)["ignored"] == ["episode.notifications[0]"]


def test_missing_fields_of_the_child_are_read_cautiously():
    answer = with_episode(child={})
    assert (answer["age"], answer["level"]) == (None, 2)
    assert "HAR-HC-UNKNOWN" in answer["reasons"]
    assert "HAR-RT-4" in answer["reasons"]


@pytest.mark.parametrize("value", [True, "yes", "unknown"])
def test_a_factor_counts_at_either_place_and_when_unknown(value):
    assert with_child(cse_risk=value)["level"] == 2
    assert with_episode(gang_risk=value)["level"] == 2
    assert with_child(cse_risk="no", gang_risk=False)["level"] == 1


def test_what_happened_while_away_counts_at_either_place():
    back = {"category": "missing", "returned_at": "2026-03-02T18:50:00Z"}
    child = CASE["episode"]["child"]
    for name, reason in (
        ("crime_while_away", "SG-RI-PCRIME"),
        ("crime", "SG-RI-PCRIME"),
        ("harmed_while_away", "SG-RI-PHARM"),
        ("harmed", "SG-RI-PHARM"),
        ("mental_health", "SG-RI-PMH"),
        ("risky_contacts", "SG-RI-PCONTACT"),
    ):
        assert reason in with_episode(**back, **{name: True})["reasons"]
        assert reason in with_episode(**back, child={**child, name: True})["reasons"]


def test_who_reported_may_be_said_in_words():
    assert "HAR-SH-AGENCY" in with_episode(reported_by="other_agency")["reasons"]
    both = with_episode(reported_by="school", parents_reported=True)
    assert "HAR-SH-AGENCY" not in both["reasons"]
    assert "HAR-SH-AGENCY" not in with_episode(reported_by="parents")["reasons"]
    assert "HAR-SH-AGENCY" not in with_episode(reported_by="foster_carer")["reasons"]


def test_a_slip_is_one_letter_more_less_other_or_two_swapped():
    assert one_slip_apart("retruned_at", "returned_at")
    assert one_slip_apart("returnd_at", "returned_at")
    assert one_slip_apart("returnedd_at", "returned_at")
    assert one_slip_apart("returmed_at", "returned_at")
    assert one_slip_apart("now", "nwo")
    assert not one_slip_apart("located_by", "located_at")
    assert not one_slip_apart("returned", "returned_at")
    assert not one_slip_apart("abcd", "badc")


def test_a_preset_and_a_config_together():
    young = {"child": {**CASE["episode"]["child"], "dob": "2014-12-01"}}
    late = {"now": "2026-03-02T20:30:00+00:00", "episode": {**CASE["episode"], **young}}
    assert ask(**late)["level"] == 2
    assert ask(**late, preset="literal")["level"] == 1
    assert ask(**late, preset="literal", config={"older_band_min_age": 12})["level"] == 2


def test_lines_are_answered_in_order_and_a_bad_one_does_not_stop_the_run(tmp_path):
    other = {**CASE, "now": "2026-03-02T22:00:00+00:00"}
    questions = [json.dumps(CASE), "{", "", "[1]", "\xff", json.dumps(other)]
    file = tmp_path / "questions.jsonl"
    file.write_text("\n".join(questions) + "\n", "latin-1")
    out = io.StringIO()
    assert run_assess(file, True, out) == 1
    answers = [json.loads(line) for line in out.getvalue().splitlines()]
    assert len(answers) == 6
    assert ["error" in answer for answer in answers] == [False, True, True, True, True, False]
    assert [answers[0]["level"], answers[5]["level"]] == [1, 2]


def test_all_lines_good_is_status_0(tmp_path):
    file = tmp_path / "questions.jsonl"
    file.write_text(json.dumps(CASE) + "\n" + json.dumps(CASE), "utf-8")
    out = io.StringIO()
    assert run_assess(str(file), True, out) == 0
    assert len(out.getvalue().splitlines()) == 2


def test_one_object_from_standard_input(monkeypatch):
    class Input:
        buffer = io.BytesIO(json.dumps(CASE, indent=1).encode())

    monkeypatch.setattr(sys, "stdin", Input())
    out = io.StringIO()
    assert run_assess("-", False, out) == 0
    assert json.loads(out.getvalue())["level"] == 1


def test_a_file_that_is_not_there(tmp_path):
    out = io.StringIO()
    assert run_assess(tmp_path / "none.json", False, out) == 1
    assert "cannot be read" in json.loads(out.getvalue())["error"]


def test_another_pack_as_the_base(tmp_path):
    from tests.protocol.test_pack import EXAMPLE

    file = tmp_path / "case.json"
    file.write_text(json.dumps(CASE), "utf-8")
    out = io.StringIO()
    assert run_assess(file, False, out, dry_run=DryRun(EXAMPLE)) == 0
    assert json.loads(out.getvalue())["level_reasons"] == ["EX-L1"]


def test_more_variants_than_are_remembered():
    run = DryRun()
    for minutes in range(150):
        answer = ask(run, config={"notify_ra_min": minutes})
        assert "error" not in answer


def test_json_nested_beyond_reason_is_an_error_not_a_crash():
    assert "error" in DryRun().answer(b"[" * 100_000)
    deep = json.dumps(CASE)[:-1] + ', "history": ' + "[" * 50_000 + "]" * 50_000 + "}"
    assert "error" in DryRun().answer(deep.encode())


def test_a_file_saved_by_an_editor_that_marks_its_encoding(tmp_path):
    file = tmp_path / "cases.jsonl"
    file.write_text(json.dumps(CASE) + "\n", encoding="utf-8-sig")
    out = io.StringIO()
    assert run_assess(file, True, out) == 0
    assert json.loads(out.getvalue())["level"] == 1


def test_a_line_in_another_encoding_does_not_stop_the_run(tmp_path):
    """A note typed in Latin-1: that line is an error, the next one is answered."""
    file = tmp_path / "cases.jsonl"
    good = json.dumps(CASE).encode()
    file.write_bytes(b'{"now": "caf\xe9"}\n' + good + b"\n")
    out = io.StringIO()
    assert run_assess(file, True, out) == 1
    first, second = (json.loads(line) for line in out.getvalue().splitlines())
    assert first["error"].startswith("not JSON: ")
    assert second["level"] == 1


def test_a_terminal_without_unicode_gets_the_same_answer_escaped(tmp_path):
    file = tmp_path / "cases.jsonl"
    file.write_text(json.dumps({**CASE, "preset": "café"}) + "\n")
    raw = io.BytesIO()
    out = io.TextIOWrapper(raw, encoding="ascii", write_through=True)
    assert run_assess(file, True, out) == 1
    assert "'café'" in json.loads(raw.getvalue())["error"]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3)
    ),
    max_leaves=6,
)  # fmt: skip
PATHS = [
    ("now",), ("episode",), ("history",), ("config",), ("pack",), ("preset",),
    *[("episode", key) for key in (*CASE["episode"], "returned_at", "notifications", "abducted")],
    *[("episode", "child", key) for key in ("dob", "age", "looked_after", "historical_concerns")],
    *[("config", key) for key in ("tz", "staffs_tiers", "office_open", "level3_categories", "x")],
]  # fmt: skip
RUN = DryRun()


@settings(max_examples=400)
@given(st.sampled_from(PATHS), JSON)
def test_any_json_anywhere_is_answered(path, value):
    """Whatever stands at whatever place: an answer or an error with its path, no exception."""
    question = json.loads(json.dumps(CASE))
    place = question
    for key in path[:-1]:
        place = place.setdefault(key, {})
    place[path[-1]] = value
    answer = RUN.answer(json.dumps(question).encode())
    assert "error" in answer or "out_of_hours" in answer
    json.dumps(answer)
    if "error" in answer and not answer["error"].startswith("not JSON"):
        assert answer["error"].startswith(path[0])


@given(st.binary(max_size=60))
def test_any_bytes_are_answered(line):
    assert "error" in RUN.answer(line)
