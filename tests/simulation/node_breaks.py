"""Small deliberate faults in what leading a service relies on: each must be caught."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any
from unittest import mock

import psycopg

import reminders.outbox
import storage.lease
import storage.postgres
import storage.store
from tests.simulation.database import Server, SimSession

BREAKS: dict[str, Callable[[contextlib.ExitStack], None]] = {}
"""By name; the docstring says what is broken."""


@contextlib.contextmanager
def applied(name: str) -> Iterator[None]:
    """With this fault in the code; "" for none."""
    with contextlib.ExitStack() as stack:
        if name:
            BREAKS[name](stack)
        yield


def _break(function: Callable[[contextlib.ExitStack], None]) -> None:
    BREAKS[function.__name__.replace("_", "-")] = function


def _put(stack: contextlib.ExitStack, owner: Any, name: str, value: Any) -> None:
    stack.enter_context(mock.patch.object(owner, name, value))


@_break
def term_not_checked(stack: contextlib.ExitStack) -> None:
    """A commit does not look whose term it is."""
    _put(stack, SimSession, "is_over", staticmethod(lambda server, service, term: False))


@_break
def lease_by_the_nodes_clock(stack: contextlib.ExitStack) -> None:
    """The lease is renewed by the clock of the machine that leads, which is some seconds off."""

    def now(self: SimSession, server: Server) -> datetime:
        return self.node.clock.now() - timedelta(seconds=15.0)

    _put(stack, SimSession, "now", now)


@_break
def unknown_is_failed(stack: contextlib.ExitStack) -> None:
    """A commit whose answer was lost is made once more without looking."""

    async def is_there(self: Any, puts: Any) -> bool:
        self._disconnect()
        return False

    _put(stack, storage.postgres.PostgresStore, "_is_there", is_there)


@_break
def unknown_is_done(stack: contextlib.ExitStack) -> None:
    """A commit whose answer was lost is taken for done."""

    async def is_there(self: Any, puts: Any) -> bool:
        self._disconnect()
        return True

    _put(stack, storage.postgres.PostgresStore, "_is_there", is_there)


@_break
def found_is_enough(stack: contextlib.ExitStack) -> None:
    """What is found in the primary is confirmed, whether or not the standby has it."""

    async def is_there(self: Any, puts: Any) -> bool:
        self._disconnect()
        try:
            return bool(await self._look(puts))
        except (psycopg.Error, storage.store.StoreError) as error:
            raise psycopg.OperationalError("away") from error

    _put(stack, storage.postgres.PostgresStore, "_is_there", is_there)


@_break
def speaks_after_its_lease(stack: contextlib.ExitStack) -> None:
    """A leader whose lease ran out speaks to Telegram without asking the database."""

    async def may_act(self: Any) -> bool:
        return not self.lost.is_set()

    _put(stack, storage.lease.Lease, "may_act", may_act)


@_break
def standby_does_not_wait(stack: contextlib.ExitStack) -> None:
    """A standby ends the session of a leader whose lease has not run out."""

    async def end_lapsed_holder(self: SimSession, service: str) -> bool:
        def look(server: Server) -> bool:
            return self._end_all(server, server.tables["service", service].holder)

        return bool(await self._read(look))

    _put(stack, SimSession, "end_lapsed_holder", end_lapsed_holder)


@_break
def attempt_not_on_record(stack: contextlib.ExitStack) -> None:
    """An attempt to send is not on record before it is made."""
    real = reminders.outbox.Outbox.begin

    async def begin(self: Any, ref: str, message_id: str, person: str) -> Any:
        if ref == reminders.outbox.OFFICE:
            return await real(self, ref, message_id, person)
        record = await self.records.fresh(ref)
        found = [m for m in record.messages if m.id == message_id and m.state == "waiting"]
        return (found[0] if found else None), record

    _put(stack, reminders.outbox.Outbox, "begin", begin)
