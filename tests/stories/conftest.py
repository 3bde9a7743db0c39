"""One night for each story."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from sandbox import serve
from tests.stories.night import HERE, Night
from tests.support import postgres
from tests.support.traffic import Traffic

LOGS = ("bot.log", "log")
WHERE = os.environ.get("STORIES_WORDS", "")
"""Tells all stories with words typed there: "chat" or "pages"."""
BOOK = os.environ.get("STORIES_BOOK", "")
"""Tells all stories with the records there: "folder" or "database"."""


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Stories in which somebody writes are told twice, in the chat and on pages; some are told with
    the records in a database, those of one machine and of its folder never are."""
    marked = {one.name for one in metafunc.definition.iter_markers()}
    told = ["chat", "pages"] if "words" in marked else ["chat"]
    if WHERE:
        told = [] if WHERE == "pages" and "words_in_chat" in marked else [WHERE]
    metafunc.parametrize("words", told, indirect=True)
    books = [BOOK or "folder"]
    if "database" in marked:
        books = ["database"] if BOOK != "folder" else []
    elif "folder" in marked:
        books = ["folder"] if BOOK != "database" else []
    elif "both_books" in marked and not BOOK:
        books = ["folder", "database"]
    metafunc.parametrize("database", books, indirect=True)


@pytest.fixture
def words(request: pytest.FixtureRequest) -> str:
    """Where people type."""
    return str(request.param)


@pytest.fixture(scope="session")
def server() -> Iterator[postgres.Server]:
    """A server for all stories of this process; each has a service of its own there."""
    if not postgres.usable():
        pytest.skip("no PostgreSQL server on this machine (package postgresql)")
    server = postgres.Server()
    yield server
    server.gone()


@pytest.fixture
def database(request: pytest.FixtureRequest) -> postgres.Server | None:
    """The server with the records; None: they are in a folder."""
    if request.param == "folder":
        return None
    server: postgres.Server = request.getfixturevalue("server")
    return server


@pytest.fixture(autouse=True)
def traffic(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: str, database: postgres.Server | None
) -> Iterator[Traffic]:
    """Nothing that a story's service says, logs or names holds a name, a date of birth, or what
    somebody typed; and nothing is left in a chat that the bot would not take out in time."""
    watched = Traffic(HERE / "people.csv")
    monkeypatch.setattr(serve, "create_app", watched.watching(serve.create_app))
    monkeypatch.setattr(Night, "traffic", watched, raising=False)
    monkeypatch.setattr(Night, "words", words)
    monkeypatch.setattr(Night, "database", database)
    yield watched
    logs = [path for path in tmp_path.rglob("*") if path.name in LOGS and path.is_file()]
    texts = [path.read_text(encoding="utf-8") for path in logs]
    assert asyncio.run(watched.leaks(texts)) == []
    assert watched.left == []


@pytest.fixture
async def night(tmp_path: Path) -> AsyncIterator[Night]:
    """Saturday 21 November 2026, 21:30, at Rowan House; everybody has pressed Start."""
    one = Night(tmp_path)
    try:
        yield await one.begin()
    finally:
        await one.end()
