"""Whether the service is stopped on purpose, as its own file says (`kill_switch` writes it)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec

from reminders.service_state import ServiceState

STOPPED = "stopped"
"""Key of the service's own file."""
OWN = "switch~"
"""How the ids of the switch's own messages begin: they leave while all others are held back."""
MACHINE = "machine"
"""Stands for whoever gave the command on the service's machine."""


class Stop(msgspec.Struct, frozen=True, kw_only=True):
    """at: since when (UTC).  by: staff ids, or MACHINE."""

    at: datetime
    by: tuple[str, ...]


def stop_of(state: Mapping[str, Any]) -> Stop | None:
    """What the service's own file says; None: it is not stopped."""
    raw = state.get(STOPPED)
    return msgspec.convert(raw, Stop) if raw else None


def holds_back(service_state: ServiceState, message_id: str) -> bool:
    """Must this message wait because the service is stopped?"""
    return bool(service_state.state.get(STOPPED)) and not message_id.startswith(OWN)
