"""`hub projects`: make the first project of a hub, and further ones, and say which there are."""

import asyncio
from typing import Annotated

import typer
from pydantic import TypeAdapter, ValidationError

from hub.app.database import open_store
from hub.app.refusals import CommandRefused
from hub.app.settings_file import read_settings
from hub.app.terminal_language import Language
from hub.model.ids import ProjectId, new_id
from hub.model.project import PlaceName, Project, TimeZone
from hub.settings import Settings
from hub.store.clock import DatabaseClock
from hub.store.projects import Projects

_NAME, _ZONE = TypeAdapter[str](PlaceName), TypeAdapter[str](TimeZone)

projects = typer.Typer(no_args_is_help=True, help="Projects: each has its own people, channels and conversations.")


@projects.command()
def add(
    name: Annotated[str, typer.Argument(help="What people in the inbox know it by.")],
    locale: Annotated[Language, typer.Option(help="Language of what the hub itself writes.")] = Language.EN,
    time_zone: Annotated[str, typer.Option(help="Of its business hours and dates, such as Europe/Berlin.")] = "UTC",
) -> None:
    """Make a project, without people and channels."""
    typer.echo(asyncio.run(add_project(read_settings(), name, locale, time_zone)))


@projects.command("list")
def list_projects() -> None:
    """Say which projects there are."""
    found = asyncio.run(_all(read_settings()))
    typer.echo("\n".join(f"{one.name} ({one.locale}, {one.time_zone})" for one in found) or f"None yet. {HOW}")


HOW = "Make one with `hub projects add NAME`."


async def add_project(settings: Settings, name: str, locale: str, time_zone: str) -> str:
    """Make a project; a sentence about it and the next step. Raises `CommandRefused`."""
    name = _read(_NAME, name)
    time_zone = _read(_ZONE, time_zone)
    async with open_store(settings, beside=True) as connection:
        store = Projects(connection.database)
        if any(one.name.casefold() == name.casefold() for one in await store.all()):
            raise CommandRefused(f"there is a project {name} already: choose another name")
        clock = DatabaseClock(connection.database)
        await clock.sync()
        made = Project(
            id=ProjectId(new_id()), name=name, locale=locale, time_zone=time_zone, created_at=clock.now()
        )  # fmt: skip
        await store.put(made)
    return f'{name} is there. Its first person: hub users add EMAIL --role admin --project "{name}"'


def _read(kind: TypeAdapter[str], given: str) -> str:
    try:
        return kind.validate_python(given)
    except ValidationError as error:
        said = error.errors()[0]["msg"].removeprefix("Value error, ")
        raise CommandRefused(f"{given!r} cannot be taken: {said}") from error


async def _all(settings: Settings) -> list[Project]:
    async with open_store(settings, beside=True) as connection:
        return list(await Projects(connection.database).all())
