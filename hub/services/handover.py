"""Handover: where a channel's service has people of its own, they are asked in when the bot passes on. Pure."""

from hub.model.conversation import Control, ControlReason, ConversationState
from hub.model.message import Actor, ActorKind
from hub.model.turn import Say, TurnKind

PASSED_ON = frozenset({
    ControlReason.CUSTOMER_REQUESTED, ControlReason.FLOW_ESCALATED, ControlReason.RETRIES_EXHAUSTED,
    ControlReason.BOT_ERROR, ControlReason.OUTSIDE_HOURS, ControlReason.TIMEOUT,
})  # fmt: skip
"""Why a bot passes a conversation on."""
STEPS = frozenset({TurnKind.MESSAGE, TurnKind.TIMER, TurnKind.FLOW, TurnKind.ASSIGN})
TEXT = "The people of this channel's service were asked to take over."


def asks_in(before: ConversationState, kind: TurnKind, after: ConversationState) -> Say | None:
    """What asks the service's people in, behind everything else that this step says; None where nobody is."""
    passed_on = after.control is Control.QUEUE and after.control_reason in PASSED_ON
    if kind not in STEPS or not passed_on or _waits(before):
        return None
    return Say(author=Actor(kind=ActorKind.SYSTEM), text=TEXT, automatic=True, handover=True)


def _waits(state: ConversationState) -> bool:
    return state.control is Control.QUEUE and state.control_reason in PASSED_ON
