"""Who may know whom: arrows between rooms point one way, and no files import each other in a
circle. `python tests/structure/test_imports.py` draws the rooms."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

ROOT = Path(__file__).parents[2]
ROOMS = ("bot", "web", "handlers", "reports", "reminders", "storage", "protocol", "sandbox")
"""From above downwards; the sandbox stands beside them."""


def modules() -> dict[str, Path]:
    """Every module of the rooms by its dotted name."""
    found = {}
    for room in ROOMS:
        for path in (ROOT / room).rglob("*.py"):
            parts = path.relative_to(ROOT).with_suffix("").parts
            found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def imported(name: str, path: Path, known: dict[str, Path]) -> Iterator[str]:
    """What a file imports of ours, wherever in it, but for types only."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for_types = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
        for inner in ast.walk(node)
    }
    package = name if path.name == "__init__.py" else name.rpartition(".")[0]
    for node in ast.walk(tree):
        if id(node) in for_types:
            continue
        if isinstance(node, ast.Import):
            yield from (one.name for one in node.names if one.name in known)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                above = package.split(".")[: len(package.split(".")) - node.level + 1]
                base = ".".join([*above, base] if base else above)
            for one in node.names:
                inner = f"{base}.{one.name}"
                if inner in known:
                    yield inner
                elif base in known:
                    yield base


def graph() -> dict[str, set[str]]:
    """Each module with those that it imports."""
    known = modules()
    return {name: set(imported(name, path, known)) - {name} for name, path in known.items()}


def test_no_files_import_each_other_in_a_circle():
    try:
        TopologicalSorter(graph()).prepare()
    except CycleError as error:
        raise AssertionError(" -> ".join(reversed(error.args[1]))) from None


def test_no_arrow_points_upwards():
    floor = {room: place for place, room in enumerate(ROOMS)}
    upwards = [
        f"{name} -> {other}"
        for name, others in graph().items()
        for other in others
        if floor[other.split(".")[0]] < floor[name.split(".")[0]]
    ]
    assert upwards == []


def test_a_start_loads_no_library_that_only_some_need():
    """Pages, pictures and workbooks: 60 MB and half a second that most nights never use."""
    heavy = {"fpdf", "matplotlib", "openpyxl", "apprise", "dateparser", "psycopg", "uvicorn"}
    probe = "import sys, bot.app; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", probe], cwd=ROOT, capture_output=True, check=True)
    assert heavy.isdisjoint(done.stdout.decode().split())


def drawing() -> str:
    """Each room with how many files of it import how many of which other room."""
    lines = []
    for room in ROOMS:
        mine = {name: others for name, others in graph().items() if name.split(".")[0] == room}
        below = [
            f"{other} ({sum(o.split('.')[0] == other for os in mine.values() for o in os)})"
            for other in ROOMS
            if other != room and any(o.split(".")[0] == other for os in mine.values() for o in os)
        ]
        if mine:
            lines.append(f"{room:>10} {len(mine):4} files  ─> {', '.join(below) or 'none of ours'}")
    return "\n".join(lines)


if __name__ == "__main__":
    print(drawing())
