"""Changes of control: the steps that every decision about who speaks next is made of."""

from datetime import datetime
from typing import Any

from hub.model.conversation import Control, ControlReason, ConversationState, Status


def with_control(
    state: ConversationState, control: Control, reason: ControlReason, now: datetime, **change: Any
) -> ConversationState:
    """`state` with another holder: the epoch rises whenever who speaks, or which person does, changes."""
    after = state.model_copy(update=change)
    if control is state.control and after.assignee == state.assignee:
        return after
    return after.model_copy(
        update={
            "control": control,
            "control_epoch": state.control_epoch + 1,
            "control_reason": reason,
            "control_since": now,
        }
    )


def as_one_change(before: ConversationState, after: ConversationState) -> ConversationState:
    """`after` with the epoch of one change of control, however many steps led to it."""
    changed = (before.control, before.assignee) != (after.control, after.assignee)
    epoch = before.control_epoch + changed
    return after if after.control_epoch == epoch else after.model_copy(update={"control_epoch": epoch})


def opened(state: ConversationState) -> ConversationState:
    """`state` with work left in it."""
    return state.model_copy(update={"status": Status.OPEN, "snoozed_until": None, "resolved_at": None})
