"""The operators' group at Telegram: a forum supergroup, its topics, and what is posted there."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from connectors.errors import ContactUnreachable, MessageRejected
from connectors.groups import GroupLimits
from connectors.reasons import why
from connectors.telegram.addresses import Chat
from connectors.telegram.faults import Refusal
from connectors.telegram.outgoing import Outgoing
from connectors.telegram.render import UPLOAD_BYTES, Call, render
from hub.model.content import Details
from hub.model.group import GroupPost
from hub.model.ids import ChannelId, ContactId, ConversationId, MessageId, ProjectId
from hub.model.message import Actor, ActorKind, Direction, Message
from hub.model.why import Why

if TYPE_CHECKING:
    from connectors.telegram.api import Api

_NEVER = datetime(1970, 1, 1, tzinfo=UTC)
LIMITS = GroupLimits(file_bytes=UPLOAD_BYTES, together_characters=3_000)
"""A group takes 20 posts a minute, of 4,096 characters: https://core.telegram.org/bots/faq#my-bot-is-hitting-limits."""
NAME_LIMIT = 128
"""Characters of a topic's name: https://core.telegram.org/bots/api#createforumtopic."""


@dataclass(frozen=True, slots=True)
class GroupFacts:
    """What Telegram says about the group, and about the bot in it."""

    title: str
    supergroup: bool
    forum: bool
    status: str
    manages_topics: bool

    def trouble(self) -> Why | None:
        """What is missing, and who can change it."""
        if not self.supergroup:
            return why("group_no_supergroup", group=self.title)
        if not self.forum:
            return why("group_no_topics", group=self.title)
        if self.status not in ("administrator", "creator"):
            return why("group_no_administrator", group=self.title)
        if not self.manages_topics:
            return why("group_no_right", group=self.title)
        return None


async def look(api: "Api", group: int) -> GroupFacts | Why:
    """The facts, or why there are none. Raises the `Channel...` errors."""
    try:
        chat, member = await api.group(group)
    except Refusal as refusal:
        if isinstance(refusal.error, MessageRejected | ContactUnreachable):
            return why("group_not_in", group=group)
        raise refusal.error from refusal
    return facts_of(chat, member)


def facts_of(chat: Mapping[str, Any], member: Mapping[str, Any]) -> GroupFacts:
    """The facts in Telegram's ChatFullInfo and ChatMember."""
    status = str(member.get("status", ""))
    return GroupFacts(
        title=str(chat.get("title", "")),
        supergroup=chat.get("type") == "supergroup",
        forum=chat.get("is_forum") is True,
        status=status,
        manages_topics=status == "creator" or member.get("can_manage_topics") is True,
    )


class Group:
    """What goes out to the group. Everything here can wait: customers' messages come first in the bot's budget."""

    def __init__(self, api: "Api", out: Outgoing, group: int) -> None:
        self._api, self._out, self._chat = api, out, Chat(group)

    async def open_topic(self, name: str) -> str:
        """Open a topic; its id."""
        self._out.reserve(self._chat)
        try:
            return str(await self._api.create_topic(self._chat.id, name[:NAME_LIMIT]))
        except Refusal as refusal:
            raise refusal.error from refusal

    async def rename(self, thread: str, name: str) -> None:
        """Give a topic another name."""
        await self._manage("EditForumTopic", thread, name=name[:NAME_LIMIT])

    async def close(self, thread: str) -> None:
        """Close a topic."""
        await self._manage("CloseForumTopic", thread)

    async def reopen(self, thread: str) -> None:
        """Open a topic again."""
        await self._manage("ReopenForumTopic", thread)

    async def _manage(self, method: str, thread: str, **more: Any) -> None:
        self._out.reserve(self._chat)
        place = {"chat_id": self._chat.id, "message_thread_id": int(thread)}
        await self._out.change(Call(method, {**place, **more}), self._chat)

    async def post(self, thread: str, post: GroupPost) -> tuple[str, ...]:
        """Post into a topic; the ids of its parts."""
        calls = [call.with_arguments(message_thread_id=int(thread)) for call in _calls(post, self._chat)]
        done = await self._out.send_calls(f"group:{post.key}", calls, self._chat, can_wait=True)
        return tuple(str(one) for one in done)

    async def change(self, parts: Sequence[str], post: GroupPost) -> None:
        """Show a post as it is now, in place."""
        self._out.reserve(self._chat, len(parts))
        await self._out.change_calls(_calls(post, self._chat), self._chat, [int(one) for one in parts])

    async def tell(self, chat: str, text: str) -> None:
        """Say something in another chat."""
        there = Chat(int(chat))
        calls = [Call("SendMessage", {"chat_id": there.id, "text": text})]
        await self._out.send_calls(f"tell:{chat}:{text}", calls, there)


def _calls(post: GroupPost, chat: Chat) -> list[Call]:
    calls = render(_as_message(post), chat)
    if post.answers is not None and calls:
        reply = {"message_id": int(post.answers), "allow_sending_without_reply": True}
        calls[0] = calls[0].with_arguments(reply_parameters=reply)
    return calls


def _as_message(post: GroupPost) -> Message:
    """The post as a message, so that it is drawn as messages are. It is never stored."""
    return Message(
        id=MessageId(post.key),
        project=ProjectId(""),
        conversation=ConversationId(""),
        channel=ChannelId(""),
        contact=ContactId(""),
        position=0,
        direction=Direction.OUT,
        author=Actor(kind=ActorKind.SYSTEM),
        text=post.text,
        details=Details(html=post.html) if post.html else None,
        attachments=post.attachments,
        buttons=post.buttons,
        created_at=_NEVER,
    )
