"""Inbound: makes what a connector reports durable, once, before the connector acknowledges it."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from typing import Protocol, assert_never

import structlog

from hub.model.channel import Channel, Reopen
from hub.model.content import Details
from hub.model.events import (
    AddressMoved,
    ContactOptedOut,
    ContactReturned,
    ContactStopped,
    ConversationStarted,
    EditedElsewhere,
    InboundEvent,
    MessageEdited,
    MessageReceived,
    ReactionsChanged,
    ReceiptReceived,
    Received,
    SaidElsewhere,
    Unreadable,
)
from hub.model.ids import ChannelId, ContactId, ConversationId
from hub.model.message import Message
from hub.services.arriving import Learning, message_of, received, waits_for_files
from hub.services.belonging import Belonging, Place
from hub.services.decisions import starts_anew
from hub.services.edits import Edits
from hub.services.errors import Unavailable
from hub.services.links import Links
from hub.services.merging import Merging
from hub.services.numbers import Numbers, conversation_id
from hub.services.receipts import Receipts
from hub.services.start_rules import starts_by
from hub.services.together import Together
from hub.store.clock import DatabaseClock
from hub.store.contacts import Contacts, Erased
from hub.store.conversations import Conversations
from hub.store.errors import NotDurable, NotStorable, PlaceTaken, StoreBusy, StoreUnavailable
from hub.store.messages import Messages
from hub.store.outage import is_outage
from hub.store.turns import Turns as TurnStore

log = structlog.get_logger(__name__)

REMEMBERED_CONVERSATIONS = 50_000
"""Current conversations kept in memory where the rule is to reopen: which one it is then never changes; about 15 MB."""


class Parks(Protocol):
    """Where what cannot be read is kept."""

    async def park(self, channel: Channel, event: Unreadable) -> None:
        """Keep the raw event durably; the same one again counts an attempt."""


class Inbound:
    """The one way in. `receive` returns when everything is durable; until then nothing may be acknowledged."""

    def __init__(
        self,
        messages: Messages,
        conversations: Conversations,
        contacts: Contacts,
        turns: TurnStore,
        numbers: Numbers,
        receipts: Receipts,
        edits: Edits,
        parked: Parks,
        clock: DatabaseClock,
        links: Links,
        merging: Merging,
        *,
        accepting: Callable[[], bool],
        wake: Callable[[ConversationId], None],
        hand: Callable[[Message], None],
        fetch: Callable[[], None],
        said: Callable[[Channel, SaidElsewhere | EditedElsewhere], Awaitable[Received]],
    ) -> None:
        """`hand` is given what was stored just now, `wake` is told of a conversation with something else to decide.

        `fetch` is told that there are files to be fetched, `said` of what people of ours said beside the hub.
        """
        self._messages, self._conversations, self._contacts, self._turns = messages, conversations, contacts, turns
        self._receipts, self._parked, self._clock, self._links = receipts, parked, clock, links
        self._merging, self._numbers, self._edits = merging, numbers, edits
        self._accepting, self._wake, self._hand, self._fetch = accepting, wake, hand, fetch
        self._said = said
        self._learning, self._belonging = Learning(contacts), Belonging(conversations, messages, numbers)
        self._together = Together(
            messages, contacts, self._belonging, self._learning, numbers, clock, hand=hand, wake=self._wait_for_files
        )
        self._current: dict[tuple[ChannelId, int, ContactId], ConversationId] = {}

    async def receive(self, channel: Channel, events: Sequence[InboundEvent]) -> Sequence[Received]:
        """Store events, each once; those of one sender in their order. One answer per event, in the same order.

        Raises `Unavailable`: nothing may be acknowledged; offer the same events again later.
        """
        if not self._accepting():
            raise Unavailable(30, "The hub is short of disk space and accepts nothing until there is room again.")
        try:
            if len(events) == 1:
                return [await self._one(channel, events[0])]
            return await self._many(channel, events)
        except ExceptionGroup as group:
            _, others = group.split(_is_passing)
            if others is not None:
                raise others from None
            raise Unavailable from group
        except Exception as error:
            if _is_passing(error):
                raise Unavailable from error
            raise

    async def _many(self, channel: Channel, events: Sequence[InboundEvent]) -> Sequence[Received]:
        by_sender: dict[tuple[str, str], list[int]] = {}
        for index, event in enumerate(events):
            by_sender.setdefault(_sender_of(event), []).append(index)
        answers: dict[int, Received] = {}
        fresh = await self._fresh(channel, events)

        async def in_order(indexes: Sequence[int]) -> None:
            for index in indexes:
                event = events[index]
                answers[index] = await self._one(channel, event, fresh=event.external_id in fresh)
                fresh.discard(event.external_id)  # the same once more is a repeat

        async def in_a_row(messages: Mapping[int, MessageReceived]) -> None:
            left = list(messages)
            while left:
                stored = await self._together.store(channel, [messages[index] for index in left])
                answers.update(zip(left, stored, strict=False))
                alone, left = left[len(stored) :][:1], left[len(stored) + 1 :]
                for index in alone:  # it is told what is the matter
                    answers[index] = await self._one(channel, events[index])

        row = _row(events, by_sender.values(), fresh)
        async with asyncio.TaskGroup() as group:
            if row:
                group.create_task(in_a_row(row))
            for indexes in by_sender.values():
                if indexes[0] not in row:
                    group.create_task(in_order(indexes))
        return [answers[index] for index in range(len(events))]

    async def _fresh(self, channel: Channel, events: Sequence[InboundEvent]) -> set[str]:
        """The external ids of threaded messages that are not stored yet: asked once for all of them."""
        ids = [event.external_id for event in events if isinstance(event, MessageReceived) and event.threading]
        return set(ids) - await self._messages.known_ids(channel.id, ids) if ids else set()

    async def _one(self, channel: Channel, event: InboundEvent, *, fresh: bool = False) -> Received:
        """`fresh`: it is a message that is known not to be stored."""
        match event:
            case MessageReceived():
                return await self._message(channel, event, fresh=fresh)
            case MessageEdited():
                return await self._edit(channel, event)
            case ReactionsChanged():
                await self._messages.react(channel.id, event.target, event.reactions)
            case ReceiptReceived():
                await self._receipts.receive(channel, event)
            case ConversationStarted():
                return await self._started(channel, event)
            case ContactStopped():
                await self._stopped(channel, event)
            case ContactReturned():
                await self._contacts.mark_unreachable(channel.project, event.sender.kind, event.sender.value, None)
            case ContactOptedOut():
                await self._opted_out(channel, event)
            case SaidElsewhere() | EditedElsewhere():
                return await self._said(channel, event)
            case AddressMoved():
                await self._contacts.move_address(channel.project, event.sender, event.to, self._clock.now())
            case Unreadable():
                await self._parked.park(channel, event)
                return Received(external_id=event.external_id, parked=True)
            case _:
                assert_never(event)
        return Received(external_id=event.external_id)

    async def _stopped(self, channel: Channel, event: ContactStopped) -> None:
        sender = event.sender
        if event.about is not None:
            sent = await self._messages.sent_under(channel.id, event.about)
            whole = await self._contacts.get(channel.project, sent.contact) if sent else None
            known = await self._contacts.addresses_of(await self._contacts.parts_of(whole.id)) if whole else ()
            if (sender.kind, sender.value) not in [(address.kind, address.value) for address in known]:
                log.warning("somebody else's address was said to be gone", channel=channel.id)
                return
        await self._contacts.mark_unreachable(channel.project, sender.kind, sender.value, event.reason)

    async def _opted_out(self, channel: Channel, event: ContactOptedOut) -> None:
        """Of a contact that is not known there is nothing to note: nobody writes to them."""
        contact = await self._contacts.at(channel.project, event.sender)
        if contact is not None:
            await self._contacts.opt_out(channel.project, contact, self._clock.now())
            log.info("a contact opted out", channel=channel.id, contact=contact)

    async def _started(self, channel: Channel, event: ConversationStarted) -> Received:
        """Where a flow begins by it, pressing start is what the conversation begins with; else it is only a contact.

        Who follows a link of ours goes on as the contact that it was made for, in a conversation that is there at once.
        """
        now = self._clock.now()
        known = self._links.contact(channel.project, event.payload, now)
        if known is not None:
            event = event.model_copy(update={"payload": None})
            joined = await self._contacts.join(channel.project, known, event.sender, now)
            joined = joined or await self._merging.by_link(channel.project, known, event.sender)
            log.info("a contact came by a link", channel=channel.id, contact=known, joined=joined)
        origin = self._links.conversation(channel.project, event.payload, now)
        if origin is not None and (place := await self._conversations.any(origin)) is not None:
            joined = await self._contacts.join(channel.project, place.contact, event.sender, now)
            log.info("a contact goes on in another channel", channel=channel.id, conversation=origin, joined=joined)
            event = event.model_copy(update={"payload": None})
        else:
            origin = None
        if known is None and origin is None and not starts_by(channel, event.payload):
            contact = await self._contacts.of_sender(channel.project, event.sender, now)
            if event.sender.fields:
                await self._contacts.learn(channel.project, contact, event.sender)
            return Received(external_id=event.external_id)
        pressed = MessageReceived(
            external_id=event.external_id,
            sender=event.sender,
            text=event.text or f"/start {event.payload or ''}".rstrip(),
            button=event.payload,
            details=Details(continues=origin, prefill=event.prefill) if origin or event.prefill else None,
        )
        return await self._message(channel, pressed, started=True)

    async def _edit(self, channel: Channel, event: MessageEdited) -> Received:
        if not await self._edits.receive(channel.id, event) and event.whole is not None:
            return await self._message(channel, event.whole)
        files = event.whole.attachments if event.whole else ()
        if files and await self._messages.add_files(channel.id, event.target, files):
            self._fetch()
        return Received(external_id=event.external_id)

    async def _message(
        self, channel: Channel, event: MessageReceived, *, started: bool = False, fresh: bool = False
    ) -> Received:
        async def is_new() -> bool:
            return fresh or await self._messages.by_external_id(channel.id, event.external_id) is None

        try:
            sender = await self._contacts.of_sender(channel.project, event.sender, self._clock.now(), is_new)
        except Erased:  # a copy of what was erased, as from a mailbox that is read again, brings nothing back
            return Received(external_id=event.external_id)
        while True:
            place = await self._place(channel, sender, event, fresh=fresh)
            try:
                return await self._at(channel, sender, event, place, started=started, fresh=fresh)
            except PlaceTaken:  # another process has begun that conversation meanwhile
                self._belonging.mistaken(channel.id, place)

    async def _at(
        self, channel: Channel, sender: ContactId, event: MessageReceived, place: Place, *, started: bool, fresh: bool
    ) -> Received:
        """Store a message at its place. Raises `PlaceTaken`."""
        message = message_of(channel, sender, event, place, self._clock.now(), started=started)

        async def is_new() -> bool:
            return fresh or await self._messages.by_external_id(channel.id, event.external_id) is None

        await self._learning.from_sender(channel.project, sender, event.sender, is_new)
        try:
            appended = await self._messages.append(message, begins=place.number is not None)
        except NotStorable as error:
            raw = json.dumps(event.model_dump(), default=str).encode()  # pydantic's own refuses lone surrogates
            unreadable = Unreadable(external_id=event.external_id, raw=raw, reason=str(error))
            await self._parked.park(channel, unreadable)
            return Received(external_id=event.external_id, parked=True)
        stored = appended.message
        if not appended.repeated and event.threading is not None:
            self._belonging.begun(channel.id, place)
        if event.album and appended.repeated:
            await self._messages.add_part(channel.id, event.album, message)
        pending = waits_for_files(message)
        if appended.repeated or stored.parts or pending:  # the store may soon hold more of it
            self._wake(stored.conversation)
        else:
            self._hand(stored)
        if pending:
            self._fetch()
        return await received(event, place, stored, self._numbers, repeated=appended.repeated)

    def _wait_for_files(self, message: Message) -> None:
        self._wake(message.conversation)
        self._fetch()

    async def _place(self, channel: Channel, sender: ContactId, event: MessageReceived, *, fresh: bool) -> Place:
        if event.threading is None:
            if self._contacts.made_among([sender]):  # there can be nothing of theirs yet
                first = conversation_id(channel.id, sender, 1)
                self._note_current(channel, sender, first)
                return Place(first, sender, number=1)
            return Place(await self._conversation(channel, sender), sender)
        known = None if fresh else await self._messages.by_external_id(channel.id, event.external_id)
        if known is not None:  # a repeat must not begin another conversation
            return Place(known.conversation, known.contact)
        return await self._belonging.place(channel, sender, event)

    async def _conversation(self, channel: Channel, contact: ContactId) -> ConversationId:
        """The conversation a new message belongs to, by the channel's reopen rule."""
        always = channel.reopen.rule is Reopen.REOPEN
        place = channel.id, channel.revision, contact  # under another rule there may have been newer ones
        if always and (known := self._current.get(place)):
            return known
        newest = await self._conversations.newest_of(channel.id, contact)
        current = newest.id if newest else conversation_id(channel.id, contact, 1)
        if newest is None or always:
            self._note_current(channel, contact, current)
            return current
        turn = await self._turns.newest(newest.id, fresh=True)
        if turn is not None and starts_anew(channel, turn.state, self._clock.now()):
            begun = conversation_id(channel.id, contact, newest.number + 1)
            self._numbers.note(begun, newest.number + 1)
            return begun
        return newest.id

    def _note_current(self, channel: Channel, contact: ContactId, conversation: ConversationId) -> None:
        if len(self._current) >= REMEMBERED_CONVERSATIONS:
            self._current.pop(next(iter(self._current)))
        self._current[channel.id, channel.revision, contact] = conversation


def _is_passing(error: Exception) -> bool:
    """Whether the same event may well be stored a little later."""
    return isinstance(error, NotDurable | StoreBusy | StoreUnavailable) or is_outage(error)


def _row(
    events: Sequence[InboundEvent], lines: Collection[Sequence[int]], fresh: Collection[str]
) -> Mapping[int, MessageReceived]:
    """What is stored together: all of those senders who sent nothing but new messages of threads, each once."""
    chosen: dict[int, MessageReceived] = {}
    for indexes in lines:
        line = {index: event for index in indexes if isinstance(event := events[index], MessageReceived)}
        plain = {event.external_id for event in line.values() if event.threading is not None and not event.album}
        if len(plain & set(fresh)) == len(indexes):
            chosen |= line
    return dict(sorted(chosen.items())) if len(chosen) > 1 else {}


def _sender_of(event: InboundEvent) -> tuple[str, str]:
    if isinstance(event, Unreadable) or event.sender is None:
        return ("", event.external_id)
    return (event.sender.kind, event.sender.value)
