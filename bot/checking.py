"""`check`: configuration, protocol packs and the book; one line for each thing that is wrong."""

from __future__ import annotations

from pathlib import Path

from bot.assembly import keys_of, pack_of
from bot.cli.maintenance import check_book
from bot.config import Config, ConfigError, load
from protocol.command import check_packs
from protocol.packfile import PackError
from protocol.settings import SettingError
from reminders.clock import SystemClock
from reminders.policy_file import unknown_duties
from storage.store import StoreError


def problems(path: Path) -> list[str]:
    """Everything that is wrong, each with file and key. Reads only; the bot may be running."""
    try:
        config, policy = load(path)
    except ConfigError as error:
        return [*error.problems, *check_packs([])]
    folder = path.resolve().parent
    now = SystemClock().now()
    found = check_packs([folder / config.protocol.pack] if _own_pack(config.protocol.pack) else [])
    try:
        pack = pack_of(config, folder, policy.holidays, now)
        wrong = unknown_duties(policy, {duty.id for duty in pack.book.duties})
        found += [f"{path.name}: {line}" for line in wrong]
    except PackError as error:
        if str(error) not in found:
            found.append(str(error))
    except SettingError as error:
        found.append(f"{path.name}: protocol.settings.{error.key}: {error}")
    found += [f"{path.name}: {line}" for line in _second_channel(config)]
    try:
        found += check_book(folder / config.book.folder, keys_of(config, folder))
    except StoreError as error:
        found.append(f"{path.name}: book: {error}")
    return found


def _second_channel(config: Config) -> list[str]:
    """Addresses that Apprise cannot read would be found out in the night in which they are needed.
    They hold passwords: only their place and how they begin is said."""
    import apprise

    return [
        f"staff[{i}].second_channel: address {n} ({address.partition('://')[0]}://…) cannot be "
        "used. Allowed: addresses of Apprise, such as mailto://user:password@mail.example."
        for i, person in enumerate(config.staff, 1)
        for n, address in enumerate(person.second_channel, 1)
        if apprise.Apprise.instantiate(address) is None
    ]


def _own_pack(name: str) -> bool:
    return name.endswith(".toml")


def run(path: Path) -> int:
    """Prints the problems; exit status 0 without any, else 1."""
    found = problems(path)
    for line in found:
        print(line)
    if not found:
        print(f"{path.name}, protocol pack and book: nothing wrong.")
    return 1 if found else 0
