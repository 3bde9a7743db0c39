"""Colleagues to choose from: nobody is left out, however many there are."""

from __future__ import annotations

from handlers.people import ON_A_PAGE, people
from protocol.provider import Role, Staff

TWENTY = [
    Staff(id=f"p{n}", name=f"Person {n}", telegram_id=7000 + n, role=Role.DUTY_MANAGER)
    for n in range(20)
]


def test_a_few_are_on_one_page_without_more() -> None:
    assert [b.data for b in people(TWENTY[:8], "d:give:rowan")] == [
        f"d:give:rowan:p{n}" for n in range(8)
    ]


def test_pages_go_round_and_everybody_is_on_one_of_them() -> None:
    seen, page = [], 0
    for _ in range(3):
        shown = people(TWENTY, "d:give:rowan", page)
        assert len(shown) <= ON_A_PAGE + 1
        more = shown.pop()
        seen += [b.label for b in shown]
        page = int(more.data.rsplit(":", 1)[1])
    assert seen == [one.name for one in TWENTY]
    assert page == 0


def test_a_page_that_is_not_there_any_more_is_the_first() -> None:
    """An old button: the list has grown shorter since."""
    assert people(TWENTY[:3], "d:give:rowan", 2)[0].label == "Person 0"
