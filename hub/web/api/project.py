"""The project one works in, as those who manage it change it."""

from hub.model.base import Written
from hub.model.signature import SignatureText
from hub.services.errors import NotFound
from hub.web.api.session import MyProject
from hub.web.context import Context


class ProjectChange(Written):
    """What changes."""

    signature: SignatureText


async def change_project(context: Context, body: ProjectChange) -> MyProject:
    """Change the signature below answers by mail, for operators and channels that have none of their own."""
    changed = await context.parts.projects.set_signature(context.viewer.project, body.signature)
    if changed is None:
        raise NotFound("This project")
    return MyProject.model_validate(changed.model_dump())
