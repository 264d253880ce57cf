"""Flow records: writes what a flow leaves behind, so that writing it again changes nothing."""

from functools import partial
from typing import assert_never

import orjson

from flows.session import Session
from hub.model.contact import Field
from hub.model.flow import FlowSession
from hub.model.funnel import MESSAGES, Consent, StageMove
from hub.model.ids import derived_id
from hub.model.turn import CallWebhook, EraseAnswers, OptOut, RecordConsent, SetField, SetStage, Turn
from hub.model.webhook import WebhookDelivery
from hub.services.marks import Written
from hub.store.contacts import Contacts
from hub.store.conversations import Conversations
from hub.store.erasing import Erasing
from hub.store.flow_sessions import FlowSessions
from hub.store.funnel import Consents, StageLog
from hub.store.tasks import Tasks
from hub.store.webhooks import WebhookDeliveries

Lasting = SetField | SetStage | RecordConsent | OptOut | CallWebhook


class FlowRecords:
    """Everything that stays of a flow outside its conversation."""

    def __init__(
        self,
        contacts: Contacts,
        conversations: Conversations,
        sessions: FlowSessions,
        stages: StageLog,
        consents: Consents,
        deliveries: WebhookDeliveries,
        erasing: Erasing,
        tasks: Tasks,
    ) -> None:
        self._contacts, self._conversations, self._sessions = contacts, conversations, sessions
        self._stages, self._consents, self._deliveries, self._erasing = stages, consents, deliveries, erasing
        self._tasks = tasks

    async def apply(self, turn: Turn, index: int, effect: Lasting) -> None:
        """Carry out one effect of `turn`."""
        match effect:
            case SetField(name=name, value=value, verified=verified):
                field = Field(name=name, value=value, verified=verified)
                changed = await self._contacts.set_field(turn.project, turn.contact, field)
                if changed is not None and name == "name":
                    for part in await self._contacts.parts_of(changed.id):
                        await self._conversations.rename_contact(turn.project, part, changed.name)
                        await self._tasks.rename_contact(turn.project, part, changed.name)
            case SetStage(stage=stage):
                await self._move(turn, index, stage)
            case RecordConsent():
                await self._consents.add(_consent(turn, index, effect))
            case OptOut():
                await self._contacts.opt_out(turn.project, turn.contact, turn.decided_at)
                refused = RecordConsent(topic=MESSAGES, given=False, text="", text_hash="", version="")
                await self._consents.add(_consent(turn, index, refused))
            case CallWebhook(name=name, body=body):
                await self._deliveries.add(
                    WebhookDelivery(
                        id=derived_id(turn.id, index), project=turn.project, name=name, body=_body(turn, name, body),
                        due_at=turn.decided_at, created_at=turn.decided_at,
                    )
                )  # fmt: skip
            case _:
                assert_never(effect)

    async def erase(self, turn: Turn, effect: EraseAnswers) -> None:
        """Take out what the contact told a session, this Turn's part included."""
        await self._erasing.answers(turn, effect.session)

    async def keep_sessions(self, turn: Turn) -> list[Written]:
        """Bring the sessions that `turn` moved up to date, soon; each gives what waits until it is stored."""
        moved = [session for session in (turn.left, turn.session) if session is not None]
        for session in moved:
            await self._sessions.put(session_of(turn, session))
        return [partial(self._sessions.written, session.id) for session in moved]

    async def _move(self, turn: Turn, index: int, stage: str) -> None:
        known = await self._contacts.get(turn.project, turn.contact)
        move = StageMove(
            id=derived_id(turn.id, index),
            project=turn.project,
            contact=turn.contact,
            conversation=turn.conversation,
            channel=turn.channel,
            turn=turn.id,
            stage=stage,
            before=known.stage if known else None,
            at=turn.decided_at,
            by=turn.actor,
            flow=turn.session.flow if turn.session else None,
        )
        await self._stages.add(move)
        await self._contacts.set_stage(turn.project, turn.contact, stage, turn.decided_at)


def session_of(turn: Turn, session: Session) -> FlowSession:
    """A session beside what it belongs to."""
    return FlowSession(
        id=session.id,
        project=turn.project,
        conversation=turn.conversation,
        channel=turn.channel,
        contact=turn.contact,
        seq=turn.seq,
        flow=session.flow,
        version=session.version,
        state=session.state,
        outcome=session.outcome,
        started_at=session.started_at,
        ended_at=session.ended_at,
        touched_at=turn.decided_at,
        session=session,
    )


def _body(turn: Turn, name: str, answers: str) -> str:
    """What a webhook is told: the same in every attempt, whoever makes it."""
    data = {
        "flow": turn.session.flow if turn.session else None,
        "version": turn.session.version if turn.session else None,
        "session": turn.session.id if turn.session else None,
        "conversation": turn.conversation,
        "contact": turn.contact,
        "answers": orjson.loads(answers),
    }
    return orjson.dumps({"type": f"flow.{name}", "timestamp": turn.decided_at, "data": data}).decode()


def _consent(turn: Turn, index: int, effect: RecordConsent) -> Consent:
    return Consent(
        id=derived_id(turn.id, index),
        project=turn.project,
        contact=turn.contact,
        conversation=turn.conversation,
        channel=turn.channel,
        turn=turn.id,
        topic=effect.topic,
        given=effect.given,
        text=effect.text,
        text_hash=effect.text_hash,
        version=effect.version,
        at=turn.decided_at,
    )
