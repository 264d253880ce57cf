"""The people who write to bots: what a person can do in Telegram, as a class."""

from collections.abc import Sequence
from typing import Any

from hub.demo.telegram.markup import find_entities
from hub.demo.telegram.media import message_media
from hub.demo.telegram.members import membership_wire
from hub.demo.telegram.methods.edits import forwarded
from hub.demo.telegram.methods.messages import poll
from hub.demo.telegram.wire import Wire, without_empty
from hub.demo.telegram.world import PRESENT, Account, Bot, Callback, Chat, World


class Person:
    """A person in front of one chat: the private one with `bot`, or a group that the bot is in.

    Every method that writes gives the message as the bot sees it.
    """

    def __init__(self, world: World, account: Account, chat: Chat, bot: Bot) -> None:
        self.world, self.account, self.chat, self.bot = world, account, chat, bot

    def at(self, group: Chat) -> "Person":
        """The same person in front of a group, which is joined if need be."""
        if group.members.get(self.account.id) not in PRESENT:
            group.members[self.account.id] = "member"
        return Person(self.world, self.account, group, self.bot)

    @property
    def messages(self) -> list[Wire]:
        """What the chat shows, in order."""
        return list(self.chat.messages.values())

    @property
    def last(self) -> Wire:
        """The newest message of the chat."""
        return self.messages[-1]

    # Writing ---------------------------------------------------------------------------------------------------------

    def start(self, payload: str = "") -> Wire:
        """Press Start, with the payload of a link `https://t.me/<bot>?start=<payload>`."""
        return self.say(f"/start {payload}".strip())

    def say(self, text: str, entities: Sequence[Wire] | None = None, **more: Any) -> Wire:
        """Write a text. `more`: `reply_to` (a message), `quote`, `thread` (a topic), `date` (to write in the past)."""
        marked = list(entities or []) + find_entities(text)
        return self.send({"text": text} | ({"entities": marked} if marked else {}), **more)

    def send_file(
        self, kind: str, content: bytes, name: str = "", caption: str = "", size_bytes: int | None = None,
        more: Wire | None = None, **facts: Any,
    ) -> Wire:  # fmt: skip
        """Send a photo, video, animation, audio, voice, document, sticker or video_note.

        `size_bytes` may say more than there is: a file that bots may not download. `facts` are width, height,
        duration, mime_type and the like, or those of `send`; `more` are further fields of the message.
        """
        content_fields = self._file(kind, content, name, caption, size_bytes, facts)
        return self.send(content_fields | (more or {}), **_placing(facts))

    def send_album(self, files: Sequence[tuple[str, bytes]], caption: str = "", **more: Any) -> list[Wire]:
        """Send several files (kind, content) as one album; the caption stands on the first."""
        album = str(self.world.rng.randrange(10**16, 10**17))
        contents = [
            self._file(kind, content, "", caption if index == 0 else "", None, {})
            for index, (kind, content) in enumerate(files)
        ]
        return [self.send({"media_group_id": album, **content}, **more) for content in contents]

    def _file(
        self, kind: str, content: bytes, name: str, caption: str, size_bytes: int | None, facts: dict[str, Any]
    ) -> Wire:
        file = self.world.files.add(kind, content, name, str(facts.get("mime_type", "")), size_bytes)
        marked = find_entities(caption)
        return message_media(self.world.files, file, facts) | without_empty(
            {"caption": caption, "caption_entities": marked}
        )

    def share_contact(self, **more: Any) -> Wire:
        """Share the own number, as by the button that asks for it."""
        own = self.account
        return self.send_contact(own.phone, own.first_name, own.last_name, user_id=own.id, **more)

    def send_contact(
        self, phone_number: str, first_name: str, last_name: str = "", user_id: int | None = None, **more: Any
    ) -> Wire:
        """Send somebody's number; `user_id` says whose account it is, if anybody's."""
        contact = {"phone_number": phone_number, "first_name": first_name}
        optional = without_empty({"last_name": last_name, "user_id": user_id})
        return self.send({"contact": contact | optional}, **more)

    def send_location(self, latitude: float, longitude: float, **more: Any) -> Wire:
        return self.send({"location": {"latitude": latitude, "longitude": longitude}}, **more)

    def send_venue(self, latitude: float, longitude: float, title: str, address: str, **more: Any) -> Wire:
        place = {"latitude": latitude, "longitude": longitude}
        return self.send({"location": place, "venue": {"location": place, "title": title, "address": address}}, **more)

    def send_poll(self, question: str, options: Sequence[str], **more: Any) -> Wire:
        number = self.world.rng.randrange(10**17, 10**18)
        return self.send({"poll": poll(number, question, list(options))}, **more)

    def send_dice(self, value: int = 4, **more: Any) -> Wire:
        return self.send({"dice": {"emoji": "🎲", "value": value}}, **more)

    def forward(self, message: Wire, **more: Any) -> Wire:
        """Forward a message of any chat into this one."""
        return self.send(forwarded(message), **more)

    def send(
        self, content: Wire, *, reply_to: Wire | None = None, quote: str = "", thread: int | None = None,
        date: int | None = None,
    ) -> Wire:  # fmt: skip
        """Write anything: the fields that make the content of a Message."""
        if self.chat.account is not None and not self.chat.connection:
            self._meet()
        fields: Wire = {} if date is None else {"date": date}
        if thread is not None:
            fields |= {"message_thread_id": thread, "is_topic_message": True}
        if reply_to is not None:
            fields["reply_to_message"] = {key: value for key, value in reply_to.items() if key != "reply_to_message"}
            if quote:
                text = str(reply_to.get("text") or reply_to.get("caption") or "")
                fields["quote"] = {"text": quote, "position": max(0, text.find(quote)), "is_manual": True}
        if self.chat.connection:
            fields["business_connection_id"] = self.chat.connection
            if self.account is self.chat.account:
                self.bot.connections[self.chat.connection].heard_at[self.account.id] = self.world.clock.now()
        message = self.world.post(self.chat, self.account.wire(), fields | content)
        kind = "business_message" if self.chat.connection else "message"
        self._tell(kind, message, date=message["date"])
        self.world.show("message", self.bot, self.chat, message)
        return message

    def hide_keyboard_once(self) -> None:
        """A keyboard for one use is hidden by its use."""
        if self.chat.keyboard is not None and (
            self.chat.keyboard.get("one_time_keyboard") or "force_reply" in self.chat.keyboard
        ):
            self.chat.keyboard = None

    def _meet(self) -> None:
        """Writing to a bot starts it, and unblocks it."""
        self.account.started.add(self.bot.id)
        if self.bot.id in self.account.blocked:
            self.unblock()

    # Acting on messages ----------------------------------------------------------------------------------------------

    def edit(self, message: Wire, text: str) -> Wire:
        """Change the text or caption of an own message."""
        field = "text" if "text" in message else "caption"
        name = "entities" if field == "text" else "caption_entities"
        found = find_entities(text)
        changed = {key: value for key, value in message.items() if key != name} | {field: text}
        changed |= {"edit_date": self.world.now()} | ({name: found} if found else {})
        return self._changed(changed)

    def exchange(self, message: Wire, kind: str, content: bytes, name: str = "", caption: str = "") -> Wire:
        """Put another file into an own message."""
        kept = {key: message[key] for key in ("message_id", "from", "chat", "date", "business_connection_id")
                if key in message}  # fmt: skip
        return self._changed(
            kept | self._file(kind, content, name, caption, None, {}) | {"edit_date": self.world.now()}
        )

    def _changed(self, message: Wire) -> Wire:
        self.chat.messages[message["message_id"]] = message
        self._tell("edited_business_message" if self.chat.connection else "edited_message", message)
        self.world.show("edited", self.bot, self.chat, message)
        return message

    def press(self, message: Wire, label: str) -> str:
        """Press an inline button by its text (or data); gives the id of the query. Raises `LookupError`."""
        current = self.chat.messages.get(message["message_id"], message)
        for row in current.get("reply_markup", {}).get("inline_keyboard", []):
            for button in row:
                if label in (button["text"], button.get("callback_data")) and "callback_data" in button:
                    return self._query(current, button["callback_data"])
        raise LookupError(f"the message has no button {label!r}")

    def _query(self, message: Wire, data: str) -> str:
        number = str(self.world.rng.randrange(10**17, 10**19))
        author = message["from"]["id"]
        bot = next((one for one in self.world.bots.values() if one.id == author), self.bot)
        bot.callbacks[number] = Callback(number, self.account, self.chat, self.world.clock.now())
        query = {
            "id": number, "from": self.account.wire(), "message": message, "data": data,
            "chat_instance": str(-7_000_000_000_000 - abs(self.chat.id)),
        }  # fmt: skip
        bot.updates.add("callback_query", query, f"user:{self.account.id}")
        return number

    def react(self, message: Wire, *emojis: str) -> None:
        """Set the reactions to a message; none takes them back."""
        key = message["message_id"], self.account.id
        before = self.chat.reactions.get(key, [])
        after = [{"type": "emoji", "emoji": emoji} for emoji in emojis]
        self.chat.reactions[key] = after
        reaction = {
            "chat": self.chat.wire(), "message_id": message["message_id"], "user": self.account.wire(),
            "date": self.world.now(), "old_reaction": before, "new_reaction": after,
        }  # fmt: skip
        self._tell("message_reaction", reaction)
        shown = {"message_id": message["message_id"], "from": self.account.id, "reaction": after}
        self.world.show("reaction", self.bot, self.chat, shown)

    def delete(self, *messages: Wire) -> None:
        """Delete messages for both sides; a bot learns of it in business chats only."""
        numbers = [message["message_id"] for message in messages]
        for number in numbers:
            self.chat.messages.pop(number, None)
        if self.chat.connection:
            self._tell(
                "deleted_business_messages",
                {
                    "business_connection_id": self.chat.connection,
                    "chat": self.chat.wire(),
                    "message_ids": numbers,
                },
            )
        self.world.show("deleted", self.bot, self.chat, {"message_ids": numbers})

    # The relation to the bot -----------------------------------------------------------------------------------------

    def block(self) -> None:
        """Stop and block the bot."""
        self.account.blocked.add(self.bot.id)
        self._membership("member", "kicked")

    def unblock(self) -> None:
        """Restart the bot."""
        self.account.blocked.discard(self.bot.id)
        self._membership("kicked", "member")

    def _membership(self, before: str, after: str) -> None:
        change = membership_wire(self.world, self.chat.wire(), self.account.wire(), self.bot.id, before, after)
        self._tell("my_chat_member", change)
        self.world.show("chat", self.bot, self.chat, {})

    def _tell(self, kind: str, payload: Wire, date: float | None = None) -> None:
        """Give the update to the bots of the chat that may see it."""
        bots = [self.bot] if self.chat.account is not None else self.world.bots_in(self.chat)
        for bot in bots:
            if self.chat.account is not None or kind != "message" or _sees(bot, self.chat, payload):
                bot.updates.add(kind, payload, self.chat.queue(), date)


def _placing(facts: dict[str, Any]) -> dict[str, Any]:
    return {name: facts[name] for name in ("reply_to", "quote", "thread", "date") if name in facts}


def _sees(bot: Bot, chat: Chat, message: Wire) -> bool:
    """Whether a bot gets a message of a group: https://core.telegram.org/bots/features#privacy-mode."""
    if bot.reads_groups or chat.members.get(bot.id) in ("creator", "administrator"):
        return True
    text = str(message.get("text") or message.get("caption") or "")
    answered = message.get("reply_to_message", {}).get("from", {}).get("id") == bot.id
    return answered or text.startswith("/") or f"@{bot.username}".lower() in text.lower()
