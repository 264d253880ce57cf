"""The `hub flows` commands about the store, and `hub apply`: publish, compare versions, figures, replay."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Annotated

import typer

from hub.app.flow_commands import FILES_HELP, MOMENTS, flows, spoken
from hub.app.settings_file import read_settings

PROJECT_HELP = "Name of the project; the only one when there is just one."


@flows.command()
def diff(
    old: Annotated[
        str, typer.Argument(help="A file, a flow of config/flows, or a version: b2b@3, b2b@newest, b2b@draft.")
    ],
    new: Annotated[str, typer.Argument(help="What it is compared with, written alike.")],
    project: Annotated[str | None, typer.Option(help=PROJECT_HELP)] = None,
) -> None:
    """Show what differs between two versions of a flow, and whether it may be published as a patch."""
    from hub.app.flow_differences import compare
    from hub.app.flow_store import sources_of

    async def both() -> str:
        settings = read_settings()
        return compare(await sources_of(settings, old, project), await sources_of(settings, new, project))

    with spoken():
        sys.stdout.write(asyncio.run(both()))


@flows.command()
def publish(
    files: Annotated[list[str], typer.Argument(help=FILES_HELP)],
    project: Annotated[str | None, typer.Option(help=PROJECT_HELP)] = None,
    patch: Annotated[
        bool, typer.Option("--patch", help="As a patch, which reaches live sessions: texts only.")
    ] = False,
    force: Annotated[bool, typer.Option("--force", help="Drop what was edited in the inbox meanwhile.")] = False,
) -> None:
    """Read flows' files into the store and publish them."""
    from hub.app.flow_publishing import publish as publish_files

    _tell(publish_files(read_settings(), files, project, patch=patch, force=force))


def apply(
    plan: Annotated[bool, typer.Option("--plan", help="Only show what would change.")] = False,
    project: Annotated[str | None, typer.Option(help=PROJECT_HELP)] = None,
    force: Annotated[bool, typer.Option("--force", help="Drop what was edited in the inbox meanwhile.")] = False,
) -> None:
    """Bring the store to what config/flows and config/bot.yml say, and publish what changed."""
    from hub.app.flow_publishing import apply as apply_files

    _tell(apply_files(read_settings(), project, plan=plan, force=force))


def _tell(lines: AsyncIterator[str]) -> None:
    """Print lines as they come. What is refused ends with 1 and its sentence."""
    from hub.app.flow_files import FilesError
    from hub.store.errors import StoreError

    async def tell() -> None:
        async for line in lines:
            typer.echo(line)

    try:
        asyncio.run(tell())
    except (FilesError, StoreError) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from None


@flows.command()
def replay(
    session: Annotated[str, typer.Argument(help="A session's id, as the inbox and webhooks name it.")],
    project: Annotated[str | None, typer.Option(help=PROJECT_HELP)] = None,
) -> None:
    """Step once more through what happened to a session. Ends with 1 when the engine comes to another session now."""
    from hub.app.flow_records import Comparison
    from hub.app.flow_records import replay as replay_session

    found = Comparison()
    _tell(replay_session(read_settings(), session, project, found))
    if found.differing:
        raise typer.Exit(1)


@flows.command()
def stats(
    flow: Annotated[str, typer.Argument(help="Name of a published flow.")],
    channel: Annotated[str | None, typer.Option(help="Key of a channel; all when left out.")] = None,
    since: Annotated[datetime | None, typer.Option(formats=MOMENTS, help="Sessions that began from then, UTC.")] = None,
    until: Annotated[datetime | None, typer.Option(formats=MOMENTS, help="Sessions that began before, UTC.")] = None,
    project: Annotated[str | None, typer.Option(help=PROJECT_HELP)] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the figures as JSON.")] = False,
) -> None:
    """How many began, finished and stopped at which question; the median time; the outcomes."""
    from hub.app.flow_records import stats as read_stats
    from hub.app.flow_records import stats_told

    with spoken():
        found = asyncio.run(read_stats(read_settings(), flow, project, channel, since, until))
    typer.echo(json.dumps(found, ensure_ascii=False, indent=2) if as_json else stats_told(found))
