"""A copy of the project in which code may be broken."""

from __future__ import annotations

import shutil
from pathlib import Path

ROOT = Path(__file__).parents[2]
LEFT_OUT = ("mutants", "data", "data-practice", "build", "dist")
"""Folders of the project, beside hidden ones, that no test needs."""


def copied(folder: Path) -> Path:
    """The project in a new folder in this one."""
    copy = folder / "copy"
    shutil.copytree(ROOT, copy, ignore=_left_out)
    return copy


def _left_out(folder: str, names: list[str]) -> set[str]:
    if Path(folder) != ROOT:
        return {"__pycache__"}
    return {name for name in names if name.startswith(".") or name in LEFT_OUT}
