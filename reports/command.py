"""`report`: rows in, figures out, in the form that somebody asked for."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple, TextIO

from reports import arguments, named_persons
from reports.about import about
from reports.arguments import Unusable
from reports.cases import Cases, cases
from reports.catalogue import REPORTS, named
from reports.figures import annex_a, ssda903
from reports.named_persons import LOOK, Known
from reports.request import PersonOnFile, Request
from reports.result import Result
from reports.row_files import Rows, from_store, open_rows, read
from reports.rows import Row
from reports.suppress import suppress
from reports.tables import as_csv, as_text
from storage.files import write_whole

OK, BAD_ROWS, UNUSABLE = 0, 1, 2
"""Exit statuses."""


class Asked(NamedTuple):
    """The options of the command as they were typed."""

    name: str
    first: str
    last: str
    rows: Sequence[str] = ()
    json: bool = False
    csv: bool = False
    xlsx: Path | None = None
    pdf: Path | None = None
    authority: str | None = None
    partners: Sequence[str] = ()
    home: str | None = None
    people: Path | None = None
    context: Path | None = None
    notes: Path | None = None
    skip_bad: bool = False
    suppress: bool = False
    style: str = "words"


def show_list(out: TextIO) -> int:
    """`report list`: a line for each report: who needs it, when."""
    width = max(map(len, REPORTS))
    for report in REPORTS.values():
        needs = "; needs --authority" if report.needs_authority else ""
        print(f"{report.name:<{width}}  {report.title}: {report.reader}{needs}", file=out)
    return OK


class Records(NamedTuple):
    """The service's own records, each read only if it is needed.

    rows: for when no file is named.  known: who may not be named in a report; None where there are
    no records. Both raise Unusable.
    """

    rows: Callable[[], Iterable[Row]]
    known: Callable[[], Known | None]


def run(asked: Asked, records: Records, out: TextIO, errors: TextIO) -> int:
    """Make a report and write it in its form; what is wrong goes to `errors`."""
    try:
        result = make(asked, records, errors)
        if result is None:
            return BAD_ROWS
        return _write(asked, result, out, errors)
    except Unusable as error:
        print(error, file=errors)
        return UNUSABLE


def make(asked: Asked, records: Records, errors: TextIO) -> Result | None:
    """The report; None if there are bad rows that were not to be skipped (they are named)."""
    report = named(asked.name)
    if report is None:
        raise Unusable(f"{asked.name[:40]}: no such report. Allowed: {', '.join(REPORTS)}.")
    if sum((asked.json, asked.csv, asked.xlsx is not None, asked.pdf is not None)) > 1:
        raise Unusable("Allowed: one of --json, --csv, --xlsx and --pdf.")
    if asked.style not in STYLES:
        raise Unusable(f"--style: this is not allowed. Allowed: {', '.join(STYLES)}.")
    period = arguments.period(asked.first, asked.last)
    authority = asked.authority and arguments.code("--authority", asked.authority)
    if report.needs_authority and authority is None:
        raise Unusable(f"--authority: {report.name} needs it. Allowed: a code (ONS).")
    partners = [arguments.code("--partner", partner) for partner in asked.partners]
    if asked.suppress and not report.publishable:
        raise Unusable(f"--suppress: {report.name} names children and cannot be published.")
    people = arguments.people(asked.people) if asked.people else None
    context = arguments.context(asked.context) if asked.context else None
    typed = _notes(asked.notes, records, people, errors) if asked.notes else ""
    rows = _rows(asked, records)
    for bad in rows.bad:
        print(bad, file=errors)
    if rows.bad and not asked.skip_bad:
        return None
    found = cases(rows.used)
    if asked.home:
        found = Cases([case for case in found if case.row.home == asked.home])
    request = Request(found, period, authority, frozenset(partners), people, context)
    figures = report.figures(request)
    top = {
        "report": report.name,
        "schema": 1,
        **period.named(),
        "authority": authority,
        "partners": sorted(request.partners),
        "suppressed": asked.suppress,
        "rows": {
            "read": rows.read,
            "duplicates": rows.duplicates,
            "aged_18_or_over": rows.aged_18_or_over,
            "used": len(rows.used),
            "bad": len(rows.bad),
        },
        "figures": suppress(figures) if asked.suppress else figures,
    }
    return Result(report, request, top, typed)


def _notes(
    file: Path, records: Records, people: Mapping[str, PersonOnFile] | None, errors: TextIO
) -> str:
    """Text that names nobody; what only may be a name is said."""
    text = arguments.read_text(file)
    known = records.known()
    if known is None:
        print(
            f"{file}: names could not be looked for: there is no register here. {LOOK}", file=errors
        )
        known = named_persons.known((), (), (), ())
    if people:
        numbers = {person.number.casefold() for person in people.values()}
        born = {person.born for person in people.values() if person.born}
        known = known._replace(
            references=known.references | numbers | people.keys(), born=known.born | born
        )
    found = named_persons.mistakes(str(file), text, known)
    severe = [str(mistake) for mistake in found if mistake.severity == "error"]
    if severe:
        raise Unusable("\n".join(severe))
    for mistake in found:
        print(mistake, file=errors)
    return text


def _rows(asked: Asked, records: Records) -> Rows:
    if not asked.rows:
        return from_store(records.rows())
    try:
        return read((name, open_rows(name)) for name in asked.rows)
    except OSError as error:
        raise arguments.unreadable(str(error.filename or asked.rows[0]), error) from None


def _write(asked: Asked, result: Result, out: TextIO, errors: TextIO) -> int:
    if asked.json:
        print(json.dumps(result.top, ensure_ascii=False), file=out)
    elif asked.csv:
        return _write_csv(asked, result, out, errors)
    elif asked.xlsx is not None:
        from reports.workbook import workbook

        save(asked.xlsx, workbook(result))
    elif asked.pdf is not None:
        from reports.page import page

        save(asked.pdf, page(result))
    else:
        for heading, text in about(result):
            print(f"{heading}: {text}", file=out)
        print(file=out)
        print(as_text(result.figures), file=out)
    return OK


def _write_csv(asked: Asked, result: Result, out: TextIO, errors: TextIO) -> int:
    """Two reports are files that somebody else has the form of."""
    if result.report.name == "ssda903":
        overlaps = list(ssda903.overlaps(result.figures))
        for overlap in overlaps:
            print(overlap, file=errors)
        if overlaps:
            return BAD_ROWS
        out.write(ssda903.as_csv(result.figures))
    elif result.report.name == "annex_a" and not result.suppressed:
        out.write(annex_a.as_csv(result.figures, result.request.people, asked.style))
    else:
        out.write(as_csv(result.figures))
    return OK


def save(file: Path, content: bytes) -> None:
    """Write a whole file or leave what was there. Unusable: where it is to go is no place."""
    try:
        write_whole(file, content)
    except OSError as error:
        raise Unusable(
            f"{file}: cannot be written: {error.strerror or error}. Allowed: a place for a file."
        ) from None


STYLES = ("words", "letters")
