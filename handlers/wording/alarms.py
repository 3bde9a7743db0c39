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
SECOND_PLACE_WORKS = "The second place of the audit works again, and has everything."
SECOND_PLACE_DIFFERS = (
    "The second place of the audit holds other records than the service. An older copy of the "
    "records may have been put back, or somebody changed one of the two. Run: "
    "nightlight audit verify"
)
PARTS = {
    "audit": "keeping the audit",
    "polling": "receiving messages",
    "health": "the page for monitoring",
    "backups": "the daily backup",
    "alerts": "telling of trouble with the disk",
    "greeting": "offering half-finished reports again",
    "drafts": "telling of half-finished reports",
    "strangers": "answering people who are not on the list",
    "removals": "taking typed words out of chats",
    "forgetting": "taking old messages out of chats",
    "switch": "taking commands to stop and resume",
    "arrivals": "taking what commands leave, as people import",
}


def second_place_fails(why: str) -> str:
    """Where the audit is kept for the second time; the first is the records."""
    return (
        f"The second place of the audit cannot be written to: {why}. Nothing is lost: it stays in "
        "the records and is tried again. Please put the place right. You hear when it works."
    )


MODULES = {
    "clock": "watching the machine's clock",
    "what follows from an entry": "what an entry changes in another case",
    "planning": "reminders of cases. Until it works nobody is reminded: look at /open by hand",
    "coverage": "watching that somebody covers every home",
    "hand-overs": "ending hand-overs that nobody answered",
    "shift lists": "the list at the start of a shift",
    "night check": "looking over the coming night",
    "digest": "the weekly digest",
    "monthly figures": "the month's figures",
    "edits": "editing messages that do not hold any more",
    "second channel": "the second channel when Telegram is away",
}


def module(name: str) -> str:
    """One of the service's own jobs failed; the others go on, and it is tried again."""
    others = "" if name == "planning" else " Everything else goes on."
    return (
        f"It was: {MODULES.get(name, name)}.{others} It is tried again every minute; you hear of "
        "this once a day. Please look at the log."
    )


def part(name: str) -> str:
    """A part of the bot failed; it is started again by itself."""
    return (
        f"It was: {PARTS.get(name, name)}. Reminders go on. "
        "If you hear of this again, look at the log and restart the bot."
    )
