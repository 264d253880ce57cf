"""Conversations: the list documents, derived from messages and Turns, and the queries the inbox lives on."""

import base64
import binascii
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, assert_never

import orjson
from pymongo.asynchronous.database import AsyncDatabase

from hub.model.conversation import Conversation, ConversationState
from hub.model.ids import ChannelId, ContactId, ConversationId, OperatorId, ProjectId, TeamId
from hub.model.message import Message
from hub.model.operator import Scope, Viewer
from hub.model.turn import Turn
from hub.model.views import SHELVES, View, is_unattended, shelf_of
from hub.store.coalesce import Coalescer
from hub.store.documents import Document, from_document, plain

COUNTED_AT_MOST = 100  # shown as 99+
CONVERSATIONS_LOOKED_AT = 1_000
PREVIEW_CHARACTERS = 140
PREVIEWED_CHARACTERS = 300
"""So much of a text nearly always gives its preview."""
CONTACT_CONVERSATIONS = 200
NAME_WORDS, NAME_CHARACTERS = 10, 100  # of a contact's name, to be found by


@dataclass(slots=True)  # not frozen: that costs three times as much to make
class Derived:
    """What a Turn and the messages around it say about the list document. Two of one conversation fold into one."""

    turn: Turn
    number: int
    channel_kind: str
    contact_name: str | None
    newest: Message | None = None
    before: ConversationState | None = None
    """The state before the Turn, where it is known: then the document need only be told of what has changed since."""
    before_seq: int = 0
    """The seq of that state; 0: this is all that there has been."""
    said: Message | None = None
    """The newest message that a person or a flow has said: an automatic text is no preview of a conversation."""

    def folded(self, later: "Derived") -> "Derived":
        """This and a later one in one."""
        first, second = (self, later) if self.turn.seq <= later.turn.seq else (later, self)
        return Derived(
            turn=second.turn,
            number=second.number,
            channel_kind=second.channel_kind,
            contact_name=second.contact_name or first.contact_name,
            newest=_newer(self.newest, later.newest),
            before=first.before,
            before_seq=first.before_seq,
            said=_newer(self.said, later.said),
        )


class BadCursor(ValueError):
    """The cursor of a list was not made by us: ask without one."""


class Conversations:
    """The conversations of all projects, as lists show them."""

    def __init__(self, database: AsyncDatabase[dict[str, Any]], coalescer: Coalescer) -> None:
        self._collection = database["conversations"]
        self._coalescer = coalescer

    async def derive(self, derived: Derived) -> None:
        """Bring the list document up to a Turn and a message; older ones than it knows change nothing."""
        await self._coalescer.submit(derived.turn.conversation, derived, Derived.folded, _update_of, _short_of)

    def is_settled(self, conversation: ConversationId) -> bool:
        """Whether everything derived so far for the conversation is written."""
        return self._coalescer.is_written(conversation)

    async def settled(self, conversation: ConversationId, *, hurry: bool = True) -> None:
        """Return when everything derived so far for the conversation is written; soon, if somebody is in a `hurry`."""
        await self._coalescer.written(conversation, hurry=hurry)

    async def rename_contact(self, project: ProjectId, contact: ContactId, name: str | None) -> None:
        """Bring the copies of a contact's name up to date."""
        await self._collection.update_many(
            {"project": project, "contact": contact},
            {"$set": {"contact_name": name, "name_starts": name_starts(name)}, "$inc": {"revision": 1}},
        )

    async def show_changed(self, message: Message) -> bool:
        """Let the list show a message as it is, which was changed, if it is the last one; false: it is not listed yet.

        A later change is not taken back.
        """
        shown = await self._collection.find_one({"_id": message.conversation}, {"last_position": 1})
        if shown is None or shown["last_position"] < message.position:
            return False
        place = {
            "last_message.position": message.position,
            "last_message.revision": {"$not": {"$gte": message.revision}},
        }
        change = {
            "last_message.preview": preview_of(message),
            "last_message.deleted": message.deleted_at is not None,
            "last_message.revision": message.revision,
        }
        await self._collection.update_one(
            {"_id": message.conversation, **place}, {"$set": change, "$inc": {"revision": 1}}
        )
        return True

    async def newest_of(self, channel: ChannelId, contact: ContactId) -> Conversation | None:
        """The contact's newest conversation on the channel, or None."""
        document = await self._collection.find_one({"channel": channel, "contact": contact}, sort=[("number", -1)])
        return from_document(Conversation, document) if document else None

    async def of_contact_on(self, channel: ChannelId, contact: ContactId) -> Sequence[Conversation]:
        """The contact's conversations on the channel, the oldest first."""
        rows = await self._collection.find({"channel": channel, "contact": contact}).sort("number", 1).to_list()
        return [from_document(Conversation, row) for row in rows]

    async def any(self, conversation: ConversationId) -> Conversation | None:
        """The conversation, whoever asks: for the hub's own work only."""
        document = await self._collection.find_one({"_id": conversation})
        return from_document(Conversation, document) if document else None

    async def get(self, viewer: Viewer, conversation: ConversationId) -> Conversation | None:
        """The conversation, or None when it does not exist for this viewer."""
        document = await self._collection.find_one({"_id": conversation, **scope_filter(viewer)})
        return from_document(Conversation, document) if document else None

    async def list(
        self, viewer: Viewer, view: View, *, cursor: str | None = None, limit: int = 30, name: str = ""
    ) -> tuple[Sequence[Conversation], str | None]:
        """One page of a view, and the cursor of the next page (None on the last).

        Longest waiting first in `unattended`, else the newest activity first. With `name`, those whose contact's name
        has a word that begins so. Raises `BadCursor`.
        """
        query, sort = list_query(viewer, view, cursor, name)
        rows = await self._collection.find(query).sort(sort).limit(limit + 1).to_list()
        found = [from_document(Conversation, row) for row in rows[:limit]]
        more = len(rows) > limit
        return found, _cursor_after(found[-1], view) if more else None

    async def of_contact(self, viewer: Viewer, parts: Sequence[ContactId], limit: int = 50) -> Sequence[Conversation]:
        """The conversations with a person, by all parts of them, that the viewer may see."""
        query = {**scope_filter(viewer), "contact": parts[0] if len(parts) == 1 else {"$in": list(parts)}}
        rows = await self._collection.find(query).sort("number", -1).limit(limit).to_list()
        return [from_document(Conversation, row) for row in rows]

    async def visible(self, viewer: Viewer, conversations: Sequence[ConversationId]) -> Sequence[Conversation]:
        """Those of `conversations` that exist for the viewer."""
        query = {**scope_filter(viewer), "_id": {"$in": [*conversations]}}
        rows = await self._collection.find(query).to_list()
        return [from_document(Conversation, row) for row in rows]

    async def newest_with(self, viewer: Viewer, contacts: Sequence[ContactId]) -> Sequence[Conversation]:
        """The newest conversation with each of `contacts` that the viewer may see, the newest activity first."""
        query = {**scope_filter(viewer), "contact": {"$in": [*contacts]}}
        found: dict[ContactId, Conversation] = {}
        async for row in self._collection.find(_with_whole_branches(query)).limit(CONVERSATIONS_LOOKED_AT):
            one = from_document(Conversation, row)
            known = found.get(one.contact)
            if known is None or known.last_activity_at < one.last_activity_at:
                found[one.contact] = one
        return sorted(found.values(), key=lambda one: one.last_activity_at, reverse=True)

    async def of_contact_anywhere(self, project: ProjectId, contact: ContactId) -> Sequence[Conversation]:
        """The contact's conversations, whoever asks, the newest activity first: for the hub's own work only."""
        query = {"project": project, "contact": contact}
        rows = await self._collection.find(query).limit(CONTACT_CONVERSATIONS).to_list()
        found = [from_document(Conversation, row) for row in rows]
        return sorted(found, key=lambda one: one.last_activity_at, reverse=True)

    async def counters(self, viewer: Viewer) -> dict[View, int]:
        """How many conversations each view holds for this viewer, counted to 100 at the most."""
        counts: dict[View, int] = {}
        for view in View:
            query, _ = list_query(viewer, view)
            counts[view] = await self._collection.count_documents(query, limit=COUNTED_AT_MOST)
        return counts


def scope_filter(viewer: Viewer) -> dict[str, Any]:
    """The one filter behind every list, counter, search and look-up of conversations: `Viewer.sees` as a query."""
    own, free = _person(viewer.operator), _queue(None)
    match viewer.scope:
        case Scope.ALL:
            return {"project": viewer.project}
        case Scope.TEAM:
            teams = [{"team": team} for team in viewer.teams]
            return {"project": viewer.project, "$or": [{"holder": own}, {"holder": free}, *teams]}
        case Scope.OWN:
            queues = [_queue(team) for team in viewer.teams]
            return {"project": viewer.project, "holder": {"$in": [own, free, *queues]}}
        case _:
            assert_never(viewer.scope)


def holder_of(assignee: OperatorId | None, team: TeamId | None) -> str:
    """Who holds a conversation, in one word that an index can be asked for: a person, or the queue of a team."""
    return _queue(team) if assignee is None else _person(assignee)


def _person(operator: OperatorId) -> str:
    return f"operator:{operator}"


def _queue(team: TeamId | None) -> str:
    return f"queue:{team or ''}"


def list_query(
    viewer: Viewer, view: View, cursor: str | None = None, name: str = ""
) -> tuple[dict[str, Any], list[tuple[str, int]]]:
    """The query and order behind a view; every one is answered by an index in order (`tests/store/test_plans.py`)."""
    query = scope_filter(viewer)
    if name:
        query["name_starts"] = {"$regex": f"^{re.escape(_folded(name))}"}
    if view is View.MINE:
        query["holder"] = _person(viewer.operator)
        query.pop("$or", None)
    if view is View.UNATTENDED:
        query["unattended"] = True
    else:
        shelves = [shelf.value for shelf in SHELVES[view]]
        query["shelf"] = {"$in": shelves} if len(shelves) > 1 else shelves[0]
    field, order = ("waiting_since", 1) if view is View.UNATTENDED else ("last_activity_at", -1)
    if cursor is not None:
        at, after = _read_cursor(cursor)
        beyond = "$gt" if order == 1 else "$lt"
        query[field] = {f"{beyond}e": at}
        # Those of the same time that the last page showed. The planner leaves a `$nor` to the filter; an `$or` it would
        # try to answer by indexes, and find none that keep the order.
        shown = "$lte" if order == 1 else "$gte"
        query["$nor"] = [{field: at, "_id": {shown: after}}]
    return _with_whole_branches(query), [(field, order), ("_id", order)]


def _with_whole_branches(query: dict[str, Any]) -> dict[str, Any]:
    """`query` with everything inside the branches of its `$or`: only so does an index answer each in order."""
    branches = query.pop("$or", None)
    return query if branches is None else {"$or": [{**query, **branch} for branch in branches]}


def _cursor_after(conversation: Conversation, view: View) -> str:
    at = conversation.waiting_since if view is View.UNATTENDED else conversation.last_activity_at
    assert at is not None
    return base64.urlsafe_b64encode(orjson.dumps([round(at.timestamp() * 1000), conversation.id])).decode()


def _read_cursor(cursor: str) -> tuple[datetime, str]:
    try:
        at, conversation = orjson.loads(base64.urlsafe_b64decode(cursor))
        if not isinstance(at, int) or not isinstance(conversation, str):
            raise BadCursor(cursor)
        return datetime.fromtimestamp(at / 1000, UTC), conversation
    except (ValueError, TypeError, OverflowError, OSError, binascii.Error) as error:
        raise BadCursor(cursor) from error


def name_starts(name: str | None) -> list[str]:
    """A name from each of its words on, folded: what a search by the beginning of a word is answered from."""
    words = _folded(name or "").split(" ")[:NAME_WORDS]
    return [" ".join(words[first:])[:NAME_CHARACTERS] for first in range(len(words)) if words[first]]


def _folded(name: str) -> str:
    return " ".join(name.casefold().split())


def preview_of(message: Message) -> str:
    """What the list shows of a message."""
    text = " ".join(message.text[:PREVIEWED_CHARACTERS].split())
    if len(text) <= PREVIEW_CHARACTERS and len(message.text) > PREVIEWED_CHARACTERS:  # nearly all of it is white space
        text = " ".join(message.text.split())
    if not text and message.attachments:
        text = message.attachments[0].name
    return text if len(text) <= PREVIEW_CHARACTERS else text[: PREVIEW_CHARACTERS - 1] + "…"


def _update_of(derived: Derived) -> tuple[Mapping[str, Any], Sequence[Mapping[str, Any]]]:
    """Filter and pipeline: an upsert that only ever moves forward, so writing it twice or late changes nothing."""
    turn, message = derived.turn, derived.newest
    at = turn.decided_at if message is None else message.created_at
    born = {
        "project": turn.project,
        "channel": turn.channel,
        "channel_kind": derived.channel_kind,
        "contact": turn.contact,
        "number": derived.number,
        "created_at": turn.decided_at,
    }
    first: dict[str, Any] = {name: {"$ifNull": [f"${name}", {"$literal": value}]} for name, value in born.items()}
    first["contact_name"] = {"$ifNull": [{"$literal": derived.contact_name}, "$contact_name"]}
    starts = name_starts(derived.contact_name) or None
    first["name_starts"] = {"$ifNull": [{"$literal": starts}, "$name_starts"]}
    state = {**turn.state.model_dump(), **_asked_for(turn.state), "seq": turn.seq}
    newer_turn = {"$gt": [turn.seq, {"$ifNull": ["$seq", 0]}]}
    for name, value in state.items():
        first[name] = {"$cond": [newer_turn, {"$literal": plain(value)}, f"${name}"]}
    first["revision"] = {"$add": [{"$ifNull": ["$revision", 0]}, 1]}
    if derived.said is not None:
        first["last_message"] = _last_message(derived.said)
    if message is not None:
        first["last_position"] = {"$max": ["$last_position", message.position]}
        first["last_activity_at"] = {"$max": ["$last_activity_at", at]}
    else:
        first["last_activity_at"] = {"$ifNull": ["$last_activity_at", at]}
        first["last_position"] = {"$ifNull": ["$last_position", 0]}
    return {"_id": turn.conversation}, [{"$set": first}]


def _short_of(derived: Derived) -> tuple[Mapping[str, Any], Mapping[str, Any]] | Document | None:
    """What has changed, for a document that stands exactly before the Turn and shows no newer message.

    Of a conversation that begins it is the document.
    """
    return _newborn(derived) if derived.before_seq == 0 else _changes_of(derived)


def _newborn(derived: Derived) -> Document:
    """What `_update_of` makes where there is no document."""
    turn, newest = derived.turn, derived.newest
    named = {"contact_name": derived.contact_name, "name_starts": name_starts(derived.contact_name) or None}
    state = {**turn.state.model_dump(), **_asked_for(turn.state)}
    return {
        "_id": turn.conversation,
        "project": turn.project,
        "channel": turn.channel,
        "channel_kind": derived.channel_kind,
        "contact": turn.contact,
        "number": derived.number,
        "created_at": turn.decided_at,
        **{name: value for name, value in named.items() if value is not None},
        **{name: plain(value) for name, value in state.items()},
        "seq": turn.seq,
        "revision": 1,
        **({"last_message": _preview(derived.said)} if derived.said is not None else {}),
        "last_activity_at": newest.created_at if newest else turn.decided_at,
        "last_position": newest.position if newest else 0,
    }


def _changes_of(derived: Derived) -> tuple[Mapping[str, Any], Mapping[str, Any]] | None:
    turn, before, said, newest = derived.turn, derived.before, derived.said, derived.newest
    if before is None or newest is None or derived.contact_name is not None:
        return None
    values: dict[str, Any] = {"seq": turn.seq}
    if before != turn.state:
        state = turn.state
        changed = {name for name in ConversationState.model_fields if getattr(before, name) != getattr(state, name)}
        values |= state.model_dump(include=changed)
        values |= _asked_for(state)
    query: dict[str, Any] = {"_id": turn.conversation, "seq": derived.before_seq}
    if said is not None:
        values["last_message"] = _preview(said)
        query["last_message.position"] = {"$lt": said.position}
    newer = {"last_position": newest.position, "last_activity_at": newest.created_at}
    return query, {"$set": values, "$max": newer, "$inc": {"revision": 1}}


def _asked_for(state: ConversationState) -> Mapping[str, Any]:
    """What of a state the indexes of the lists hold in one value each."""
    return {
        "shelf": shelf_of(state).value,
        "unattended": is_unattended(state),
        "holder": holder_of(state.assignee, state.team),
    }


def _last_message(said: Message) -> Mapping[str, Any]:
    """The preview after `said`, unless the document shows a newer message already."""
    newer = {"$gt": [said.position, {"$ifNull": ["$last_message.position", 0]}]}
    return {"$cond": [newer, {"$literal": _preview(said)}, "$last_message"]}


def _preview(said: Message) -> Mapping[str, Any]:
    """A `LastMessage` as it is stored."""
    return {
        "position": said.position,
        "direction": said.direction.value,
        "author_kind": said.author.kind.value,
        "preview": preview_of(said),
        "at": said.created_at,
    }


def _newer(one: Message | None, other: Message | None) -> Message | None:
    """The one with the higher position."""
    if one is None or (other is not None and other.position > one.position):
        return other
    return one
