"""Before them: which question the contact looked at when they wrote, where the channel lets us know.

A quote names the question, and so does the mail that is answered. Elsewhere it is the newest one on the screen; that
matters only while a text may still be the second half of the answer before, so it is looked for only then.
"""

from typing import Protocol

from flows.engine import JOIN_WINDOW
from flows.session import Session
from hub.model.content import MailDetails
from hub.model.ids import ChannelId, ConversationId
from hub.model.message import Message


class KnowsQuestions(Protocol):
    """Where messages that asked something are read."""

    async def sent_under(self, channel: ChannelId, external_id: str) -> Message | None:
        """The message that went out under this id of the service, or None."""

    async def newest_question(self, conversation: ConversationId, up_to: int) -> Message | None:
        """The newest message up to a position that asked something, or None."""


async def turn_before_them(questions: KnowsQuestions, session: Session, message: Message) -> int | None:
    """The turn of the question that `message` is about; None where that is not known."""
    mail = message.details.mail if message.details else None
    if mail is not None:
        return await _turn_of_mail(questions, session, message, mail)
    quote = message.details.quote if message.details else None
    if quote is not None and quote.external_id is not None:
        asked = await questions.sent_under(message.channel, quote.external_id)
        return _turn_of(asked, session, message) if asked else None
    if message.seen is None or session.open is None or message.button is not None:
        return None
    if message.created_at - session.open.asked_at > JOIN_WINDOW:
        return None
    asked = await questions.newest_question(message.conversation, message.seen)
    if asked is None or asked.ask is None or asked.created_at < session.open.asked_at:
        return None
    return session.turn if asked.ask.question == session.open.step else None


async def _turn_of_mail(questions: KnowsQuestions, session: Session, message: Message, mail: MailDetails) -> int | None:
    """The open question's turn when the mail answers the one that asked it: then it continues no answer before."""
    if session.open is None or not mail.references:
        return None
    asked = await questions.sent_under(message.channel, mail.references[-1])
    turn = _turn_of(asked, session, message) if asked else None
    # An older mail may have asked several questions: its numbers would be read as the answer to the first.
    return turn if turn == session.turn else None


def _turn_of(asked: Message, session: Session, message: Message) -> int | None:
    """The turn of a quoted question. The one that is open counts as such however often it was put."""
    if asked.ask is None or asked.conversation != message.conversation or asked.created_at < session.started_at:
        return None
    if session.open is not None and asked.ask.question == session.open.step:
        return session.turn
    answer = session.answers.get(asked.ask.question)
    return answer.turn if answer is not None else None
