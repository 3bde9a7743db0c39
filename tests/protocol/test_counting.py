"""Which facts count: withdrawals, corrections, and corrections of corrections."""

from __future__ import annotations

import ast
from pathlib import Path

from protocol import facts as f
from protocol.counting import all_about, counting, last_of
from protocol.fold import fold
from tests.protocol.cases import HOUR, IN_CARE, SIX, Record


def begun():
    record = Record()
    record.write(
        f.Opened, SIX, category="missing", child=IN_CARE, aware_at=SIX, last_seen_at=SIX - HOUR
    )
    return record


def ids(record):
    return [fact.id for fact in counting(record.facts)]


def test_a_time_put_right_twice_leaves_one_telling_of_the_authority():
    """Told at seven, no, at eight, no, at nine: nobody was told at seven."""
    record = begun()
    first = record.write(f.AuthorityTold, SIX + HOUR, role="accountable_manager")
    second = record.write(
        f.AuthorityTold, SIX + 4 * HOUR, at=SIX + 2 * HOUR, role="accountable_manager",
        corrects=first,
    )  # fmt: skip
    record.write(
        f.AuthorityTold, SIX + 5 * HOUR, at=SIX + 3 * HOUR, role="accountable_manager",
        corrects=second,
    )  # fmt: skip
    assert [n.at for n in fold(record.facts).notifications] == [SIX + 3 * HOUR]


def test_two_colleagues_put_the_same_entry_right_and_the_later_word_counts():
    record = begun()
    first = record.write(f.ParentsTold, SIX + HOUR)
    record.write(f.ParentsTold, SIX + 2 * HOUR, at=SIX, corrects=first)
    last = record.write(f.ParentsTold, SIX + 3 * HOUR, at=SIX + HOUR, corrects=first)
    assert ids(record) == ["f1", last]


def test_a_withdrawn_correction_leaves_what_it_corrected():
    record = begun()
    first = record.write(f.PoliceTold, SIX + HOUR)
    second = record.write(f.PoliceTold, SIX + 2 * HOUR, at=SIX, corrects=first)
    record.write(f.Withdrawn, SIX + 3 * HOUR, fact=second, reason="the first time was right")
    assert fold(record.facts).police_reported_at == SIX + HOUR


def test_a_correction_outlives_the_withdrawal_of_the_correction_before_it():
    record = begun()
    first = record.write(f.PoliceTold, SIX + HOUR)
    second = record.write(f.PoliceTold, SIX + 2 * HOUR, at=SIX, corrects=first)
    third = record.write(f.PoliceTold, SIX + 3 * HOUR, at=SIX + 2 * HOUR, corrects=second)
    record.write(f.Withdrawn, SIX + 4 * HOUR, fact=second, reason="typed twice")
    assert last_of(record.facts, f.PoliceTold).id == third
    assert first not in ids(record)


def test_a_withdrawal_withdrawn_and_withdrawn_again():
    record = begun()
    back = record.write(f.Returned, SIX + HOUR)
    wrong = record.write(f.Withdrawn, SIX + 2 * HOUR, fact=back, reason="somebody else")
    second = record.write(f.Withdrawn, SIX + 3 * HOUR, fact=wrong, reason="it was right")
    assert last_of(record.facts, f.Returned) is not None
    record.write(f.Withdrawn, SIX + 4 * HOUR, fact=second, reason="no, it was not")
    assert last_of(record.facts, f.Returned) is None


def test_the_first_put_right_leaves_the_report_standing():
    record = begun()
    record.write(f.LastSeen, SIX + HOUR, at=SIX, corrects="f1")
    assert last_of(record.facts, f.Opened) is not None


def test_entries_that_correct_each_other_do_not_both_vanish():
    record = begun()
    record.write(f.PoliceTold, SIX + HOUR, corrects="f3")
    record.write(f.PoliceTold, SIX + 2 * HOUR, corrects="f2")
    assert ids(record) == ["f1", "f3"]


def test_all_that_was_written_about_one_thing():
    record = begun()
    first = record.write(f.PoliceTold, SIX + HOUR)
    second = record.write(f.PoliceTold, SIX + 2 * HOUR, at=SIX, corrects=first)
    other = record.write(f.PoliceTold, SIX + 3 * HOUR)
    facts = {fact.id: fact for fact in record.facts}
    assert [x.id for x in all_about(record.facts, facts[second])] == [second, first]
    assert [x.id for x in all_about(record.facts, facts[other])] == [other]


def test_no_other_module_decides_which_facts_count():
    """Whoever reads what a fact corrects or withdraws decides for himself what counts."""
    root = Path(__file__).parents[2]
    rooms = ("protocol", "storage", "reports", "reminders", "handlers", "bot", "web")
    modules = [path for room in rooms for path in (root / room).rglob("*.py")]
    deciding = {
        path.relative_to(root).as_posix()
        for path in modules
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Attribute) and node.attr == "corrects"
    }
    # A timeline says which entry another one puts right, and a question about a return is asked
    # from the moment of its first entry; what counts both ask of `counting`.
    showing = {"handlers/wording/card.py", "reports/entries.py", "reminders/duties.py"}
    assert deciding - showing == {"protocol/counting.py"}
