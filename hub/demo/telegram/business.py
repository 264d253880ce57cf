"""Telegram Business: an account of a person that a bot answers for."""

from itertools import count

from hub.demo.telegram.people import Person
from hub.demo.telegram.wire import Wire
from hub.demo.telegram.world import Account, Bot, Chat, Connection, World

RIGHTS: Wire = {"can_reply": True, "can_read_messages": True}


def connect(world: World, bot: Bot, owner: Account, rights: Wire | None = None) -> Connection:
    """The owner lets the bot answer for the account."""
    number = f"bc{world.rng.randrange(10**12, 10**13)}"
    connection = Connection(number, owner, dict(RIGHTS if rights is None else rights), world.now())
    bot.connections[number] = connection
    _tell(bot, connection)
    return connection


def change(bot: Bot, connection: Connection, *, enabled: bool, rights: Wire | None = None) -> None:
    """The owner ends the connection, takes it up again, or changes what the bot may do."""
    connection.enabled = enabled
    if rights is not None:
        connection.rights = dict(rights)
    _tell(bot, connection)


def customer(world: World, bot: Bot, connection: Connection, account: Account) -> Person:
    """A customer in front of the chat with the owner."""
    world.accounts.setdefault(account.id, account)
    if account.id not in connection.chats:
        connection.chats[account.id] = Chat(account.id, "private", count(1), account=account, connection=connection.id)
    return Person(world, account, connection.chats[account.id], bot)


def owner(world: World, bot: Bot, connection: Connection, account: Account) -> Person:
    """The owner in front of the chat with a customer, writing there without the bot."""
    return Person(world, connection.owner, connection.chats[account.id], bot)


def _tell(bot: Bot, connection: Connection) -> None:
    bot.updates.add("business_connection", connection.wire(), f"business:{connection.id}")
