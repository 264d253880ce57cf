"""What operators do in their group: answers, notes, edits and buttons become commands like those of the inbox."""

import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from html import escape
from typing import assert_never

import structlog

from connectors.abilities import KeepsFiles
from connectors.errors import ChannelThrottled, ConnectorError, MessageRejected, PayloadInvalid
from connectors.groups import HostsGroup
from connectors.reasons import sentence
from hub.model.attachment import AttachmentRef, AttachmentStatus
from hub.model.channel import Channel
from hub.model.conversation import Conversation
from hub.model.group import (
    GroupChanged,
    GroupClosed,
    GroupEvent,
    GroupLinked,
    GroupPost,
    GroupPressed,
    GroupSaid,
    Member,
    Post,
    Topic,
)
from hub.model.ids import AttachmentId, ConversationId, MessageId, OperatorId, derived_id
from hub.model.message import Direction
from hub.model.operator import Viewer
from hub.model.turn import Say, Turn
from hub.services import topic_drawing as drawing
from hub.services.attachments import Attachments, operator_actor
from hub.services.changing import Changing
from hub.services.commands import Assign, Command, HandBack, Note, Reopen, Reply, Resolve, Take
from hub.services.errors import Conflict, Invalid, NotFound, ServiceError, Unavailable
from hub.services.operator_links import OperatorLinks
from hub.services.topic_words import TopicWords
from hub.services.topics import Topics
from hub.services.turns import Turns
from hub.store.conversations import Conversations
from hub.store.groups import Groups
from hub.store.messages import Messages
from hub.store.operators import Operators

log = structlog.get_logger(__name__)

NOTE_PREFIX = "//"
COMMANDS = {
    "/take": drawing.TAKE, "/resolve": drawing.RESOLVE, "/back": drawing.HAND_BACK, "/reopen": drawing.REOPEN,
}  # fmt: skip
REFUSED_AGAIN_S = 60.0
"""A stranger who talks in a topic is told once a minute that nobody outside hears it."""
REMEMBERED_STRANGERS = 1_000
PEOPLE_SHOWN = 30


class GroupAnswers:
    """Works on what happened in one group, one update after the other. Working on one again changes nothing."""

    def __init__(
        self,
        channel: Channel,
        host: HostsGroup,
        topics: Topics,
        groups: Groups,
        links: OperatorLinks,
        operators: Operators,
        conversations: Conversations,
        messages: Messages,
        turns: Turns,
        changing: Changing,
        attachments: Attachments,
        words: TopicWords,
        wake: Callable[[ConversationId], None],
    ) -> None:
        self._channel, self._host, self._topics, self._groups = channel, host, topics, groups
        self._links, self._operators, self._conversations = links, operators, conversations
        self._messages, self._turns, self._changing = messages, turns, changing
        self._attachments, self._words, self._wake = attachments, words, wake
        self._refused: OrderedDict[str, float] = OrderedDict()

    async def take(self, event: GroupEvent) -> None:
        """Do what the event asks for, or say in the group why not.

        Raises `Unavailable`, `ChannelThrottled`: work on it again later.
        """
        match event:
            case GroupSaid(edited=True):
                await self._edited(event)
            case GroupSaid():
                await self._said(event)
            case GroupPressed():
                await self._pressed(event)
            case GroupClosed():
                await self._closed(event)
            case GroupLinked():
                await self._linked(event)
            case GroupChanged():
                pass  # whoever gave it here looks at the group's rights
            case _:
                assert_never(event)

    # Words -----------------------------------------------------------------------------------------------------------

    async def _said(self, event: GroupSaid) -> None:
        topic = await self._groups.by_thread(self._channel.id, event.thread)
        if topic is None or await self._groups.by_part(topic.id, event.name) is not None:
            return  # a topic of their own, or it was worked on before a crash
        viewer = await self._viewer(topic, event.member, event.name)
        if viewer is None:
            return
        act = COMMANDS.get(event.text.partition("@")[0].strip().lower())
        try:
            if act is not None:
                await self._do(viewer, topic, act, f"group:{topic.group}:{event.name}")
            else:
                await self._write(viewer, topic, event)
        except Unavailable:
            raise
        except (ServiceError, MessageRejected, PayloadInvalid) as error:
            await self._complain(topic, event.name, self._words.not_sent.format(viewer.name, self._why(error)))

    async def _write(self, viewer: Viewer, topic: Topic, event: GroupSaid) -> None:
        note = event.text.startswith(NOTE_PREFIX)
        text = event.text.removeprefix(NOTE_PREFIX).strip() if note else event.text
        files = await self._files(viewer, topic, event)
        if not text and not files:
            return
        command: Command
        if note:
            command = Note(text=text, attachments=files)
        else:
            # They read what the topic shows; whatever came later is shown below their answer.
            command = Reply(text=text, attachments=files, seen_position=topic.position, confirm=True)
        acted = await self._turns.act(viewer, topic.conversation, command, f"group:{topic.group}:{event.name}")
        if acted.turn is not None:
            await self._note_own(topic, acted.turn, event.name)

    async def _note_own(self, topic: Topic, turn: Turn, name: str) -> None:
        """What was written here is not posted here again."""
        for index, effect in enumerate(turn.effects):
            if isinstance(effect, Say) and not effect.automatic and effect.author.id is not None:
                message = MessageId(derived_id(turn.id, index))
                identifier = derived_id("post", topic.id, message)
                await self._groups.post(
                    Post(id=identifier, topic=topic.id, messages=(message,), parts=(name,), own=True)
                )

    async def _files(self, viewer: Viewer, topic: Topic, event: GroupSaid) -> tuple[AttachmentRef, ...]:
        """The files of a message of the group, fetched and stored as the operator's. Raises `MessageRejected`."""
        host: object = self._host
        fetched: list[AttachmentId] = []
        for file in event.attachments:
            if file.status is AttachmentStatus.FAILED or file.source is None or not isinstance(host, KeepsFiles):
                raise MessageRejected("file", file.reason or "The file could not be fetched.")
            if await self._attachments.uploaded(viewer.project, file.id, operator_actor(viewer)) is None:
                pieces = host.fetch(file.source)
                await self._attachments.take(
                    viewer.project, operator_actor(viewer), file.name, pieces, attachment=file.id
                )
            fetched.append(file.id)
        return await self._attachments.claim(viewer.project, topic.conversation, operator_actor(viewer), fetched)

    async def _edited(self, event: GroupSaid) -> None:
        topic = await self._groups.by_thread(self._channel.id, event.thread)
        post = await self._groups.by_part(topic.id, event.name) if topic else None
        if topic is None or post is None or not post.own:
            return
        viewer = await self._viewer(topic, event.member, event.name)
        message = await self._messages.get(post.messages[0])
        if viewer is None or message is None:
            return
        text = event.text
        if message.direction is Direction.NOTE:
            text = text.removeprefix(NOTE_PREFIX).strip()
        try:
            await self._changing.edit(viewer, message, text)
        except Unavailable:
            raise
        except ServiceError as error:
            await self._complain(topic, event.name, self._words.not_changed.format(self._why(error)))

    # Buttons ---------------------------------------------------------------------------------------------------------

    async def _pressed(self, event: GroupPressed) -> None:
        word = await self._press(event)
        await self._host.answer_press(event.query, word)

    async def _press(self, event: GroupPressed) -> str:
        """Do what the button says; the short word for whoever pressed it."""
        topic = await self._groups.by_thread(self._channel.id, event.thread) if event.thread else None
        if topic is None or not event.value.startswith(drawing.PREFIX):
            return self._words.old_button
        viewer = await self._links.viewer(self._host.member_kind, event.member.id, self._channel.project)
        if viewer is None:
            return self._stranger(event.member)
        act, _, who = event.value.removeprefix(drawing.PREFIX).partition(":")
        try:
            if act in (drawing.ASSIGN, drawing.SHOW):
                await self._topics.ask_whom(topic, await self._people() if act == drawing.ASSIGN else None)
                return ""
            changed = await self._do(viewer, topic, act, f"press:{event.query}", OperatorId(who) if who else None)
        except Unavailable:
            raise
        except ChannelThrottled:
            raise
        except (ServiceError, MessageRejected) as error:
            return self._why(error)
        except ConnectorError as error:
            log.warning("a button of the group was pressed in vain", reason=str(error))
            return self._words.service_failed
        return self._words.done if changed else self._words.already

    async def _do(self, viewer: Viewer, topic: Topic, act: str, key: str, who: OperatorId | None = None) -> bool:
        """Carry out a button or a command; false when everything was so already. Raises the refusals of `Turns.act`."""
        command: Command
        match act:
            case drawing.TAKE:
                command = Take()
            case drawing.RESOLVE:
                command = Resolve()
            case drawing.REOPEN:
                command = Reopen()
            case drawing.HAND_BACK:
                return await self._hand_back(viewer, topic, key)
            case drawing.GIVE if who is not None:
                if all(who != one for one, _ in await self._people()):
                    raise NotFound("This operator")
                command = Assign(operator=who)
            case _:
                raise Invalid("old_button", self._words.old_button)
        try:
            return (await self._turns.act(viewer, topic.conversation, command, key)).turn is not None
        except Conflict as error:
            holder = await self._operators.get(OperatorId(str(error.extra.get("assignee", ""))))
            if error.code != "already_taken" or holder is None:
                raise
            raise Conflict("already_taken", self._words.held.format(holder.name)) from error

    async def _hand_back(self, viewer: Viewer, topic: Topic, key: str) -> bool:
        """To the bot where a questionnaire waits, else to the queue."""
        place = await self._place(topic)
        if place.flow is not None:
            try:
                acted = await self._turns.act(viewer, topic.conversation, HandBack(to="bot"), f"{key}:bot")
                return acted.turn is not None
            except Invalid as error:
                if error.code != "no_bot":
                    raise
        return (await self._turns.act(viewer, topic.conversation, HandBack(to="queue"), key)).turn is not None

    async def _people(self) -> Sequence[tuple[str, str]]:
        found = await self._operators.of_project(self._channel.project)
        return [(one.id, one.name) for one in found if one.active][:PEOPLE_SHOWN]

    async def _closed(self, event: GroupClosed) -> None:
        """A topic that is closed by hand is a conversation that is resolved. A stranger's hand changes nothing."""
        topic = await self._groups.by_thread(self._channel.id, event.thread)
        if topic is None:
            return
        await self._groups.keep(topic.model_copy(update={"closed": event.closed}))
        self._wake(topic.conversation)
        viewer = await self._links.viewer(self._host.member_kind, event.member.id, self._channel.project)
        place = await self._place(topic)
        if viewer is None or (place.status in drawing.CLOSED) == event.closed:
            return
        key = f"topic:{topic.id}:{topic.revision}:{event.closed}"
        try:
            await self._do(viewer, topic, drawing.RESOLVE if event.closed else drawing.REOPEN, key)
        except Unavailable:
            raise
        except ServiceError as error:
            log.info("a topic was closed or opened in vain", reason=error.code)

    # Who -------------------------------------------------------------------------------------------------------------

    async def _linked(self, event: GroupLinked) -> None:
        account = await self._links.redeem(self._host.member_kind, event.member, event.code)
        known = account or await self._links.viewer(self._host.member_kind, event.member.id, self._channel.project)
        text = self._words.linked.format(known.name) if known else self._words.bad_code
        try:
            await self._host.tell(event.chat, text)
        except ChannelThrottled:
            raise
        except ConnectorError as error:
            log.info("nobody was told about a link", error=type(error).__name__)

    async def _viewer(self, topic: Topic, member: Member, name: str) -> Viewer | None:
        """Who the member is; None, and a sentence in the topic, for a stranger."""
        viewer = await self._links.viewer(self._host.member_kind, member.id, self._channel.project)
        if viewer is None:
            now = time.monotonic()
            if now - self._refused.get(member.id, -REFUSED_AGAIN_S) >= REFUSED_AGAIN_S:
                await self._complain(topic, name, self._stranger(member))
                self._refused[member.id] = now
                self._refused.move_to_end(member.id)
                while len(self._refused) > REMEMBERED_STRANGERS:
                    self._refused.popitem(last=False)
        return viewer

    def _stranger(self, member: Member) -> str:
        return self._words.not_linked.format(member.name or "?")

    def _why(self, error: ServiceError | MessageRejected | PayloadInvalid) -> str:
        if isinstance(error, ServiceError):
            return self._words.refusal(error.code, error.detail)
        if error.why.code and error.code not in self._words.refusals:
            return sentence(error.why, self._words.language)
        return self._words.refusal(error.code, error.reason)

    async def _complain(self, topic: Topic, name: str, sentence: str) -> None:
        """Say in the topic, below what was written, why it went nowhere; a fault of that is nobody's concern."""
        if topic.thread is None:
            return
        said = f"⚠️ {escape(sentence)}"
        note = GroupPost(key=f"{topic.id}:{name}:refused", text=sentence, html=said, answers=name)
        try:
            await self._host.post(topic.thread, note)
        except ChannelThrottled:
            raise
        except ConnectorError as error:
            log.info("a refusal was not said in the group", error=type(error).__name__)

    async def _place(self, topic: Topic) -> Conversation:
        place = await self._conversations.any(topic.conversation)
        if place is None:
            raise NotFound("This conversation")
        return place
