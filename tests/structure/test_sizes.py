"""How much a reader has to hold in mind at once: the lines of a file, the ways through a function.

`python tests/structure/test_sizes.py` lists the longest files and the functions with most ways.
"""

from __future__ import annotations

import ast
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]
LINES = 400
WAYS = 16
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
_FORKS = (
    ast.If, ast.IfExp, ast.For, ast.AsyncFor, ast.While, ast.ExceptHandler, ast.Match,
)  # fmt: skip


def sources() -> dict[str, str]:
    """Every file of the project but its tests: name and text."""
    names = subprocess.run(
        ["git", "ls-files", "*.py"], cwd=ROOT, capture_output=True, check=True, text=True
    ).stdout.split()
    there = [name for name in names if not name.startswith("tests/") and (ROOT / name).exists()]
    return {name: (ROOT / name).read_text(encoding="utf-8") for name in there}


def ways(function: ast.AST) -> int:
    """The ways through a function (McCabe), without those of functions inside it. A `match` is one
    fork, however many cases stand side by side in it."""
    count = 1
    inside = list(ast.iter_child_nodes(function))
    while inside:
        node = inside.pop()
        if isinstance(node, _FUNCTIONS):
            continue
        count += len(node.ifs) if isinstance(node, ast.comprehension) else isinstance(node, _FORKS)
        inside += ast.iter_child_nodes(node)
    return count


def functions() -> list[tuple[int, str]]:
    """Every function with its ways, most first."""
    found = [
        (ways(node), f"{name}:{node.lineno} {node.name}")
        for name, source in sources().items()
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    return sorted(found, reverse=True)


def longest() -> list[tuple[int, str]]:
    """Every file with its lines, longest first."""
    return sorted(((text.count("\n"), name) for name, text in sources().items()), reverse=True)


def test_no_file_is_too_long_to_be_read_at_once():
    assert [(lines, name) for lines, name in longest() if lines > LINES] == []


def test_no_function_has_more_ways_than_can_be_followed():
    assert [(count, name) for count, name in functions() if count > WAYS] == []


def test_a_way_is_counted_for_every_question_that_is_asked():
    source = """
def asked(x):
    if x:
        return [y for y in x if y]
    match x:
        case 1: return 1
        case 2: return 2 if x else 3
    def inner(z):
        return 1 if z else 2
"""
    assert ways(ast.parse(source).body[0]) == 5


if __name__ == "__main__":
    for count, name in [*longest()[:10], *functions()[:10]]:
        print(f"{count:4} {name}")
