"""How conversations look in an operators' group: the card, the messages, the lines between them. Pure."""

import hashlib
from collections.abc import Sequence
from html import escape

from connectors.groups import GroupLimits
from hub.model.attachment import AttachmentRef, AttachmentStatus
from hub.model.conversation import Control, Conversation, Status
from hub.model.group import GroupPost
from hub.model.message import ActorKind, Button, DeliveryStatus, Direction, Message
from hub.services.reasons import in_words
from hub.services.topic_words import TopicWords

CLOSED = frozenset({Status.RESOLVED, Status.SPAM})

TAKE, RESOLVE, HAND_BACK, REOPEN, ASSIGN, GIVE, SHOW = "take", "resolve", "back", "open", "assign", "give", "show"
PREFIX = "g:"
"""Before the value of each button of a group."""


def topic_name(conversation: Conversation, words: TopicWords) -> str:
    """The contact's name; of somebody who has none, enough to tell them apart."""
    name = " ".join((conversation.contact_name or "").split())
    return name or f"{words.nameless} {conversation.contact[:4]}"


def state_of(conversation: Conversation) -> str:
    """What the lines of a topic tell of: a short word that changes when there is something to tell."""
    return f"{conversation.status.value}:{conversation.control.value}:{conversation.assignee or ''}"


def status_words(conversation: Conversation, holder: str | None, words: TopicWords) -> str:
    """Whether work is left, and who speaks next."""
    match conversation.status:
        case Status.RESOLVED:
            return words.resolved
        case Status.SPAM:
            return words.spam
        case Status.SNOOZED:
            return words.snoozed
        case Status.OPEN:
            if conversation.control is Control.OPERATOR and holder is not None:
                return words.held.format(holder)
            return words.with_bot if conversation.control is Control.BOT else words.waiting


def buttons_of(conversation: Conversation, words: TopicWords) -> tuple[Button, ...]:
    """What can be done with one tap."""
    if conversation.status in CLOSED:
        return (Button(label=words.reopen, value=PREFIX + REOPEN),)
    given = [(words.take, TAKE), (words.assign, ASSIGN), (words.resolve, RESOLVE)]
    if conversation.control is not Control.QUEUE:
        given.insert(2, (words.hand_back, HAND_BACK))
    return tuple(Button(label=label, value=PREFIX + value) for label, value in given)


def people_buttons(people: Sequence[tuple[str, str]], words: TopicWords) -> tuple[Button, ...]:
    """Whom the conversation can be given to: pairs of id and name."""
    named = [Button(label=name, value=f"{PREFIX}{GIVE}:{who}") for who, name in people]
    return (*named, Button(label=words.back, value=PREFIX + SHOW))


def card(
    key: str, conversation: Conversation, channel: str, holder: str | None, address: str, words: TopicWords, *,
    earlier: bool, people: Sequence[tuple[str, str]] | None = None,
) -> GroupPost:  # fmt: skip
    """The first post of a topic: who it is, how it stands, what can be done. With `people`, whom to give it to."""
    status = words.status.format(status_words(conversation, holder, words))
    lines = [f"<b>{escape(topic_name(conversation, words))}</b>", escape(words.channel.format(channel))]
    lines.append(f"<b>{escape(status)}</b>")
    lines.append(f'<a href="{escape(address)}">{escape(words.open_in_inbox)}</a>')
    if earlier:
        lines.append(f"<i>{escape(words.earlier)}</i>")
    lines.append(f"<i>{escape(words.to_whom if people is not None else words.how_to)}</i>")
    buttons = buttons_of(conversation, words) if people is None else people_buttons(people, words)
    return GroupPost(key=key, text=topic_name(conversation, words), html="\n".join(lines), buttons=buttons)


def line(conversation: Conversation, holder: str | None, words: TopicWords) -> str:
    """What has become of the conversation, as a line between its messages (HTML)."""
    return f"<i>— {escape(status_words(conversation, holder, words))} —</i>"


def drawn(message: Message, words: TopicWords, limits: GroupLimits, *, own: bool = False) -> str:
    """A message as HTML: who says it, the words, and what is to be known about it. `own`: only the latter."""
    parts: list[str] = []
    if not own:
        parts.append(f"<b>{escape(_author(message, words))}</b>")
        parts.append(_text(message, words))
        parts += [_missing(file, words) for file in message.attachments if not _shown(file, limits)]
        if message.buttons and message.direction is Direction.OUT:
            parts.append(escape(" ".join(f"[{button.label}]" for button in message.buttons)))
        if message.edited_at is not None and message.deleted_at is None:
            parts.append(f"<i>{escape(words.edited)}</i>")
        if message.reactions:
            parts.append(escape(" ".join(message.reactions)))
    delivery = message.delivery
    if delivery is not None and delivery.status is DeliveryStatus.FAILED and delivery.code != "cancelled":
        why = in_words(delivery, words.language) or words.refusal(delivery.code, delivery.reason or delivery.code or "")
        parts.append(f"⚠️ {escape(words.not_delivered.format(why))}")
    return "\n".join(part for part in parts if part)


def _author(message: Message, words: TopicWords) -> str:
    author = message.author
    name = author.name or ""
    match author.kind:
        case ActorKind.CONTACT:
            return name or words.nameless
        case ActorKind.OPERATOR:
            return (words.note if message.direction is Direction.NOTE else words.colleague).format(name)
        case ActorKind.BOT:
            shown = f"🤖 {name or words.bot}"
        case _:
            shown = words.system
    return words.note.format(shown) if message.direction is Direction.NOTE else shown


def _text(message: Message, words: TopicWords) -> str:
    if message.deleted_at is not None:
        return f"<i>{escape(words.deleted)}</i>"
    html = message.details.html if message.details else None
    text = html or escape(message.text)
    quote = message.details.quote if message.details else None
    if quote is not None and quote.text:
        return f"<blockquote>{escape(quote.text)}</blockquote>\n{text}"
    return text


def _shown(file: AttachmentRef, limits: GroupLimits) -> bool:
    return file.status is AttachmentStatus.STORED and file.size_bytes <= limits.file_bytes


def _missing(file: AttachmentRef, words: TopicWords) -> str:
    if file.status is AttachmentStatus.PENDING:
        reason = words.still_fetched
    elif file.status is AttachmentStatus.FAILED:
        reason = file.reason or ""
    else:
        reason = words.too_large
    return f"📎 {escape(words.file_missing.format(file.name, reason))}"


def files_of(messages: Sequence[Message], limits: GroupLimits) -> tuple[AttachmentRef, ...]:
    """The files that a post of these messages carries."""
    return tuple(file for message in messages for file in message.attachments if _shown(file, limits))


def together(messages: Sequence[Message], limits: GroupLimits) -> Sequence[Message]:
    """The first of these messages that go into one post: texts up to a length, or one message with files."""
    taken: list[Message] = []
    length = 0
    for message in messages:
        length += len(message.text) + 100
        if taken and (message.attachments or length > limits.together_characters):
            break
        taken.append(message)
        if message.attachments:
            break
    return taken


def word_of(post: GroupPost) -> str:
    """A short word for what a post looks like."""
    looks = "\0".join((post.text, post.html, *(f"{one.label}={one.value}" for one in post.buttons)))
    return hashlib.blake2b(looks.encode(), digest_size=8).hexdigest()
