"""The commands about how long records are kept; the work is done elsewhere."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(no_args_is_help=True)
ConfigOption = Annotated[
    Path, typer.Option("--config", "-c", help="The configuration file.", dir_okay=False)
]
ByOption = Annotated[str, typer.Option("--by", help="Who says so: an id of the staff list.")]
CONFIG = Path("config.toml")


@app.command()
def retention(
    dry_run: Annotated[bool, typer.Option(help="List what would go, and change nothing.")] = False,
    by: ByOption = "",
    config: ConfigOption = CONFIG,
) -> None:
    """Delete closed cases whose time is over, whose case file is confirmed, and that nobody holds;
    their rows for figures stay (not while the bot runs, but for --dry-run)."""
    from bot.cli import retention as keeping

    raise typer.Exit(keeping.run(config, dry_run=dry_run, by=by))


@app.command()
def hold(
    ref: Annotated[str, typer.Argument(help="A case, or a young person with all their cases.")],
    by: ByOption,
    why: Annotated[str, typer.Option(help="Who asked for it, and for what.")] = "",
    end: Annotated[bool, typer.Option("--end", help="End the hold.")] = False,
    config: ConfigOption = CONFIG,
) -> None:
    """Legal hold: nothing of it is deleted until the hold is ended (not while the bot runs)."""
    from bot.cli import retention as keeping

    raise typer.Exit(keeping.hold(ref, config, by=by, why=why, end=end))


@app.command()
def exported(
    ref: Annotated[str, typer.Argument(help="A case.")],
    by: ByOption,
    config: ConfigOption = CONFIG,
) -> None:
    """Confirm that a case's file (`sheet case`), with what is attached to the case, is in the young
    person's own record."""
    from bot.cli import retention as keeping

    raise typer.Exit(keeping.exported(ref, config, by=by))
