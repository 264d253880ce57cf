"""Invitations to forms: made with what is known checked by the flow itself, and read from the links they are in."""

import hmac
from collections.abc import Mapping
from datetime import timedelta
from typing import Protocol

from flows import engine
from flows.definition import Flow, QuestionType
from flows.events import At, Begin, Filled, Mode
from flows.session import Value
from hub.model.contact import Contact, Field
from hub.model.form_invite import FormInvite, Prefilled
from hub.model.ids import OperatorId, ProjectId, new_id
from hub.model.project import Project
from hub.services.errors import Invalid, NotFound
from hub.services.flow_library import FlowLibrary
from hub.services.flow_runner import REGIONS
from hub.store.clock import DatabaseClock
from hub.store.form_invites import FormInvites as Store

SIGNATURE = 20  # hex digits: 80 bits
LONGEST = timedelta(days=366)
USUAL = timedelta(days=30)
NEVER_GIVEN = frozenset({QuestionType.CONSENT, QuestionType.FILE, QuestionType.LOCATION})
"""What only the person can say."""
KNOWN_BY = frozenset({QuestionType.TEXT, QuestionType.PHONE, QuestionType.EMAIL})

Raw = str | bool | tuple[str, ...]


class KnowsProjects(Protocol):
    """Where projects are read."""

    async def get(self, project: ProjectId) -> Project | None:
        """The project, or None."""


class FormInvites:
    """Makes and reads invitations."""

    def __init__(
        self, store: Store, library: FlowLibrary, projects: KnowsProjects, clock: DatabaseClock, *, secret: bytes,
        origin: str,
    ) -> None:  # fmt: skip
        self._store, self._library, self._projects, self._clock = store, library, projects, clock
        self._secret, self._origin = secret, origin

    async def make(
        self,
        project: ProjectId,
        name: str,
        contact: Contact | None = None,
        *,
        values: Mapping[str, Raw],
        fields: Mapping[str, str],
        label: str = "",
        once: bool = False,
        lasts: timedelta = USUAL,
        by: OperatorId | None = None,
    ) -> FormInvite:
        """An invitation to the form of the flow `name`. `values` are answers as a person would give them.

        What is known of the contact answers the questions that save it. Raises `NotFound`, and `Invalid`: with
        `faults` by question where an answer cannot be taken.
        """
        flow = await self._library.newest(project, name)
        if flow is None:
            raise NotFound("A published flow of this name")
        if flow.start.form is None:
            raise Invalid("no_form", "This flow is no form. Give it an address: `start: {form: project}`.")
        if not timedelta() < lasts <= LONGEST:
            raise Invalid("bad_expiry", "An invitation counts for a year at the most.")
        given = await self._answers(project, flow, contact, values)
        now = self._clock.now()
        invite = FormInvite(
            id=new_id(), project=project, slug=flow.start.form, label=label,
            contact=contact.id if contact else None, prefill=given,
            fields=tuple(Field(name=key, value=value) for key, value in fields.items()), once=once,
            expires_at=now + lasts, created_at=now, created_by=by,
        )  # fmt: skip
        await self._store.add(invite)
        return invite

    async def read(self, slug: str, word: str) -> FormInvite | None:
        """The invitation in a link to the form `slug`, while it counts."""
        invite, signature = word[:-SIGNATURE], word[-SIGNATURE:].encode("utf-8", "replace")
        if not hmac.compare_digest(self._signature(invite).encode(), signature):
            return None
        found = await self._store.get(invite, self._clock.now())
        return found if found is not None and found.slug == slug else None

    def url(self, invite: FormInvite) -> str:
        """The link."""
        return f"{self._origin}/f/{invite.slug}?for={invite.id}{self._signature(invite.id)}"

    def _signature(self, invite: str) -> str:
        return hmac.digest(self._secret, f"form-invite:{invite}".encode(), "sha256").hex()[:SIGNATURE]

    async def _answers(
        self, project: ProjectId, flow: Flow, contact: Contact | None, values: Mapping[str, Raw]
    ) -> tuple[Prefilled, ...]:
        for key in values:
            if key not in flow.questions:
                raise Invalid("unknown_question", f"The flow has no question `{key}`.", faults={key: "unknown"})
            if flow.questions[key].type in NEVER_GIVEN:
                raise Invalid("not_prefilled", f"`{key}` is for the person alone to answer.", faults={key: "own"})
        found = await self._project(project)
        zone = (contact.time_zone if contact else None) or (found.time_zone if found else "UTC")
        at = At(
            now=self._clock.now(), turn=1, mode=Mode.FORM, zone=zone,
            region=REGIONS.get(found.locale if found else "en", "RU"),
        )  # fmt: skip
        session = engine.begin(flow, "0" * 32, flow.lang, Begin(), at).session
        for key, raw in _known(flow, contact).items():
            if key not in values:
                session = engine.step(flow, session, Filled({key: raw}), at).session
        if values:
            step = engine.step(flow, session, Filled(values), at)
            if step.faults:
                raise Invalid("answers_refused", "Some answers cannot be taken.", faults=dict(step.faults))
            session = step.session
        kept = ((key, _plain(answer.value)) for key, answer in session.answers.items())
        return tuple(Prefilled(question=key, value=value) for key, value in kept if value is not None)

    async def _project(self, project: ProjectId) -> Project | None:
        return await self._projects.get(project)


def _known(flow: Flow, contact: Contact | None) -> dict[str, str]:
    """Raw answers by what is known of the contact, for the questions that would save it."""
    if contact is None:
        return {}
    facts = {field.name: field.value for field in contact.fields} | ({"name": contact.name} if contact.name else {})
    return {
        question.id: facts[question.save]
        for question in flow.questions.values()
        if question.save in facts and question.type in KNOWN_BY
    }


def _plain(value: Value | None) -> bool | int | float | str | tuple[str, ...] | None:
    """A value that a link can carry; None for files and places."""
    if isinstance(value, tuple):
        texts = tuple(one for one in value if isinstance(one, str))
        return texts if len(texts) == len(value) else None
    return value if isinstance(value, bool | int | float | str) else None
