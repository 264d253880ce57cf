"""Signing: what the signature below a message is made of."""

from connectors.lent import Signing
from hub.model.channel import Channel
from hub.model.ids import OperatorId
from hub.model.message import ActorKind, Message
from hub.store.contacts import Contacts
from hub.store.operators import Operators
from hub.store.projects import Projects


class ChannelSignatures:
    """The `Signatures` of `connectors.lent` for one channel."""

    def __init__(self, channel: Channel, operators: Operators, projects: Projects, contacts: Contacts) -> None:
        self._channel, self._operators, self._projects, self._contacts = channel, operators, projects, contacts

    async def signing(self, message: Message) -> Signing:
        """What a message can be signed with, as it stands now: a signature that was changed counts at once."""
        author = message.author
        by_person = author.kind is ActorKind.OPERATOR and author.id is not None
        operator = await self._operators.get(OperatorId(str(author.id))) if by_person else None
        project = await self._projects.get(self._channel.project)
        contact = await self._contacts.recent(self._channel.project, message.contact)
        return Signing(
            of_operator=operator.signature if operator else "",
            of_project=project.signature if project else "",
            operator=(author.name or "") if by_person else "",
            project=project.name if project else "",
            contact=(contact.name or "") if contact else "",
        )
