"""A report on paper: what stands on its page is whole, and what finds no room is said."""

from __future__ import annotations

import shutil
import subprocess

import pytest

from reports.page import page
from tests.reports.randomrows import CODES
from tests.reports.test_pictures import YEAR, result


def text_of(name, *, notes="", number=150):
    """The lines of a page as they are printed."""
    if shutil.which("pdftotext") is None:
        pytest.skip("pdftotext is not installed")
    plain = result(name, number=number)
    rows = {"used": number, "duplicates": 0, "aged_18_or_over": 0, "bad": 0}
    top = {**YEAR.named(), "authority": CODES[0], "rows": rows, **plain.top}
    made = page(plain._replace(top=top, notes=notes))
    done = subprocess.run(
        ["pdftotext", "-layout", "-", "-"], input=made, capture_output=True, check=True
    )
    return done.stdout.decode()


@pytest.mark.parametrize("name", ["repeats", "home_summary", "headlines", "care_monitoring"])
def test_what_a_line_or_a_column_is_about_is_not_cut_off(name):
    """Two lines of `repeats` differ only at their ends: 2 or more, 3 or more."""
    assert "…" not in text_of(name)


def test_a_list_of_children_fills_its_page(monkeypatch):
    monkeypatch.setattr("reports.page.ONLY_LIST_LINES", 7)
    made = result("annex_a")
    number = len(made.figures["children"])
    assert number > 14
    words = text_of("annex_a")
    assert f"Children: 1 to 7 of {number}" in words
    assert f"Children: 8 to 14 of {number}" in words
    assert words.count("NL0") == number


def test_typed_text_keeps_its_paragraphs():
    lines = [
        line.strip() for line in text_of("ni71", notes="One\nline.\n\nAnother line.").splitlines()
    ]
    assert {"One line.", "Another line."} <= set(lines)
    many = text_of("ni71", notes="\n\n".join(f"Line {n}." for n in range(40)))
    assert "Line 0. Line 1." in many, "what would not find room is one paragraph"
