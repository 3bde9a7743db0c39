"""Commands for many services in one installation."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bot.cli.options import CONFIG, ConfigOption

services_app = typer.Typer(no_args_is_help=True, help="Many services in one installation.")


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
