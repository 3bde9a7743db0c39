"""The mutants that die for certain (`python -m tests.mutants`) fit the code as it is."""

from pathlib import Path

import pytest

from tests.mutants.certain import MUTANTS, Mutant

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda one: one.what)
def test_it_can_be_made(mutant: Mutant) -> None:
    source = (ROOT / mutant.file).read_text(encoding="utf-8")
    assert source.count(mutant.old) == 1
    compile(source.replace(mutant.old, mutant.new), mutant.file, "exec")


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda one: one.what)
def test_its_tests_are_those_of_its_room(mutant: Mutant) -> None:
    room = mutant.file.partition("/")[0]
    for path in mutant.tests:
        assert path.removeprefix("--ignore=").startswith(f"tests/{room}")
        assert (ROOT / path.removeprefix("--ignore=")).exists()
