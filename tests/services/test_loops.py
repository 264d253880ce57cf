"""Loops of mails, by what their messages are like."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from hub.model.content import Details, MailDetails
from hub.model.ids import ChannelId, ContactId, ConversationId, MessageId, new_id
from hub.model.message import Actor, ActorKind, Direction, Message
from hub.services.loops import BURST, is_loop, may_greet
from hub.services.numbers import Numbers, conversation_id
from tests.services.desk import NOW, PROJECT

CHANNEL, CONTACT = ChannelId("m"), ContactId("c")
ROBOT = "Thank you! Your request {} was received."


class Threads:
    """Conversations in memory, as the store gives them."""

    def __init__(self, thread: Sequence[Message] = (), beginnings: Sequence[Message] = ()) -> None:
        self._thread, self._beginnings = thread, {one.conversation: one for one in beginnings}

    async def first(self, conversation: ConversationId) -> Message | None:
        return self._beginnings.get(conversation)

    async def window(
        self,
        conversation: ConversationId,
        *,
        before: int | None = None,
        after: int | None = None,
        limit: int = 50,
        public: bool = False,
    ) -> Sequence[Message]:
        assert before is not None
        return [one for one in self._thread if one.position < before][-limit:]


def message(
    text: str = "Hello", at: datetime = NOW, *, position: int = 1, number: int = 1, out: bool = False,
    note: bool = False, automatic: bool = False, mail: bool = True,
) -> Message:  # fmt: skip
    """One message of the contact's `number`th conversation."""
    author = ActorKind.BOT if out or note else ActorKind.CONTACT
    direction = Direction.NOTE if note else Direction.OUT if out else Direction.IN
    return Message(
        id=MessageId(new_id()), project=PROJECT, conversation=conversation_id(CHANNEL, CONTACT, number),
        channel=CHANNEL, contact=CONTACT, position=position, direction=direction, author=Actor(kind=author), text=text,
        details=Details(mail=MailDetails()) if mail and not out else None, created_at=at, automatic=automatic,
    )  # fmt: skip


def numbers() -> Numbers:
    """Those of a contact whose conversations are listed nowhere yet."""

    class Nowhere:
        async def any(self, conversation: ConversationId) -> None:
            return None

        async def newest_of(self, channel: ChannelId, contact: ContactId) -> None:
            return None

    return Numbers(Nowhere())


def talk(texts: Sequence[str], *, apart: timedelta) -> list[Message]:
    """The bot asks, the contact answers a second later; then the bot rests."""
    thread: list[Message] = []
    for number, text in enumerate(texts):
        at = NOW + number * apart
        thread.append(message("And now?", at, position=2 * number + 1, out=True))
        thread.append(message(text, at + timedelta(seconds=1), position=2 * number + 2))
    return thread


async def looped(thread: Sequence[Message]) -> bool:
    return await is_loop(Threads(thread[:-1]), numbers(), thread[-1], first=False)


async def test_who_says_the_same_at_once_is_a_program() -> None:
    """The third time, whatever number it counts on."""
    texts = [ROBOT.format(number) for number in range(3)]
    assert await looped(talk(texts, apart=timedelta(minutes=4)))
    assert not await looped(talk(texts[:2], apart=timedelta(minutes=4)))


async def test_a_person_who_answers_quickly_is_none() -> None:
    """Neither with other words each time, nor with short ones, nor later."""
    assert not await looped(talk(["We are a small company", "There are twelve of us", "Next Friday is fine"],
                                 apart=timedelta(minutes=4)))  # fmt: skip
    assert not await looped(talk(["yes", "yes", "yes"], apart=timedelta(minutes=4)))
    late = talk([ROBOT.format(1), ROBOT.format(2), ROBOT.format(3)], apart=timedelta(minutes=4))
    late[-1] = late[-1].model_copy(update={"created_at": late[-1].created_at + timedelta(minutes=1)})
    assert not await looped(late)


async def test_a_bot_that_writes_too_much_in_ten_minutes_is_in_a_loop() -> None:
    texts = [f"Words of the kind {chr(97 + number)}" for number in range(BURST)]
    assert await looped(talk(texts, apart=timedelta(seconds=50)))
    assert not await looped(talk(texts[1:], apart=timedelta(seconds=50)))
    assert not await looped(talk(texts, apart=timedelta(minutes=2)))


async def test_what_people_were_told_of_counts_no_more() -> None:
    """A note of the breaker stands between what was and what comes."""
    thread = talk([ROBOT.format(number) for number in range(3)], apart=timedelta(minutes=4))
    thread.insert(-2, message("A program seems to answer", NOW, position=thread[-2].position, note=True))
    assert not await looped(thread)


async def test_a_contact_that_begins_a_conversation_a_minute_is_a_program() -> None:
    begun = [message(at=NOW + timedelta(seconds=50 * number), number=number) for number in range(1, BURST + 2)]
    assert await is_loop(Threads(beginnings=begun[:-1]), numbers(), begun[-1], first=True)
    assert not await is_loop(Threads(beginnings=begun[:-2]), numbers(), begun[-2], first=True)


async def test_a_contact_is_greeted_once_a_day_by_mail() -> None:
    """Automatic mail in between got no greeting; other channels know no such limit."""
    first, second = message(number=1), message(number=2, at=NOW + timedelta(hours=20))
    assert await may_greet(Threads(), numbers(), first)
    assert not await may_greet(Threads(beginnings=[first]), numbers(), second)
    later = message(number=2, at=NOW + timedelta(hours=25))
    assert await may_greet(Threads(beginnings=[first]), numbers(), later)
    vacation = message(number=1, automatic=True)
    assert await may_greet(Threads(beginnings=[vacation]), numbers(), second)
    assert await may_greet(Threads(beginnings=[first]), numbers(), second.model_copy(update={"details": None}))


async def test_a_chat_is_never_a_loop() -> None:
    thread = talk([ROBOT.format(number) for number in range(20)], apart=timedelta(seconds=5))
    chat = thread[-1].model_copy(update={"details": None})
    assert not await is_loop(Threads(thread[:-1]), numbers(), chat, first=False)
