"""Cases and the service's own file are read and written in one place, which knows what the disk
refused; nobody goes round it."""

import ast
from pathlib import Path

ROOT = Path(__file__).parents[2]
ROOMS = ("handlers", "reminders", "bot", "web")
KEPT_BEHIND = {"episode", "open_episodes", "office", "create", "commit", "update_office"}
THE_PLACE = ROOT / "reminders" / "write_behind.py"
OFFLINE = ROOT / "bot" / "cli"
"""Commands work on records that no bot has open, or on a snapshot."""


def round_the_place(source: str) -> list[str]:
    """Calls of a store's own methods that have to go through `write_behind`."""
    return [
        f"{node.lineno}: {ast.unparse(node.func)}"
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in KEPT_BEHIND
        and ast.unparse(node.func.value).split(".")[-1] in ("store", "_store")
    ]


def test_nobody_goes_round_the_one_place():
    found = {
        str(path.relative_to(ROOT)): calls
        for room in ROOMS
        for path in (ROOT / room).rglob("*.py")
        if path != THE_PLACE and OFFLINE not in path.parents
        if (calls := round_the_place(path.read_text()))
    }
    assert found == {}


def test_the_rule_can_be_broken():
    assert round_the_place("await context.store.commit(ref, 1, change)") == [
        "1: context.store.commit"
    ]
    assert round_the_place("await self._store.episode(ref)") != []
    assert round_the_place("await context.store.draft(owner)") == []
