"""A desk with flows: published surveys, channels with start rules, and contacts who answer."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from hub.model.flow import Source, StartOn, StartRule
from hub.model.ids import ConversationId, TeamId
from hub.model.message import Direction, Message
from hub.model.project import Project, Team
from hub.store.connection import Connection
from hub.store.projects import Projects
from tests.services.desk import NOW, PROJECT, Desk, open_desk

BOT = """\
commands:
  stop:     {words: [stop], do: opt_out}
  operator: {words: [operator], do: escalate}
  back:     {words: [back]}
  skip:     {words: [skip]}
  restart:  {words: [restart]}
retry:   {times: 2, then: escalate}
silence: {remind: [2h], close: 3d, quiet: "00:00-00:00"}
"""
LEAD = """\
flow: lead
title: Lead
start: {words: [survey]}
ask:
- name: text
  text: What is your name?
  save: contact.name
- size: choice
  text: How many are you?
  options: {few: A few, many: Many}
- do: {stage: engaged, tag: asked}
- budget: number
  if: size == "many"
  text: Your budget?
score:
  budget >= 100: 50
outcomes:
- hot: score >= 50
  say: A colleague will write to you.
  do: {stage: qualified, escalate: Sales, priority: high}
- cold: else
  say: Thank you!
"""
RATING = """\
flow: how
title: How was it?
ask:
- grade: rating
  text: How was it, 0 to 10?
  range: 0..10
outcomes:
- rated: else
  say: Thank you for the grade!
"""
FIRST = StartRule(flow="lead", on=StartOn.FIRST_MESSAGE)
SALES = TeamId("sales")


@dataclass
class FlowDesk(Desk):
    """A desk, and what contacts do there."""

    async def publish(self, flow: str, text: str, **translations: str) -> str:
        """Publish a flow, and its translations by language; its label."""
        library = self.pipeline.flow_library
        known = await library.draft(PROJECT, flow)
        sources = [Source(name=f"{flow}.yml", text=text)]
        sources += [Source(name=f"{flow}.{lang}.yml", text=texts) for lang, texts in translations.items()]
        draft = await library.save(PROJECT, flow, sources, revision=known.revision if known else 0, by=None)
        return (await library.publish(PROJECT, flow, revision=draft.revision, by=None)).label

    async def told(self, conversation: ConversationId) -> list[str]:
        """What the contact was told, in order."""
        return [message.text for message in await self.said(conversation)]

    async def said(self, conversation: ConversationId) -> list[Message]:
        """Messages to the contact."""
        return [message for message in await self.thread(conversation) if message.direction is Direction.OUT]

    async def notes(self, conversation: ConversationId) -> list[Message]:
        """Notes for operators."""
        return [message for message in await self.thread(conversation) if message.direction is Direction.NOTE]


@asynccontextmanager
async def open_flow_desk(
    connection: Connection, rules: Sequence[StartRule] = (FIRST,), *, decide: bool = True, **settings: Any
) -> AsyncIterator[FlowDesk]:
    """A desk whose channels have `rules`, with `lead` and `how` published and a team `Sales`."""
    projects = Projects(connection.database)
    project = Project(id=PROJECT, name="Demo", locale="en", time_zone="UTC", created_at=NOW)
    await projects.put(project)
    await projects.put_team(Team(id=SALES, project=PROJECT, name="Sales"))
    async with open_desk(connection, decide=decide, rules=tuple(rules), **settings) as desk:
        flows = FlowDesk(**{name: getattr(desk, name) for name in desk.__dataclass_fields__})
        library = flows.pipeline.flow_library
        if await library.draft(PROJECT, "bot") is None:
            await library.save(PROJECT, "bot", [Source(name="bot.yml", text=BOT)], revision=0, by=None)
            await flows.publish("lead", LEAD)
            await flows.publish("how", RATING)
        yield flows
