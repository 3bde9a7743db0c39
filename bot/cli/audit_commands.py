"""Commands for the audit."""

from __future__ import annotations

from typing import Annotated

import typer

from bot.cli.options import CONFIG, ConfigOption

audit_app = typer.Typer(no_args_is_help=True, help="Who read and changed what.")


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
