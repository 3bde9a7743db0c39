"""Typed text for a printed report: what names somebody is refused, what may is said."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from bot.cli.commands import app
from protocol.facts import Child
from reports.named_persons import known, mistakes
from storage.model import Person
from tests.reports.test_command import EXAMPLE, PEOPLE
from tests.reports.test_year import CONFIG

WHO = known(
    ["Kayla Example-Stone", "May Winter", "Robin Model", "Łukasz Ó Próba"],
    ["YP-07", "EX/12"],
    [date(2011, 6, 3)],
    ["Rowan House", "Camden", "RH"],
)


def found(text, who=WHO):
    return [(m.line, m.severity, m.what) for m in mistakes("notes.txt", text, who)]


@pytest.mark.parametrize(
    "text",
    [
        "Kayla Example-Stone was away for two nights.",
        "kayla  example-stone",
        "We spoke with Kayla about it.",
        "Kayla's key worker has changed.",
        "Mr Próba agreed.",
        "Robin Model will look at it.",
        "YP-07 was away most often.",
        "see ex/12 for this",
        "The child born on 3 June 2011 has a plan.",
        "3/6/11", "03.06.2011", "2011-06-03", "3rd of it: 3-Jun-2011",
        "Ring 07700 900123.", "+44 7700 900123", "write to somebody@example.org",
        "They live at NW1 9ZZ.", "NHS 943 476 5919", "Case RH-7K2D was closed late.",
        "DOB 1/2/2010", "date of birth: 01/02/2010",
        "May Winter was found by police.",
    ],
)  # fmt: skip
def test_what_names_somebody_is_refused(text):
    assert "error" in {severity for _, severity, _ in found(text)}


@pytest.mark.parametrize(
    "text",
    [
        "J.K. was away for two nights.",
        "J. K. has a plan",
        "the meeting about KE was held",
        "Plan for K reviewed",
        "Mrs Sample has complained",
        "a girl called Ashby",
        "and so Terry Sample was moved",
        "all about kayla",
    ],
)
def test_what_may_name_somebody_is_a_warning(text):
    assert {severity for _, severity, _ in found(text)} == {"warning"}


@pytest.mark.parametrize(
    "text",
    [
        "Measures: two more workers at Rowan House from May, in summer also in Camden.",
        "On Monday 3 June 2024 the score was 2 of 3; 45 % of 12,500 pounds are spent.",
        "Level 3 means a response tier. The LA and the police meet every 14 days.",
        "I think that A and E should tell us. RH has a new door.",
        "The emergency duty team answers at night. Regulation 40 was followed in 9 of 11 cases.",
        "",
    ],
)
def test_measures_in_plain_words_pass(text):
    assert [x for x in found(text) if x[2] != "may hold initials"] == []


def test_the_line_is_named_and_the_name_is_not_repeated():
    text = "Two more workers.\n\nKayla and YP-07."
    said = [str(mistake) for mistake in mistakes("notes.txt", text, WHO)]
    assert len(said) == 2
    assert all(line.startswith("notes.txt:3: holds a") for line in said)
    assert not any("Kayla" in line or "07" in line for line in said)
    assert all("Allowed: " in line for line in said)


@given(st.text(max_size=200))
def test_any_text_is_looked_through(text):
    mistakes("a", text, WHO)


@given(st.sampled_from(["Kayla Example-Stone", "YP-07"]), st.text("abc .,\n", max_size=40))
def test_a_name_is_found_wherever_it_stands(name, around):
    for text in (f"{around} {name} {around}", f"{around}.\n{name}, {around}"):
        assert "error" in {severity for _, severity, _ in found(text)}


def test_the_command_refuses_a_name_of_the_register_and_of_the_staff(tmp_path):
    import asyncio

    from bot.config_file import load
    from bot.resources import open_alone

    path = tmp_path / "config.toml"
    path.write_text(CONFIG, "utf-8")

    async def record():
        config, _ = load(path, token_needed=False)
        store = await open_alone(config, tmp_path)
        person = Person(
            ref="YP-3", home="rowan", child=Child(dob=date(2011, 6, 3)), name="Kayla Example"
        )
        await store.put_people([person])
        await store.close()

    asyncio.run(record())
    notes, page = tmp_path / "notes.txt", tmp_path / "page.pdf"

    def run(text):
        notes.write_text(text, "utf-8")
        words = ["report", "ni71", *EXAMPLE, "--notes", notes, "--pdf", page, "--config", path]
        return CliRunner().invoke(app, list(map(str, words)))

    for text in ("About Kayla.", "Robin Model was told.", "YP-3", "Born 3/6/2011"):
        refused = run(f"Two more workers.\n{text}")
        assert refused.exit_code == 2
        assert refused.stderr.startswith(f"{notes}:2: holds ")
        assert not page.exists()
    doubtful = run("J.K. has a plan.")
    assert doubtful.exit_code == 0
    assert "may hold initials" in doubtful.stderr
    page.unlink()
    good = run("Two more workers at Rowan House, in Haringey.")
    assert (good.exit_code, good.stderr) == (0, "")
    assert page.exists()


def test_without_a_register_it_says_so_and_still_looks(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    notes = tmp_path / "notes.txt"

    def run(text):
        notes.write_text(text, "utf-8")
        words = ["report", "ni71", *EXAMPLE, *PEOPLE, "--notes", notes, "--json"]
        return CliRunner().invoke(app, list(map(str, words)))

    assert "there is no register here" in run("Two more workers.").stderr
    refused = run("Ring 07700 900123.")
    assert (refused.exit_code, refused.stdout) == (2, "")
