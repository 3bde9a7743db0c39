"""The second place of the audit: a file that is only appended to, or a syslog.

What goes there is what the chain has, less whatever could say who a young person is: times, kinds,
ids of staff and references of cases, with the digest of the record in the chain. A file has a chain
of its own, so that it can be compared with the records (`nightlight audit verify`).
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import msgspec

from bot.config import Config
from bot.syslog import Entry, send
from storage import files
from storage.audit import ROOT, AuditRecord

_WHO_AND_WHEN = ("at", "what", "by", "staff", "user", "about", "taker", "offer")
_OF_WHAT = ("ref", "home", "attachment", "sheet", "report", "level", "shown", "rows", "through")
_HOW_MANY = ("files", "problems")
_BY_WHAT = ("pack", "configuration", "program", "old_key", "new_key")
GIVEN = frozenset((*_WHO_AND_WHEN, *_OF_WHAT, *_HOW_MANY, *_BY_WHAT))
"""Keys of a line that go to the second place. A young person's reference has the key `person`, and
what somebody typed has others: neither goes."""
VALUE = re.compile(r"[\w .:,/+()-]{0,80}")
TAIL_BYTES = 65536
CONNECT_SECONDS = 5.0

_canonical = msgspec.json.Encoder(order="sorted")


class Written(NamedTuple):
    """A line of the file: the record's number and digest, and the link of the file's own chain."""

    number: int
    digest: str
    chain: str


class SecondPlace(Protocol):
    """Where records go beside the chain."""

    def last(self) -> Written | None:
        """What stands there last; None: nothing, or it cannot be read back. Raises OSError."""
        ...

    def add(self, records: Sequence[AuditRecord]) -> None:
        """In this order. Raises OSError; then some of them may be there."""
        ...


def second_place(config: Config, folder: Path) -> SecondPlace | None:
    """The one that is configured. folder: that of the configuration file."""
    if config.audit.file:
        return AuditFile(folder / config.audit.file)
    if not config.audit.syslog:
        return None
    given_file = config.audit.syslog_ca
    return Syslog(config.audit.syslog, str(folder / given_file) if given_file else "")


class Syslog:
    """The machine's own log (a path) or a collector (host:port, tls://host:port). authorities: as
    `bot.syslog.send` takes it."""

    def __init__(self, address: str, authorities: str = "") -> None:
        self._address = address
        self._authorities = authorities

    def last(self) -> Written | None:
        """It cannot be read back."""
        return None

    def add(self, records: Sequence[AuditRecord]) -> None:
        """One message for each."""
        entries = [Entry(one.at, one.number, given(one)) for one in records]
        send(self._address, entries, self._authorities)


def given(record: AuditRecord) -> dict[str, Any]:
    """What of a record goes to the second place."""
    line = {key: value for key, value in record.line.items() if key in GIVEN and _plain(value)}
    return {"n": record.number, **line, "digest": record.digest}


def _plain(value: Any) -> bool:
    return isinstance(value, int) or (isinstance(value, str) and bool(VALUE.fullmatch(value)))


class AuditFile:
    """JSON Lines. A line that a crash cut off is begun anew on the next, and counts as nothing."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def last(self) -> Written | None:
        """The last whole line."""
        try:
            with self.path.open("rb") as source:
                size = source.seek(0, os.SEEK_END)
                source.seek(max(0, size - TAIL_BYTES))
                lines = source.read().split(b"\n")[:-1]
        except FileNotFoundError:
            return None
        found = (written_in(line) for line in reversed(lines))
        return next((one for one in found if one is not None), None)

    def add(self, records: Sequence[AuditRecord]) -> None:
        """Durably, in one write."""
        last = self.last()
        chain = last.chain if last is not None else ROOT
        made = []
        for record in records:
            chain, line = chained(chain, given(record))
            made.append(line)
        new = not self.path.exists()
        files.make_folder(self.path.parent)
        descriptor = os.open(
            self.path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, files.PRIVATE_FILE
        )
        try:
            size = os.fstat(descriptor).st_size
            torn = size > 0 and os.pread(descriptor, 1, size - 1) != b"\n"
            files.write(descriptor, b"\n" * torn + b"".join(one + b"\n" for one in made))
            files.fsync(descriptor)
        finally:
            files.close(descriptor)
        if new:
            files.fsync_folder(self.path.parent)

    def problems(self, content: bytes, records: Iterable[AuditRecord]) -> tuple[list[str], int]:
        """Where the content of the file is not what it should be, by line; and the number of its
        last record. records: all that are in the chain."""
        known = {record.number: record for record in records}
        problems, chain, number, torn = [], ROOT, 0, b""
        for place, raw in enumerate(content.split(b"\n")[:-1], 1):
            written = written_in(raw)
            if written is None:
                torn = raw
                continue
            told = msgspec.json.decode(raw, type=dict[str, Any])
            where = f"{self.path.name}:{place}: record {written.number} of {told.get('at', '')}"
            told.pop("chain")
            if torn and not raw.startswith(torn):
                problems.append(f"{where}: the line before it cannot be read")
            torn = b""
            if chained(chain, told)[0] != written.chain:
                problems.append(f"{where}: the file's own chain breaks here")
            elif number and written.number != number + 1:
                problems.append(f"{where}: {number + 1} should follow")
            record = known.get(written.number)
            if record is not None and given(record) != told:
                problems.append(f"{where}: it is not what the records have")
            chain, number = written.chain, written.number
            if problems:
                break
        if known and number > max(known):
            problems.append(
                f"{self.path.name}: it goes to record {number}, the records to {max(known)}: "
                "an older copy of the records was put back"
            )
        return problems, number


def chained(before: str, line: dict[str, Any]) -> tuple[str, bytes]:
    """The digest of the file's own chain after this line, and the line as it is written."""
    digest = hashlib.sha256(f"{before}\n".encode() + _canonical.encode(line)).hexdigest()
    return digest, msgspec.json.encode({**line, "chain": digest})


def written_in(raw: bytes) -> Written | None:
    """What a line of the file says; None for one that is no line of ours, or cut off."""
    try:
        told = msgspec.json.decode(raw, type=dict[str, Any])
        return Written(int(told["n"]), str(told["digest"]), str(told["chain"]))
    except (msgspec.MsgspecError, KeyError, ValueError, TypeError):
        return None
