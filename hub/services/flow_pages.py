"""What the conversation shows of a page that a contact filled in."""

from collections.abc import Sequence

from flows.definition import Flow
from flows.events import Filled, GivenFile
from flows.session import Session
from flows.showing import filled_in, shown
from hub.model.attachment import AttachmentRef
from hub.model.ids import AttachmentId, ContactId
from hub.model.message import Actor, ActorKind, Direction
from hub.model.turn import Say
from hub.services.flow_cards import values_of


def page_said(flow: Flow, session: Session, page: Filled, contact: ContactId) -> Say:
    """The page as the contact's message: each question with its answer, and the files that came with it."""
    lines: list[str] = []
    files: list[GivenFile] = []
    facts = values_of(session.answers)
    for question in flow.questions.values():
        answer = session.answers.get(question.id)
        if question.id not in page.values or answer is None or answer.value is None:
            continue
        asked = filled_in(question.text[session.lang], flow, facts, {}, session.lang)
        lines.append(f"{asked} {shown(question, answer.value, session.lang)}")
        given = page.values[question.id]
        files += [file for file in given if isinstance(file, GivenFile)] if isinstance(given, Sequence) else []
    refs = tuple(
        AttachmentRef(id=AttachmentId(file.id), name=file.name, media_type=file.type, size_bytes=file.size_bytes)
        for file in files
    )
    author = Actor(kind=ActorKind.CONTACT, id=contact)
    return Say(direction=Direction.IN, author=author, text="\n".join(lines), attachments=refs)
