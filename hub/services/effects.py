"""Effects: what a committed Turn causes, written so that writing it again changes nothing."""

import asyncio
from collections.abc import Coroutine, Iterator, Sequence
from datetime import timedelta
from functools import partial
from typing import Any, Protocol

from hub.model.content import Details, MailDetails
from hub.model.conversation import ConversationState
from hub.model.ids import ChannelId, ConversationId, MessageId, TimerId, TurnId, derived_id
from hub.model.message import ActorKind, Delivery, DeliveryStatus, Direction, Message
from hub.model.timer import Timer, TimerStatus
from hub.model.turn import (
    CancelTimers,
    Claimed,
    Effect,
    EraseAnswers,
    KeepTask,
    Redraw,
    Say,
    SetTimer,
    Toast,
    Turn,
    TurnKind,
)
from hub.services.flow_records import FlowRecords
from hub.services.marks import Marks, Written
from hub.services.numbers import Numbers
from hub.store.clock import DatabaseClock
from hub.store.contacts import Contacts
from hub.store.conversations import Conversations, Derived
from hub.store.messages import Messages
from hub.store.outgoing import Outgoing, queued, sent_by_storing
from hub.store.progress import Progress
from hub.store.tasks import Tasks
from hub.store.timers import Timers
from hub.store.turns import Turns as TurnStore

CANCELLED = "A person took over before this was sent."


class KnowsKinds(Protocol):
    """What is needed of channels here."""

    async def kind(self, channel: ChannelId) -> str:
        """The connector's kind of the channel."""

    def keeps_trying_s(self, kind: str) -> float | None:
        """How long this kind of channel tries to send a message; None: as the settings say."""

    def stored_is_sent(self, kind: str) -> bool:
        """Whether a message on this kind of channel is sent by storing it."""


class Sends(Protocol):
    """What is needed of the outbox here."""

    def wake(self, conversation: ConversationId) -> None:
        """The conversation has something to send."""

    def toast(self, channel: ChannelId, message: MessageId, text: str) -> None:
        """Show a short word to whoever pressed a button."""

    async def append(self, message: Message, claimed: Claimed | None = None) -> Message:
        """Store what is to be sent, at the next position, and see to its sending. Its Turn may have `claimed` it."""

    async def claim(self, message: Message, effect: int, *, first: bool) -> Claimed | None:
        """The claim that a Turn may be committed with, on what it says as its effect number `effect`."""

    def let_go(self, message: MessageId) -> None:
        """The Turn that should have claimed this message was not committed, as far as is known."""

    def others_spoke(self, conversation: ConversationId) -> None:
        """Another process has decided something in the conversation."""

    async def bot_is_silent(self, channel: ChannelId, conversation: ConversationId, epoch: int) -> None:
        """Return when nothing begins to be sent any more that a bot decided before `epoch`."""


class Effects:
    """Applies Turns. The caller keeps the order of seq in a conversation."""

    def __init__(
        self,
        messages: Messages,
        outgoing: Outgoing,
        turns: TurnStore,
        conversations: Conversations,
        timers: Timers,
        tasks: Tasks,
        records: FlowRecords,
        progress: Progress,
        contacts: Contacts,
        numbers: Numbers,
        channels: KnowsKinds,
        clock: DatabaseClock,
        *,
        outbox: Sends,
        expires_s: float,
    ) -> None:
        self._messages, self._outgoing, self._turns = messages, outgoing, turns
        self._conversations, self._timers = conversations, timers
        self._records, self._tasks = records, tasks
        self._progress, self._contacts, self._channels, self._clock = progress, contacts, channels, clock
        self._numbers = numbers
        self.marks = Marks(conversations, progress)
        self._outbox, self._expires = outbox, timedelta(seconds=expires_s)

    def has_applied(self, turn: Turn) -> bool:
        """Whether this process has applied the Turn, or read it as applied."""
        return turn.applied or self._progress.knows(turn.id)

    def found_applied(self, turn: Turn) -> None:
        """Note that the store says of `turn`, and so of all before, that it is applied."""
        self._progress.remember(turn)

    def has_decided(self, message: Message) -> bool:
        """Whether this process has decided the message, even if the store does not show it yet."""
        return self._progress.decided(message.id)

    def mark(self, turn: Turn) -> None:
        """Note again that `turn` is applied: a crash may have taken one of the two marks."""
        self.marks.applied(turn)

    async def claimed(self, turn: Turn, newest: Turn | None) -> Turn:
        """`turn` as it is to be committed after `newest`: what it says first is claimed, where that may go at once.

        Where it is not committed, or that is not known, `let_go` is to be called.
        """
        if newest is not None:
            self.comes_after(newest)
        index = next((index for index, effect in enumerate(turn.effects) if _is_to_be_sent(effect)), None)
        kind = await self._channels.kind(turn.channel)
        if index is None or self._channels.stored_is_sent(kind):
            return turn
        effect = turn.effects[index]
        assert isinstance(effect, Say)
        claim = await self._outbox.claim(self._message(turn, index, effect, kind), index, first=newest is None)
        return turn.model_copy(update={"claimed": claim}) if claim else turn

    def comes_after(self, newest: Turn) -> None:
        """A Turn is about to be committed behind `newest`: what another process has decided may have said something."""
        if not self._turns.committed_here(newest):
            self._outbox.others_spoke(newest.conversation)

    def let_go(self, turn: Turn) -> None:
        """`turn` was not committed, as far as is known."""
        if turn.claimed is not None:
            self._outbox.let_go(MessageId(derived_id(turn.id, turn.claimed.effect)))

    async def apply(self, turn: Turn, before: ConversationState | None, received: Message | None = None) -> None:
        """Write every effect of `turn`; afterwards threads show it, and lists do as soon as they are `listed`.

        `before` is the state it started from, `received` the message that caused it; None where the caller does not
        have them at hand.
        """
        kind = await self._channels.kind(turn.channel)
        said = received
        if said is None and turn.kind is TurnKind.MESSAGE:
            said = await self._messages.get(MessageId(turn.cause.removeprefix("message:")))
        sends = not self._channels.stored_is_sent(kind)
        newest, on_their_way = said, list[Written]()
        if turn.effects or turn.session or turn.left:  # nine of ten received messages lead to nothing
            said, newest = await self._say(turn, said, kind)  # first: somebody waits for it
            on_their_way = await self._put(turn)
            await self._do_the_rest(turn, kind)
        if turn.seq > 1 and (before is None or turn.state.control_epoch > before.control_epoch):
            await self._outgoing.cancel_bot(turn.channel, turn.conversation, turn.state.control_epoch, CANCELLED)
        if turn.kind is TurnKind.MESSAGE and sends:
            await self._contacts.mark_reachable(turn.contact)
        await self._derive(turn, before, kind, newest, said)
        if (fired := _fired_by(turn)) is not None:  # here: a later Turn's effects could cancel it
            await self._timers.finish(fired, TimerStatus.FIRED)
        self.marks.applied(turn, on_their_way)
        if sends and any(isinstance(each, Redraw) for each in turn.effects):
            self._outbox.wake(turn.conversation)

    async def _do_the_rest(self, turn: Turn, kind: str) -> None:
        if beside := list(self._beside(turn, kind)):
            await _all(beside)
        for effect in turn.effects:
            if isinstance(effect, KeepTask):  # behind the contact's name, which may come with the same Turn
                await self._keep(effect)
        for effect in turn.effects:
            if isinstance(effect, EraseAnswers):  # last: what was said and kept in this Turn goes too
                await self._records.erase(turn, effect)

    async def _say(self, turn: Turn, said: Message | None, kind: str) -> tuple[Message | None, Message | None]:
        """Append what is said, in its order; the newest message that is not automatic, and the newest of all."""
        newest = said
        for index, effect in enumerate(turn.effects):
            if isinstance(effect, Say):
                message = self._message(turn, index, effect, kind)
                if message.delivery is not None and message.delivery.status is DeliveryStatus.QUEUED:
                    ours = turn.claimed is not None and turn.claimed.effect == index
                    newest = await self._outbox.append(message, turn.claimed if ours else None)
                else:
                    newest = (await self._messages.append(message)).message
                said = said if newest.automatic else newest
        return said, newest

    async def _put(self, turn: Turn) -> list[Written]:
        """Send timers and sessions on their way; those that are not stored yet, each as what waits for it."""
        keys = []
        cancelled = [effect.kind for effect in turn.effects if isinstance(effect, CancelTimers)]
        if cancelled:
            keys.append(await self._timers.cancel(turn.conversation, cancelled, turn.seq, firing=_fired_by(turn)))
        for index, effect in enumerate(turn.effects):
            if isinstance(effect, SetTimer):
                keys.append(await self._timers.set(_timer(turn, index, effect)))
        on_their_way = [*(partial(self._timers.written, key) for key in keys), *await self._records.keep_sessions(turn)]
        if turn.kind is TurnKind.MESSAGE and not any(isinstance(effect, EraseAnswers) for effect in turn.effects):
            return on_their_way
        for written in on_their_way:  # somebody waits for all of it, or takes it out again
            await written()
        return []

    def _beside(self, turn: Turn, kind: str) -> Iterator[Coroutine[Any, Any, None]]:
        """Everything else but what is said: none of it depends on another."""
        for index, effect in enumerate(turn.effects):
            match effect:
                case Redraw():
                    yield self._redraw(turn, effect, kind)
                case Toast(message=message_id, text=text):
                    self._outbox.toast(turn.channel, MessageId(message_id), text)
                case Say() | SetTimer() | CancelTimers() | EraseAnswers() | KeepTask():
                    pass
                case _:
                    yield self._records.apply(turn, index, effect)

    async def _keep(self, effect: KeepTask) -> None:
        task = effect.task
        contact = await self._contacts.get(task.project, task.contact)
        await self._tasks.keep(task.model_copy(update={"contact_name": contact.name if contact else None}))

    async def _redraw(self, turn: Turn, effect: Redraw, kind: str) -> None:
        """Change the buttons of the message that asked: the one that Turn `asked` made of its question."""
        asked = await self._turns.at(turn.conversation, effect.asked)
        for index, said in enumerate(asked.effects if asked else ()):
            if asked and isinstance(said, Say) and said.ask and said.ask.question == effect.question:
                message = MessageId(derived_id(asked.id, index))
                due = not self._channels.stored_is_sent(kind)
                await self._outgoing.redraw(message, effect.buttons, turn.seq, due=due)

    async def _derive(
        self, turn: Turn, before: ConversationState | None, kind: str, newest: Message | None, said: Message | None
    ) -> None:
        contact = await self._contacts.recent(turn.project, turn.contact) if turn.seq == 1 else None
        await self._conversations.derive(
            Derived(
                turn=turn,
                number=await self._numbers.of(turn.conversation, turn.channel, turn.contact),
                channel_kind=kind,
                contact_name=contact.name if contact else None,
                newest=newest,
                before=before,
                before_seq=turn.seq - 1,
                said=said,
            )
        )

    async def bot_is_silent(self, turn: Turn) -> None:
        """Return when, `turn` being applied, the bot begins to send nothing more of the time before it."""
        if not self._channels.stored_is_sent(await self._channels.kind(turn.channel)):
            await self._outbox.bot_is_silent(turn.channel, turn.conversation, turn.state.control_epoch)

    async def listed(self, conversation: ConversationId) -> None:
        """Return when the lists show everything applied so far to the conversation."""
        await self.marks.settled(conversation)

    def _message(self, turn: Turn, index: int, say: Say, kind: str) -> Message:
        now = self._clock.now()
        delivery: Delivery | None = None
        if say.direction is Direction.OUT and self._channels.stored_is_sent(kind):
            delivery = sent_by_storing(now)
        elif say.direction is Direction.OUT:
            own_s = self._channels.keeps_trying_s(kind)
            delivery = queued(now + (self._expires if own_s is None else timedelta(seconds=own_s)), once=say.once)
        if say.sent:
            delivery = Delivery(status=DeliveryStatus.SENT, attempts=1, external_ids=say.sent, sent_at=now)
        return Message(
            id=MessageId(derived_id(turn.id, index)),
            project=turn.project,
            conversation=turn.conversation,
            channel=turn.channel,
            contact=turn.contact,
            position=0,
            direction=say.direction,
            author=say.author,
            text=say.text,
            details=Details(mail=MailDetails(cc=say.copies)) if say.copies else say.details,
            unasked=_is_unasked(turn, say),
            attachments=say.attachments,
            buttons=say.buttons,
            ask=say.ask,
            card=say.card,
            created_at=now,
            turn=TurnId(turn.id),
            control_epoch=turn.state.control_epoch if say.author.kind is ActorKind.BOT else None,
            automatic=say.automatic,
            handover=say.handover,
            delivery=delivery,
        )


async def _all(works: Sequence[Coroutine[Any, Any, None]]) -> None:
    """Do everything at the same time; the first trouble is raised as it is."""
    try:
        async with asyncio.TaskGroup() as group:
            for work in works:
                group.create_task(work)
    except ExceptionGroup as trouble:
        raise trouble.exceptions[0] from trouble


def _is_to_be_sent(effect: Effect) -> bool:
    return isinstance(effect, Say) and effect.direction is Direction.OUT and not effect.sent


def _is_unasked(turn: Turn, say: Say) -> bool:
    """A mailing, and what a flow says later of its own accord: from such things one must be able to unsubscribe."""
    if say.direction is not Direction.OUT or say.author.kind is ActorKind.OPERATOR:
        return False
    return say.author.kind is ActorKind.SYSTEM or turn.kind in (TurnKind.TIMER, TurnKind.RESOLVE)


def _fired_by(turn: Turn) -> TimerId | None:
    """The timer that the Turn comes from."""
    return TimerId(turn.cause.removeprefix("timer:")) if turn.cause.startswith("timer:") else None


def _timer(turn: Turn, index: int, effect: SetTimer) -> Timer:
    return Timer(
        id=TimerId(derived_id(turn.id, index)),
        project=turn.project,
        conversation=effect.conversation or turn.conversation,
        origin=turn.conversation if effect.conversation else None,
        kind=effect.kind,
        seq=turn.seq,
        due_at=effect.due_at,
        session=effect.session,
        asked=effect.asked,
        flow=effect.flow,
        task=effect.task,
    )
