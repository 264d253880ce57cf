"""Flow sessions over HTTP: an operator reads the answers, corrects one, moves the session and hands it back."""

import asyncio
from typing import Any

from hub.model.flow import Source
from hub.model.ids import new_id
from hub.model.operator import Role
from tests.web.house import MINE, House

LEAD = """\
flow: lead
title: Lead
ask:
- name: text
  text: What is your name?
- size: choice
  text: How many are you?
  options: {few: A few, many: Many}
outcomes:
- done: else
  say: Thank you!
"""


async def publish(house: House, text: str = LEAD) -> None:
    """Publish the flow."""
    library = house.pipeline.flow_library
    known = await library.draft(MINE, "lead")
    sources = [Source(name="lead.yml", text=text)]
    draft = await library.save(MINE, "lead", sources, revision=known.revision if known else 0, by=None)
    await library.publish(MINE, "lead", revision=draft.revision, by=None)


async def test_operator_reads_and_corrects_the_answers(house: House) -> None:
    """What was answered stands there in words; nonsense is refused by question; a correction is kept as the person's."""
    await publish(house)
    client = await house.as_role(Role.OPERATOR)
    one = f"/conversations/{await house.conversation()}"
    assert (await client.ask("GET", f"{one}/flow"))[0] == 404
    status, shown = await client.ask("POST", f"{one}/flow", {"key": new_id(), "flow": "lead", "prefill": {"name": "Ann"}})
    assert (status, shown["control"], shown["flow"]["open"]) == (200, "bot", "size")
    status, refused = await client.ask("PATCH", f"{one}/flow", {"key": new_id(), "values": {"size": "plenty"}})
    assert (status, list(refused["extra"]["faults"])) == (422, ["size"])
    assert (await client.ask("POST", f"{one}/take", {"key": new_id()}))[0] == 200
    values = {"size": "many", "name": "Beth"}
    assert (await client.ask("PATCH", f"{one}/flow", {"key": new_id(), "values": values}))[0] == 200
    status, session = await client.ask("GET", f"{one}/flow")
    assert status == 200
    answers = {question["id"]: question["answer"] for question in session["questions"]}
    assert {name: (answer["text"], answer["value"], answer["by"]) for name, answer in answers.items()} == {
        "name": ("Beth", "Beth", "operator"),
        "size": ("Many", "many", "operator"),
    }


async def test_operator_sees_what_moving_would_do_and_moves(house: House) -> None:
    """The difference first, then the move; afterwards there is nothing to move."""
    await publish(house)
    client = await house.as_role(Role.OPERATOR)
    one = f"/conversations/{await house.conversation()}"
    await client.ask("POST", f"{one}/flow", {"key": new_id(), "flow": "lead", "prefill": {"name": "Ann"}})
    assert (await client.ask("GET", f"{one}/flow/move"))[0] == 404
    await publish(house, LEAD.replace("- name: text", "- name: number").replace("- size", "- town: text\n  text: Town?\n- size"))
    status, move = await client.ask("GET", f"{one}/flow/move")
    assert (status, move["version"], move["kept"], move["dropped"], move["open"]) == (200, "2", [], ["name"], "name")
    status, shown = await client.ask("POST", f"{one}/flow/move", {"key": new_id()})
    assert (status, shown["flow"]["version"]) == (200, 2)
    assert (await client.ask("GET", f"{one}/flow/move"))[0] == 404


async def test_conversation_is_handed_back_to_the_bot_or_the_reason_is_said(house: House) -> None:
    """Without a questionnaire there is nobody to hand it to; with one it begins."""
    await publish(house)
    client = await house.as_role(Role.OPERATOR)
    one = f"/conversations/{await house.conversation()}"
    status, refused = await client.ask("POST", f"{one}/hand_back", {"key": new_id(), "to": "bot"})
    assert (status, refused["code"]) == (422, "no_bot")
    body = {"key": new_id(), "to": "bot", "flow": "lead"}
    answers = await asyncio.gather(*(client.ask("POST", f"{one}/hand_back", body) for _ in range(3)))
    assert {(status, shown["control"]) for status, shown in answers} == {(200, "bot")}
    status, page = await client.ask("GET", f"{one}/messages")
    assert [message["text"] for message in page["items"] if message["direction"] == "out"] == ["What is your name?"]
    status, shown = await client.ask("POST", f"{one}/flow/stop", {"key": new_id()})
    assert (status, shown["control"], shown["flow"]["state"]) == (200, "queue", "stopped")


async def test_admin_sets_start_rules_of_a_channel(house: House) -> None:
    """Rules are the channel's own, shown to those who manage it, and checked."""
    client = await house.as_role(Role.ADMIN)
    channel = house.channels[MINE].id
    status, shown = await client.ask("GET", f"/channels/{channel}")
    assert (status, shown["flows"]) == (200, [])
    rules: list[dict[str, Any]] = [{"flow": "lead", "on": "first_message", "words": [], "payload": None}]
    body = {"revision": shown["revision"], "flows": rules}
    status, shown = await client.ask("PATCH", f"/channels/{channel}", body)
    assert (status, shown["flows"]) == (200, rules)
    wrong = {"revision": shown["revision"], "flows": [{"flow": "Lead!", "on": "whenever"}]}
    assert (await client.ask("PATCH", f"/channels/{channel}", wrong))[0] == 422
    operator = await house.as_role(Role.OPERATOR)
    assert (await operator.ask("GET", f"/channels/{channel}"))[1]["flows"] is None
