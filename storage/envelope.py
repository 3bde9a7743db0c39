"""The envelope of every file of the book: encrypted, or plain with a digest.

    magic "NLBK" | format (2 bytes) | sealed? (1) | key id (8) | nonce (12) | version (8) | content

sealed: AES-256-GCM under the key with this id. plain: SHA-256, then the content. Bound in beside
the content, in both: the header (the key id is proved by the key itself), and what the file *is*
(its kind and name). So a file put in another one's place does not open, nor does one with any bit
changed. `version` counts the changes of that file; the version catalogue knows how far each had
come.

A nonce is random: with 96 bits a key may seal 2^32 files with a chance of one in 2^32 that two
share a nonce. A change a second for a hundred years stays below that.
"""

from __future__ import annotations

import hashlib
import secrets
import struct
from typing import TYPE_CHECKING, NamedTuple

from storage.keys import ID_BYTES, Keys

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

FORMAT = 2
"""Form of the records, which the mark is sealed with: a version that knows less refuses the whole
folder before it touches anything. 2 added kinds of facts (who read a case, attachments) that a
version which knows only 1 would take for damage; files of 1 are read as they are."""
FILES = 1
"""Form of every other file: since 1 none has changed."""

MAGIC = b"NLBK"
HEADER = struct.Struct(f">4sHB{ID_BYTES}s12sQ")
PLAIN, SEALED = 0, 1
NO_KEY = bytes(ID_BYTES)
DIGEST_BYTES = 32


class Damaged(Exception):
    """The file can be read but is not what the store wrote. The text says why, without content."""


class UnknownKey(Damaged):
    """Sealed with a key that is not at hand."""


class NewerFormat(Damaged):
    """Written, undamaged, by a later version of Nightlight."""


class WrongSeal(Damaged):
    """Undamaged, but plain where it must be sealed, or sealed where no key was given."""


class Header(NamedTuple):
    """The fields before the content, as HEADER packs them."""

    magic: bytes
    format: int
    seal: int
    key_id: bytes
    nonce: bytes
    version: int


class Content(NamedTuple):
    """What was in an envelope. `current`: sealed as the store would seal it today."""

    version: int
    data: bytes
    current: bool
    format: int


class Sealer:
    """Puts files into envelopes and takes them out.

    keys: None for a plain book.
    plain_too: opens plain files in spite of having keys; only for sealing a plain book.
    """

    def __init__(self, keys: Keys | None, *, plain_too: bool = False) -> None:
        self.keys = keys
        self._plain_too = plain_too
        self._ciphers: dict[bytes, AESGCM] = {}
        if keys is not None:
            # 40 ms to import, and a plain book does without.
            from cryptography.hazmat.primitives.ciphers.aead import AESGCM

            self._ciphers = {name: AESGCM(key) for name, key in keys.by_id.items()}

    def seal(self, kind: str, name: str, version: int, data: bytes, *, form: int = FILES) -> bytes:
        """The bytes of the file that is `name` among those of its `kind`."""
        if self.keys is None:
            header = HEADER.pack(MAGIC, form, PLAIN, NO_KEY, bytes(12), version)
            return header + _digest(header, kind, name, data) + data
        key_id = self.keys.current_id
        nonce = secrets.token_bytes(12)
        header = HEADER.pack(MAGIC, form, SEALED, key_id, nonce, version)
        return header + self._ciphers[key_id].encrypt(nonce, data, _bound(header, kind, name))

    def unseal(self, kind: str, name: str, raw: bytes) -> Content:
        """Raises Damaged or one of its kinds."""
        header = read_header(raw)
        if header.seal == SEALED:
            data = self._decrypt(header, kind, name, raw)
        else:
            data = _check_plain(kind, name, raw)
        if header.format > FORMAT:
            msg = f"format {header.format}, and this version of Nightlight knows up to {FORMAT}"
            raise NewerFormat(msg)
        if header.seal == PLAIN and self.keys is not None and not self._plain_too:
            msg = "a plain file in an encrypted book"
            raise WrongSeal(msg)
        wanted = NO_KEY if self.keys is None else self.keys.current_id
        return Content(header.version, data, header.key_id == wanted, header.format)

    def _decrypt(self, header: Header, kind: str, name: str, raw: bytes) -> bytes:
        from cryptography.exceptions import InvalidTag

        if self.keys is None:
            msg = "an encrypted file, and no key is given"
            raise WrongSeal(msg)
        bound = _bound(raw[: HEADER.size], kind, name)
        named = self._ciphers.get(header.key_id)
        for cipher in (named,) if named else tuple(self._ciphers.values()):
            try:
                data = cipher.decrypt(header.nonce, raw[HEADER.size :], bound)
            except InvalidTag:
                continue
            if named is None:
                msg = "the key id in the header was changed"
                raise Damaged(msg)
            return data
        if named is None:
            msg = f"sealed with a key ({header.key_id.hex()}) that is not in {self.keys.source}"
            raise UnknownKey(msg)
        msg = "the seal does not match"
        raise Damaged(msg)


def read_header(raw: bytes) -> Header:
    """The header, unproved. Raises Damaged if it cannot be one."""
    if len(raw) < HEADER.size:
        msg = "too short for a file of the book"
        raise Damaged(msg)
    header = Header(*HEADER.unpack_from(raw))
    if header.magic != MAGIC or header.seal not in (PLAIN, SEALED):
        msg = "not a file of the book"
        raise Damaged(msg)
    return header


def _bound(header: bytes, kind: str, name: str) -> bytes:
    without_key_id = header[:7] + NO_KEY + header[7 + ID_BYTES :]
    return b"%b%b\0%b" % (without_key_id, kind.encode(), name.encode())


def _digest(header: bytes, kind: str, name: str, data: bytes) -> bytes:
    return hashlib.sha256(header + kind.encode() + b"\0" + name.encode() + b"\0" + data).digest()


def _check_plain(kind: str, name: str, raw: bytes) -> bytes:
    header, rest = raw[: HEADER.size], raw[HEADER.size :]
    digest, data = rest[:DIGEST_BYTES], rest[DIGEST_BYTES:]
    if digest != _digest(header, kind, name, data):
        msg = "the digest does not match"
        raise Damaged(msg)
    return data
