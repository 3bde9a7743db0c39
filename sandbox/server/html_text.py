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
NAME = re.compile(r"[^\s>]*")
ATTRIBUTE_NAME = re.compile(r"[^\s=>/\"']*")
TOKEN = re.compile(r"[A-Za-z0-9.-]*")
SPACE = re.compile(r"\s*")


def parse_html(source: str) -> tuple[str, list[Json]]:
    """The plain text and the entities of a text in Telegram's HTML.

    Raises:
        ApiError: 400 "can't parse entities: ..." naming the byte offset, as Telegram does.
    """
    out: list[str] = []
    size = 0
    entities: list[Json] = []
    open_tags: list[tuple[str, int, dict[str, str]]] = []
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
        if source.startswith("</", at):
            at = _close(source, at, size, open_tags, entities)
        else:
            name, values, end = _start_tag(source, at)
            open_tags.append((name, size, values))
            at = end
    if open_tags:
        raise _error(f'Can\'t find end tag corresponding to start tag "{open_tags[-1][0]}"')
    return "".join(out), _merged(entities)


def _error(detail: str) -> ApiError:
    return bad_request(f"can't parse entities: {detail}")


def _byte(source: str, at: int) -> int:
    return len(source[:at].encode("utf-8", "surrogatepass"))


def _after_space(source: str, at: int) -> int:
    match = SPACE.match(source, at)
    return match.end() if match else at


def _start_tag(source: str, at: int) -> tuple[str, dict[str, str], int]:
    """Name, attributes and end of the tag that starts at ``at``."""
    byte = _byte(source, at)
    match = NAME.match(source, at + 1)
    end = match.end() if match else at + 1
    name = source[at + 1 : end].lower()
    unclosed = _error(f"Unclosed start tag at byte offset {byte}")
    if end == len(source):
        raise unclosed
    if name not in TAGS:
        raise _error(f'Unsupported start tag "{name}" at byte offset {byte}')
    values: dict[str, str] = {}
    while True:
        end = _after_space(source, end)
        if end >= len(source):
            raise unclosed
        if source[end] == ">":
            break
        match = ATTRIBUTE_NAME.match(source, end)
        attribute = match.group().lower() if match else ""
        if not attribute:
            raise _error(f'Empty attribute name in the tag "{name}" at byte offset {byte}')
        end = _after_space(source, end + len(attribute))
        if end >= len(source):
            raise _error(f'Unclosed start tag "{name}" at byte offset {byte}')
        values[attribute] = ""
        if source[end] == "=":
            values[attribute], end = _attribute_value(source, _after_space(source, end + 1))
    if name == "span" and values.get("class") != "tg-spoiler":
        raise _error(f'Tag "span" must have class "tg-spoiler" at byte offset {byte}')
    return name, values, end + 1


def _attribute_value(source: str, at: int) -> tuple[str, int]:
    """A value in quotes, or a bare word of letters, digits, full stops and hyphens."""
    quote = source[at : at + 1]
    if quote in ('"', "'") and quote:
        end = source.find(quote, at + 1)
        end = len(source) if end < 0 else end
        value = source[at + 1 : end]
        return REFERENCE.sub(lambda found: _decoded(found) or found.group(), value), end + 1
    match = TOKEN.match(source, at)
    end = match.end() if match else at
    if end < len(source) and source[end] != ">" and not source[end].isspace():
        raise _error(f"Unexpected end of name token at byte offset {_byte(source, at)}")
    return source[at:end].lower(), end


def _units(text: str) -> int:
    return len(text) + sum(character > "\uffff" for character in text)


def _decoded(match: re.Match[str]) -> str | None:
    decimal, hexadecimal, name = match.groups()
    if name:
        return NAMES.get(name)
    code = int(decimal) if decimal else int(hexadecimal, 16)
    return chr(code) if 0 < code < 0x110000 and not 0xD800 <= code < 0xE000 else None


def _close(
    source: str,
    at: int,
    size: int,
    open_tags: list[tuple[str, int, dict[str, str]]],
    entities: list[Json],
) -> int:
    """Close the innermost tag by the end tag at ``at``; the place behind it."""
    byte = _byte(source, at)
    if not open_tags:
        raise _error(f"Unexpected end tag at byte offset {byte}")
    match = NAME.match(source, at + 2)
    end = match.end() if match else at + 2
    name = source[at + 2 : end].lower()
    end = _after_space(source, end)
    if source[end : end + 1] != ">":
        raise _error(f"Unclosed end tag at byte offset {byte}")
    opened, start, values = open_tags.pop()
    if name and name != opened:
        raise _error(
            f'Unmatched end tag at byte offset {byte}, expected "</{opened}>", found "</{name}>"'
        )
    if size > start:
        _add(opened, start, size, values, entities)
    return end + 1


def _add(name: str, start: int, size: int, values: dict[str, str], entities: list[Json]) -> None:
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
