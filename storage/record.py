"""One file of the book: a TinyDB with one document.

Table and document have the same shape in every file: `{"<kind>": {"1": {...}}}`. A change of the
document is one TinyDB write, and `RecordStorage.write` makes that one atomic, durable write of the
file. So one change is one commit, and its cost is that of one small file.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Generic, TypeVar

import msgspec
from tinydb import TinyDB
from tinydb.storages import Storage
from tinydb.table import Document

from storage import files

T = TypeVar("T", bound=msgspec.Struct)

THE_DOCUMENT = 1
"""Id of the only document. Given always: TinyDB would use the id of a removed one again."""


class Damaged(Exception):
    """The file can be read but is not what the store wrote. The text says why, without content."""


class RecordStorage(Storage):
    """TinyDB storage over one file, written whole or not at all.

    TinyDB changes the tables that `read` returned before it calls `write`, so after a failed
    write the copy in memory holds what was never saved: it is dropped and read again.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._tables: dict[str, dict[str, Any]] | None = None

    def read(self) -> dict[str, dict[str, Any]] | None:
        if self._tables is None:
            try:
                data = files.read(self._path)
            except FileNotFoundError:
                return None
            try:
                self._tables = msgspec.json.decode(data, type=dict[str, dict[str, Any]])
            except msgspec.MsgspecError as error:
                msg = "not the JSON of a book"
                raise Damaged(msg) from error
        return self._tables

    def write(self, data: dict[str, dict[str, Any]]) -> None:
        self._tables = None
        files.write_whole(self._path, msgspec.json.encode(data))
        self._tables = data

    def forget(self) -> None:
        """Drops the copy in memory."""
        self._tables = None


class RecordFile(Generic[T]):
    """The one document of one file, typed.

    path: where the file is.  kind: the name of its table.  shape: the document's type.
    """

    def __init__(self, path: Path, kind: str, shape: type[T]) -> None:
        self._storage = RecordStorage(path)
        self._table = TinyDB(storage=lambda: self._storage).table(kind)
        self._shape = shape

    def load(self) -> T | None:
        """The document, or None if there is no file. Raises Damaged, OSError."""
        try:
            document = self._table.get(doc_id=THE_DOCUMENT)
            if document is None:
                return None
            return msgspec.convert(dict(document), self._shape)
        except (msgspec.MsgspecError, AttributeError, TypeError, ValueError) as error:
            msg = "the content has not the form that it should have"
            raise Damaged(msg) from error
        finally:
            # From here on the value lives in the caller's typed record; a second copy in plain
            # dictionaries would double the memory that the book takes.
            self._storage.forget()

    def save(self, value: T) -> None:
        """One atomic, durable commit. Raises OSError; then the document is as it was."""
        fields = {name: getattr(value, name) for name in value.__struct_fields__}
        if self._table.contains(doc_id=THE_DOCUMENT):
            self._table.update(fields, doc_ids=[THE_DOCUMENT])
        else:
            self._table.insert(Document(fields, THE_DOCUMENT))
