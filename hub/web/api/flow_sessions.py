"""The flow session of a conversation: read, begun, corrected, moved and stopped by operators."""

from typing import Annotated

from pydantic import Field, StringConstraints

from hub.model.base import Written
from hub.model.channel import Channel
from hub.model.conversation import Conversation
from hub.model.flow import StuckSession
from hub.services.commands import FillAnswers, MoveFlow, StartFlow, StopFlow
from hub.services.errors import NotFound
from hub.services.questionnaires import MoveShown, SessionShown
from hub.web.api.actions import act
from hub.web.api.conversations import ConversationShown, visible
from hub.web.api.flows import FlowName
from hub.web.context import Context
from hub.web.page import Keyed, Page
from hub.web.route import Id

Question = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,127}$")]
Text = Annotated[str, StringConstraints(max_length=10_000)]
Code = Annotated[str, StringConstraints(max_length=200)]
Raw = bool | Text | Annotated[tuple[Code, ...], Field(max_length=200)]
Number = Annotated[int, Field(ge=-(2**53), le=2**53)]
Value = bool | Number | Annotated[float, Field(allow_inf_nan=False)] | Text | tuple[Code, ...]


class FlowStarted(Keyed):
    """Which flow begins. `prefill` answers questions beforehand, with values as they are stored."""

    flow: FlowName
    prefill: Annotated[dict[Question, Value], Field(max_length=200)] = Field(default_factory=dict)


class AnswersFilled(Keyed):
    """Raw values by question id, as a person types or ticks them. `refused`: `refused` or `unknown` by question id.

    `turn` is the session's turn that its author saw; left out, it is not checked.
    """

    values: Annotated[dict[Question, Raw], Field(max_length=200)] = Field(default_factory=dict)
    refused: Annotated[dict[Question, Annotated[str, StringConstraints(pattern="^(skipped|refused|unknown)$")]],
                       Field(max_length=200)] = Field(default_factory=dict)  # fmt: skip
    turn: Annotated[int, Field(ge=0, le=2**53 - 1)] | None = None


async def get_flow(context: Context, conversation: Id) -> SessionShown:
    """The conversation's newest flow session with its answers. 404 when it never had one."""
    found, channel = await _place(context, conversation)
    session = await context.parts.questionnaires.of(found, channel)
    if session is None:
        raise NotFound("A questionnaire of this conversation")
    return session


async def start_flow(context: Context, conversation: Id, body: FlowStarted) -> ConversationShown:
    """Begin a flow; one that was open ends."""
    return await act(context, conversation, StartFlow(flow=body.flow, prefill=body.prefill), body.key)


async def fill_answers(context: Context, conversation: Id, body: AnswersFilled) -> ConversationShown:
    """Give or correct answers for the contact. 422 `answers_refused` says what is wrong with which."""
    command = FillAnswers(values=body.values, refused=dict(body.refused), turn=body.turn)
    return await act(context, conversation, command, body.key)


async def stop_flow(context: Context, conversation: Id, body: Keyed) -> ConversationShown:
    """End the session; where the bot held the conversation, it waits for people."""
    return await act(context, conversation, StopFlow(), body.key)


async def look_at_move(context: Context, conversation: Id) -> MoveShown:
    """What moving the session to the newest version would do. 404 when there is nothing to move."""
    found, channel = await _place(context, conversation)
    move = await context.parts.questionnaires.move(found, channel)
    if move is None:
        raise NotFound("A newer version for this questionnaire")
    return move


async def move_flow(context: Context, conversation: Id, body: Keyed) -> ConversationShown:
    """Carry the session over to the newest version, with the answers that are still valid there."""
    return await act(context, conversation, MoveFlow(), body.key)


async def _place(context: Context, conversation: str) -> tuple[Conversation, Channel]:
    found = await visible(context, conversation)
    channel = await context.parts.channels.in_project(found.project, found.channel)
    if channel is None:
        raise NotFound("The channel of this conversation")
    return found, channel


class StuckQuery(Written):
    """Of which flow; of all without it."""

    flow: FlowName | None = None


async def list_stuck(context: Context, query: StuckQuery) -> Page[StuckSession]:
    """Sessions that will not come to their end by themselves, the longest stuck first; at most 200."""
    return Page(items=tuple(await context.parts.stuck_sessions.of(context.viewer, query.flow)), next=None)
