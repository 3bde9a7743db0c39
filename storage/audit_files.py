"""The audit on disk, beside the service's own file: pages of older records, and what commands left.

A command that reads beside the bot takes no lock, so it cannot add to the chain. Before it shows
anything it leaves a line: one sealed file in the folder `left`. Whoever has the records open takes
them into the chain and then removes the files; what a crash leaves between the two is known by name
(`Office.taken`) and not taken twice.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any

import msgspec

from storage import apply, files
from storage.audit import PAGE, AuditPage, AuditRecord
from storage.envelope import Damaged, Sealer
from storage.layout import Layout
from storage.model import Office
from storage.record_file import read_only
from storage.shapes import page_name

AT_A_TIME = 50
"""Lines taken into the chain in one commit."""


def records_after(
    layout: Layout,
    sealer: Sealer,
    office: Office,
    after: int,
    problem: Callable[[str], None],
) -> Iterator[AuditRecord]:
    """Those with a higher number than `after`, oldest first. A page that is missing or cannot be
    used is told in one line, and left out. Raises OSError."""
    tail = office.audit
    here = tail[0].number if tail else office.audit_from.number + 1
    first = office.audit_from.number + 1
    first += max(0, after + 1 - first) // PAGE * PAGE
    for number in range(first, here, PAGE):
        place = layout.audit_page(page_name(number))
        try:
            page = read_only(place, AuditPage, sealer)
        except Damaged as error:
            problem(f"{place.label} cannot be used: {error}")
            continue
        if page is None:
            problem(f"{place.label} is missing")
            continue
        yield from (record for record in page.records if record.number > after)
    yield from (record for record in tail if record.number > after)


def in_chain(office: Office, page: AuditPage) -> bool:
    """Not one that a crash left: written before its records left the service's own file, or to be
    deleted."""
    tail = office.audit
    return page.first > office.audit_from.number and not (tail and page.first >= tail[0].number)


def leave(layout: Layout, sealer: Sealer, line: Mapping[str, Any], now: datetime) -> str:
    """Durably on disk, for whoever has the records open; returns its name. Raises OSError."""
    name = new_name(now)
    place = layout.left_line(name)
    files.make_folder(place.path.parent)
    files.write_whole(place.path, sealer.seal(place.kind, place.name, 1, line_out(line)))
    return name


def new_name(now: datetime) -> str:
    """Of a line that is left: in the order of time, and never the same."""
    return f"{now:%Y%m%dT%H%M%S%f}-{secrets.token_hex(4)}"


def left(
    layout: Layout, sealer: Sealer, problem: Callable[[str, str], None]
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Name and line of each, oldest first. `problem` is told the name of one that cannot be used,
    and why. Raises OSError."""
    for name in layout.left_lines():
        place = layout.left_line(name)
        try:
            data = sealer.unseal(place.kind, place.name, files.read(place.path)).data
            yield name, line_in(data)
        except FileNotFoundError:
            continue  # taken since the folder was listed
        except Damaged as error:
            problem(name, str(error))


def line_out(line: Mapping[str, Any]) -> bytes:
    """A line as it is left."""
    return msgspec.json.encode(apply.plain(dict(line)))


def line_in(data: bytes) -> dict[str, Any]:
    """Raises Damaged."""
    try:
        return msgspec.json.decode(data, type=dict[str, Any])
    except msgspec.MsgspecError:
        raise Damaged("it is no line") from None
