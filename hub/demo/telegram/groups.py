"""What happens to groups: bots come and go, topics are opened, a basic group becomes a supergroup."""

from hub.demo.telegram.members import membership_wire
from hub.demo.telegram.wire import Wire
from hub.demo.telegram.world import Account, Bot, Chat, Topic, World


def set_status(world: World, chat: Chat, bot: Bot, status: str, actor: Account) -> None:
    """Add, promote, demote, remove or ban a bot; it is told, also when it is out by then."""
    before = chat.members.get(bot.id, "left")
    chat.members[bot.id] = status
    change = membership_wire(world, chat.wire(), actor.wire(), bot.id, before, status)
    bot.updates.add("my_chat_member", change, chat.queue())
    world.show("chat", bot, chat, {})


def open_topic(world: World, chat: Chat, author: Account, name: str) -> int:
    """A person opens a topic of a forum; gives its id."""
    message = world.post(chat, author.wire(), {"forum_topic_created": {"name": name, "icon_color": 0x6FB9F0}})
    number: int = message["message_id"]
    chat.messages[number] = {**message, "message_thread_id": number, "is_topic_message": True}
    chat.topics[number] = Topic(number, name)
    for bot in world.bots_in(chat):
        bot.updates.add("message", chat.messages[number], chat.queue())
    return number


def migrate(world: World, chat: Chat, actor: Account) -> Chat:
    """Turn a basic group into a supergroup: another id, known by a message in each of the two."""
    grown = world.add_group(chat.title)
    grown.members.update(chat.members)
    chat.migrated_to = grown.id
    there = world.post(chat, actor.wire(), {"migrate_to_chat_id": grown.id})
    here = world.post(grown, actor.wire(), {"migrate_from_chat_id": chat.id})
    for bot in world.bots_in(grown):
        bot.updates.add("message", there, chat.queue())
        bot.updates.add("message", here, grown.queue())
    return grown


def set_topic_closed(world: World, chat: Chat, author: Account, topic: int, *, closed: bool) -> None:
    """A person closes a topic of a forum, or opens it again."""
    chat.topics[topic].closed = closed
    content: Wire = {"forum_topic_closed" if closed else "forum_topic_reopened": {}}
    message = world.post(chat, author.wire(), {"message_thread_id": topic, "is_topic_message": True, **content})
    for bot in world.bots_in(chat):
        bot.updates.add("message", message, chat.queue())


def delete_topic(world: World, chat: Chat, topic: int) -> None:
    """A person deletes a topic with all that is in it. Bots are not told."""
    del chat.topics[topic]
    for number in [number for number, one in chat.messages.items() if one.get("message_thread_id") == topic]:
        del chat.messages[number]
    world.show("chat", None, chat, {})
