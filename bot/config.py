"""The configuration: one TOML file, checked whole, with answers that name key, value and remedy."""

from __future__ import annotations

import os
import re
import tomllib
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

import msgspec

from protocol.provider import Authority, Home, Provider, Staff
from reminders.policy import Policy
from reminders.policy_file import TABLES, PolicyError, policy_from

TOKEN_VARIABLE = "NIGHTLIGHT_TOKEN"  # noqa: S105 - the name of a variable
TOKEN = re.compile(r"\d{3,}:[A-Za-z0-9_-]{10,}")


class ConfigError(Exception):
    """The configuration cannot be used. `problems`: a line each, with file and key."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


class Telegram(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where Telegram is. The token may stand here, in a file, or in NIGHTLIGHT_TOKEN."""

    token: str = ""
    token_file: str = ""
    api: str = "https://api.telegram.org"


class Book(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where the book lies and what its files are encrypted with."""

    folder: str = "data"
    key_file: str = ""
    key_variable: str = ""
    key_credential: str = ""
    unencrypted: Literal["", "yes, plain files"] = ""
    backup_folder: str = ""
    backups_kept: int = 14


class ProtocolChoice(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which local protocol: a pack by name or file, one of its presets, own settings on top."""

    pack: str = "haringey-2011"
    preset: str = "cautious"
    settings: dict[str, Any] = {}


class Privacy(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What may stand in a chat. "initials" is the controller's decision."""

    identifiers: Literal["reference", "initials"] = "reference"


class Health(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How the bot is watched. Port 0: no page. The page is served on 127.0.0.1 only."""

    port: int = 0
    polling_silence_seconds: int = 180
    """Without a successful getUpdates for this long, the process ends for its supervisor."""


class Export(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Episode rows for figures: the code of this service, and the key of their pseudonyms."""

    service: str = ""
    key_file: str = ""


class Practice(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Only in a sandbox: the clock that the bot follows, on this machine."""

    clock: str


class Config(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The file but for the tables of the reminders, which `reminders.policy` reads (`policy`)."""

    homes: tuple[Home, ...]
    staff: tuple[Staff, ...]
    authorities: tuple[Authority, ...] = ()
    telegram: Telegram = Telegram()
    book: Book = Book()
    protocol: ProtocolChoice = ProtocolChoice()
    privacy: Privacy = Privacy()
    health: Health = Health()
    export: Export = Export()
    practice: Practice | None = None

    @property
    def service(self) -> Provider:
        return Provider(homes=self.homes, staff=self.staff, authorities=self.authorities)


def load(path: Path, *, token_needed: bool = True) -> tuple[Config, Policy]:
    """Reads and checks the file. Raises ConfigError with every problem that was found."""
    name = path.name
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ConfigError(
            [f"{name}: there is no such file. Copy config.example.toml and fill it in."]
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError([f"{name}: cannot be read: {error}."]) from None
    except tomllib.TOMLDecodeError as error:
        raise ConfigError([f"{name}: not valid TOML: {error}."]) from None
    try:
        config = msgspec.convert({k: v for k, v in raw.items() if k not in TABLES}, Config)
    except msgspec.ValidationError as error:
        raise ConfigError([f"{name}: {explain(error, raw)}"]) from None
    problems = check(config, token_needed=token_needed)
    policy = Policy()
    try:
        policy = _from_here(policy_from(raw, config.service), path.resolve().parent)
    except PolicyError as error:
        problems += error.problems
    if problems:
        raise ConfigError([f"{name}: {p}" for p in problems])
    return config, policy


def _from_here(policy: Policy, folder: Path) -> Policy:
    """A relative path counts from the configuration's folder, as that of the book does."""
    watching = policy.watching
    if not watching.heartbeat_file:
        return policy
    file = str(folder / watching.heartbeat_file)
    watching = msgspec.structs.replace(watching, heartbeat_file=file)
    return msgspec.structs.replace(policy, watching=watching)


def token(config: Config) -> str:
    """The bot's token from the file, a file of its own, or the environment."""
    if config.telegram.token_file:
        try:
            return Path(config.telegram.token_file).read_text(encoding="utf-8").strip()
        except OSError:
            return ""
    return config.telegram.token or os.environ.get(TOKEN_VARIABLE, "")


def explain(error: msgspec.ValidationError, raw: Any) -> str:
    """msgspec's message in our words: key, the value that stands there, and what is allowed."""
    text = str(error)
    what, _, where = text.partition(" - at `$")
    path = where.rstrip("`")
    key = re.sub(r"\[(\d+)\]", lambda m: f"[{int(m[1]) + 1}]", path).lstrip(".")
    value = _at(raw, path)
    found = f"{value!r}" if value is not _NOTHING and not isinstance(value, dict | list) else ""
    if unknown := re.search(r"unknown field `(.+?)`", what):
        return f"{key or 'top level'}: unknown key {unknown[1]!r}. {_allowed(key)}"
    if missing := re.search(r"missing required field `(.+?)`", what):
        return f"{f'{key}.' if key else ''}{missing[1]}: is missing. {_allowed(key)}"
    if re.search(r"Invalid enum value|Invalid value", what):
        return f"{key}: {found} is not allowed. {_allowed(key)}"
    return f"{key}: {found or 'this value'} is not allowed here: {what[0].lower()}{what[1:]}."


_NOTHING = object()


def _at(raw: Any, path: str) -> Any:
    """The value at a msgspec path such as ".staff[0].role"."""
    for name, index in re.findall(r"\.([^.\[\]]+)|\[(\d+)\]", path):
        try:
            raw = raw[name] if name else raw[int(index)]
        except (KeyError, IndexError, TypeError):
            return _NOTHING
    return raw


def _allowed(key: str) -> str:
    """The keys or values that may stand at this place, from the types themselves."""
    kind: Any = Config
    for part in re.sub(r"\[\d+\]", "", key).split("."):
        if not part:
            break
        fields = {f.encode_name: f.type for f in msgspec.structs.fields(kind)}
        if part not in fields:
            return ""
        kind = _inner(fields[part])
        if not (isinstance(kind, type) and issubclass(kind, msgspec.Struct)):
            return f"Allowed: {_values(kind)}."
    names = [f.encode_name for f in msgspec.structs.fields(kind)]
    if kind is Config:
        names += sorted(TABLES)
    return f"Allowed keys: {', '.join(names)}."


def _inner(kind: Any) -> Any:
    """The type inside `tuple[X, ...]` or `X | None`."""
    args = [a for a in getattr(kind, "__args__", ()) if a not in (Ellipsis, type(None))]
    return args[0] if args and getattr(kind, "__origin__", None) is not Literal else kind


def _values(kind: Any) -> str:
    if getattr(kind, "__origin__", None) is Literal:
        return ", ".join(repr(a) for a in kind.__args__)
    members = getattr(kind, "__members__", None)
    if members:
        return ", ".join(str(m.value) for m in members.values())
    return {str: "text", int: "a whole number", bool: "true or false"}.get(kind, str(kind))


def check(config: Config, *, token_needed: bool = True) -> list[str]:
    """What is wrong with the values together: a line each, "key: value; what is allowed"."""
    problems: list[str] = []
    homes = {h.id for h in config.homes}
    if not config.homes:
        problems.append("homes: is empty. At least one [[homes]] table is needed.")
    problems += _twice("homes", "id", [h.id for h in config.homes])
    problems += _twice("homes", "prefix", [h.prefix for h in config.homes])
    problems += _twice("staff", "id", [s.id for s in config.staff])
    problems += _twice("staff", "telegram_id", [str(s.telegram_id) for s in config.staff])
    problems += _twice("authorities", "name", [a.name for a in config.authorities])
    for i, home in enumerate(config.homes, 1):
        if not re.fullmatch(r"[a-z0-9_-]{1,20}", home.id):
            problems.append(
                f"homes[{i}].id: {home.id!r} is not allowed. Small letters, digits, - and _, at "
                "most 20."
            )
        if not re.fullmatch(r"[A-Z]{2,4}", home.prefix):
            problems.append(
                f"homes[{i}].prefix: {home.prefix!r} is not allowed. Two to four capital letters."
            )
    for i, person in enumerate(config.staff, 1):
        if not re.fullmatch(r"[a-z0-9_-]{1,24}", person.id) or person.id == "nightlight":
            problems.append(
                f"staff[{i}].id: {person.id!r} is not allowed. Small letters, digits, - and _, "
                "at most 24, not 'nightlight'."
            )
        if person.telegram_id <= 0:
            problems.append(
                f"staff[{i}].telegram_id: {person.telegram_id} is not allowed. The person's "
                "numeric Telegram id, above 0."
            )
        problems += [
            f"staff[{i}].homes: {h!r} is no home. Allowed: {', '.join(sorted(homes))}."
            for h in person.homes
            if h not in homes
        ]
    problems += _check_codes(config)
    if not any(s.manages for s in config.staff):
        problems.append("staff: nobody has the role 'manager'. Somebody must be able to sign off.")
    problems += _check_places(config, token_needed=token_needed)
    return problems


def _check_codes(config: Config) -> list[str]:
    """Codes that stand in episode rows."""
    allowed = {
        "export.service": (r"([A-Z0-9]{2,12})?", "2 to 12 capital letters and digits"),
        "homes.code": (r"[A-Z0-9-]{0,12}", "at most 12 capital letters, digits and -"),
        "authorities.code": (r"([EWSN][0-9]{8})?", "E, W, S or N and 8 digits"),
    }
    given = [("export.service", "", config.export.service)]
    given += [("homes.code", f"[{i}]", home.code) for i, home in enumerate(config.homes, 1)]
    given += [("authorities.code", f"[{i}]", a.code) for i, a in enumerate(config.authorities, 1)]
    problems = [
        f"{name.replace('.', f'{place}.')}: {value!r} is not allowed. Allowed: {allowed[name][1]}."
        for name, place, value in given
        if not re.fullmatch(allowed[name][0], value)
    ]
    codes = [home.code or home.prefix for home in config.homes]
    return problems + _twice("homes", "code", codes)


def _twice(table: str, key: str, values: list[str]) -> list[str]:
    again = sorted({v for v in values if values.count(v) > 1})
    return [f"{table}: {key} {v!r} is used twice. Each must be its own." for v in again]


def _check_places(config: Config, *, token_needed: bool) -> list[str]:
    problems = []
    if token_needed and not TOKEN.fullmatch(token(config)):
        problems.append(
            "telegram.token: no usable token. Allowed: the token from @BotFather here, its file in "
            f"telegram.token_file, or the environment variable {TOKEN_VARIABLE}."
        )
    book = config.book
    ways = [w for w in (book.key_file, book.key_variable, book.key_credential) if w]
    if len(ways) > 1 or (ways and book.unencrypted):
        problems.append(
            "book: more than one of key_file, key_variable, key_credential, unencrypted is set. "
            "Allowed: exactly one."
        )
    if not ways and not book.unencrypted:
        problems.append(
            "book: no key. Allowed: key_file (make one with: python main.py key new FILE), "
            'key_variable, key_credential, or unencrypted = "yes, plain files".'
        )
    if config.practice is not None:
        host = urlsplit(config.practice.clock).hostname
        api = urlsplit(config.telegram.api).hostname
        if not {host, api} <= {"127.0.0.1", "localhost"}:
            problems.append(
                "practice.clock: a practice clock goes only with a stand-in for Telegram on this "
                "machine (telegram.api and practice.clock at 127.0.0.1)."
            )
    return problems
