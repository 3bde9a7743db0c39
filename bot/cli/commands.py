"""The command line: what each command is called and takes; the work is done elsewhere."""

from __future__ import annotations

import signal
import sys
from pathlib import Path
from typing import Annotated

import typer

from bot import __version__
from bot.cli import keeping
from bot.cli.terminal import use_safe_streams

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Nightlight: holds the clock when a young person is missing. England only. "
    "It is not the report to police and not the archive.",
)
people_app = typer.Typer(no_args_is_help=True, help="The register of young people.")
key_app = typer.Typer(no_args_is_help=True, help="The key that the book is encrypted with.")
audit_app = typer.Typer(no_args_is_help=True, help="Who read and changed what.")
web_app = typer.Typer(no_args_is_help=True, help="The service's own pages.")
import_app = typer.Typer(no_args_is_help=True, help="What comes from other systems.")
export_app = typer.Typer(no_args_is_help=True, help="What leaves the records for figures.")
hub_app = typer.Typer(no_args_is_help=True, help="Rows of several services, joined.")
services_app = typer.Typer(no_args_is_help=True, help="Many services in one installation.")
database_app = typer.Typer(no_args_is_help=True, help="Records in PostgreSQL.")
app.add_typer(keeping.app)
app.add_typer(database_app, name="database")
app.add_typer(services_app, name="services")
app.add_typer(hub_app, name="hub")
app.add_typer(people_app, name="people")
app.add_typer(export_app, name="export")
app.add_typer(import_app, name="import")
app.add_typer(key_app, name="key")
app.add_typer(web_app, name="web")
app.add_typer(audit_app, name="audit")


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"nightlight {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_version, is_eager=True, help="Print the version and stop."
        ),
    ] = False,
) -> None:
    del version  # done by its callback


ConfigOption = Annotated[
    Path, typer.Option("--config", "-c", help="The configuration file.", dir_okay=False)
]
CONFIG = Path("config.toml")


@app.command()
def run(config: ConfigOption = CONFIG) -> None:
    """Run the bot."""
    from bot import start

    raise typer.Exit(start.run(config))


@app.command()
def init(
    config: ConfigOption = CONFIG,
    homes: Annotated[
        list[str] | None, typer.Option("--home", help="Name of a home; again for each.")
    ] = None,
    authority: Annotated[str, typer.Option(help="The local authority of their area.")] = "",
    out_of_hours: Annotated[str, typer.Option(help="Its emergency duty team's number.")] = "",
    administrator: Annotated[str, typer.Option(help="Name of the first administrator.")] = "",
    telegram_id: Annotated[int, typer.Option(help="Their Telegram number.")] = 0,
    phone: Annotated[str, typer.Option(help="Their telephone number.")] = "",
    folder: Annotated[str, typer.Option(help="Where the records lie.")] = "",
    backups: Annotated[str, typer.Option(help="Where daily backups go.")] = "",
    token_file: Annotated[str, typer.Option(help="A file with the bot's token.")] = "",
    port: Annotated[int, typer.Option(help="Of the page for monitoring; 0: none.")] = 8041,
    api: Annotated[str, typer.Option(help="A Bot API server of your own.")] = "",
) -> None:
    """Set up a service: asks what it needs (or takes options), writes configuration and key."""
    from bot.cli import init as begin

    given = begin.Answers(
        homes=homes or (),
        authority=authority,
        out_of_hours=out_of_hours,
        administrator=administrator,
        telegram_id=telegram_id,
        phone=phone,
        folder=folder,
        backups=backups,
        token_file=token_file,
        port=port,
        api=api,
    )
    raise typer.Exit(begin.run(config, given))


@app.command()
def sandbox(
    folder: Annotated[Path, typer.Option(help="Where the practice book lies.")] = Path(
        "data-sandbox"
    ),
    port: Annotated[
        int, typer.Option(help="Port of the page on 127.0.0.1; 0: any free one.")
    ] = 8040,
    nights: Annotated[
        Path | None, typer.Option(help="A folder with guided nights of your own.", exists=True)
    ] = None,
) -> None:
    """Try it: the bot with example people, and phones on a local page."""
    from sandbox import launch

    command = [sys.executable, str(Path(sys.argv[0]).resolve())]
    raise typer.Exit(launch.main(folder, port, command, nights))


@app.command()
def check(
    config: ConfigOption = CONFIG,
    as_json: Annotated[bool, typer.Option("--json", help="A list for machines.")] = False,
    offline: Annotated[bool, typer.Option(help="Do not ask Telegram about the bot.")] = False,
) -> None:
    """Check configuration, protocol packs, records and the bot itself: everything that is wrong,
    a line each.

    Exit status: 2 with errors, 1 with warnings only, 0 if nothing is wrong.
    """
    from bot import checking

    raise typer.Exit(checking.run(config, as_json=as_json, offline=offline))


@app.command()
def assess(
    file: Annotated[str, typer.Argument(help="A JSON file, or - for standard input.")],
    lines: Annotated[bool, typer.Option(help="JSON Lines: one answer per line, in order.")] = False,
) -> None:
    """Assess an episode without recording anything (for protocol owners)."""
    from protocol.command import run_assess

    raise typer.Exit(run_assess(file, lines, sys.stdout))


@app.command()
def when(
    text: Annotated[str | None, typer.Argument(help="What somebody typed.")] = None,
    now: Annotated[str | None, typer.Option(help="The moment it was typed, ISO 8601.")] = None,
    why: Annotated[bool, typer.Option(help="Say which rule took which words.")] = False,
    lines: Annotated[
        str | None, typer.Option(help='JSON Lines of {"text", "now"}: a file, or -.')
    ] = None,
) -> None:
    """Show how a typed time is read."""
    from handlers.times.command import run as read

    if lines is None:
        raise typer.Exit(read(text, now, why, None))
    if lines == "-":
        raise typer.Exit(read(None, now, why, sys.stdin))
    try:
        with Path(lines).open(encoding="utf-8") as source:
            raise typer.Exit(read(None, now, why, source))
    except OSError as error:
        typer.echo(f"{lines}: cannot be read: {error.strerror}.", err=True)
        raise typer.Exit(1) from None


@people_app.command("import")
def people_import(
    file: Annotated[
        Path, typer.Argument(help="A table, CSV or .xlsx; see the README for its columns.")
    ],
    config: ConfigOption = CONFIG,
    sure: Annotated[
        bool, typer.Option(help="Two with the same name and date of birth are two.")
    ] = False,
) -> None:
    """Put young people on the register: all rows or none."""
    from bot.cli import people

    raise typer.Exit(people.run(file, config, sure=sure))


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


@web_app.command("unlock")
def web_unlock(
    person: Annotated[str, typer.Argument(help="Who, by their id on the staff list.")],
    config: ConfigOption = CONFIG,
) -> None:
    """Reset somebody's PIN where nobody else may: a sole manager, a sole administrator (also
    while the bot runs). It stands in the audit."""
    from bot.cli import pages

    raise typer.Exit(pages.unlock(person, config))


@app.command()
def show(
    ref: Annotated[str, typer.Argument(help="A case reference.")], config: ConfigOption = CONFIG
) -> None:
    """Print a case's whole record, with what was kept out of the chat (also while the bot runs)."""
    from bot.cli import show as record

    raise typer.Exit(record.run(ref, config))


@app.command()
def sheet(
    name: Annotated[str, typer.Argument(help="police, authority, case, interview or chronology.")],
    ref: Annotated[str, typer.Argument(help="A case; for the chronology a young person.")],
    out: Annotated[Path, typer.Option(help="Where the PDF goes.")],
    config: ConfigOption = CONFIG,
) -> None:
    """Print a sheet of a case as PDF (also while the bot runs)."""
    from bot.cli import sheet as sheets

    raise typer.Exit(sheets.run(name, ref, out, config))


@app.command("subject-access")
def subject_access(
    ref: Annotated[str, typer.Argument(help="A young person; with --staff a member of staff.")],
    out: Annotated[Path, typer.Option(help="A folder that is not there yet.")],
    staff: Annotated[bool, typer.Option("--staff", help="About a member of staff.")] = False,
    config: ConfigOption = CONFIG,
) -> None:
    """Everything on record about one person, for a request for access (also while it runs)."""
    from bot.cli import subject_access as access

    raise typer.Exit(access.run(ref, out, config, staff=staff))


@audit_app.command("show")
def audit_show(
    first: Annotated[str, typer.Option("--from", help="First day, in London: 2026-11-01.")],
    last: Annotated[str, typer.Option("--to", help="Last day.")],
    person: Annotated[
        str, typer.Option(help="Only of one member of staff, young person or case.")
    ] = "",
    config: ConfigOption = CONFIG,
) -> None:
    """Who read which case and what was done to the service, by time (also while it runs)."""
    from bot.cli import audit

    raise typer.Exit(audit.show(first, last, config, person=person))


@audit_app.command("verify")
def audit_verify(config: ConfigOption = CONFIG) -> None:
    """Check the whole chain of the audit, and that the second place agrees (also while it runs).

    Exit status: 1 with a line for each break: which record, of when.
    """
    from bot.cli import audit

    raise typer.Exit(audit.verify(config))


@app.command()
def assurance(
    out: Annotated[Path, typer.Option(help="The folder for the papers.")] = Path("assurance"),
    check: Annotated[bool, typer.Option(help="Write nothing; 1 if the folder is not so.")] = False,
    pdf: Annotated[bool, typer.Option(help="PDF beside the Markdown.")] = True,
    config: ConfigOption = CONFIG,
) -> None:
    """Write the papers for those who have to judge: impact assessment, hazard log, notices …"""
    from bot.cli import assurance as written

    raise typer.Exit(written.run(out, config, check=check, pdf=pdf))


@key_app.command("new")
def key_new(file: Annotated[Path, typer.Argument(help="Where the new key goes.")]) -> None:
    """Make a new key file (mode 0600). Keep a copy away from the book."""
    from bot.cli import maintenance

    raise typer.Exit(maintenance.key_new(file))


@key_app.command("rotate")
def key_rotate(
    forget_old: Annotated[
        bool, typer.Option(help="Drop the old keys afterwards; older backups stay closed then.")
    ] = False,
    config: ConfigOption = CONFIG,
) -> None:
    """Encrypt the book with a new key. May be interrupted and run again; not while the bot runs."""
    from bot.cli import configured

    raise typer.Exit(configured.key_rotate(config, forget_old=forget_old))


@database_app.command("migrate")
def database_migrate(config: ConfigOption = CONFIG) -> None:
    """Make the tables, or bring them to this version; nothing else ever does."""
    from bot.cli import database

    raise typer.Exit(database.migrate(config))


@services_app.command("list")
def services_list(
    config: ConfigOption = CONFIG,
    as_json: Annotated[bool, typer.Option("--json", help="A list for machines.")] = False,
) -> None:
    """Say of each service in the database who leads it, its open cases, when it acts next, and how
    late its last reminder was (exit status 1 if one is not led)."""
    from bot.cli import services

    raise typer.Exit(services.list_all(config, as_json=as_json))


ServiceArgument = Annotated[str, typer.Argument(help="The name of its folder.")]
FolderArgument = Annotated[
    Path,
    typer.Argument(help="It holds a folder with a config.toml for each service.", exists=True),
]


@services_app.command("run")
def services_run(
    folder: FolderArgument,
    share: Annotated[
        str,
        typer.Option(help="Which of several processes this is, as 1/2: its share is begun first."),
    ] = "1/1",
) -> None:
    """Run all services of a folder in this process."""
    from bot.cli import services

    raise typer.Exit(services.run(folder, share))


@services_app.command("start")
def services_start(folder: FolderArgument, name: ServiceArgument) -> None:
    """Let one of them run again."""
    from bot.cli import services

    raise typer.Exit(services.start(folder, name))


@services_app.command("stop")
def services_stop(folder: FolderArgument, name: ServiceArgument) -> None:
    """Stop one of them; the others go on. It stays stopped until `services start`."""
    from bot.cli import services

    raise typer.Exit(services.stop(folder, name))


@services_app.command("reload")
def services_reload(folder: FolderArgument) -> None:
    """Begin new ones, end those that are gone, and read changed configurations again."""
    from bot.cli import services

    raise typer.Exit(services.reload(folder))


@app.command()
def move(
    start: Annotated[str, typer.Option("--from", help="folder or database: where they are now.")],
    config: ConfigOption = CONFIG,
) -> None:
    """Move all records between folder and database, verified; not while the bot runs."""
    from bot.cli import database

    if start not in ("folder", "database"):
        typer.echo(f"--from: {start!r} is not allowed. Allowed: folder, database.", err=True)
        raise typer.Exit(2)
    raise typer.Exit(database.move("folder" if start == "folder" else "database", config))


@app.command()
def verify(config: ConfigOption = CONFIG) -> None:
    """Check every file, every chain and the summary of the book."""
    from bot.cli import configured

    raise typer.Exit(configured.verify(config))


@app.command()
def backup(folder: Path, config: ConfigOption = CONFIG) -> None:
    """Copy the book, encrypted and verified; also while the bot runs."""
    from bot.cli import configured

    raise typer.Exit(configured.backup(folder, config))


@app.command()
def drill(
    folder: Annotated[
        str, typer.Argument(help="A backup or a folder of them; as configured without it.")
    ] = "",
    report: Annotated[Path | None, typer.Option(help="Where the evidence goes (JSON).")] = None,
    config: ConfigOption = CONFIG,
) -> None:
    """Restore the newest backup into a folder that goes again, verify and compare it, and write
    the evidence (also while the bot runs)."""
    from bot.cli import drill as restoring

    raise typer.Exit(restoring.run(folder, report, config))


@app.command()
def health(config: ConfigOption = CONFIG) -> None:
    """Ask the running bot how it is: 0 well, 1 not well."""
    from bot.cli import health as page

    raise typer.Exit(page.run(config))


@app.command()
def stop(config: ConfigOption = CONFIG) -> None:
    """Stop the service in an emergency: nobody is reminded, nothing is taken as fact, everybody is
    told to use paper and telephone. The bot goes on running and keeps the records."""
    from bot.cli import kill_switch

    raise typer.Exit(kill_switch.run("stop", config))


@app.command()
def resume(config: ConfigOption = CONFIG) -> None:
    """End `stop`: everybody is told what fell due meanwhile, and reminders go on."""
    from bot.cli import kill_switch

    raise typer.Exit(kill_switch.run("resume", config))


@app.command()
def restore(
    folder: Annotated[Path, typer.Argument(help="A backup.")],
    episode: Annotated[str, typer.Option(help="Bring back this one case only.")] = "",
    config: ConfigOption = CONFIG,
) -> None:
    """Bring a backup back into an empty folder, or one case into the book."""
    from bot.cli import configured

    raise typer.Exit(configured.restore(folder, episode, config))


@app.command()
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


def main() -> None:
    """The program `nightlight`, and `python main.py`."""
    use_safe_streams()
    # It tells whoever holds the records' lock that something was left for the bot. A command that
    # holds the lock, and a bot that is not ready yet, must not be ended by it.
    signal.signal(signal.SIGUSR1, signal.SIG_IGN)
    app(prog_name="nightlight")
