"""The project one works in, as those who manage it change it."""

from typing import Literal

from hub.model.audit import AuditAction
from hub.model.base import Written
from hub.model.project import PlaceName, TimeZone
from hub.model.signature import SignatureText
from hub.services.audit import difference
from hub.services.errors import NotFound
from hub.web.api.session import MyProject
from hub.web.context import Context


class ProjectChange(Written):
    """What changes. `locale` is the language of what the hub itself writes, `time_zone` that of dates and hours."""

    name: PlaceName | None = None
    locale: Literal["en", "ru"] | None = None
    time_zone: TimeZone | None = None
    signature: SignatureText | None = None


async def change_project(context: Context, body: ProjectChange) -> MyProject:
    """Change the project's name, language, time zone, or the signature below answers by mail.

    The signature is for operators and channels that have none of their own.
    """
    values = body.model_dump(exclude_none=True)
    before = await context.parts.projects.get(context.viewer.project)
    changed = await context.parts.projects.change(context.viewer.project, values) if values else before
    if before is None or changed is None:
        raise NotFound("This project")
    former = {name: getattr(before, name) for name in values}
    if former != values:
        changes = difference(former, values)
        await context.note(AuditAction.PROJECT_CHANGED, changed.id, changed.name, changes)
    return MyProject.model_validate(changed.model_dump())
