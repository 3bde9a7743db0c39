"""What a pack tells somebody to do is an act, in the imperative and short enough for a list."""

from __future__ import annotations

from pathlib import Path

import pytest

from protocol.pack import load_pack, shipped
from protocol.packfile import PackError
from protocol.rules import ActionRule, Duty

EXAMPLE = Path(__file__).parents[1] / "data" / "protocol" / "exampleshire.toml"
VERBS = frozenset(
    [
        "agree",
        "arrange",
        "ask",
        "assess",
        "call",
        "check",
        "confirm",
        "consider",
        "convene",
        "count",
        "decide",
        "discuss",
        "do",
        "follow",
        "gather",
        "hold",
        "inquire",
        "log",
        "look",
        "make",
        "mark",
        "name",
        "offer",
        "open",
        "phone",
        "put",
        "record",
        "refer",
        "report",
        "review",
        "ring",
        "share",
        "tell",
        "treat",
        "update",
    ]
)
"""What an act may begin with. "Do" is for "Do not …"."""


def items() -> list[tuple[str, Duty | ActionRule]]:
    """Every duty and action of every pack, the guide's own among them."""
    packs = [*(load_pack(name) for name in shipped()), load_pack(EXAMPLE)]
    return [
        (f"{pack.book.id} {item.id}", item)
        for pack in packs
        for item in (*pack.book.duties, *pack.book.actions)
    ]


@pytest.mark.parametrize(("where", "item"), items(), ids=[name for name, _ in items()])
def test_titles_and_acts_say_what_to_do(where, item):
    for said in (item.title, item.act):
        assert said.split()[0].rstrip(":,").casefold() in VERBS, f"{where}: {said}"
    assert not item.title.endswith(".")


def test_one_duty_is_not_called_like_another():
    """In a list of what is due the titles alone tell them apart."""
    for name in shipped():
        titles: dict[str, str] = {}
        for duty in load_pack(name).book.duties:
            assert titles.setdefault(duty.title, duty.id) == duty.id


def test_a_title_too_long_for_a_list_is_refused(tmp_path):
    written = EXAMPLE.read_text("utf-8")
    long = "Ring the head of service and say what has been done and what is next"
    path = tmp_path / "own.toml"
    path.write_text(written.replace('"Ring the head of service"', f'"{long}"'), "utf-8")
    with pytest.raises(PackError, match=r"duty\[0\].title: has 68 letters; allowed: 60 at most"):
        load_pack(path)
