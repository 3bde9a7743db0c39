"""What the book holds: immutable records, all times aware and in UTC."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Literal, TypeAlias

import msgspec

from protocol.facts import Child, Fact
from storage.audit import Anchor, AuditRecord

MessageState: TypeAlias = Literal["waiting", "sent", "failed", "cancelled"]


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One link of an episode's chain: the fact, and the digest (hex SHA-256) that binds it.

    `digest` covers the digest of the entry before (or the episode's reference for the first one)
    and the canonical encoding of `fact`. The store computes it; nobody else does.
    """

    fact: Fact
    digest: str


class Message(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One message of the outbox, and after sending the log of it.

    It says *what* is to be said to whom; the wording is made when it is sent, so that it is true
    at that moment. Lower `priority` goes first.
    """

    id: str
    to: str
    """Staff id."""
    kind: str
    """reminder, escalation, telephone, handover, alarm, digest, notice …: chooses the wording."""
    created_at: datetime
    due_at: datetime
    """When it should reach the person; later than that it is marked LATE."""
    about: str = ""
    """Duty id where it is about one (CP-4H, N-POLICE …)."""
    priority: int = 50
    step: int = 0
    """Place on the ladder, counted from 0."""
    channel: str = "telegram"
    data: dict[str, Any] = {}
    """Further facts for the wording; only what msgspec can encode, no names."""
    state: MessageState = "waiting"
    attempts: int = 0
    ambiguous: bool = False
    """An attempt may have arrived (time-out): the next one is marked as a repeat."""
    not_before: datetime | None = None
    sent_at: datetime | None = None
    chat_id: int | None = None
    message_id: int | None = None
    error: str = ""


class Episode(msgspec.Struct, frozen=True, kw_only=True):
    """One episode's file: who (by reference), every fact in order, the outbox, what was seen."""

    ref: str
    home: str
    person: str
    version: int = 0
    entries: tuple[Entry, ...] = ()
    messages: tuple[Message, ...] = ()
    seen: tuple[int, ...] = ()
    """Telegram update_ids whose facts are in this file (most recent last)."""
    drafts: tuple[str, ...] = ()
    """Ids of the drafts that ended in this file."""
    closed_at: datetime | None = None

    @property
    def facts(self) -> tuple[Fact, ...]:
        """The facts alone, in the order in which they were recorded."""
        return tuple([entry.fact for entry in self.entries])


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """A half-finished conversation of one person, on disk: the step is derived from the answers."""

    id: str
    owner: str
    """Whose it is: one person has at most one draft under one owner key."""
    kind: str
    """report, police_told, returned … : which form is being filled in."""
    started_at: datetime
    answers: dict[str, Any] = {}
    episode: str = ""
    chat_id: int = 0
    message_id: int = 0
    touched_at: datetime | None = None
    """When a question of it was last shown (UTC): typed words belong to the draft shown last."""
    seen: tuple[int, ...] = ()
    version: int = 0


class Begun(msgspec.Struct, frozen=True, kw_only=True):
    """A draft without what it says: whose it is, and when a question of it was last shown."""

    id: str
    owner: str
    kind: str
    chat_id: int
    at: datetime

    @classmethod
    def of(cls, draft: Draft) -> Begun:
        """The same of this draft."""
        at = draft.touched_at or draft.started_at
        return cls(id=draft.id, owner=draft.owner, kind=draft.kind, chat_id=draft.chat_id, at=at)


class Profile(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What police ask for when a young person is missing, gathered before: the "missing profile".

    It stands on the service's own pages and in no chat. Days are London days. `philomena`: does a
    Philomena Protocol form about them exist ("yes", "no", "unknown")?
    """

    description: str = ""
    phone: str = ""
    medication: str = ""
    associates: str = ""
    places: str = ""
    philomena: Literal["yes", "no", "unknown"] = "unknown"
    philomena_reviewed_on: date | None = None
    reviewed_on: date | None = None
    review_by: date | None = None
    """The day by which somebody looks at it again."""


class Person(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A young person in the register. `name` is only for pages of the service's own host."""

    ref: str
    home: str
    child: Child
    name: str = ""
    left_on: date | None = None
    care_ceased: date | None = None
    """The day on which they ceased to be looked after, as the return has it (DEC)."""
    profile: Profile = Profile()

    def lives_there(self, today: date) -> bool:
        """Not yet left on this London day."""
        return self.left_on is None or today < self.left_on


class Past(msgspec.Struct, frozen=True, kw_only=True):
    """One earlier episode as the counts need it; a row of the summary, rebuilt from the files."""

    ref: str
    person: str
    home: str
    category: str
    start: datetime
    end: datetime | None
    level: int
    peak: int
    closed_at: datetime | None
    interview_due_at: datetime | None = None
    interview_held_at: datetime | None = None
    interview_declined_at: datetime | None = None
    out_of_hours_referrals: tuple[datetime, ...] = ()
    """When a duty team was told out of hours (National Indicator 71), in order."""
    source: str = ""
    """Of an imported episode: hash of the source's own id, or "import" if it had none."""


class Plain(dict[str, Any]):
    """A value for `Office.state` in what JSON has, into which its maker never writes again: it is
    kept as it is, where others are copied."""


class Office(msgspec.Struct, frozen=True, kw_only=True):
    """The service's own file: messages that belong to no episode, the rota as changed in chat,
    what is known of each member of staff's chat, and small settings chosen in chat.

    `state` is keyed by subject ("rota", "staff", "digest" …); each value belongs to the room that
    wrote it and is decoded there.
    """

    version: int = 0
    state: dict[str, Any] = {}
    messages: tuple[Message, ...] = ()
    seen: tuple[int, ...] = ()
    audit: tuple[AuditRecord, ...] = ()
    """The newest records of the audit, oldest first; the older ones lie in pages (`AuditPage`)."""
    audit_from: Anchor = Anchor()
    """Where the chain of the audit begins."""
    taken: tuple[str, ...] = ()
    """What commands had left for the audit and is in the chain: the last that were taken."""
    log: tuple[dict[str, Any], ...] = ()
    """Lines that are in no chain: of an earlier version (the next commit takes them in), or not
    saved yet."""

    @property
    def lines(self) -> tuple[dict[str, Any], ...]:
        """The newest lines of the audit, oldest first."""
        return (*(record.line for record in self.audit), *self.log)
