"""A random sample of mutmut's mutants of some files, against the tests of their own room.

    python -m tests.mutants.sample NAME [--most 100] [--seed 1]

NAME: a table under `[tool.mutants]` in pyproject.toml, with the files to change and the tests that
must notice. Lines that write to the log are left as they are. Works in a copy; prints what
survived, as a change of the code, and the share that did not. One process: some seconds for each
mutant. mutmut changes code that is imported already, so a function that is called during the import
(most forms are put together then) is tried once more, by all tests in a process of its own.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import tomllib
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.mutants.copying import ROOT, copied

NOTICED = {1: "killed", 3: "killed", 33: "reached by no test", 0: "survived"}
"""mutmut's exit codes; any other is a mutant that ran for too long or ended its process."""
SURVIVED = ("survived", "reached by no test")
ALL = ("protocol", "storage", "reminders", "reports", "handlers", "web", "bot", "sandbox")


def _settings(room: dict[str, Any]) -> str:
    lines = {
        "source_paths": sorted({file.partition("/")[0] for file in room["files"]}),
        "only_mutate": room["files"],
        "also_copy": ["docs", "tests", "main.py", "bench", *ALL],
        "pytest_add_cli_args_test_selection": room["tests"],
        "do_not_mutate_patterns": [r"\blog\.(info|warning|error|exception|critical)\("],
    }
    return "\n[tool.mutmut]\n" + "\n".join(f"{k} = {json.dumps(v)}" for k, v in lines.items())


def _mutmut(copy: Path, *arguments: str) -> str:
    command = [sys.executable, "-m", "mutmut", *arguments]
    run = subprocess.run(command, cwd=copy, capture_output=True, text=True, check=False)
    return run.stdout + run.stderr


def _results(copy: Path) -> dict[str, int | None]:
    found: dict[str, int | None] = {}
    for path in (copy / "mutants").rglob("*.meta"):
        found |= json.loads(path.read_text(encoding="utf-8"))["exit_code_by_key"]
    return found


ON_IMPORT = """
import importlib, sys
from mutmut.mutation import trampoline
called = set()
trampoline.record_trampoline_hit = lambda name, caller=None: called.add(name)
for module in sys.argv[1:]:
    importlib.import_module(module)
print(*called)
"""
"""Names the functions that are called while these modules are imported."""


def _fresh(copy: Path, mutant: str, *command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *command],
        cwd=copy / "mutants",
        env={**os.environ, "MUTANT_UNDER_TEST": mutant},
        capture_output=True,
        text=True,
        check=False,
    )


def _on_import(copy: Path, files: Sequence[str]) -> set[str]:
    modules = [file.removesuffix(".py").replace("/", ".") for file in files]
    run = _fresh(copy, "stats", "-c", ON_IMPORT, *modules)
    if run.returncode:
        raise RuntimeError(run.stderr)
    return set(run.stdout.split())


def _dies(copy: Path, mutant: str, tests: Sequence[str]) -> bool:
    """In a process that imports it as it is changed."""
    command = ("-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", *tests)
    return _fresh(copy, mutant, *command).returncode != 0


def main(name: str, most: int, seed: int) -> int:
    """The command."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    room = settings["tool"]["mutants"][name]
    with tempfile.TemporaryDirectory() as folder:
        copy = copied(Path(folder))
        project = (copy / "pyproject.toml").read_text(encoding="utf-8")
        (copy / "pyproject.toml").write_text(project + _settings(room), encoding="utf-8")
        said = _mutmut(copy, "run", "--max-children", "1", "none of them")
        names = sorted(_results(copy))
        if "nothing matches" not in said or not names:
            print(said)
            return 2
        sample = random.Random(seed).sample(names, min(most, len(names)))
        said = _mutmut(copy, "run", "--max-children", "1", *sample)
        results = _results(copy)
        if any(results[one] is None for one in sample):
            print(said)
            return 2
        counted: Counter[str] = Counter()
        on_import = _on_import(copy, room["files"])
        for one in sorted(sample):
            end = NOTICED.get(results[one] or 0, "timed out")
            if end in SURVIVED and one.rpartition("__mutmut_")[0] in on_import:
                end = "killed" if _dies(copy, one, room["tests"]) else end
            counted[end] += 1
            if end in SURVIVED:
                print(f"{end}: {_mutmut(copy, 'show', one)}")
        noticed = counted["killed"] + counted["timed out"]
        print(f"{name}: {len(names)} mutants, {len(sample)} run, {dict(counted)}")
        print(f"{100 * noticed / len(sample):.1f} % died")
    return 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name")
    parser.add_argument("--most", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    sys.exit(main(given.name, given.most, given.seed))
