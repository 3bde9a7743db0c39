"""What a change makes of a record: pure functions, the same for every store."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec

from protocol.attachment_facts import Attached, AttachmentRemoved
from protocol.facts import Closed
from storage import audit, chain
from storage.audit import Anchor, AuditPage
from storage.model import Begun, Draft, Episode, Message, Office, Past, Person, Plain
from storage.store import Change

SEEN_KEPT = 200
"""Update ids kept in one file. Telegram hands over at most 100 at a time, and again after a
crash; the ones of a draft (about 15) join those of its episode."""

GONE = "references_gone"
"""In the office file's `state`: references of deleted cases. None is ever given again, because
letters and the young person's own record still name them."""

MESSAGES_KEPT = timedelta(days=31)
"""How long the office file keeps a message that is done with."""


def begin(ref: str, home: str, person: str) -> Episode:
    """An episode before its first change."""
    return Episode(ref=ref, home=home, person=person)


def to_episode(episode: Episode, change: Change, draft: Draft | None = None) -> Episode:
    """The episode after `change`, one version on. `draft` is the one that the change ends, if any:
    the updates that filled it in join those of the episode.

    Raises ValueError for what only a mistake in the program can ask for: a fact id that is
    taken, closing without a `Closed` fact, an attachment that is not what its fact says.
    """
    _check_ids(episode, change)
    _check_contents(change)
    closed_at = episode.closed_at
    if change.close:
        closed_at = _closing_time(change)
    seen = draft.seen if draft is not None else ()
    return msgspec.structs.replace(
        episode,
        version=episode.version + 1,
        entries=chain.extend(episode.ref, episode.entries, change.facts),
        messages=merge_messages(episode.messages, change.messages),
        seen=add_seen((*episode.seen, *seen), change.update_id),
        drafts=(*episode.drafts, change.ends_draft) if change.ends_draft else episode.drafts,
        closed_at=closed_at,
    )


def to_office(
    office: Office,
    *,
    state: Mapping[str, Any] | None,
    messages: Sequence[Message],
    log: Sequence[Mapping[str, Any]],
    update_id: int | None,
    now: datetime,
    paged: AuditPage | None = None,
    taken: tuple[str, ...] | None = None,
    audit_from: Anchor | None = None,
) -> Office:
    """The office file after one commit, one version on. Values are taken as JSON would keep them
    (times become text), so that a reader sees the same before and after a restart.

    paged: these of the newest audit records have a page of their own by this commit at the latest.
    taken, audit_from: instead of what stands there.
    """
    since = now - MESSAGES_KEPT
    kept = [
        message
        for message in merge_messages(office.messages, messages)
        if message.state in ("waiting", "failed") or (message.sent_at or message.due_at) >= since
    ]
    begin = audit_from or office.audit_from
    tail = office.audit[len(paged.records) if paged is not None else 0 :]
    lines = (*office.log, *(plain(dict(line)) for line in log))
    return Office(
        version=office.version + 1,
        state={**office.state, **_kept(state or {})},
        messages=tuple(kept),
        seen=add_seen(office.seen, update_id),
        audit=audit.extend(tail, begin, lines),
        audit_from=begin,
        taken=office.taken if taken is None else taken,
    )


def _kept(state: Mapping[str, Any]) -> dict[str, Any]:
    return {
        key: value if isinstance(value, Plain) else plain(value) for key, value in state.items()
    }


def with_gone(office: Office, ref: str) -> Mapping[str, Any]:
    """What changes in the office file's `state` when this case is deleted."""
    return {GONE: sorted({*gone(office), ref})}


def gone(office: Office) -> Collection[str]:
    """References of deleted cases."""
    found = office.state.get(GONE)
    return found if isinstance(found, list) else ()


def to_draft(before: Draft | None, draft: Draft, update_id: int | None) -> Draft:
    """The draft as it is kept: counted up, with the updates of the owner's draft before it."""
    return msgspec.structs.replace(
        draft,
        version=before.version + 1 if before is not None else 1,
        answers=plain(draft.answers),
        seen=add_seen((*(before.seen if before is not None else ()), *draft.seen), update_id),
    )


def merge_messages(old: Sequence[Message], new: Sequence[Message]) -> tuple[Message, ...]:
    """New messages take the place of those with the same id; others go to the end."""
    if not new:
        return tuple(old)
    merged = {message.id: message for message in old}
    for message in new:
        merged[message.id] = msgspec.structs.replace(message, data=plain(message.data))
    return tuple(merged.values())


def add_seen(seen: Iterable[int], update_id: int | None) -> tuple[int, ...]:
    """Each id once, most recent last, the oldest beyond `SEEN_KEPT` dropped."""
    ordered = dict.fromkeys(seen)
    if update_id is not None:
        ordered.pop(update_id, None)
        ordered[update_id] = None
    return tuple(ordered)[-SEEN_KEPT:]


def plain(value: Any) -> Any:
    """A copy in what JSON has: the caller's value stays the caller's. Raises TypeError if it
    holds something that cannot be kept."""
    return msgspec.to_builtins(value, str_keys=True)


def opened_first(episode: Episode) -> tuple[datetime | None, str]:
    """Sort key: when the episode's first fact was recorded (UTC), then its reference."""
    return (episode.entries[0].fact.recorded_at if episode.entries else None, episode.ref)


def started_first(row: Past) -> tuple[datetime, str]:
    """Sort key of summary rows: start (UTC), then the reference."""
    return (row.start, row.ref)


def people_of(people: Mapping[str, Person], home: str | None) -> tuple[Person, ...]:
    """The young people of one home, or of all, by reference."""
    chosen = (p for p in people.values() if home is None or p.home == home)
    return tuple(sorted(chosen, key=lambda person: person.ref))


def begun(drafts: Iterable[Draft | None]) -> tuple[Begun, ...]:
    """What is half-finished, by owner."""
    return tuple(sorted((Begun.of(one) for one in drafts if one is not None), key=_owner))


def _owner(one: Begun) -> str:
    return one.owner


def copy_draft(draft: Draft) -> Draft:
    """Answers are a dictionary: what a caller does with them must not reach the store's own."""
    return msgspec.structs.replace(draft, answers=plain(draft.answers))


def copy_office(office: Office) -> Office:
    """As `copy_draft`, for the state. Log lines are shared: nobody writes into a log."""
    return msgspec.structs.replace(office, state=plain(office.state))


def _check_ids(episode: Episode, change: Change) -> None:
    if not change.facts:
        return
    taken = {entry.fact.id for entry in episode.entries}
    for fact in change.facts:
        if fact.id in taken:
            msg = f"{episode.ref} already has a fact with the id {fact.id!r}"
            raise ValueError(msg)
        taken.add(fact.id)


def _check_contents(change: Change) -> None:
    named = {fact.id: fact for fact in change.facts if isinstance(fact, Attached)}
    if named.keys() != change.contents.keys():
        msg = "each attachment comes with its fact, and each such fact with its bytes"
        raise ValueError(msg)
    for name, data in change.contents.items():
        if digest_of(data) != named[name].digest or len(data) != named[name].size:
            msg = f"the bytes are not those that {name} names"
            raise ValueError(msg)


def digest_of(data: bytes) -> str:
    """Of an attachment, as its fact has it: SHA-256, hex."""
    return hashlib.sha256(data).hexdigest()


def gone_with(change: Change) -> list[str]:
    """The attachments whose bytes go with this change."""
    return [fact.attachment for fact in change.facts if isinstance(fact, AttachmentRemoved)]


def _closing_time(change: Change) -> datetime:
    for fact in change.facts:
        if isinstance(fact, Closed):
            return fact.at
    msg = "a change that closes an episode must carry a Closed fact"
    raise ValueError(msg)
