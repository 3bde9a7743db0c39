"""A chat as text: for failure output, and for finding what a person means."""

import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

Json = dict[str, Any]

LONDON = ZoneInfo("Europe/London")
WIDTH = 64
SHOWN = 12


@dataclass(slots=True)
class Seen:
    """One message as it reached a person: new or edited."""

    kind: str
    message: Json

    @property
    def id(self) -> int:
        """Its message id."""
        return int(self.message["message_id"])

    @property
    def text(self) -> str:
        """Its text or caption."""
        return str(self.message.get("text") or self.message.get("caption") or "")

    @property
    def buttons(self) -> list[str]:
        """Labels of its inline buttons, in order."""
        return [button["text"] for button in _inline(self.message)]

    def says(self, text: str) -> bool:
        """Whether it contains a text."""
        return says(self.message, text)

    def __str__(self) -> str:
        lines = " / ".join(line for line in self.text.splitlines() if line.strip())
        buttons = " ".join(f"[{label}]" for label in self.buttons)
        return f"{self.kind} {self.id}: {lines or _media(self.message)} {buttons}".rstrip()


def normal(text: str) -> str:
    """White space of every kind as single spaces."""
    return re.sub(r"\s+", " ", text).strip()


def says(message: Json, text: str) -> bool:
    """Whether a message contains a text in its words, its buttons or its file's name."""
    words = [
        str(message.get("text") or ""),
        str(message.get("caption") or ""),
        str((message.get("document") or {}).get("file_name") or ""),
        *(button["text"] for button in _inline(message)),
    ]
    return any(normal(text) in normal(word) for word in words)


def matching_button(message: Json, text: str) -> Json | None:
    """The button of a message (or key of a keyboard) that a person means by ``text``."""
    there = _inline(message) or _keys(message.get("keyboard"))
    wanted = _letters(text)
    if not wanted:
        return next((button for button in there if text.strip() in button["text"]), None)
    for fits in (str.__eq__, str.startswith, str.__contains__):
        for button in there:
            if fits(_letters(button["text"]), wanted):
                return button
    return None


def labels(chat: Json) -> list[str]:
    """Labels of all buttons a person can reach, newest message first, then the keys."""
    found = [b["text"] for message in reversed(chat["messages"]) for b in _inline(message)]
    return found + [key["text"] for key in _keys(chat["reply_keyboard"])]


def render(name: str, chat: Json) -> str:
    """The newest messages of a chat, with their buttons, in a frame."""
    lines = [f"┌─ {name} · {chat['title']} ".ljust(WIDTH, "─")]
    if len(chat["messages"]) > SHOWN:
        lines.append(f"│ … {len(chat['messages']) - SHOWN} earlier messages")
    for message in chat["messages"][-SHOWN:]:
        at = datetime.fromtimestamp(message["date"], LONDON).strftime("%H:%M")
        who = "me" if message["mine"] else message["from"]["first_name"]
        edited = " (edited)" if "edit_date" in message else ""
        lines.append(f"│ #{message['message_id']} {who} {at}{edited}")
        said = message.get("text") or message.get("caption") or ""
        media = _media(message)
        lines += [f"│   {line}" for line in ([media] if media else []) + said.splitlines()]
        for row in (message.get("reply_markup") or {}).get("inline_keyboard", []):
            lines.append("│   " + " ".join(f"[{button['text']}]" for button in row))
    for row in (chat["reply_keyboard"] or {}).get("keyboard", []):
        lines.append("│ ⌨ " + " ".join(f"({key['text']})" for key in row))
    return "\n".join([*lines, "└".ljust(WIDTH, "─")])


def _inline(message: Json) -> list[Json]:
    rows = (message.get("reply_markup") or {}).get("inline_keyboard", [])
    return [button for row in rows for button in row]


def _keys(keyboard: Json | None) -> list[Json]:
    return [key for row in (keyboard or {}).get("keyboard", []) for key in row]


def _letters(text: str) -> str:
    """Letters and digits in small writing, words apart by one space: emoji and case are gone."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return " ".join(re.findall(r"\w+", folded))


def _media(message: Json) -> str:
    if "photo" in message:
        return "🖼 photo"
    if "document" in message:
        return f"📎 {message['document'].get('file_name')}"
    for kind in ("location", "contact", "dice", "pinned_message"):
        if kind in message:
            return f"({kind.replace('_', ' ')})"
    return ""
