"""The `hub` command."""

import asyncio
import json
import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from hub.app.flow_commands import flows
from hub.app.flow_store_commands import apply
from hub.app.form_commands import forms
from hub.app.project_commands import projects
from hub.app.refusals import Commands
from hub.app.settings_file import misspelt, read_settings

cli = typer.Typer(
    cls=Commands,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Switchboard: a hub for customer conversations.",
)
users = typer.Typer(no_args_is_help=True, help="People who work in the inbox.")
db = typer.Typer(no_args_is_help=True, help="The database: upgrade, back up, restore.")
cli.add_typer(projects, name="projects")
cli.add_typer(users, name="users")
cli.add_typer(db, name="db")
cli.add_typer(flows, name="flows")
cli.add_typer(forms, name="forms")
cli.command("apply")(apply)


@cli.command()
def run() -> None:
    """Run the hub."""
    from hub.app.commands import serve

    serve(read_settings(), demo=False)


@cli.command()
def demo() -> None:
    """Run the hub with a demo project, and say where to look."""
    from hub.app.commands import serve

    serve(read_settings(), demo=True)


@cli.command()
def check() -> None:
    """Read the settings and say what is wrong with them."""
    settings = read_settings()
    if misspelt(os.environ):
        raise typer.Exit(2)
    typer.echo(f"Settings are fine. The hub would listen on {settings.host}:{settings.port}.")


@cli.command()
def doctor() -> None:
    """Say how each channel is doing, and ask its service. Ends with 1 when something is wrong."""
    from hub.app.doctor import examine

    findings = asyncio.run(examine(read_settings()))
    typer.echo("\n".join(line for finding in findings for line in finding.lines()) or "There are no channels yet.")
    if not all(finding.well for finding in findings):
        raise typer.Exit(1)


@cli.command()
def parse(
    kind: Annotated[str, typer.Argument(help="Kind of connector, such as webchat.")],
    file: Annotated[
        Path, typer.Argument(help="File with one raw payload as the service sent it.", exists=True, dir_okay=False)
    ],
) -> None:
    """Print the events that a stored raw payload means, as JSON."""
    from connectors.errors import PayloadInvalid
    from connectors.registry import KINDS, connector_class

    if kind not in KINDS:
        typer.echo(f"There is no connector of kind {kind!r}. Known kinds: {', '.join(sorted(KINDS))}.", err=True)
        raise typer.Exit(2)
    try:
        events = connector_class(kind).parse(file.read_bytes())
    except PayloadInvalid as error:
        typer.echo(f"This payload cannot be read and would be parked: {error.reason}", err=True)
        raise typer.Exit(1) from None
    typer.echo(json.dumps([event.model_dump(mode="json") for event in events], ensure_ascii=False, indent=2))


@cli.command()
def console(
    channel: Annotated[str, typer.Argument(help="Key of a console channel.")] = "demo-console",
    url: Annotated[str | None, typer.Option(help="Address of the hub.")] = None,
) -> None:
    """Talk to the hub as a customer, in this terminal."""
    from hub.app.commands import talk

    asyncio.run(talk(read_settings(), url, channel))


@users.command("add")
def users_add(
    email: str,
    name: Annotated[str, typer.Option(prompt=True)],
    role: Annotated[
        str, typer.Option(help="admin, curator, operator, second_line, analyst or script_author")
    ] = "operator",
    project: Annotated[
        str | None, typer.Option(help="Name of the project; the only one when there is just one.")
    ] = None,
    password: Annotated[str, typer.Option(prompt=True, hide_input=True, confirmation_prompt=True)] = "",
) -> None:
    """Add a person, or a membership to one who exists."""
    from hub.app.commands import add_user

    typer.echo(asyncio.run(add_user(read_settings(), email, name, password, role, project)))


@users.command("password")
def users_password(
    email: str,
    password: Annotated[str, typer.Option(prompt=True, hide_input=True, confirmation_prompt=True)] = "",
) -> None:
    """Set somebody's password; they are signed out everywhere."""
    from hub.app.commands import set_password

    typer.echo(asyncio.run(set_password(read_settings(), email, password)))


@db.command()
def upgrade() -> None:
    """Bring the database to the version this hub knows. Safe to run again after an interruption."""
    from hub.app.commands import upgrade_database

    typer.echo(asyncio.run(upgrade_database(read_settings())))


@db.command()
def backup(folder: Path) -> None:
    """Write the whole database into a new folder."""
    from hub.app.commands import backup_database

    typer.echo(asyncio.run(backup_database(read_settings(), folder)))


@db.command()
def restore(
    folder: Path,
    keep_tokens: Annotated[
        bool, typer.Option("--keep-tokens", help="Restore access tokens, too; those deleted since work again.")
    ] = False,
) -> None:
    """Read a backup into an empty database. Nobody is signed in afterwards, and access tokens are left out."""
    from hub.app.commands import restore_database

    typer.echo(asyncio.run(restore_database(read_settings(), folder, keep_tokens=keep_tokens)))


@cli.command()
def openapi() -> None:
    """Print the OpenAPI description of the HTTP API."""
    from hub.web.openapi import describe
    from hub.web.routes import ROUTES

    json.dump(describe(ROUTES), sys.stdout, ensure_ascii=False, indent=2)


def main() -> None:
    """Entry point of the `hub` script."""
    cli()


if __name__ == "__main__":
    main()
