"""The `when` command as people and scripts call it."""

import io
import json

import pytest

from handlers.times.command import run

NOW = "2026-11-22T02:10:00+00:00"


def test_a_clear_phrase_is_printed_with_how_long_ago(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("half nine last night", NOW, False, None) == 0
    out = capsys.readouterr().out
    assert out == "2026-11-21T21:30+00:00  Sat 21 Nov 21:30, 4 h 40 min ago\n"


def test_why_names_the_rule_that_took_each_word(capsys: pytest.CaptureFixture[str]) -> None:
    run("haf nine lastnight", NOW, True, None)
    out = capsys.readouterr().out
    assert "spoken time: 'half nine'" in out
    assert "last night: 'last night'" in out


def test_an_open_hour_prints_both_readings(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("Friday at 4", NOW, False, None) == 0
    assert capsys.readouterr().out.splitlines() == [
        "asked back: am_or_pm",
        "  or 2026-11-20T04:00+00:00  Fri 20 Nov 04:00, 1 d 22 h ago",
        "  or 2026-11-20T16:00+00:00  Fri 20 Nov 16:00, 1 d 10 h ago",
    ]


def test_lines_are_answered_one_for_one(capsys: pytest.CaptureFixture[str]) -> None:
    asked = io.StringIO(
        json.dumps({"text": "20 mins ago", "now": NOW})
        + "\n\n"
        + json.dumps({"text": "due back 9pm", "now": NOW})
        + "\n"
    )
    assert run(None, None, True, asked) == 0
    first, second = map(json.loads, capsys.readouterr().out.splitlines())
    assert first["readings"] == ["2026-11-22T01:50+00:00"]
    assert first["why"][0] == {"rule": "elapsed time", "words": "20 mins ago"}
    assert second["readings"] == [] and second["refused"] == "future"


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("nonsense", "not JSON"),
        ("[1]", '"text"'),
        ('{"text": 5}', '"text"'),
        ('{"text": "9pm", "now": 5}', '"now"'),
        ('{"text": "9pm", "now": "yesterday"}', "not an ISO time"),
        ('{"text": "9pm", "now": "2026-11-22T02:10:00"}', "no offset"),
        ('{"text": "9pm", "now": "0001-01-01T00:00:00+14:00"}', "now:"),
        ("[" * 100_000, "not JSON"),
    ],
)
def test_a_bad_line_is_named_and_the_rest_still_read(
    line: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = io.StringIO(line + "\n" + json.dumps({"text": "01:30", "now": NOW}) + "\n")
    assert run(None, None, False, asked) == 1
    bad, good = map(json.loads, capsys.readouterr().out.splitlines())
    assert said in bad["error"] and bad["line"] == 1
    assert good["readings"] == ["2026-11-22T01:30+00:00"]


@pytest.mark.parametrize("now", ["half past", "2026-11-22T02:10:00"])
def test_a_bad_now_is_refused_before_reading(now: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("9pm", now, False, None) == 2
    assert "--now" in capsys.readouterr().err


def test_nothing_to_read_is_a_wrong_call(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(None, NOW, False, None) == 2
    assert "--lines" in capsys.readouterr().err


def test_without_now_it_reads_at_this_moment(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("just now", None, False, None) == 0
    assert capsys.readouterr().out.endswith(", just now\n")
