"""`hub forms`: links to forms that know the contact, some answers, or the campaign."""

import asyncio
import sys
from collections.abc import Sequence
from datetime import timedelta
from typing import Annotated

import typer

from hub.app.flow_files import FilesError
from hub.app.flow_store import open_library
from hub.app.settings_file import read_settings
from hub.model.contact import Contact
from hub.model.ids import ContactId
from hub.services.errors import Invalid, ServiceError
from hub.services.form_invites import FormInvites
from hub.settings import Settings
from hub.store.clock import DatabaseClock
from hub.store.contacts import Contacts
from hub.store.form_invites import FormInvites as Store
from hub.store.projects import Projects

forms = typer.Typer(help="Hosted forms.", no_args_is_help=True)


@forms.command("link")
def link(
    flow: Annotated[str, typer.Argument(help="The flow whose form it is.")],
    contact: Annotated[str | None, typer.Option(help="The contact's id: what is known of them is filled in.")] = None,
    answer: Annotated[list[str] | None, typer.Option(help="QUESTION=ANSWER, as a person would give it.")] = None,
    field: Annotated[list[str] | None, typer.Option(help="NAME=VALUE of the contact, such as utm_source=mail.")] = None,
    once: Annotated[bool, typer.Option("--once", help="It is filled in once.")] = False,
    days: Annotated[int, typer.Option(min=1, max=366, help="How long the link counts.")] = 30,
    project: Annotated[str | None, typer.Option(help="The project's name or id.")] = None,
) -> None:
    """Make a link to a form and print it."""
    try:
        values, fields = _pairs(answer or ()), _pairs(field or ())
        typer.echo(asyncio.run(_link(read_settings(), project, flow, contact, values, fields, once, days)))
    except Invalid as refused:
        faults = refused.extra.get("faults")
        lines = [f"{name}: {fault}" for name, fault in faults.items()] if isinstance(faults, dict) else []
        sys.exit("\n".join([refused.detail, *lines]))
    except (FilesError, ServiceError) as error:
        sys.exit(str(error))


async def _link(
    settings: Settings,
    project: str | None,
    flow: str,
    contact: str | None,
    values: dict[str, str],
    fields: dict[str, str],
    once: bool,
    days: int,
) -> str:
    async with open_library(settings, project) as opened:
        database = opened.connection.database
        clock = DatabaseClock(database)
        await clock.sync()
        invites = FormInvites(
            Store(database), opened.library, Projects(database), clock, secret=settings.signing_key,
            origin=settings.origin,
        )  # fmt: skip
        known: Contact | None = None
        if contact is not None:
            known = await Contacts(database).get(opened.project, ContactId(contact))
            if known is None:
                raise FilesError(f"{opened.name} has no contact {contact}. Its id stands in the inbox's address.")
        made = await invites.make(
            opened.project, flow, known, values=values, fields=fields, once=once, lasts=timedelta(days=days)
        )
        return invites.url(made)


def _pairs(given: Sequence[str]) -> dict[str, str]:
    """`NAME=VALUE` as pairs. Raises `FilesError`."""
    found = {}
    for one in given:
        name, equals, value = one.partition("=")
        if not equals or not name:
            raise FilesError(f"Write NAME=VALUE, not “{one}”.")
        found[name] = value
    return found
