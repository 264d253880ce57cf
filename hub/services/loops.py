"""Loops: two programs that answer each other by mail, known by what they do where no header gives them away.

A program says the same words again at once, or writes more than a person would. What stands behind a note is
settled: people have been told of it, and whoever gives the conversation back to the bot begins to count anew.
"""

import re
from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from itertools import pairwise
from typing import Protocol

from hub.model.ids import ChannelId, ContactId, ConversationId
from hub.model.message import ActorKind, Direction, Message
from hub.services.numbers import conversation_id

QUIET = timedelta(days=1)
"""Between two automatic texts to one address; RFC 3834, section 2, asks for days rather than hours."""
PROMPT = timedelta(seconds=30)
PROMPT_ANSWERS = 3
WORDS = 15
"""Characters of an answer that count as words of a program: a person may say "yes" three times in a minute."""
BURST = 10
BURST_WITHIN = timedelta(minutes=10)
LOOKED_AT = 50


class KnowsNumbers(Protocol):
    """Where the number of a conversation is found."""

    async def of(self, conversation: ConversationId, channel: ChannelId, contact: ContactId) -> int:
        """The number of a conversation of the contact on the channel. Raises `LookupError`: it is none of theirs."""


class KnowsThreads(Protocol):
    """Where the messages before one are read."""

    async def first(self, conversation: ConversationId) -> Message | None:
        """The first message of a conversation, or None when there is none."""

    async def window(
        self,
        conversation: ConversationId,
        *,
        before: int | None = None,
        after: int | None = None,
        limit: int = 50,
        public: bool = False,
    ) -> Sequence[Message]:
        """Messages of a conversation before a position, ascending, the newest `limit`."""


def is_mail(message: Message) -> bool:
    """Whether it came by mail, where programs answer."""
    return message.details is not None and message.details.mail is not None


async def may_greet(threads: KnowsThreads, numbers: KnowsNumbers, message: Message) -> bool:
    """Whether this first message of a conversation may get an automatic text: its contact got none within a day."""
    if not is_mail(message):
        return True
    async for earlier in _beginnings(threads, numbers, message):
        if message.created_at - earlier.created_at > QUIET:
            return True
        if not earlier.automatic:  # it was greeted then
            return False
    return True


async def is_loop(threads: KnowsThreads, numbers: KnowsNumbers, message: Message, *, first: bool) -> bool:
    """Whether the contact writes as only a program does: to a bot that answered this, it would go on for ever."""
    if not is_mail(message):
        return False
    if first:
        begun = [one async for one in _beginnings(threads, numbers, message)]
        return len([one for one in begun if message.created_at - one.created_at <= BURST_WITHIN]) >= BURST
    before = await threads.window(message.conversation, before=message.position, limit=LOOKED_AT)
    thread = [*_since_the_last_note(before), message]
    recent = [one for one in thread if message.created_at - one.created_at <= BURST_WITHIN and _is_bots(one)]
    return len(recent) >= BURST or _same_prompt_answers(thread) >= PROMPT_ANSWERS


async def _beginnings(threads: KnowsThreads, numbers: KnowsNumbers, message: Message) -> AsyncIterator[Message]:
    """The first messages of the conversations before this one, the newest first."""
    try:
        number = await numbers.of(message.conversation, message.channel, message.contact)
    except LookupError:
        return
    for earlier in range(number - 1, max(0, number - 1 - LOOKED_AT), -1):
        first = await threads.first(conversation_id(message.channel, message.contact, earlier))
        if first is not None:
            yield first


def _since_the_last_note(thread: Sequence[Message]) -> Sequence[Message]:
    last = max((index for index, one in enumerate(thread) if one.direction is Direction.NOTE), default=-1)
    return thread[last + 1 :]


def _is_bots(message: Message) -> bool:
    return message.direction is Direction.OUT and message.author.kind is ActorKind.BOT


def _same_prompt_answers(thread: Sequence[Message]) -> int:
    """How many of the newest answers in a row came at once after what the bot said, all in the same words."""
    count, words = 0, _words(thread[-1])
    if len(words) < WORDS:
        return 0
    for said, answered in reversed(list(pairwise(thread))):
        if answered.direction is not Direction.IN:
            if not _is_bots(answered):
                break
            continue
        if not _is_bots(said) or answered.created_at - said.created_at > PROMPT or _words(answered) != words:
            break
        count += 1
    return count


def _words(message: Message) -> str:
    """What it says but for numbers, which programs count on."""
    return " ".join(re.sub(r"\d+", "", message.text).lower().split())
