"""How a flow ends and what it causes, edited as cards: the text follows, and its comments stay."""

import pytest
from playwright.async_api import expect

from tests.end_to_end.stage import Stage
from tests.end_to_end.test_accessibility import complaints
from tests.end_to_end.test_flows import author, new_flow, saved, write

TEXT = """# kept by hand
flow: endings
ask:
- one: text
  text: One?
outcomes:
# for the best
- fits: answered(one)
  say: Thank you.
- rest: else   # everybody else
"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_outcomes_and_effects_are_edited_as_cards(stage: Stage, scheme: str) -> None:
    """Added, renamed, changed, moved and removed without touching the YAML; then the check has nothing to say."""
    page = await author(stage, scheme=scheme, bypass_csp=True)
    await new_flow(page, "Endings")
    await write(page, TEXT)
    text = page.get_by_role("textbox", name="Text of")
    ends = page.get_by_role("region", name="How it ends")

    await ends.get_by_role("button", name="fits").click()
    await ends.get_by_label("What is said", exact=True).fill("Thank you very much.")
    await ends.get_by_label("Stage of the funnel").fill("qualified")
    await ends.get_by_label("Hand over to people").click()
    await ends.get_by_label("To the team").fill("first-line")
    await ends.get_by_label("What is said when nobody is on duty").fill("We write tomorrow.")
    await expect(text).to_contain_text("say: Thank you very much.")
    await expect(text).to_contain_text(
        "do: {stage: qualified, escalate: {to: first-line, away: {say: We write tomorrow.}}}"
    )
    assert not await complaints(page)
    await ends.get_by_label("Name", exact=True).fill("good")
    await ends.get_by_label("Name", exact=True).press("Enter")
    await expect(text).to_contain_text("- good: answered(one)")

    await ends.get_by_role("button", name="Add an outcome").click()
    await expect(ends.get_by_role("listitem")).to_have_count(3)
    await ends.get_by_label("When", exact=True).fill('one == "no"')
    await expect(text).to_contain_text('- outcome: one == "no"')
    await ends.get_by_role("button", name="Move up", exact=True).click()
    await expect(ends.get_by_role("listitem").first).to_contain_text("outcome")
    await ends.get_by_role("button", name="good").click()
    await ends.get_by_role("button", name="Remove", exact=True).click()
    await expect(ends.get_by_role("listitem")).to_have_count(2)
    await page.get_by_role("button", name="Undo").click()
    await expect(ends.get_by_role("listitem")).to_have_count(3)

    await page.get_by_role("button", name="Add", exact=True).click()
    await page.get_by_role("menuitem", name="Effect").click()
    cards = page.get_by_role("list", name="Questions in their order")
    await cards.get_by_label("Tags, with commas").fill("vip, spring")
    await expect(text).to_contain_text("- do: {tag: [vip, spring]}")
    await page.get_by_role("button", name="Add", exact=True).click()
    await page.get_by_role("menuitem", name="Questions of another flow").click()
    await cards.get_by_label("Whose questions").select_option("nps")
    await cards.get_by_label("Before their names").fill("mark")
    await cards.get_by_label("Before their names").press("Enter")
    for line in ("- use: nps", "as: mark", "# kept by hand", "# for the best", "- rest: else   # everybody else"):
        await expect(text).to_contain_text(line)
    await saved(page)


async def test_the_previewed_form_shows_at_once_what_an_answer_makes_relevant(stage: Stage) -> None:
    """And hides it again; what is hidden is not asked for when the page is sent."""
    page = await author(stage)
    await page.goto(f"{stage.line.origin}/flows/b2b/preview")
    form = page.get_by_role("region", name="Form", exact=True)
    await form.get_by_label("Да").check()
    await form.get_by_role("button", name="Next").click()
    other = form.get_by_label("Уточните, пожалуйста, должность")
    await expect(form.get_by_label("Другое")).to_be_visible()
    await expect(other).to_have_count(0)
    await form.get_by_label("Другое").check()
    await expect(other).to_be_visible()
    await form.get_by_label("Собственник").check()
    await expect(other).to_have_count(0)
    await form.get_by_label("Сколько у вас сотрудников?").fill("20")
    await form.get_by_label("Телефон").check()
    await form.get_by_role("button", name="Next").click()
    await expect(form.get_by_text("К какой дате")).to_be_visible()
