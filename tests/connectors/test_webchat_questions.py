"""Web chat: what a visitor is shown of a question."""

from connectors.webchat.render import render
from hub.model.ids import ChannelId, ContactId, ConversationId, MessageId, ProjectId
from hub.model.message import Actor, ActorKind, Ask, Button, Direction, Message
from tests.connectors.doubles import NOON


def asking(ask: Ask | None, *buttons: Button) -> Message:
    return Message(
        id=MessageId("m"), project=ProjectId("p"), conversation=ConversationId("c"), channel=ChannelId("ch"),
        contact=ContactId("co"), position=1, direction=Direction.OUT, author=Actor(kind=ActorKind.BOT), text="Which?",
        buttons=buttons, ask=ask, created_at=NOON,
    )  # fmt: skip


def test_a_question_tells_the_client_how_to_draw_it() -> None:
    """Ticks, their limit, what stands alone, and the keyboard of a phone."""
    ask = Ask(question="tools", type="choices", multiple=True, max_choices=2, alone=("f:a1:3:1",))
    shown = render(asking(ask, Button(label="CRM", value="f:a1:3:0"), Button(label="None", value="f:a1:3:1")), 1, str)
    assert shown.ask is not None
    assert (shown.ask.multiple, shown.ask.max_choices, shown.ask.alone) == (True, 2, ("f:a1:3:1",))
    assert shown.ask.keyboard is None
    for kind, keyboard in {"phone": "tel", "email": "email", "number": "decimal", "text": None}.items():
        shown = render(asking(Ask(question="q", type=kind)), 1, str)
        assert shown.ask is not None
        assert shown.ask.keyboard == keyboard


def test_a_message_that_asks_nothing_has_no_question() -> None:
    """Quick replies of a greeting stay what they were."""
    assert render(asking(None, Button(label="Price", value="price")), 1, str).ask is None
