"""Reads the configuration file and says everything that is wrong with it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec

from bot.config import SECRET, Config, ConfigError
from bot.config_checks import check
from bot.people_on_record import staff_record
from protocol.mistakes import Mistake, read_as, without_consequences
from protocol.staff_facts import StaffRecord
from protocol.toml_places import Place
from protocol.toml_text import Unreadable, read_toml
from reminders.policy import Policy
from reminders.policy_file import TABLES, read_policy

ON_RECORD = "on_record"
"""The one field of the configuration that no file has."""


def load(path: Path, *, token_needed: bool = True) -> tuple[Config, Policy]:
    """Reads and checks the file. Raises ConfigError with every mistake that was found."""
    read = read_file(path, token_needed=token_needed)
    if read.mistakes:
        raise ConfigError(read.mistakes)
    return read.config, read.policy


class Read(msgspec.Struct, frozen=True, kw_only=True):
    """A configuration file as far as it could be read, and what is wrong with it.

    raw, lines: its tables, and on which line each key stands, to point at further mistakes.
    config, policy: to be used only if there are no mistakes.
    """

    config: Config
    policy: Policy
    mistakes: list[Mistake]
    raw: dict[str, Any]
    lines: dict[Place, int]
    name: str

    def located(self, mistakes: Iterable[Mistake]) -> list[Mistake]:
        """The same mistakes with file, line, and the name of the person or home."""
        return [mistake.located(self.name, self.lines, self.raw) for mistake in mistakes]


def read_file(path: Path, *, token_needed: bool = True, record: StaffRecord | None = None) -> Read:
    """Reads and checks the file. Raises ConfigError only if it is no TOML at all.

    record: the staff list as the running bot knows it; without it, as it is on record.
    """
    try:
        raw, lines = read_toml(path)
    except Unreadable as error:
        raise ConfigError([error.mistake]) from None
    ours = {key: value for key, value in raw.items() if key not in TABLES}
    if ON_RECORD in ours:  # a key of ours that no file has
        ours[f"{ON_RECORD}_"] = ours.pop(ON_RECORD)
    config, found = read_as(Config, ours, secret=SECRET, extra=TABLES)
    if config.telegram.token_file:
        at = str(path.resolve().parent / config.telegram.token_file)
        telegram = msgspec.structs.replace(config.telegram, token_file=at)
        config = msgspec.structs.replace(config, telegram=telegram)
    if not found:
        record = record or staff_record(config, path.resolve().parent)
        config = msgspec.structs.replace(config, on_record=record)
    found = without_consequences(found, check(config, token_needed=token_needed))
    policy, wrong_policy = read_policy(raw, config.service)
    found = without_consequences(found, wrong_policy)
    read = Read(
        config=config,
        policy=_from_here(policy, path.resolve().parent),
        mistakes=[],
        raw=raw,
        lines=lines,
        name=path.name,
    )
    mistakes = sorted(read.located(found), key=lambda mistake: mistake.line)
    return msgspec.structs.replace(read, mistakes=mistakes)


def _from_here(policy: Policy, folder: Path) -> Policy:
    """A relative path counts from the configuration's folder, as that of the book does."""
    watching = policy.watching
    if not watching.heartbeat_file:
        return policy
    file = str(folder / watching.heartbeat_file)
    watching = msgspec.structs.replace(watching, heartbeat_file=file)
    return msgspec.structs.replace(policy, watching=watching)
