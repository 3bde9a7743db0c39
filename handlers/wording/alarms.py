"""What administrators are told about the bot itself, below the title of the alarm."""

from __future__ import annotations

UPDATE = (
    "Telegram handed over something that the bot cannot read. It was passed over and everything "
    "else goes on. If somebody says that they had no answer: please ask them to write again. "
    "You hear of this once a day at most; the log has the numbers."
)
ANOTHER_PROGRAM = (
    "Messages may reach it instead of this bot. Stop the other program, or make a new token with "
    "BotFather and put it into the configuration. Reminders go on."
)
POLLING = {"update": UPDATE, "polling": ANOTHER_PROGRAM}
PARTS = {
    "polling": "receiving messages",
    "health": "the page for monitoring",
    "backups": "the daily backup",
    "alerts": "telling of trouble with the disk",
    "greeting": "offering half-finished reports again",
    "drafts": "telling of half-finished reports",
    "strangers": "answering people who are not on the list",
    "removals": "taking typed words out of chats",
}


def part(name: str) -> str:
    """A part of the bot failed; it is started again by itself."""
    return (
        f"It was: {PARTS.get(name, name)}. Reminders go on. "
        "If you hear of this again, look at the log and restart the bot."
    )
