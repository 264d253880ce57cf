"""The views of the inbox: which conversations stand in which list."""

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


def views_of(state: ConversationState) -> tuple[View, ...]:
    """The views a conversation in `state` stands in, whoever looks. `mine` depends on the viewer and is not among them.

    Work that the bot holds is never hidden: it stands in `bot` and in `all`.
    """
    match state.status:
        case Status.SPAM:
            return (View.SPAM,)
        case Status.RESOLVED:
            return (View.ALL, View.RESOLVED)
        case Status.SNOOZED:
            return (View.ALL, View.SNOOZED)
        case Status.OPEN:
            views = [View.ALL, View.OPEN]
            if state.control is Control.BOT:
                views.append(View.BOT)
            elif state.waiting_since is not None:
                views.append(View.UNATTENDED)
            if state.control is Control.QUEUE and state.assignee is None:
                views.append(View.UNASSIGNED)
            return tuple(views)
