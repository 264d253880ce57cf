"""The audit log, for those who manage the project."""

import csv
import io
from collections.abc import Mapping, Sequence
from typing import Annotated

from aiohttp import web
from pydantic import Field, StringConstraints

from hub.model.audit import AuditAction, AuditChange, AuditEntry, Via
from hub.model.base import Moment, Stored, Written
from hub.model.ids import ContactId, OperatorId
from hub.store.audit import AuditFilter
from hub.web.context import Context
from hub.web.page import Limit, Page
from hub.web.route import Id

FORMULA = ("=", "+", "-", "@", "\t", "\r")
COLUMNS = ("at", "action", "by", "by_name", "via", "address", "object", "name", "changes")


class AuditChosen(Written):
    """Which lines. `since` is part of the time, `until` is not."""

    by: Id | None = None
    action: AuditAction | None = None
    since: Moment | None = None
    until: Moment | None = None

    @property
    def filter(self) -> AuditFilter:
        """For the store."""
        by = OperatorId(self.by) if self.by else None
        return AuditFilter(by=by, action=self.action, since=self.since, until=self.until)


class AuditQuery(AuditChosen):
    """Which page."""

    cursor: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{1,16}\.[0-9a-f]{32}$")] | None = None
    limit: Limit = 50


OF_CONTACTS = frozenset(
    {
        AuditAction.CONTACTS_MERGED,
        AuditAction.CONTACTS_PARTED,
        AuditAction.CONTACT_EXPORTED,
        AuditAction.CONTACT_ERASED,
    }
)


class AuditShown(Stored):
    """One line. `object` is the id of what it was done to, `name` how that is called.

    `contacts` are those contacts of the line that are still there, by their ids, with their names of today: the log
    itself has none.
    """

    id: str
    at: Moment
    action: AuditAction
    by: OperatorId | None
    via: Via
    address: str | None
    object: str | None
    name: str | None
    changes: tuple[AuditChange, ...]
    contacts: dict[ContactId, str | None] = Field(default_factory=dict)


async def list_audit(context: Context, query: AuditQuery) -> Page[AuditShown]:
    """Who did what in the management of the project, the newest first. Nothing of it can be changed."""
    found, after = await context.parts.audit.page(context.viewer.project, query.filter, query.cursor, query.limit)
    names = await context.parts.contacts.names_of(
        context.viewer.project, sorted({contact for one in found for contact in _contacts_of(one)})
    )
    return Page(items=tuple(_shown(one, names) for one in found), next=after)


def _contacts_of(entry: AuditEntry) -> Sequence[ContactId]:
    """The contacts that a line is about."""
    if entry.action not in OF_CONTACTS:
        return []
    named = [entry.object, *(one.after for one in entry.changes if one.name == "contact")]
    return [ContactId(one) for one in named if one]


def _shown(entry: AuditEntry, names: Mapping[ContactId, str | None]) -> AuditShown:
    there = {contact: names[contact] for contact in _contacts_of(entry) if contact in names}
    return AuditShown(**entry.model_dump(exclude={"projects"}), contacts=there)


async def export_audit(context: Context, query: AuditChosen) -> web.StreamResponse:
    """The same as CSV, up to a million lines. 429 while another export of yours is running."""
    viewer, parts = context.viewer, context.parts
    names = {one.id: one.name for one in await parts.operators.of_project(viewer.project)}
    entries = parts.audit.all(viewer.operator, viewer.project, query.filter)
    first = await anext(entries, None)  # refused before anything is sent
    await context.note(AuditAction.AUDIT_EXPORTED)
    response = web.StreamResponse(
        headers={
            "Content-Type": "text/csv; charset=utf-8",
            "Content-Disposition": 'attachment; filename="audit.csv"',
            "X-Content-Type-Options": "nosniff",
            "Cache-Control": "no-store",
        }
    )
    await response.prepare(context.request)
    await response.write(_line(COLUMNS))
    try:
        if first is not None:
            await response.write(_line(_cells(first, names)))
        async for entry in entries:
            await response.write(_line(_cells(entry, names)))
    finally:
        await entries.aclose()  # the next export need not wait for the collector
    await response.write_eof()
    return response


def _cells(entry: AuditEntry, names: dict[OperatorId, str]) -> Sequence[str]:
    changes = "; ".join(
        one.name if one.before is None and one.after is None else f"{one.name}: {one.before or ''} > {one.after or ''}"
        for one in entry.changes
    )
    by = entry.by or ""
    at = entry.at.isoformat(timespec="milliseconds")
    name = names.get(entry.by, "") if entry.by else ""
    return (
        at, entry.action, by, name, entry.via, entry.address or "", entry.object or "", entry.name or "", changes
    )  # fmt: skip


def _line(cells: Sequence[str]) -> bytes:
    """A line in which no cell is taken for a formula, whoever opens it (OWASP, CSV injection)."""
    written = io.StringIO()
    safe = [f"'{cell}" if cell.startswith(FORMULA) else cell for cell in cells]
    csv.writer(written, quoting=csv.QUOTE_ALL).writerow(safe)
    return written.getvalue().encode()
