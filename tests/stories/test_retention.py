"""A case whose time is over goes: with the real process, and the records in a folder and in a
database. Commands go by the machine's own time, so the night is more than 13 months ago."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from typer.testing import CliRunner

from bot.cli.commands import app
from storage.keys import new_key_file
from tests.stories.night import Night
from tests.stories.test_returns import comes_back, signs_off_with_a_reason, taps

EXPORT = '\n[export]\nservice = "NL01"\nkey_file = "export.key"\n'
LONG_AGO = datetime.now(UTC) - timedelta(days=430)
SATURDAY = LONG_AGO - timedelta(days=(LONG_AGO.weekday() + 2) % 7)


@pytest.fixture
async def night(tmp_path: Path) -> AsyncIterator[Night]:
    one = Night(tmp_path, EXPORT)
    new_key_file(tmp_path / "export.key", LONG_AGO)
    try:
        yield await one.begin(f"{SATURDAY:%Y-%m-%d} 21:30")
    finally:
        await one.end()


async def says(night: Night, *command: str) -> tuple[int, str]:
    """A command on the machine: its exit status, and what it prints."""
    line = [*command, "--config", str(night.config)]
    done = await asyncio.to_thread(CliRunner().invoke, app, line)
    return done.exit_code, done.output


async def rows(night: Night) -> list[dict[str, Any]]:
    """Of all episodes, without the moment at which they were made."""
    out = night.folder / "rows.jsonl"
    days = ("--from", f"{SATURDAY:%Y-%m-%d}", "--to", f"{datetime.now(UTC):%Y-%m-%d}")
    status, text = await says(night, "export", "rows", *days, "--out", str(out))
    assert status == 0, text
    made = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
    return [{key: value for key, value in row.items() if key != "as_of"} for row in made]


def there(night: Night, ref: str) -> bool:
    """Whether the records hold the case, or a file of it."""
    if night.database is None:
        return any(ref in path.name for path in (night.folder / "book").rglob("*"))
    with psycopg.connect(night.database.address) as connection:
        name = "SELECT 1 FROM nightlight.record WHERE service = %s AND name LIKE %s"
        found = connection.execute(name, (night.given.book.service, f"{ref}%"))
        return found.fetchone() is not None


@pytest.mark.both_books
async def test_a_closed_case_goes_when_it_is_confirmed_and_nobody_holds_it(night: Night) -> None:
    """Robin has closed it; a complaint holds it for a while. Afterwards no screen and no file
    shows it, its figures are what they were, and it stands in the audit who let it go."""
    ref = await night.reports(night.morgan, police="Just now")
    await comes_back(night, ref)
    await signs_off_with_a_reason(night.robin, ref)
    await taps(night.robin, "Close")
    await taps(night.robin, "Close")
    await night.robin.has_on_screen(ref, "CLOSED")
    status, text = await says(night, "retention", "--dry-run")
    assert (status, f"{ref}  YP-01" in text) == (0, True), text
    assert "nobody has confirmed its case file" in text
    status, text = await says(night, "retention", "--by", "robin")
    assert status == 2, "not while the bot has the records"
    assert night.stop() == 0
    before = await rows(night)
    assert len(before) == 1
    why = ("--by", "robin", "--why", "a complaint of October")
    for command in (("exported", ref, "--by", "robin"), ("hold", "YP-01", *why)):
        assert (await says(night, *command))[0] == 0, command
    status, text = await says(night, "retention", "--by", "robin")
    assert (status, "stays: held" in text, there(night, ref)) == (0, True, True), text
    assert (await says(night, "hold", "YP-01", "--by", "robin", "--end"))[0] == 0
    status, text = await says(night, "retention", "--by", "robin")
    assert (status, "1 went" in text, there(night, ref)) == (0, True, False), text
    assert await rows(night) == before
    assert "There is no case" in (await says(night, "show", ref))[1]
    days = ("--from", f"{SATURDAY:%Y-%m-%d}", "--to", f"{datetime.now(UTC):%Y-%m-%d}")
    status, text = await says(night, "audit", "show", *days, "--person", ref)
    assert (status, f"robin  case deleted  ref {ref}" in text) == (0, True), text
    for command in (("verify",), ("audit", "verify")):
        status, text = await says(night, *command)
        assert status == 0, text
    await night.start()
    await night.robin.sends(f"/case {ref}")
    await night.robin.has_on_screen(f"There is no case {ref} that you may see")
