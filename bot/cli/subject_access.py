"""`subject-access`: everything about one young person, or one member of staff, as one folder.

For whoever answers a request for access: readable, machine-readable, with whom it was told, and
with every passage marked in which somebody else may be named. What may not be given is decided by
a person (DPA 2018, Schedule 3), so nothing is left out here.
"""

from __future__ import annotations

import asyncio
import csv
import io
import sys
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from bot.audit_line import put_on_record
from bot.cli.audit import Line, about_staff, lines_of
from bot.config import Config, ConfigError
from bot.config_file import load
from bot.record_reading import open_for_reading
from protocol.attachment_facts import attachments_in
from protocol.facts import Told
from protocol.provider import Provider
from reminders.clock import SystemClock
from reports.entries import time, what_of, who
from reports.sheet_values import Case
from reports.sheets import SHEETS, chronology
from storage.model import Episode, Person
from storage.store import NotFound, RecordsReader, StoreError

TOLD = {
    "police_told": "police",
    "police_answered": "police",
    "authority_told": "placing authority",
    "authority_acknowledged": "placing authority",
    "authority_written": "placing authority",
    "parents_told": "parents",
    "told_of_return": "told of the return",
    "referred": "social care",
    "referral": "duty team",
    "interview_shared": "social worker, reviewing officer",
}
"""Kinds of entries that say that somebody outside was told."""
SAYS_WHO_AND_WHEN = {"id", "by", "recorded_at", "at", "corrects", "kind", "type", "digest"}
LONG_AGO = datetime(1990, 1, 1, tzinfo=UTC)
SHORT = 12
"""A word shorter than this, without a space, is a code or a role rather than somebody's words."""

READ_ME = """Access request: {about}
Made by Nightlight on {now}. Everything that is on record; nothing was left out.

record.json     all of it, for machines: every entry with its author, time and digest
*.pdf           the same to read: the chronology, and each case with what was put right
attachments/    the files beside each case, as they were attached; somebody else may be in them, too
to-look-at.csv  every passage that people typed, with the names of others that are known to stand in
                it. Somebody else may be named in others, too: read each, and write into the last
                column what is not to be given, and why.
read.csv        who read what of it in the service, on the pages, by commands and in the chat (there
                one line until nothing was shown for half an hour), and what else was done to it
audit.csv       of a member of staff: what they did and read, and what was done about them
told.csv        who on the staff was sent what about it by the service, and whether it arrived
disclosed.csv   who outside was told what, when and by whom, as far as it is on record

Whether something may be withheld (serious harm; somebody else's data; legal privilege) is decided
by a person, and noted. The archive of the child's own record is another place: look there as well.
"""


def run(reference: str, out: Path, config_path: Path, *, staff: bool) -> int:
    """Exit status: 0, or 2 with the reason in a line; then nothing was written."""
    try:
        config, _ = load(config_path, token_needed=False)
        folder = config_path.resolve().parent
        asyncio.run(_write(reference, out, config, folder, staff=staff))
    except ConfigError as error:
        print(error, file=sys.stderr)
        return 2
    except NotFound:
        what = "member of staff" if staff else "young person"
        print(f"There is no {what} {reference} on record.", file=sys.stderr)
        return 2
    except FileExistsError:
        print(f"{out} is there already: name a folder that is not.", file=sys.stderr)
        return 2
    except StoreError as error:
        print(error, file=sys.stderr)
        return 2
    except OSError as error:
        print(f"{error.filename}: cannot be written: {error.strerror}.", file=sys.stderr)
        return 2
    print(
        f"Everything on record about {reference} is in {out}. Keep it where only you can read it."
    )
    return 0


async def _write(reference: str, out: Path, config: Config, folder: Path, *, staff: bool) -> None:
    records = await open_for_reading(config, folder)
    files = await _files(reference, records, config, staff=staff)
    about = {"staff" if staff else "person": reference}
    await asyncio.to_thread(put_on_record, config, folder, "subject access", **about)
    out.mkdir(mode=0o700, parents=True)  # noqa: ASYNC240 - a command, with nothing beside it
    problems: list[str] = []
    if not staff:
        problems = await _attachments(reference, records, out)
    if problems := [*records.problems, *problems]:
        files["could-not-be-read.txt"] = "\n".join(problems).encode()
    for name, content in files.items():
        (out / name).write_bytes(content)


async def _attachments(reference: str, records: RecordsReader, out: Path) -> list[str]:
    """The files beside the cases, one at a time; a line for each that cannot be read."""
    problems = []
    for episode in records.episodes([row.ref for row in await records.history(reference)]):
        for name, fact in attachments_in(episode.facts).items():
            try:
                content = await records.attachment(episode.ref, name)
            except StoreError as error:
                problems.append(str(error))
                continue
            where = out / "attachments" / episode.ref
            where.mkdir(mode=0o700, parents=True, exist_ok=True)
            (where / f"{name}-{fact.name}").write_bytes(content)
    return problems


async def _files(
    reference: str, records: RecordsReader, config: Config, *, staff: bool
) -> dict[str, bytes]:
    provider = config.service
    if staff:
        files = await _about_staff(records, provider, reference)
    else:
        files = await _about_young_person(records, provider, reference)
    about = f"member of staff {reference}" if staff else f"young person {reference}"
    now = time(SystemClock().now())
    files["read-me.txt"] = READ_ME.format(about=about, now=now).encode()
    return files


async def _about_young_person(
    records: RecordsReader, provider: Provider, reference: str
) -> dict[str, bytes]:
    person = await records.person(reference)
    rows = await records.history(reference)
    if person is None and not rows:
        raise NotFound(reference)
    episodes = list(records.episodes([row.ref for row in rows]))
    now = SystemClock().now()
    cases = [Case(one, person, provider, now) for one in episodes]
    others = await _names_of_others(records, provider, reference)
    files = {
        "record.json": _json({"young_person": person, "cases": [_whole(one) for one in episodes]}),
        "to-look-at.csv": _csv(
            ("case", "written", "by", "kind", "field", "words", "others named", "not to be given"),
            (line for one in episodes for line in _typed(one, provider, others)),
        ),
        "disclosed.csv": _csv(
            ("case", "when", "to", "what", "by"),
            (line for one in episodes for line in _disclosed(one, provider)),
        ),
        "told.csv": _csv(
            ("case", "when", "to", "about", "way", "outcome"),
            (line for one in episodes for line in _told(one, provider)),
        ),
        "read.csv": _read(await lines_of(records), {reference, *(row.ref for row in rows)}),
        "chronology.pdf": chronology(person, reference, cases, now),
    }
    for case in cases:
        files[f"case-{case.episode.ref}.pdf"] = SHEETS["case"](case)
    return files


async def _about_staff(
    records: RecordsReader, provider: Provider, reference: str
) -> dict[str, bytes]:
    """What the person wrote, and what they were sent; cases only by reference."""
    office = await records.office()
    rows = await records.past(LONG_AGO)
    member = provider.person(reference)
    entries, sent = [], [_message("", one) for one in office.messages if one.to == reference]
    for episode in records.episodes([row.ref for row in rows]):
        for entry in episode.entries:
            if entry.fact.by == reference:
                fact = entry.fact
                entries.append((episode.ref, time(fact.recorded_at), _kind(fact), what_of(fact)))
        sent += [_message(episode.ref, one) for one in episode.messages if one.to == reference]
    audit = [*(one.line for one in await records.audit()), *await records.left()]
    log = [line for line in audit if reference in line.values()]
    did = [
        (time(one.at), one.by, one.what, one.about) for one in await about_staff(records, reference)
    ]
    if member is None and not entries and not sent and not log:
        raise NotFound(reference)
    return {
        "record.json": _json({"member_of_staff": member, "service_log": log}),
        "entries.csv": _csv(("case", "written", "kind", "what"), entries),
        "audit.csv": _csv(("when", "by", "what", "about"), did),
        "messages.csv": _csv(("case", "kind", "about", "due", "sent", "state"), sent),
        "read.csv": _read(await lines_of(records), {reference}),
    }


def _read(lines: Iterable[Line], named: set[str]) -> bytes:
    """Of the audit, what names one of these."""
    return _csv(
        ("when", "by", "what", "about"),
        (
            (time(line.at, seconds=True), line.by or "Nightlight", line.what, line.about)
            for line in lines
            if line.named & named
        ),
    )


def _whole(episode: Episode) -> Mapping[str, Any]:
    return {
        "reference": episode.ref,
        "home": episode.home,
        "closed_at": episode.closed_at,
        "entries": [
            {"digest": one.digest, **msgspec.to_builtins(one.fact)} for one in episode.entries
        ],
        "messages": [
            {"to": one.to, "kind": one.kind, "about": one.about, "sent_at": one.sent_at}
            for one in episode.messages
        ],
    }


def _typed(
    episode: Episode, provider: Provider, others: Mapping[str, str]
) -> Iterable[Sequence[str]]:
    for entry in episode.entries:
        fact = entry.fact
        for field, words in _texts(msgspec.to_builtins(fact)):
            named = sorted({what for name, what in others.items() if name in words.casefold()})
            yield (
                episode.ref,
                time(fact.recorded_at),
                who(fact.by, provider),
                _kind(fact),
                field,
                words,
                "; ".join(named),
                "",
            )


def _texts(value: Any, name: str = "") -> Iterable[tuple[str, str]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            if key not in SAYS_WHO_AND_WHEN:
                yield from _texts(inner, f"{name}.{key}".strip("."))
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner, name)
    elif isinstance(value, str) and (" " in value.strip() or len(value) > SHORT):
        yield name, value


def _disclosed(episode: Episode, provider: Provider) -> Iterable[Sequence[str]]:
    for entry in episode.entries:
        fact = entry.fact
        to = TOLD.get(_tag(fact))
        if to is not None:
            at = time(getattr(fact, "at", None) or fact.recorded_at)
            yield (episode.ref, at, to, what_of(fact), who(fact.by, provider))


def _told(episode: Episode, provider: Provider) -> Iterable[Sequence[str]]:
    """What the service sent to its own people about a case."""
    for fact in episode.facts:
        if isinstance(fact, Told):
            to = who(fact.to, provider)
            yield (episode.ref, time(fact.at), to, fact.about, fact.channel, fact.outcome)


async def _names_of_others(
    records: RecordsReader, provider: Provider, reference: str
) -> dict[str, str]:
    """Names and references of others, in small letters, and who that is."""
    found = {one.name.casefold(): f"staff {one.id}" for one in provider.staff}
    for person in await records.people():
        if person.ref != reference:
            found[person.ref.casefold()] = f"young person {person.ref}"
            found |= dict.fromkeys(_words_of(person), f"young person {person.ref}")
    return found


def _words_of(person: Person) -> Iterable[str]:
    return (word for word in person.name.casefold().split() if len(word) > 2)


def _message(ref: str, message: Any) -> Sequence[str]:
    due, sent = time(message.due_at), time(message.sent_at)
    return (ref, message.kind, message.about, due, sent, message.state)


def _tag(fact: Any) -> str:
    return str(type(fact).__struct_config__.tag)


def _kind(fact: Any) -> str:
    return _tag(fact).replace("_", " ")


def _json(value: Any) -> bytes:
    return msgspec.json.format(msgspec.json.encode(value), indent=1)


def _csv(head: Sequence[str], lines: Iterable[Sequence[str]]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(head)
    writer.writerows([_safe(cell) for cell in line] for line in lines)
    return ("\ufeff" + text.getvalue()).encode()


def _safe(cell: str) -> str:
    """A spreadsheet must not take words for a formula."""
    return f"'{cell}" if cell.startswith(("=", "+", "-", "@", "\t")) else cell
