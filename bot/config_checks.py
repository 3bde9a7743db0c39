"""What is wrong with the values of a configuration together, each said with its remedy."""

from __future__ import annotations

import re
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

from bot.config import TOKEN_VARIABLE, Config, token
from bot.syslog import TLS, place_of
from protocol.mistakes import Mistake, allowed, wrong
from protocol.provider import Role
from protocol.recorded import BY_LINK
from protocol.toml_places import Place
from reminders.policy import GROUPS
from web.settings import WebSettings

TOKEN = re.compile(r"\d{3,}:[A-Za-z0-9_-]{10,}")


def check(config: Config, *, token_needed: bool = True) -> list[Mistake]:
    """What is wrong with the values together, without file and line."""
    return [
        *_check_homes(config),
        *_check_staff(config),
        *_check_authorities(config),
        *_check_codes(config),
        *_check_book(config),
        *_check_telegram(config, token_needed=token_needed),
        *_check_web(config),
        *_check_audit(config),
    ]


def _check_homes(config: Config) -> list[Mistake]:
    found = []
    if not config.homes:
        found.append(Mistake(place=("homes",), what="is empty", remedy="Name at least one home."))
    for n, home in enumerate(config.homes):
        if not re.fullmatch(r"[a-z0-9_-]{1,20}", home.id):
            remedy = "Allowed: small letters, digits, - and _, at most 20."
            found.append(wrong(("homes", n, "id"), home.id, remedy))
        if not re.fullmatch(r"[A-Z]{2,4}", home.prefix):
            remedy = "Allowed: two to four capital letters."
            found.append(wrong(("homes", n, "prefix"), home.prefix, remedy))
        found += _check_name(("homes", n, "name"), home.name)
    found += _twice("homes", "id", [h.id for h in config.homes])
    found += _twice("homes", "prefix", [h.prefix for h in config.homes])
    found += _twice("homes", "name", [h.name for h in config.homes])
    return found


def _check_staff(config: Config) -> list[Mistake]:
    found = []
    homes = sorted(h.id for h in config.homes)
    taken = ("nightlight", BY_LINK, *GROUPS)
    own_id = token(config).partition(":")[0]
    for n, person in enumerate(config.staff):
        here: Place = ("staff", n)
        if not re.fullmatch(r"[a-z0-9_-]{1,24}", person.id) or person.id in taken:
            remedy = f"Allowed: small letters, digits, - and _, at most 24; not {', '.join(taken)}."
            found.append(wrong((*here, "id"), person.id, remedy))
        if not 0 < person.telegram_id < 2**52:
            remedy = "Allowed: the person's numeric Telegram id, above 0."
            found.append(wrong((*here, "telegram_id"), person.telegram_id, remedy))
        elif str(person.telegram_id) == own_id:
            remedy = "Write the person's own id: with /id, or from @userinfobot."
            what = "is the bot's own id"
            found.append(wrong((*here, "telegram_id"), person.telegram_id, remedy, is_what=what))
        found += [
            wrong((*here, "homes", m), home, allowed(homes, home), is_what="is no home")
            for m, home in enumerate(person.homes)
            if home not in homes
        ]
        found += _check_name((*here, "name"), person.name)
        found += _check_phone((*here, "phone"), person.phone)
        if person.expires is not None and not 2000 <= person.expires.year <= 2100:
            remedy = "Allowed: the last day on the list, in the years 2000 to 2100."
            found.append(wrong((*here, "expires"), person.expires, remedy))
    found += _twice("staff", "id", [s.id for s in config.staff])
    found += _twice("staff", "telegram_id", [str(s.telegram_id) for s in config.staff])
    listed = config.service.staff
    if not any(s.manages or s.role is Role.ADMINISTRATOR for s in listed):
        what = "has nobody with the role 'administrator' or 'manager'"
        remedy = "Name the first administrator: they invite everybody else in chat, with /people."
        found.append(Mistake(place=("staff",), what=what, remedy=remedy))
    joined = {s.telegram_id: s for s in config.on_record.staff.values()}
    listed_ids = {s.id for s in config.staff}
    for n, person in enumerate(config.staff):
        other = joined.get(person.telegram_id)
        governed = config.on_record.governed
        if other is not None and other.id not in listed_ids and other.id not in governed:
            what = f"is that of {other.name}, who joined by invitation"
            remedy = f'Write id = "{other.id}" if it is the same person, or end them in chat first.'
            place: Place = ("staff", n, "telegram_id")
            found.append(wrong(place, person.telegram_id, remedy, is_what=what))
    return found


def _check_authorities(config: Config) -> list[Mistake]:
    found = _twice("authorities", "name", [a.name for a in config.authorities])
    for n, authority in enumerate(config.authorities):
        here: Place = ("authorities", n)
        found += _check_name((*here, "name"), authority.name)
        for key in ("duty_team", "emergency_duty_team"):
            contact = getattr(authority, key)
            if contact is not None:
                found += _check_phone((*here, key, "phone"), contact.phone)
    return found


def _check_codes(config: Config) -> list[Mistake]:
    """Codes that stand in episode rows."""
    ours = (r"([A-Z0-9]{2,12})?", "Allowed: 2 to 12 capital letters and digits.")
    home = (r"[A-Z0-9-]{0,12}", "Allowed: at most 12 capital letters, digits and -.")
    area = (r"([EWSN][0-9]{8})?", "Allowed: E, W, S or N and 8 digits.")
    given: list[tuple[Place, str, tuple[str, str]]] = [
        (("export", "service"), config.export.service, ours)
    ]
    given += [(("homes", n, "code"), one.code, home) for n, one in enumerate(config.homes)]
    given += [(("authorities", n, "code"), a.code, area) for n, a in enumerate(config.authorities)]
    found = [
        wrong(place, value, remedy)
        for place, value, (pattern, remedy) in given
        if not re.fullmatch(pattern, value)
    ]
    return found + _twice("homes", "code", [one.code or one.prefix for one in config.homes])


def _check_audit(config: Config) -> list[Mistake]:
    audit, place = config.audit, ("audit", "syslog")
    if audit.file and audit.syslog:
        what = "is set beside file"
        return [Mistake(place=place, what=what, remedy="Allowed: one of the two.")]
    if audit.syslog_ca and not audit.syslog.startswith(TLS):
        remedy = 'Set syslog = "tls://host:port", or leave it out.'
        return [Mistake(place=("audit", "syslog_ca"), what="vouches for nobody", remedy=remedy)]
    if not audit.syslog or audit.syslog.startswith("/"):
        return []
    with suppress(ValueError):
        host, port = place_of(audit.syslog)
        if host and "/" not in host and 0 < port < 65536:
            return []
    remedy = "Allowed: the path of a socket such as /dev/log, tls://host:port, or host:port."
    return [wrong(place, audit.syslog, remedy)]


def _check_name(place: Place, name: str) -> list[Mistake]:
    if name.strip() and len(name) <= 60 and name.isprintable():
        return []
    return [wrong(place, name, "Allowed: 1 to 60 characters, in one line.")]


def _check_phone(place: Place, phone: str) -> list[Mistake]:
    digits = sum(character.isdigit() for character in phone)
    if not phone or (3 <= digits <= 15 and re.fullmatch(r"\+?[0-9 ()./-]+", phone)):
        return []
    return [wrong(place, phone, "Allowed: a telephone number such as 07700 900123.")]


def _twice(table: str, key: str, values: list[str]) -> list[Mistake]:
    """The second of two that are the same but for capitals and blanks."""
    plain = ["".join(value.casefold().split()) for value in values]
    return [
        wrong(
            (table, n, key),
            values[n],
            "Each must be its own.",
            is_what=f"is used twice, first in {table}[{plain.index(value) + 1}]",
        )
        for n, value in enumerate(plain)
        if value and plain.index(value) < n
    ]


def _check_book(config: Config) -> list[Mistake]:
    book = config.book
    found = []
    ways = [w for w in ("key_file", "key_variable", "key_credential") if getattr(book, w)]
    if len(ways) > 1 or (ways and book.unencrypted):
        what = "says in more than one way where the key is"
        remedy = "Allowed: exactly one of key_file, key_variable, key_credential, unencrypted."
        found.append(Mistake(place=("book",), what=what, remedy=remedy))
    if not ways and not book.unencrypted:
        remedy = (
            "Allowed: key_file (make one with: nightlight key new FILE), key_variable, "
            'key_credential, or unencrypted = "yes, plain files".'
        )
        found.append(Mistake(place=("book",), what="names no key", remedy=remedy))
    if book.database and not re.fullmatch(r"[a-z0-9-]{1,32}", book.service):
        remedy = "Allowed: small letters, digits and -, at most 32: this service in the database."
        found.append(wrong(("book", "service"), book.service, remedy))
    if book.database and book.backup_folder:
        what = "copies a folder, and the records are in a database"
        remedy = "Take it out, and back up the database: docs/SEVERAL-MACHINES.md."
        found.append(Mistake(place=("book", "backup_folder"), what=what, remedy=remedy))
    if not book.folder.strip():
        remedy = 'Allowed: a folder, such as "data".'
        found.append(wrong(("book", "folder"), book.folder, remedy))
    if book.backup_folder and Path(book.backup_folder).is_relative_to(book.folder):
        remedy = "Allowed: a folder outside book.folder, better on another disk."
        found.append(wrong(("book", "backup_folder"), book.backup_folder, remedy))
    return found


def _check_telegram(config: Config, *, token_needed: bool) -> list[Mistake]:
    found = []
    found += _check_address(("telegram", "api"), config.telegram.api)
    if token_needed and not TOKEN.fullmatch(token(config)):
        remedy = (
            "Allowed: the token from @BotFather in telegram.token, its file in "
            f"telegram.token_file, or the environment variable {TOKEN_VARIABLE}."
        )
        at = "token_file" if config.telegram.token_file else "token"
        found.append(Mistake(place=("telegram", at), what="no usable token", remedy=remedy))
    if config.practice is not None:
        found += _check_address(("practice", "clock"), config.practice.clock)
        hosts = {_host(config.practice.clock), _host(config.telegram.api)}
        if not hosts <= {"127.0.0.1", "localhost", ""}:
            what = "a practice clock goes only with a stand-in for Telegram on this machine"
            remedy = "Allowed: telegram.api and practice.clock at 127.0.0.1; else leave it out."
            found.append(Mistake(place=("practice", "clock"), what=what, remedy=remedy))
    return found


def _local(address: str) -> bool:
    """On this machine without TLS: only for practising, where browsers trust it."""
    return address.startswith("http://127.0.0.1:")


def _check_web(config: Config) -> list[Mistake]:
    web = config.web
    found = []
    if not web.address:
        if web.chat_second_factor != "off":
            what = "asks for the second factor of the pages, and there are no pages"
            remedy = 'Allowed without web.address: "off".'
            place: Place = ("web", "chat_second_factor")
            found.append(wrong(place, web.chat_second_factor, remedy, is_what=what))
        elif web != WebSettings():
            what = "is missing, so that there are no pages"
            remedy = "Write the address under which people open them, or take [web] out."
            found.append(Mistake(place=("web", "address"), what=what, remedy=remedy))
        return found
    parts = urlsplit(web.address) if not address_problem(web.address) else None
    scheme = "http" if config.practice is not None and _local(web.address) else "https"
    plain = parts is not None and "@" not in parts.netloc
    if not (parts and plain and web.address.rstrip("/") == f"{scheme}://{parts.netloc}"):
        remedy = "Allowed: https:// and a host, with a port if need be: https://pages.example.org."
        found.append(wrong(("web", "address"), web.address, remedy))
    if bool(web.certificate) != bool(web.certificate_key):
        key = "certificate_key" if web.certificate else "certificate"
        remedy = "Allowed: both files, or neither with a TLS proxy on this machine."
        found.append(Mistake(place=("web", key), what="is missing", remedy=remedy))
    if web.activation == "none" and config.practice is None:
        remedy = "Allowed: code. A first PIN without one is for practice alone."
        found.append(wrong(("web", "activation"), web.activation, remedy))
    if web.words == "pages" and config.privacy.identifiers != "reference":
        remedy = 'Allowed with web.words = "pages": reference.'
        found.append(wrong(("privacy", "identifiers"), config.privacy.identifiers, remedy))
    if not web.certificate and web.listen not in ("127.0.0.1", "::1"):
        remedy = "Allowed without a certificate: 127.0.0.1 or ::1, behind a TLS proxy."
        found.append(wrong(("web", "listen"), web.listen, remedy))
    return found


def address_problem(address: str) -> str:
    """What is wrong with an address of the web, or ""."""
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError:
        return "has a port or host that cannot be"
    if parts.scheme not in ("https", "http") or not parts.hostname:
        return "is no address of the web"
    if port == 0 or re.search(r"\s", address):
        return "has a port or host that cannot be"
    return ""


def _check_address(place: Place, address: str) -> list[Mistake]:
    problem = address_problem(address)
    remedy = "Allowed: an address such as https://api.telegram.org, with a port from 1 to 65535."
    return [wrong(place, address, remedy, is_what=problem)] if problem else []


def _host(address: str) -> str:
    return "" if address_problem(address) else urlsplit(address).hostname or ""
