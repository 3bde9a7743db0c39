"""All that planning one episode looks at."""

from __future__ import annotations

from collections.abc import Collection, Container
from datetime import date, datetime

import msgspec

from protocol.assess import Assessment
from reminders.duties import Reading
from reminders.policy import Policy
from reminders.rota import Crew
from storage.model import Message


class Situation(msgspec.Struct, frozen=True, kw_only=True):
    """All that `plan` looks at. `messages`: the episode's outbox and log, oldest first."""

    now: datetime
    messages: tuple[Message, ...]
    reading: Reading
    assessment: Assessment
    level: int
    """The level shown: the computed one, or as raised or stood down by a person."""
    young: bool = False
    """In the younger band of the protocol, or of unknown age."""
    crew: Crew
    crew_changes_at: datetime | None = None
    """When (UTC) the people who can be asked may be others; asked for while somebody has it."""
    policy: Policy
    closed_days: Container[date] = ()
    second_channel: Collection[str] = ()
    """Staff ids who can be written to on a second channel."""
    accepting_roles: Collection[str] = ()
    """Roles of the placing authority whose being told closes N-RA."""
    telegram_down: bool = False
    """It has been down for longer than is set: what waits goes by the second channel as well."""
    is_closed: bool = False
