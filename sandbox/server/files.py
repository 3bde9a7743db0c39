"""Files that were sent: kept in memory, fetched by ``getFile`` and ``/file/bot<TOKEN>/<path>``."""

import hashlib
import mimetypes
from dataclasses import dataclass
from io import BytesIO
from pathlib import PurePosixPath

from sandbox.server.errors import bad_request
from sandbox.server.model import Json

# Telegram makes smaller copies of a photo for small screens; one is enough to show the shape.
THUMBNAIL_SIDE = 320


@dataclass(frozen=True, slots=True)
class StoredFile:
    """One file with its bytes; ``path`` is the ``file_path`` of the Bot API."""

    file_id: str
    unique_id: str
    path: str
    name: str
    mime: str
    data: bytes

    def public(self) -> Json:
        """The fields every file object of the Bot API has."""
        return {
            "file_id": self.file_id,
            "file_unique_id": self.unique_id,
            "file_size": len(self.data),
        }


class FileStore:
    """All files of the sandbox, by ``file_id`` and by path."""

    def __init__(self) -> None:
        self._by_id: dict[str, StoredFile] = {}
        self._by_path: dict[str, StoredFile] = {}

    def add(self, folder: str, name: str, data: bytes, mime: str | None = None) -> StoredFile:
        """Keep a file; the same bytes again get a new id and the same unique id, as at Telegram."""
        number = len(self._by_id) + 1
        unique = hashlib.sha256(data).hexdigest()[:16]
        suffix = PurePosixPath(name).suffix
        stored = StoredFile(
            file_id=f"SB{folder[0].upper()}{number:06d}-{unique}",
            unique_id=unique,
            path=f"{folder}/file_{number}{suffix}",
            name=name,
            mime=mime or mimetypes.guess_type(name)[0] or "application/octet-stream",
            data=data,
        )
        self._by_id[stored.file_id] = stored
        self._by_path[stored.path] = stored
        return stored

    def by_id(self, file_id: str) -> StoredFile | None:
        """The file with this id, or None."""
        return self._by_id.get(file_id)

    def by_path(self, path: str) -> StoredFile | None:
        """The file at this path, or None."""
        return self._by_path.get(path)

    def add_photo(self, name: str, data: bytes) -> list[Json]:
        """Keep a photo and a smaller copy; the sizes as the Bot API's ``PhotoSize`` list.

        Raises:
            ApiError: 400 when the bytes are no picture, or one of impossible shape.
        """
        from PIL import Image, UnidentifiedImageError  # heavy: only who sends photos pays for it

        try:
            with Image.open(BytesIO(data)) as image:
                width, height = image.size
                if width + height > 10_000 or max(width, height) > 20 * min(width, height):
                    raise bad_request("PHOTO_INVALID_DIMENSIONS")
                small = image.convert("RGB")
                small.thumbnail((THUMBNAIL_SIDE, THUMBNAIL_SIDE))
                buffer = BytesIO()
                small.save(buffer, "JPEG")
        except (UnidentifiedImageError, OSError) as error:
            raise bad_request("IMAGE_PROCESS_FAILED") from error
        sizes = []
        if small.size != (width, height):
            thumbnail = self.add("photos", "thumbnail.jpg", buffer.getvalue(), "image/jpeg")
            sizes.append(thumbnail.public() | {"width": small.size[0], "height": small.size[1]})
        whole = self.add("photos", name, data)
        sizes.append(whole.public() | {"width": width, "height": height})
        return sizes

    def add_document(self, name: str, data: bytes, mime: str | None = None) -> Json:
        """Keep a document; the Bot API's ``Document``."""
        stored = self.add("documents", name, data, mime)
        return stored.public() | {"file_name": stored.name, "mime_type": stored.mime}
