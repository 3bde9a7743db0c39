"""The command line: what each command is called and takes; the work is done elsewhere."""

from __future__ import annotations

import signal
import sys
from pathlib import Path
from typing import Annotated

import typer

from bot import __version__
from bot.cli import keeping
from bot.cli.audit_commands import audit_app
from bot.cli.figures_commands import export_app, hub_app, import_app, report
from bot.cli.options import CONFIG, ConfigOption
from bot.cli.services_commands import services_app
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
web_app = typer.Typer(no_args_is_help=True, help="The service's own pages.")
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
def verify(
    backup: Annotated[
        Path | None, typer.Option(help="A backup, or the folder with backups: the newest.")
    ] = None,
    config: ConfigOption = CONFIG,
) -> None:
    """Check every file, every chain and the summary of the book; or every file of a backup."""
    from bot.cli import configured

    raise typer.Exit(configured.verify(config, backup))


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


app.command()(report)


def main() -> None:
    """The program `nightlight`, and `python main.py`."""
    use_safe_streams()
    # It tells whoever holds the records' lock that something was left for the bot. A command that
    # holds the lock, and a bot that is not ready yet, must not be ended by it.
    signal.signal(signal.SIGUSR1, signal.SIG_IGN)
    app(prog_name="nightlight")
