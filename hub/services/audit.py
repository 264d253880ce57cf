"""Keeping the audit log: one line for each act of management, and for each attempt to sign in."""

import asyncio
from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

import structlog

from hub.model.audit import AuditAction, AuditChange, AuditEntry, Via
from hub.model.ids import OperatorId, ProjectId, new_id
from hub.model.operator import Operator
from hub.services.errors import Invalid, TooMany
from hub.store.audit import AuditEntries, AuditFilter, BadCursor
from hub.store.clock import DatabaseClock
from hub.store.outage import is_outage

log = structlog.get_logger(__name__)

SWEEP_S = 3600.0
VALUE_LIMIT = 200
EXPORTED_PAGE = 500
EXPORTED_AT_MOST = 1_000_000


@dataclass(frozen=True, slots=True)
class By:
    """Who did something, what proved it, and from which network address."""

    operator: OperatorId | None
    via: Via
    address: str | None = None


class Audit:
    """Writes and reads the log. A line is durable before whoever asked gets the answer."""

    def __init__(self, entries: AuditEntries, clock: DatabaseClock, kept: timedelta) -> None:
        self._entries, self._clock, self._kept = entries, clock, kept
        self._exporting: set[OperatorId] = set()

    async def note(
        self,
        by: By,
        action: AuditAction,
        projects: Sequence[ProjectId],
        *,
        about: str | None = None,
        name: str | None = None,
        changes: Sequence[AuditChange] = (),
    ) -> None:
        """Add a line. `about` is the id of what it was done to."""
        await self._entries.add(
            AuditEntry(
                id=new_id(), projects=tuple(projects), at=self._clock.now(), action=action, by=by.operator, via=by.via,
                address=by.address, object=about, name=name, changes=tuple(changes),
            )
        )  # fmt: skip

    async def page(
        self, project: ProjectId, which: AuditFilter, cursor: str | None, limit: int
    ) -> tuple[Sequence[AuditEntry], str | None]:
        """Lines, the newest first, and the cursor of those that follow. Raises `Invalid` `bad_cursor`."""
        try:
            return await self._entries.page(project, which, after=cursor, limit=limit)
        except BadCursor:
            raise Invalid("bad_cursor", "This cursor is not ours. Ask for the first page again.") from None

    async def all(
        self, operator: OperatorId, project: ProjectId, which: AuditFilter
    ) -> AsyncGenerator[AuditEntry, None]:
        """Every line, up to a million, page by page. Raises `TooMany` while the operator has another export running."""
        if operator in self._exporting:
            raise TooMany(10, "Another export of yours is still running.")
        self._exporting.add(operator)
        try:
            cursor: str | None = None
            for _ in range(EXPORTED_AT_MOST // EXPORTED_PAGE):
                found, cursor = await self._entries.page(project, which, after=cursor, limit=EXPORTED_PAGE)
                for entry in found:
                    yield entry
                if cursor is None:
                    return
        finally:
            self._exporting.discard(operator)

    async def run(self) -> None:
        """Remove what is older than it is to be kept, now and then, until cancelled."""
        while True:
            try:
                gone = await self._entries.forget_before(self._clock.now() - self._kept)
                if gone:
                    log.info("old lines of the audit log were removed", lines=gone)
            except Exception as error:
                if not is_outage(error):
                    raise
            await asyncio.sleep(SWEEP_S)


def places_of(operator: Operator) -> Sequence[ProjectId]:
    """The projects whose admins see what happens to an account."""
    return [place.project for place in operator.memberships]


def difference(before: Mapping[str, object], after: Mapping[str, object]) -> Sequence[AuditChange]:
    """What changed, by name, with values that are short enough to be read."""
    names = sorted({*before, *after})
    return [
        AuditChange(name=name, before=_shown(before.get(name)), after=_shown(after.get(name)))
        for name in names
        if _shown(before.get(name)) != _shown(after.get(name))
    ]


def touched(before: Mapping[str, object], after: Mapping[str, object], prefix: str) -> Sequence[AuditChange]:
    """The names alone of what changed: among them are secrets."""
    return [
        AuditChange(name=f"{prefix}{name}") for name in sorted({*before, *after}) if before.get(name) != after.get(name)
    ]


def _shown(value: object) -> str | None:
    if value in (None, "", (), []):
        return None
    if isinstance(value, list | tuple):
        value = ", ".join(str(one) for one in value)
    text = str(value)
    return text if len(text) <= VALUE_LIMIT else f"{text[:VALUE_LIMIT]}…"
