"""Links to the files of outgoing messages, for services that fetch them: signed, and good for a while."""

import hmac
from datetime import datetime, timedelta
from urllib.parse import quote

from aiohttp import web

from connectors.base import Services
from connectors.http import Refused, same_secret
from hub.model.attachment import AttachmentRef
from hub.model.ids import AttachmentId

LINK_DAYS = 7
"""So long a link works: a call that brings one is repeated for three days."""


class FileLinks:
    """The links of one channel: `base` (its `/hooks/<kind>/<key>`) and `/files/{file}`, where it serves `give`."""

    def __init__(self, services: Services, base: str) -> None:
        self._services, self._base = services, base

    def of(self, file: AttachmentRef) -> str:
        """The address of a file, from now on."""
        until = int((self._services.clock.now() + timedelta(days=LINK_DAYS)).timestamp())
        return f"{self._services.base_url}{self._base}/files/{file.id}?until={until}&mark={self._mark(file.id, until)}"

    async def give(self, request: web.Request) -> web.StreamResponse:
        """A file, to whoever has the signed address of it. Raises `Refused` (404)."""
        name, written = request.match_info["file"], request.query.get("until", "")
        until = int(written) if written.isascii() and written.isdigit() and len(written) < 12 else 0
        if not same_secret(request.query.get("mark"), self._mark(name, until)) or self._over(until):
            raise Refused(404, "not_found", "There is no such file, or its address is too old.")
        opened = await self._services.attachments.open(AttachmentId(name))
        if opened is None:
            raise Refused(404, "not_found", "There is no such file.")
        response = web.StreamResponse(headers={
            "Content-Type": "application/octet-stream", "Content-Length": str(opened.file.size_bytes),
            "Content-Disposition": f"attachment; filename*=UTF-8''{quote(opened.file.name, safe='')}",
            "Cache-Control": "private, no-store", "X-Content-Type-Options": "nosniff",
        })  # fmt: skip
        await response.prepare(request)
        async for piece in opened.pieces:
            await response.write(piece)
        await response.write_eof()
        return response

    def _mark(self, file: str, until: int) -> str:
        return hmac.digest(self._services.secret, f"file:{file}:{until}".encode(), "sha256").hex()

    def _over(self, until: int) -> bool:
        now = self._services.clock.now()
        return now > datetime.fromtimestamp(until, tz=now.tzinfo)
