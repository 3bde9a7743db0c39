"""The command line as a process: any record on any terminal, beside a running bot."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.cli.terminal import visible
from bot.config_file import load
from bot.record_reading import open_for_reading
from protocol.facts import Child, Note, Opened
from reminders.clock import SystemClock
from storage.model import Person
from storage.store import Change, Store
from storage.tinydb_store import TinyStore
from tests.bot.test_config import written

ROOT = Path(__file__).parents[2]
NIGHT = datetime(2026, 11, 21, 23, 40, tzinfo=UTC)
PLAIN = ('key_file = "book.key"', 'unencrypted = "yes, plain files"')
NASTY = "Zoë said:\x1b[2J\x9b31m [/bold] [red]caf\u202e\r\x07\nsecond line"


def nightlight(*words: str, cwd: Path, encoding: str = "ascii") -> subprocess.CompletedProcess[str]:
    """The command as on a terminal that knows only this encoding."""
    return subprocess.run(
        [sys.executable, str(ROOT / "main.py"), *words],
        capture_output=True,
        check=False,
        cwd=cwd,
        env={**os.environ, "PYTHONIOENCODING": encoding, "COLUMNS": "160", "PYTHONUTF8": "0"},
        encoding=encoding,
        timeout=60,
    )


async def a_case(config_path: Path, text: str) -> Store:
    """An open store with one case and its note, as the running bot has it."""
    config, _ = load(config_path)
    store = TinyStore(
        config_path.parent / config.book.folder,
        keys=None,
        summarise=lambda episode: None,  # type: ignore[arg-type, return-value]
        now=SystemClock().now,
    )
    await store.open()
    child = Child(age=15)
    await store.put_people([Person(ref="YP-1", home="rowan", child=child, name="Zoë \x1b[1mX")])
    at = {"recorded_at": NIGHT, "by": "morgan"}
    facts = [
        Opened(id="f1", category="missing", child=child, aware_at=NIGHT, **at),
        Note(id="f2", at=NIGHT, text=text, **at),
    ]
    await store.create("ROWAN-7K3F", "rowan", "YP-1", Change(facts=facts))
    return store


@pytest.mark.parametrize("encoding", ["ascii", "utf-8", "latin-1"])
async def test_a_case_is_shown_in_any_encoding_without_control_sequences(
    tmp_path: Path, encoding: str
) -> None:
    """While the bot runs: its store is open all the time."""
    path = written(tmp_path, PLAIN)
    store = await a_case(path, NASTY)
    try:
        done = await asyncio.to_thread(
            nightlight, "show", "ROWAN-7K3F", cwd=tmp_path, encoding=encoding
        )
    finally:
        await store.close()
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert "said:" in done.stdout
    assert r"\x1b[2J\x9b31m [/bold] [red]caf\u202e" in done.stdout.replace("\n", "")
    assert not {"\x1b", "\x9b", "\x07", "\r"} & set(done.stdout)


async def test_every_command_prints_through_the_safe_stream(tmp_path: Path) -> None:
    """A configuration with a control sequence where `check`, `run` and `people` show its value."""
    path = written(tmp_path, ('role = "manager"', r'role = "bo\u001b[31mss\u00e9"'))
    for words in (["check"], ["run"], ["people", "import", "x.csv"], ["show", "A-1"], ["verify"]):
        done = nightlight(*words, cwd=path.parent)
        shown = done.stdout + done.stderr
        assert done.returncode in (1, 2)
        assert "Traceback" not in shown
        assert "\x1b" not in shown
        assert "staff[2].role" in shown, words
    for words in (["assess", "x\x1b[31m.json"], ["when", "tomor\x1b[31mrow \u00e9"]):
        done = nightlight(*words, cwd=path.parent)
        assert "Traceback" not in done.stdout + done.stderr
        assert "\x1b" not in done.stdout + done.stderr


def test_what_is_made_visible() -> None:
    assert visible("a\tb\nc\r\nd é …") == "a\tb\nc\r\nd é …"
    assert visible("\x1b[0m\x7f\x85\u2066") == r"\x1b[0m\x7f\x85\u2066"


async def test_records_are_read_while_the_bot_runs(tmp_path: Path) -> None:
    path = written(tmp_path, PLAIN)
    store = await a_case(path, "hello")
    config, _ = load(path)
    try:
        records = await open_for_reading(config, tmp_path)
        assert [e.ref for e in await records.open_episodes()] == ["ROWAN-7K3F"]
        [row] = await records.past(datetime(2020, 1, 1, tzinfo=UTC))
        assert row.person == "YP-1"
    finally:
        await store.close()
