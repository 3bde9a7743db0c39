"""The configuration: one TOML file, checked whole, with answers that name key, value and remedy."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from protocol.mistakes import Mistaken
from protocol.provider import Authority, Chat, Home, Privacy, Provider, Staff
from protocol.staff_facts import StaffRecord, with_record
from web.settings import WebSettings

TOKEN_VARIABLE = "NIGHTLIGHT_TOKEN"  # noqa: S105 - the name of a variable
SECRET = ("token", "second_channel")
"""Keys whose values are never shown."""


class ConfigError(Mistaken):
    """The configuration cannot be used."""


class Telegram(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where Telegram is. The token may stand here, in a file, or in NIGHTLIGHT_TOKEN."""

    token: str = ""
    token_file: str = ""
    api: str = "https://api.telegram.org"


class Book(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where the records lie, in a folder or in a database, and what they are encrypted with."""

    folder: str = "data"
    database: str = ""
    """A PostgreSQL, as libpq takes it: then nothing lies in the folder, and beside it only what was
    said while the database refused."""
    service: str = ""
    """The name of this service in the database."""
    key_file: str = ""
    key_variable: str = ""
    key_credential: str = ""
    unencrypted: Literal["", "yes, plain files"] = ""
    backup_folder: str = ""
    backups_kept: Annotated[int, Meta(ge=1, le=10_000)] = 14


class ProtocolChoice(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which local protocol: a pack by name or file, one of its presets, own settings on top."""

    pack: str = "haringey-2011"
    preset: str = "cautious"
    settings: dict[str, Any] = {}


class Health(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How the bot is watched. Port 0: no page. The page is served on 127.0.0.1 only."""

    port: Annotated[int, Meta(ge=0, le=65535)] = 0
    polling_silence_seconds: Annotated[int, Meta(ge=1, le=86400)] = 180
    """Without a successful getUpdates for this long, the process ends for its supervisor."""


class Export(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Episode rows for figures: the code of this service, and the key of their pseudonyms."""

    service: str = ""
    key_file: str = ""


class Retention(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How long closed cases are kept after the return: a year of looking back for the counts, and a
    month's margin. rows: where the pseudonymised rows of what went are kept."""

    months: Annotated[int, Meta(ge=13, le=1200)] = 13
    rows: str = "figures-kept.jsonl"
    audit_years: Annotated[int, Meta(ge=1, le=100)] = 6
    """Of the service's audit: a claim can be brought for six years (Limitation Act 1980)."""


class Audit(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The second place of the audit. file: JSON Lines, only ever appended to.  syslog: the path of
    a local socket, tls://host:port, or host:port (TCP). Neither: there is no second place.
    syslog_ca: a file with the certificates that vouch for a collector; "": the system's."""

    file: str = ""
    syslog: str = ""
    syslog_ca: str = ""


class Closing(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who signs a case off: not alone whoever did the work, where another manager could."""

    another_manager: bool = True


class Practice(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Only in a sandbox: the clock that the bot follows, on this machine."""

    clock: str


class Config(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The file but for the tables of the reminders, which `reminders.policy` reads (`policy`)."""

    homes: tuple[Home, ...]
    staff: tuple[Staff, ...] = ()
    authorities: tuple[Authority, ...] = ()
    telegram: Telegram = Telegram()
    book: Book = Book()
    protocol: ProtocolChoice = ProtocolChoice()
    privacy: Privacy = Privacy()
    chat: Chat = Chat()
    health: Health = Health()
    export: Export = Export()
    retention: Retention = Retention()
    audit: Audit = Audit()
    closing: Closing = Closing()
    web: WebSettings = WebSettings()
    practice: Practice | None = None
    on_record: StaffRecord = StaffRecord()
    """Never in the file: who is on the staff list by invitation, from the records."""

    @property
    def service(self) -> Provider:
        """Homes, authorities, and everybody on the staff list, as the other rooms take them."""
        return with_record(self.configured, self.on_record)

    @property
    def configured(self) -> Provider:
        """The same as far as the file says it."""
        return Provider(
            homes=self.homes,
            staff=self.staff,
            authorities=self.authorities,
            another_manager_signs_off=self.closing.another_manager,
            privacy=self.privacy,
            chat=self.chat,
        )


def token(config: Config) -> str:
    """The bot's token from the file, a file of its own, or the environment."""
    if config.telegram.token_file:
        try:
            return Path(config.telegram.token_file).read_text(encoding="utf-8").strip()
        except OSError:
            return ""
    return config.telegram.token or os.environ.get(TOKEN_VARIABLE, "")
