"""`hub`: rows of many services joined, and what is wrong with them by file and line."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple, TextIO

from reports import arguments
from reports.arguments import Unusable
from reports.cases import Cases, cases
from reports.command import BAD_ROWS, OK, UNUSABLE
from reports.figures.hub import overlaps, services
from reports.row_files import Bad, Line, lines, open_rows
from reports.rows import Row, encode


class Conflict(NamedTuple):
    """Lines with the same episode and the same `as_of`, of which none can be called the newer."""

    lines: tuple[Line, ...]

    def __str__(self) -> str:
        first, last = self.lines[0], self.lines[-1]
        return (
            f"{last.file}:{last.line}: as_of: the same as in {first.file}:{first.line}, with other"
            " content. Allowed: one content for an episode and an as_of."
        )


class Joined(NamedTuple):
    """All lines of all files."""

    lines: list[Line]
    bad: list[Bad]
    newest: dict[tuple[str, str], Line]
    conflicts: list[Conflict]

    @property
    def rows(self) -> list[Row]:
        """The newest version of each episode, by service, start and episode."""
        return sorted(
            (line.row for line in self.newest.values()),
            key=lambda row: (row.service, row.start, row.episode),
        )

    @property
    def cases(self) -> Cases:
        """The rows of all services as cases; those of adults left out."""
        return cases(row for row in self.rows if row.age_band != "18+")


def join(files: Sequence[str]) -> Joined:
    """Read all files. Unusable if one cannot be read.

    That two services use one code cannot be seen in rows.
    """
    good: list[Line] = []
    bad: list[Bad] = []
    newest: dict[tuple[str, str], Line] = {}
    same: dict[tuple[str, str, datetime], list[Line]] = {}
    try:
        for found in lines((file, open_rows(file)) for file in files):
            if isinstance(found, Bad):
                bad.append(found)
                continue
            good.append(found)
            row = found.row
            known = newest.get((row.service, row.episode))
            if known is None or row.as_of >= known.row.as_of:
                newest[row.service, row.episode] = found
            same.setdefault((row.service, row.episode, row.as_of), []).append(found)
    except OSError as error:
        raise arguments.unreadable(str(error.filename or files[0]), error) from None
    conflicts = [
        Conflict(tuple(versions))
        for _, versions in sorted(same.items())
        if any(version.row != versions[0].row for version in versions)
    ]
    return Joined(good, bad, newest, conflicts)


def run_merge(
    files: Sequence[str],
    into: Path,
    expect: Path | None,
    *,
    allow_absent: bool,
    as_json: bool,
    out: TextIO,
    errors: TextIO,
) -> int:
    """Join the files into one, unless something is wrong with them; say what there was."""
    try:
        expected = _codes(expect) if expect else frozenset()
        joined = join(files)
        absent = sorted(expected - {line.row.service for line in joined.lines})
        summary = _summary(files, joined, absent)
        refused = bool(joined.bad or joined.conflicts or (absent and not allow_absent))
        if not refused:
            _write(into, joined.rows)
    except Unusable as error:
        print(error, file=errors)
        return UNUSABLE
    for problem in (*joined.bad, *joined.conflicts):
        print(problem, file=errors)
    if as_json:
        print(json.dumps(summary, ensure_ascii=False), file=out)
    else:
        _say(summary, out)
    if refused:
        print(f"{into}: nothing was written.", file=errors)
    return BAD_ROWS if refused else OK


def run_check(files: Sequence[str], out: TextIO, errors: TextIO) -> int:
    """Say what is wrong with each file, by line; status 1 if a merge would be refused."""
    try:
        joined = join(files)
    except Unusable as error:
        print(error, file=errors)
        return UNUSABLE
    for problem in (*joined.bad, *joined.conflicts):
        print(problem, file=errors)
    for case, earlier in overlaps(joined.cases):
        this = joined.newest[case.row.service, case.row.episode]
        other = joined.newest[earlier.row.service, earlier.row.episode]
        print(
            f"{this.file}:{this.line}: start: before the end of {other.file}:{other.line}, an"
            " episode of the same child. Allowed, but it counts twice: ask the service.",
            file=errors,
        )
    for file in dict.fromkeys(files):
        hint = _hint(file, joined)
        if hint:
            print(f"{file}: {hint}", file=errors)
    replaced = len(joined.lines) - len(joined.newest)
    print(
        f"{len(joined.lines)} good rows of {len(joined.newest)} episodes ({replaced} replaced by"
        f" another version), {len(joined.bad)} bad rows, {len(joined.conflicts)} conflicts.",
        file=out,
    )
    return BAD_ROWS if joined.bad or joined.conflicts else OK


def _hint(file: str, joined: Joined) -> str:
    """What is wrong with a file as a whole, if none of its lines is a good row."""
    if any(line.file == file for line in joined.lines):
        return ""
    bad = [one.problem for one in joined.bad if one.file == file]
    if not bad:
        return "holds no rows. Allowed, if its service had no episodes."
    if all(problem.field == "schema" for problem in bad):
        return "comes from another version of Nightlight. Allowed: rows of schema 1."
    head = b"" if file == "-" else next(open_rows(file), b"")
    if b"\0" in head:
        return "is not in UTF-8 (UTF-16, perhaps). Allowed: the file as `export rows` writes it."
    if head.lstrip().startswith(b"["):
        return "is one list of JSON. Allowed: JSON Lines, one row on each line."
    if not head.lstrip().startswith(b"{") and b"," in head:
        return "is a table. Allowed: JSON Lines, from `export rows` without --csv."
    return ""


def _codes(file: Path) -> frozenset[str]:
    found = frozenset(
        line.strip() for line in arguments.read_text(file).splitlines() if line.strip()
    )
    for code in found:
        if not (code.isascii() and code.isalnum() and code.isupper() and 2 <= len(code) <= 12):
            raise Unusable(
                f"{file}: a line is no code of a service. Allowed: 2 to 12 capital letters and"
                " digits, one code a line."
            )
    return found


def _summary(files: Sequence[str], joined: Joined, absent: list[str]) -> dict[str, Any]:
    found = joined.cases
    return {
        "files": [
            {
                "file": file,
                "rows": sum(line.file == file for line in joined.lines) // files.count(file),
                "bad": sum(line.file == file for line in joined.bad) // files.count(file),
                "services": sorted({x.row.service for x in joined.lines if x.file == file}),
            }
            for file in files
        ],
        "services": services(found, None),
        "duplicates": len(joined.lines) - len(joined.newest),
        "conflicts": [
            {
                "service": conflict.lines[0].row.service,
                "episode": conflict.lines[0].row.episode,
                "files": list(dict.fromkeys(line.file for line in conflict.lines)),
            }
            for conflict in joined.conflicts
        ],
        "overlapping_episodes": len(list(overlaps(found))),
        "absent_services": absent,
    }


def _write(into: Path, rows: Sequence[Row]) -> None:
    """All or nothing: a file that was there stays until the new one is complete."""
    beside = into.with_name(f".{into.name}.new")
    try:
        with beside.open("wb") as file:
            file.writelines(encode(row) + b"\n" for row in rows)
        beside.replace(into)
    except OSError as error:
        raise Unusable(
            f"{into}: cannot be written: {error.strerror or error}. Allowed: a place for a file."
        ) from None


def _say(summary: dict[str, Any], out: TextIO) -> None:
    for file in summary["files"]:
        codes = ", ".join(file["services"]) or "none"
        print(
            f"{file['file']}: {file['rows']} rows, {file['bad']} bad; services: {codes}", file=out
        )
    for service in summary["services"]:
        print(
            f"{service['service']}: {service['rows']} episodes, {service['homes']} homes,"
            f" {service['first']} to {service['last']}, as of {service['as_of']}",
            file=out,
        )
    print(f"Replaced by another version: {summary['duplicates']}", file=out)
    print(f"Conflicts: {len(summary['conflicts'])}", file=out)
    print(f"Overlapping episodes: {summary['overlapping_episodes']}", file=out)
    print(f"Absent services: {', '.join(summary['absent_services']) or 'none'}", file=out)
    print("Children cannot be linked across services.", file=out)
