"""Keys of the episode rows: pseudonyms that only the service that made them can make again."""

from __future__ import annotations

import hmac
from typing import Literal, TypeAlias

import msgspec

Kind: TypeAlias = Literal["episode", "child", "interview", "group"]
DIGITS = 16


class Pseudonyms(msgspec.Struct, frozen=True):
    """service: its code.  key: a secret of this service that is used for exports only; another one
    gives other pseudonyms, so rows made with it cannot be joined with those made before."""

    service: str
    key: bytes

    def of(self, kind: Kind, reference: str) -> str:
        """The first 16 hex digits of HMAC-SHA256 over kind, service and reference."""
        text = "\0".join((kind, self.service, reference)).encode()
        return hmac.digest(self.key, text, "sha256").hex()[:DIGITS]
