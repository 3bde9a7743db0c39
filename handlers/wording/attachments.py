"""What a person reads about files beside a case, on the service's own pages."""

from __future__ import annotations

from protocol.attachment_facts import Media

TAKEN = (
    "Pictures (JPEG, PNG, WebP, HEIC), PDF, plain text, documents (.docx, .xlsx, .odt, .ods; no "
    "macros) and sound (MP3, M4A, OGG, WAV), at most 10 MB each."
)
KINDS: dict[Media, str] = {
    "jpeg": "picture",
    "png": "picture",
    "webp": "picture",
    "heic": "picture",
    "pdf": "PDF",
    "text": "text",
    "docx": "document",
    "xlsx": "spreadsheet",
    "odt": "document",
    "ods": "spreadsheet",
    "mp3": "sound",
    "m4a": "sound",
    "ogg": "sound",
    "wav": "sound",
}
NO_FILE = "Please choose a file."
NOT_TAKEN = f"NOT attached. By its content this is no file that is taken here. Taken are: {TAKEN}"
TOO_LARGE = "NOT attached. A file may have 10 MB at most."
TOO_MANY = "NOT attached. A case has {most} files at most. Ask a manager to remove one."
TOO_MUCH = "NOT attached. The files of one case may have {most} MB at most."
THERE_ALREADY = "This file is attached already, as {name}."
BUSY = "NOT attached. Other files are just being sent. Please try once more in a minute."
UNREADABLE = (
    "This file cannot be read just now. Tell your administrator: it can be brought back from a "
    "backup."
)
REASON_NEEDED = "NOT removed. Please say why the file goes."
GONE_ALREADY = "That file is not attached any more."


def size(count: int) -> str:
    """Bytes as people read them."""
    if count < 1000:
        return f"{count} bytes"
    if count < 1_000_000:
        return f"{round(count / 1000)} kB"
    return f"{count / 1_000_000:.1f} MB"
