"""Formatting of texts: HTML to entities, commands and links found in plain text.

Offsets and lengths of entities count UTF-16 code units, as everywhere in the Bot API.
"""

import re
from typing import Any

from sandbox.server.errors import bad_request, refused
from sandbox.server.html_text import parse_html
from sandbox.server.model import Json

KINDS = frozenset({
    "mention", "hashtag", "cashtag", "bot_command", "url", "email", "phone_number", "bold",
    "italic", "underline", "strikethrough", "spoiler", "blockquote", "expandable_blockquote",
    "code", "pre", "text_link", "text_mention", "custom_emoji", "date_time",
})  # fmt: skip

AUTOMATIC = re.compile(
    r"(?P<url>https?://[^\s<>\"]*[^\s<>\".,;:!?)\]])"
    r"|(?P<email>[\w.+-]+@[\w-]+(?:\.[\w-]+)+)"
    r"|(?<![\w/])(?P<bot_command>/[A-Za-z0-9_]{1,64}(?:@[A-Za-z0-9_]{3,32})?)(?![\w/])"
    r"|(?<![\w@])(?P<mention>@[A-Za-z][A-Za-z0-9_]{3,31})(?!\w)"
    r"|(?<![\w#])(?P<hashtag>#\w*[^\W\d]\w*)"
)


def utf16_length(text: str) -> int:
    """Length in UTF-16 code units."""
    return len(text) + sum(character > "\uffff" for character in text)


def formatted(text: str, parse_mode: str, given: list[Any] | None) -> tuple[str, list[Json]]:
    """The text as it is shown, trimmed, with its entities in order.

    Raises:
        ApiError: 400 "can't parse entities: ..." or an unsupported parse mode.
    """
    mode = parse_mode.lower()
    if mode in ("", "none"):
        entities = _checked(given or [])
    elif mode == "html":
        text, entities = parse_html(text)
    elif mode in ("markdownv2", "markdown"):
        raise refused(f"parse_mode {parse_mode}")
    else:
        raise bad_request("unsupported parse_mode")
    text, entities = _trimmed(text, entities)
    taken = [(e["offset"], e["offset"] + e["length"]) for e in entities if _is_opaque(e)]
    found = [e for e in automatic(text) if not _overlaps(e, taken)]
    entities = sorted(entities + found, key=lambda e: (e["offset"], -e["length"]))
    return text, entities


def automatic(text: str) -> list[Json]:
    """Links, e-mail addresses, commands, mentions and hashtags that Telegram finds by itself."""
    found = []
    for match in AUTOMATIC.finditer(text):
        kind = match.lastgroup
        found.append({
            "type": kind,
            "offset": utf16_length(text[: match.start()]),
            "length": utf16_length(match.group()),
        })  # fmt: skip
    return found


def _is_opaque(entity: Json) -> bool:
    return entity["type"] in ("code", "pre", "text_link", "text_mention", "url", "mention",
                              "bot_command", "hashtag", "email")  # fmt: skip


def _overlaps(entity: Json, taken: list[tuple[int, int]]) -> bool:
    start, end = entity["offset"], entity["offset"] + entity["length"]
    return any(start < other_end and other_start < end for other_start, other_end in taken)


def _checked(given: list[Any]) -> list[Json]:
    entities = []
    for entity in given:
        if not isinstance(entity, dict) or str(entity.get("type")) not in KINDS:
            raise bad_request("can't parse MessageEntity: unsupported type specified")
        if not all(isinstance(entity.get(key), int) for key in ("offset", "length")):
            raise bad_request('can\'t parse MessageEntity: field "offset" must be a Number')
        entities.append(entity)
    return entities


def _trimmed(text: str, entities: list[Json]) -> tuple[str, list[Json]]:
    """Cut white space at both ends and fit the entities into what is left."""
    left = text.lstrip()
    cut = utf16_length(text) - utf16_length(left)
    short = left.rstrip()
    size = utf16_length(short)
    fitted = []
    for entity in entities:
        start = max(0, entity["offset"] - cut)
        end = min(size, entity["offset"] + entity["length"] - cut)
        if end > start:
            fitted.append(entity | {"offset": start, "length": end - start})
    return short, fitted
