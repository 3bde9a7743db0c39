"""Lines of source by room: all, and those of code (no blank ones, comments and docstrings).

    python -m tests.structure.lines [COMMIT]

With a commit, those of it beside those of the files as they are here.
"""

from __future__ import annotations

import ast
import io
import subprocess
import sys
import tokenize
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).parents[2]
ROOMS = ("protocol", "storage", "reports", "reminders", "handlers", "web", "bot", "sandbox")
_NO_CODE = (
    tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT,
    tokenize.ENCODING, tokenize.ENDMARKER,
)  # fmt: skip


def of_code(source: str) -> int:
    """How many lines of this file hold code."""
    prose = set()
    for node in ast.walk(ast.parse(source)):
        if (
            isinstance(node, ast.Expr)
            and isinstance(node.value, ast.Constant)
            and isinstance(node.value.value, str)
        ):
            prose |= set(range(node.lineno, (node.end_lineno or node.lineno) + 1))
    lines: set[int] = set()
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type not in _NO_CODE:
            lines |= set(range(token.start[0], token.end[0] + 1))
    return len(lines - prose)


def counted(sources: Iterable[str]) -> tuple[int, int, int]:
    """Files, lines, lines of code."""
    every = list(sources)
    return len(every), sum(s.count("\n") for s in every), sum(of_code(s) for s in every)


def here(room: str) -> list[str]:
    """The files of a room."""
    return [path.read_text(encoding="utf-8") for path in sorted((ROOT / room).rglob("*.py"))]


def then(room: str, commit: str) -> list[str]:
    """The same, of a commit."""
    names = _git("ls-tree", "-r", "--name-only", commit, "--", room).splitlines()
    return [_git("show", f"{commit}:{name}") for name in names if name.endswith(".py")]


def _git(*words: str) -> str:
    done = subprocess.run(["git", *words], cwd=ROOT, capture_output=True, check=True)
    return done.stdout.decode()


def main(commit: str = "") -> None:
    """Prints the table."""
    columns = [("here", {room: counted(here(room)) for room in ROOMS})]
    if commit:
        columns.insert(0, (commit, {room: counted(then(room, commit)) for room in ROOMS}))
    print(f"{'':<10}" + "".join(f"{name[:12]:>12}: files  lines   code" for name, _ in columns))
    for room in (*ROOMS, "all"):
        cells = []
        for _, rooms in columns:
            one = rooms.get(room) or tuple(sum(r[n] for r in rooms.values()) for n in range(3))
            cells.append(f"{'':>12}{one[0]:>7,}{one[1]:>7,}{one[2]:>7,}")
        print(f"{room:<10}" + "".join(cells))


if __name__ == "__main__":
    main(*sys.argv[1:2])
