"""What a person reads when the chat asks for the second factor."""

from __future__ import annotations

from typing import Literal, TypeAlias

from handlers.chat import bold

Wanted: TypeAlias = Literal["open", "sign"]

NEVER = "Alarms, reports and returns go on without it."
OK, RUB_OUT, CANCEL = "✅ OK", "⌫", "Cancel"
ON_THE_PAGE, GIVE_THERE, CHOOSE_THERE = "On the page", "🔒 Give it on the page", "🔒 Choose a PIN"
CASE = "📄 Case"
DIGITS = "A PIN has {} to {} digits."
TYPED = "Not taken, and out of the chat. Tap the digits below."
TYPED_FOR_A_PAGE = "Not taken, and out of the chat. Your PIN belongs on the page alone."
NOT_NOW = (
    "Your PIN cannot be checked now: the record cannot be written. Try again soon, and tell your "
    "manager."
)
SIGN_FIRST = "🔒 Not signed yet: your PIN comes first. It is asked for below."
OVER = "🔒 This question is over. Tap again what you wanted."


def _what_for(wanted: Wanted, ref: str) -> str:
    return f"{'to sign for' if wanted == 'sign' else 'to open'} {ref or 'the case'}"


def keypad(wanted: Wanted, ref: str, digits: int, said: str = "") -> str:
    """The question with its digits as dots."""
    dots = "● " * digits if digits else "…"
    lines = [f"🔒 {bold(f'Your PIN {_what_for(wanted, ref)}')}", "", dots.strip()]
    return "\n".join([*lines, *(["", said] if said else []), "", NEVER])


def on_a_page(wanted: Wanted, ref: str, said: str = "") -> str:
    """Where it is given."""
    lines = [
        f"🔒 {bold(f'Your PIN {_what_for(wanted, ref)}')}",
        "Give it on the page of your organisation; it does not pass through Telegram. "
        "Then come back: it stands here.",
    ]
    return "\n".join([*lines, *(["", said] if said else []), "", NEVER])


def to_choose(wanted: Wanted, ref: str, said: str = "") -> str:
    """For somebody who has none yet."""
    lines = [
        f"🔒 {bold(f'You need a PIN {_what_for(wanted, ref)}')}",
        "You have none yet: choose it on the page of your organisation. Whoever manages you gives "
        "you the activation code by telephone.",
    ]
    return "\n".join([*lines, *(["", said] if said else []), "", NEVER])


def wrong(left: int) -> str:
    """After a PIN that was not right."""
    tries = "1 try is left" if left == 1 else f"{left} tries are left"
    return f"<b>That was not right.</b> {tries}."


def locked(tries: int) -> str:
    """After the last one."""
    return (
        f"🔒 <b>Locked</b> after {tries} wrong tries in a row. Ring a manager: they reset your PIN "
        f"on the pages, under People.\n\n{NEVER}"
    )
