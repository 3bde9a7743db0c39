"""What people at work are told when the book cannot be written, and when it can again."""

from __future__ import annotations

from handlers.wording.common import SAVED_AGAIN

TEXTS = {
    "not_saved": (
        "<b>Nothing can be saved just now.</b> Use paper and note the time. "
        "Reminders for what was saved before go on. You will hear when saving works again."
    ),
    "saved_again": SAVED_AGAIN,
}
