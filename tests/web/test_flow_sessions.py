"""Flow sessions over HTTP: an operator reads the answers, corrects one, moves the session and hands it back."""

import asyncio
import hashlib
from typing import Any

from hub.model.flow import Source
from hub.model.ids import new_id
from hub.model.operator import Role, Scope
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


async def publish(house: House, text: str = LEAD, flow: str = "lead") -> None:
    """Publish the flow."""
    library = house.pipeline.flow_library
    known = await library.draft(MINE, flow)
    sources = [Source(name=f"{flow}.yml", text=text)]
    draft = await library.save(MINE, flow, sources, revision=known.revision if known else 0, by=None)
    await library.publish(MINE, flow, revision=draft.revision, by=None)


async def test_operator_reads_and_corrects_the_answers(house: House) -> None:
    """Answers stand there in words; nonsense is refused by question; a correction is kept as the person's."""
    await publish(house)
    client = await house.as_role(Role.OPERATOR)
    one = f"/conversations/{await house.conversation()}"
    assert (await client.ask("GET", f"{one}/flow"))[0] == 404
    status, shown = await client.ask(
        "POST", f"{one}/flow", {"key": new_id(), "flow": "lead", "prefill": {"name": "Ann"}}
    )
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
    await publish(
        house, LEAD.replace("- name: text", "- name: number").replace("- size", "- town: text\n  text: Town?\n- size")
    )
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


AGREE = """\
flow: agree
title: Agree
ask:
- agree: consent
  text: May we keep your answers?
- do: {stage: engaged}
- name: text
  text: What is your name?
"""


async def test_consents_and_stages_are_on_record_of_the_contact(house: House) -> None:
    """With the words, their hash, the version and the channel; only to whoever may see the contact."""
    await publish(house, AGREE, "agree")
    client = await house.as_role(Role.OPERATOR)
    conversation = await house.conversation()
    one = f"/conversations/{conversation}"
    assert (await client.ask("POST", f"{one}/flow", {"key": new_id(), "flow": "agree"}))[0] == 200
    status, _ = await client.ask("PATCH", f"{one}/flow", {"key": new_id(), "values": {"agree": True}})
    assert status == 200
    _, shown = await client.ask("GET", one)
    contact = f"/contacts/{shown['contact']}"
    status, consents = await client.ask("GET", f"{contact}/consents")
    assert status == 200
    (consent,) = consents["items"]
    assert (consent["topic"], consent["given"], consent["version"]) == ("agree.agree", True, "1")
    assert consent["text"] == "May we keep your answers?"
    assert consent["text_hash"] == hashlib.sha256(consent["text"].encode()).hexdigest()
    assert (consent["channel"], consent["conversation"]) == (house.channels[MINE].id, conversation)
    _, stages = await client.ask("GET", f"{contact}/stages")
    assert [(move["stage"], move["before"], move["flow"]) for move in stages["items"]] == [("engaged", None, "agree")]
    own = await house.as_role(Role.OPERATOR, scope=Scope.OWN)
    await client.ask("POST", f"{one}/take", {"key": new_id()})
    assert (await own.ask("GET", f"{contact}/consents"))[0] == 404
    assert (await own.ask("GET", f"{contact}/stages"))[0] == 404


async def test_stuck_sessions_are_listed_for_who_writes_flows_within_their_scope(house: House) -> None:
    """Of one flow or of all; asking again is a command of the operator's."""
    await publish(house)
    client = await house.as_role(Role.ADMIN)
    conversation = await house.conversation()
    one = f"/conversations/{conversation}"
    assert (await client.ask("POST", f"{one}/flow", {"key": new_id(), "flow": "lead"}))[0] == 200
    rows = house.pipeline.connection.database["flow_sessions"]
    await rows.update_one({"conversation": conversation}, {"$set": {"session.open": None}})

    async def listed(query: str = "") -> list[tuple[str, str]]:
        status, found = await client.ask("GET", f"/flow-sessions/stuck{query}")
        assert status == 200, found
        return [(row["conversation"], row["why"]) for row in found["items"]]

    assert (conversation, "asks_nothing") in await listed()
    assert (conversation, "asks_nothing") in await listed("?flow=lead")
    assert await listed("?flow=agree") == []
    assert (await (await house.as_role(Role.OPERATOR)).ask("GET", "/flow-sessions/stuck"))[0] == 403
    back = {"key": new_id(), "to": "bot", "again": True}
    assert (await client.ask("POST", f"{one}/hand_back", back))[0] == 200
    assert conversation not in [found for found, _ in await listed()]


async def test_questions_are_shown_as_they_were_asked(house: House) -> None:
    """An earlier answer stands in the question's text; an operator never reads `{name}`."""
    await publish(house, LEAD.replace("How many are you?", "How many are you, {name}?"))
    client = await house.as_role(Role.OPERATOR)
    one = f"/conversations/{await house.conversation()}"
    await client.ask("POST", f"{one}/flow", {"key": new_id(), "flow": "lead", "prefill": {"name": "Ann"}})
    _, session = await client.ask("GET", f"{one}/flow")
    assert [question["text"] for question in session["questions"]] == ["What is your name?", "How many are you, Ann?"]
