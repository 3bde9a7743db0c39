"""The papers for those who have to judge: complete, true, and up to date."""

import re
from pathlib import Path

import pytest

from bot.assurance.papers import hazards, page, papers
from bot.cli import assurance
from bot.config_file import load

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "config.example.toml"
LOG = hazards()


@pytest.fixture(scope="module")
def made():
    return papers(*load(EXAMPLE, token_needed=False))


def test_there_are_enough_hazards_each_with_controls_that_help():
    assert len(LOG) >= 40
    assert [one.id for one in LOG] == [f"H-{n:02}" for n in range(1, len(LOG) + 1)]
    for one in LOG:
        assert one.controls, one.id
        assert one.rating("after") <= one.rating("before"), one.id
        assert one.after < one.before or one.people, one.id


@pytest.mark.parametrize("hazard", LOG, ids=lambda one: one.id)
def test_the_tests_that_hold_a_control_exist_and_run(hazard):
    for control in hazard.controls:
        assert control.tests, control.what
        for test in control.tests:
            file, _, name = test.partition("::")
            text = (ROOT / "tests" / file).read_text(encoding="utf-8")
            found = re.search(rf"((?: *@.*\n)*) *(?:async )?def {name}\(", text)
            assert found, test
            assert "pytest.mark.skip(" not in found[1], test
            assert "xfail" not in found[1], test
            assert Path(file).name.startswith("test_") or file == "storage/contract.py", test


def test_every_paper_is_a_draft_and_says_so(made):
    assert len(made) == 11
    for name, text in made.items():
        assert "A draft, made from" in text, name
        assert "{" not in text, name


def test_the_papers_say_what_is_configured(tmp_path):
    text = EXAMPLE.read_text(encoding="utf-8")
    text = text.replace('identifiers = "reference"', 'identifiers = "initials"')
    text = text.replace('key_file = "book.key"', 'unencrypted = "yes, plain files"')
    text += '\n[audit]\nsyslog = "logs.example:514"\n'
    (tmp_path / "config.toml").write_text(text, encoding="utf-8")
    other = papers(*load(tmp_path / "config.toml", token_needed=False))
    assert "initials and age" in other["01-dpia"]
    assert "your initials and your age" in other["04-notice-young-people"]
    assert "NOT encrypted" in other["02-record-of-processing"]
    assert "logs.example:514, not encrypted on its way" in other["01-dpia"]


def test_the_papers_of_the_example_are_those_in_the_docs(capsys):
    said = assurance.run(ROOT / "docs" / "assurance", EXAMPLE, check=True, pdf=False)
    assert said == 0, capsys.readouterr().out


def test_a_folder_that_is_not_so_any_more_is_said(tmp_path, capsys):
    assert assurance.run(tmp_path, EXAMPLE, check=False, pdf=False) == 0
    (tmp_path / "08-retention.md").write_text("for ever", encoding="utf-8")
    assert assurance.run(tmp_path, EXAMPLE, check=True, pdf=False) == 1
    assert "08-retention.md" in capsys.readouterr().out


def test_each_paper_is_printed(made):
    for name in ("01-dpia", "04-notice-young-people", "07-hazards"):
        assert page(name, made[name]).startswith(b"%PDF"), name


def test_the_notice_for_young_people_is_in_short_sentences(made):
    """Readable at eleven: sentences of at most 16 words on average."""
    text = re.sub(r"[#*|]", " ", made["04-notice-young-people"].partition("England only.")[2])
    sentences = [one.split() for one in re.split(r"[.:!?]\s", text) if one.strip()]
    assert sum(map(len, sentences)) / len(sentences) <= 16
