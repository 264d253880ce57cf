"""The operators' group: a place in a messenger where people answer, with one topic for each conversation."""

from typing import Annotated, Literal

from pydantic import Field

from hub.model.attachment import AttachmentRef
from hub.model.base import Moment, Stored
from hub.model.ids import ChannelId, ConversationId, MessageId, OperatorId, ProjectId
from hub.model.message import Button

# What is kept --------------------------------------------------------------------------------------------------------


class Topic(Stored):
    """A conversation's topic in the group of a channel.

    `thread` is the service's id of it, None before it is opened and after somebody has deleted it. Messages up to
    `position` are shown. `told` is the state of the conversation that the topic's lines tell, `card` what its first
    post shows. `sending` are messages that are being posted: after a crash nobody knows whether they arrived.
    """

    id: str
    project: ProjectId
    channel: ChannelId
    conversation: ConversationId
    group: str
    thread: str | None = None
    name: str = ""
    closed: bool = False
    position: int = 0
    told: str = ""
    card: str = ""
    card_parts: tuple[str, ...] = ()
    sending: tuple[MessageId, ...] = ()
    revision: int = 0


class Post(Stored):
    """What was posted: the messages it shows and the service's ids of its parts.

    `shown` says in a short word what it looks like. `own`: its author wrote it in the group, so it was never posted.
    """

    id: str
    topic: str
    messages: tuple[MessageId, ...]
    parts: tuple[str, ...]
    shown: str = ""
    own: bool = False
    repeated: bool = False


class OperatorLink(Stored):
    """A person of a messenger who is an operator of ours. `value` is the service's id of the person."""

    id: str
    operator: OperatorId
    kind: str
    value: str
    name: str | None = None
    linked_at: Moment


class RawUpdate(Stored):
    """Something that happened in the group, as the service said it, to be worked on once."""

    id: str
    channel: ChannelId
    raw: bytes


# What a connector shows ----------------------------------------------------------------------------------------------


class GroupPost(Stored):
    """Something to be posted. `html` is marked as `Details.html` is, and says the same as `text`.

    `key` is the same in every attempt. `answers` is the service's id of a message that it answers.
    """

    key: str
    text: str
    html: str
    attachments: tuple[AttachmentRef, ...] = ()
    buttons: tuple[Button, ...] = ()
    answers: str | None = None


# What a connector reports --------------------------------------------------------------------------------------------


class Member(Stored):
    """Somebody in the group, as the service knows them."""

    id: str
    name: str | None = None


class GroupSaid(Stored):
    """A member wrote, or changed (`edited`) what they had written, in a topic. Files are still to be fetched."""

    type: Literal["said"] = "said"
    name: str
    thread: str
    member: Member
    text: str = ""
    attachments: tuple[AttachmentRef, ...] = ()
    edited: bool = False


class GroupPressed(Stored):
    """A member pressed a button. `thread` is None where the service does not say any more."""

    type: Literal["pressed"] = "pressed"
    query: str
    thread: str | None
    member: Member
    value: str


class GroupClosed(Stored):
    """A member closed a topic by hand, or opened it again."""

    type: Literal["closed"] = "closed"
    thread: str
    member: Member
    closed: bool


class GroupLinked(Stored):
    """Somebody says, in a chat of their own or in the group, the code that makes them an operator."""

    type: Literal["linked"] = "linked"
    chat: str
    member: Member
    code: str


class GroupChanged(Stored):
    """What the hub may do in the group has changed."""

    type: Literal["changed"] = "changed"


GroupEvent = Annotated[GroupSaid | GroupPressed | GroupClosed | GroupLinked | GroupChanged, Field(discriminator="type")]
