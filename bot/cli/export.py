"""`export`: episode rows and the list that joins them with the register, for figures."""

from __future__ import annotations

import asyncio
import csv
import io
import sys
from collections.abc import Callable, Iterable, Sequence
from datetime import date
from pathlib import Path

import msgspec

from bot.audit_line import put_on_record
from bot.config import ConfigError
from bot.config_file import load
from bot.episode_rows import Exported, episode_rows, people_keys
from reports.rows import FIELDS, Row, encode
from storage import files
from storage.model import Person
from storage.store import StoreError

PEOPLE_COLUMNS = ("child", "CHILD", "DOB", "DEC")


def rows(first: str, last: str, config_path: Path, *, as_csv: bool, out: Path | None) -> int:
    """Exit status 0, or 2 with the reason in a line; then nothing was written."""
    period = _period(first, last)
    if isinstance(period, str):
        return _refuse(period)

    def work(folder: Path) -> int:
        config, _ = load(config_path, token_needed=False)
        found = asyncio.run(episode_rows(config, folder, *period))
        write = csv_of if as_csv else json_lines
        put_on_record(config, folder, "rows exported", rows=len(found.rows))
        if (status := _put(write(found.rows), out)) == 0:
            _say(found)
        return status

    return _with(config_path, work)


def people(config_path: Path, *, out: Path | None) -> int:
    """As `rows`."""

    def work(folder: Path) -> int:
        config, _ = load(config_path, token_needed=False)
        found = asyncio.run(people_keys(config, folder))
        put_on_record(config, folder, "list of young people exported", rows=len(found))
        if (status := _put(people_csv(found), out)) == 0:
            print(
                f"{len(found)} young people. This file joins rows with children: keep it in the "
                "service.",
                file=sys.stderr,
            )
        return status

    return _with(config_path, work)


def json_lines(found: Iterable[Row]) -> bytes:
    """A JSON object on a line for each row."""
    return b"".join(encode(row) + b"\n" for row in found)


def csv_of(found: Iterable[Row]) -> bytes:
    """The same fields, in the same order; lists and what they hold as JSON, null as an empty cell,
    true and false as in JSON."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(FIELDS)
    for row in found:
        values = msgspec.json.decode(encode(row))
        writer.writerow([_cell(values[name]) for name in FIELDS])
    return text.getvalue().encode()


def people_csv(found: Sequence[tuple[str, Person]]) -> bytes:
    """Key, the register's reference, date of birth, and when care ceased: blank if the register has
    no such day, be it that they are still looked after or that nobody wrote it down. Leaving a home
    is not the same, as the next placement may be another one."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(PEOPLE_COLUMNS)
    for key, person in found:
        writer.writerow([key, person.ref, _day(person.child.dob), _day(person.care_ceased)])
    return text.getvalue().encode()


def _day(day: date | None) -> str:
    return f"{day:%d/%m/%Y}" if day else ""


def _cell(value: object) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()


def _period(first: str, last: str) -> tuple[date, date] | str:
    days = []
    for option, text in (("--from", first), ("--to", last)):
        try:
            days.append(date.fromisoformat(text))
        except ValueError:
            return f"{option}: {text!r} is not allowed. Allowed: a date such as 2026-04-01."
    if days[0] > days[1]:
        return f"--from: {first} is after --to {last}. Allowed: a day up to --to."
    return days[0], days[1]


def _put(content: bytes, out: Path | None) -> int:
    if out is None:
        sys.stdout.buffer.write(content)
        sys.stdout.buffer.flush()
        return 0
    try:
        files.write_whole(out, content)
    except OSError as error:
        return _refuse(f"{out}: cannot be written: {error.strerror or error}.")
    return 0


def _say(found: Exported) -> None:
    for problem in found.problems:
        print(f"Left out: {problem}.", file=sys.stderr)
    print(
        f"{len(found.rows)} rows. Pseudonyms by key {found.key}: rows made with another key cannot "
        "be joined with these.",
        file=sys.stderr,
    )


def _with(config_path: Path, work: Callable[[Path], int]) -> int:
    try:
        return work(config_path.resolve().parent)
    except ConfigError as error:
        return _refuse("\n".join(error.problems))
    except StoreError as error:
        return _refuse(str(error))


def _refuse(text: str) -> int:
    print(text, file=sys.stderr)
    return 2
