"""Hosted forms: a published flow as pages, for somebody who has no conversation yet or goes on with one.

Nothing is stored before the first page was taken. Then the form is a conversation like any other: its pages are Turns,
so that it can be finished elsewhere, and a flow that began elsewhere can be finished here.
"""

import hashlib
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from flows import engine
from flows.definition import Flow
from flows.engine import Step
from flows.events import At, Begin, Filled, GivenFile, Mode
from flows.pages import Compared, Page, compared, farewell, pages
from flows.session import Session, State
from hub.model.channel import Channel
from hub.model.contact import Field as ContactField
from hub.model.conversation import Conversation
from hub.model.events import ConversationStarted, InboundEvent, Received, Sender
from hub.model.form_invite import FormInvite
from hub.model.ids import ConversationId, ProjectId
from hub.model.project import Project
from hub.services.errors import Invalid, NotFound, Unavailable
from hub.services.flow_library import FlowLibrary
from hub.services.flow_runner import REGIONS
from hub.services.form_invites import FormInvites
from hub.services.form_links import FormLinks
from hub.services.start_rules import FORMS
from hub.services.turns import Turns
from hub.store.channels import Channels
from hub.store.clock import DatabaseClock
from hub.store.contacts import Contacts
from hub.store.conversations import Conversations
from hub.store.form_invites import FormInvites as FormInviteStore
from hub.store.projects import Projects

ADDRESS_KIND = "form"
NEW = "0" * 32
"""The id of a session that is not stored."""
FOUND_REMEMBERED_S = 2.0
MOVES_FOLLOWED = 10

Values = Mapping[str, str | Sequence[str] | Sequence[GivenFile]]
Receive = Callable[[Channel, Sequence[InboundEvent]], Awaitable[Sequence[Received]]]


class KnowsSessions(Protocol):
    """Where the session that a Turn holds is read."""

    async def session_at(self, conversation: ConversationId, seq: int) -> Session | None:
        """The session that the Turn `seq` of the conversation holds."""


@dataclass(frozen=True, slots=True)
class Hosted:
    """A form at its address: which flow, on which channel, for which project."""

    slug: str
    channel: Channel
    flow: Flow
    project: Project


@dataclass(frozen=True, slots=True)
class Filling:
    """A form that is being filled in. `conversation` None: nothing of it is stored yet."""

    hosted: Hosted
    session: Session
    at: At
    conversation: ConversationId | None = None

    @property
    def all_pages(self) -> Sequence[Page]:
        """Every page, whether or not it shows now."""
        return pages(self.hosted.flow, self.session, self.at)

    @property
    def pages(self) -> Sequence[Page]:
        """The pages that show now."""
        return [page for page in self.all_pages if page.shows]

    @property
    def facts(self) -> Mapping[str, Compared]:
        """The answers so far as a browser compares them."""
        return compared(self.hosted.flow, self.session, self.at)

    @property
    def over(self) -> bool:
        """Whether there is nothing left to fill in."""
        return self.session.state in (State.DONE, State.STOPPED) or self.session.open is None

    @property
    def farewell(self) -> str | None:
        """What the outcome says, in the language of the session."""
        return farewell(self.hosted.flow, self.session, self.at)


class Forms:
    """Opens, shows and takes forms."""

    def __init__(
        self,
        channels: Channels,
        projects: Projects,
        library: FlowLibrary,
        conversations: Conversations,
        sessions: KnowsSessions,
        turns: Turns,
        clock: DatabaseClock,
        *,
        receive: Receive,
        links: FormLinks,
        invites: FormInvites,
        invite_store: FormInviteStore,
        contacts: Contacts,
    ) -> None:
        self._channels, self._projects, self._library = channels, projects, library
        self._conversations, self._sessions = conversations, sessions
        self._turns, self._clock, self._receive, self._links = turns, clock, receive, links
        self._invites, self._invite_store, self._contacts = invites, invite_store, contacts
        self._found: dict[str, tuple[float, Hosted]] = {}

    # Addresses --------------------------------------------------------------------------------------------------------

    async def hosted(self, slug: str) -> Hosted:
        """The form at an address. Raises `NotFound`."""
        known = self._found.get(slug)
        if known is not None and time.monotonic() - known[0] < FOUND_REMEMBERED_S:
            return known[1]
        for channel in await self._channels.enabled():
            if channel.kind != FORMS:
                continue
            flow = await self._flow_of(channel.project, slug)
            project = await self._projects.get(channel.project)
            if flow is not None and project is not None:
                found = Hosted(slug, channel, flow, project)
                self._found = {slug: (time.monotonic(), found), **dict(list(self._found.items())[:200])}
                return found
        raise NotFound("This form")

    async def _flow_of(self, project: ProjectId, slug: str) -> Flow | None:
        for summary in await self._library.flows(project):
            if summary.version is None:
                continue
            flow = await self._library.newest(project, summary.flow)
            if flow is not None and flow.start.form == slug:
                return flow
        return None

    def token(self, conversation: ConversationId) -> str:
        """What stands in the address of a form that was begun: whoever has it may read and go on."""
        return self._links.token(conversation)

    # Filling ----------------------------------------------------------------------------------------------------------

    def blank(self, hosted: Hosted, lang: str, invite: FormInvite | None = None) -> Filling:
        """The form as somebody finds it who has not begun, with the answers that an invitation knows."""
        at = self._at(hosted, 1)
        given = {one.question: one.value for one in invite.prefill} if invite else {}
        step = engine.begin(hosted.flow, NEW, lang, Begin(prefill=given), at)
        return Filling(hosted, step.session, at)

    async def invited(self, hosted: Hosted, word: str) -> FormInvite | None:
        """The invitation in an address, while it counts and is this project's."""
        invite = await self._invites.read(hosted.slug, word)
        return invite if invite is not None and invite.project == hosted.project.id else None

    async def begun(self, slug: str, token: str) -> Filling:
        """The form of a conversation, as far as it is. Raises `NotFound`."""
        conversation = self._links.conversation(token)
        place = await self._place(conversation) if conversation else None
        if place is None or place.flow is None:
            raise NotFound("This form")
        conversation = place.id
        session = await self._sessions.session_at(conversation, place.flow.seq)
        channel = await self._channels.get(place.channel)
        project = await self._projects.get(place.project)
        if session is None or channel is None or project is None:
            raise NotFound("This form")
        flow = await self._library.pinned(place.project, session.flow, session.version)
        hosted = Hosted(slug, channel, flow, project)
        return Filling(hosted, session, self._at(hosted, place.seq + 1), conversation)

    async def _place(self, conversation: ConversationId) -> Conversation | None:
        """The conversation, or the one where its questions went on."""
        place = await self._conversations.any(conversation)
        for _ in range(MOVES_FOLLOWED):
            if place is None or place.flow is None or place.flow.moved is None:
                break
            place = await self._conversations.any(place.flow.moved)
        return place

    def tried(self, filling: Filling, values: Values, refused: Mapping[str, str]) -> Step:
        """What the engine makes of a page, without storing anything."""
        page = Filled(values, refused, turn=filling.session.turn)
        return engine.step(filling.hosted.flow, filling.session, page, filling.at)

    async def take(
        self,
        filling: Filling,
        values: Values,
        refused: Mapping[str, str],
        *,
        visitor: str,
        lang: str,
        known: Mapping[str, str],
        invite: FormInvite | None = None,
    ) -> str:
        """Keep a page that was tried; the token of the form. `visitor` names whoever fills it in, once and for all.

        `known` are facts that came with the address, such as the campaign. Raises `Invalid` with the faults by
        question, `NotFound`, `Unavailable`.
        """
        begins = filling.conversation is None
        if begins:
            conversation = await self._begin(filling.hosted, visitor, lang, known, invite)
            filling = await self.begun(filling.hosted.slug, self.token(conversation))
        assert filling.conversation is not None
        page = Filled(values, refused, turn=filling.session.turn)
        try:
            await self._turns.fill(filling.conversation, page, _cause(filling, page))
        except Invalid as refused_page:
            if not (begins and refused_page.code == "answers_stale"):
                raise
            # The first page was sent twice at the same moment: the other one was taken.
        return self.token(filling.conversation)

    async def _begin(
        self, hosted: Hosted, visitor: str, lang: str, known: Mapping[str, str], invite: FormInvite | None
    ) -> ConversationId:
        """The conversation of a form whose first page came: the same visitor again has the same.

        Who was invited as a contact is that contact. An invitation for one use is one conversation, whoever comes.
        """
        fields = tuple(ContactField(name=name, value=value) for name, value in known.items())
        who = visitor
        if invite is not None:
            visitor = f"invite:{invite.id}" if invite.once else visitor
            who = f"contact:{invite.contact}" if invite.contact else visitor
            fields = (*(one for one in fields if one.name not in {own.name for own in invite.fields}), *invite.fields)
            if invite.contact:
                await self._contacts.add_address(
                    hosted.project.id, invite.contact, ADDRESS_KIND, who, self._clock.now()
                )
        event = ConversationStarted(
            external_id=f"form:{visitor}",
            prefill=invite.prefill if invite else (),
            sender=Sender(kind=ADDRESS_KIND, value=who, language=lang, verified=False, fields=fields),
            payload=hosted.flow.name,
            text=hosted.flow.title[lang if lang in hosted.flow.langs else hosted.flow.lang],
        )
        [received] = await self._receive(hosted.channel, [event])
        if received.conversation is None:
            raise Unavailable(5, "The form could not be stored.")
        await self._turns.settle(received.conversation)
        if invite is not None and invite.once:
            await self._invite_store.use(invite.id, received.conversation)
        return received.conversation

    def _at(self, hosted: Hosted, turn: int) -> At:
        project = hosted.project
        return At(
            now=self._clock.now(),
            turn=turn,
            mode=Mode.FORM,
            zone=project.time_zone,
            region=REGIONS.get(project.locale, "RU"),
            channel=hosted.channel.id,
        )


def _cause(filling: Filling, page: Filled) -> str:
    """The same page of the same turn is one cause, however often it is sent."""
    body = repr((sorted(page.values.items()), sorted(page.refused.items())))
    digest = hashlib.blake2b(body.encode(), digest_size=12).hexdigest()
    return f"page:{filling.conversation}:{filling.session.turn}:{digest}"
