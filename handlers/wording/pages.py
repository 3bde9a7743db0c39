"""What a person reads on the service's own pages, and about them in the chat."""

from __future__ import annotations

from handlers.wording.common import DANGER as DANGER

OFF = "This service has no pages of its own. /open shows your cases."
IN_HELP = "/pages the whole record, the sheet for police, figures."
OPEN_IN_CHAT, OPEN_IN_BROWSER = "📄 Open the pages here", "🖥 Link for a browser"
PAGES = (
    "<b>The pages of this service</b>\n"
    "The whole record, the sheet for the call to police, figures. They are served by your "
    "organisation, not by Telegram, and ask for your PIN."
)
RECORD = "📄 Record"


def link(address: str) -> str:
    """A one-time link for a browser."""
    return (
        "Your link, for one use within five minutes. Open it yourself; do not pass it on.\n"
        f"{address}"
    )


KEPT = "✅ Kept in the record."
LATE = "Add something to the closed case"
NOTHING_IN_HAND = "No form of yours is half-finished. What is to go on record?"
NOT_TAKEN = (
    "What you typed is <b>not recorded</b>, and removed: this chat takes no words. "
    f"Write it on the page.\n\n{DANGER}"
)


ERRORS = {
    400: ("This could not be read", "Please go back and try once more."),
    403: (
        "Not accepted",
        "This did not come from a page of this service, or the page was open for too long. "
        "Please open the page again and repeat it.",
    ),
    404: ("Not here", "There is no such page, or it is not for you."),
    405: ("Not here", "There is no such page, or it is not for you."),
    408: ("Too slow", "The connection was too slow. Nothing was saved. Please try once more."),
    413: ("Too large", "That was too large to be taken. Nothing was saved."),
    421: ("Not here", "This is not the address of these pages."),
    429: ("Too many at once", "Please wait a minute and try once more."),
    500: (
        "Something went wrong",
        "If you were saving something, look at the case to see whether it is there. "
        "If it is not, write it on paper with the time and tell your manager.",
    ),
}
STANDING_BY = (
    "This machine stands by",
    "The pages are on the service's other machine. Please wait a few seconds and open the page "
    "again, or send /pages in the chat. Nothing was saved here.",
)
"""Where another machine leads the service; or none, for the seconds until one does."""
ENTRY_REFUSED = (
    "This link is used up or too old. In the chat, send /pages for a new one; it holds for five "
    "minutes and lets you in once."
)
GIVEN = "Thank you"
BACK_TO_CHAT = "Close this page and go back to the chat: what you asked for stands there."
WRONG = "That was not right. After five wrong tries in a row your manager has to let you in again."
LOCKED = (
    "Locked after five wrong tries. Ask a manager to reset your PIN: on these pages under People. "
    "In the chat alarms, reports and returns go on as always."
)
PIN_PROBLEMS = {
    "digits": "Please choose 6 to 12 digits.",
    "easy": "Too easy to guess: not one digit, a row such as 123456, or the same half twice.",
}
PINS_DIFFER = "The two PINs are not the same. Please type it twice."
APP_WRONG = "The code did not fit. Please take the newest one that the app shows."
SET_UP_MEANWHILE = "A PIN was set up for you meanwhile. Please give it."
RESET = "The PIN is reset. They choose a new one at their next visit; tell them so."
RESET_PIN, MAKE_CODE = "Reset the PIN of", "Make an activation code for"
ACTIVATION_WRONG = (
    "That activation code is not right, used up, or older than seven days. Ask whoever manages you "
    "for a new one. After five wrong tries nobody can use it."
)


PASSKEY_FAILED = "The passkey was not used. Try once more, or give your PIN."
PASSKEY_WRONG = (
    "That passkey was not accepted. Try once more, or give your PIN. After five wrong tries in a "
    "row your manager has to let you in again."
)
PASSKEY_NOT_MADE = "No passkey was made. Try once more; your PIN works as before."
PASSKEY_KNOWN = "This device has a passkey for these pages already."
PASSKEYS_FULL = "You have ten passkeys. Remove one that you no longer use first."
PASSKEY_NOT_TAKEN = "This passkey could not be taken. Begin again, here, with your PIN."
PASSKEY_ADDED = (
    "The passkey is added. It is asked for at your next visit; your PIN works as before."
)
PASSKEY_REMOVED = (
    "The passkey is removed, and you are signed out everywhere else. Delete it on the device, too."
)
PASSKEY_NAME = "Please give the device a name, of 40 characters at most."
PASSKEYS_IMPOSSIBLE = "At this address there are no passkeys: it has no name. Use your PIN."


def code_for(name: str, code: str) -> str:
    """Shown once, to whoever made it."""
    return (
        f"Activation code for {name}: {code[:4]} {code[4:]}. It is shown once, here, and lets them "
        "choose their PIN once within seven days. Tell it to them by telephone or in person, and "
        "be sure that it is them; do not write it into a chat."
    )


NOT_SAVED = (
    "NOT saved. The record cannot be written just now. Write it on paper with the time, and tell "
    "your manager."
)
SAVED = "Saved."


def stopped(since: str) -> str:
    """On every page while the service is stopped on purpose."""
    return (
        f"This service is stopped since {since}. Nothing is saved on a case, and nobody is "
        "reminded. Work with paper and telephone, and write down the times."
    )


IN_FUTURE = "That time is still to come. Please give when it was."
BEFORE_SEEN = "That is before the young person was last seen. Please check the time."
NO_TIME = "Please give day and time."
TWICE = "The clocks change at that time. Please give a time of an hour that comes once."
CLOSED = "This case is closed. Only a manager adds something, in the chat."
READ_ONLY = "You may read this, and change nothing."
TOO_LONG = "Please shorten this: {most} characters at most."
ANSWER_FIRST = "Please say whether police accepted the report."
REASON_NEEDED = "Please say why police refused."
POLICE_FIRST = "Record first that the report was given to police."
MEANWHILE = (
    "Somebody else recorded this meanwhile; it is shown above. "
    "If yours is another call, save again."
)
BEFORE_TOLD = "That is before the report was given to police. Please check the time."
