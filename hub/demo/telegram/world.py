"""Who and what there is: bots, people, chats with their messages, and what happens between them."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import count
from random import Random
from typing import Any

from hub.demo.telegram.clock import Clock
from hub.demo.telegram.files import Files
from hub.demo.telegram.flood import Flood, Limits
from hub.demo.telegram.journal import Journal
from hub.demo.telegram.update_queue import UpdateQueue
from hub.demo.telegram.wire import Wire, bad_request, forbidden, without_empty

CALLBACK_LIFETIME_S = 150.0
ADMINISTRATORS = ("creator", "administrator")
PRESENT = ("creator", "administrator", "member", "restricted")


@dataclass(eq=False)
class Account:
    """A person with a Telegram account. `started` and `blocked` name bots."""

    id: int
    first_name: str
    last_name: str = ""
    username: str = ""
    language_code: str = "en"
    phone: str = ""
    deactivated: bool = False
    started: set[int] = field(default_factory=set)
    blocked: set[int] = field(default_factory=set)

    def wire(self) -> Wire:
        """The User object."""
        named = without_empty(
            {"last_name": self.last_name, "username": self.username, "language_code": self.language_code}
        )
        return {"id": self.id, "is_bot": False, "first_name": self.first_name, **named}


@dataclass(eq=False)
class Topic:
    """A topic of a forum."""

    id: int
    name: str
    icon_color: int = 0x6FB9F0
    icon_custom_emoji_id: str = ""
    closed: bool = False


@dataclass(eq=False)
class Chat:
    """A chat and its messages, by id and in order. `members` maps the ids of people and bots to their status."""

    id: int
    type: str
    numbers: Iterator[int]
    title: str = ""
    username: str = ""
    account: Account | None = None
    is_forum: bool = False
    members: dict[int, str] = field(default_factory=dict)
    topics: dict[int, Topic] = field(default_factory=dict)
    migrated_to: int | None = None
    messages: dict[int, Wire] = field(default_factory=dict)
    reactions: dict[tuple[int, int], list[Wire]] = field(default_factory=dict)
    """By message and person or bot."""
    pinned: list[int] = field(default_factory=list)
    keyboard: Wire | None = None
    """The keyboard that a bot has put under the person's input field."""
    seen: set[int] = field(default_factory=set)
    """Messages of the person that the bot has taken over."""
    connection: str = ""
    """The business connection through which a bot sees this chat."""

    def wire(self) -> Wire:
        """The Chat object, as it stands in a message."""
        chat: Wire = {"id": self.id, "type": self.type}
        if self.account is not None:
            person = self.account
            return (
                chat
                | {"first_name": person.first_name}
                | without_empty({"last_name": person.last_name, "username": person.username})
            )
        return chat | {"title": self.title} | without_empty({"username": self.username, "is_forum": self.is_forum})

    def queue(self) -> str:
        """The name of the order in which a bot gets this chat's updates."""
        return f"{self.connection}:{self.id}" if self.connection else str(self.id)


@dataclass(eq=False)
class Callback:
    """A button that was pressed, until it is answered or too old."""

    id: str
    account: Account
    chat: Chat
    pressed_at: float
    answered: bool = False


@dataclass(eq=False)
class Webhook:
    """Where a bot wants its updates."""

    url: str
    secret: str = ""
    max_connections: int = 40
    last_error_date: int = 0
    last_error_message: str = ""


@dataclass(eq=False)
class Connection:
    """A business account that a bot serves. `heard_at` is when each customer wrote last."""

    id: str
    owner: Account
    rights: Wire
    date: int
    enabled: bool = True
    chats: dict[int, Chat] = field(default_factory=dict)
    heard_at: dict[int, float] = field(default_factory=dict)

    def wire(self) -> Wire:
        """The BusinessConnection object."""
        return {
            "id": self.id, "user": self.owner.wire(), "user_chat_id": self.owner.id, "date": self.date,
            "rights": self.rights, "is_enabled": self.enabled,
        }  # fmt: skip


@dataclass(eq=False)
class Bot:
    """A bot as BotFather has made it, and what it has done."""

    token: str
    id: int
    username: str
    first_name: str
    updates: UpdateQueue
    flood: Flood
    reads_groups: bool = False
    """Privacy mode is off: it sees every message of its groups."""
    numbers: Iterator[int] = field(default_factory=lambda: count(1))
    chats: dict[int, Chat] = field(default_factory=dict)
    """Its private chats, by person."""
    callbacks: dict[str, Callback] = field(default_factory=dict)
    connections: dict[str, Connection] = field(default_factory=dict)
    webhook: Webhook | None = None
    webhook_set_at: float = 0.0
    commands: dict[str, list[Wire]] = field(default_factory=dict)
    profile: dict[str, str] = field(default_factory=dict)

    def wire(self) -> Wire:
        """The User object."""
        return {"id": self.id, "is_bot": True, "first_name": self.first_name, "username": self.username}


@dataclass(frozen=True, slots=True)
class Happening:
    """Something that a screen shows: `what` is message, edited, deleted, seen, typing, toast, reaction or chat."""

    what: str
    bot: Bot | None
    chat: Chat
    payload: Any


class World:
    """All of it. `watchers` are told of everything that a screen shows."""

    def __init__(self, clock: Clock, rng: Random, limits: Limits | None, kept: int | None = None) -> None:
        self.clock, self.rng, self._limits, self._kept = clock, rng, limits, kept
        self.journal, self.files = Journal(kept), Files(clock, rng)
        self.bots: dict[str, Bot] = {}
        self.accounts: dict[int, Account] = {}
        self.groups: dict[int, Chat] = {}
        self.watchers: list[Callable[[Happening], None]] = []
        self._group_numbers = count(1)

    # Making ----------------------------------------------------------------------------------------------------------

    def add_bot(self, token: str, username: str, first_name: str, first_message: int = 1) -> Bot:
        """A bot. Its id is the part of the token before the colon."""
        bot = Bot(
            token, int(token.partition(":")[0]), username, first_name, UpdateQueue(self.clock, self.rng, self._kept),
            Flood(self.clock, self._limits), numbers=count(first_message),
        )  # fmt: skip
        self.bots[token] = bot
        return bot

    def add_account(self, account: Account) -> Account:
        self.accounts[account.id] = account
        return account

    def add_group(self, title: str, *, kind: str = "supergroup", forum: bool = False, username: str = "") -> Chat:
        """A basic group, a supergroup or a channel without members."""
        basic = kind == "group"
        number = self.rng.randrange(100_000_000, 999_999_999)
        chat = Chat(
            id=-number if basic else -1_000_000_000_000 - number, type=kind, title=title, is_forum=forum,
            username=username, numbers=self._group_numbers if basic else count(2),
        )  # fmt: skip
        self.groups[chat.id] = chat
        return chat

    def private_chat(self, bot: Bot, account: Account) -> Chat:
        """The chat of a person and a bot, made when it is first needed."""
        if account.id not in bot.chats:
            bot.chats[account.id] = Chat(account.id, "private", bot.numbers, account=account)
        return bot.chats[account.id]

    # Finding ---------------------------------------------------------------------------------------------------------

    def now(self) -> int:
        """The date of what happens now."""
        return int(self.clock.now())

    def bots_in(self, chat: Chat) -> list[Bot]:
        """The bots that are in a group."""
        return [bot for bot in self.bots.values() if chat.members.get(bot.id) in PRESENT]

    def chat_of(self, bot: Bot, given: str) -> Chat:
        """The chat that a bot means by `chat_id`, whether or not it may write there. Raises `Refused`."""
        if not given.strip():
            raise bad_request("chat_id is empty")
        if given.startswith("@"):
            named = [chat for chat in self.groups.values() if chat.username.lower() == given[1:].lower() != ""]
            if not named:
                raise bad_request("chat not found")
            return named[0]
        try:
            number = int(given)
        except ValueError:
            raise bad_request("chat not found") from None
        if number in bot.chats:
            return bot.chats[number]
        if number in self.groups and bot.id in self.groups[number].members:
            return self.groups[number]
        account = self.accounts.get(number)
        if account is not None and any(account.id in chat.members for chat in self._groups_of(bot)):
            raise forbidden("bot can't initiate conversation with a user")
        raise bad_request("chat not found")

    def writable_chat(self, bot: Bot, given: str) -> Chat:
        """The chat, when the bot may write there. Raises `Refused` with the reason otherwise."""
        chat = self.chat_of(bot, given)
        if chat.migrated_to is not None:
            raise bad_request("group chat was upgraded to a supergroup chat", migrate_to_chat_id=chat.migrated_to)
        if chat.account is not None:
            if chat.account.deactivated:
                raise forbidden("user is deactivated")
            if bot.id in chat.account.blocked:
                raise forbidden("bot was blocked by the user")
            if bot.id not in chat.account.started:
                raise forbidden("bot can't initiate conversation with a user")
            return chat
        name = {"group": "group chat", "supergroup": "supergroup chat", "channel": "channel chat"}[chat.type]
        match chat.members.get(bot.id):
            case "kicked":
                raise forbidden(f"bot was kicked from the {name}")
            case None | "left":
                raise forbidden(f"bot is not a member of the {name}")
            case _:
                return chat

    def _groups_of(self, bot: Bot) -> list[Chat]:
        return [chat for chat in self.groups.values() if chat.members.get(bot.id) in PRESENT]

    # Happening -------------------------------------------------------------------------------------------------------

    def post(self, chat: Chat, author: Wire | None, content: Wire) -> Wire:
        """Put a message into a chat. Who is told of it is the caller's affair."""
        message: Wire = {"message_id": next(chat.numbers)}
        if author is not None:
            message["from"] = author
        message |= {"chat": chat.wire(), "date": self.now(), **content}
        chat.messages[message["message_id"]] = message
        return message

    def show(self, what: str, bot: Bot | None, chat: Chat, payload: Any) -> None:
        """Tell the screens."""
        for watcher in self.watchers:
            watcher(Happening(what, bot, chat, payload))
