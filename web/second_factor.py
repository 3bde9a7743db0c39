"""The second factor: a PIN, with a code of an authenticator app for those who choose one, or a
passkey in its place (`web.passkeys`).

It is kept in the service's own file, sealed as the rest: of a PIN only its argon2id hash. A try is
put on record before it is looked at, so that guesses side by side, or a crash, gain nobody one.
"""

from __future__ import annotations

import asyncio
import hmac
import re
import secrets
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import msgspec

from protocol.provider import Staff
from protocol.staff_facts import may_manage
from reminders.events import Signal
from reminders.notices import office_message
from reminders.service_state import ServiceState
from reminders.write_behind import OfficeChange
from storage.model import Message, Office

if TYPE_CHECKING:
    from argon2 import PasswordHasher

PAGES = "pages"
"""Under this key the service's own file keeps the second factors, by staff id."""
SET_UP = "pages_set_up"
"""Kind of the message about a second factor that was set up."""
TRIES = 5
CODE_HOLDS = timedelta(days=7)
"""So long an activation code lets its person choose their first PIN."""
CODE_DIGITS = 8
RESET, CODE_MADE = "pages: second factor reset", "pages: activation code made"
CODE_TRIED = "pages: activation code tried"
CODE_WRONG = "pages: activation code wrong"
TRIED, RIGHT, WRONG = "second factor tried", "second factor right", "second factor wrong"
"""In the service's log, the last three behind where it was given. A try with nothing after it ended
with the process; the last one locks."""
SHORTEST, LONGEST = 6, 12
CODE_SECONDS = 30

SetUp: TypeAlias = Literal["done", "meanwhile", "wrong_code", "locked"]
"""meanwhile: a PIN is there by now."""
Outcome: TypeAlias = Literal["passed", "wrong", "locked", "none"]
PinProblem: TypeAlias = Literal["", "digits", "easy"]
Where: TypeAlias = Literal["pages", "chat"]


class Passkey(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One device's key of one person.

    Attributes:
        number: under which its owner removes it.
        name: what its owner calls the device.
        credential: the attested credential data of WebAuthn: its id and its public key.
        count: of its last use, for devices that count; 0 for those that do not.
        added, used: UTC.
    """

    number: str
    name: str
    credential: bytes
    added: datetime
    count: int = 0
    used: datetime | None = None


class SecondFactor(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is known of one person's second factor.

    Attributes:
        mark: changes whenever it is set up or reset; a session holds it.
        pin: the argon2id hash; "" if none is set up.
        app: the secret of the authenticator app, base 32; "" without one.
        step: of the last code that was used, so that none is used twice.
        tries: wrong ones in a row, and those under way.
        activation: the argon2id hash of the code that lets the first PIN be chosen; "" without one.
        activation_until: from then on the code is worth nothing.
        passkeys: each of them stands for PIN and code together.
    """

    mark: str = ""
    pin: str = ""
    app: str = ""
    step: int = 0
    tries: int = 0
    activation: str = ""
    activation_until: datetime | None = None
    passkeys: tuple[Passkey, ...] = ()

    @property
    def locked(self) -> bool:
        """No try is left; a manager resets it."""
        return self.tries >= TRIES


Passed: TypeAlias = "Callable[[SecondFactor], SecondFactor]"
"""What a second factor becomes when a try was right."""


def problem_with(pin: str) -> PinProblem:
    """Why this is no PIN to use; "" if it is one."""
    if not re.fullmatch(rf"[0-9]{{{SHORTEST},{LONGEST}}}", pin):
        return "digits"
    steps = {(int(b) - int(a)) % 10 for a, b in pairwise(pin)}
    half = pin[: len(pin) // 2]
    if (len(steps) == 1 and steps <= {0, 1, 9}) or len(set(pin)) <= 2 or half * 2 == pin:
        return "easy"
    return ""


class SecondFactors:
    """wall: for the codes of apps, which follow the time of the world (UTC).

    codes: the first PIN needs an activation code.

    Attributes:
        given: it was right, or has just been set up; by whom (staff id).
    """

    def __init__(
        self,
        service_state: ServiceState,
        wall: Callable[[], datetime] = lambda: datetime.now(UTC),
        *,
        codes: bool = True,
    ) -> None:
        self._state = service_state
        self._wall = wall
        self.codes = codes
        self.given: Signal[[str]] = Signal()
        self._hasher = hasher()
        self._locks: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._hashing = asyncio.Semaphore(2)  # each takes 64 MiB for a moment

    def of(self, staff_id: str) -> SecondFactor:
        """As it stands."""
        return _read(self._state.state.get(PAGES)).get(staff_id, SecondFactor())

    def shows(self, app: str, code: str) -> int | None:
        """The time step whose code of this app's secret this is; None: of none of now."""
        import pyotp

        totp = pyotp.TOTP(app, interval=CODE_SECONDS)
        now = int(self._wall().timestamp()) // CODE_SECONDS
        for step in (now - 1, now, now + 1):
            if hmac.compare_digest(totp.generate_otp(step).encode(), code.encode()):
                return step
        return None

    async def set_up(
        self, staff: Staff, pin: str, app: str = "", step: int = 0, code: str = ""
    ) -> SetUp:
        """The first PIN, and perhaps an app with the step of the code that it showed. code: of
        activation; a wrong one counts as a try."""
        async with self._locks[staff.id]:
            if self.of(staff.id).pin:
                return "meanwhile"
            if self.codes and (why := await self._refused(staff.id, code)):
                return why
            return await self._set_up(staff, pin, app, step)

    async def _refused(self, staff_id: str, code: str) -> SetUp | None:
        """None: this is the activation code. The try counts from before it is looked at."""
        known = self.of(staff_id)
        if known.locked:
            return "locked"

        def another(one: SecondFactor) -> SecondFactor:
            return msgspec.structs.replace(one, tries=one.tries + 1)

        last = known.tries + 1 >= TRIES
        await self.change(staff_id, another, staff_id, "pages: locked" if last else CODE_TRIED)
        until = known.activation_until
        holds = until is not None and self._state.clock.now() < until
        if holds and await self._verify(known.activation, _digits(code)):
            return None
        await self._was_wrong(staff_id, CODE_WRONG)
        return "locked" if last else "wrong_code"

    async def _set_up(self, staff: Staff, pin: str, app: str, step: int) -> SetUp:
        hashed = await self._hash(pin)
        done = False

        def build(known: SecondFactor) -> SecondFactor | None:
            nonlocal done
            done = not known.pin
            made = SecondFactor(mark=secrets.token_hex(8), pin=hashed, app=app, step=step)
            return made if done else None

        await self.change(
            staff.id, build, staff.id, "pages: second factor set up", self._of_set_up(staff)
        )
        if done:
            self.given(staff.id)
        return "done" if done else "meanwhile"

    def _of_set_up(self, staff: Staff) -> list[Message]:
        """Whoever holds an account before its person's first visit could choose the PIN: the person
        and those who manage them are told."""
        now = self._state.clock.now()
        above = [
            one
            for one in self._state.managers(self._state.homes_of(staff), now)
            if may_manage(one, staff)
        ] or self._state.service.administrators(now)
        told = {one.id: one for one in (staff, *above)}
        data = {"staff": staff.id}
        return [
            office_message(
                f"pages-{staff.id}-{now:%Y%m%d%H%M%S}-{to}", to, SET_UP, now, data, priority=30
            )
            for to in told
        ]

    async def check(
        self, staff_id: str, pin: str, code: str = "", where: Where = "pages"
    ) -> Outcome:
        """One try with the PIN, and the code for those who have an app."""

        async def prove(known: SecondFactor) -> Passed | None:
            right = await self._verify(known.pin, pin[: LONGEST + 1])
            step = self._step(known, code)
            if not right or step is None:
                return None
            return lambda one: msgspec.structs.replace(one, step=step)

        return await self.attempt(staff_id, prove, where)

    async def attempt(
        self,
        staff_id: str,
        prove: Callable[[SecondFactor], Awaitable[Passed | None]],
        where: Where = "pages",
    ) -> Outcome:
        """One try. It counts from before it is looked at until it is found right."""
        async with self._locks[staff_id]:
            known = self.of(staff_id)
            if not known.pin:
                return "none"
            if known.locked:
                return "locked"

            def another(one: SecondFactor) -> SecondFactor:
                return msgspec.structs.replace(one, tries=one.tries + 1)

            last = known.tries + 1 >= TRIES
            tried = "locked" if last else TRIED
            await self.change(staff_id, another, staff_id, f"{where}: {tried}")
            found = await prove(known)
            if found is None:
                await self._was_wrong(staff_id, f"{where}: {WRONG}")
                return "locked" if last else "wrong"
            proved = found

            def passed(one: SecondFactor) -> SecondFactor:
                return msgspec.structs.replace(proved(one), tries=0)

            right = "unlocked" if last else RIGHT
            await self.change(staff_id, passed, staff_id, f"{where}: {right}")
            self.given(staff_id)
            return "passed"

    def may_reset(self, actor: Staff, other: Staff) -> bool:
        """Managers and administrators that of those whom they manage; nobody their own."""
        return may_manage(actor, other)

    async def reset(self, actor: Staff, other: Staff) -> str | None:
        """What the person had is gone, their sessions end, and they choose a new PIN with the
        activation code that is answered: nobody learns it again. None: not allowed. On record."""
        if not self.may_reset(actor, other):
            return None
        code = new_code()
        hashed = await self._hash(code)
        until = self._state.clock.now() + CODE_HOLDS
        what = RESET if self.of(other.id).pin else CODE_MADE

        def anew(known: SecondFactor) -> SecondFactor:
            return _anew(known, hashed, until)

        await self.change(other.id, anew, actor.id, what)
        return code

    # ------------------------------------------------------------------------------------------

    async def _was_wrong(self, staff_id: str, what: str) -> None:
        """In the log; the try itself has counted since before it was looked at."""
        await self.change(staff_id, lambda known: known, staff_id, what)

    def _step(self, known: SecondFactor, code: str) -> int | None:
        """The time step whose code this is; the last one without an app; None: not this one."""
        if not known.app:
            return known.step
        step = self.shows(known.app, code)
        return step if step is not None and step > known.step else None

    async def _hash(self, pin: str) -> str:
        async with self._hashing:
            return await asyncio.to_thread(self._hasher.hash, pin)

    async def _verify(self, hashed: str, pin: str) -> bool:
        from argon2.exceptions import Argon2Error

        async with self._hashing:
            try:
                return await asyncio.to_thread(self._hasher.verify, hashed, pin)
            except Argon2Error:
                return False

    async def change(
        self,
        staff_id: str,
        build: Callable[[SecondFactor], SecondFactor | None],
        by: str,
        what: str,
        messages: Sequence[Message] = (),
    ) -> None:
        """Makes of this person's second factor what `build` says; None: nothing. what: for the
        service's log, as done by `by`; "" for no line. Raises NotSaved."""
        now = self._state.clock.now()

        def change(office: Office) -> OfficeChange | None:
            known = _read(office.state.get(PAGES))
            new = build(known.get(staff_id, SecondFactor()))
            if new is None:
                return None
            state = with_factor(known, staff_id, new)
            line = log_line(now, what, by, staff_id)
            return OfficeChange(state=state, log=[line] if what else [], messages=messages)

        await self._state.change(change)


def reset_of(
    office: Office, staff_id: str, by: str, now: datetime, activation: str
) -> OfficeChange:
    """What starts this person's second factor anew. activation: the hash of the code for it."""
    known, had = _read(office.state.get(PAGES)), factor_of(office, staff_id)
    line = log_line(now, RESET if had.pin else CODE_MADE, by, staff_id)
    anew = _anew(had, activation, now + CODE_HOLDS)
    return OfficeChange(state=with_factor(known, staff_id, anew), log=[line])


def factor_of(office: Office, staff_id: str) -> SecondFactor:
    """This person's, as it stands there."""
    return _read(office.state.get(PAGES)).get(staff_id, SecondFactor())


def hasher() -> PasswordHasher:
    """For PINs and activation codes; each hash takes 64 MiB for a moment."""
    from argon2 import PasswordHasher
    from argon2.profiles import RFC_9106_LOW_MEMORY

    return PasswordHasher.from_parameters(RFC_9106_LOW_MEMORY)


def new_code() -> str:
    """Digits that are read out on the telephone."""
    return f"{secrets.randbelow(10**CODE_DIGITS):0{CODE_DIGITS}}"


def _digits(code: str) -> str:
    """As it was read out: with blanks or without."""
    return "".join(code.split())[: CODE_DIGITS + 1]


def _anew(known: SecondFactor, activation: str, until: datetime) -> SecondFactor:
    """Without a PIN. Somebody who waits for the code at the first PIN's page stays there."""
    mark = secrets.token_hex(8) if known.pin else known.mark
    return SecondFactor(mark=mark, activation=activation, activation_until=until)


def with_factor(
    known: Mapping[str, SecondFactor], staff_id: str, new: SecondFactor
) -> dict[str, Any]:
    """The part of the service's own file, with this person's as it is now."""
    return {PAGES: msgspec.to_builtins({**known, staff_id: new})}


def log_line(now: datetime, what: str, by: str, about: str) -> dict[str, str]:
    """For the service's log."""
    return {"at": now.isoformat(), "what": what, "by": by, "about": about}


def _read(raw: Any) -> dict[str, SecondFactor]:
    return msgspec.convert(raw or {}, dict[str, SecondFactor])
