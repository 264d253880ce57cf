"""A survey from the first line an author writes to the answers that an operator reads."""

from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Page, expect

from hub.model.operator import Role
from tests.end_to_end.operator_at_work import OperatorAtWork
from tests.end_to_end.stage import PHONE, Stage, until
from tests.end_to_end.test_accessibility import complaints

CONFLICT = r"status of 409"
REFUSED = r"status of 422"
BROWSERS_OWN = r"Applying inline style"
"""Chromium keeps the look of what is typed over with a style attribute of its own; the page's policy strikes it out."""
TEXT = """flow: fit_check
title: Fit check
ask:
- role: choice
  text: What is your role?
  options: {owner: Owner, other: Somebody else}
- staff: number
  if: role == "ownr"
  text: How many people work with you?
- do: escalate
- name: text
  text: What may we call you?
score:
  staff >= 10: 40
outcomes:
- fits: score >= 40
  say: Thank you, you fit.
- rest: else
  say: Thank you for your time.
"""


CARDS = """# kept by hand
flow: cards
ask:
# the first
- one: text
  text: One?
- two: text
  text: Two?
outcomes:
- done: else
"""


async def author(stage: Stage, *, view: str = "all", role: Role = Role.SCRIPT_AUTHOR, **options: Any) -> Page:
    """Somebody who writes flows, at the list of flows."""
    operator = await stage.operator(await stage.account(role), view=view, expected=[CONFLICT, BROWSERS_OWN], **options)
    await operator.page.get_by_role("link", name="Flows").click()
    await expect(operator.page.get_by_role("heading", name="Flows", exact=True)).to_be_visible()
    return operator.page


async def new_flow(page: Page, title: str) -> None:
    """Begin a flow from the blank template; the editor is ready."""
    await page.get_by_role("button", name="New flow").click()
    dialog = page.get_by_role("dialog", name="New flow")
    await dialog.get_by_label("What is it called?").fill(title)
    await dialog.get_by_role("button", name="Create").click()
    await expect(page.get_by_role("heading", name=title)).to_be_visible()


async def write(page: Page, text: str) -> None:
    """Replace the whole text, as somebody who pastes."""
    field = page.get_by_role("textbox", name="Text of")
    await field.click()
    await page.keyboard.press("ControlOrMeta+a")
    await page.keyboard.insert_text(text)


async def saved(page: Page) -> None:
    """Until the hub has what is on the screen."""
    await expect(page.get_by_text("All changes saved")).to_be_visible()


async def test_a_survey_goes_from_the_editor_to_the_visitor_and_the_operator(stage: Stage) -> None:
    """Written with a mistake that the check puts right, published, answered in the widget, taken over, handed back."""
    page = await author(stage)
    await new_flow(page, "Fit check")
    await write(page, TEXT)
    finding = page.get_by_role("list").get_by_role("button", name="ownr")
    await expect(finding).to_be_visible()
    await finding.click()
    await page.locator(".cm-lintRange-error").hover()
    await page.get_by_role("button", name="Use owner").click()
    await expect(page.get_by_text("No problems found")).to_be_visible()
    cards = page.get_by_role("list", name="Questions in their order").get_by_role("listitem")
    await expect(cards).to_have_count(4)

    # The draft is played before anybody sees it.
    preview = page.get_by_role("region", name="Telegram")
    await preview.get_by_role("button", name="Owner").click()
    await preview.get_by_label("Answer").fill("12")
    await preview.get_by_label("Answer").press("Enter")
    await expect(page.get_by_role("region", name="Answers, score and outcome")).to_contain_text("12")

    await saved(page)
    await page.get_by_role("button", name="Publish").click()
    await page.get_by_role("dialog", name="Publish").get_by_role("button", name="Publish 1").click()
    await expect(page.get_by_text("Published.", exact=True)).to_be_visible()

    await page.get_by_role("navigation", name="Parts of the flow").get_by_role("link", name="Start").click()
    await page.get_by_role("button", name="Add a rule Сайт Aurora Home").click()
    await page.get_by_role("combobox", name="When it begins").last.select_option("words")
    await page.locator("input[aria-label=Words]").last.fill("fitness")
    await page.keyboard.press("Enter")
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_text("The rules are in force.")).to_be_visible()

    await until(lambda: begins(stage, "fit_check"))

    visitor = await stage.visitor()
    await visitor.open()
    await visitor.say("fitness")
    await expect(visitor.bubble("What is your role?")).to_be_visible()
    await visitor.panel.get_by_role("button", name="Owner").click()
    await expect(visitor.bubble("How many people work with you?")).to_be_visible()
    await visitor.say("12")

    operator = await stage.operator(view="unassigned", expected=[REFUSED])
    await operator.item("A colleague takes over").first.click()
    card = operator.page.get_by_role("region", name="Answers: Fit check")
    await expect(card).to_contain_text("What is your role?")
    await expect(card).to_contain_text("Owner")
    await expect(card).to_contain_text("12")
    panel = operator.page.get_by_role("region", name="Contact")
    await expect(panel).to_contain_text("waits for you")
    await expect(panel).to_contain_text("What may we call you?")
    await operator.page.get_by_role("button", name="Take", exact=True).click()
    await operator.reply("A person here: one moment.")
    await expect(visitor.bubble("A person here: one moment.")).to_be_visible()
    await visitor.say("I wait.")
    await expect(operator.message("I wait.")).to_be_visible()
    await expect(visitor.bubble("What may we call you?")).to_have_count(0)

    await panel.get_by_role("button", name="Change the answer: How many people work with you?").click()
    answer = panel.get_by_role("textbox", name="How many people work with you?")
    await answer.fill("plenty")
    await panel.get_by_role("button", name="Save").click()
    await expect(answer).to_have_attribute("aria-invalid", "true")
    await answer.fill("25")
    await panel.get_by_role("button", name="Save").click()
    await expect(answer).to_have_count(0)
    await expect(panel).to_contain_text("25")

    await hand_back(operator)
    await expect(visitor.bubble("What may we call you?")).to_be_visible()
    await visitor.say("Sample Customer")
    await expect(visitor.bubble("Thank you, you fit.")).to_be_visible()
    await expect(panel).to_contain_text("finished")
    await expect(panel).to_contain_text("fits")

    await page.get_by_role("navigation", name="Parts of the flow").get_by_role("link", name="Results").click()
    await expect(page.get_by_role("row", name="What is your role?")).to_contain_text("100%")
    await expect(page.get_by_role("row", name="fits")).to_contain_text("1")


async def begins(stage: Stage, flow: str) -> bool:
    """Whether a channel begins the flow, as the pipeline knows it: it remembers channels for two seconds."""
    rows = await stage.hub.connection.database["channels"].find({"flows.flow": flow}).to_list()
    known = [await stage.hub.pipeline.directory.channel(row["_id"]) for row in rows]
    return any(rule.flow == flow for channel in known if channel for rule in channel.flows)


async def hand_back(operator: OperatorAtWork) -> None:
    """Give the conversation to the bot again."""
    await operator.page.get_by_role("button", name="More actions").click()
    await operator.page.get_by_role("menuitem", name="Hand back to the bot").click()


async def test_questions_are_edited_as_cards_and_the_comments_stay(stage: Stage) -> None:
    """Moved by key, renamed, removed and brought back: the text follows, and nothing else in it changes."""
    page = await author(stage)
    await new_flow(page, "Cards")
    await write(
        page,
        CARDS,
    )
    cards = page.get_by_role("list", name="Questions in their order")
    await expect(cards.get_by_role("button")).to_have_count(2)
    await cards.get_by_role("button", name="One?").focus()
    await page.keyboard.press("Alt+ArrowDown")
    await expect(cards.get_by_role("button").first).to_contain_text("Two?")
    await cards.get_by_role("button", name="Two?").click()
    await page.get_by_label("Id", exact=True).fill("second")
    await page.get_by_label("Id", exact=True).press("Enter")
    await expect(page.get_by_role("textbox", name="Text of")).to_contain_text("- second: text")
    await page.get_by_label("Question", exact=True).fill("Really two?")
    await expect(page.get_by_role("textbox", name="Text of")).to_contain_text("text: Really two?")
    await page.get_by_role("button", name="Remove", exact=True).click()
    await expect(cards.get_by_role("button")).to_have_count(1)
    await page.get_by_role("button", name="Undo").click()
    await expect(page.get_by_role("textbox", name="Text of")).to_contain_text("text: Really two?")
    await saved(page)
    await page.reload()
    text = page.get_by_role("textbox", name="Text of")
    for line in ("# kept by hand", "# the first", "- second: text", "text: Really two?"):
        await expect(text).to_contain_text(line)


async def test_two_authors_at_once_see_each_other(stage: Stage) -> None:
    """What the second one saves over is shown side by side; nothing is lost until somebody decides."""
    first = await author(stage)
    await new_flow(first, "Together")
    await saved(first)
    second = await author(stage, role=Role.ADMIN, bypass_csp=True)
    await second.get_by_role("link", name="Together").click()
    await expect(second.get_by_role("textbox", name="Text of")).to_be_visible()
    here = second.get_by_role("list", name="Also here")
    await expect(here).to_contain_text("has this draft open")
    await write(first, "flow: together")
    await expect(here).to_contain_text("writes in this draft now")
    await saved(first)
    await write(first, "flow: together\ntitle: Together\nask:\n- mine: text\n  text: Mine?\noutcomes:\n- done: else\n")
    await saved(first)
    await write(
        second, "flow: together\ntitle: Together\nask:\n- other: text\n  text: Theirs?\noutcomes:\n- done: else\n"
    )
    dialog = second.get_by_role("dialog", name="saved this flow meanwhile")
    await expect(dialog).to_contain_text("Mine?")
    await expect(dialog).to_contain_text("Theirs?")
    assert not await complaints(second)
    await dialog.get_by_role("button", name="Save the right side").click()
    await expect(dialog).to_have_count(0)
    await saved(second)
    await expect(second.get_by_role("textbox", name="Text of")).to_contain_text("Theirs?")


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_the_flow_pages_are_accessible(stage: Stage, scheme: str) -> None:
    """The list, every part of a flow, the dialogs, and a phone."""
    page = await author(stage, role=Role.ADMIN, scheme=scheme, bypass_csp=True)
    assert not await complaints(page)
    await page.get_by_role("button", name="New flow").click()
    await expect(page.get_by_role("dialog", name="New flow")).to_be_visible()
    assert not await complaints(page)
    await page.keyboard.press("Escape")
    await page.goto(f"{stage.line.origin}/flows/lead10")
    await expect(page.get_by_role("textbox", name="Text of")).to_be_visible()
    await expect(page.get_by_role("region", name="Telegram").get_by_role("button").first).to_be_visible()
    # The editor scrolls by its cursor: its scroller needs no place among the tab stops.
    assert not await complaints(page)
    await page.get_by_role("list", name="Questions in their order").get_by_role("button").nth(1).click()
    assert not await complaints(page)
    for part in ("Translations", "Preview", "Start", "Versions", "Results"):
        await page.get_by_role("navigation", name="Parts of the flow").get_by_role("link", name=part).click()
        await expect(page.get_by_role("status", name="Loading")).to_have_count(0)
        await page.wait_for_load_state("networkidle")
        assert not await complaints(page), part
    await page.get_by_role("button", name="Publish", exact=True).click()
    dialog = page.get_by_role("dialog", name="Publish")
    await dialog.get_by_role("button", name="Compare with 1").click()
    await expect(dialog.get_by_role("textbox").first).to_be_visible()
    assert not await complaints(page), "publish"
    await page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
    await page.goto(f"{stage.line.origin}/flows/lead10")
    await expect(page.get_by_role("list", name="Questions in their order")).to_be_visible()
    assert not await complaints(page)


async def test_the_figures_of_a_flow_fit_a_phone(stage: Stage) -> None:
    """No column is cut off, and the part that is shown is marked where one sees it."""
    visitor = await stage.visitor()
    await visitor.open()
    await visitor.say("survey")
    await expect(visitor.page.get_by_text("Do you agree to personal data processing?")).to_be_visible()
    page = await author(stage)
    await page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
    await page.goto(f"{stage.line.origin}/flows/lead10/results")
    await expect(page.get_by_role("columnheader", name="Stopped here")).to_be_visible()
    for seen in (
        page.get_by_role("columnheader", name="Stopped here"),
        page.get_by_role("navigation", name="Parts of the flow").get_by_role("link", name="Results"),
    ):
        box = await seen.bounding_box()
        assert box is not None
        assert box["x"] + box["width"] <= PHONE[0]


def test_the_inbox_starts_without_the_editor() -> None:
    """CodeMirror and the YAML reader lie in files of their own, which the inbox's page does not name."""
    static = Path(__file__).parents[2] / "hub/web/static/inbox"
    start = (static / "index.html").read_text("utf-8")
    loaded = [file for file in (static / "assets").glob("*.js") if file.name in start]
    assert loaded
    for file in loaded:
        text = file.read_text("utf-8")
        assert "cm-content" not in text, file.name
        assert "YAMLParseError" not in text, file.name


async def test_what_was_typed_last_is_not_lost_with_the_page(stage: Stage) -> None:
    """Left at once after the last key: the text is there on coming back, and in the hub."""
    page = await author(stage)
    await new_flow(page, "Left early")
    await saved(page)
    await write(
        page, "flow: left_early\ntitle: Left early\nask:\n- last: text\n  text: Typed last?\noutcomes:\n- done: else\n"
    )
    await page.get_by_role("button", name="All flows").click()
    await page.get_by_role("link", name="Left early").click()
    await expect(page.get_by_role("textbox", name="Text of")).to_contain_text("Typed last?")
    await saved(page)
    await page.reload()
    await expect(page.get_by_role("textbox", name="Text of")).to_contain_text("Typed last?")
