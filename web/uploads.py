"""A form with one file. The file stays in memory: nothing of it is on the disk in the clear."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

from web.guard import TooLarge
from web.sessions import Session
from web.site import Refusal

if TYPE_CHECKING:
    from starlette.requests import Request

LONGEST_NAME = 80


class Sent(NamedTuple):
    """name, content: of the field `file`, both empty without one.  fields: the others."""

    name: str
    content: bytes
    fields: Mapping[str, str]


async def upload(request: Request, session: Session, most: int) -> Sent:
    """The form, of at most so many bytes. Raises Refusal, TooLarge."""
    from starlette.datastructures import UploadFile
    from starlette.formparsers import MultiPartParser

    kind = request.headers.get("content-type", "").partition(";")[0]
    if kind != "multipart/form-data":
        raise Refusal(400)
    parser = MultiPartParser(
        request.headers, request.stream(), max_files=1, max_fields=4, max_part_size=4096
    )
    # Above this the library would write the file to the disk.
    parser.spool_max_size = most
    try:
        sent = await parser.parse()
    except TooLarge:
        raise
    except Exception:  # the library names several kinds of what cannot be read
        raise Refusal(400) from None
    try:
        fields = {key: value for key, value in sent.multi_items() if isinstance(value, str)}
        if not hmac.compare_digest(fields.pop("csrf", "").encode(), session.csrf.encode()):
            raise Refusal(403)
        file = sent.get("file")
        if not isinstance(file, UploadFile):
            return Sent("", b"", fields)
        name = "".join(one for one in file.filename or "" if one.isprintable())
        return Sent(name[-LONGEST_NAME:] or "file", await file.read(), fields)
    finally:
        await sent.close()
