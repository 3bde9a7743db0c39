"""`check`: configuration, protocol packs, keys and records; everything that is wrong at once."""

from __future__ import annotations

import asyncio
import os
import stat
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import msgspec

from bot.advice import advice
from bot.config import Config, ConfigError
from bot.config_file import Read, read_file
from bot.record_reading import open_for_reading
from bot.resources import WrongPack, keys_of, pack_of
from bot.telegram_check import telegram_mistakes
from protocol.command import pack_mistakes, review_due
from protocol.london import OfficeHours, day_of
from protocol.mistakes import Mistake, allowed
from protocol.pack import Pack
from protocol.packfile import PackError
from reminders import reachability
from reminders.clock import SystemClock
from reminders.policy_file import unknown_duties
from reminders.rota import is_covered
from storage.store import StoreError
from storage.verify import verify

STATUS = {"error": 2, "warning": 1}
"""Exit status: that of the worst; 0 if nothing is wrong."""


def examine(path: Path, now: datetime | None = None) -> list[Mistake]:
    """Everything that is wrong, errors first. Reads only; the bot may be running.

    now: the moment (UTC) that counts as today; the machine's own if not given.
    """
    now = now or SystemClock().now()
    try:
        read = read_file(path)
    except ConfigError as error:
        return [*error.mistakes, *pack_mistakes()]
    folder = path.resolve().parent
    found = list(read.mistakes)
    found += _pack(read, folder, now)
    found += _secrets(path, read, folder)
    if not read.mistakes:
        found += _records(read, folder)
    return sorted(dict.fromkeys(found), key=lambda mistake: -STATUS[mistake.severity])


def _pack(read: Read, folder: Path, now: datetime) -> list[Mistake]:
    """The packs; and with a pack that can be used, what follows from it for the reminders."""
    config = read.config
    named = [config.protocol.pack, *(h.pack for h in config.homes)]
    named += [authority.pack for authority in config.authorities]
    own = [folder / name for name in dict.fromkeys(named) if name.endswith(".toml")]
    found = pack_mistakes(own)
    pack: Pack | None = None
    try:
        pack = pack_of(read.config, folder, read.policy.holidays)
    except WrongPack as wrong:
        error = wrong.error
        if isinstance(error, PackError):
            at = Mistake(place=wrong.place, what=error.message, remedy=error.remedy)
            if not any(one.file == error.file for one in found):
                found += read.located([at])
        else:
            what, _, rest = str(error).partition("; allowed: ")
            remedy = "docs/PROTOCOL.md lists the settings."
            if rest:
                remedy = allowed(rest.split(", "), error.key)
            found += read.located([Mistake(place=wrong.place, what=what, remedy=remedy)])
    if pack is not None and not read.mistakes:
        office = OfficeHours(opens=pack.opens, closes=pack.closes, closed=pack.holidays)
        for used in pack.used():
            found += read.located(review_due(used, day_of(now)))
        found += read.located(unknown_duties(read.policy, pack.duty_ids()))
        found += read.located(advice(read.config, read.policy, office, now))
    return found


def _secrets(path: Path, read: Read, folder: Path) -> list[Mistake]:
    """Files with a key or the token that others can read, and ports that need more rights."""
    config = read.config
    found = []
    try:
        keys_of(config, folder)
    except StoreError as error:
        key = next(k for k in ("key_file", "key_variable", "key_credential") if _set(config, k))
        what, _, remedy = str(error).partition("; ")
        remedy = remedy or "docs/STORAGE.md says how keys are kept"
        found.append(
            Mistake(place=("book", key), what=what, remedy=f"{remedy[:1].upper()}{remedy[1:]}.")
        )
    files = [("token", path)] if config.telegram.token else []
    if config.telegram.token_file:
        files.append(("token_file", Path(config.telegram.token_file)))
    found += [
        Mistake(
            place=("telegram", key),
            what=f"others can read the token in {file.name}",
            remedy=f"chmod 600 {file.name}",
            severity="warning",
        )
        for key, file in files
        if _others_can_read(file)
    ]
    if 0 < config.health.port < 1024 and os.geteuid() != 0:
        remedy = "Allowed without the rights of root: 1024 to 65535; or 0 for no page."
        what = f"{config.health.port} is a port of the system's own services"
        found.append(
            Mistake(place=("health", "port"), what=what, remedy=remedy, severity="warning")
        )
    return read.located(found)


def _set(config: Config, key: str) -> bool:
    return bool(getattr(config.book, key))


def _others_can_read(path: Path) -> bool:
    try:
        return bool(path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO))
    except OSError:
        return False


def _records(read: Read, folder: Path) -> list[Mistake]:
    """The stored records: damage, and what does not fit the configuration any more."""
    config = read.config
    where = folder / config.book.folder
    if config.book.database:
        return _in_database(read, folder)
    if not where.exists():
        return []
    try:
        keys = keys_of(config, folder)
    except StoreError:
        return []  # said already
    found = [
        Mistake(file=config.book.folder, what=line, remedy="docs/STORAGE.md says what to do.")
        for line in verify(where, keys, closed=False)
    ]
    try:
        found += asyncio.run(_misfits(read, folder))
    except StoreError:
        return found or [Mistake(place=("book",), file=read.name, what="cannot be read")]
    return found


def _in_database(read: Read, folder: Path) -> list[Mistake]:
    try:
        return asyncio.run(_misfits(read, folder))
    except StoreError as error:
        what, _, remedy = str(error).partition("; ")
        return read.located(
            [
                Mistake(
                    place=("book", "database"),
                    what=what,
                    remedy=remedy or "docs/SEVERAL-MACHINES.md says how it is set up.",
                    severity="warning" if "has no service" in what else "error",
                )
            ]
        )


async def _misfits(read: Read, folder: Path) -> list[Mistake]:
    """Open cases and young people of homes that are not configured, authorities not listed."""
    config = read.config
    records = await open_for_reading(config, folder)
    homes = [home.id for home in config.homes]
    authorities = [authority.name for authority in config.authorities]
    found = [
        Mistake(
            place=("homes",),
            what=f"{episode.ref} is open, and its home {episode.home!r} is not configured",
            remedy="Put the home back until the case is closed: others are asked about it.",
        )
        for episode in await records.open_episodes()
        if episode.home not in homes
    ]
    office = await records.office()
    known = reachability.read(office.state.get("staff"))
    away = {one for one, chat in known.items() if not chat.reachable}
    now = SystemClock().now()
    for n, home in enumerate(config.homes):
        if is_covered(home.id, now, config.service, ()) and not is_covered(
            home.id, now, config.service, away
        ):
            found.append(
                Mistake(
                    place=("homes", n, "id"),
                    what=f"the bot cannot reach anybody who covers {home.name}",
                    remedy="Ask them to unblock it, or put somebody else on the staff list.",
                )
            )
    for person in await records.people():
        if person.home not in homes:
            what = f"the register has {person.ref} in the home {person.home!r}"
            found.append(
                Mistake(
                    place=("homes",), what=what, remedy=allowed(homes, person.home),
                    severity="warning",
                )
            )  # fmt: skip
        for name in {person.child.responsible_la, person.child.placement_la} - {None, ""}:
            if name not in authorities:
                found.append(
                    Mistake(
                        place=("authorities",),
                        what=f"the register has {name!r} for {person.ref}, which is not listed",
                        remedy=allowed(authorities, name),
                        severity="warning",
                    )
                )
    return read.located(found)


def problems(path: Path) -> list[str]:
    """As `examine`, a line each."""
    return [str(mistake) for mistake in examine(path)]


def about_the_bot(path: Path) -> list[Mistake]:
    """What Telegram says of the bot; nothing as long as the file cannot be used."""
    try:
        read = read_file(path)
    except ConfigError:
        return []
    if read.mistakes:
        return []
    return read.located(telegram_mistakes(read.config, SystemClock().now))


def run(path: Path, *, as_json: bool = False, offline: bool = False) -> int:
    """Prints what is wrong; exit status 2 with errors, 1 with warnings only, 0 with neither.

    offline: Telegram is not asked about the bot.
    """
    found = examine(path)
    if not offline:
        found += about_the_bot(path)
        found.sort(key=lambda mistake: -STATUS[mistake.severity])
    if as_json:
        print(_as_json(found))
    else:
        for mistake in found:
            print(f"warning: {mistake}" if mistake.severity == "warning" else mistake)
        print(_summary(path, found))
    return max((STATUS[mistake.severity] for mistake in found), default=0)


def _summary(path: Path, found: Sequence[Mistake]) -> str:
    errors = sum(mistake.severity == "error" for mistake in found)
    warnings = len(found) - errors
    if not found:
        return f"{path.name}, protocol pack and records: nothing wrong."
    parts = [
        f"{count} {word}{'s' if count > 1 else ''}"
        for count, word in ((errors, "error"), (warnings, "warning"))
        if count
    ]
    return f"{' and '.join(parts)}."


def _as_json(found: Sequence[Mistake]) -> str:
    rows = [
        {
            "severity": mistake.severity,
            "file": mistake.file,
            "line": mistake.line or None,
            "key": mistake.key,
            "about": mistake.about,
            "what": mistake.what,
            "remedy": mistake.remedy,
        }
        for mistake in found
    ]
    return msgspec.json.format(msgspec.json.encode(rows), indent=2).decode()
