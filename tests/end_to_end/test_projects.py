"""Somebody who works in two projects goes from one to the other, and nothing of the first comes along."""

import itertools
from dataclasses import dataclass

from playwright.async_api import expect

from hub.demo.seed import PASSWORD
from hub.model.channel import Channel
from hub.model.events import MessageReceived, Sender
from hub.model.ids import ChannelId, ProjectId, new_id
from hub.model.operator import Membership, Operator, Role
from hub.model.project import Project
from hub.store.channels import Channels
from hub.store.projects import Projects
from tests.end_to_end.operator_at_work import OperatorAtWork
from tests.end_to_end.stage import NOT_SIGNED_IN, Stage

OTHER_PROJECT = r"status of 409"
"""What the page asks while it is left is refused, which the browser writes down."""
_numbers = itertools.count(1)


@dataclass
class Branch:
    """Another project of the same hub."""

    stage: Stage
    channel: Channel
    name: str

    async def says(self, text: str) -> None:
        """One of its contacts writes."""
        event = MessageReceived(
            external_id=new_id(), sender=Sender(kind="test", value=new_id(), name="Sample Visitor"), text=text
        )
        await self.stage.hub.pipeline.inbound.receive(self.channel, [event])
        await self.stage.conversation_with(text)


async def open_branch(stage: Stage) -> tuple[Branch, Operator]:
    """A second project with a channel, and an operator who works in both, first in the demo's."""
    database, now = stage.hub.connection.database, stage.hub.pipeline.clock.now()
    project, number = ProjectId(new_id()), next(_numbers)
    name = f"Second branch {number}"
    await Projects(database).put(Project(id=project, name=name, created_at=now))
    channel = Channel(
        id=ChannelId(new_id()), project=project, kind="webchat", name="Second shop", key=new_id(), created_at=now,
        enabled=False,
    )  # fmt: skip
    await Channels(database).add(channel)
    admin = await stage.hub.people.accounts.by_email("admin@example.test")
    assert admin is not None
    places = [Membership(project=one, role=Role.OPERATOR) for one in (admin.memberships[0].project, project)]
    account = await stage.hub.people.accounts.add_operator(
        f"two-projects{number}@example.test", "Sample Commuter", PASSWORD, places
    )
    return Branch(stage, channel, name), account


async def switch(operator: OperatorAtWork, to: str) -> None:
    """By keyboard: G, P, the beginning of the name, Enter."""
    keys = operator.page.keyboard
    await keys.press("g")
    await keys.press("p")
    await expect(operator.page.get_by_role("dialog", name="Projects")).to_be_visible()
    await keys.type(to)
    await keys.press("Enter")
    await expect(operator.page.get_by_role("heading", name=f"Inbox of {to}")).to_be_attached()


async def test_an_operator_goes_to_another_project_by_keyboard(stage: Stage) -> None:
    """The list, the address, drafts and what comes in live are those of the project that was entered."""
    branch, account = await open_branch(stage)
    await branch.says("A question to the second branch")
    visitor = await stage.visitor()
    await visitor.open()
    await visitor.say("A question to the demo shop")
    operator = await stage.operator(account, expected=[OTHER_PROJECT])
    page = operator.page
    await expect(operator.item("to the second branch")).to_have_count(0)
    await operator.open("A question to the demo shop")
    await operator.reply_field.fill("Half of an answer")
    await page.keyboard.press("Escape")
    left = page.url

    await switch(operator, branch.name)
    assert page.url.endswith("/inbox/unattended")
    await expect(operator.item("to the second branch")).to_be_visible()
    await expect(operator.item("to the demo shop")).to_have_count(0)
    await branch.says("And one more, live")
    await expect(operator.item("And one more, live")).to_be_visible()
    await visitor.say("Is anybody there?")
    await operator.open("A question to the second branch")
    await operator.reply("An answer from the second branch")
    await expect(operator.message("An answer from the second branch")).to_be_visible()
    await expect(operator.item("Is anybody there?")).to_have_count(0)

    await page.get_by_role("button", name=f"Project {branch.name}").click()
    await page.get_by_role("option").first.click()
    await expect(page.get_by_role("heading", name="Inbox of Aurora Home")).to_be_attached()
    await page.goto(f"{stage.line.origin}/inbox/all")  # the newest first: others may wait here for longer
    await expect(operator.item("Is anybody there?")).to_be_visible()
    await expect(operator.item("to the second branch")).to_have_count(0)
    await page.goto(left)
    await expect(operator.reply_field).to_have_value("Half of an answer")


async def test_another_window_follows_and_shows_nothing_of_the_other_project_in_the_old_one(stage: Stage) -> None:
    """One browser has one session: its second window begins anew in the project that the first one has entered."""
    branch, account = await open_branch(stage)
    await branch.says("For both windows")
    visitor = await stage.visitor()
    await visitor.open()
    await visitor.say("Shown before the switch")
    first = await stage.operator(account, expected=[OTHER_PROJECT])
    page = await stage.page(first.page.context, [NOT_SIGNED_IN, OTHER_PROJECT])
    await page.goto(f"{stage.line.origin}/inbox/all")
    second = OperatorAtWork(page, account)
    await expect(second.item("Shown before the switch")).to_be_visible()
    await switch(first, branch.name)
    await expect(second.item("For both windows")).to_be_visible()
    await expect(second.item("Shown before the switch")).to_have_count(0)
    await expect(page.get_by_role("heading", name=f"Inbox of {branch.name}")).to_be_attached()


async def test_who_has_one_project_is_offered_no_other(stage: Stage) -> None:
    """Neither as a button nor among the keys."""
    operator = await stage.operator()
    await expect(operator.page.get_by_role("button", name="go to another one")).to_have_count(0)
    await operator.page.keyboard.press("?")
    dialog = operator.page.get_by_role("dialog", name="Keyboard shortcuts")
    await expect(dialog).to_contain_text("Going to a view")
    await expect(dialog.get_by_text("Projects")).to_have_count(0)
