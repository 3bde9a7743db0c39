"""A device with passkeys, in place of a browser and its authenticator: it makes keys and signs with
them as WebAuthn describes, honestly unless it is told to lie."""

from __future__ import annotations

import json
import re
import secrets
from hashlib import sha256
from html import unescape
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from fido2.cose import ES256
from fido2.utils import websafe_encode
from fido2.webauthn import (
    Aaguid,
    AttestationObject,
    AttestedCredentialData,
    AuthenticatorData,
    CollectedClientData,
)

FLAG = AuthenticatorData.FLAG


def asked_in(page: str) -> dict[str, Any]:
    """What a page asks the device for."""
    found = re.search(r'data-passkey="([^"]*)"', page)
    assert found, "the page asks for no passkey"
    options: dict[str, Any] = json.loads(unescape(found[1]))
    return options


class Device:
    """One key. verified: it asked for a finger, a face or its code.  counts: it counts its uses."""

    def __init__(self, origin: str, *, verified: bool = True, counts: bool = True) -> None:
        self.origin, self.verified, self.counts = origin, verified, counts
        self.id = secrets.token_bytes(32)
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.count = 0

    def makes(self, asked: dict[str, Any], **lies: Any) -> str:
        """A key, as the browser sends it."""
        public = ES256.from_cryptography_key(self.key.public_key())  # type: ignore[no-untyped-call]
        data = AttestedCredentialData.create(Aaguid.NONE, self.id, public)
        rp = lies.get("rp", asked["rp"]["id"])
        found = AttestationObject.create("none", self._data(rp, data), {})
        client = self._client("webauthn.create", asked, lies)
        return self._sent({"clientDataJSON": client, "attestationObject": found})

    def signs(self, asked: dict[str, Any], **lies: Any) -> str:
        """A proof that the key is here, as the browser sends it."""
        data = self._data(lies.get("rp", asked["rpId"]))
        client = self._client(lies.get("type", "webauthn.get"), asked, lies)
        key = lies.get("key", self.key)
        signature = key.sign(data + client.hash, ec.ECDSA(hashes.SHA256()))
        return self._sent(
            {"clientDataJSON": client, "authenticatorData": data, "signature": signature}
        )

    def _data(self, rp: str, made: bytes = b"") -> AuthenticatorData:
        self.count += self.counts
        flags = FLAG.UP | (FLAG.UV if self.verified else 0) | (FLAG.AT if made else 0)
        rp_hash = sha256(rp.encode()).digest()
        found: AuthenticatorData = AuthenticatorData.create(rp_hash, flags, self.count, made)
        return found

    def _client(
        self, kind: str, asked: dict[str, Any], lies: dict[str, Any]
    ) -> CollectedClientData:
        return CollectedClientData.create(
            type=kind,
            challenge=lies.get("challenge", asked["challenge"]),
            origin=lies.get("origin", self.origin),
        )

    def _sent(self, response: dict[str, bytes]) -> str:
        return json.dumps(
            {
                "id": websafe_encode(self.id),
                "rawId": websafe_encode(self.id),
                "type": "public-key",
                "response": {name: websafe_encode(value) for name, value in response.items()},
            }
        )
