"""A form with one file. It is small enough to stay in memory: nothing of it is on the disk."""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING

from web.sessions import Session
from web.site import Refusal

if TYPE_CHECKING:
    from starlette.requests import Request

LONGEST_NAME = 80


async def upload(request: Request, session: Session) -> tuple[str, bytes]:
    """Name and content of the field `file`; of a form without one, nothing. Raises Refusal."""
    from starlette.datastructures import UploadFile

    kind = request.headers.get("content-type", "").partition(";")[0]
    if kind != "multipart/form-data":
        raise Refusal(400)
    try:
        async with request.form(max_files=1, max_fields=4, max_part_size=4096) as sent:
            token, file = sent.get("csrf"), sent.get("file")
            found = ("", b"")
            if isinstance(file, UploadFile):
                name = "".join(one for one in file.filename or "" if one.isprintable())
                found = name[-LONGEST_NAME:] or "file", await file.read()
    except Exception:  # the library names several kinds of what cannot be read
        raise Refusal(400) from None
    given = token if isinstance(token, str) else ""
    if not hmac.compare_digest(given.encode(), session.csrf.encode()):
        raise Refusal(403)
    return found
