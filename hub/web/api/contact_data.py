"""A contact's data on their wish: taken along, looked at before it goes, and erased, by those who manage."""

from typing import Literal

from aiohttp import web

from hub.model.audit import AuditAction
from hub.model.base import Moment, Stored, Written
from hub.model.erasure import Held
from hub.model.ids import ContactId
from hub.services.contact_export import pieces_of
from hub.services.errors import NotAllowed
from hub.web.api.contacts import visible_contact
from hub.web.context import Context
from hub.web.route import Id


class ErasureAsked(Written):
    """`confirm` is the word `erase`: it cannot be undone."""

    confirm: Literal["erase"]


class ErasureShown(Stored):
    """What is being erased. `done_at` null: it goes on, and an entry in the audit log tells when it is done."""

    id: ContactId
    held: Held
    asked_at: Moment
    done_at: Moment | None


async def export_contact(context: Context, contact: Id) -> web.StreamResponse:
    """Everything that is held of a contact, as a zip of JSON and their files."""
    known, parts = await visible_contact(context, contact), context.parts
    async with parts.contact_export.opened(context.viewer.operator, known) as file:
        await context.note(AuditAction.CONTACT_EXPORTED, known.id)
        response = web.StreamResponse(
            headers={
                "Content-Type": "application/zip",
                "Content-Disposition": f'attachment; filename="contact-{known.id}.zip"',
                "X-Content-Type-Options": "nosniff",
                "Cache-Control": "no-store",
            }
        )
        await response.prepare(context.request)
        async for piece in pieces_of(file):
            await response.write(piece)
        await response.write_eof()
        return response


async def preview_erasure(context: Context, contact: Id) -> Held:
    """What an erasure would take out. Nothing changes."""
    return await context.parts.contact_erasing.preview(await visible_contact(context, contact))


async def erase_contact(context: Context, contact: Id, body: ErasureAsked) -> ErasureShown:
    """Erase a contact, all conversations included, for good. Who writes from the same address then is somebody new."""
    if context.who.session is None:
        raise NotAllowed("This needs you to be signed in; a token is not enough.")
    asked = await context.parts.contact_erasing.ask(context.by, await visible_contact(context, contact))
    return ErasureShown.model_validate(asked.model_dump())
