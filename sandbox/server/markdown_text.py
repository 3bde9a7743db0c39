"""Telegram's MarkdownV2, and the older Markdown it still accepts."""

import re

from sandbox.server.errors import ApiError, bad_request
from sandbox.server.model import Json

RESERVED = frozenset("_*[]()~`>#+-=|{}.!")
SPANS = {"*": "bold", "_": "italic", "__": "underline", "~": "strikethrough", "||": "spoiler"}
TITLES = {
    "bold": "Bold", "italic": "Italic", "underline": "Underline", "code": "Code", "pre": "PreCode",
    "strikethrough": "Strikethrough", "spoiler": "Spoiler", "text_link": "TextUrl",
}  # fmt: skip


def _error(detail: str) -> ApiError:
    return bad_request(f"can't parse entities: {detail}")


def _unclosed(marker: str, _start: int, byte: int) -> ApiError:
    kind = "text_link" if marker == "[" else SPANS[marker]
    return _error(f"Can't find end of {TITLES[kind]} entity at byte offset {byte}")


def _link(entity: Json, url: str) -> None:
    mention = re.fullmatch(r"tg://user\?id=(\d+)", url)
    if mention:
        entity |= {"type": "text_mention", "user": {"id": int(mention.group(1))}}
    else:
        entity["url"] = url


class _Reader:
    """One pass over a MarkdownV2 text."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.at = 0
        self.out: list[str] = []
        self.size = 0
        self.entities: list[Json] = []
        # (marker, UTF-16 offset where the entity starts, byte offset of the marker)
        self.open: list[tuple[str, int, int]] = []

    def byte(self, at: int | None = None) -> int:
        return len(self.source[: self.at if at is None else at].encode())

    def put(self, text: str) -> None:
        self.out.append(text)
        self.size += len(text) + sum(character > "\uffff" for character in text)

    def unescaped_until(self, end: str, kind: str, start: int) -> str:
        """The text up to a marker, with backslashes resolved; leaves ``at`` behind the marker."""
        found = []
        while self.at < len(self.source):
            if self.source[self.at] == "\\" and self.at + 1 < len(self.source):
                found.append(self.source[self.at + 1])
                self.at += 2
            elif self.source.startswith(end, self.at):
                self.at += len(end)
                return "".join(found)
            else:
                found.append(self.source[self.at])
                self.at += 1
        raise _error(f"Can't find end of {TITLES[kind]} entity at byte offset {self.byte(start)}")

    def add(self, kind: str, start: int, **more: str) -> Json | None:
        if self.size == start:
            return None
        entity: Json = {"type": kind, "offset": start, "length": self.size - start, **more}
        self.entities.append(entity)
        return entity


def parse_markdown_v2(source: str) -> tuple[str, list[Json]]:
    """The plain text and the entities of a MarkdownV2 text.

    Raises:
        ApiError: 400 "can't parse entities: ..." naming the character or the byte offset.
    """
    reader = _Reader(source)
    quote: int | None = None
    while reader.at < len(source):
        at = reader.at
        line_start = at == 0 or source[at - 1] == "\n"
        if line_start:
            quote = _quote(reader, quote)
            if reader.at != at:
                continue
        _step(reader)
    if quote is not None:
        _end_quote(reader, quote)
    if reader.open:
        raise _unclosed(*reader.open[-1])
    return "".join(reader.out), sorted(reader.entities, key=lambda e: (e["offset"], -e["length"]))


def _quote(reader: _Reader, quote: int | None) -> int | None:
    """At the start of a line: open, continue or end a block quotation."""
    if reader.source.startswith("**>", reader.at):
        if quote is not None:
            _end_quote(reader, quote)
        reader.at += 3
        return reader.size
    if reader.source.startswith(">", reader.at):
        reader.at += 1
        return reader.size if quote is None else quote
    if quote is not None:
        _end_quote(reader, quote)
    return None


def _end_quote(reader: _Reader, start: int) -> None:
    """A quotation ends where a line starts without ``>``; ``||`` as its last two makes it fold."""
    folds = reader.open and reader.open[-1][0] == "||" and reader.size - reader.open[-1][1] < 2
    if folds:
        reader.open.pop()
    reader.add("expandable_blockquote" if folds else "blockquote", start)


def _step(reader: _Reader) -> None:
    source, at = reader.source, reader.at
    character = source[at]
    if character == "\\" and at + 1 < len(source) and 0 < ord(source[at + 1]) < 127:
        reader.put(source[at + 1])
        reader.at += 2
    elif source.startswith("```", at):
        reader.at += 3
        body = reader.unescaped_until("```", "pre", at)
        # A first word is the language; one line break behind it, or at the start, is not shown.
        language = re.match(r"[^\s`]+(?=\s)", body)
        body = body[language.end() :] if language else body
        start = reader.size
        reader.put(re.sub(r"\A(\r\n|\n\r|\n|\r)", "", body))
        reader.add("pre", start, **({"language": language.group()} if language else {}))
    elif character == "`":
        reader.at += 1
        start = reader.size
        reader.put(reader.unescaped_until("`", "code", at))
        reader.add("code", start)
    elif character in "*_~|":
        _span(reader)
    elif character == "[" or source.startswith("![", at):
        reader.open.append(("[", reader.size, reader.byte()))
        reader.at += 2 if character == "!" else 1
    elif character == "]" and reader.open and reader.open[-1][0] == "[":
        _, start, _ = reader.open.pop()
        reader.at += 1
        if reader.at < len(source) and source[reader.at] == "(":
            reader.at += 1
            url = reader.unescaped_until(")", "text_link", at)
            entity = reader.add("text_link", start)
            if entity is not None:
                _link(entity, url)
    elif character in RESERVED:
        raise _error(
            f"Character '{character}' is reserved and must be escaped with the preceding '\\'"
        )
    else:
        reader.put(character)
        reader.at += 1


def _span(reader: _Reader) -> None:
    source, at = reader.source, reader.at
    marker = source[at]
    if source.startswith("__", at) or source.startswith("||", at):
        marker = source[at : at + 2]
        # "___" closes an italic inside an underline first, as Telegram reads it.
        if source.startswith("___", at) and reader.open and reader.open[-1][0] == "_":
            marker = "_"
    if marker == "|":
        raise _error("Character '|' is reserved and must be escaped with the preceding '\\'")
    if reader.open and reader.open[-1][0] == marker:
        _, start, _ = reader.open.pop()
        reader.add(SPANS[marker], start)
    elif any(opened == marker for opened, _, _ in reader.open):
        raise _unclosed(*reader.open[-1])
    else:
        reader.open.append((marker, reader.size, reader.byte()))
    reader.at += len(marker)


def parse_markdown(source: str) -> tuple[str, list[Json]]:
    """The plain text and the entities of the older Markdown: no nesting, few markers.

    Raises:
        ApiError: 400 "can't parse entities: Can't find end of the entity ...".
    """
    reader = _Reader(source)
    kinds = {"*": "bold", "_": "italic", "`": "code", "[": "text_link"}
    while reader.at < len(source):
        at = reader.at
        character = source[at]
        if character == "\\" and source[at + 1 : at + 2] in ("*", "_", "`", "["):
            reader.put(source[at + 1])
            reader.at += 2
        elif character in kinds:
            pre = source.startswith("```", at)
            marker = "```" if pre else "]" if character == "[" else character
            end = source.find(marker, at + (3 if pre else 1))
            if end < 0:
                raise _error(
                    f"Can't find end of the entity starting at byte offset {reader.byte()}"
                )
            start = reader.size
            reader.put(source[at + (3 if pre else 1) : end])
            reader.at = end + len(marker)
            if character != "[":
                reader.add("pre" if pre else kinds[character], start)
            elif source.startswith("(", reader.at):
                close = source.find(")", reader.at)
                close = len(source) if close < 0 else close
                entity = reader.add("text_link", start)
                if entity is not None:
                    _link(entity, source[reader.at + 1 : close])
                reader.at = close + 1
        else:
            reader.put(character)
            reader.at += 1
    return "".join(reader.out), reader.entities
