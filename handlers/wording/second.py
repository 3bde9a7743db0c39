"""The one sentence of the second channel (SMS, e-mail, push): a reference, and what to do."""

from __future__ import annotations

from handlers.wording.messages import moment
from protocol.london import LONDON
from storage.model import Message

SWITCHED = {
    "stop": "was stopped at {at}. Use paper and telephone, and note the times. In danger: 999.",
    "resume": "works again since {at}. Please open Telegram: it says what is due.",
}


def second_channel(message: Message, ref: str) -> str:
    """Nothing about the young person; anybody may read a lock screen."""
    if message.kind == "switched":
        at = moment(message.data["at"]).astimezone(LONDON)
        return f"Nightlight {SWITCHED[message.data['what']].format(at=f'{at:%H:%M on %d %b}')}"
    urgent = "URGENT, nobody has answered. " if message.kind == "telephone" else ""
    case = f"Case {ref}" if ref else "The service"
    return (
        f"Nightlight: {urgent}{case} needs an answer. Please open Telegram, or phone your manager."
    )
