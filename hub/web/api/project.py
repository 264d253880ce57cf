"""The project one works in, as those who manage it change it."""

from hub.model.audit import AuditAction
from hub.model.base import Written
from hub.model.signature import SignatureText
from hub.services.audit import difference
from hub.services.errors import NotFound
from hub.web.api.session import MyProject
from hub.web.context import Context


class ProjectChange(Written):
    """What changes."""

    signature: SignatureText


async def change_project(context: Context, body: ProjectChange) -> MyProject:
    """Change the signature below answers by mail, for operators and channels that have none of their own."""
    before = await context.parts.projects.get(context.viewer.project)
    changed = await context.parts.projects.set_signature(context.viewer.project, body.signature)
    if before is None or changed is None:
        raise NotFound("This project")
    changes = difference({"signature": before.signature}, {"signature": changed.signature})
    await context.note(AuditAction.PROJECT_CHANGED, changed.id, changed.name, changes)
    return MyProject.model_validate(changed.model_dump())
