"""Commands for figures: reports, rows that leave or come in, rows of several services."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from bot.cli.options import CONFIG, ConfigOption

import_app = typer.Typer(no_args_is_help=True, help="What comes from other systems.")
export_app = typer.Typer(no_args_is_help=True, help="What leaves the records for figures.")
hub_app = typer.Typer(no_args_is_help=True, help="Rows of several services, joined.")


@export_app.command("rows")
def export_rows(
    first: Annotated[str, typer.Option("--from", help="First London day: 2026-04-01.")],
    last: Annotated[str, typer.Option("--to", help="Last London day, included.")],
    as_csv: Annotated[bool, typer.Option("--csv", help="CSV in place of JSON Lines.")] = False,
    out: Annotated[Path | None, typer.Option(help="The file; standard output without it.")] = None,
    config: ConfigOption = CONFIG,
) -> None:
    """Episodes that start in the period, one row each, without identifiers (also while the bot
    runs)."""
    from bot.cli import export

    raise typer.Exit(export.rows(first, last, config, as_csv=as_csv, out=out))


@export_app.command("people")
def export_people(
    out: Annotated[Path | None, typer.Option(help="The file; standard output without it.")] = None,
    config: ConfigOption = CONFIG,
) -> None:
    """The list that joins rows with young people, for SSDA903: it stays in the service."""
    from bot.cli import export

    raise typer.Exit(export.people(config, out=out))


@import_app.command("history")
def import_history(
    file: Annotated[Path, typer.Argument(help="A CSV file; docs/REPORTS.md has its columns.")],
    form: Annotated[str, typer.Option("--format", help="csv, or ssd: table ssd_missing.")] = "csv",
    map_file: Annotated[
        Path | None, typer.Option("--map", help="For ssd: miss_person_id,person,home.")
    ] = None,
    dry_run: Annotated[bool, typer.Option(help="Check and count only.")] = False,
    with_open: Annotated[
        bool, typer.Option("--open", help="Those still away become open cases.")
    ] = False,
    config: ConfigOption = CONFIG,
) -> None:
    """Put earlier episodes on record: all rows or none; not while the bot runs."""
    from bot.cli import history

    if form not in ("csv", "ssd"):
        typer.echo(f"--format: {form!r} is not allowed. Allowed: csv, ssd.", err=True)
        raise typer.Exit(2)
    raise typer.Exit(
        history.run(
            file, config, form="ssd" if form == "ssd" else "csv", map_path=map_file,
            dry_run=dry_run, with_open=with_open,
        )
    )  # fmt: skip


def report(
    name: Annotated[str, typer.Argument(help="Which report, or `list` to see what there is.")],
    rows: Annotated[
        list[str] | None, typer.Option(help="A file of rows, or - ; without it, the records.")
    ] = None,
    first: Annotated[str, typer.Option("--from", help="First day, YYYY-MM-DD.")] = "",
    last: Annotated[str, typer.Option("--to", help="Last day, YYYY-MM-DD.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="For machines.")] = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="One line for each figure.")] = False,
    xlsx: Annotated[Path | None, typer.Option(help="A workbook.")] = None,
    pdf: Annotated[Path | None, typer.Option(help="A page A4.")] = None,
    authority: Annotated[str | None, typer.Option(help="Code of the authority (ONS).")] = None,
    partner: Annotated[list[str] | None, typer.Option(help="Code of a partner.")] = None,
    home: Annotated[str | None, typer.Option(help="Only this home, by its code.")] = None,
    people: Annotated[Path | None, typer.Option(help="Who the children are (CSV).")] = None,
    context: Annotated[Path | None, typer.Option(help="Counts of placed children (JSON).")] = None,
    notes: Annotated[Path | None, typer.Option(help="Text for the printed page.")] = None,
    skip_bad: Annotated[bool, typer.Option(help="Report the good rows all the same.")] = False,
    suppress: Annotated[bool, typer.Option(help="Hide small numbers, for publishing.")] = False,
    style: Annotated[str, typer.Option(help="Annex A: words or letters.")] = "words",
    config: ConfigOption = CONFIG,
) -> None:
    """Make a report from rows or from the records (also while the bot runs)."""
    from bot.cli import reporting
    from reports.command import Asked

    asked = Asked(
        name=name,
        first=first,
        last=last,
        rows=rows or (),
        json=as_json,
        csv=as_csv,
        xlsx=xlsx,
        pdf=pdf,
        authority=authority,
        partners=partner or (),
        home=home,
        people=people,
        context=context,
        notes=notes,
        skip_bad=skip_bad,
        suppress=suppress,
        style=style,
    )
    raise typer.Exit(reporting.report(asked, config))


@hub_app.command("merge")
def hub_merge(
    files: Annotated[list[str], typer.Argument(help="Files of rows.")],
    out: Annotated[Path, typer.Option(help="Where the joined rows go.")],
    expect: Annotated[Path | None, typer.Option(help="Codes of the services, one a line.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="For machines.")] = False,
    allow_absent: Annotated[bool, typer.Option(help="Write without absent services.")] = False,
) -> None:
    """Join rows of many services: the newest version of each episode."""
    from reports.merge import run_merge

    raise typer.Exit(
        run_merge(
            files,
            out,
            expect,
            allow_absent=allow_absent,
            as_json=as_json,
            out=sys.stdout,
            errors=sys.stderr,
        )
    )


@hub_app.command("check")
def hub_check(
    files: Annotated[list[str], typer.Argument(help="Files of rows.")],
) -> None:
    """Say what is wrong with rows, by file and line."""
    from reports.merge import run_check

    raise typer.Exit(run_check(files, sys.stdout, sys.stderr))
