"""Parts are given to constructors: nobody puts itself, a function or a method of its own into an
attribute of another object afterwards."""

import ast
from pathlib import Path

ROOT = Path(__file__).parents[2]
ROOMS = ("bot", "handlers", "reminders", "storage", "protocol", "reports", "web")
INTERPRETER = ("sys", "signal", "threading")
"""Whose hooks can be set in no other way."""


def set_afterwards(source: str) -> list[str]:
    """Assignments to an attribute of something else than `self` whose value is `self`, a lambda, or
    the name of a function or method of this file."""
    tree = ast.parse(source)
    named = {
        node.name
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and not any(ast.unparse(one) == "property" for one in node.decorator_list)
    }

    def partner(value: ast.expr | None) -> bool:
        if isinstance(value, ast.Attribute):
            return ast.unparse(value.value) == "self" and value.attr in named
        if isinstance(value, ast.Name):
            return value.id == "self" or value.id in named
        return isinstance(value, ast.Lambda)

    return [
        f"{node.lineno}: {ast.unparse(target)} = {ast.unparse(node.value)}"
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign) and partner(node.value)
        for target in node.targets
        if isinstance(target, ast.Attribute)
        and ast.unparse(target.value) not in ("self", "cls", *INTERPRETER)
    ]


def test_nobody_puts_a_partner_into_another_part_afterwards():
    found = {
        str(path.relative_to(ROOT)): wrong
        for room in ROOMS
        for path in (ROOT / room).rglob("*.py")
        if (wrong := set_afterwards(path.read_text(encoding="utf-8")))
    }
    assert found == {}


def test_the_rule_can_be_broken():
    inside = "class A:\n    def heard(self): ...\n    def go(self, b):\n        {}"
    assert set_afterwards(inside.format("b.results = self")) == ["4: b.results = self"]
    assert set_afterwards(inside.format("b.c.told = self.heard")) != []
    assert set_afterwards(inside.format("b.told = lambda: None")) != []
    assert set_afterwards(inside.format("b.count = self.count")) == []
    assert set_afterwards(inside.format("self.told = self.heard")) == []
