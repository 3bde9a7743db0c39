"""Makes each certain mutant in a copy and runs the tests of its room: they have to fail.

    python -m tests.mutants [WORDS]     all, or those whose name has these words

Exit status 1 if one survives. A few seconds for each.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.mutants.certain import MUTANTS, Mutant
from tests.mutants.copying import copied


def _noticed(tests: tuple[str, ...], copy: Path) -> str:
    """The first test that fails; "" if none does. Raises RuntimeError when they cannot be run."""
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", *tests]
    run = subprocess.run(command, cwd=copy, capture_output=True, text=True, check=False)
    if run.returncode not in (0, 1):
        raise RuntimeError(run.stdout[-2000:])
    return next((line for line in run.stdout.splitlines() if line.startswith("FAILED")), "")


def died(mutant: Mutant, copy: Path) -> str:
    """The first test that notices; "" if none does."""
    path = copy / mutant.file
    source = path.read_text(encoding="utf-8")
    path.write_text(source.replace(mutant.old, mutant.new), encoding="utf-8")
    try:
        return _noticed(mutant.tests, copy)
    finally:
        path.write_text(source, encoding="utf-8")


def main(words: str) -> int:
    """The command."""
    survived = 0
    with tempfile.TemporaryDirectory() as name:
        copy = copied(Path(name))
        for tests in {mutant.tests for mutant in MUTANTS if words in mutant.what}:
            if test := _noticed(tests, copy):
                print(f"fails without any mutant: {test}")
                return 2
        for mutant in MUTANTS:
            if words not in mutant.what:
                continue
            begun = time.monotonic()
            test = died(mutant, copy)
            survived += not test
            end = test.partition(" - ")[0] or "SURVIVED"
            print(f"{mutant.what}\n  {end}  ({time.monotonic() - begun:.0f} s)", flush=True)
    return 1 if survived else 0


if __name__ == "__main__":
    sys.exit(main(" ".join(sys.argv[1:])))
