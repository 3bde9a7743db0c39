"""Sheets to print: what police ask for, the letter to the authority, the whole case."""

from __future__ import annotations

import asyncio
import shutil
import subprocess
from datetime import UTC, date, datetime, timedelta

import msgspec
import pytest
from typer.testing import CliRunner

from bot.cli.commands import app
from bot.config_file import load
from bot.resources import open_alone
from protocol import facts as f
from protocol.provider import Authority, Contact, Home, Provider, Role, Staff
from reports.sheet_values import Case
from reports.sheets import SHEETS, chronology
from storage.model import Entry, Episode, Person
from storage.store import Change
from tests.storage.people import attached, removed

START = datetime(2026, 3, 12, 22, 30, tzinfo=UTC)
CHILD = f.Child(
    dob=date(2010, 8, 15),
    looked_after=True,
    responsible_la="Haringey",
    cse_risk=True,
    mental_health=True,
    in_childrens_home=True,
)
PROVIDER = Provider(
    homes=(Home(id="rowan", name="Rowan House", prefix="RH", authority="Camden"),),
    staff=(
        Staff(id="sasha", name="Sasha Sample", telegram_id=1, role=Role.DUTY_MANAGER),
        Staff(id="robin", name="Robin Model", telegram_id=2, role=Role.MANAGER),
    ),
    authorities=(Authority(name="Haringey"),),
)


def the_facts():
    def common(number, hours):
        return {
            "id": f"f{number}",
            "by": "sasha",
            "recorded_at": START + timedelta(hours=hours),
        }

    def at(hours):
        return START + timedelta(hours=hours)

    return (
        f.Opened(
            category="missing",
            child=CHILD,
            aware_at=START,
            last_seen_at=at(-2),
            due_back_at=at(-1),
            circumstances="Left after a quarrel about the phone; wanted to see an older friend.",
            **common(1, 0.2),
        ),
        f.PoliceTold(at=at(0.5), reference="CAD 1234", spoke_to="PC Invented", **common(2, 0.6)),
        f.AuthorityTold(at=at(1), role="emergency_duty_team", who="A. Worker", **common(3, 1.1)),
        f.Note(at=at(2), text="A friend rang: seen near the station.\nHood up.", **common(4, 2.1)),
        f.Located(at=at(7), where="station", return_unsafe=False, **common(5, 7.1)),
        f.Returned(at=at(9), to="same_placement", **common(6, 9.1)),
        f.Returned(at=at(8), to="same_placement", corrects="f6", **common(7, 9.4)),
        f.WhileAway(at=at(9), harmed=False, substance="unknown", push=("school",), **common(8, 10)),
        f.InterviewOffered(at=at(20), **common(9, 20)),
        f.InterviewAnswered(at=at(21), accepted=True, **common(10, 21)),
        f.InterviewHeld(
            at=at(40),
            held_by="A. Listener",
            independent=True,
            content="Unhappy at school since January. Wants to see a brother more often.",
            actions=(f.FollowUp(what="Meet the school", owner="Robin", by=date(2026, 3, 20)),),
            **common(11, 41),
        ),
    )


def the_case(facts=None, person="Kim Invented"):
    entries = tuple(Entry(fact=x, digest=f"{n:064x}") for n, x in enumerate(facts or the_facts()))
    return Case(
        Episode(ref="RH-7K2D", home="rowan", person="YP-07", entries=entries),
        Person(ref="YP-07", home="rowan", child=CHILD, name=person) if person else None,
        PROVIDER,
        START + timedelta(days=3),
    )


def text_of(page):
    """The words of a PDF, one space between them."""
    if shutil.which("pdftotext") is None:
        pytest.skip("pdftotext is not installed")
    done = subprocess.run(
        ["pdftotext", "-layout", "-", "-"], input=page, capture_output=True, check=True
    )
    return " ".join(done.stdout.decode().split())


def test_the_police_sheet_has_what_is_known_and_says_what_is_not():
    words = text_of(SHEETS["police"](the_case()))
    for part in (
        "Kim Invented (YP-07)",
        "15 August 2010 (aged 15)",
        "12 Mar 2026 20:30 GMT",
        "Left after a quarrel",
        "CAD 1234",
        "seen near the station",
        "sexual exploitation risk",
        "Clothing when last seen not on record",
        "Immediate danger: 999",
    ):
        assert part in words, part


def test_the_letter_to_the_authority():
    words = text_of(SHEETS["authority"](the_case()))
    assert "To: Haringey" in words
    assert "Kim Invented (YP-07), born 15 August 2010 (aged 15), placed at Rowan House" in words
    assert "12 Mar 2026 23:30 GMT, emergency duty team A. Worker" in words
    assert "Back 13 Mar 2026 06:30 GMT" in words
    assert "Parents not on record" in words


def test_the_case_file_has_every_entry_what_was_put_right_and_the_digest():
    case = the_case()
    words = text_of(SHEETS["case"](case))
    assert words.count("Sasha") >= len(case.episode.entries)
    assert "(struck)" in words
    assert "puts right an earlier returned" in words
    for part in (
        "date of birth: 15 August 2010",
        "sexual exploitation risk: yes",
        "responsible authority: Haringey",
        "by: 20 March 2026",
    ):
        assert part in words, part
    assert case.episode.entries[-1].digest in words


def test_the_case_file_names_the_files_beside_the_case():
    case = the_case()
    [photo] = attached("f90", b"\xff\xd8\xff a coat", "the coat.jpg").facts
    [other] = attached("f91", b"\xff\xd8\xff other", "another child.jpg").facts
    entries = (Entry(fact=fact, digest="") for fact in (photo, other, removed("f92", "f91")))
    episode = msgspec.structs.replace(case.episode, entries=(*case.episode.entries, *entries))
    words = text_of(SHEETS["case"](case._replace(episode=episode)))
    listed = words.partition("Attachments")[2]
    assert "the coat.jpg" in listed and str(photo.size) in listed
    assert photo.digest in listed, "on one line, to compare"
    assert "another child.jpg" not in listed, "its bytes went"
    assert "of somebody else" in words.partition("Attachments")[0]


def test_the_record_of_the_return_interview():
    words = text_of(SHEETS["interview"](the_case()))
    for part in (
        "Unhappy at school",
        "Meet the school",
        "20 March 2026",
        "A. Listener",
        "accepted",
    ):
        assert part in words, part
    assert "Harmed no" in words
    assert "Substances not known" in words
    assert "Slept rough not on record" in words


def test_a_chronology_of_a_young_person():
    case = the_case()
    words = text_of(chronology(case.person, "YP-07", [case, case], case.printed_at))
    assert "Chronology: Kim Invented (YP-07)" in words
    assert words.count("RH-7K2D") == 2


def test_a_case_of_which_nothing_is_known_can_be_printed():
    bare = (
        f.Opened(
            id="f1",
            by="sasha",
            recorded_at=START,
            category="missing",
            child=f.Child(),
            aware_at=START,
            circumstances="\x1b[2J \u202e 😀 ابت",
        ),
    )
    for name, sheet in SHEETS.items():
        assert "not on record" in text_of(sheet(the_case(bare, person=""))), name


def test_long_texts_run_over_several_pages():
    long = list(the_facts())
    long[3] = f.Note(
        id="f4", by="sasha", recorded_at=START, at=START, text="Word after word. " * 900
    )
    for name in ("police", "case"):
        page = SHEETS[name](the_case(long))
        assert page.count(b"/Type /Page\n") > 1
        assert text_of(page).count("Word") == 900


CONFIG = """
homes = [{ id = "rowan", name = "Rowan House", prefix = "RH", authority = "Haringey" }]
authorities = [{ name = "Haringey", code = "E09000014" }]
[[staff]]
id = "robin"
name = "Robin Model"
telegram_id = 7003
role = "manager"
[book]
folder = "data"
unencrypted = "yes, plain files"
"""


async def test_sheets_are_printed_while_the_bot_runs(tmp_path):
    path = tmp_path / "config.toml"
    path.write_text(CONFIG, "utf-8")
    config, _ = load(path, token_needed=False)
    store = await open_alone(config, tmp_path)
    try:
        await store.put_people([Person(ref="YP-07", home="rowan", child=CHILD, name="Kim")])
        await store.create("RH-7K2D", "rowan", "YP-07", Change(facts=list(the_facts())))

        def sheet(*words):
            out = tmp_path / "sheet.pdf"
            arguments = ["sheet", *words, "--out", str(out), "--config", str(path)]
            return CliRunner().invoke(app, arguments), out

        for words in (("police", "RH-7K2D"), ("chronology", "YP-07")):
            result, out = await asyncio.to_thread(sheet, *words)
            assert result.exit_code == 0, result.stderr
            assert out.read_bytes().startswith(b"%PDF")
        for words, says in (
            (("letter", "RH-7K2D"), "letter: no such sheet. Allowed: police, "),
            (("police", "RH-0000"), "There is no case RH-0000."),
            (("chronology", "YP-99"), "There is no young person YP-99."),
        ):
            result, _ = await asyncio.to_thread(sheet, *words)
            assert (result.exit_code, result.stderr.startswith(says)) == (2, True), result.stderr
    finally:
        await store.close()


def test_the_sheet_for_police_has_what_is_on_record_and_says_what_is_not():
    """Whatever a fact or the register knows stands there; with "not on record" for the rest."""
    child = f.Child(
        age=15,
        looked_after=True,
        responsible_la="Haringey",
        placement_la="Camden",
        sex="female",
        ethnicity="mixed",
        legal_status="care_order",
        placement="childrens_home",
        health_need=True,
        self_harm=True,
    )
    provider = msgspec.structs.replace(
        PROVIDER,
        authorities=(
            Authority(
                name="Haringey",
                duty_team=Contact(label="duty team", phone="+447700900101"),
                emergency_duty_team=Contact(label="out of hours", phone="+447700900102"),
            ),
        ),
    )
    opened, told, *_ = the_facts()
    signed = {"by": "sasha", "recorded_at": START + timedelta(hours=1)}
    facts = (
        msgspec.structs.replace(opened, child=child),
        msgspec.structs.replace(told, officer="0000-9"),
        f.PoliceAnswered(
            id="f3", at=START + timedelta(hours=1), accepted=True, grade="high", **signed
        ),
        f.AwayTogether(id="f4", at=START, other="RH-9X9X", **signed),
        f.Abducted(id="f5", at=START, **signed),
    )
    case = the_case(facts, person=None)._replace(provider=provider)
    text = text_of(SHEETS["police"](case))
    for known in (
        "aged 15 when last seen",
        "female",
        "mixed",
        "Rowan House (children's home), Camden",
        "yes, care order",
        "Haringey; duty team +447700900101; out of hours +447700900102",
        "On the register: health need, self harm.",
        "RH-9X9X",
        "PC Invented, 0000-9",
        "accepted 12 Mar 2026 23:30 GMT, graded high",
        "signs of an abduction",
        "Found not yet",
    ):
        assert known in text, (known, text)
    assert text.count("not on record") >= 5
