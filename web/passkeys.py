"""Passkeys (WebAuthn): a device's key in the place of PIN and code, checked by Yubico's library.

The device itself asks for a finger, a face or its own code before it signs; without that it is
refused here. A try that fails counts as a wrong PIN does.
"""

from __future__ import annotations

import secrets
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any, Literal, TypeAlias
from urllib.parse import urlsplit

import msgspec
import structlog

from protocol.provider import Staff
from reminders.clock import Clock
from reminders.notices import office_message
from web.second_factor import Outcome, Passed, Passkey, SecondFactor, SecondFactors

if TYPE_CHECKING:
    from fido2.server import Fido2Server
    from fido2.webauthn import AttestedCredentialData, AuthenticatorData

log = structlog.get_logger(__name__)

ADDED_MESSAGE = "pages_passkey"
"""Kind of the message about a passkey that was added."""
MOST = 10
"""Of one person."""
LONGEST_NAME = 40
ALGORITHMS = (-7, -8, -257)
"""ES256, EdDSA and RS256, as COSE numbers them: what devices have."""
SERVICE = "Nightlight"

Adding: TypeAlias = Literal["added", "full", "refused"]


class Passkeys:
    """address: the public one of the pages; a key made for another is worth nothing here."""

    def __init__(self, factors: SecondFactors, clock: Clock, address: str) -> None:
        self._factors = factors
        self._clock = clock
        self._origin = address
        self._host = urlsplit(address).hostname or ""

    @property
    def possible(self) -> bool:
        """Browsers make none for an address of digits."""
        try:
            ip_address(self._host)
        except ValueError:
            return True
        return False

    def to_add(self, staff: Staff, challenge: str) -> str:
        """What the browser asks the device for, to make a key (JSON)."""
        # The id is no name and no number of ours: it stays on the device, and may be copied to
        # its maker. A key of before a reset is another account's.
        user = {"id": secrets.token_bytes(16), "name": staff.name, "displayName": staff.name}
        options, _ = self._server().register_begin(
            user,  # type: ignore[arg-type]
            _known(self._factors.of(staff.id)),
            resident_key_requirement="preferred",  # type: ignore[arg-type]
            user_verification="required",  # type: ignore[arg-type]
            challenge=challenge.encode(),
        )
        return _json(dict(options)["publicKey"])

    def to_come_in(self, known: SecondFactor, challenge: str) -> str:
        """What the browser asks the device for, to sign with a key (JSON); "" without one."""
        if not known.passkeys or not self.possible:
            return ""
        options, _ = self._server().authenticate_begin(
            _known(known),
            user_verification="required",  # type: ignore[arg-type]
            challenge=challenge.encode(),
        )
        return _json(dict(options)["publicKey"])

    async def add(self, staff: Staff, name: str, credential: str, challenge: str) -> Adding:
        """A key that the browser made for `to_add`. On record; the person is told in the chat."""
        made = self._made(credential, challenge)
        if made is None or made.credential_data is None:
            return "refused"
        now, data = self._clock.now(), made.credential_data
        new = Passkey(
            number=secrets.token_hex(4),
            name=name,
            credential=bytes(data),
            added=now,
            count=made.counter,
        )
        outcome: Adding = "refused"

        def build(known: SecondFactor) -> SecondFactor | None:
            nonlocal outcome
            if not known.pin or any(
                one.credential_id == data.credential_id for one in _known(known)
            ):
                return None
            if len(known.passkeys) >= MOST:
                outcome = "full"
                return None
            outcome = "added"
            return msgspec.structs.replace(known, passkeys=(*known.passkeys, new))

        told = office_message(
            f"passkey-{staff.id}-{new.number}", staff.id, ADDED_MESSAGE, now, {}, priority=30
        )
        await self._factors.change(staff.id, build, staff.id, "pages: passkey added", [told])
        return outcome

    async def check(self, staff_id: str, credential: str, challenge: str) -> Outcome:
        """One try to come in with a key."""

        async def prove(known: SecondFactor) -> Passed | None:
            return self._signed(known, credential, challenge)

        return await self._factors.attempt(staff_id, prove)

    async def remove(self, staff_id: str, number: str) -> bool:
        """Whether there was one. Every session of the person ends with it. On record."""
        done = False

        def build(known: SecondFactor) -> SecondFactor | None:
            nonlocal done
            left = tuple(one for one in known.passkeys if one.number != number)
            done = len(left) < len(known.passkeys)
            if not done:
                return None
            return msgspec.structs.replace(known, passkeys=left, mark=secrets.token_hex(8))

        await self._factors.change(staff_id, build, staff_id, "pages: passkey removed")
        return done

    # ------------------------------------------------------------------------------------------

    def _server(self) -> Fido2Server:
        from fido2.server import Fido2Server
        from fido2.webauthn import PublicKeyCredentialRpEntity

        server = Fido2Server(
            PublicKeyCredentialRpEntity(name=SERVICE, id=self._host),
            verify_origin=lambda origin: origin == self._origin,
        )
        server.allowed_algorithms = [
            one for one in server.allowed_algorithms if one.alg in ALGORITHMS
        ]
        return server

    def _made(self, credential: str, challenge: str) -> AuthenticatorData | None:
        try:
            found = self._server().register_complete(_state(challenge), _sent(credential))
        except Exception:  # what cannot be read ends in whatever its parsers raise
            return None
        data = found.credential_data
        return found if data is not None and data.public_key.get(3) in ALGORITHMS else None

    def _signed(self, known: SecondFactor, credential: str, challenge: str) -> Passed | None:
        from fido2.webauthn import AuthenticationResponse

        try:
            response = AuthenticationResponse.from_dict(_sent(credential))
            used = self._server().authenticate_complete(_state(challenge), _known(known), response)
            count = response.response.authenticator_data.counter
        except Exception:  # what cannot be read ends in whatever its parsers raise
            return None
        [key] = [one for one in known.passkeys if one.credential == bytes(used)]
        # A device that counts has never shown this number, or the key is there twice.
        if (key.count or count) and count <= key.count:
            log.warning("a passkey was refused: its count went back", passkey=key.number)
            return None
        now = self._clock.now()

        def passed(one: SecondFactor) -> SecondFactor:
            keys = tuple(
                msgspec.structs.replace(x, count=count, used=now) if x.number == key.number else x
                for x in one.passkeys
            )
            return msgspec.structs.replace(one, passkeys=keys)

        return passed


def _known(factor: SecondFactor) -> list[AttestedCredentialData]:
    from fido2.webauthn import AttestedCredentialData

    return [AttestedCredentialData(one.credential) for one in factor.passkeys]


def _state(challenge: str) -> dict[str, Any]:
    """What the library was asked for, as it expects that back. Raises ValueError: for nothing."""
    if not challenge:
        raise ValueError("no challenge")
    from fido2.utils import websafe_encode

    return {"challenge": websafe_encode(challenge.encode()), "user_verification": "required"}


def _sent(credential: str) -> dict[str, Any]:
    return msgspec.json.decode(credential, type=dict[str, Any])


def _json(options: Any) -> str:
    return msgspec.json.encode(dict(options)).decode()
