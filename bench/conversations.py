"""Sixteen conversations that answer the survey: their Turns made durable, raw, and the whole way of a message."""

import asyncio
import statistics
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime

from bench.survey import NOW, QUESTIONS, SESSION, WRITTEN, played, sources
from connectors.base import OutgoingMessage, Sent
from flows import engine
from flows.events import At, Begin
from hub.app.background import background
from hub.model.conversation import ConversationState
from hub.model.flow import Source, StartOn, StartRule
from hub.model.ids import ChannelId, ContactId, ConversationId, TurnId, new_id
from hub.model.message import Card
from hub.model.turn import Turn, TurnKind
from hub.services.flow_effects import BOT, Desk, Facts, carry
from hub.store.connection import Connection
from hub.store.documents import lean_document
from hub.store.group_commit import GroupCommit
from hub.store.indexes import create_indexes
from hub.store.turns import Turns
from tests.services.desk import PROJECT
from tests.services.flow_desk import FlowDesk, open_flow_desk

CONVERSATIONS = 16
SAMPLES = 10
ANSWER_WITHIN_S = 30
SWEEP_S = 5.0  # as a hub has it; tests look for forgotten work far more often
LAST = list(WRITTEN)[-1]

Converse = Callable[[int], Awaitable[None]]
"""A conversation answers the whole survey."""


@asynccontextmanager
async def turn_steps(connection: Connection) -> AsyncIterator[Converse]:
    """Each answer is stepped, and its Turn with the session and the effects is durable before the next."""
    commit = GroupCommit(connection.database["turns"])
    store = Turns(connection.database, commit)
    survey = played()

    async def converse(_: int) -> None:
        conversation = ConversationId(new_id())
        session = engine.begin(survey.flow, SESSION, "ru", Begin(), At(NOW, 1)).session
        for said, at in survey.events:
            step = engine.step(survey.flow, session, said, at)
            session = step.session
            await store.commit(_turn(conversation, at.turn, step))

    async with background(commit.run):
        yield converse


@asynccontextmanager
async def raw_turns(connection: Connection) -> AsyncIterator[Converse]:
    """The same documents under the same indexes, made beforehand: as fast as the group commit takes them."""
    other = beside(connection, "raw")
    await create_indexes(other.database)
    commit = GroupCommit(other.database["turns"])
    survey = played()
    session = engine.begin(survey.flow, SESSION, "ru", Begin(), At(NOW, 1)).session
    documents = []
    for said, at in survey.events:
        step = engine.step(survey.flow, session, said, at)
        session = step.session
        turn = _turn(ConversationId("raw"), at.turn, step)
        documents.append(lean_document(turn, state=lean_document(turn.state)))

    async def converse(writer: int) -> None:
        conversation = new_id()
        for document in documents:
            own = {"_id": new_id(), "conversation": conversation}
            await commit.insert(document | own, str(writer))

    async with background(commit.run):
        yield converse


def _turn(conversation: ConversationId, seq: int, step: engine.Step) -> Turn:
    state = ConversationState(changed_at=NOW)
    facts = Facts(seq=seq, now=NOW, version="1", desks={"second-line": Desk(None, on_duty=True)}, card=_no_card)
    carried = carry(step.session, step.effects, state, facts)
    return Turn(
        id=TurnId(new_id()), project=PROJECT, conversation=conversation, channel=ChannelId("shop"),
        contact=ContactId("contact"), seq=seq, cause=f"message:{conversation}:{seq}", kind=TurnKind.MESSAGE, actor=BOT,
        position=seq, state=carried.state, effects=tuple(carried.effects), session=step.session,
        decided_at=datetime.now(UTC),
    )  # fmt: skip


def _no_card() -> Card:
    return Card(flow="b2b", title="B2B", version="1", score=0)


@asynccontextmanager
async def whole_way(connection: Connection) -> AsyncIterator["Phones"]:
    """A running pipeline whose contacts write over a channel that hands out what is sent at once."""
    first = StartRule(flow="b2b", on=StartOn.FIRST_MESSAGE)
    async with open_flow_desk(beside(connection, "whole"), (first,), sweep_s=SWEEP_S) as desk:
        library = desk.pipeline.flow_library
        for flow in ("callback", "b2b"):  # the survey begins the other one later
            texts = sources(flow)
            given = [Source(name=one.file, text=one.text) for one in (texts.flow, *texts.translations.values())]
            draft = await library.save(PROJECT, flow, given, revision=0, by=None)
            await library.publish(PROJECT, flow, revision=draft.revision, by=None)
        phones = Phones(desk)
        desk.service.send = phones.send  # type: ignore[method-assign]
        yield phones


class Phones:
    """Contacts who answer as soon as they are asked."""

    def __init__(self, desk: FlowDesk) -> None:
        self._desk = desk
        self._asked: dict[ConversationId, asyncio.Event] = defaultdict(asyncio.Event)
        self._told: dict[ConversationId, asyncio.Event] = defaultdict(asyncio.Event)
        self._seen: dict[ConversationId, int] = {}
        self._conversations: dict[str, ConversationId] = {}

    async def send(self, message: OutgoingMessage) -> Sent:
        """The channel has a message for a contact."""
        said = message.message
        self._seen[said.conversation] = said.position
        self._told[said.conversation].set()
        if said.ask is not None:
            self._asked[said.conversation].set()
        return Sent(external_ids=(said.id,))

    async def converse(self, _: int) -> None:
        """A new contact answers the whole survey."""
        await self.answer(new_id())

    async def answer(self, who: str, *, thinks_s: float = 0) -> list[float]:
        """How long each answer took, in ms, from its arrival until the next question was handed to the channel.

        The contact answers at once, or after having thought.
        """
        took = []
        conversation = await self._says(who, "Здравствуйте")
        await _soon(self._asked[conversation])
        for question, text in WRITTEN.items():
            awaited = (self._told if question == LAST else self._asked)[conversation]
            awaited.clear()
            if thinks_s:
                await asyncio.sleep(thinks_s)
            began = time.perf_counter()
            await self._says(who, text, question)
            await _soon(awaited)
            took.append((time.perf_counter() - began) * 1000)
        return took

    async def _says(self, who: str, text: str, question: str = "") -> ConversationId:
        seen = self._seen.get(self._conversations[who]) if question else None  # else it may be a second half
        received = await self._desk.says(text, who=who, key=f"{who}:{question}", channel=self._desk.phone, seen=seen)
        assert received.conversation is not None
        self._conversations[who] = received.conversation
        return received.conversation


async def _soon(event: asyncio.Event) -> None:
    async with asyncio.timeout(ANSWER_WITHIN_S):
        await event.wait()


async def latencies(connection: Connection, phones: Phones, thinks_s: float) -> tuple[list[float], list[float]]:
    """How long a step takes the whole way, and three durable writes in a row; by turns, with the same pauses."""
    collection = connection.database["writes"]
    ways: list[float] = []
    writes: list[float] = []
    for _ in range(SAMPLES):
        ways.append(statistics.median(await phones.answer(new_id(), thinks_s=thinks_s)))
        for _ in range(QUESTIONS):
            if thinks_s:
                await asyncio.sleep(thinks_s)
            began = time.perf_counter()
            for _ in range(3):
                await collection.insert_one({"_id": new_id(), "text": "a sentence of the usual length"})
            writes.append((time.perf_counter() - began) * 1000)
    return ways, writes


def beside(connection: Connection, name: str) -> Connection:
    """Another database on the same server."""
    return Connection(connection.client, connection.feed_client, name)
