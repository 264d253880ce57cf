"""Models become documents and the same models again, also where the document leaves out what is empty."""

from datetime import UTC, datetime
from typing import Any

import pytest

from flows.session import Session
from hub.model.base import Stored, altered, as_given
from hub.model.content import Details
from hub.model.conversation import Control, ConversationState, Status
from hub.model.ids import ChannelId, ContactId, ConversationId, MessageId, OperatorId, ProjectId, TurnId, new_id
from hub.model.message import Actor, ActorKind, Delivery, Direction, Message
from hub.model.turn import Say, Turn, TurnKind
from hub.store.documents import from_document, lean_document, to_document

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
WHERE: dict[str, Any] = {
    "project": ProjectId(new_id()), "conversation": ConversationId(new_id()), "channel": ChannelId(new_id()),
    "contact": ContactId(new_id()),
}  # fmt: skip
VISITOR = Actor(kind=ActorKind.CONTACT, id=WHERE["contact"])


def _message(**more: Any) -> Message:
    return Message(
        id=MessageId(new_id()), **WHERE, position=0, direction=Direction.IN, author=VISITOR, created_at=NOW, **more
    )


def _turn(**more: Any) -> Turn:
    state = more.pop("state", ConversationState())
    return Turn(
        id=TurnId(new_id()), **WHERE, seq=1, cause=new_id(), kind=TurnKind.MESSAGE, actor=VISITOR, position=0,
        state=state, decided_at=NOW, **more,
    )  # fmt: skip


@pytest.mark.parametrize(
    "model",
    [
        _message(),
        _message(text="Hello", undecided=True, seen=0, details=Details(html=""), delivery=Delivery(), parts=("a",)),
        _message(automatic=True, reactions=("+",), external_id="1", source_at=NOW),
        _turn(),
        _turn(state=ConversationState(status=Status.RESOLVED, control=Control.NONE, tags=("a", "b"), resolved_at=NOW)),
        _turn(state=ConversationState(assignee=OperatorId(new_id())), effects=(Say(author=VISITOR),), applied=False),
    ],
    ids=["empty message", "message", "received message", "empty turn", "resolved", "turn with an effect"],
)
def test_lean_document_is_the_same_model_again(model: Stored) -> None:
    """Nothing that is left out had another value."""
    parts = {"state": lean_document(model.state)} if isinstance(model, Turn) else {}
    lean = lean_document(model, **parts)
    assert from_document(type(model), lean) == model
    whole = to_document(model)
    left_out = [value for name, value in whole.items() if name not in lean]
    assert len(left_out) > 3
    assert all(value in (None, False, ()) for value in left_out)


def test_model_of_values_as_given_is_the_one_that_validation_makes() -> None:
    """Equal in everything, its document and its copies included."""
    validated = _message(text="Hello")
    given = as_given(Message)(**{name: getattr(validated, name) for name in validated.model_fields_set})
    assert given == validated
    assert given.model_dump() == validated.model_dump()
    moved = altered(given, position=7)
    assert moved == validated.model_copy(update={"position": 7})
    assert given.position == 0
    assert moved.model_copy(update={"text": "Bye"}).text == "Bye"


def test_session_of_a_turn_is_kept_whole() -> None:
    """What a flow needs to go on is not made lean."""
    session = Session(id="s", flow="lead", version=1, lang="en", started_at=NOW, turn=1)
    turn = _turn(session=session)
    assert lean_document(turn)["session"] == to_document(turn)["session"]
