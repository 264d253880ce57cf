"""How much a contact may cause, and how often they are written to: against a real MongoDB."""

from datetime import timedelta

from hub.model.conversation import Control, ControlReason
from hub.model.flow import StartOn, StartRule
from hub.model.ids import ConversationId
from hub.services.bot_decisions import SLOW_DOWN, TOO_FAST
from hub.services.pace import Pace
from hub.store.connection import Connection
from tests.services.desk import NOW, eventually
from tests.services.flow_desk import FlowDesk, open_flow_desk
from tests.services.flow_steps import ANNA, NAME, begun, conversation_of, has_control

HERE, ELSEWHERE = ConversationId("here"), ConversationId("elsewhere")
ECHO = """\
flow: echo
title: Echo
start: {words: [echo]}
ask:
- never: text
  text: Never asked
  if: today > "2090-01-01"
outcomes:
- again: else
  say: Again!
  do: {start: echo}
"""


def test_steps_of_a_minute_are_counted_by_conversation() -> None:
    """One too many is told; a Turn that is decided again, others' steps and those of a minute ago do not count."""
    pace = Pace(3)
    assert [pace.is_too_fast(HERE, seq, NOW) for seq in (1, 2, 2, 2, 3, 4)] == [False] * 5 + [True]
    assert not pace.is_too_fast(ELSEWHERE, 1, NOW)
    assert not pace.is_too_fast(HERE, 5, NOW + timedelta(seconds=61))
    assert not any(Pace(0).is_too_fast(HERE, seq, NOW) for seq in range(1_000))


def test_conversations_that_are_quiet_are_not_remembered() -> None:
    """Nobody's steps of an hour ago take up memory; the one that is asked about stays, however late it is asked."""
    pace = Pace(3)
    for number in range(100):
        assert not pace.is_too_fast(ConversationId(str(number)), 1, NOW)
    assert not pace.is_too_fast(HERE, 1, NOW + timedelta(seconds=61))
    assert list(pace._steps) == [HERE]
    assert not pace.is_too_fast(HERE, 1, NOW + timedelta(hours=1))


async def test_contact_who_causes_too_many_steps_is_left_to_people(connection: Connection) -> None:
    """They are told so once, colleagues read why, and the bot is silent whatever comes after."""
    rules = (StartRule(flow="lead", on=StartOn.WORDS),)
    async with open_flow_desk(connection, rules=rules, flow_steps_a_minute=4) as desk:
        conversation = await begun(desk, "survey", NAME)
        for number in range(4):
            await desk.says("back", key=f"back {number}")
        await eventually(lambda: has_control(desk, conversation, Control.QUEUE))
        for number, text in enumerate(("back", "survey", "survey")):
            await desk.says(text, key=f"later {number}")
        await eventually(lambda: _is_decided(desk, conversation, 8))
        held = await desk.pipeline.conversations.get(ANNA, conversation)
        assert held is not None
        assert (held.control, held.control_reason) == (Control.QUEUE, ControlReason.TOO_FAST)
        assert held.waiting_since is not None
        assert (await desk.told(conversation))[-1] == SLOW_DOWN["en"]
        assert [note.text for note in await desk.notes(conversation)] == [TOO_FAST["en"]]


async def test_flow_that_begins_itself_for_ever_is_stopped(connection: Connection) -> None:
    """Nobody gets the same words without end: after twelve in a row no flow follows by itself, and a note says so."""
    rules = (StartRule(flow="echo", on=StartOn.WORDS),)
    async with open_flow_desk(connection, rules=rules) as desk:
        await desk.publish("echo", ECHO)
        conversation = conversation_of(await desk.says("echo"))
        await eventually(lambda: _has_note(desk, conversation), within_s=60)
        assert await desk.told(conversation) == ["Again!"] * 12
        (note,) = await desk.notes(conversation)
        assert note.text == "The bot has written 12 messages in a row without an answer. The flow “echo” was not begun."


async def _is_decided(desk: FlowDesk, conversation: ConversationId, seq: int) -> bool:
    held = await desk.pipeline.conversations.any(conversation)
    return held is not None and held.seq >= seq


async def _has_note(desk: FlowDesk, conversation: ConversationId) -> bool:
    return bool(await desk.notes(conversation))
