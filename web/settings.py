"""`[web]` of the configuration."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta


class WebSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The pages of the service: off while `address` is empty.

    Attributes:
        address: under which people open them; https, without a path.
        listen, port: where this process serves them.
        certificate, certificate_key: files; without them a TLS proxy on this machine stands before
            the pages.
        activation: "code": somebody's first PIN needs a code that whoever manages them passes on by
            voice.  "none": it does not; for practice alone.
        words: "pages": what would be typed into the chat is typed on a page, and the chat takes
            none of it.
        chat_second_factor: the chat asks for it, too, before it opens a case, and to sign off.
            "page": it is given on a page.  "buttons": a PIN can be tapped in the chat, so that it
            passes through Telegram.
        chat_second_factor_hours: after so many without opening a case it is asked for again.
    """

    address: str = ""
    listen: str = "127.0.0.1"
    port: Annotated[int, Meta(ge=1, le=65535)] = 8443
    certificate: str = ""
    certificate_key: str = ""
    activation: Literal["code", "none"] = "code"
    words: Literal["chat", "pages"] = "chat"
    chat_second_factor: Literal["off", "page", "buttons"] = "off"
    chat_second_factor_hours: Annotated[int, Meta(ge=1, le=24)] = 8
