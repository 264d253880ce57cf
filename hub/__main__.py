"""The `hub` command."""

import asyncio
import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from hub.settings import Settings

cli = typer.Typer(no_args_is_help=True, add_completion=False, help="Switchboard: a hub for customer conversations.")
users = typer.Typer(no_args_is_help=True, help="People who work in the inbox.")
db = typer.Typer(no_args_is_help=True, help="The database: upgrade, back up, restore.")
cli.add_typer(users, name="users")
cli.add_typer(db, name="db")


@cli.command()
def run() -> None:
    """Run the hub."""
    from hub.app import serve

    serve(Settings(), demo=False)


@cli.command()
def demo() -> None:
    """Run the hub with a demo project, and say where to look."""
    from hub.app import serve

    serve(Settings(), demo=True)


@cli.command()
def check() -> None:
    """Read the settings and say what is wrong with them."""
    settings = Settings()
    typer.echo(f"Settings are fine. The hub would listen on {settings.host}:{settings.port}.")


@cli.command()
def parse(
    kind: Annotated[str, typer.Argument(help="Kind of connector, such as webchat.")],
    file: Annotated[Path, typer.Argument(help="File with one raw payload as the service sent it.", exists=True)],
) -> None:
    """Print the events that a stored raw payload means, as JSON."""
    from connectors.registry import kinds, parser_of

    if kind not in kinds():
        typer.echo(f"There is no connector of kind {kind!r}. Known kinds: {', '.join(sorted(kinds()))}.", err=True)
        raise typer.Exit(2)
    events = parser_of(kind)(file.read_bytes())
    typer.echo(json.dumps([event.model_dump(mode="json") for event in events], ensure_ascii=False, indent=2))


@cli.command()
def console(
    channel: Annotated[str, typer.Argument(help="Key of a console channel.")] = "demo-console",
    url: Annotated[str | None, typer.Option(help="Address of the hub.")] = None,
) -> None:
    """Talk to the hub as a customer, in this terminal."""
    from connectors.console.terminal import talk

    asyncio.run(talk(url or Settings().origin, channel))


@users.command("add")
def users_add(
    email: str,
    name: Annotated[str, typer.Option(prompt=True)],
    role: Annotated[str, typer.Option(help="admin, curator, operator, second_line or analyst")] = "operator",
    project: Annotated[
        str | None, typer.Option(help="Name of the project; the only one when there is just one.")
    ] = None,
    password: Annotated[str, typer.Option(prompt=True, hide_input=True, confirmation_prompt=True)] = "",
) -> None:
    """Add a person, or a membership to one who exists."""
    from hub.app import add_user

    typer.echo(asyncio.run(add_user(Settings(), email, name, password, role, project)))


@db.command()
def upgrade() -> None:
    """Bring the database to the version this hub knows. Safe to run again after an interruption."""
    from hub.app import upgrade_database

    typer.echo(asyncio.run(upgrade_database(Settings())))


@db.command()
def backup(folder: Path) -> None:
    """Write the whole database into a new folder."""
    from hub.app import backup_database

    typer.echo(asyncio.run(backup_database(Settings(), folder)))


@db.command()
def restore(folder: Path) -> None:
    """Read a backup into an empty database."""
    from hub.app import restore_database

    typer.echo(asyncio.run(restore_database(Settings(), folder)))


@cli.command()
def openapi() -> None:
    """Print the OpenAPI description of the HTTP API."""
    from hub.web.openapi import description

    json.dump(description(), sys.stdout, ensure_ascii=False, indent=2)


def main() -> None:
    """Entry point of the `hub` script."""
    cli()


if __name__ == "__main__":
    main()
