"""What the bot knows of each person's chat: ever started, blocked, moved. Kept under "staff"."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec


class Reachability(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One person's chat. Times in UTC. `chat_id`: only if it is not the Telegram id."""

    started_at: datetime | None = None
    unreachable_at: datetime | None = None
    why: str = ""
    chat_id: int | None = None

    @property
    def reachable(self) -> bool:
        """False only if writing to this person failed and they did not come back since."""
        return self.unreachable_at is None


def read(raw: Any) -> dict[str, Reachability]:
    """From the office file's builtins."""
    return msgspec.convert(raw or {}, dict[str, Reachability])


def written(people: Mapping[str, Reachability]) -> Any:
    """As the service's own file keeps it."""
    return msgspec.to_builtins(people)
