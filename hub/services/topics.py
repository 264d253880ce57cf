"""Topics: an operators' group shows each conversation as it is, one step after the other, and through a crash."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from html import escape
from typing import Protocol

import structlog

from connectors.errors import (
    ChannelAuthError,
    ChannelThrottled,
    ChannelUnavailable,
    ContactUnreachable,
    MessageRejected,
)
from connectors.groups import NO_RIGHTS, TOPIC_GONE, HostsGroup
from hub.model.attachment import AttachmentStatus
from hub.model.channel import Channel
from hub.model.conversation import Control, Conversation
from hub.model.group import GroupPost, Post, Topic
from hub.model.ids import ConversationId, OperatorId, derived_id
from hub.model.message import Message
from hub.services import topic_drawing as drawing
from hub.services.topic_words import TopicWords
from hub.store.clock import DatabaseClock
from hub.store.conversations import Conversations
from hub.store.groups import Groups, topic_id
from hub.store.messages import Messages

log = structlog.get_logger(__name__)

SHOWN_BEFORE = 20
"""Messages of its past that a new topic begins with."""
LOOKED_BACK = 30
"""How many of the newest messages are looked at for changes."""
AT_ONCE = 30
LASTING = frozenset({TOPIC_GONE, NO_RIGHTS})
"""Refusals that are not about what is posted."""
FILE_PATIENCE = timedelta(seconds=45)
"""How long a message waits for its files to be fetched, before it is shown without them."""


class KnowsNames(Protocol):
    """Names for what has an id."""

    async def operator(self, operator: OperatorId) -> str | None:
        """The operator's name."""

    async def channel(self, conversation: Conversation) -> str:
        """The name of the conversation's channel."""


class Topics:
    """The topics of one group. `bring_up` does one step; the caller keeps the conversations apart and in turn."""

    def __init__(
        self,
        channel: Channel,
        host: HostsGroup,
        groups: Groups,
        conversations: Conversations,
        messages: Messages,
        names: KnowsNames,
        clock: DatabaseClock,
        words: TopicWords,
        *,
        since: datetime,
        origin: str,
    ) -> None:
        """`since`: of conversations without a word after it no topic is made."""
        self._channel, self._host, self._groups = channel, host, groups
        self._conversations, self._messages, self._names, self._clock = conversations, messages, names, clock
        self._words, self._since, self._origin = words, since, origin
        self._limits = host.group_limits

    async def bring_up(self, conversation: ConversationId) -> bool:
        """Take the next step towards what the conversation is now; false when there is none left.

        Each step makes one call of the service at the most. Raises the errors of `HostsGroup`: nothing is lost, and the
        same step comes again.
        """
        place = await self._conversations.any(conversation)
        if place is None or place.project != self._channel.project:
            return False
        topic = await self._groups.topic(self._channel.id, conversation)
        if topic is not None and topic.group != self._host.group:  # another group was set since
            topic = await self._begin(place, topic)
        if topic is None:
            if not self._wanted(place):
                return False
            topic = await self._begin(place, None)
        try:
            return await self._step(place, topic)
        except MessageRejected as error:
            if error.code != TOPIC_GONE:
                raise
            log.info("a topic was deleted and is opened again", conversation=conversation)
            await self._begin(place, topic)
            return True

    def _wanted(self, place: Conversation) -> bool:
        if place.status in drawing.CLOSED or place.last_activity_at < self._since:
            return False
        return self._host.group_shows_all or place.control in (Control.QUEUE, Control.OPERATOR)

    async def _begin(self, place: Conversation, former: Topic | None) -> Topic:
        """A topic that is to be opened, with the last part of the past in it."""
        identifier = topic_id(self._channel.id, place.id)
        if former is not None:
            await self._groups.forget_posts(identifier)
        topic = Topic(
            id=identifier,
            project=place.project,
            channel=self._channel.id,
            conversation=place.id,
            group=self._host.group or "",
            position=max(0, place.last_position - SHOWN_BEFORE),
            revision=former.revision if former else 0,
        )
        return await self._groups.keep(topic)

    # Steps -----------------------------------------------------------------------------------------------------------

    async def _step(self, place: Conversation, topic: Topic) -> bool:
        if topic.thread is None:
            if place.status in drawing.CLOSED:
                return False  # deleted by hand, and no work is left: it stays away until there is
            name = drawing.topic_name(place, self._words)
            thread = await self._host.open_topic(name)
            await self._keep(topic, thread=thread, name=name, closed=False)
            return True
        if not topic.card_parts:
            return await self._show_card(place, topic)
        steps: tuple[Callable[[Conversation, Topic], Awaitable[bool]], ...] = (
            self._post_next, self._post_changed, self._rename, self._change_card, self._close,
        )  # fmt: skip
        for step in steps:
            if await step(place, topic):
                return True
        return False

    async def _show_card(self, place: Conversation, topic: Topic) -> bool:
        assert topic.thread is not None
        card = await self._card(place, topic)
        parts = await self._host.post(topic.thread, card)
        told = drawing.state_of(place)
        await self._keep(topic, card_parts=parts, card=drawing.word_of(card), told=told)
        return True

    async def _post_next(self, place: Conversation, topic: Topic) -> bool:
        """Post what was said since, as much as goes together, with a line for what has become of the conversation."""
        assert topic.thread is not None
        waiting = await self._messages.window(place.id, after=topic.position, limit=AT_ONCE)
        posted = {
            one for post in await self._groups.posts_of(topic.id, [m.id for m in waiting]) for one in post.messages
        }
        known = _leading(waiting, lambda message: message.id in posted)
        if known:  # written here, or posted before a crash
            await self._keep(topic, position=known[-1].position, sending=())
            return True
        # What was written here in between is there already: it does not part what waits, or a lively talk with a post
        # for each message would run into the service's limit for groups.
        unposted = [message for message in waiting if message.id not in posted]
        batch = drawing.together(_leading(unposted, self._ready), self._limits)
        told, line = drawing.state_of(place), ""
        if told != topic.told and place.status not in drawing.CLOSED and len(batch) == len(unposted):
            line = drawing.line(place, await self._holder(place), self._words)
        if not batch and not line:
            if told != topic.told and not waiting:
                await self._keep(topic, told=told)
                return True
            return False
        if topic.closed:
            await self._host.reopen_topic(topic.thread)
            await self._keep(topic, closed=False)
            return True
        if not batch:
            await self._host.post(topic.thread, self._state_post(place, topic, line))
            await self._keep(topic, told=told)
            return True
        await self._post(place, topic, batch, line, told)
        return True

    async def _post(self, place: Conversation, topic: Topic, batch: Sequence[Message], line: str, told: str) -> None:
        thread = topic.thread
        assert thread is not None
        repeated = bool(topic.sending)
        if not repeated:
            topic = await self._keep(topic, sending=tuple(message.id for message in batch))
        shown = self._drawn(batch, repeated=repeated)
        buttons = drawing.buttons_of(place, self._words) if line else ()
        full = shown.model_copy(update={"html": "\n\n".join(filter(None, (shown.html, line))), "buttons": buttons})
        try:
            parts = await self._said(thread, full)
        except (MessageRejected, ContactUnreachable, ChannelThrottled, ChannelUnavailable, ChannelAuthError):
            await self._keep(topic, sending=())  # a clear answer: it did not arrive
            raise
        post = Post(
            id=derived_id("post", topic.id, batch[0].id),
            topic=topic.id,
            messages=tuple(message.id for message in batch),
            parts=parts,
            shown=drawing.word_of(shown),
            repeated=repeated,
        )
        await self._groups.post(post)
        change = {"told": told} if line else {}
        await self._keep(topic, position=batch[-1].position, sending=(), **change)

    async def _said(self, thread: str, post: GroupPost) -> tuple[str, ...]:
        """Post it; where the service takes it in no form, it is left to the inbox: the topic must go on."""
        try:
            return await self._host.post(thread, post)
        except MessageRejected as error:
            if error.code in LASTING:
                raise
            log.warning("a post was refused", reason=error.code, files=len(post.attachments))
        names = "\n".join(f"📎 {escape(file.name)}" for file in post.attachments)
        bare = post.model_copy(
            update={"html": "\n".join(filter(None, (post.html, names))), "attachments": (), "key": f"{post.key}:bare"}
        )
        try:
            return await self._host.post(thread, bare)
        except MessageRejected as error:
            if error.code in LASTING:
                raise
            log.error("a post was refused in every form", reason=error.code)
            return ()

    async def _post_changed(self, place: Conversation, topic: Topic) -> bool:
        """Change what looks different by now: edited, deleted, not delivered, with a reaction."""
        newest = await self._messages.window(place.id, before=topic.position + 1, limit=LOOKED_BACK)
        by_id = {message.id: message for message in newest}
        for post in await self._groups.posts_of(topic.id, list(by_id)):
            shown = [by_id[one] for one in post.messages if one in by_id]
            if len(shown) != len(post.messages):
                continue  # it begins before what is looked at
            if post.own:
                if await self._warn(topic, post, shown[0]):
                    return True
                continue
            now = self._drawn(shown, repeated=post.repeated)
            if drawing.word_of(now) != post.shown:
                await self._change(post, now)
                return True
        return False

    async def _change(self, post: Post, now: GroupPost) -> None:
        try:
            await self._host.change_post(post.parts, now)
        except MessageRejected as error:
            if error.code == TOPIC_GONE:
                raise
            log.info("a post of the group stays as it was", reason=error.code)
        await self._groups.post(post.model_copy(update={"shown": drawing.word_of(now)}))

    async def _warn(self, topic: Topic, post: Post, message: Message) -> bool:
        """Tell the author that what they wrote here did not arrive."""
        assert topic.thread is not None
        warning = drawing.drawn(message, self._words, self._limits, own=True)
        if not warning or post.shown == "warned":
            return False
        note = GroupPost(key=f"{post.id}:warning", text=warning, html=warning, answers=post.parts[0])
        await self._host.post(topic.thread, note)
        await self._groups.post(post.model_copy(update={"shown": "warned"}))
        return True

    async def _rename(self, place: Conversation, topic: Topic) -> bool:
        name = drawing.topic_name(place, self._words)
        if name == topic.name or topic.closed:
            return False
        assert topic.thread is not None
        await self._host.rename_topic(topic.thread, name)
        await self._keep(topic, name=name)
        return True

    async def _change_card(self, place: Conversation, topic: Topic) -> bool:
        card = await self._card(place, topic)
        if drawing.word_of(card) == topic.card:
            return False
        try:
            await self._host.change_post(topic.card_parts, card)
        except MessageRejected as error:
            if error.code == TOPIC_GONE:
                raise
            log.info("the card of a topic stays as it was", reason=error.code)
        await self._keep(topic, card=drawing.word_of(card))
        return True

    async def _close(self, place: Conversation, topic: Topic) -> bool:
        """Close the topic when no work is left, and open it when there is again."""
        wanted = place.status in drawing.CLOSED
        if topic.closed == wanted:
            return False
        assert topic.thread is not None
        await (self._host.close_topic(topic.thread) if wanted else self._host.reopen_topic(topic.thread))
        await self._keep(topic, closed=wanted)
        return True

    # Drawing ---------------------------------------------------------------------------------------------------------

    async def ask_whom(self, topic: Topic, people: Sequence[tuple[str, str]] | None) -> None:
        """Show on the card whom the conversation can be given to; None shows the usual buttons again."""
        place = await self._conversations.any(topic.conversation)
        if place is not None and topic.card_parts:
            await self._host.change_post(topic.card_parts, await self._card(place, topic, people))
            # As if it showed the usual buttons: it does so again when something changes.
            await self._keep(topic, card=drawing.word_of(await self._card(place, topic)))

    async def _card(
        self, place: Conversation, topic: Topic, people: Sequence[tuple[str, str]] | None = None
    ) -> GroupPost:
        return drawing.card(
            f"{topic.id}:card", place, await self._names.channel(place), await self._holder(place),
            f"{self._origin}/inbox/all/{place.id}", self._words, earlier=place.last_position > SHOWN_BEFORE,
            people=people,
        )  # fmt: skip

    def _drawn(self, messages: Sequence[Message], *, repeated: bool) -> GroupPost:
        drawn = [drawing.drawn(message, self._words, self._limits) for message in messages]
        if repeated:
            drawn.append(f"<i>{self._words.repeated}</i>")
        html = "\n\n".join(drawn)
        return GroupPost(key=messages[0].id, text=html, html=html, attachments=drawing.files_of(messages, self._limits))

    def _state_post(self, place: Conversation, topic: Topic, line: str) -> GroupPost:
        key = f"{topic.id}:{drawing.state_of(place)}"
        return GroupPost(key=key, text=line, html=line, buttons=drawing.buttons_of(place, self._words))

    async def _holder(self, place: Conversation) -> str | None:
        return await self._names.operator(place.assignee) if place.assignee else None

    def _ready(self, message: Message) -> bool:
        """Whether its files are there, or will not be within reason."""
        waits = any(file.status is AttachmentStatus.PENDING for file in message.attachments)
        return not waits or self._clock.now() - message.created_at > FILE_PATIENCE

    async def _keep(self, topic: Topic, **change: object) -> Topic:
        return await self._groups.keep(topic.model_copy(update=change))


def _leading(messages: Sequence[Message], fits: Callable[[Message], bool]) -> list[Message]:
    """The messages up to the first that does not fit."""
    leading: list[Message] = []
    for message in messages:
        if not fits(message):
            break
        leading.append(message)
    return leading
