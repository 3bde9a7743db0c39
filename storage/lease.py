"""Who leads a service whose records are in PostgreSQL: at most one process at a time.

Three things together. An advisory lock of a session: it passes on within milliseconds when the
process that holds it is killed. A lease by the clock of the database: it ends when a machine
vanishes whose session nobody closes. And a term, counted up by each new leader and checked inside
every commit (`nightlight.put`): whatever a former leader still believes, it cannot write.
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import time
from collections.abc import Callable

import psycopg
import structlog

from storage.postgres_asking import ANSWER_SECONDS, plain_words
from storage.postgres_session import Session, connect
from storage.store import StoreError

LEASE_SECONDS = 10.0
"""So long after its last renewal a leader that cannot be asked is taken to be gone."""
RENEW_SECONDS = 2.0
MARGIN_SECONDS = 1.5
"""A leader counts on its lease for this much less than the database does."""
GRACE_SECONDS = 0.5
"""A new leader whose predecessor lost only its session waits so long: the other notices at once."""
SLACK_SECONDS = 1.0
"""A busy process looks at its time so late."""
LOOK_SECONDS = 0.25
"""How often a standby looks."""
RETURN_SECONDS = 3.0
"""A standby whose own session had ended, as when another server is the primary now, leaves a leader
whose lease holds so long to come back: that one still has in memory what the server may lack."""

log = structlog.get_logger(__name__)


class Lease:
    """The right of this process to lead one service.

    address, service: of the database and in it.  mark: the sealed mark that a new service gets.
    """

    def __init__(self, address: str, service: str, mark: bytes) -> None:
        self.address = address
        self.service = service
        self.holder = f"nightlight {service} {secrets.token_hex(4)}"
        self.term = 0
        self.lost = asyncio.Event()
        """Set for good as soon as it is certain that another process leads."""
        self._mark = mark
        self._until = float("-inf")
        self._session: Session | None = None
        self._asked_before = False
        self._back_at = float("-inf")
        self._keeping: asyncio.Task[None] | None = None
        self._asked = asyncio.Event()

    @property
    def certain(self) -> bool:
        """The lease holds by this machine's monotonic clock, which goes on while a process is
        stopped. False also while the database cannot be asked."""
        return not self.lost.is_set() and time.monotonic() < self._until

    async def take(self, *, wait: bool = True, looked: Callable[[], None] = lambda: None) -> bool:
        """Becomes the leader; without `wait`, only if nobody else is. Raises StoreError if the
        database cannot be used: at once without `wait`, and in any case if it was not prepared.

        looked: called each time that a standby has looked.
        """
        told = False
        while True:
            try:
                if await self._try_to_take():
                    break
                why = "another process leads this service"
            except psycopg.Error as error:
                self._forget_session()
                self._asked_before = True
                why = f"the database cannot be reached: {plain_words(error)}"
                if not wait:
                    raise StoreError(why) from error
            if not wait:
                self._forget_session()
                return False
            if not told:
                log.info("standing by", service=self.service, why=why)
                told = True
            looked()
            await asyncio.sleep(LOOK_SECONDS)
        self._keeping = asyncio.create_task(self._keep(), name="lease")
        if wait:
            log.info("leading", service=self.service, term=self.term)
        return True

    async def may_act(self) -> bool:
        """Whether this process may still speak for the service. Where the lease ran out, the
        database is asked; one that cannot be asked stops nobody: a reminder twice is better than
        none."""
        asking = not self.certain and not self.lost.is_set()
        while asking:
            begun = time.monotonic()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(ANSWER_SECONDS):
                    await self._asked.wait()
            asking = _was_stopped(begun)
        return not self.lost.is_set()

    def give_up(self, why: str = "another process speaks to Telegram") -> None:
        """This process is not to speak for the service any more."""
        self._lose(why)

    async def release(self) -> None:
        """Lets a standby lead at once."""
        if self._keeping is not None:
            self._keeping.cancel()
            await asyncio.gather(self._keeping, return_exceptions=True)
        if self._session is not None and self.term and not self.lost.is_set():
            with contextlib.suppress(psycopg.Error, TimeoutError):
                async with asyncio.timeout(3):
                    await self._session.end_term(self.service, self.term)
        self._until = float("-inf")
        self._forget_session()

    # ----------------------------------------------------------------------------------------

    async def _try_to_take(self) -> bool:
        if self._session is None or self._session.closed:
            self._session = await connect(self.address, self.holder)
            await self._session.add_service(self.service, self._mark)
            if self._asked_before:
                self._back_at = time.monotonic()
            self._asked_before = True
        session = self._session
        if time.monotonic() < self._back_at + RETURN_SECONDS and await session.is_led(self.service):
            return False
        if not await session.lock(self.service):
            # The machine of a leader whose lease ran out may be gone, or stopped.
            if not await session.end_lapsed_holder(self.service):
                return False
            if not await session.lock(self.service):
                return False
        asked = time.monotonic()
        found = await session.begin_term(self.service, self.holder, LEASE_SECONDS)
        if found is None:
            return False
        self.term, before_holds = found
        self._until = asked + LEASE_SECONDS - MARGIN_SECONDS
        if before_holds:
            await asyncio.sleep(GRACE_SECONDS)
        return True

    async def _keep(self) -> None:
        """The only one to use the session from here on."""
        while not self.lost.is_set():
            # A session that ends is seen at once.
            with contextlib.suppress(psycopg.Error):
                if self._session is not None:
                    await self._session.wait(RENEW_SECONDS)
                else:
                    await asyncio.sleep(LOOK_SECONDS)
            begun, had_one = time.monotonic(), self._session is not None
            try:
                known = await self._renew()
                # An answer that lay there while the process was stopped is one of long ago.
                known = known and (self.lost.is_set() or not _was_stopped(begun))
            except (psycopg.Error, StoreError):
                self._forget_session()
                # What was asked while the lease held says nothing about who leads after it; nor
                # does the end of a session, which a new one may know more about.
                known = begun >= self._until and not had_one and not _was_stopped(begun)
            if known:
                asked, self._asked = self._asked, asyncio.Event()
                asked.set()

    async def _renew(self) -> bool:
        """False: who leads will only be known when it is asked again. Raises psycopg.Error and
        StoreError where the database cannot be asked."""
        if self._session is None or self._session.closed:
            self._session = await connect(self.address, self.holder)
            if not await self._session.lock(self.service):
                await self._look_who_leads(self._session)
                self._forget_session()
                return self.lost.is_set()
        asked = time.monotonic()
        if await self._session.renew_term(self.service, self.term, LEASE_SECONDS):
            self._until = asked + LEASE_SECONDS - MARGIN_SECONDS
        else:
            self._lose("another process leads this service")
        return True

    async def _look_who_leads(self, session: Session) -> None:
        """The lock is another session's: a former one of our own, which is ended; or a new
        leader's, which may be about to begin its term."""
        if await session.term(self.service) != self.term:
            self._lose("another process leads this service")
            return
        await session.end_sessions(self.holder)

    def _lose(self, why: str) -> None:
        if not self.lost.is_set():
            log.critical("not the leader any more", service=self.service, why=why)
        self.lost.set()

    def _forget_session(self) -> None:
        if self._session is not None:
            self._session.drop()
            self._session = None


def _was_stopped(begun: float) -> bool:
    """What began then (monotonic seconds) took longer than its limit of time. A process that was
    stopped meanwhile, or slept with its machine, may have asked nobody, or so long ago that
    somebody else leads."""
    return time.monotonic() - begun > ANSWER_SECONDS + SLACK_SECONDS
