"""Homes that nobody covers: all who cover one expired, left, were taken off the list or cannot be
reached; or a home was taken out of the configuration with cases still open."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection
from datetime import datetime

from reminders.notices import office_message
from reminders.service_state import ServiceState
from reminders.write_behind import OfficeChange
from storage.model import Message, Office

UNCOVERED = "uncovered"
"""Key in the service's own file: home id to the moment (ISO) since which nobody covers it."""


class Coverage:
    """Whoever stands in for a home is told the moment nobody covers it, and when somebody does
    again. `open_homes`: ids of the homes with open cases. `changed`: called after each of both."""

    name = "coverage"

    def __init__(
        self,
        service_state: ServiceState,
        open_homes: Callable[[], Collection[str]],
        changed: Callable[[], Awaitable[None]],
    ) -> None:
        self.service_state = service_state
        self.open_homes = open_homes
        self.changed = changed

    def uncovered(self, now: datetime) -> list[str]:
        """Ids of the homes whose cases nobody who covers them could be asked about now."""
        configured = [home.id for home in self.service_state.service.homes]
        removed = sorted(set(self.open_homes()) - set(configured))
        return [h for h in (*configured, *removed) if not self.service_state.is_covered(h, now)]

    def next_at(self, now: datetime) -> datetime | None:
        """When (UTC) somebody's time on the staff list ends next."""
        ends = [staff.expires_at for staff in self.service_state.service.staff]
        return min((end for end in ends if end is not None and end > now), default=None)

    async def run(self, now: datetime) -> None:
        """Tells what changed since the last look."""
        before = set(self.service_state.state.get(UNCOVERED, {}))
        if before == set(self.uncovered(now)):
            return

        def build(office: Office) -> OfficeChange | None:
            known: dict[str, str] = office.state.get(UNCOVERED, {})
            still = self.uncovered(now)
            lost = [home for home in still if home not in known]
            again = [home for home in known if home not in still]
            if not lost and not again:
                return None
            state = {home: known.get(home, now.isoformat()) for home in still}
            return OfficeChange(
                state={UNCOVERED: state},
                messages=[
                    *self._tell("nobody_covers", lost, [], now, priority=5),
                    *self._tell("covered_again", again, _told(office, again), now, priority=30),
                ],
                log=[
                    *({"at": now.isoformat(), "what": "nobody covers", "home": h} for h in lost),
                    *({"at": now.isoformat(), "what": "covered again", "home": h} for h in again),
                ],
            )

        await self.service_state.change(build)
        await self.changed()

    def _tell(
        self,
        kind: str,
        homes: Collection[str],
        also: Collection[str],
        now: datetime,
        *,
        priority: int,
    ) -> list[Message]:
        """One message to each manager who can be reached, without any to each administrator; and to
        these others."""
        if not homes:
            return []
        people = dict.fromkeys((*(one.id for one in self.service_state.leaders(now)), *also))
        return [
            office_message(
                f"{kind}~{now:%y%m%d%H%M%S%f}~{person}",
                person,
                kind,
                now,
                {"homes": list(homes)},
                priority=priority,
            )
            for person in people
        ]


def _told(office: Office, homes: Collection[str]) -> list[str]:
    """Whoever heard last that nobody covers one of these homes: they hear that somebody does."""
    last: dict[str, str] = {}
    for message in office.messages:
        heard = message.kind in ("nobody_covers", "covered_again") and message.state == "sent"
        if heard and {*message.data["homes"]} & {*homes}:
            last[message.to] = message.kind
    return [person for person, kind in last.items() if kind == "nobody_covers"]
