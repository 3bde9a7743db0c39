"""The staff list in chat: who is on it, invitations, joining, changing, leaving; and what anybody
may ask of the bot itself."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from handlers.chat import Button, Screen, bold, plain
from handlers.wording.acts import dialable
from handlers.wording.common import ROLES, clock, cut, listed
from handlers.wording.messages import Words, moment
from handlers.wording.service import case_lines, case_rows
from protocol.provider import Provider, Role, Staff
from protocol.staff_facts import Invitation

TITLE = "👥 <b>Staff list</b>"
FOR_THOSE_WHO_MANAGE = "The staff list is for managers and administrators."
INVITE = "➕ Invite a colleague"
BACK = "‹ Staff list"
HOMES, ROLE, UNTIL, PHONE, NAME = "Homes", "Role", "Last day", "Telephone", "Name"
ACCOUNT = "New Telegram account"
END = "End or replace"
WITHDRAW = "Withdraw"
ALL_HOMES = "All homes"
NO_LAST_DAY = "No last day"
TO_THE_ROTA = "Nobody: the rota decides"
LATER = "Later"
YES, NO = "✅ Yes, that is me", "No, not me"

ASK_NAME = "First name and surname of your colleague? Type it."
ASK_NEW_NAME = "What is the name? Type it."
ASK_ROLE = "Which role?"
ASK_HOMES = "For which homes? Tick them, then That's all."
ASK_UNTIL = "Until when?"
ASK_PHONE = (
    "At which number can colleagues telephone you when it is urgent? "
    "Type it, for example <code>07700 900123</code>."
)
ASK_THEIR_PHONE = "Which number? For example <code>07700 900123</code>."
ASK_SUCCESSOR = "Who takes their shifts, and what they had in hand?"
NO_NAME = "A name has 2 to 60 characters, in one line."
NO_NUMBER = "That is no telephone number. For example <code>07700 900123</code>."
ONE_HOME = "Tick at least one home, or All homes."
MAKE_LINK, CHANGE_IT, END_IT = "🔗 Make the link", "✅ Change it", "⛔ End it now"
INVITE_TITLE, PHONE_TITLE = "Invite a colleague", "Your telephone number"
LINK_REVIEW = "Shall I make the link? It holds for 24 hours, for one person, once."
CHANGED = "✅ Changed."
PHONE_SAVED = "✅ Your number is on the list. You are on: /help shows what I do."
PHONE_LATER = "Without a number nobody can telephone you. You are on: /help shows what I do."
ABOUT_ROLES = {
    Role.DUTY_MANAGER: "logs and works on cases",
    Role.MANAGER: "also signs off, lowers a level, manages people",
    Role.ADMINISTRATOR: "looks after the bot, sees no cases",
    Role.AUDITOR: "reads the record on the pages, changes nothing",
}

REASONS = {
    "not_allowed": "You may not do that: managers look after people of their own homes, and nobody "
    "changes their own entry.",
    "configuration": "This person is listed in the configuration file, which governs their entry. "
    "An administrator changes it there, then sends /reload.",
    "last_administrator": "This is the last administrator: somebody has to look after the bot. "
    "Invite another one first.",
    "gone": "That is not so any more. /people shows the list as it is.",
    "account": "This Telegram account belongs to somebody else on the list.",
}
OPENINGS = {
    "over": "This invitation has been used or withdrawn. Please ask whoever sent it for a new one.",
    "late": "This invitation has run out: it holds for 24 hours. Please ask for a new one.",
    "others": "This invitation was opened from another Telegram account. Please ask whoever sent "
    "it for a new one.",
    "on_list": "You are on the list already. /help shows what I do.",
}
NOT_ME = "Thank you. The invitation is worth nothing any more, and whoever sent it is told."
NO_LONGER = "This invitation cannot be used any more. Please ask for a new one."
TRY_AGAIN = "This could not be saved just now, so you are not on the list yet. Tap again later."


def role_button(role: Role) -> str:
    """A role, and what it may do."""
    return f"{ROLES[role].capitalize()}: {ABOUT_ROLES[role]}"


def homes_of(person: Staff, provider: Provider) -> str:
    """The homes of a member of staff, by name."""
    if person.role is Role.ADMINISTRATOR:
        return "sees no cases"
    if not person.homes:
        return "all homes"
    names = [home.name if (home := provider.home(one)) else one for one in person.homes]
    return plain(listed(names))


def until(person: Staff) -> str:
    """ "until Wed 31 Mar 2027", or ""."""
    return f"until {day(person.expires)}" if person.expires else ""


def day(on: date) -> str:
    """A day with its year."""
    return f"{on:%a} {on.day} {on:%b %Y}"


def entry(person: Staff, provider: Provider) -> str:
    """One line of the list."""
    parts = [ROLES[person.role], homes_of(person, provider), until(person)]
    return f"{bold(cut(person.name))} · {' · '.join(part for part in parts if part)}"


def link_waits(invitation: Invitation, now: datetime) -> str:
    """An invitation that was not used yet."""
    what = "new account" if invitation.account_of else ROLES[invitation.staff.role]
    until_ = clock(invitation.expires_at, now)
    return f"🔗 {bold(cut(invitation.staff.name))} · {what} · invited, until {until_}"


def page(person: Staff, provider: Provider, *, governed: bool, yours: bool, ended: bool) -> str:
    """Everything about one person."""
    lines = [
        f"👤 {bold(person.name)}",
        f"Role: {ROLES[person.role]}",
        f"Homes: {homes_of(person, provider)}",
        f"Telephone: {plain(dialable(person.phone)) if person.phone else 'none on the list'}",
    ]
    if person.expires:
        lines.append(f"Last day: {day(person.expires)}{' (over)' if ended else ''}")
    if governed:
        lines += ["", REASONS["configuration"]]
    elif yours:
        lines += ["", "This is you. A colleague can change your entry; you can change your number."]
    return "\n".join(lines)


def link(invitation: Invitation, address: str, provider: Provider, now: datetime) -> str:
    """The link, to be handed to one person."""
    one = invitation.staff
    what = "to move to another Telegram account" if invitation.account_of else ROLES[one.role]
    return (
        f"🔗 For {bold(one.name)}, {what}, {homes_of(one, provider)}:\n\n{address}\n\n"
        f"Send it to them and to nobody else. It works once, until "
        f"{clock(invitation.expires_at, now)}. You are told when it is used. "
        "Delete this message when you have sent it."
    )


def invited(invitation: Invitation, inviter: str, provider: Provider, policy: str) -> str:
    """What the invited person is asked."""
    one = invitation.staff
    if invitation.account_of:
        return (
            f"Nightlight: is this {bold(one.name)}, with a new Telegram account?\n"
            "If you say yes, I write to this account from now on, and no more to the old one."
        )
    return (
        f"{bold(inviter)} invites {bold(one.name)} to Nightlight as {ROLES[one.role]} "
        f"({homes_of(one, provider)}). I remind those on duty when a young person is missing.\n\n"
        f"Is that you?{' /privacy says what is kept.' if policy else ''}"
    )


def joined(person: Staff) -> str:
    """To somebody who has confirmed."""
    return f"✅ {bold(person.name)}, you are on the list as {ROLES[person.role]}."


def moved(person: Staff) -> str:
    """To somebody who has confirmed their new account."""
    return f"✅ {bold(person.name)}: I write to this account from now on."


def leave_review(person: Staff, successor: Staff | None) -> str:
    """What ending somebody does."""
    after = (
        f"{bold(successor.name)} takes their shifts and is told what they had in hand."
        if successor
        else "Their shifts stay with the rota; what they had in hand is asked of those on duty."
    )
    return (
        f"{bold(person.name)} hears nothing more from this moment, and gets no answer. {after} "
        "Offers and swaps with them are off. Their name stays on record."
    )


def ended(person: Staff) -> str:
    """Done."""
    return f"⛔ {bold(person.name)} is off the list."


TOLD = frozenset(
    (
        "joined",
        "invitation_declined",
        "invitation_twice",
        "offer_off",
        "shift_back",
        "takes_over",
        "reload",
        "pages_set_up",
        "pages_passkey",
    )
)
"""Kinds of messages that `told` words."""


def told(message_kind: str, data: dict[str, Any], words: Words) -> Screen:
    """Messages about the staff list."""
    name = bold(str(data.get("name", "")))
    match message_kind:
        case "joined" if data.get("account_of"):
            text = f"✅ {name} has moved to a new Telegram account. Was it not them? End it now."
            return Screen(text, ((Button(END, f"p:end:{data['staff']}"),),))
        case "joined":
            text = f"✅ {name} has joined with your link. Was it not them? End it now."
            return Screen(text, ((Button(END, f"p:end:{data['staff']}"),),))
        case "pages_set_up":
            return Screen(
                "🔑 A PIN for the pages of this service was chosen just now for "
                f"{bold(words.name(data['staff']))}. Was it not them? Reset it on the pages, under "
                "People, and end their access: /people"
            )
        case "pages_passkey":
            return Screen(
                "🔑 A passkey for the pages of this service was added just now, with your PIN. Was "
                "it not you? Remove it on the pages, under Passkeys, and ask your manager to reset "
                "your PIN."
            )
        case "invitation_declined":
            return Screen(
                f"⚠️ Whoever tapped your link says that they are not {name}. It is worth nothing "
                "any more. Send a new one to the right person: /people"
            )
        case "invitation_twice":
            return Screen(
                f"⚠️ A second Telegram account tapped the link for {name}. It got nothing. "
                "Ask them whether they passed it on."
            )
        case "reload":
            problems = data["problems"]
            return Screen(reload_refused(problems) if problems else reloaded(data["changes"]))
        case "offer_off":
            return Screen(
                f"⚠️ The hand-over between {bold(words.name(data['giver']))} and "
                f"{bold(words.name(data['taker']))} is off: one of them has left. "
                "/duty shows who is on duty."
            )
        case "shift_back":
            home = words.home(data["home"])
            start, end = data["start"], data["end"]
            ends = f" to {clock(moment(end), words.now)}" if end else ""
            return Screen(
                f"⚠️ {bold(words.name(data['staff']))} has left, so the shift that they took from "
                f"you is yours again: {plain(home.name if home else data['home'])}, "
                f"{clock(moment(start), words.now)}{ends}. If you cannot, /duty."
            )
        case _:
            return _takes_over(data, words)


def _takes_over(data: dict[str, Any], words: Words) -> Screen:
    leaver = bold(words.name(data["leaver"]))
    lines = [f"🤝 {leaver} has left."]
    if data["successor"]:
        lines.append("You have their shifts from now on: /duty")
    if data["episodes"]:
        lines.append("They had these in hand. Please look at each, and say who does it now:")
    elif data["successor"]:
        lines.append("They had nothing in hand.")
    for case in data["episodes"]:
        lines += ["", *case_lines(case, words)]
    return Screen("\n".join(lines), case_rows(data["episodes"]))


def left_behind(leaver: str) -> str:
    """Above something unfinished that somebody gets who did not begin it."""
    return f"📝 {bold(leaver)} has left and had begun this. Please go on with it, or throw it away."


def your_id(number: int, person: Staff) -> str:
    """/id"""
    return (
        f"Your Telegram number is <code>{number}</code>. You are on the list as "
        f"{bold(person.name)}, {ROLES[person.role]}."
    )


def version(number: str, pack: str) -> str:
    """/version"""
    return f"Nightlight {plain(number)}\nProtocol: {plain(pack)}"


RELOAD_FOR_ADMINISTRATORS = "/reload is for administrators: it reads the configuration again."
NO_FILE = "There is no configuration file here to read again."
LONGEST = 20
"""Problems that are named in one message."""


def reloaded(changes: Sequence[str]) -> str:
    """The new configuration holds."""
    what = "\n".join(f"• {plain(line)}" for line in changes) or "Nothing is different."
    return f"✅ <b>The configuration was read again and holds from now on.</b>\n{what}"


def reload_refused(problems: Sequence[str]) -> str:
    """Nothing was taken over."""
    shown = [f"• {plain(cut(line, 300))}" for line in problems[:LONGEST]]
    if more := len(problems) - LONGEST:
        shown += [f"… and {more} more: nightlight check names them all."] if more > 0 else []
    return "\n".join(["⛔ <b>Not taken over: nothing has changed.</b> Put this right:", *shown])


def privacy(provider: Provider) -> str:
    """/privacy: the text of the configuration, or this."""
    if provider.privacy.policy:
        return plain(provider.privacy.policy)
    who = provider.privacy.controller or "The provider that runs this bot"
    contact = provider.privacy.contact
    ask = f"Questions and requests: {contact}." if contact else "Ask your manager how to reach it."
    return plain(
        f"PRIVACY\n\n{who} is the controller. {ask}\n\n"
        "What for: to record absences of looked-after young people, and to remind those on duty "
        "of what has to be done, as the law and the local protocol require.\n\n"
        "Of you as staff: name, role, homes, Telegram number, telephone number, and what you "
        "record or answer, with the time. Of a young person: what is entered about an absence. In "
        "chat stands a reference, no name or address.\n\n"
        "Where: encrypted on the provider's own machine, with the key kept apart. What passes "
        "through this chat also lies with Telegram, and is not end-to-end encrypted; typed answers "
        "are taken out of the chat, and every other message after "
        f"{provider.chat.forget_after_hours} hours. Nothing is sold, shown to others or used for "
        "advertising.\n\n"
        "How long: as the provider's retention schedule says. You may ask to see, correct or "
        "delete what is held about you; what the law requires to be kept is kept. You may complain "
        "to the Information Commissioner (ico.org.uk)."
    )
