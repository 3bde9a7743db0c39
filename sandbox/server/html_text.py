"""Telegram's HTML: a few tags, nested properly, and four named entities."""

import re

from sandbox.server.errors import ApiError, bad_request
from sandbox.server.model import Json

NAMES = {"lt": "<", "gt": ">", "amp": "&", "quot": '"'}
TAGS = {
    "b": "bold", "strong": "bold", "i": "italic", "em": "italic", "u": "underline",
    "ins": "underline", "s": "strikethrough", "strike": "strikethrough", "del": "strikethrough",
    "tg-spoiler": "spoiler", "span": "spoiler", "a": "text_link", "code": "code", "pre": "pre",
    "blockquote": "blockquote", "tg-emoji": "custom_emoji",
}  # fmt: skip
REFERENCE = re.compile(r"&(?:#(\d+)|#x([0-9a-fA-F]+)|([a-z]+));")
TAG = re.compile(
    r"<(/?)([a-zA-Z-]+)((?:\s+[a-zA-Z-]+(?:\s*=\s*(?:\"[^\"]*\"|'[^']*'|[^\s>]*))?)*)\s*>"
)
ATTRIBUTE = re.compile(r"([a-zA-Z-]+)(?:\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s>]*)))?")


def parse_html(source: str) -> tuple[str, list[Json]]:
    """The plain text and the entities of a text in Telegram's HTML.

    Raises:
        ApiError: 400 "can't parse entities: ..." naming the byte offset, as Telegram does.
    """
    out: list[str] = []
    size = 0
    entities: list[Json] = []
    open_tags: list[tuple[str, int, int, dict[str, str]]] = []
    at = 0
    while at < len(source):
        character = source[at]
        if character == "&":
            match = REFERENCE.match(source, at)
            decoded = _decoded(match) if match else None
            if match and decoded is not None:
                out.append(decoded)
                size += _units(decoded)
                at = match.end()
                continue
        if character != "<":
            out.append(character)
            size += 2 if character > "\uffff" else 1
            at += 1
            continue
        byte = len(source[:at].encode())
        match = TAG.match(source, at)
        if not match:
            raise _no_tag(source, at, byte)
        closing, name, attributes = match.group(1), match.group(2).lower(), match.group(3)
        if closing:
            _close(name, byte, size, open_tags, entities)
        else:
            if name not in TAGS:
                raise _error(f'Unsupported start tag "{name}" at byte offset {byte}')
            values = _attributes(attributes)
            if name == "span" and values.get("class") != "tg-spoiler":
                raise _error(f'Tag "span" must have class "tg-spoiler" at byte offset {byte}')
            open_tags.append((name, size, byte, values))
        at = match.end()
    if open_tags:
        name, _, byte, _ = open_tags[-1]
        raise _error(f'Can\'t find end tag corresponding to start tag "{name}"')
    return "".join(out), _merged(entities)


def _error(detail: str) -> ApiError:
    return bad_request(f"can't parse entities: {detail}")


def _no_tag(source: str, at: int, byte: int) -> ApiError:
    name = re.match(r"</?([a-zA-Z-]*)", source[at:])
    word = name.group(1).lower() if name else ""
    if source.startswith("</", at):
        return _error(f"Unexpected end tag at byte offset {byte}")
    if word and word not in TAGS:
        return _error(f'Unsupported start tag "{word}" at byte offset {byte}')
    if not word:
        return _error(f'Unsupported start tag "" at byte offset {byte}')
    return _error(f"Unclosed start tag at byte offset {byte}")


def _units(text: str) -> int:
    return len(text) + sum(character > "\uffff" for character in text)


def _decoded(match: re.Match[str]) -> str | None:
    decimal, hexadecimal, name = match.groups()
    if name:
        return NAMES.get(name)
    code = int(decimal) if decimal else int(hexadecimal, 16)
    return chr(code) if 0 < code < 0x110000 and not 0xD800 <= code < 0xE000 else None


def _attributes(text: str) -> dict[str, str]:
    values = {}
    for match in ATTRIBUTE.finditer(text):
        raw = match.group(2) or match.group(3) or match.group(4) or ""
        values[match.group(1).lower()] = REFERENCE.sub(
            lambda reference: _decoded(reference) or reference.group(), raw
        )
    return values


def _close(
    name: str,
    byte: int,
    size: int,
    open_tags: list[tuple[str, int, int, dict[str, str]]],
    entities: list[Json],
) -> None:
    if not open_tags:
        raise _error(f"Unexpected end tag at byte offset {byte}")
    opened, start, _, values = open_tags.pop()
    if opened != name:
        raise _error(
            f'Unmatched end tag at byte offset {byte}, expected "</{opened}>", found "</{name}>"'
        )
    if size == start:
        return
    entity: Json = {"type": TAGS[name], "offset": start, "length": size - start}
    if name == "a":
        if not values.get("href"):
            return
        mention = re.fullmatch(r"tg://user\?id=(\d+)", values["href"])
        if mention:
            entity |= {"type": "text_mention", "user": {"id": int(mention.group(1))}}
        else:
            entity["url"] = values["href"]
    elif name == "tg-emoji":
        entity["custom_emoji_id"] = values.get("emoji-id", "")
    elif name == "blockquote" and "expandable" in values:
        entity["type"] = "expandable_blockquote"
    elif name == "code" and values.get("class", "").startswith("language-"):
        entity["language"] = values["class"].removeprefix("language-")
    entities.append(entity)


def _merged(entities: list[Json]) -> list[Json]:
    """``<pre><code class="language-x">`` is one ``pre`` with a language; order by place."""
    pres = {(e["offset"], e["length"]): e for e in entities if e["type"] == "pre"}
    kept = []
    for entity in entities:
        outer = pres.get((entity["offset"], entity["length"]))
        if entity["type"] == "code" and outer is not None:
            if "language" in entity:
                outer["language"] = entity["language"]
            continue
        if entity["type"] == "code":
            entity.pop("language", None)
        kept.append(entity)
    return sorted(kept, key=lambda e: (e["offset"], -e["length"]))
