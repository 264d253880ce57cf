"""What goes out: one bot's messages, in its budget, and what is done to them after they were sent."""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, Any

from connectors.base import Attachments, OpenedFile, OutgoingMessage, Sent
from connectors.errors import ChannelThrottled, ConnectorError, ContactUnreachable, MessageRejected
from connectors.reasons import why
from connectors.telegram.addresses import ADDRESS_KIND, BUSINESS_KIND, Chat, chat_of, message_id_of, message_name
from connectors.telegram.budget import Budget
from connectors.telegram.faults import Moved, Refusal, refuses_marks, unchanged
from connectors.telegram.render import Call, keyboard_of, place_of, render, without_marks
from hub.model.attachment import AttachmentRef
from hub.model.contact import Address
from hub.model.message import ActorKind

if TYPE_CHECKING:
    from connectors.telegram.api import Api

REMEMBERED_SENDS = 10_000
LONGEST_PAUSE_S = 5.0
"""A send that would have to wait longer for the bot's budget is put back instead."""


class Outgoing:
    """The sending side of a bot. `note_move` tells the hub that a group has another id now."""

    def __init__(
        self, api: "Api", files: Attachments, budget: Budget, note_move: Callable[[Chat, int], Awaitable[None]]
    ) -> None:
        self._api, self._files, self._budget, self._note_move = api, files, budget, note_move
        self._granted: OrderedDict[str, bool] = OrderedDict()
        self._begun: OrderedDict[str, list[int]] = OrderedDict()
        self._moved: dict[int, int] = {}

    def pause_s(self, message: OutgoingMessage) -> float:
        """How long until the bot's budget lets this message go. 0 reserves its place."""
        name = message.message.id
        if name in self._granted:
            return 0.0
        try:
            chat = self.chat(message)
        except ContactUnreachable:
            return 0.0  # `send` says so
        mailing = message.message.author.kind is ActorKind.SYSTEM
        wait_s = self._budget.try_take(chat.id, mailing=mailing)
        if not wait_s:
            self._granted[name] = True
            _forget_the_oldest(self._granted)
        return wait_s

    async def send(self, message: OutgoingMessage) -> Sent:
        """Send it, in as many parts as it needs. What was sent of it before a fault is not sent again."""
        chat = self.chat(message)
        done = await self.send_calls(message.message.id, render(message.message, chat), chat)
        return Sent(tuple(message_name(chat, one) for one in done))

    async def send_calls(self, name: str, calls: Sequence[Call], chat: Chat, *, can_wait: bool = False) -> list[int]:
        """Make calls that send, in their order; the ids of the messages. A second time under the same `name` goes on.

        `can_wait`: customers' messages go first; where the budget does not let it go at once, `ChannelThrottled` says
        so.
        """
        if not calls:
            raise MessageRejected("empty", why("telegram_empty"))
        done = list(self._begun.get(name, ()))
        made = 0
        for call in calls:
            made += call.messages
            if made > len(done):
                done += await self._send_part(name, call, chat, can_wait=can_wait)
                self._begun[name] = list(done)
                _forget_the_oldest(self._begun)
        self._begun.pop(name, None)
        return done

    async def _send_part(self, name: str, call: Call, chat: Chat, *, can_wait: bool) -> list[int]:
        opened = [await self._opened(file) for file in call.files]
        if can_wait:
            self.reserve(chat, call.messages)
        elif not self._granted.pop(name, False):
            await self._wait_for_budget(chat, call.messages)
        return await self.call(call, chat, opened)

    def reserve(self, chat: Chat, count: int = 1) -> None:
        """Take a place in the budget for what can wait. Raises `ChannelThrottled`: not now."""
        wait_s = self._budget.try_take(chat.id, count, mailing=True)
        if wait_s:
            raise ChannelThrottled(wait_s, why("telegram_budget"))

    async def _wait_for_budget(self, chat: Chat, count: int) -> None:
        while wait_s := self._budget.try_take(chat.id, count):
            if wait_s > LONGEST_PAUSE_S:
                raise ChannelThrottled(wait_s, why("telegram_budget"))
            await asyncio.sleep(wait_s)

    async def call(self, call: Call, chat: Chat, opened: Sequence[OpenedFile] = ()) -> list[int]:
        """Make a call; the ids of the messages it made. Raises the `Send...` errors."""
        try:
            return await self._api.send(call, opened)
        except Moved as moved:
            self._moved[chat.id] = moved.to
            await self._note_move(chat, moved.to)
            there = call.with_arguments(chat_id=moved.to)
            return await self.call(there, Chat(moved.to), await self._again(opened))
        except Refusal as refusal:
            plain = without_marks(call) if refuses_marks(refusal.description) else None
            if plain is not None:
                return await self.call(plain, chat, await self._again(opened))
            if isinstance(refusal.error, ChannelThrottled):
                self._budget.told_to_wait(chat.id, refusal.error.retry_after_s)
            raise refusal.error from refusal

    async def _again(self, opened: Sequence[OpenedFile]) -> list[OpenedFile]:
        """The same files from their beginning."""
        return [await self._opened(one.file) for one in opened]

    async def _opened(self, file: AttachmentRef) -> OpenedFile:
        opened = await self._files.open(file.id)
        if opened is None:
            raise MessageRejected("file_gone", why("file_gone", name=file.name))
        return opened

    def chat(self, message: OutgoingMessage) -> Chat:
        """Where a message goes. Raises `ContactUnreachable`."""
        return self._chat_at(message.addresses)

    def _chat_at(self, addresses: Sequence[Address]) -> Chat:
        """The chat of a contact. Raises `ContactUnreachable`."""
        for kind in (ADDRESS_KIND, BUSINESS_KIND):
            for address in addresses:
                if address.kind == kind:
                    try:
                        chat = chat_of(kind, address.value)
                    except ValueError:
                        continue
                    return Chat(self._moved.get(chat.id, chat.id), chat.business)
        raise ContactUnreachable(why("telegram_no_address"))

    # After it was sent -----------------------------------------------------------------------------------------------

    async def redraw(self, message: OutgoingMessage) -> None:
        """Show the message's buttons as they are now, in place. Raises the `Send...` errors."""
        chat, last = self._sent_as(message)[-1]
        keyboard, _ = keyboard_of(message.message)
        if keyboard is None or "inline_keyboard" not in keyboard:
            keyboard = {"inline_keyboard": []}
        call = Call("EditMessageReplyMarkup", {**place_of(chat), "message_id": last, "reply_markup": keyboard})
        await self.change(call, chat)

    async def edit_text(self, message: OutgoingMessage) -> None:
        """Show the message's text as it is now, in place of what was sent. Raises the `Send...` errors.

        `MessageRejected` where it has more parts now than it was sent in.
        """
        parts = self._sent_as(message)
        chat = parts[0][0]
        await self.change_calls(render(message.message, chat), chat, [number for _, number in parts])

    async def change_calls(self, calls: Sequence[Call], chat: Chat, parts: Sequence[int]) -> None:
        """Show what was sent as `parts` as these calls would send it now. Raises as `edit_text`."""
        if len(calls) != len(parts):
            raise MessageRejected("not_editable", "The text no longer fits into the messages that were sent.")
        for call, message_id in zip(calls, parts, strict=True):
            kept = {"text", "entities", "caption", "caption_entities", "reply_markup"}
            arguments = {name: value for name, value in call.arguments.items() if name in kept}
            method = "EditMessageText" if call.method == "SendMessage" else "EditMessageCaption"
            if "keyboard" in arguments.get("reply_markup", {}):
                del arguments["reply_markup"]
            await self.change(Call(method, {**place_of(chat), "message_id": message_id, **arguments}), chat)

    async def delete(self, message: OutgoingMessage) -> None:
        """Take back what was sent. Raises the `Send...` errors."""
        parts = self._sent_as(message)
        chat = parts[0][0]
        if chat.business:
            arguments = {"business_connection_id": chat.business, "message_ids": [one for _, one in parts]}
            await self.change(Call("DeleteBusinessMessages", arguments), chat)
            return
        await self.change(Call("DeleteMessages", {"chat_id": chat.id, "message_ids": [one for _, one in parts]}), chat)

    async def change(self, call: Call, chat: Chat) -> None:
        """Make a call that changes something; where it is so already, that is nothing. Raises the `Send...` errors."""
        try:
            await self.call(call, chat)
        except ConnectorError as error:
            if not unchanged(str(error)):
                raise

    def _sent_as(self, message: OutgoingMessage) -> list[tuple[Chat, int]]:
        """Where each part of a sent message is. Raises `MessageRejected` where that is not known."""
        chat = self.chat(message)
        delivery = message.message.delivery
        parts = [
            (chat, number)
            for name in (delivery.external_ids if delivery else ())
            if (number := message_id_of(name, chat)) is not None
        ]
        if not parts:
            raise MessageRejected("not_editable", "This message was not sent, so it cannot be changed there.")
        return parts

    async def show_typing(self, addresses: Sequence[Address]) -> None:
        """Let the contact see for five seconds that somebody writes. Raises our errors."""
        chat = self._chat_at(addresses)
        await self.call(Call("SendChatAction", {**place_of(chat), "action": "typing"}), chat)


def _forget_the_oldest(kept: OrderedDict[str, Any]) -> None:
    while len(kept) > REMEMBERED_SENDS:
        kept.popitem(last=False)
