"""Whole records in PostgreSQL, for moving and verifying."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Sequence

from protocol.attachment_facts import Attached, attachments_in
from storage import apply, format_mark
from storage.envelope import Sealer
from storage.keys import Keys
from storage.model import Episode
from storage.postgres_commits import Put
from storage.postgres_reading import ATTACHMENT, BATCH, BESIDE, Reading
from storage.shapes import SHAPES, Record, named
from storage.store import NotFound, StoreError


class WholeRecords(Reading):
    """Every record as it lies there."""

    async def versions(self) -> Sequence[tuple[str, str, int]]:
        """Kind, name and version of every record that is there, attachments and what is left for
        the audit left out."""
        found = await (await self._connected()).connection.execute(
            "SELECT kind, name, version FROM nightlight.record WHERE service = %s "
            "AND kind <> ALL(%s) ORDER BY 1, 2",
            (self._service, BESIDE),
        )
        return [
            (str(kind), str(name), int(version)) for kind, name, version in await found.fetchall()
        ]

    async def everything(self) -> AsyncIterator[Record]:
        """Every record as it stands in the database; one that cannot be used is among the
        problems."""
        for at_once in batches([(kind, name) for kind, name, _ in await self.versions()]):
            found = await (await self._connected()).connection.execute(
                "SELECT kind, name, version, content FROM nightlight.record "
                "WHERE service = %s AND kind = ANY(%s) AND name = ANY(%s)",
                (self._service, [kind for kind, _ in at_once], [name for _, name in at_once]),
            )
            for kind, name, version, content in await found.fetchall():
                if (kind, name) in at_once:
                    record = self._unsealed(kind, name, version, content, SHAPES[kind])
                    if record is not None:
                        yield record

    async def attachment_names(self) -> Sequence[str]:
        """Reference and id of each that is there, with a blank between."""
        found = await (await self._connected()).connection.execute(
            "SELECT name FROM nightlight.record WHERE service = %s AND kind = %s ORDER BY 1",
            (self._service, ATTACHMENT),
        )
        return [str(name) for (name,) in await found.fetchall()]

    async def check_attachments(self) -> None:
        """Each is what its fact says, each fact has one, and none has no fact; what is wrong is
        among the problems."""
        left = set(await self.attachment_names())
        async for record in self.everything():
            if isinstance(record, Episode):
                for name, fact in attachments_in(record.facts).items():
                    full = f"{record.ref} {name}"
                    left.discard(full)
                    await self._check_attachment(full, fact)
        for full in sorted(left):
            self._problem(f"attachment {full}: no entry of the case names it")

    async def _check_attachment(self, full: str, fact: Attached) -> None:
        try:
            if apply.digest_of(await self.attachment_content(full)) != fact.digest:
                self._problem(f"attachment {full}: it is not the file that was attached")
        except NotFound:
            self._problem(f"attachment {full} is missing")
        except StoreError:
            return  # told already

    async def add_records(self, records: Sequence[Record]) -> None:
        """New records as they are, version and all, in one commit. What is in memory stays: open
        the store anew afterwards. Raises NotSaved."""
        puts = [Put(*named(record), None, 0, record, record.version) for record in records]
        if puts:
            async with self._turn:
                await self._put(puts)

    async def add_attachment(self, name: str, data: bytes) -> None:
        """One as it is, for moving. Raises NotSaved."""
        async with self._turn:
            await self._put([Put(ATTACHMENT, name, None, 0, data, 1)])


def batches(names: Sequence[tuple[str, str]]) -> Iterator[set[tuple[str, str]]]:
    """So many at a time that memory stays small."""
    for at in range(0, len(names), BATCH):
        yield set(names[at : at + BATCH])


def new_mark(keys: Keys | None, service: str) -> bytes:
    """The sealed mark of a new service: its format, and its key proved."""
    return format_mark.sealed(Sealer(keys), "book", service)
