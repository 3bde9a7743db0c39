"""`init`: a configuration and a key for a service that begins, asked for or given by options."""

from __future__ import annotations

import getpass
import json
import os
import re
import sys
import unicodedata
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from bot.config import TOKEN_VARIABLE, ConfigError
from bot.config_checks import TOKEN
from bot.config_file import read_file
from protocol.staff_facts import is_number, new_id
from storage import files
from storage.keys import new_key_file
from storage.store import StoreError

TEMPLATE = """\
# Nightlight. `nightlight check` looks this file over; after a change: /reload in chat, or SIGHUP.
# All that can stand here, with examples: config.example.toml in the source.

# Homes and fostering teams. `prefix` begins their case references: {prefix}-7K2D.
homes = [
{homes}
]

# Placing authorities, with the numbers that a reminder shows by day and out of hours.
authorities = [
{authorities}
]

# The first administrator. Everybody else is invited in chat: /people. Whoever is listed here is
# governed by this file. role: duty_manager, manager, administrator (sees no cases).
[[staff]]
id = {id}
name = {name}
telegram_id = {telegram_id}
role = "administrator"
{phone}
[telegram]
{token}
{api}
[book]
folder = {folder}
key_file = {key}
{backups}

[protocol]
pack = "haringey-2011"      # or a file of your own: docs/writing-a-pack.md
preset = "cautious"         # cautious, literal or current

[privacy]
# What names a young person in chat: "reference", or "initials" if the controller decides so.
identifiers = "reference"
# controller = "Example Homes Ltd"            # /privacy says who is responsible ...
# contact = "privacy@homes.example"           # ... and how to reach them

[health]
port = {port}                # a page for monitoring on 127.0.0.1: /healthz, /metrics; 0: none
"""

BOTFATHER = """\
At @BotFather in Telegram:
  /newbot           choose a name; it answers with the token
  /setjoingroups    Disable: this bot works in private chats only
  /setprivacy       Enable (as it is at first)
Commands and descriptions are set by the bot itself."""


class Answers(msgspec.Struct, frozen=True, kw_only=True):
    """What was given as options; what is not given is asked at a terminal."""

    homes: Sequence[str] = ()
    authority: str = ""
    out_of_hours: str = ""
    administrator: str = ""
    telegram_id: int = 0
    phone: str = ""
    folder: str = ""
    backups: str = ""
    token_file: str = ""
    port: int = 8041
    api: str = ""


class _Wrong(Exception):
    """What is missing or wrong, a line each."""


def run(path: Path, given: Answers) -> int:
    """Writes the configuration, a key beside it, and, if a token was typed, that. Nothing is
    overwritten. Exit status 0, or 2 with what is wrong."""
    try:
        return _run(path, given)
    except _Wrong as wrong:
        print(wrong, file=sys.stderr)
    except (OSError, StoreError) as error:
        why = error.strerror if isinstance(error, OSError) and error.strerror else error
        print(f"{path}: {why}.", file=sys.stderr)
    print("Nothing was set up.", file=sys.stderr)
    return 2


def _run(path: Path, given: Answers) -> int:
    here = path.resolve().parent
    key, token = here / "book.key", here / "token"
    for there in (path, key):
        if there.exists():
            raise _Wrong(f"{there} exists already: init begins where nothing is yet.")
    given, typed = _complete(given, token)
    here.mkdir(parents=True, exist_ok=True)
    if typed:
        files.write_whole(token, f"{typed}\n".encode())
        given = msgspec.structs.replace(given, token_file=token.name)
    new_key_file(key, datetime.now(UTC))
    files.write_whole(path, _text(given, key.name).encode())
    try:
        mistakes = read_file(path, token_needed=False).mistakes
    except ConfigError as error:  # what was given makes no file: nothing of it stays
        mistakes = error.mistakes
    if mistakes:
        for made in (path, key, *([token] if typed else [])):
            made.unlink()
        raise _Wrong("\n".join(str(mistake) for mistake in mistakes))
    _say(path, key, given)
    return 0


def _complete(given: Answers, token: Path) -> tuple[Answers, str]:
    """With what was asked for; and the token, if it was typed."""
    if not sys.stdin.isatty():
        missing = [
            option
            for option, value in (
                ("--home", given.homes),
                ("--authority", given.authority),
                ("--administrator", given.administrator),
                ("--telegram-id", given.telegram_id),
            )
            if not value
        ]
        if missing:
            raise _Wrong(f"Without a terminal these options are needed: {', '.join(missing)}.")
        return given, ""
    homes = given.homes or _several("Name of the home (the next one, or Enter)")
    authority = given.authority or _ask("Local authority in whose area it lies", bool)
    hours = given.out_of_hours or _ask(
        "Its emergency duty team's number, out of hours (Enter: later)",
        lambda text: not text or is_number(text),
    )
    administrator = given.administrator or _ask("Name of the first administrator", bool)
    number = given.telegram_id or int(
        _ask(
            "Their Telegram number (they get it from @userinfobot)",
            lambda text: text.isascii() and text.isdecimal() and int(text) > 0,
        )
    )
    folder = given.folder or _ask("Where the records lie (Enter: data)", lambda _: True) or "data"
    backups = given.backups or _ask("Folder for daily backups (Enter: none)", lambda _: True)
    typed = ""
    if not given.token_file and not os.environ.get(TOKEN_VARIABLE) and not token.exists():
        print(BOTFATHER)
        typed = getpass.getpass("The token (not shown; Enter: later): ").strip()
        if typed and not TOKEN.fullmatch(typed):
            raise _Wrong("That is no token: @BotFather gives digits, a colon and letters.")
    answers = msgspec.structs.replace(
        given,
        homes=homes,
        authority=authority,
        out_of_hours=hours,
        administrator=administrator,
        telegram_id=number,
        folder=folder,
        backups=backups,
    )
    return answers, typed


def _ask(question: str, fits: Callable[[str], object]) -> str:
    while True:
        answer = " ".join(input(f"{question}: ").split())
        if fits(answer):
            return answer
        print("That cannot be.")


def _several(question: str) -> list[str]:
    found = [_ask("Name of the home", bool)]
    while name := _ask(question, lambda _: True):
        found.append(name)
    return found


def _text(given: Answers, key: str) -> str:
    ids: list[str] = []
    prefixes: list[str] = []
    homes = []
    for name in given.homes:
        ids.append(_id(name, ids))
        prefixes.append(_prefix(name, prefixes))
        fields = {"id": ids[-1], "name": name, "prefix": prefixes[-1], "authority": given.authority}
        homes.append(f"  {{ {', '.join(f'{k} = {_toml(v)}' for k, v in fields.items())} }},")
    team = '{{ label = "{label}", phone = {phone} }}'
    night = team.format(label="Out of hours", phone=_toml(given.out_of_hours))
    authority = f"  {{ name = {_toml(given.authority)}, emergency_duty_team = {night} }},"
    token = f"token_file = {_toml(given.token_file)}"
    if not given.token_file:
        token = (
            f'token = ""   # from @BotFather; or in the variable {TOKEN_VARIABLE}, or a token_file'
        )
    backups = f"backup_folder = {_toml(given.backups)}   # a copy every day at 04:00"
    if not given.backups:
        backups = '# backup_folder = "/var/backups/nightlight"   # a copy every day at 04:00'
    return TEMPLATE.format(
        prefix=prefixes[0],
        homes="\n".join(homes),
        authorities=authority,
        id=_toml(new_id(given.administrator, ())),
        name=_toml(given.administrator),
        telegram_id=given.telegram_id,
        phone=f"phone = {_toml(given.phone)}\n" if given.phone else "",
        token=token,
        api=f"api = {_toml(given.api)}\n" if given.api else "",
        folder=_toml(given.folder or "data"),
        key=_toml(key),
        backups=backups,
        port=given.port,
    )


def _toml(text: str) -> str:
    """A basic string of TOML, which JSON's strings are but for one character."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007F")


def _letters(name: str) -> str:
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    return re.sub(r"[^A-Za-z0-9 ]", "", plain)


def _id(name: str, taken: Sequence[str]) -> str:
    stem = (_letters(name).casefold().split() or ["home"])[0][:16]
    found, number = stem, 2
    while found in taken:
        found, number = f"{stem}{number}", number + 1
    return found


def _prefix(name: str, taken: Sequence[str]) -> str:
    """Initials, or the first letters; another letter where another home has them already."""
    words = [word for word in re.sub(r"[^A-Z ]", "", _letters(name).upper()).split() if word]
    letters = "".join(words) or "HM"
    initials = "".join(word[0] for word in words)[:3]
    tries = [initials, letters[:2], letters[:3], letters[:4]]
    tries += [f"{letters[:1]}{a}{b}" for a in "HABCDEFGIJKLMNOPQRSTUVWXYZ" for b in "ABCDEFGHIJ"]
    return next(one for one in tries if 2 <= len(one) <= 4 and one not in taken)


def _say(path: Path, key: Path, given: Answers) -> None:
    command = "nightlight" if path.name == "config.toml" else f"nightlight … --config {path}"
    print(
        f"{path} and {key.name} are made.\n"
        f"Keep a copy of {key.name} apart from the records and from the backups: without it "
        "neither opens.\n"
    )
    if not given.token_file and not os.environ.get(TOKEN_VARIABLE):
        print(f"{BOTFATHER}\nThen put the token into {path.name}: [telegram] token.\n")
    print(
        f"Next: {command} check, then {command} run.\n"
        f"{given.administrator} opens the bot in Telegram, presses Start, and invites the others "
        "with /people."
    )
