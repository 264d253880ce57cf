"""Turns: decides each conversation strictly in order, commits the decision, and applies what follows from it."""

import asyncio
import hashlib
import time
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from flows.events import Filled
from hub.model.conversation import Control, Conversation, ConversationState
from hub.model.ids import ConversationId
from hub.model.message import Actor, ActorKind, Message
from hub.model.operator import Viewer
from hub.model.timer import Timer, TimerStatus
from hub.model.turn import Turn, TurnKind
from hub.services.bot import Bot
from hub.services.commands import (
    Assign,
    Command,
    FlowCommand,
    Note,
    Reopen,
    Reply,
    SetPriority,
    SetTags,
    Take,
    TaskCommand,
)
from hub.services.decisions import SYSTEM, Decision, begin, on_command, on_timer, person
from hub.services.drafts import Drafts, KnowsChannels
from hub.services.effects import Effects
from hub.services.errors import Invalid, NotFound
from hub.services.firing import Firing
from hub.services.handed import Handed
from hub.services.streaks import Streak
from hub.services.task_desk import TaskDesk
from hub.services.tasks import TASK_TIMERS
from hub.services.wakeful import Wakeful
from hub.store.clock import DatabaseClock
from hub.store.conversations import Conversations
from hub.store.in_order import InOrder
from hub.store.messages import Messages
from hub.store.timers import Timers
from hub.store.turns import CauseDecided, SeqTaken
from hub.store.turns import Turns as TurnStore

log = structlog.get_logger(__name__)

ALBUM_S = 1.0
"""How long the parts of an album are awaited: no service says which is the last, and they come within moments."""
COMMAND_WAITS_S = 0.3
"""So long an operator's command that can go before them waits for messages that came earlier and are undecided."""
GOES_FIRST = (Take, Assign, Note, SetTags, SetPriority)
"""Commands that need not know what becomes of undecided messages: a flood of those must not keep the bot speaking."""
DECIDED_AT_ONCE = 100
"""Messages of one conversation that are read together."""

Decide = Callable[[ConversationState, int, datetime], Awaitable[Decision | None]]
"""From the state and seq of the newest Turn, and the time, to a decision; None when nothing is to be done.

The Turn carries the same time, so that the decision can be made again from what is stored.
"""


@dataclass(frozen=True, slots=True)
class Acted:
    """What a command led to: its Turn, None when everything already was as asked."""

    turn: Turn | None


class Turns:
    """Decides, commits and applies. A conversation at a time in this process; between processes unique keys decide."""

    def __init__(
        self,
        turns: TurnStore,
        messages: Messages,
        conversations: Conversations,
        timers: Timers,
        channels: KnowsChannels,
        bot: Bot,
        desk: TaskDesk,
        effects: Effects,
        clock: DatabaseClock,
        *,
        workers: int,
        sweep_s: float,
    ) -> None:
        self._turns, self._messages, self._conversations, self._timers = turns, messages, conversations, timers
        self._channels, self._bot, self._desk, self._effects, self._clock = channels, bot, desk, effects, clock
        self._drafts, self._in_order = Drafts(messages, channels, bot, desk), InOrder()
        self._handed = Handed(messages.first_of_run)
        self._company: dict[ConversationId, asyncio.Future[None]] = {}
        """Whose streak waits for more messages, and what tells it of one."""
        self._suspects: set[ConversationId] = set()
        self._sweep, self._swept = timedelta(seconds=sweep_s), False
        self._wakeful = Wakeful("decide", self._settle, self._forgotten, workers=workers, sweep_s=sweep_s)

    def wake(self, conversation: ConversationId) -> None:
        """A conversation may have undecided messages."""
        self._handed.ask(conversation)
        self._wakeful.wake(conversation)

    def hand(self, message: Message) -> None:
        """This message was stored just now, for the first time; nobody waits between that and this call."""
        self._handed.offer(message)
        if (company := self._company.get(message.conversation)) is not None:
            if not company.done():
                company.set_result(None)
            return
        self._wakeful.wake(message.conversation)
        if self._in_order.holds(message.conversation):
            self._turns.hurry()

    async def run(self) -> None:
        """Decide what is woken, sweep for what nobody was told about, fire timers. Ends when cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._wakeful.run())
            group.create_task(Firing(self._timers, self._clock, self._fire).run())

    async def act(self, viewer: Viewer, conversation: ConversationId, command: Command, key: str) -> Acted:
        """Commit an operator's command as a Turn, apply it and everything before it.

        The same `key` again gives the same Turn. Raises `NotFound`, `Conflict`, `Invalid` (also when the key was used
        for another command), `NotAllowed`, and the store's errors: then ask again with the same key.
        """
        cause = f"command:{viewer.operator}:{key}"
        fingerprint = _fingerprint(conversation, command)
        async with self._in_order(conversation):
            repeated = await self._repeated(cause, fingerprint)
            await self._effects.listed(conversation)  # by what the list shows it is judged who sees the conversation
            if repeated is not None:
                await self._effects.bot_is_silent(repeated)
                return Acted(repeated)
            place = await self._conversations.get(viewer, conversation)
            if place is None:
                raise NotFound("This conversation")
            await self._decide_messages(
                conversation, within_s=COMMAND_WAITS_S if isinstance(command, GOES_FIRST) else None
            )

            channel, epoch = await self._channels.channel(place.channel), 0

            async def decide(state: ConversationState, seq: int, now: datetime) -> Decision | None:
                nonlocal epoch
                epoch = state.control_epoch
                if isinstance(command, TaskCommand):
                    return await self._desk.on_command(command, state, viewer, place, conversation, now, seq + 1)
                newer = await self._unseen(viewer, conversation, command)
                before = await self._before(conversation, command, seq)
                if channel is None:
                    if isinstance(command, FlowCommand):
                        raise Invalid("no_channel", "The channel of this conversation was deleted.")
                    return on_command(state, command, viewer, now, newer, before)
                return await self._bot.on_command(
                    state, command, viewer, place, conversation, channel, now, seq + 1, newer, before
                )

            turn = await self._commit(place, conversation, cause, person(viewer), decide, fingerprint)
            await self._effects.listed(conversation)
        if turn is not None and turn.state.control_epoch > epoch:
            await self._effects.bot_is_silent(turn)
        return Acted(turn)

    async def settle(self, conversation: ConversationId) -> None:
        """Return when everything that was received in the conversation is decided, applied and listed."""
        async with self._in_order(conversation):
            await self._decide_messages(conversation)
            await self._effects.listed(conversation)

    async def fill(self, conversation: ConversationId, page: Filled, cause: str) -> Turn | None:
        """Commit a page of a form that the contact filled in; None when it changed nothing, or was taken before.

        Raises `NotFound`, and `Invalid` with what is wrong by question.
        """
        async with self._in_order(conversation):
            await self._decide_messages(conversation)
            await self._effects.listed(conversation)
            place = await self._conversations.any(conversation)
            channel = await self._channels.channel(place.channel) if place else None
            if place is None or channel is None:
                raise NotFound("This form")
            actor = Actor(kind=ActorKind.CONTACT, id=place.contact, name=place.contact_name)

            async def decide(state: ConversationState, seq: int, now: datetime) -> Decision | None:
                return await self._bot.on_page(state, page, place, conversation, channel, now, seq + 1)

            turn = await self._commit(place, conversation, cause, actor, decide)
            await self._effects.listed(conversation)
            return turn

    async def step(
        self, place: Conversation, cause: str, decide: Callable[[ConversationState], Decision | None]
    ) -> Turn | None:
        """Commit and apply a step that the hub itself takes in a conversation, once per `cause`."""

        async def decided(state: ConversationState, _seq: int, _now: datetime) -> Decision | None:
            return decide(state)

        async with self._in_order(place.id):
            turn = await self._commit(place, place.id, cause, SYSTEM, decided)
            await self._effects.listed(place.id)
            return turn

    async def _repeated(self, cause: str, fingerprint: str) -> Turn | None:
        known = await self._turns.by_cause(cause)
        if known is None:
            return None
        if known.fingerprint != fingerprint:
            raise Invalid(
                "key_reused", "This key was used for another request before. Use a new key for a new request."
            )
        await self._apply_up_to(known)
        return known

    async def _unseen(self, viewer: Viewer, conversation: ConversationId, command: Command) -> list[Message]:
        if not isinstance(command, Reply) or command.confirm:
            return []
        return list(await self._messages.replies_since(conversation, command.seen_position, viewer.operator))

    async def _before(self, conversation: ConversationId, command: Command, seq: int) -> ConversationState | None:
        """The state before the close that is to be taken back; None unless that is the newest Turn, `seq`."""
        if not isinstance(command, Reopen) or command.undo != seq:
            return None
        closed = await self._turns.at(conversation, seq)
        if closed is None or closed.kind not in (TurnKind.RESOLVE, TurnKind.SPAM):
            return None
        turn = await self._turns.at(conversation, seq - 1)
        return turn.state if turn else None

    async def _settle(self, conversation: ConversationId) -> None:
        """Decide every undecided message of the conversation and apply every unapplied Turn."""
        async with self._in_order(conversation):
            if conversation in self._suspects:
                self._suspects.discard(conversation)
                newest = await self._turns.newest(conversation, fresh=True)
                if newest is not None:
                    await self._apply_waiting(newest)
            try:
                handed = self._handed.take(conversation)
                if handed is None:
                    await self._decide_messages(conversation, patient=True)
                else:
                    await self._decide_handed(conversation, handed)
            except BaseException:
                self._handed.ask(conversation)
                raise

    async def _decide_handed(self, conversation: ConversationId, handed: Sequence[Message]) -> None:
        line, streak = deque(handed), Streak(self._turns, self._apply_of_streak)
        try:
            while line:
                message = line.popleft()
                if not self._effects.has_decided(message) and not await self._joins(streak, message):
                    await streak.apply_all()
                    await self._decide_message(message, patient=not line and not self._handed.waits(conversation))
                if not streak:
                    self._handed.decided(conversation, message.position)
                if self._in_order.is_wanted(conversation) or streak.is_full:
                    await streak.apply_all()
                    if line:
                        self._go_on_later(conversation)
                    return
                if not line:
                    line.extend(await self._joining(conversation, streak))
            await streak.apply_all()
        except (SeqTaken, CauseDecided):
            self._go_on_later(conversation)
        finally:
            streak.leave()
            if self._handed.waits(conversation):
                self._wakeful.wake(conversation)

    async def _joins(self, streak: Streak, message: Message) -> bool:
        """Decide a message behind what is still being written, if its Turn says nothing: it is on its way then.

        Only where nothing that is decided by depends on the effects of the Turns before: those of a streak have none.
        """
        before = streak.newest or self._turns.remembered(message.conversation)
        if before is None or before.state.control is Control.BOT:
            return False
        if not streak and not self._effects.has_applied(before):
            return False
        now = self._clock.now()
        decision = await self._drafts.on_message(message, before.state, before.seq, now)
        turn = await self._drafts.turn(message, message.conversation, f"message:{message.id}", message.author, now,
                                before.state, before.seq, decision)  # fmt: skip
        if turn.effects or turn.session or turn.left or turn.state.control_epoch != before.state.control_epoch:
            return False
        if not streak:
            self._effects.comes_after(before)
        streak.add(turn, before, message)
        return True

    async def _joining(self, conversation: ConversationId, streak: Streak) -> Sequence[Message]:
        """Apply the streak as it is written; messages that come before the last of it is, to be decided behind it."""
        await streak.apply_written()
        while streak and not self._handed.waits(conversation):
            company = self._company[conversation] = asyncio.get_running_loop().create_future()
            streak.tell_when_answered(company)
            try:
                await company
            finally:
                del self._company[conversation]
            await streak.apply_written()
        if not streak:
            return ()
        taken = self._handed.take(conversation)
        if taken is None:
            self._go_on_later(conversation)
        return taken or ()

    async def _apply_of_streak(self, turn: Turn, before: Turn, message: Message) -> None:
        await self._apply_up_to(turn, before, message)
        self._handed.decided(turn.conversation, message.position)

    def _go_on_later(self, conversation: ConversationId) -> None:
        """Leave the rest of the messages to the next round: a command waits."""
        self._handed.ask(conversation)
        self._wakeful.wake(conversation)

    async def _decide_messages(
        self, conversation: ConversationId, *, patient: bool = False, within_s: float | None = None
    ) -> None:
        """Decide what waits now. What arrives meanwhile wakes the conversation again, behind commands that wait too.

        `patient` gives way to commands, and lets an album come together first, and with it what was written after it.
        After `within_s` the rest is left to the next round.
        """
        began_s = time.monotonic()
        last, full = 0, True
        while full:
            waiting = await self._messages.undecided(conversation, after=last, limit=DECIDED_AT_ONCE)
            for message in waiting:
                late = within_s is not None and time.monotonic() - began_s > within_s
                if late or (patient and last and self._in_order.is_wanted(conversation)):
                    self._go_on_later(conversation)
                    return
                if patient and self._comes_together(message):
                    self._handed.ask(conversation)  # nothing written after it is decided before it
                    asyncio.get_running_loop().call_later(ALBUM_S, self.wake, conversation)
                    return
                if not self._effects.has_decided(message):
                    await self._decide_message(message)
                last = message.position
                self._handed.decided(conversation, last)
            full = len(waiting) == DECIDED_AT_ONCE

    def _comes_together(self, message: Message) -> bool:
        return bool(message.parts) and self._clock.now() < message.created_at + timedelta(seconds=ALBUM_S)

    async def _decide_message(self, message: Message, *, patient: bool = False) -> None:
        async def decide(state: ConversationState, seq: int, now: datetime) -> Decision:
            return await self._drafts.on_message(message, state, seq, now)

        cause = f"message:{message.id}"
        await self._commit(message, message.conversation, cause, message.author, decide, patient=patient)

    async def _commit(
        self,
        place: Conversation | Message,
        conversation: ConversationId,
        cause: str,
        actor: Actor,
        decide: Decide,
        fingerprint: str | None = None,
        *,
        patient: bool = False,
    ) -> Turn | None:
        """Decide on the newest state until the commit succeeds, then apply. A cause that was decided gives its Turn.

        `patient`: a Turn that says nothing may wait some milliseconds for others to be written with.
        Everything before is applied first: who decides sees the messages that earlier Turns of other processes say.
        """
        # A message always leads to a commit, which finds a stale memory out. A refusal or "nothing to do" does not.
        fresh = not isinstance(place, Message)
        # Before the first message there is no Turn; if there is one all the same, the commit finds that out as well.
        begins = isinstance(place, Message) and place.position == 1
        while True:
            if begins and not fresh:
                newest = self._turns.remembered(conversation)
            else:
                newest = await self._turns.newest(conversation, fresh=fresh)
            if newest is not None and not self._effects.has_applied(newest):
                await self._apply_waiting(newest)
                self._effects.found_applied(newest)
            now = self._clock.now()
            if newest is None:
                channel = await self._channels.channel(place.channel)
                if channel is None:
                    raise LookupError(f"channel {place.channel} is gone")
                state, seq = begin(channel, now), 0
            else:
                state, seq = newest.state, newest.seq
            decision = await decide(state, seq, now)
            if decision is None:
                return None
            turn = await self._drafts.turn(place, conversation, cause, actor, now, state, seq, decision, fingerprint)
            turn = await self._effects.claimed(turn, newest)
            try:
                await self._put(turn, patient=patient)
            except SeqTaken:
                fresh = True
                continue
            except CauseDecided:
                known = await self._turns.by_cause(cause)
                if known is None:
                    raise
                if known.fingerprint != fingerprint:
                    raise Invalid("key_reused", "This key was used for another request before.") from None
                turn = known
            await self._apply_up_to(turn, newest, place if isinstance(place, Message) else None)
            return turn

    async def _put(self, turn: Turn, *, patient: bool) -> None:
        try:
            await self._turns.commit(turn, patient=patient and not turn.effects and turn.session is None)
        except BaseException:
            self._effects.let_go(turn)
            raise

    async def _apply_up_to(self, turn: Turn, previous: Turn | None = None, received: Message | None = None) -> None:
        """Apply the conversation's unapplied Turns in the order of their seq, `turn` included."""
        if self._effects.has_applied(turn):
            if received is not None:  # its message still says that it is undecided
                self._effects.mark(turn)
            return
        if previous is None and turn.seq == 1:
            await self._effects.apply(turn, None, received)
        elif previous is not None and self._effects.has_applied(previous) and previous.seq == turn.seq - 1:
            await self._effects.apply(turn, previous.state, received)
        else:
            await self._apply_waiting(turn)

    async def _apply_waiting(self, turn: Turn) -> None:
        previous: Turn | None = None
        for waiting in await self._turns.unapplied(turn.conversation, turn.seq):
            follows = previous is not None and previous.seq == waiting.seq - 1  # one between may be marked already
            if not self._effects.has_applied(waiting):
                await self._effects.apply(waiting, previous.state if previous and follows else None)
            previous = waiting

    async def _forgotten(self) -> list[ConversationId]:
        """At the start everything; later what has waited for a whole round: what is younger is being worked on."""
        before = self._clock.now() - self._sweep if self._swept else None
        undecided = await self._messages.conversations_undecided(before)
        unapplied = await self._turns.conversations_unapplied(before)
        self._swept = True
        self._suspects.update(unapplied)
        return list(dict.fromkeys([*undecided, *unapplied]))

    async def _fire(self, timer: Timer) -> bool:
        """Fire once: the Turn's cause is the timer's id. False: its conversation is still to be listed."""
        place = await self._conversations.any(timer.conversation)
        if place is None:
            if await self._turns.newest(timer.conversation, fresh=True) is None:  # erased, and not about to be listed
                await self._timers.finish(timer.id, TimerStatus.CANCELLED)
                return True
            return False
        cause = f"timer:{timer.id}"
        turn = await self._turns.by_cause(cause)  # a crash may have come between the Turn and the mark
        if turn is None:
            channel = await self._channels.channel(place.channel)

            async def decide(state: ConversationState, seq: int, now: datetime) -> Decision | None:
                # An answer may have cancelled it: of this moment, or one whose Turn a dead hub left to be applied.
                await self._effects.listed(place.id)
                if not await self._timers.is_pending(timer.id):
                    return None
                if timer.kind in TASK_TIMERS:
                    return await self._desk.on_timer(timer, state, now, seq + 1)
                if channel is None:  # nobody can be reached there any more
                    return on_timer(state, timer.kind, now)
                return await self._bot.on_timer(state, timer, place, channel, now, seq + 1)

            async with self._in_order(place.id):
                turn = await self._commit(place, place.id, cause, SYSTEM, decide)
        await self._timers.finish(timer.id, TimerStatus.FIRED if turn else TimerStatus.CANCELLED)
        return True


def _fingerprint(conversation: ConversationId, command: Command) -> str:
    body = f"{conversation}:{type(command).__name__}:{command.model_dump_json(exclude={'seen_position', 'confirm'})}"
    return hashlib.blake2b(body.encode(), digest_size=16).hexdigest()
