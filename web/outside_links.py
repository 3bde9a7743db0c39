"""Links for people without an account: each asks one thing about one case, names no child, ends by
itself, and can be ended before. Kept by the hash of its secret in the service's own file."""

from __future__ import annotations

import asyncio
import hashlib
import secrets
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, Literal, TypeAlias

import msgspec

from protocol.provider import Staff
from reminders.service_state import ServiceState
from reminders.write_behind import OfficeChange
from storage.model import Office

LINKS = "outside_links"
"""Under this key of the service's own file."""
Kind: TypeAlias = Literal["authority", "interviewer"]
HOLDS: Mapping[str, timedelta] = {
    "authority": timedelta(hours=24),
    "interviewer": timedelta(days=7),
}
"""For so long each kind can be answered."""
FORGOTTEN = timedelta(days=31)
SECRET_BYTES = 32


class OutsideLink(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One link.

    Attributes:
        number: names it in the list of a case.
        by: who made it.
        until: from then on it opens nothing.
        ended: "answered" or "revoked"; "" while it can be answered.
        accepted: the interviewer has taken the interview on; the outcome is still to come.
    """

    ref: str
    kind: Kind
    number: str
    by: str
    made: datetime
    until: datetime
    ended: Literal["", "answered", "revoked"] = ""
    accepted: bool = False


class OutsideLinks:
    """answering: one answer at a time, so that no link is answered twice."""

    def __init__(self, service_state: ServiceState) -> None:
        self._state = service_state
        self.answering = asyncio.Lock()

    def live(self, ref: str) -> list[OutsideLink]:
        """The links of this case that can still be answered."""
        now = self._state.clock.now()
        return [one for one in self._all().values() if one.ref == ref and _holds(one, now)]

    def find(self, secret: str) -> OutsideLink | None:
        """What this secret opens now; None for one that ended, or never was."""
        found = self._all().get(_hashed(secret))
        return found if found is not None and _holds(found, self._state.clock.now()) else None

    async def make(self, staff: Staff, ref: str, kind: Kind) -> str:
        """The secret of a new link; nobody learns it again."""
        secret, now = secrets.token_urlsafe(SECRET_BYTES), self._state.clock.now()
        made = OutsideLink(
            ref=ref,
            kind=kind,
            number=secrets.token_hex(4),
            by=staff.id,
            made=now,
            until=now + HOLDS[kind],
        )
        await self._change(lambda known: {**known, _hashed(secret): made}, "made", staff.id, ref)
        return secret

    async def revoke(self, staff: Staff, ref: str, number: str) -> bool:
        """Ends a link of this case; False if it has none with that number."""
        if not any(one.number == number for one in self.live(ref)):
            return False

        def build(known: Mapping[str, OutsideLink]) -> dict[str, OutsideLink]:
            return {
                key: msgspec.structs.replace(one, ended="revoked")
                if (one.ref, one.number, one.ended) == (ref, number, "")
                else one
                for key, one in known.items()
            }

        await self._change(build, "revoked", staff.id, ref)
        return True

    async def answered(self, secret: str, *, accepted: bool) -> None:
        """accepted: the outcome is still to come, and the link goes on."""
        key = _hashed(secret)

        def build(known: Mapping[str, OutsideLink]) -> dict[str, OutsideLink]:
            if key not in known:
                return dict(known)
            if accepted:
                new = msgspec.structs.replace(known[key], accepted=True)
            else:
                new = msgspec.structs.replace(known[key], ended="answered")
            return {**known, key: new}

        ref = self._all()[key].ref
        await self._change(build, "answered", "link", ref)

    # ------------------------------------------------------------------------------------------

    def _all(self) -> dict[str, OutsideLink]:
        return _read(self._state.state.get(LINKS))

    async def _change(
        self,
        build: Callable[[Mapping[str, OutsideLink]], dict[str, OutsideLink]],
        what: str,
        by: str,
        ref: str,
    ) -> None:
        now = self._state.clock.now()

        def change(office: Office) -> OfficeChange:
            known = _read(office.state.get(LINKS))
            kept = {key: x for key, x in build(known).items() if now - x.until < FORGOTTEN}
            line = {"at": now.isoformat(), "what": f"pages: link {what}", "by": by, "ref": ref}
            return OfficeChange(state={LINKS: msgspec.to_builtins(kept)}, log=[line])

        await self._state.change(change)


def _holds(link: OutsideLink, now: datetime) -> bool:
    return not link.ended and link.made <= now < link.until


def _hashed(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def _read(raw: Any) -> dict[str, OutsideLink]:
    return msgspec.convert(raw or {}, dict[str, OutsideLink])
