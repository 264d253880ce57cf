"""Visibility: which viewer may be told of which change, by where conversations stand now and stood before."""

from collections import OrderedDict
from collections.abc import Callable, Collection
from dataclasses import dataclass, field

from pydantic import JsonValue

from hub.model.feed import Change, ChangeKind
from hub.model.ids import ConversationId, ProjectId
from hub.model.operator import Right, Scope, Viewer
from hub.store.changes import StoreChange
from hub.store.places import Place, Places, place_of

REMEMBERED_PLACES = 50_000  # conversations; about 15 MB
PLACE_FIELDS = frozenset({"assignee", "team"})


@dataclass(slots=True)
class Entry:
    """A change and what decides who is told of it.

    `make` gives the change, which is only made when somebody is shown it; None when this process cannot read it.
    `size_bytes` is about what its frame takes.

    `place` is where a conversation stands after the change, `former` where it may have stood before: those who saw it
    there and do not see it here are told that it is gone. `operator` narrows to one person, `right` to those who have
    it, `of_contact` to those who see any of these places (of a contact's conversations, of a task).
    """

    token: str
    cursor: str
    kind: ChangeKind
    project: ProjectId
    conversation: ConversationId | None
    make: Callable[[], Change | None]
    size_bytes: int
    place: Place | None = None
    former: frozenset[Place] = frozenset()
    operator: str | None = None
    right: Right | None = None
    of_contact: frozenset[Place] | None = None
    _made: Change | None = field(default=None, repr=False)
    _removed: Change | None = field(default=None, repr=False)

    @property
    def change(self) -> Change | None:
        """The change, made once for all who are told of it now."""
        if self._made is None:
            self._made = self.make()
        return self._made

    @property
    def removed(self) -> Change:
        """What those are told for whom the conversation, or the task, no longer exists; made once."""
        if self._removed is None:
            kind, data = ChangeKind.REMOVED, dict[str, JsonValue]()
            if self.kind is ChangeKind.TASK and self.change is not None:
                kind, data = ChangeKind.TASK, {"id": self.change.data["id"], "removed": True}
            self._removed = Change(
                cursor=self.cursor, kind=kind, project=self.project, conversation=self.conversation, data=data
            )
        return self._removed

    def told(self) -> None:
        """Everybody was told: for those who come back it is made again."""
        self._made = self._removed = None


@dataclass(slots=True)
class _Known:
    place: Place
    certain: bool  # read from the stream itself, so that every later move is seen against it


class Visibility:
    """Remembers where conversations stand, and decides.

    A place that was looked up may be newer than the change being read, so a later move cannot be judged against it:
    then the conversation's Turns say where it may have stood.
    """

    def __init__(self, places: Places) -> None:
        self._places = places
        self._known: OrderedDict[ConversationId, _Known] = OrderedDict()

    def forget_all(self) -> None:
        """Changes were missed: nothing known is certain."""
        self._known.clear()

    def place(self, conversation: ConversationId) -> Place | None:
        """Where the conversation stands as far as is known."""
        known = self._known.get(conversation)
        return known.place if known else None

    async def learn(self, conversations: Collection[ConversationId]) -> None:
        """Look up the places that are not known. Raises `StoreUnavailable`."""
        missing = [conversation for conversation in conversations if conversation not in self._known]
        if missing:
            for conversation, place in (await self._places.current(missing)).items():
                if conversation not in self._known:  # the stream was faster
                    self._remember(conversation, _Known(place, certain=False))

    async def moved(self, raw: StoreChange) -> tuple[Place, frozenset[Place]]:
        """Where a conversation stands after a change of it, and where it may have stood before.

        Raises `StoreUnavailable`, and has then learnt nothing.
        """
        assert raw.document is not None
        conversation, place = ConversationId(raw.id), place_of(raw.document)
        known = self._known.get(conversation)
        if raw.operation == "insert":
            former: frozenset[Place] = frozenset()
        elif known is not None and known.certain:
            former = frozenset({known.place})
        elif raw.changed is None or raw.changed & PLACE_FIELDS:
            former = await self._places.former(conversation)
        else:  # it may have moved between this change and now, and then that move is still to come
            self._remember(conversation, _Known(place, certain=False))
            return place, frozenset()
        self._remember(conversation, _Known(place, certain=True))
        return place, former - {place}

    def gone(self, conversation: ConversationId) -> frozenset[Place] | None:
        """Where a deleted conversation stood; None when that is not known any more."""
        known = self._known.pop(conversation, None)
        return frozenset({known.place}) if known else None

    def _remember(self, conversation: ConversationId, known: _Known) -> None:
        self._known[conversation] = known
        self._known.move_to_end(conversation)
        if len(self._known) > REMEMBERED_PLACES:
            self._known.popitem(last=False)

    def shown(self, viewer: Viewer, entry: Entry) -> Change | None:
        """What `viewer` is told of `entry` now: the change, that a conversation is gone, or nothing."""
        if entry.project and entry.project != viewer.project:  # none: of an erased conversation nobody knows it
            return None
        if entry.operator is not None and entry.operator != viewer.operator:
            return None
        if entry.right is not None and not viewer.may(entry.right):
            return None
        if viewer.scope is Scope.ALL:
            return entry.change
        if entry.kind is ChangeKind.REMOVED:
            return entry.change if not entry.former or _sees_any(viewer, entry.former) else None
        if entry.of_contact is not None:
            if _sees_any(viewer, entry.of_contact):
                return entry.change
            return entry.removed if _sees_any(viewer, entry.former) else None
        if entry.conversation is None:
            return entry.change
        now = self.place(entry.conversation)
        if entry.place is None:
            return entry.change if now is not None and viewer.sees(*now) else None
        return self._conversation(viewer, entry, entry.place, now or entry.place)

    def _conversation(self, viewer: Viewer, entry: Entry, place: Place, now: Place) -> Change | None:
        if viewer.sees(*place) and viewer.sees(*now):
            return entry.change
        if viewer.sees(*place) or _sees_any(viewer, entry.former):
            return entry.removed
        return None


def _sees_any(viewer: Viewer, places: Collection[Place]) -> bool:
    return any(viewer.sees(*place) for place in places)
