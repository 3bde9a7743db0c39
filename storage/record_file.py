"""One file of the book: a TinyDB with one document, in an envelope.

Table and document have the same shape in every file: `{"<kind>": {"1": {...}}}`. A change of the
document is one TinyDB write, and `RecordStorage.write` makes that one atomic, durable write of the
file. So one change is one commit, and its cost is that of one small file.
"""

from __future__ import annotations

from functools import cache
from typing import Any, Generic, TypeVar

import msgspec
from tinydb import TinyDB
from tinydb.storages import Storage
from tinydb.table import Document

from storage import files
from storage.envelope import Damaged, Sealer
from storage.layout import Place

T = TypeVar("T", bound=msgspec.Struct)

THE_DOCUMENT = 1
"""Id of the only document. Given always: TinyDB would use the id of a removed one again."""

Tables = dict[str, dict[str, dict[str, Any]]]


class RecordStorage(Storage):
    """TinyDB storage over one file, written whole or not at all.

    `saved` is the document as it is on disk, None if there is none that counts: the disk is read
    when a record is loaded (`from_disk`), not before each write. TinyDB changes the tables that
    `read` gave it before it calls `write`, so it is given new ones each time: what was never
    saved cannot be read afterwards.
    """

    def __init__(self, place: Place, sealer: Sealer) -> None:
        self._path = place.path
        self._kind = place.kind
        self._name = place.name
        self._sealer = sealer
        self.saved: msgspec.Struct | None = None
        self.from_disk = False

    def read(self) -> Tables | None:
        """The tables of the file, for TinyDB. Raises Damaged, OSError."""
        if not self.from_disk:
            if self.saved is None:
                return None
            return {self._kind: {str(THE_DOCUMENT): fields_of(self.saved)}}
        try:
            raw = files.read(self._path)
        except FileNotFoundError:
            return None
        return _tables(self._sealer.unseal(self._kind, self._name, raw).data)

    def write(self, data: Tables) -> None:
        """The file with these tables, for TinyDB. Raises OSError."""
        version = data[self._kind][str(THE_DOCUMENT)]["version"]
        content = msgspec.json.encode(data)
        files.write_whole(self._path, self._sealer.seal(self._kind, self._name, version, content))


class RecordFile(Generic[T]):
    """The one document of one file, typed; it has a `version` that counts its changes.

    place: where it is and what; its kind is also the name of its table.  shape: the document's
    type.
    """

    def __init__(self, place: Place, shape: type[T], sealer: Sealer) -> None:
        self.place = place
        self._storage = RecordStorage(place, sealer)
        self._table = TinyDB(storage=lambda: self._storage).table(place.kind)
        self._shape = shape

    def load(self) -> T | None:
        """The document, or None if there is no file. Raises Damaged, OSError."""
        self._storage.saved = None
        self._storage.from_disk = True
        try:
            document = self._table.get(doc_id=THE_DOCUMENT)
        finally:
            self._storage.from_disk = False
        if document is None:
            return None
        value = _typed(dict(document), self._shape)
        self._storage.saved = value
        return value

    def save(self, value: T) -> None:
        """One atomic, durable commit. Raises OSError; then the document is as it was."""
        fields = fields_of(value)
        if self._storage.saved is None:
            self._table.insert(Document(fields, THE_DOCUMENT))
        else:
            self._table.update(fields, doc_ids=[THE_DOCUMENT])
        self._storage.saved = value

    @property
    def saved(self) -> T | None:
        """The document as it was last loaded or saved; what a refused `save` leaves standing."""
        saved = self._storage.saved
        return saved if isinstance(saved, self._shape) else None

    def stands_at(self, value: T) -> None:
        """Says what is on disk, known from elsewhere."""
        self._storage.saved = value

    def put_back(self) -> None:
        """After a refused `save`: the file as it was before, or none. A folder whose fsync failed
        may hold the new file already. Raises OSError; then it can be tried again."""
        saved = self.saved
        if saved is None:
            files.remove(self.place.path)
        else:
            self.save(saved)


def read_only(place: Place, shape: type[T], sealer: Sealer) -> T | None:
    """The document as it is on disk, for whoever writes nothing: decoded in one step, which takes a
    third of the time. None if there is no file. Raises Damaged, OSError."""
    try:
        raw = files.read(place.path)
    except FileNotFoundError:
        return None
    content = sealer.unseal(place.kind, place.name, raw)
    try:
        tables: dict[str, dict[str, T]] = _decoder(shape).decode(content.data)
        return tables[place.kind][str(THE_DOCUMENT)]
    except (msgspec.MsgspecError, KeyError):
        # The detail would show content; `verify` and the log must not.
        msg = "the content has not the form that it should have"
        raise Damaged(msg) from None


@cache
def _decoder(shape: type[msgspec.Struct]) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(dict[str, dict[str, shape]])  # type: ignore[valid-type]


def document_in(data: bytes, kind: str, shape: type[T]) -> T:
    """The document of an opened file. Raises Damaged."""
    return _typed(_tables(data).get(kind, {}).get(str(THE_DOCUMENT)), shape)


def _tables(data: bytes) -> Tables:
    try:
        return msgspec.json.decode(data, type=Tables)
    except msgspec.MsgspecError as error:
        msg = "the content is not JSON"
        raise Damaged(msg) from error


def _typed(document: object, shape: type[T]) -> T:
    try:
        return msgspec.convert(document, shape)
    except msgspec.MsgspecError as error:
        # The detail would show content; `verify` and the log must not.
        msg = "the content has not the form that it should have"
        raise Damaged(msg) from error


def fields_of(value: msgspec.Struct) -> dict[str, Any]:
    """The fields of a record in a dictionary of its own; their values are shared."""
    return {name: getattr(value, name) for name in value.__struct_fields__}
