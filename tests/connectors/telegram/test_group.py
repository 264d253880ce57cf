"""Operators in a group of Telegram: a whole hub, a real database, and the group as its members see it."""

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from hub.demo.telegram import groups
from hub.demo.telegram.faults import What
from hub.demo.telegram.server import TelegramSimulator
from hub.model.conversation import Control, ControlReason, ConversationState, Status
from hub.model.message import ActorKind, Direction, Message
from hub.model.turn import TurnKind
from hub.services.changes_of_control import with_control
from hub.services.commands import HandBack, Note, Resolve, Take
from hub.services.decisions import Decision
from hub.store.channels import Channels
from hub.store.connection import Connection
from tests.connectors.telegram.group import Forum, forum, link_code, make_group, text_of
from tests.connectors.telegram.rig import TOKEN, picture
from tests.connectors.telegram.site import OPERATOR, PROJECT, again, reply, site


async def state(there: Forum) -> ConversationState:
    """How the only conversation stands."""
    [conversation] = await there.site.conversations()
    newest = await there.site.hub.pipeline.turn_store.newest(conversation, fresh=True)
    assert newest is not None
    return newest.state


def sent(message: Message) -> bool:
    """Whether the contact has it."""
    return message.delivery is not None and message.delivery.status == "sent"


def has(count: int) -> Callable[[Sequence[Message]], bool]:
    """Whether a thread has so many messages."""
    return lambda thread: len(thread) == count


async def until_state(there: Forum, **wanted: object) -> None:
    """Return when the only conversation stands as wanted."""
    async with asyncio.timeout(30):
        while True:
            now = await state(there)
            if {name: getattr(now, name) for name in wanted} == wanted:
                return
            await asyncio.sleep(0.05)


async def test_a_conversation_becomes_a_topic_and_is_answered_there(connection: Connection, tmp_path: Path) -> None:
    """Named by the contact; the contact's words are posted, the operator's go out and are not posted again."""
    async with forum(connection, tmp_path) as there:
        there.site.person.say("How much is the chair?")
        await there.until(lambda: there.shown() == ["Sample Customer\nHow much is the chair?"])
        assert there.chat.topics[there.only].name == "Sample Customer"
        assert "Status: waits for an answer" in there.card()
        there.say("It is 100.")
        thread = await there.site.until(lambda thread: len(thread) == 2 and sent(thread[1]))
        assert there.site.person.last["text"] == "It is 100."
        assert (thread[1].author.kind, thread[1].author.name) == (ActorKind.OPERATOR, "Demo Operator")
        await there.until(lambda: "Status: Demo Operator answers" in there.card())
        assert there.shown() == [
            "Sample Customer\nHow much is the chair?", "It is 100.", "— Demo Operator answers —",
        ]  # fmt: skip


async def test_the_inbox_is_seen_in_the_group(connection: Connection, tmp_path: Path) -> None:
    """Answers, notes, the holder, resolved and opened again, and what is edited on either side."""
    async with forum(connection, tmp_path) as there:
        asked = there.site.person.say("Where is my ordr?")
        await there.until(there.shown)
        await there.site.act(Take())
        await there.site.act(Note(text="A regular"))
        await there.site.act(reply("On its way"))
        await there.until(lambda: "Demo Operator (operator)\nOn its way" in "\n".join(there.shown()))
        assert "Demo Operator — note\nA regular" in "\n".join(there.shown())
        there.site.person.edit(asked, "Where is my order?")
        await there.until(lambda: there.shown()[0] == "Sample Customer\nWhere is my order?\nedited")
        await there.site.act(Resolve())
        await there.until(lambda: there.chat.topics[there.only].closed and "Status: resolved" in there.card())
        there.site.person.say("Thanks!")
        await there.until(lambda: not there.chat.topics[there.only].closed and "Thanks!" in there.shown()[-1])


async def test_a_line_with_slashes_is_a_note(connection: Connection, tmp_path: Path) -> None:
    async with forum(connection, tmp_path) as there:
        there.site.person.say("Hello")
        await there.until(there.shown)
        there.say("// looks like a reseller")
        thread = await there.site.until(lambda thread: len(thread) == 2)
        assert (thread[1].direction, thread[1].text) == (Direction.NOTE, "looks like a reseller")
        assert there.site.person.last["text"] == "Hello"


async def test_buttons_take_resolve_and_hand_back(connection: Connection, tmp_path: Path) -> None:
    """Each is a command of the operator who pressed; what is so already says so."""
    async with forum(connection, tmp_path) as there:
        there.site.person.say("Hello")
        await there.until(there.shown)
        there.press("Take")
        await until_state(there, control=Control.OPERATOR, assignee=OPERATOR.operator)
        await there.until(lambda: "Demo Operator answers" in there.shown()[-1])
        there.press("Take")
        await there.until(lambda: there.toasts()[-1:] == ["It is so already."])
        there.press("Hand back")
        await until_state(there, control=Control.QUEUE, assignee=None)
        there.press("Resolve")
        await until_state(there, status=Status.RESOLVED)
        await there.until(lambda: there.chat.topics[there.only].closed)
        await there.until(lambda: "Status: resolved" in there.card())
        there.press("Open again")
        await until_state(there, status=Status.OPEN)
        await there.until(lambda: not there.chat.topics[there.only].closed)


async def test_a_conversation_is_given_to_a_colleague(connection: Connection, tmp_path: Path) -> None:
    async with forum(connection, tmp_path) as there:
        there.site.person.say("Hello")
        await there.until(there.shown)
        there.press("Assign…")
        await there.until(lambda: "Who is to answer?" in there.card())
        there.press("Demo Operator")
        await until_state(there, control=Control.OPERATOR, assignee=OPERATOR.operator)
        await there.until(lambda: "Status: Demo Operator answers" in there.card())


async def test_strangers_are_told_how_to_link_and_nothing_goes_out(connection: Connection, tmp_path: Path) -> None:
    """The sentence comes once; with a code from the settings the same person becomes the operator."""
    async with forum(connection, tmp_path, linked=False) as there:
        there.site.person.say("Hello")
        await there.until(there.shown)
        there.say("I answer", there.stranger)
        there.say("And again", there.stranger)
        await there.until(lambda: any("Settings > Telegram" in text for text in there.shown()))
        there.press("Take", there.stranger)
        await there.until(lambda: "Settings > Telegram" in "".join(there.toasts()))
        assert len(await there.site.thread()) == 1
        assert sum("Settings > Telegram" in text for text in there.shown()) == 1
        code = await link_code(there.site)
        there.chat.members[there.stranger.account.id] = "member"
        there.stranger.say(f"/link {code.lower()}")
        await there.until(lambda: any("You are Demo Operator" in text_of(one) for one in there.chat.messages.values()))
        there.say("Now I answer", there.stranger)
        await there.site.until(lambda thread: len(thread) == 2 and thread[1].text == "Now I answer")
        other = there.site.simulator.person(there.site.bot, 9003, "Sample")
        other.say(f"/link {code}")
        await there.until(lambda: "not good any more" in text_of(other.last))


async def test_files_go_both_ways(connection: Connection, tmp_path: Path) -> None:
    async with forum(connection, tmp_path) as there:
        there.site.person.send_file("photo", picture(20), caption="The receipt")
        posted = await there.until(lambda: next((one for one in there.posts() if "photo" in one), None))
        assert posted["caption"] == "Sample Customer\nThe receipt"
        there.operator.send_file("document", b"a,b\n1,2\n", "prices.csv", "Our prices", thread=0)
        there.operator.send({**{key: there.operator.last[key] for key in ("document", "caption")}}, thread=there.only)
        thread = await there.site.until(lambda thread: len(thread) == 2 and sent(thread[1]))
        assert [file.name for file in thread[1].attachments] == ["prices.csv"]
        assert there.site.person.last["document"]["file_name"] == "prices.csv"


async def test_an_answer_is_changed_where_it_was_written(connection: Connection, tmp_path: Path) -> None:
    """The contact sees the new words, the inbox both."""
    async with forum(connection, tmp_path) as there:
        there.site.person.say("Hello")
        await there.until(there.shown)
        said = there.say("It is 1000")
        await there.site.until(lambda thread: len(thread) == 2 and sent(thread[1]))
        there.operator.edit(said, "It is 100")
        thread = await there.site.until(lambda thread: thread[1].text == "It is 100")
        assert [earlier.text for earlier in thread[1].edits] == ["It is 1000"]
        assert there.site.person.last["text"] == "It is 100"


async def test_what_does_not_arrive_is_said_below_the_answer(connection: Connection, tmp_path: Path) -> None:
    async with forum(connection, tmp_path) as there:
        there.site.person.say("Hello")
        await there.until(there.shown)
        there.site.person.block()
        said = there.say("Are you there?")
        await there.until(lambda: any("Not delivered" in text for text in there.shown()))
        warning = next(one for one in there.posts() if "Not delivered" in text_of(one))
        assert warning["reply_to_message"]["message_id"] == said["message_id"]


async def test_a_topic_that_is_closed_by_hand_resolves(connection: Connection, tmp_path: Path) -> None:
    """By an operator; a stranger's hand is undone."""
    async with forum(connection, tmp_path) as there:
        world, at = there.site.simulator.world, there.site
        at.person.say("Hello")
        await there.until(there.shown)
        groups.set_topic_closed(world, there.chat, there.stranger.account, there.only, closed=True)
        await there.until(lambda: at.simulator.journal.of("reopenForumTopic"))
        assert (await state(there)).status is Status.OPEN
        groups.set_topic_closed(world, there.chat, there.operator.account, there.only, closed=True)
        await until_state(there, status=Status.RESOLVED)
        groups.set_topic_closed(world, there.chat, there.operator.account, there.only, closed=False)
        await until_state(there, status=Status.OPEN)


async def test_a_topic_that_was_deleted_comes_again(connection: Connection, tmp_path: Path) -> None:
    """With the past in it, and answers go on in the new one."""
    async with forum(connection, tmp_path) as there:
        there.site.person.say("first")
        await there.until(there.shown)
        groups.delete_topic(there.site.simulator.world, there.chat, there.only)
        there.site.person.say("second")
        await there.until(lambda: "first" in there.shown()[0] and "second" in "".join(there.shown()))
        there.say("both seen")
        await there.site.until(lambda thread: thread[-1].text == "both seen")


async def test_missing_rights_are_said_with_the_channel_and_work_goes_on_after(
    connection: Connection, tmp_path: Path
) -> None:
    """The sentence says what to do; once it is done everything that waited is shown."""
    simulator = TelegramSimulator(seed=1, limits=None)
    bot = simulator.add_bot(TOKEN)
    make_group(simulator, bot, "member")
    async with forum(connection, tmp_path, simulator=simulator) as there:
        there.site.person.say("Hello")
        channels = Channels(connection.database)
        async with asyncio.timeout(30):
            while True:
                channel = await channels.get(there.site.channel.id)
                if channel is not None and channel.health.notice:
                    break
                await asyncio.sleep(0.05)
        assert "Administrators" in channel.health.notice
        assert channel.health.state == "running"
        assert not there.chat.topics
        groups.set_status(simulator.world, there.chat, bot, "administrator", there.operator.account)
        await there.until(there.shown)
        channel = await channels.get(there.site.channel.id)
        assert channel is not None
        assert channel.health.notice is None


async def test_a_group_of_operators_is_no_contact(connection: Connection, tmp_path: Path) -> None:
    """What is said beside the topics, or in a topic of the operators' own, stays there."""
    async with forum(connection, tmp_path, groups=True) as there:
        there.operator.say("Lunch?")
        own = groups.open_topic(there.site.simulator.world, there.chat, there.operator.account, "Rota")
        there.operator.say("Who is on duty?", thread=own)
        there.site.person.say("Hello")
        await there.until(lambda: len(there.chat.topics) == 2)
        await asyncio.sleep(0.3)
        assert len(await there.site.conversations()) == 1


async def test_what_is_resolved_before_its_topic_opens_makes_none(connection: Connection, tmp_path: Path) -> None:
    async with forum(connection, tmp_path) as there:
        fault = there.site.simulator.faults.add(What.THROTTLED, "createForumTopic", times=1_000, retry_after_s=1)
        there.site.person.say("Hello")
        await there.until(lambda: fault.times != 1_000)
        await there.site.act(Resolve())
        fault.times = 0
        await asyncio.sleep(1.5)
        assert not there.chat.topics
        there.site.person.say("Hello again")
        await there.until(there.shown)


async def test_messages_come_together_within_the_group_s_budget(connection: Connection, tmp_path: Path) -> None:
    """Sixty messages need far fewer than twenty posts, all are shown in order, and Telegram never says 429."""
    async with forum(connection, tmp_path, simulator=TelegramSimulator(seed=1)) as there:
        for number in range(60):
            there.site.person.say(f"message {number}")
        await there.site.until(lambda thread: len(thread) == 60)
        await there.until(lambda: "message 59" in "".join(there.shown()), within_s=60)
        words = [word for text in there.shown() for word in text.split("\n") if word.startswith("message ")]
        assert words == [f"message {number}" for number in range(60)]
        refused = [one for one in there.site.simulator.journal.calls if one.error_code == 429]
        assert not refused


async def test_a_lively_talk_comes_together_too(connection: Connection, tmp_path: Path) -> None:
    """What an operator wrote in the topic in between does not part what waits into a post for each message."""
    async with forum(connection, tmp_path) as there:
        there.site.person.say("message 0")
        await there.until(there.shown)
        there.site.simulator.faults.add(What.THROTTLED, "sendMessage", retry_after_s=1)
        for number in range(1, 13):
            there.site.person.say(f"message {number}")
            await there.site.until(has(2 * number))
            there.say(f"answer {number}")
            await there.site.until(has(2 * number + 1))
        there.site.simulator.faults.clear()
        await there.until(lambda: "message 12" in "".join(there.shown()))
        posts = [text for text in there.shown() if "message " in text]
        words = [word for text in posts for word in text.split("\n") if word.startswith("message ")]
        assert words == [f"message {number}" for number in range(13)]
        assert len(posts) <= 3


async def test_another_hub_goes_on_where_the_first_one_was(connection: Connection, tmp_path: Path) -> None:
    """Nothing is shown twice, and what was written meanwhile on both sides is worked on."""
    simulator = TelegramSimulator(seed=1, limits=None)
    async with forum(connection, tmp_path, simulator=simulator) as there:
        there.site.person.say("before")
        await there.until(there.shown)
        topic, chat, person, operator = there.only, there.chat, there.site.person, there.operator
    person.say("meanwhile")
    operator.say("an answer meanwhile", thread=topic)
    async with again(connection, tmp_path, simulator, there.site) as at:
        there.site = at
        await there.until(lambda: any("\nmeanwhile" in text for text in there.shown(topic)))
        await at.until(lambda thread: len(thread) == 3 and thread[-1].delivery is not None)
        shown = there.shown(topic)
        assert sum("before" in text for text in shown) == 1
        assert sum("\nmeanwhile" in text for text in shown) == 1
        assert simulator.journal.texts().count("an answer meanwhile") == 1
    assert chat is there.chat


@pytest.mark.parametrize("locale", ["ru"])
async def test_the_group_speaks_the_project_s_language(connection: Connection, tmp_path: Path, locale: str) -> None:
    async with forum(connection, tmp_path, locale=locale) as there:
        there.site.person.say("Здравствуйте")
        await there.until(there.shown)
        assert "Состояние: ждёт ответа" in there.card()
        there.press("Взять")
        await until_state(there, control=Control.OPERATOR)
        await there.site.act(HandBack())
        await there.until(lambda: "Состояние: ждёт ответа" in there.card())


async def test_what_is_refused_in_the_group_is_said_in_its_language(connection: Connection, tmp_path: Path) -> None:
    """A refusal of the hub, a file that bots may not have, and an answer that does not arrive."""
    async with forum(connection, tmp_path, locale="ru") as there:
        there.site.person.say("Здравствуйте")
        await there.until(there.shown)
        there.operator.send_file("document", b"", "empty.txt", thread=there.only)
        there.operator.send_file("document", b"x", "big.bin", thread=there.only, size_bytes=30 * 1024**2)
        await there.until(lambda: sum("сообщение не отправлено: Файл пуст." in text for text in there.shown()) == 1)
        await there.until(lambda: any("слишком велик для бота" in text for text in there.shown()))
        there.site.person.block()
        there.say("Вы здесь?")
        await there.until(lambda: any("Не доставлено: Клиент заблокировал бота" in text for text in there.shown()))


async def test_what_the_bot_handles_is_shown_where_all_are(connection: Connection, tmp_path: Path) -> None:
    """What the bot handles is shown as well, and so is that it does."""
    async with forum(connection, tmp_path, group_shows="all") as there:
        pipeline = there.site.hub.pipeline
        there.site.person.say("Hello")
        await there.until(there.shown)

        def to_bot(now: ConversationState) -> Decision:
            held = with_control(now, Control.BOT, ControlReason.FLOW_STARTED, pipeline.clock.now())
            return Decision(TurnKind.FLOW, held)

        [conversation] = await there.site.conversations()
        place = await pipeline.conversations.any(conversation)
        assert place is not None
        await pipeline.turns.step(place, "to the bot", to_bot)
        await there.until(lambda: "Status: the bot answers" in there.card())
        groups.delete_topic(there.site.simulator.world, there.chat, there.only)
        there.site.person.say("Still with the bot")
        await there.until(lambda: "Still with the bot" in "".join(there.shown()))


async def test_by_default_the_bot_s_conversations_stay_out_until_a_person_is_needed(
    connection: Connection, tmp_path: Path
) -> None:
    """A group that is set later looks at what is there."""
    simulator = TelegramSimulator(seed=1, limits=None)
    bot = simulator.add_bot(TOKEN)
    chat = make_group(simulator, bot)
    async with site(connection, tmp_path, simulator=simulator, bot=bot) as at:
        pipeline, channels = at.hub.pipeline, Channels(connection.database)
        at.person.say("Hello")
        await at.until(lambda thread: thread)
        [conversation] = await at.conversations()
        place = await pipeline.conversations.any(conversation)
        assert place is not None

        def to_bot(now: ConversationState) -> Decision:
            held = with_control(now, Control.BOT, ControlReason.FLOW_STARTED, pipeline.clock.now())
            return Decision(TurnKind.FLOW, held)

        await pipeline.turns.step(place, "to the bot", to_bot)
        settings = {**at.channel.settings, "operators_group": str(chat.id)}
        assert await channels.change(PROJECT, at.channel.id, at.channel.revision, {"settings": settings})
        async with asyncio.timeout(30):
            while not simulator.journal.of("getChatMember"):  # it works there from now on
                await asyncio.sleep(0.05)
        at.person.say("Still with the bot")
        await at.until(lambda thread: len(thread) == 2)
        await asyncio.sleep(1)
        assert not chat.topics
        await at.act(HandBack())
        async with asyncio.timeout(30):
            while not chat.topics:
                await asyncio.sleep(0.05)
