"""What people are told when the book is in trouble."""

from __future__ import annotations

from handlers.chat import plain
from handlers.wording.common import SAVED_AGAIN
from reminders.service import Role

NOT_SAVING = (
    "<b>Nothing can be saved just now.</b> Use paper and note the time. "
    "Reminders for what was saved before go on. You will hear when saving works again."
)


def trouble(kind: str, what: str, role: Role) -> str:
    """The line for a person of this role; "" if it is not for them."""
    if kind == "saved_again":
        return SAVED_AGAIN
    if kind == "not_saved":
        if role is Role.ADMINISTRATOR:
            return f"<b>The book cannot be written.</b>\n{plain(what)}"
        return NOT_SAVING
    if role is Role.ADMINISTRATOR:
        return f"<b>A file of the book was set aside.</b>\n{plain(what)}"
    return ""
