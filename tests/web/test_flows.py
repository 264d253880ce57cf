"""The API behind the flow pages: drafts, checks, the preview, publishing, rules of channels, figures, sessions."""

from pathlib import Path
from typing import Any

import pytest

from flows.effects import Effect
from hub.model.operator import Role
from hub.services.flow_preview import KINDS
from tests.web.house import MINE, Client, House

TEMPLATES = Path(__file__).parents[2] / "web/inbox/src/flows/templates"
NOON = "2026-01-05T09:00:00.000Z"
TEXT = """flow: survey
title: Survey
ask:
- role: choice
  text: What is your role?
  options: {owner: Owner, other: Other}
- tools: choices
  text: Which tools?
  options: {phone: Phone, crm: CRM}
- part: Plans
- staff: number
  if: role == "owner"
  text: How many people?
  range: 1..100
  optional: true
score:
  role == "owner": 30
  staff >= 10: 20
outcomes:
- hot: score >= 50
  say: We call you.
  do: {stage: qualified, escalate: true}
- cold: else
  say: Thank you.
silence: {remind: [2h], close: 3d}
"""


def sources(text: str = TEXT, flow: str = "survey", **translations: str) -> list[dict[str, str]]:
    """The files of a draft."""
    rest = [{"name": f"{flow}.{lang}.yml", "text": words} for lang, words in translations.items()]
    return [{"name": f"{flow}.yml", "text": text}, *rest]


@pytest.fixture
async def author(house: House) -> Client:
    """A script author, in a project without flows."""
    database, library = house.pipeline.connection.database, house.parts.flow_library
    for name in ("flow_drafts", "flow_versions", "flow_sessions"):
        await database[name].delete_many({"project": MINE})
    await database["channels"].update_many({"project": MINE}, {"$set": {"flows": []}})
    library._newest.clear()
    library._compiled.clear()
    return await house.as_role(Role.SCRIPT_AUTHOR)


async def made(client: Client, text: str = TEXT, flow: str = "survey") -> dict[str, Any]:
    """A new flow."""
    status, draft = await client.ask("POST", "/flows", {"flow": flow, "sources": sources(text, flow)})
    assert status == 201, draft
    return dict(draft)


async def published(client: Client, text: str = TEXT, flow: str = "survey") -> dict[str, Any]:
    """A new flow in force."""
    draft = await made(client, text, flow)
    status, version = await client.ask("POST", f"/flows/{flow}/publish", {"revision": draft["revision"]})
    assert status == 200, version
    return dict(version)


async def summary(client: Client, flow: str = "survey") -> dict[str, Any]:
    """The flow in the list."""
    _, page = await client.ask("GET", "/flows")
    return next(dict(one) for one in page["items"] if one["flow"] == flow)


async def test_a_flow_is_written_published_and_changed(author: Client) -> None:
    """The list follows: draft, published, published with changes that wait."""
    await made(author)
    listed = await summary(author)
    assert (listed["state"], listed["title"], listed["version"], listed["errors"]) == ("draft", "Survey", None, 0)
    assert (await author.ask("POST", "/flows", {"flow": "survey", "sources": sources()}))[1]["code"] == "flow_exists"
    status, version = await author.ask("POST", "/flows/survey/publish", {"revision": 1})
    assert (status, version["label"]) == (200, "1")
    assert (await summary(author))["state"] == "published"
    changed = sources(TEXT.replace("Which tools?", "Which tools do you use?"))
    status, draft = await author.ask("PUT", "/flows/survey", {"revision": 1, "sources": changed})
    assert (status, draft["revision"]) == (200, 2)
    assert (await summary(author))["state"] == "changed"


async def test_two_authors_do_not_overwrite_each_other(house: House, author: Client) -> None:
    """The second save is refused with what the first one stored, and the draft stays the first one's."""
    await made(author)
    other = await house.as_role(Role.ADMIN)
    mine, theirs = sources(TEXT.replace("Survey", "Mine")), sources(TEXT.replace("Survey", "Theirs"))
    assert (await author.ask("PUT", "/flows/survey", {"revision": 1, "sources": mine}))[0] == 200
    status, problem = await other.ask("PUT", "/flows/survey", {"revision": 1, "sources": theirs})
    assert (status, problem["code"]) == (409, "draft_moved_on")
    assert problem["extra"]["newer"]["sources"] == mine
    assert problem["extra"]["newer"]["revision"] == 2
    assert (await author.ask("GET", "/flows/survey"))[1]["sources"] == mine


async def test_a_check_names_places_and_suggestions(author: Client) -> None:
    status, found = await author.ask(
        "POST",
        "/flows/check",
        {"flow": "survey", "sources": sources(TEXT.replace('role == "owner": 30', 'role == "ownr": 30'))},
    )
    assert status == 200
    problem = found["problems"][0]
    assert (problem["line"], problem["severity"]) == (17, "error")
    assert "`owner`" in problem["suggestion"]
    assert problem["ru"] == {"sentence": 'Варианта "ownr" нет.', "suggestion": "Может быть, `owner`?"}
    assert found["langs"] == []
    _, fine = await author.ask("POST", "/flows/check", {"flow": "survey", "sources": sources()})
    assert (fine["problems"], len(fine["langs"])) == ([], 1)
    assert "role.owner" in fine["texts"]


@pytest.mark.parametrize(
    "text", ["", "- a", "flow: [", "\t", "flow: survey\nask: 7", "a" * 5000, "&a *a", "flow: &x y\nask: *x"]
)
async def test_whatever_is_typed_is_checked_and_played_without_an_error_of_ours(author: Client, text: str) -> None:
    status, found = await author.ask("POST", "/flows/check", {"flow": "survey", "sources": sources(text)})
    assert status == 200
    assert found["problems"]
    body = {"flow": "survey", "sources": sources(text), "started_at": NOON, "events": []}
    status, shown = await author.ask("POST", "/flows/preview", body)
    assert (status, shown["steps"]) == (200, [])


@pytest.mark.parametrize("name", ["x", "", "a.b.c.yml", "../a.yml", "a.yml/b", "\u0000.yml"])
async def test_a_file_with_a_name_that_no_draft_may_have_is_refused(author: Client, name: str) -> None:
    files = [*sources(), {"name": name, "text": "title: Survey"}]
    for path, body in (
        ("/flows/check", {"flow": "survey", "sources": files}),
        ("/flows/preview", {"flow": "survey", "sources": files, "started_at": NOON, "events": []}),
        ("/flows", {"flow": "survey", "sources": files}),
    ):
        assert (await author.ask("POST", path, body))[0] == 422, path


async def test_a_flow_with_errors_is_not_published(author: Client) -> None:
    await made(author, TEXT.replace("cold: else", "cold: score < 5"))
    assert (await summary(author))["errors"] > 0
    status, problem = await author.ask("POST", "/flows/survey/publish", {"revision": 1})
    assert (status, problem["code"]) == (422, "flow_problems")
    assert problem["extra"]["problems"][0]["line"]


async def test_a_publication_says_what_it_will_do(author: Client) -> None:
    """Texts alone may go to running sessions as a patch; more than that is a new version."""
    await published(author)
    words = TEXT.replace("Which tools?", "Which tools, please?")
    await author.ask("PUT", "/flows/survey", {"revision": 1, "sources": sources(words)})
    _, ahead = await author.ask("GET", "/flows/survey/publication")
    assert (ahead["newest"], ahead["patch_possible"], ahead["live"]) == ("1", True, {})
    status, patch = await author.ask("POST", "/flows/survey/publish", {"revision": 2, "patch": True})
    assert (status, patch["label"]) == (200, "1.1")
    await author.ask("PUT", "/flows/survey", {"revision": 2, "sources": sources(words.replace("1..100", "1..900"))})
    _, ahead = await author.ask("GET", "/flows/survey/publication")
    assert (ahead["newest"], ahead["patch_possible"]) == ("1.1", False)
    status, problem = await author.ask("POST", "/flows/survey/publish", {"revision": 3, "patch": True})
    assert (status, problem["code"]) == (422, "not_a_patch")


async def test_an_older_version_comes_back_as_a_new_one(author: Client) -> None:
    await published(author)
    second = TEXT.replace("1..100", "1..900")
    await author.ask("PUT", "/flows/survey", {"revision": 1, "sources": sources(second)})
    await author.ask("POST", "/flows/survey/publish", {"revision": 2})
    status, back = await author.ask("POST", "/flows/survey/versions/1/roll_back")
    assert (status, back["label"], back["restores"]) == (200, "3", "1")
    _, page = await author.ask("GET", "/flows/survey/versions")
    assert [one["label"] for one in page["items"]] == ["3", "2", "1"]
    _, old = await author.ask("GET", "/flows/survey/versions/2")
    assert old["sources"] == sources(second)
    assert (await author.ask("GET", "/flows/survey"))[1]["sources"] == sources(second)


async def test_a_flow_is_put_away_unless_a_channel_begins_it(house: House, author: Client) -> None:
    await published(author)
    channel = await house.parts.channels.get(house.channels[MINE].id)
    assert channel is not None
    rules = {"revision": channel.revision, "flows": [{"flow": "survey", "on": "words", "words": ["survey"]}]}
    status, shown = await author.ask("PUT", f"/channels/{channel.id}/flows", rules)
    assert status == 200
    assert shown["flows"] == [{"flow": "survey", "on": "words", "words": ["survey"], "payload": None}]
    assert (await author.ask("PUT", f"/channels/{channel.id}/flows", rules))[1]["code"] == "changed_meanwhile"
    status, problem = await author.ask("POST", "/flows/survey/archive", {"revision": 1, "archived": True})
    assert (status, problem["code"]) == (409, "flow_in_use")
    none = {"revision": shown["revision"], "flows": []}
    assert (await author.ask("PUT", f"/channels/{channel.id}/flows", none))[0] == 200
    assert (await author.ask("POST", "/flows/survey/archive", {"revision": 1, "archived": True}))[0] == 200
    assert (await summary(author))["archived"] is True
    assert (await author.ask("POST", "/flows/survey/archive", {"revision": 2, "archived": False}))[0] == 200
    assert (await author.ask("DELETE", "/flows/survey", {"revision": 3}))[1]["code"] == "flow_published"


async def test_a_rule_names_a_flow_that_is_there(house: House, author: Client) -> None:
    channel = house.channels[MINE]
    rules = {"revision": channel.revision, "flows": [{"flow": "nowhere", "on": "first_message"}]}
    status, problem = await author.ask("PUT", f"/channels/{channel.id}/flows", rules)
    assert (status, problem["code"]) == (422, "flow_unknown")


async def test_a_draft_that_was_never_published_can_be_thrown_away(author: Client) -> None:
    await made(author)
    assert (await author.ask("DELETE", "/flows/survey", {"revision": 7}))[0] == 409
    assert (await author.ask("DELETE", "/flows/survey", {"revision": 1}))[0] == 204
    assert (await author.ask("GET", "/flows/survey"))[0] == 404


async def play(client: Client, *events: tuple[str, dict[str, Any]], text: str = TEXT) -> dict[str, Any]:
    """The preview after `begin` and these events."""
    moves = [("telegram", {"kind": "begin"}), *events]
    body = {
        "flow": "survey",
        "sources": sources(text),
        "started_at": NOON,
        "events": [{"mode": mode, "event": event} for mode, event in moves],
    }
    status, shown = await client.ask("POST", "/flows/preview", body)
    assert status == 200, shown
    return dict(shown)


def button(shown: dict[str, Any], label: str) -> dict[str, Any]:
    """The press of a button that the newest question offers in Telegram."""
    for step in reversed(shown["steps"]):
        for effect in step["effects"]["telegram"]:
            for choice in (effect["prompt"] or {}).get("choices", []):
                if label in choice["label"]:
                    return {"kind": "said", "button": choice["value"]}
    raise AssertionError(label)


async def test_one_play_is_seen_in_every_mode(author: Client) -> None:
    """Begun in Telegram, gone on by e-mail, finished in the form: answers, score and outcome are one."""
    begun = await play(author)
    assert set(begun["steps"][0]["effects"]) == {"telegram", "chat", "email", "form", "call"}
    assert begun["open"] == "role"
    assert "1. Owner" in begun["steps"][0]["effects"]["email"][0]["text"]
    owner = ("telegram", button(begun, "Owner"))
    mailed = ("email", {"kind": "said", "text": "1, 2"})
    shown = await play(author, owner, mailed)
    assert [one["question"] for one in shown["answers"]] == ["role", "tools"]
    assert (shown["open"], shown["score"]) == ("staff", 30)
    assert [page["heading"] for page in shown["pages"]["form"]] == [None, "Plans"]
    role, tools = shown["pages"]["form"][0]["items"][:2]
    assert (role["relevant"], tools["given"]) == (None, ["phone", "crm"])
    assert shown["facts"]["tools"] == ["phone", "crm"]
    wrong = ("form", {"kind": "filled", "values": {"staff": "5000"}, "refused": {}})
    refused = await play(author, owner, mailed, wrong)
    assert "staff" in refused["steps"][-1]["faults"]
    assert refused["open"] == "staff"
    done = await play(author, owner, mailed, ("form", {"kind": "filled", "values": {"staff": "12"}, "refused": {}}))
    assert (done["finished"], done["outcome"], done["score"]) == (True, "hot", 50)
    kinds = [effect["kind"] for effect in done["steps"][-1]["effects"]["telegram"]]
    assert {"say", "set_stage", "escalate", "finish"} <= set(kinds)


async def test_time_passes_in_the_preview(author: Client) -> None:
    """Two hours later the reminder comes; three days of silence close it."""
    begun = await play(author)
    assert {timer["due"] for timer in begun["timers"]} == {"remind", "close"}
    reminded = await play(author, ("chat", {"kind": "wait", "seconds": 7_201}))
    said = reminded["steps"][1]["effects"]["chat"]
    assert [effect["kind"] for effect in said if effect["kind"] == "say"] == ["say"]
    assert "role" in said[0]["prompt"]["question"]
    closed = await play(author, ("chat", {"kind": "wait", "seconds": 5 * 86_400}))
    assert (closed["finished"], closed["outcome"]) == (True, "abandoned")


async def test_a_preview_shows_the_text_as_it_is_now(author: Client) -> None:
    """The same moves over another text: the play follows."""
    begun = await play(author)
    moves = ("telegram", button(begun, "Owner"))
    shown = await play(author, moves, text=TEXT.replace("Which tools?", "Which ones?"))
    assert "Which ones?" in shown["steps"][1]["effects"]["telegram"][0]["text"]


def test_every_effect_of_the_engine_has_a_name_in_the_preview() -> None:
    assert set(KINDS) == set(Effect.__args__)


@pytest.mark.parametrize(
    ("name", "text"), [(file.name, file.read_text("utf-8")) for file in sorted(TEMPLATES.glob("*.yml"))]
)
async def test_every_template_is_ready_to_be_published(author: Client, name: str, text: str) -> None:
    """What a new flow begins with has no problem, not even a warning."""
    if name.startswith("bot."):
        await made(author)
        flow, files = "bot", [{"name": "bot.yml", "text": text}]
    else:
        flow = text.split("flow: ", 1)[1].split("\n", 1)[0]
        files = sources(text, flow)
    _, found = await author.ask("POST", "/flows/check", {"flow": flow, "sources": files})
    assert found["problems"] == []


async def test_figures_count_sessions_questions_and_outcomes(house: House, author: Client) -> None:
    """Two are asked the first question; one of them is stopped there."""
    await published(author)
    operator = await house.as_role(Role.OPERATOR)
    first, second = [await house.conversation() for _ in range(2)]
    for conversation in (first, second):
        status, shown = await operator.ask(
            "POST", f"/conversations/{conversation}/flow", {"key": conversation, "flow": "survey"}
        )
        assert status == 200, shown
        assert shown["flow"]["open"] == "role"
    status, session = await operator.ask("GET", f"/conversations/{first}/flow")
    assert status == 200
    assert (session["flow"], session["newest"], session["open"]) == ("survey", "1", "role")
    assert (await operator.ask("POST", f"/conversations/{second}/flow/stop", {"key": "b"}))[0] == 200
    _, figures = await author.ask("GET", "/flows/survey/statistics")
    assert (figures["started"], figures["finished"], figures["live"]) == (2, 0, 1)
    assert figures["outcomes"] == [{"outcome": "stopped", "count": 1}]
    asked = {one["question"]: (one["asked"], one["answered"], one["dropped"]) for one in figures["questions"]}
    assert asked == {"role": (2, 0, 1), "tools": (0, 0, 0), "staff": (0, 0, 0)}
    _, none = await author.ask("GET", "/flows/survey/statistics?since=2099-01-01T00:00:00Z")
    assert none["started"] == 0
    live = await summary(author)
    assert live["live"] == {"1": 1}


async def test_figures_tell_a_skipped_question_from_an_answered_one(house: House, author: Client) -> None:
    """Whoever skips has gone on, and has said nothing."""
    await published(author)
    operator, conversation = await house.as_role(Role.OPERATOR), await house.conversation()
    address = f"/conversations/{conversation}/flow"
    assert (await operator.ask("POST", address, {"key": "a", "flow": "survey"}))[0] == 200
    for name, value in {"role": "owner", "tools": ["crm"], "staff": ""}.items():
        status, shown = await operator.ask("PATCH", address, {"key": name, "values": {name: value}})
        assert status == 200, shown
    _, figures = await author.ask("GET", "/flows/survey/statistics")
    assert [(one["answered"], one["skipped"]) for one in figures["questions"]] == [(1, 0), (1, 0), (1, 1)]


async def test_figures_know_how_long_it_took_and_how_it_ended(house: House, author: Client) -> None:
    """Answered to the end: finished, with a median; on another channel nobody began."""
    await published(author)
    operator, conversation = await house.as_role(Role.OPERATOR), await house.conversation()
    address = f"/conversations/{conversation}/flow"
    assert (await operator.ask("POST", address, {"key": "a", "flow": "survey"}))[0] == 200
    answers = {"role": "owner", "tools": ["crm"], "staff": "12"}
    for name, value in answers.items():
        status, shown = await operator.ask("PATCH", address, {"key": name, "values": {name: value}})
        assert status == 200, shown
    _, figures = await author.ask("GET", "/flows/survey/statistics")
    assert (figures["started"], figures["finished"], figures["live"]) == (1, 1, 0)
    assert figures["outcomes"] == [{"outcome": "hot", "count": 1}]
    assert 0 <= figures["median_s"] < 60
    assert [one["answered"] for one in figures["questions"]] == [1, 1, 1]
    _, elsewhere = await author.ask("GET", f"/flows/survey/statistics?channel={'0' * 32}")
    assert (elsewhere["started"], elsewhere["median_s"], elsewhere["outcomes"]) == (0, None, [])


async def test_a_session_moves_to_the_newest_version(house: House, author: Client) -> None:
    await published(author)
    operator, conversation = await house.as_role(Role.OPERATOR), await house.conversation()
    start = f"/conversations/{conversation}/flow"
    assert (await operator.ask("POST", start, {"key": "a", "flow": "survey"}))[0] == 200
    changed = sources(TEXT.replace("- role: choice", "- name: text\n  text: Your name?\n- role: choice"))
    await author.ask("PUT", "/flows/survey", {"revision": 1, "sources": changed})
    assert (await author.ask("POST", "/flows/survey/publish", {"revision": 2}))[0] == 200
    house.parts.flow_library._newest.clear()  # else it is remembered for two seconds
    _, before = await operator.ask("GET", f"/conversations/{conversation}/flow")
    assert (before["version"], before["newest"]) == ("1", "2")
    assert (await operator.ask("POST", f"/conversations/{conversation}/flow/move", {"key": "m"}))[0] == 200
    _, after = await operator.ask("GET", f"/conversations/{conversation}/flow")
    assert (after["version"], after["open"]) == ("2", "name")


async def test_a_conversation_without_a_flow_has_no_session(house: House) -> None:
    operator, conversation = await house.as_role(Role.OPERATOR), await house.conversation()
    assert (await operator.ask("GET", f"/conversations/{conversation}/flow"))[0] == 404
    start = f"/conversations/{conversation}/flow"
    status, problem = await operator.ask("POST", start, {"key": "a", "flow": "nowhere"})
    assert (status, problem["code"]) == (422, "no_flow")
