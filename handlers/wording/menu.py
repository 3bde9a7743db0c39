"""The commands in Telegram's menu, the persistent keyboard, help, and the first screen."""

from __future__ import annotations

from handlers.wording.common import DANGER

REPORT, OPEN, DUTY, RETURNED = (
    "🚨 Report missing",
    "📂 Open cases",
    "🕘 On duty",
    "🏠 Somebody is back",
)
KEYBOARD = ((REPORT, RETURNED), (OPEN, DUTY))

COMMANDS = (
    ("missing", "Report a young person missing or away"),
    ("open", "Open cases and what is due"),
    ("case", "One case, by its reference"),
    ("returned", "Somebody is found or back"),
    ("duty", "Who is on duty; take over, hand over, swap"),
    ("today", "Short list for the start of a shift"),
    ("digest", "Your weekly digest: when it comes, send it now"),
    ("reports", "Figures of the month for your homes (managers)"),
    ("people", "Staff list: invite, change, end (managers)"),
    ("privacy", "What is kept, and who is responsible"),
    ("help", "What this bot does and does not do"),
    ("cancel", "Stop what you are filling in"),
)

PAGES_COMMAND = ("pages", "The whole record, the sheet for police, figures")


def commands(*, pages: bool) -> tuple[tuple[str, str], ...]:
    """The menu of a service, with or without pages of its own."""
    return (*COMMANDS, PAGES_COMMAND) if pages else COMMANDS


SHORT_DESCRIPTION = "Holds the clock when a young person is missing. For listed staff only."
DESCRIPTION = (
    f"{DANGER}\n\nFor duty managers on the service's list, in England. "
    "Log a report, see the level and what is due, be reminded, record the return."
)

WELCOME = (
    "<b>Nightlight</b> is on. "
    f"{DANGER}\n\n"
    "Tap <b>Report missing</b> when a young person is missing or away. "
    "I show the level and why, what is due and by when, and remind you until it is done.\n"
    "Please: no names, addresses, photos or police references in this chat unless I ask. "
    "What you type in answer to a question I take out of the chat."
)

HELP = (
    f"<b>{DANGER}</b>\n\n"
    "/missing log a report\n"
    "/open open cases and what is due\n"
    "/case RH-7K2D one case\n"
    "/returned somebody is found or back\n"
    "/duty who is on duty; take over, hand over, swap\n"
    "/today short list for your shift\n"
    "/digest your weekly digest: when it comes, or now\n"
    "/reports figures of the month for your homes (managers)\n"
    "/people staff list: invite, change, end (managers, administrators)\n"
    "/cancel stop what you are filling in\n"
    "/stop, /resume the whole service: two administrators, in an emergency\n"
    "/id your Telegram number; /privacy what is kept; /version\n\n"
    "Times: tap one, or type <code>21:30</code>, <code>half nine last night</code>, "
    "<code>20 min ago</code>. I always show how I read it.\n"
    "A wrong entry: open the case, More, Put right. Nothing is deleted.\n"
    "The level is a response tier of the local protocol, not a police risk grade.\n"
    "England only. I am not the report to police and not the archive."
)

BACK_AGAIN = "I was restarted. Nothing that you saw confirmed is lost."
UNKNOWN = "I did not understand that. Tap a button below, or /help."
NO_CASES = "No open cases."
NOTHING_TO_CANCEL = "There is nothing to cancel."
ADMINISTRATOR = "You see no cases in this chat. /duty shows who is on duty."
REFUSED_KIND = (
    "I do not keep photos, voice, files or locations, and take this one out of the chat. "
    "Please describe it in a few words, or send it to police their way."
)
NOT_RECORDED = (
    "<b>Something that you typed at {} is NOT on record</b>: I was stopped before I had saved it. "
    "Please record it again, and if it is still in this chat, delete it."
)
NOT_REMOVED_AT = "I could not take what you sent at {} out of this chat. Please delete it yourself."
NOT_REMOVED = "I could not take your message out of this chat. Please delete it yourself."
FAILED = (
    "<b>Something went wrong here; this was NOT saved.</b> Please try once more. "
    "If it happens again, write it on paper with the time and tell your administrator."
)

SAVED_BUT = (
    "<b>It is saved</b>, but something went wrong here after that, so I cannot show it. "
    "/open shows your cases. If it happens again, tell your administrator."
)
SAVED_NOT_YOURS = (
    "<b>It is saved</b>, but you do not see this case any more. /open shows your cases."
)
KEPT_BUT = (
    "<b>Your answer is kept, but it is not on record yet</b>, and something went wrong here. "
    "Report missing, or the button on the case, brings the question back."
)
CANNOT_SHOW = (
    "Telegram does not take this screen. Nothing was changed. "
    "/open shows your cases; /case and a reference opens one. Please tell your administrator."
)
SAVED_BUT_NOT_SHOWN = (
    "<b>It is saved</b>, but Telegram does not take the screen that follows. "
    "/open shows your cases. Please tell your administrator."
)
ADMINISTRATOR_WORDS = (
    "You see no cases in this chat. What you typed was not kept; I have taken it out of this chat."
)


def which_case(kind: str) -> str:
    """Asks for the case that a command is about."""
    return {"case": "Which case?", "returned": "Who is back? Choose the case."}[kind]


def no_such_case(ref: str) -> str:
    """`ref`: the reference that was asked for; "" if none was given."""
    if not ref:
        return "There is no case with that reference that you may see. /open shows your cases."
    return f"There is no case {ref} that you may see. /open shows your cases."
