"""A practice session with the real bot, without its page."""

import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from sandbox.launch import Sandbox
from tests.practice.player import Player

MAIN = Path(__file__).parents[2] / "main.py"


@pytest.fixture(scope="session")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """One session for all tests of this process; each begins it anew."""
    folder = tmp_path_factory.mktemp("practice") / "data"
    with Sandbox(folder, 0, [sys.executable, str(MAIN)]) as sandbox:
        yield sandbox


@pytest.fixture
async def player(sandbox: Sandbox) -> AsyncIterator[Player]:
    async with Player.at(sandbox.url) as player:
        yield player
