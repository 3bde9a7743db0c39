"""What a file is, by its content alone: neither its name nor what the browser says of it counts.

Nothing is unpacked, drawn or run here. Of a container only the list of names is read.
"""

from __future__ import annotations

import io
import re
import struct
import unicodedata
import zipfile
from collections.abc import Mapping
from typing import NamedTuple

from protocol.attachment_facts import Media

LONGEST_STEM = 60
"""Characters of a name, without its ending."""
MOST_LISTED_BYTES = 128 * 1024
"""Of a container's list of names; documents that people write have a few kilobytes."""


class Kind(NamedTuple):
    """ending: of its name.  mime: as what it is handed out."""

    ending: str
    mime: str


KINDS: Mapping[Media, Kind] = {
    "jpeg": Kind("jpg", "image/jpeg"),
    "png": Kind("png", "image/png"),
    "webp": Kind("webp", "image/webp"),
    "heic": Kind("heic", "image/heic"),
    "pdf": Kind("pdf", "application/pdf"),
    "text": Kind("txt", "text/plain; charset=utf-8"),
    "docx": Kind("docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
    "xlsx": Kind("xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    "odt": Kind("odt", "application/vnd.oasis.opendocument.text"),
    "ods": Kind("ods", "application/vnd.oasis.opendocument.spreadsheet"),
    "mp3": Kind("mp3", "audio/mpeg"),
    "m4a": Kind("m4a", "audio/mp4"),
    "ogg": Kind("ogg", "audio/ogg"),
    "wav": Kind("wav", "audio/wav"),
}
_HEIF = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx"}
_MP3_FRAME = {0xFA, 0xFB, 0xF2, 0xF3}
_ODF = re.compile(
    rb"PK\x03\x04.{4}\x00\x00.{16}\x08\x00\x00\x00mimetypeapplication/vnd\.oasis\.opendocument\."
    rb"(text|spreadsheet)PK",
    re.DOTALL,
)
"""The first entry of an OpenDocument file is its type, as it is (ODF 1.3, part 2, 3.3)."""
_END_OF_LIST = b"PK\x05\x06"


def media_of(content: bytes) -> Media | None:
    """None: nothing that is taken."""
    head = content[:64]
    if head.startswith(b"\xff\xd8\xff"):
        return "jpeg"
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return "png"
    if head.startswith(b"%PDF-"):
        return "pdf"
    if head.startswith(b"PK"):
        return _office(content)
    return _sound_or_picture(head) or ("text" if _is_text(content) else None)


def _sound_or_picture(head: bytes) -> Media | None:
    if head[:4] == b"RIFF":
        return {b"WEBP": "webp", b"WAVE": "wav"}.get(head[8:12])  # type: ignore[return-value]
    if head[4:8] == b"ftyp":
        brands = {head[8:12], *(head[at : at + 4] for at in range(16, min(head[3], 64), 4))}
        if brands & _HEIF:
            return "heic"
        return "m4a" if head[8:12] in (b"M4A ", b"M4B ") else None
    if head[:4] == b"OggS":
        return "ogg" if b"OpusHead" in head or b"\x01vorbis" in head else None
    if head[:3] == b"ID3" and len(head) > 10 and head[3] in (2, 3, 4):
        return "mp3"
    if len(head) > 2 and head[0] == 0xFF and head[1] in _MP3_FRAME and 0 < head[2] >> 4 < 15:
        return "mp3"
    return None


def _office(content: bytes) -> Media | None:
    """By the names in the container; one with macros is not taken."""
    end = content.rfind(_END_OF_LIST)
    if end < 0 or len(content) < end + 16:
        return None
    if struct.unpack_from("<I", content, end + 12)[0] > MOST_LISTED_BYTES:
        return None
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as container:
            names = set(container.namelist())
    except (zipfile.BadZipFile, struct.error, ValueError, NotImplementedError, OSError):
        return None
    if any(re.search(r"vbaproject|^basic/|^scripts/", name, re.IGNORECASE) for name in names):
        return None
    if odf := _ODF.match(content):
        return "odt" if odf[1] == b"text" else "ods"
    if "[Content_Types].xml" not in names:
        return None
    if "word/document.xml" in names:
        return "docx"
    return "xlsx" if "xl/workbook.xml" in names else None


def _is_text(content: bytes) -> bool:
    """UTF-8 without control characters, and no markup that a browser or an office would run."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return False
    begins = text[:1000].lstrip()
    if not begins or begins.startswith(("<", "{\\rtf")):
        return False
    return not re.search(r"[\x00-\x08\x0b\x0e-\x1f\x7f]", text)


def shown_name(name: str, media: Media) -> str:
    """A name for people: the last part of a path, without what is not seen or turns the direction
    of writing, with the ending of what the file is."""
    last = re.split(r"[/\\]", unicodedata.normalize("NFC", name))[-1]
    seen = " ".join("".join(one for one in last if one.isprintable()).split())
    stem = re.sub(r"\.[A-Za-z0-9]{1,5}$", "", seen)[:LONGEST_STEM].strip(" .")
    return f"{stem or 'file'}.{KINDS[media].ending}"


def for_download(name: str) -> str:
    """The header that makes a browser save the file, never show it (RFC 6266)."""
    from urllib.parse import quote

    plain = re.sub(r"[^A-Za-z0-9._ -]", "_", name)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
