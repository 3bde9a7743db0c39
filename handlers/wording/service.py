"""Messages about the service itself: rota, hand-over, people who cannot be reached, alarms."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from handlers.chat import Button, Screen, bold, plain
from handlers.wording import alarms, duties, menu, swap
from handlers.wording.acts import dialable
from handlers.wording.common import clock, cut, due, listed, span
from handlers.wording.lists import NOBODY_TOLD, TOLD
from handlers.wording.messages import Words, moment
from storage.model import Message

TROUBLES = {
    "not_saved": "The record cannot be written",
    "saved_again": "The record can be written again",
    "set_aside": "A file of the record was set aside",
    "missing": "A file of the record is missing",
    "unreadable": "A file of the record cannot be read",
    "older": "An older copy of a file was put back",
    "catalogue": "The list of file versions was damaged",
    "late": "A reminder was sent late",
    "audit": "The audit of the service",
    "backup": "The daily backup failed",
    "update": "A message could not be read",
    "part": "A part of the bot failed and was started again",
    "module": "A job of the bot failed",
    "polling": "Another program uses the same token",
    "clock_back": "The clock of the machine went back",
    "clock_forward": "The clock of the machine went forward",
}
CLOCK = {
    "clock_back": "By {}. What is on record as later than now counts as now, and what is due is "
    "asked again. Please check the machine's clock, and tell those on duty.",
    "clock_forward": "By {}, or the machine slept. What fell due meanwhile is sent now. Please "
    "check the machine's clock.",
}


CALLED = {
    "level": "the level has changed",
    "not_enough": "the authority is not told yet",
    "taken": "somebody has it",
    "over": "found or back",
    "handover_offer": "a hand-over to them",
    "handover_accepted": "a hand-over was accepted",
    "handover_kept": "a hand-over came to nothing",
    "handover": "the list at a hand-over",
    "shift_list": "the list at the start of their shift",
    "taken_over": "a home was taken over",
    "gap_taken": "a shift was taken",
    "swap": "a swap of shifts",
    "swap_offer": "a swap of shifts, asked of them",
    "swap_kept": "a swap came to nothing",
    "night_check": "tonight's rota needs a look",
    "nobody_covers": "nobody covers a home",
    "unreachable": "a colleague cannot be reached",
    "takes_over": "what a colleague had in hand",
    "digest": "their weekly digest",
    "monthly": "the figures of the month",
}
"""What a message is called that did not arrive and is about no duty."""


def screen(message: Message, words: Words) -> Screen:
    """A message of the service's own file (no episode)."""
    data = message.data
    match message.kind:
        case "handover_offer":
            return _offer(data, words)
        case "handover_accepted":
            homes = _homes(data["homes"], words)
            taker = bold(words.name(data["taker"]))
            return Screen(f"🤝 {taker} has taken over {homes}. Reminders go there now.")
        case "handover_kept":
            return _kept(data, message.to, words)
        case "handover" | "shift_list":
            return Screen(shift(data, words), case_rows(data["episodes"]))
        case "taken_over":
            homes = _homes([data["home"]], words)
            by = bold(words.name(data["by"]))
            return Screen(f"🤝 {by} has taken over {homes} and is asked first. You are next.")
        case "gap_taken":
            return Screen(_gap_taken(data, words))
        case "swap":
            return Screen(swap.swapped(data, words))
        case "swap_offer":
            return swap.offer(data, words)
        case "swap_kept":
            return Screen(swap.kept(data, words))
        case "night_check":
            return Screen(_night(data, words))
        case "nobody_covers":
            homes = _homes(data["homes"], words)
            return Screen(
                f"‼️ <b>Nobody who covers {homes} can be reached.</b> Until somebody can, I ask you "
                "about its cases: /open\nTelephone the people of the home, and have the staff list "
                "put right today."
            )
        case "covered_again":
            homes = _homes(data["homes"], words)
            return Screen(f"✅ {homes}: somebody who covers it can be reached again.")
        case "unreachable":
            return Screen(_unreachable(data, words))
        case "refused":
            return Screen(_refused(data, words))
        case "address":
            name = bold(words.name(data["person"]))
            return Screen(
                f"⚠️ {name} did not get a text: {plain(data['why'])}. "
                "Please telephone them, and have the address in the configuration put right."
            )
        case "alarm":
            return Screen(_alarm(data))
        case "not_removed" | "not_recorded":
            said = menu.NOT_REMOVED_AT if message.kind == "not_removed" else menu.NOT_RECORDED
            return Screen(said.format(clock(moment(data["since"]), words.now)))
        case _:
            return Screen(f"🔔 {plain(message.kind.replace('_', ' '))}")


def no_longer(data: dict[str, Any], words: Words) -> Screen:
    """What a message of the service's own file turns into when it does not hold any more."""
    match data["why"]:
        case "reached":
            return Screen(f"✅ I can reach {bold(words.name(data['person']))} again.")
        case "night":
            return Screen("✅ Tonight's rota is in order now. Nothing is left to arrange.")
        case why:
            what = "hand-over" if why == "handover" else "swap"
            return Screen(f"This {what} needs no answer any more. /duty shows who is on duty.")


def on_episode(message: Message, ref: str, home: str, words: Words) -> Screen:
    """Any other message about one episode: what it is about, and the way to the case."""
    title = duties.title(message.about, words.pack) if message.about else message.kind
    return Screen(
        f"🔔 {bold(ref)} · {plain(home)}: {plain(title)}",
        ((Button("📄 Case", f"c:{ref}:card"),),),
    )


def _homes(ids: Sequence[str], words: Words) -> str:
    names = [home.name if (home := words.home(h)) else h for h in ids]
    return plain(listed(names))


def _offer(data: dict[str, Any], words: Words) -> Screen:
    until = clock(moment(data["expires_at"]), words.now)
    text = (
        f"🤝 {bold(words.name(data['giver']))} hands over {_homes(data['homes'], words)} to you.\n"
        f"Please answer by {until}; until you accept, it stays with them."
    )
    offer = data["offer"]
    return Screen(
        text,
        (
            (Button("✅ I take over", f"d:accept:{offer}"),),
            (Button("I can't", f"d:refuse:{offer}"),),
        ),
    )


def _unreachable(data: dict[str, Any], words: Words) -> str:
    """Telegram's reason in words, and the number to telephone."""
    given = data["why"].casefold()
    why = "Telegram does not reach them"
    for sign, words_for_it in (
        ("blocked", "they blocked the bot"),
        ("deactivated", "their Telegram account is gone"),
        ("chat not found", "they have never opened the bot"),
        ("initiate", "they have never opened the bot"),
    ):
        if sign in given:
            why = words_for_it
            break
    person = words.service.person(data["person"])
    phone = f": {plain(dialable(person.phone))}" if person and person.phone else ""
    return (
        f"📵 I cannot reach {bold(words.name(data['person']))}: {why}. I ask the next person "
        f"instead.\nPlease telephone them{phone}"
    )


def _refused(data: dict[str, Any], words: Words) -> str:
    kind = CALLED.get(data["kind"], "a message")
    title = duties.listed(data["about"], words.pack) if data["about"] else kind
    about = " ".join(part for part in (data["ref"], title) if part)
    return (
        f"⚠️ {bold(words.name(data['person']))} did not get a message: {plain(about)}. "
        f"Please tell them yourself.\n(Telegram says: {plain(data['why'])})"
    )


def _alarm(data: dict[str, Any]) -> str:
    what = str(data.get("what", ""))
    title = TROUBLES.get(what, "Something is wrong with the bot")
    line = plain(str(data.get("line", "")))
    if what == "late":
        count, by = data["count"], span(timedelta(seconds=data["seconds"]))
        line = (
            f"{count if count > 1 else 'One'} since the last look, the latest by {by}. "
            "Was the machine off, or Telegram?"
        )
    if what == "module":
        line = alarms.module(data["module"])
    if what in CLOCK:
        line = CLOCK[what].format(span(timedelta(seconds=data["seconds"])))
    return f"🛠 {bold(title)}\n{line}"


def _kept(data: dict[str, Any], reader: str, words: Words) -> Screen:
    why = {"unanswered": "did not answer", "refused": "cannot take over"}[data["why"]]
    yours = reader == data["keeper"]
    keeper = bold("you" if yours else words.name(data["keeper"]))
    stays = f"stays with {keeper}" if data["keeper"] == data["giver"] else f"is with {keeper} now"
    more = "\nPlease telephone your manager, or /duty to ask somebody else." if yours else ""
    return Screen(
        f"⚠️ {plain(words.name(data['taker']))} {why}. {_homes(data['homes'], words)} {stays}.{more}"
    )


def shift(data: dict[str, Any], words: Words) -> str:
    """Every open episode of these homes, what is unmet, and what falls due on the shift."""
    lines = [f"<b>On your shift: {_homes(data['homes'], words)}</b>"]
    if data.get("giver"):
        lines.append(f"Handed over by {plain(words.name(data['giver']))}.")
    if not data["episodes"]:
        lines.append("No open cases.")
    for case in data["episodes"]:
        lines += ["", *case_lines(case, words)]
    return "\n".join(lines)


def case_lines(case: dict[str, Any], words: Words) -> list[str]:
    """The lines of one case in a message."""
    home = words.home(case["home"])
    age = f", {case['age']}" if case.get("age") is not None else ""
    who = f" · {plain(cut(case['person']))}{age}" if case.get("person") else ""
    place = f" · {plain(cut(home.name))}" if home else ""
    lines = [f"{bold(case['ref'])}{who}{place} · level {case['level']}"]
    if "done" in case:
        lines += _so_far(case, words.now)
    first = len(lines)
    lines += [_line("‼️", d, words) for d in case.get("unmet", ())]
    coming = case.get("falls_due", [case["next"]] if case.get("next") else [])
    lines += [_line("🕑", d, words) for d in coming]
    if len(lines) == first:
        lines.append("Nothing due on this shift." if "falls_due" in case else "Nothing due.")
    return lines


def _so_far(case: dict[str, Any], now: datetime) -> list[str]:
    """Missing or away, since when, and what was done."""
    away = "Missing" if case["category"] == "missing" else "Away, whereabouts known"
    seen = case.get("last_seen_at")
    state = f"{away}, last seen {clock(moment(seen), now) if seen else 'not known'}"
    if "located" in case["done"]:
        state = f"Found, not back; last seen {clock(moment(seen), now) if seen else 'not known'}"
    if back := case.get("back_at"):
        state = f"Back since {clock(moment(back), now)}"
    known = {str(kind.__struct_config__.tag): said for kind, said in TOLD.items()}
    done = [f"{known[kind]} {clock(moment(at), now)}" for kind, at in case["done"].items()]
    return [state, f"Done: {plain(listed(done))}" if done else NOBODY_TOLD]


MOST_CASE_BUTTONS = 30
"""Buttons under one message; the rest of the cases is behind /open."""


def case_rows(cases: Sequence[dict[str, Any]]) -> tuple[tuple[Button, ...], ...]:
    """A button for each case of a list."""
    return tuple(
        (Button(f"📄 {case['ref']}", f"c:{case['ref']}:card"),)
        for case in cases[:MOST_CASE_BUTTONS]
    )


def _line(mark: str, duty: dict[str, Any], words: Words) -> str:
    owner = f" · {plain(words.name(duty['owner']))} has it" if duty.get("owner") else ""
    title = plain(duties.listed(duty["duty"], words.pack))
    at = moment(duty["at"])
    in_protocol = duty.get("in_protocol", True)
    when = due(at, words.now, duties.set_by(duty["duty"], words.pack) if in_protocol else "none")
    asks = plain(duties.whose(duty.get("authority", "")))
    return f"{mark} {title}{asks}: {when}{owner}"


def _gap_taken(data: dict[str, Any], words: Words) -> str:
    """To managers: a gap of the rota is closed."""
    homes, by = _homes([data["home"]], words), bold(words.name(data["by"]))
    start = moment(data["start"])
    when = swap.span(start, moment(data["end"])) if data["end"] else clock(start, words.now)
    return f"🤝 {by} takes a shift at {homes} for which nobody was named: {bold(when)}."


def _night(data: dict[str, Any], words: Words) -> str:
    """What is wrong with the coming night, each thing once, with the homes that it concerns."""
    homes: dict[str, list[str]] = {}
    for found in data["homes"]:
        for line in _wrong(found, words):
            homes.setdefault(line, []).append(found["home"])
    lines = ["🌙 <b>Tonight's rota: please look</b>"]
    lines += [f"• {_homes(where, words)}: {line}" for line, where in homes.items()]
    lines.append("Please arrange it now: telephone them, or /duty.")
    return "\n".join(lines)


def _wrong(found: dict[str, Any], words: Words) -> list[str]:
    """One home's troubles in the coming night."""
    lines = []
    if since := found.get("uncovered_from"):
        at = moment(since)
        when = f"from {clock(at, words.now)} on " if at > words.now else ""
        lines.append(f"{when}<b>nobody who covers it can be reached</b>; I would ask you instead")
    lines += [
        f"nobody from {clock(moment(start), words.now)} to {clock(moment(end), words.now)}"
        for start, end in found.get("gaps", ())
    ]
    for key, text in (
        ("never_started", "has never opened the bot, so I cannot write to them"),
        ("blocked", "has blocked the bot or cannot be reached"),
        ("expired", "is no longer on the staff list"),
        ("not_allowed", "is on the rota, but not for this home"),
    ):
        lines += [f"{plain(words.name(one))} {text}" for one in found.get(key, ())]
    return lines
