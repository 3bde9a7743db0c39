"""Example records for the tests of the book: invented, and looking it."""

import hashlib
from datetime import UTC, datetime, timedelta

from protocol.attachment_facts import Attached, AttachmentRemoved
from protocol.facts import Child, Closed, Fact, Located, Note, Opened, PoliceTold, Returned
from storage.model import Draft, Episode, Message, Past
from storage.store import Change

NIGHT = datetime(2026, 11, 21, 23, 40, tzinfo=UTC)
"""A Saturday, twenty to midnight: the report comes in."""


def later(**by: float) -> datetime:
    """That night, so much later: `later(hours=4)`."""
    return NIGHT + timedelta(**by)


def spoilt(data: bytes) -> bytes:
    """The same with one bit of the last byte changed: never what it was, whatever that is."""
    return data[:-1] + bytes([data[-1] ^ 1])


def opened(*, at: datetime = NIGHT, fact_id: str = "f1", note: str = "left after supper") -> Opened:
    return Opened(
        id=fact_id,
        by="robin",
        recorded_at=at,
        category="missing",
        child=Child(age=15, looked_after=True, in_childrens_home=True),
        aware_at=at,
        last_seen_at=at - timedelta(hours=2),
        circumstances=note,
    )


def note(fact_id: str, text: str = "phone goes to voicemail", at: datetime = NIGHT) -> Note:
    return Note(id=fact_id, by="robin", recorded_at=at, at=at, text=text)


def police(fact_id: str = "f2", at: datetime = NIGHT) -> PoliceTold:
    return PoliceTold(id=fact_id, by="robin", recorded_at=at, at=at, reference="EX-0001")


def returned(fact_id: str = "f3", at: datetime = NIGHT) -> Returned:
    return Returned(id=fact_id, by="robin", recorded_at=at, at=at)


def closed(fact_id: str = "f9", at: datetime = NIGHT) -> Closed:
    return Closed(id=fact_id, by="sam", recorded_at=at, at=at)


PHOTO = b"\xff\xd8\xff\xe0 a coat, photographed"


def attached(fact_id: str, data: bytes = PHOTO, name: str = "coat.jpg") -> Change:
    """A file is put beside the record: the fact and its bytes."""
    fact = Attached(
        id=fact_id,
        by="robin",
        recorded_at=NIGHT,
        name=name,
        media="jpeg",
        size=len(data),
        digest=hashlib.sha256(data).hexdigest(),
    )
    return Change(facts=[fact], contents={fact_id: data})


def removed(fact_id: str, attachment: str) -> AttachmentRemoved:
    return AttachmentRemoved(
        id=fact_id, by="sam", recorded_at=NIGHT, attachment=attachment, reason="of somebody else"
    )


def reminder(name: str, *, at: datetime = NIGHT, **fields: object) -> Message:
    return Message(
        id=name,
        to="robin",
        kind="reminder",
        created_at=at,
        due_at=at,
        about="CP-4H",
        **fields,
    )


def draft(owner: str = "robin", draft_id: str = "d1", **answers: object) -> Draft:
    return Draft(id=draft_id, owner=owner, kind="report", started_at=NIGHT, answers=answers)


def summarise(episode: Episode) -> Past:
    """A summary row by the plainest rules: enough for the book, which only keeps it."""
    start, end, category = NIGHT, None, "missing"
    for fact in episode.facts:
        match fact:
            case Opened():
                start, category = fact.last_seen_at or fact.aware_at, fact.category
            case Returned() | Located():
                end = fact.at
            case _:
                continue
    return Past(
        ref=episode.ref,
        person=episode.person,
        home=episode.home,
        category=category,
        start=start,
        end=end,
        level=1,
        peak=1,
        closed_at=episode.closed_at,
    )


def texts(facts: tuple[Fact, ...]) -> list[str]:
    return [fact.text for fact in facts if isinstance(fact, Note)]
