"""Attachments: taking files in, and giving them back so that no browser runs them."""

from typing import Annotated
from urllib.parse import quote

from aiohttp import web
from pydantic import StringConstraints

from hub.model.attachment import Attachment, AttachmentRef
from hub.model.base import Written
from hub.model.ids import AttachmentId
from hub.services.attachments import RASTER_IMAGES, UNKNOWN, operator_actor
from hub.services.errors import NotFound
from hub.web.body import Limits, stream_upload
from hub.web.context import Context
from hub.web.route import Id

CONTENT_POLICY = "sandbox; default-src 'none'"


class UploadQuery(Written):
    """How the file is called."""

    name: Annotated[str, StringConstraints(min_length=1, max_length=255)]


class DownloadQuery(Written):
    """`inline`: show it in the page; for raster images only, everything else is saved all the same."""

    inline: bool = False


async def upload(context: Context, query: UploadQuery) -> AttachmentRef:
    """Upload a file, to be sent with a message within a day."""
    settings, viewer = context.parts.settings, context.viewer
    pieces = stream_upload(context.request, Limits(settings.upload_bytes, settings.body_timeout_s))
    return await context.parts.attachments.take(viewer.project, operator_actor(viewer), query.name, pieces)


async def download(context: Context, attachment: Id, query: DownloadQuery) -> web.StreamResponse:
    """The bytes of a file."""
    found = await context.parts.attachments.for_viewer(context.viewer, AttachmentId(attachment))
    return await send_attachment(context.request, context, found, inline=query.inline)


async def send_attachment(
    request: web.Request, context: Context, attachment: Attachment, *, inline: bool
) -> web.StreamResponse:
    """Stream a file with the headers that keep it data."""
    headers = safe_headers(attachment, inline=inline)
    if request.headers.get("If-None-Match") == headers["ETag"]:
        return web.Response(status=304, headers={"ETag": headers["ETag"], "Cache-Control": headers["Cache-Control"]})
    pieces = context.parts.attachments.open(attachment)
    try:
        first = await anext(pieces, b"")
    except LookupError:
        raise NotFound("This file") from None
    response = web.StreamResponse(headers=headers)
    response.content_length = attachment.size_bytes
    await response.prepare(request)
    await response.write(first)
    async for piece in pieces:
        await response.write(piece)
    await response.write_eof()
    return response


def safe_headers(attachment: Attachment, *, inline: bool) -> dict[str, str]:
    """The headers of a download: the name is data (RFC 6266, 8187), the type is ours, nothing in it can run."""
    shown = inline and attachment.media_type in RASTER_IMAGES
    plain = "".join(c if c.isascii() and c.isprintable() and c not in '"\\%' else "_" for c in attachment.name)
    disposition = "inline" if shown else "attachment"
    encoded = quote(attachment.name, safe="")
    return {
        "Content-Type": attachment.media_type or UNKNOWN,
        "Content-Disposition": f"{disposition}; filename=\"{plain}\"; filename*=UTF-8''{encoded}",
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": CONTENT_POLICY,
        "Cross-Origin-Resource-Policy": "same-origin",
        "Cache-Control": "private, max-age=3600, immutable",
        "ETag": f'"{attachment.sha256}"',
    }
