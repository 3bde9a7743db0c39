"""The one sentence of the second channel (SMS, e-mail, push): a reference, and what to do."""

from __future__ import annotations

from storage.model import Message


def second_channel(message: Message, ref: str) -> str:
    """Nothing about the young person; anybody may read a lock screen."""
    urgent = "URGENT, nobody has answered. " if message.kind == "telephone" else ""
    case = f"Case {ref}" if ref else "The service"
    return (
        f"Nightlight: {urgent}{case} needs an answer. Please open Telegram, or phone your manager."
    )
