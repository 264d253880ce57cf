"""What the feed tells of each change of the store: the thing as the HTTP API shows it, and who may see it."""

from collections.abc import Awaitable, Callable, Mapping

import structlog
from pydantic import JsonValue, ValidationError

from hub.model.base import Stored
from hub.model.channel import Channel
from hub.model.contact import Contact
from hub.model.conversation import Conversation
from hub.model.desk import Draft, ReadMark
from hub.model.feed import Change, ChangeKind
from hub.model.ids import ContactId, ConversationId, ProjectId
from hub.model.message import ActorKind, Message
from hub.model.operator import Right
from hub.model.presence import Attendance
from hub.model.task import Task
from hub.model.turn import MESSAGE_KINDS, Activity
from hub.services.visibility import Entry, Visibility
from hub.store.changes import StoreChange, decoded
from hub.store.documents import Document, from_document
from hub.store.places import Place, Places

log = structlog.get_logger(__name__)

CHANNEL_FIELDS = {"id", "kind", "name", "enabled", "team", "health", "created_at", "revision"}
"""What everybody sees of a channel. Its settings hold tokens and passwords: who manages channels reads them by HTTP."""

Make = Callable[["FeedEntries", str, StoreChange, Document], Awaitable[Entry | None]]


class FeedEntries:
    """Turns changes of the store into entries of the feed."""

    def __init__(self, places: Places, visibility: Visibility) -> None:
        self._places, self._visibility = places, visibility

    async def of(self, raw: StoreChange, generation: str) -> Entry | None:
        """The entry, or None when nobody is told. Raises `StoreUnavailable`: ask again with the same change."""
        cursor = f"{generation}/{raw.token}"
        if raw.collection == "conversations" and raw.operation == "delete":
            return self._erased(cursor, raw)
        if raw.document is None or raw.collection not in _MAKE:
            return None
        try:
            return await _MAKE[raw.collection](self, cursor, raw, raw.document)
        except ValidationError as error:  # a newer process has written what this one cannot read
            log.error("change cannot be shown", collection=raw.collection, id=raw.id, errors=error.error_count())
            return None

    def _erased(self, cursor: str, raw: StoreChange) -> Entry:
        conversation = ConversationId(raw.id)
        former = self._visibility.gone(conversation) or frozenset()
        project = ProjectId(next((place.project for place in former), ""))
        return _entry(raw.token, _change(cursor, ChangeKind.REMOVED, project, conversation, {}), former=former)

    async def _conversation(self, cursor: str, raw: StoreChange, document: Document) -> Entry:
        place, former = await self._visibility.moved(raw)
        entry = _later(cursor, raw, ChangeKind.CONVERSATION, Conversation, document, ConversationId(raw.id))
        entry.place, entry.former = place, former
        return entry

    async def _message(self, cursor: str, raw: StoreChange, document: Document) -> Entry:
        return _later(cursor, raw, ChangeKind.MESSAGE, Message, document, document["conversation"])

    async def _activity(self, cursor: str, raw: StoreChange, document: Document) -> Entry | None:
        if document["kind"] in MESSAGE_KINDS:
            return None
        activity = from_document(Activity, document)
        change = _change(cursor, ChangeKind.ACTIVITY, document["project"], activity.conversation, _shown(activity))
        return _entry(raw.token, change)

    async def _contact(self, cursor: str, raw: StoreChange, document: Document) -> Entry:
        contact = from_document(Contact, document)
        places = await self._places.of_contact(contact.project, ContactId(contact.id))
        change = _change(cursor, ChangeKind.CONTACT, contact.project, None, _shown(contact))
        return _entry(raw.token, change, of_contact=places)

    async def _channel(self, cursor: str, raw: StoreChange, document: Document) -> Entry:
        channel = from_document(Channel, document)
        shown = channel.model_dump(mode="json", include=CHANNEL_FIELDS)
        return _entry(raw.token, _change(cursor, ChangeKind.CHANNEL, channel.project, None, shown))

    async def _parked(self, cursor: str, raw: StoreChange, document: Document) -> Entry:
        project = ProjectId(document["project"])
        count = await self._places.waiting_parked(project)
        return _entry(
            raw.token, _change(cursor, ChangeKind.PARKED, project, None, {"count": count}), right=Right.MANAGE
        )

    async def _presence(self, cursor: str, raw: StoreChange, document: Document) -> Entry | None:
        if "conversation" not in document:  # a beat of an operator's inbox
            return None
        attendance = from_document(Attendance, document)
        change = _change(
            cursor, ChangeKind.PRESENCE, attendance.project, attendance.conversation, attendance_shown(attendance)
        )
        return _entry(raw.token, change)

    async def _read_mark(self, cursor: str, raw: StoreChange, document: Document) -> Entry:
        mark = from_document(ReadMark, document)
        change = _change(cursor, ChangeKind.READ_MARK, mark.project, mark.conversation, _shown(mark))
        return _entry(raw.token, change, operator=mark.operator)

    async def _draft(self, cursor: str, raw: StoreChange, document: Document) -> Entry:
        draft = from_document(Draft, document)
        change = _change(cursor, ChangeKind.DRAFT, draft.project, draft.conversation, _shown(draft))
        return _entry(raw.token, change, operator=draft.operator)

    async def _task(self, cursor: str, raw: StoreChange, document: Document) -> Entry:
        """Of no conversation here: a task is seen by whose it is, also where its conversation is not."""
        task = from_document(Task, document)
        change = _change(cursor, ChangeKind.TASK, task.project, None, _shown(task))
        places = (await self._places.current([task.conversation])).values()
        former = frozenset(Place(task.project, assignee, team) for assignee, team in task.former)
        now = Place(task.project, task.assignee, task.team)
        return _entry(raw.token, change, of_contact=frozenset({now, *places}), former=former)


_MAKE: Mapping[str, Make] = {
    "conversations": FeedEntries._conversation,
    "messages": FeedEntries._message,
    "turns": FeedEntries._activity,
    "contacts": FeedEntries._contact,
    "channels": FeedEntries._channel,
    "parked": FeedEntries._parked,
    "presence": FeedEntries._presence,
    "read_marks": FeedEntries._read_mark,
    "drafts": FeedEntries._draft,
    "tasks": FeedEntries._task,
}


def attendance_shown(attendance: Attendance) -> dict[str, JsonValue]:
    """Presence as sockets are told of it."""
    if attendance.kind is ActorKind.CONTACT:
        return {"conversation": attendance.conversation, "contact": True, "typing": attendance.typing}
    return {
        "conversation": attendance.conversation,
        "operator": attendance.person,
        "name": attendance.name,
        "looking": attendance.looking,
        "typing": attendance.typing,
    }


def _shown(thing: Stored) -> dict[str, JsonValue]:
    return thing.model_dump(mode="json")


def _entry(
    token: str, change: Change, *, former: frozenset[Place] = frozenset(), operator: str | None = None,
    right: Right | None = None, of_contact: frozenset[Place] | None = None,
) -> Entry:  # fmt: skip
    """The entry of a change that was made at once."""
    return Entry(
        token, change.cursor, change.kind, change.project, change.conversation, lambda: change, len(change.frame),
        former=former, operator=operator, right=right, of_contact=of_contact,
    )  # fmt: skip


def _later(
    cursor: str, source: StoreChange, kind: ChangeKind, model: type[Stored], document: Document,
    conversation: ConversationId,
) -> Entry:  # fmt: skip
    """The entry of a message or a conversation, what changes most: kept as the store sent it until it is shown.

    Few are ever asked for again, and of many nobody is told at all.
    """
    project, raw = ProjectId(document["project"]), source.raw  # nothing else of the source is kept

    def make() -> Change | None:
        try:
            shown = _shown(from_document(model, decoded(raw)))
        except ValidationError as error:  # a newer process has written what this one cannot read
            log.error("change cannot be shown", kind=kind.value, cursor=cursor, errors=error.error_count())
            return None
        return _change(cursor, kind, project, conversation, shown)

    return Entry(source.token, cursor, kind, project, conversation, make, len(raw))


def _change(
    cursor: str, kind: ChangeKind, project: ProjectId, conversation: ConversationId | None, data: dict[str, JsonValue]
) -> Change:
    # Not validated: it was made by a model a moment ago, and this happens for every change of the store.
    return Change.model_construct(cursor=cursor, kind=kind, project=project, conversation=conversation, data=data)
