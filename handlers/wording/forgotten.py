"""The chat forgets: how an open case stands after its older messages have gone, and what stays."""

from __future__ import annotations

from handlers.case_view import CaseView
from handlers.chat import Button, Screen
from handlers.wording import card
from handlers.wording.common import DANGER

MOST_DUE = 4
"""Due times in a status message; the others are on the card."""
TOO_OLD = "Older than two days: taken out. /open shows your cases."
"""What a message of the bot says when Telegram does not let it be deleted any more."""
CLEAR_CHAT = (
    "🧹 <b>Please clear this chat.</b> I could not reach it for two days, and Telegram does not "
    "let me delete what you sent before that.\nOpen the menu of this chat, choose Clear history, "
    "then send /open. The record is kept."
)


def status(view: CaseView) -> Screen:
    """Who, the level, what is due; the case is one tap away. No alarm."""
    lines = [f"📌 {line}" if place == 0 else line for place, line in enumerate(card.heading(view))]
    due = card.coming(view.duties, view, MOST_DUE) if view.duties else [card.NOTHING_DUE]
    return Screen(
        "\n".join([*lines, "", *due, "", DANGER]),
        ((Button("📄 Case", f"c:{view.ref}:card"),),),
    )
