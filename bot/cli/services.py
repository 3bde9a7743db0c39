"""Many services in one installation: run those of a folder, stop and start one, say who leads."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import json
import os
import re
import signal
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bot.audit_line import start_refused
from bot.cli.database import with_database
from bot.config import Config, ConfigError
from bot.config_file import load
from bot.logs import configure_logging
from bot.services import CONFIGURATION, STOPPED, CannotBegin, Run, Services, Share
from bot.watchdog import notify

PROCESS = "services.pid"
"""In the folder, locked while a process runs its services."""


def run(folder: Path, share: str) -> int:
    """Until it is stopped: 0; 2 if the folder cannot be used."""
    if (mine := _share(share)) is None:
        print(f"--share: {share!r} is not allowed. Allowed: 1/1, 1/2, 2/2, 1/3 …", file=sys.stderr)
        return 2
    configure_logging()
    try:
        with _only_one(folder):
            asyncio.run(_run(Services(folder.resolve(), begin, mine)))
    except BlockingIOError:
        print(f"{folder}: another process runs these services.", file=sys.stderr)
        return 2
    except OSError as error:
        print(f"{folder / PROCESS}: {error.strerror}", file=sys.stderr)
        return 2
    return 0


async def _run(services: Services) -> None:
    from handlers import times

    tables = asyncio.create_task(asyncio.to_thread(times.prepare))
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, services.stop)
    loop.add_signal_handler(signal.SIGHUP, services.follow)
    loop.add_signal_handler(signal.SIGUSR1, services.take_left)
    notify("READY=1")
    try:
        await services.run()
    finally:
        notify("STOPPING=1")
        await asyncio.gather(tables, return_exceptions=True)


async def begin(path: Path) -> Run:
    """One service, put together. Raises CannotBegin."""
    from bot.app import App
    from bot.bootstrap import CannotStart, WrongConfiguration, bootstrap

    try:
        config, policy = load(path)
        bot = await bootstrap(config, policy, path.parent, path=path)
    except ConfigError as error:
        await asyncio.to_thread(start_refused, path, len(error.problems))
        raise CannotBegin("\n".join(error.problems)) from error
    except CannotStart as error:
        if isinstance(error, WrongConfiguration):
            await asyncio.to_thread(start_refused, path, len(str(error).splitlines()))
        raise CannotBegin(str(error)) from error
    # systemd is told of the process, not of one of its services.
    return App(bot, tell=lambda _: None)


def stop(folder: Path, name: str) -> int:
    """0 when it is on disk and the running process was told; 2: there is no such service."""
    if (service := _service(folder, name)) is None:
        return 2
    (service / STOPPED).touch()
    print(f"{name} is stopped" + ("." if _tell(folder) else "; no process runs these services."))
    return 0


def start(folder: Path, name: str) -> int:
    """0 when it may run and the running process was told; 2: there is no such service."""
    if (service := _service(folder, name)) is None:
        return 2
    (service / STOPPED).unlink(missing_ok=True)
    print(f"{name} runs" + ("." if _tell(folder) else " when a process runs these services."))
    return 0


def reload(folder: Path) -> int:
    """0 when the running process was told; 1: there is none."""
    if _tell(folder):
        print("What was changed is read again; each service's administrators hear of it.")
        return 0
    print("No process runs these services.", file=sys.stderr)
    return 1


def list_all(config_path: Path, *, as_json: bool) -> int:
    """0; 1: one of them is not led; 2: the database cannot be used."""

    async def work(config: Config, _: Path) -> int:
        rows = await _rows(config)
        if as_json:
            print(json.dumps(rows, indent=1))
        elif not rows:
            print("There is no service in the database yet.")
        else:
            print(*map(_line, rows), sep="\n")
        return 0 if all(row["led_by"] for row in rows) else 1

    return with_database(config_path, work)


async def _rows(config: Config) -> list[dict[str, Any]]:
    from storage.postgres_session import connect

    connection = (await connect(config.book.database, "nightlight services")).connection
    async with connection:
        found = await connection.execute(
            "SELECT s.name, s.term, CASE WHEN s.held_until > clock_timestamp() THEN s.holder END, "
            "count(r.name) FILTER (WHERE r.kind = 'episode' AND r.closed_at IS NULL), "
            "max(r.written_at), s.next_due, s.lateness, s.said_at "
            "FROM nightlight.service AS s LEFT JOIN nightlight.record AS r ON r.service = s.name "
            "GROUP BY s.name ORDER BY s.name"
        )
        rows = await found.fetchall()
    keys = (
        "service", "term", "led_by", "open_cases", "last_change", "acts_next",
        "last_reminder_late_seconds", "said_at",
    )  # fmt: skip
    return [
        {
            key: f"{value.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
            if isinstance(value, datetime)
            else value
            for key, value in zip(keys, row, strict=True)
        }
        for row in rows
    ]


def _line(row: dict[str, Any]) -> str:
    led = f"led by {row['led_by']}, term {row['term']}"
    parts = [
        led if row["led_by"] else f"NOBODY LEADS (last term {row['term']})",
        f"{row['open_cases']} open cases",
        f"acts next {row['acts_next']}" if row["acts_next"] else "nothing to do by itself",
        f"last reminder {row['last_reminder_late_seconds']:.1f} s late",
        f"last change {row['last_change']}" if row["last_change"] else "no records yet",
    ]
    return f"{row['service']}: {'; '.join(parts)}"


def _share(text: str) -> Share | None:
    found = re.fullmatch(r"(\d{1,3})/(\d{1,3})", text)
    if found is None:
        return None
    share = Share(int(found[1]), int(found[2]))
    return share if 1 <= share.part <= share.parts else None


def _service(folder: Path, name: str) -> Path | None:
    names = sorted(path.parent.name for path in folder.glob(f"*/{CONFIGURATION}"))
    if name in names:
        return folder / name
    there = ", ".join(names) or "none"
    print(f"{folder}: there is no service {name!r}. There: {there}", file=sys.stderr)
    return None


@contextlib.contextmanager
def _only_one(folder: Path) -> Iterator[None]:
    """Raises BlockingIOError while another process runs these services; OSError."""
    with (folder / PROCESS).open("a+", encoding="ascii") as file:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        file.truncate(0)
        file.write(f"{os.getpid()}\n")
        file.flush()
        yield


def _tell(folder: Path) -> bool:
    """Whether there is a process that runs these services, which was told to look."""
    try:
        with (folder / PROCESS).open("r+", encoding="ascii") as file:
            with contextlib.suppress(BlockingIOError):
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return False
            os.kill(int(file.read()), signal.SIGHUP)
    except (FileNotFoundError, ProcessLookupError, ValueError):
        return False
    return True
