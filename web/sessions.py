"""Who is signed in, and the one-time links from the chat. Both are held in memory only, by the
hash of their secret: a restart signs everybody out, and no copy of the records holds a key to
the pages. Times are seconds of a clock that only goes forward."""

from __future__ import annotations

import hashlib
import secrets
import time
from collections.abc import Callable

import msgspec

IDLE_SECONDS, LONGEST_SECONDS = 15 * 60.0, 8 * 3600.0
SECOND_FACTOR_SECONDS = 5 * 60.0
"""So long somebody who came in has for the second factor."""
LINK_SECONDS = 5 * 60.0
EACH = 5
"""Sessions of one person at a time; the oldest ends for a sixth."""
SECRET_BYTES = 32


class Session(msgspec.Struct, kw_only=True):
    """One browser of one person.

    Attributes:
        account: the Telegram account with which they came in.
        passed: the second factor was given.
        factor: which state of the second factor it was given for; a reset changes that.
        in_chat: opened inside Telegram, where the page may lie in a frame.
        csrf: stands in every form.
        challenge: what a passkey has to sign next; "" while none is asked for.
        challenged: when it was made.
        to: the page that was asked for, opened after the second factor; "": the first page.
    """

    key: str
    staff_id: str
    account: int
    begun: float
    used: float
    csrf: str
    passed: bool = False
    factor: str = ""
    in_chat: bool = False
    to: str = ""
    challenge: str = ""
    challenged: float = 0.0


class _Link(msgspec.Struct, frozen=True):
    staff_id: str
    account: int
    made: float


class Sessions:
    """seconds: a monotonic clock."""

    def __init__(self, seconds: Callable[[], float] = time.monotonic) -> None:
        self._seconds = seconds
        self._sessions: dict[str, Session] = {}
        self._links: dict[str, _Link] = {}
        self._used: dict[str, float] = {}

    # Coming in --------------------------------------------------------------------------------

    def link(self, staff_id: str, account: int) -> str:
        """A secret that lets this person in once within five minutes. An earlier one ends."""
        self._forget_old()
        for key in [k for k, one in self._links.items() if one.staff_id == staff_id]:
            del self._links[key]
        secret = secrets.token_urlsafe(SECRET_BYTES)
        self._links[_hashed(secret)] = _Link(staff_id, account, self._seconds())
        return secret

    def take_link(self, secret: str) -> tuple[str, int] | None:
        """Whose it is, with their account; from then on it is used. None: no such link now."""
        self._forget_old()
        found = self._links.pop(_hashed(secret), None)
        return (found.staff_id, found.account) if found else None

    def first_use(self, proof: str) -> bool:
        """Is this proof from Telegram seen for the first time while it could be used?"""
        self._forget_old()
        key = _hashed(proof)
        if key in self._used:
            return False
        self._used[key] = self._seconds()
        return True

    # Sessions ---------------------------------------------------------------------------------

    def begin(
        self,
        staff_id: str,
        account: int,
        *,
        passed: bool,
        factor: str = "",
        in_chat: bool,
        to: str = "",
    ) -> tuple[str, Session]:
        """A new session and the secret of its cookie."""
        self._forget_old()
        theirs = [s for s in self._sessions.values() if s.staff_id == staff_id]
        for old in sorted(theirs, key=lambda s: s.used)[: max(0, len(theirs) - EACH + 1)]:
            self.end(old)
        secret, now = secrets.token_urlsafe(SECRET_BYTES), self._seconds()
        session = Session(
            key=_hashed(secret),
            staff_id=staff_id,
            account=account,
            begun=now,
            used=now,
            csrf=secrets.token_urlsafe(SECRET_BYTES),
            passed=passed,
            factor=factor,
            in_chat=in_chat,
            to=to,
        )
        self._sessions[session.key] = session
        return secret, session

    def find(self, secret: str) -> Session | None:
        """The session of this cookie, and it counts as used now; None if it ended."""
        session = self._sessions.get(_hashed(secret))
        if session is None:
            return None
        if self._over(session):
            self.end(session)
            return None
        session.used = self._seconds()
        return session

    def end(self, session: Session) -> None:
        """Signed out."""
        self._sessions.pop(session.key, None)

    def challenge(self, session: Session) -> str:
        """What a passkey has to sign within five minutes, once, in this session. An earlier one
        ends."""
        session.challenge = secrets.token_urlsafe(SECRET_BYTES)
        session.challenged = self._seconds()
        return session.challenge

    def take_challenge(self, session: Session) -> str:
        """It is used up by this; "" if there is none or it is too old."""
        found, session.challenge = session.challenge, ""
        return found if self._seconds() - session.challenged < SECOND_FACTOR_SECONDS else ""

    def _over(self, session: Session) -> bool:
        now = self._seconds()
        if not session.passed:
            return now - session.begun >= SECOND_FACTOR_SECONDS
        return now - session.used >= IDLE_SECONDS or now - session.begun >= LONGEST_SECONDS

    def _forget_old(self) -> None:
        now = self._seconds()
        self._links = {k: x for k, x in self._links.items() if now - x.made < LINK_SECONDS}
        # A proof is refused as too old after five minutes and one of another clock.
        self._used = {k: at for k, at in self._used.items() if now - at < 2 * LINK_SECONDS}
        self._sessions = {k: s for k, s in self._sessions.items() if not self._over(s)}


def _hashed(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
