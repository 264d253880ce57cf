"""The views of the inbox: which conversations stand in which list."""

from collections.abc import Mapping
from enum import StrEnum

from hub.model.conversation import Control, ConversationState, Status


class View(StrEnum):
    """A list of the inbox. `open` serves `mine`: open conversations with an assignee."""

    UNATTENDED = "unattended"
    MINE = "mine"
    UNASSIGNED = "unassigned"
    BOT = "bot"
    OPEN = "open"
    ALL = "all"
    SNOOZED = "snoozed"
    RESOLVED = "resolved"
    SPAM = "spam"


class Shelf(StrEnum):
    """The one place where a conversation stands; a view shows one or several of them.

    Open ones are with the `bot`, `free` in a queue, or `held` by a person. `unattended` is no place: of the free and
    the held ones, it shows those where somebody waits for an answer.
    """

    BOT = "bot"
    FREE = "free"
    HELD = "held"
    SNOOZED = "snoozed"
    RESOLVED = "resolved"
    SPAM = "spam"


_OPEN = (Shelf.BOT, Shelf.FREE, Shelf.HELD)

SHELVES: Mapping[View, tuple[Shelf, ...]] = {
    View.UNATTENDED: (Shelf.FREE, Shelf.HELD),
    View.MINE: _OPEN,
    View.UNASSIGNED: (Shelf.FREE,),
    View.BOT: (Shelf.BOT,),
    View.OPEN: _OPEN,
    View.ALL: (*_OPEN, Shelf.SNOOZED, Shelf.RESOLVED),
    View.SNOOZED: (Shelf.SNOOZED,),
    View.RESOLVED: (Shelf.RESOLVED,),
    View.SPAM: (Shelf.SPAM,),
}
"""The places that a view shows. Work that the bot holds is never hidden: it stands in `bot` and in `all`."""


def shelf_of(state: ConversationState) -> Shelf:
    """Where a conversation in `state` stands."""
    match state.status:
        case Status.SPAM:
            return Shelf.SPAM
        case Status.RESOLVED:
            return Shelf.RESOLVED
        case Status.SNOOZED:
            return Shelf.SNOOZED
        case Status.OPEN:
            if state.control is Control.BOT:
                return Shelf.BOT
            return Shelf.FREE if state.control is Control.QUEUE and state.assignee is None else Shelf.HELD


def is_unattended(state: ConversationState) -> bool:
    """Whether somebody waits for the answer of a person."""
    return state.waiting_since is not None and shelf_of(state) in SHELVES[View.UNATTENDED]
