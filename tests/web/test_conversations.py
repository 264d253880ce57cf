"""Lists, threads, replies, actions and what stands beside a conversation."""

import asyncio
from collections.abc import Callable
from typing import Any

from hub.model.ids import new_id
from hub.model.message import DeliveryStatus
from hub.model.operator import Role
from tests.web.house import FOREIGN, MINE, House, at


async def test_a_list_is_paged_without_gaps_or_repeats(house: House) -> None:
    client = await house.as_role()
    made = {await house.conversation() for _ in range(7)}
    seen: list[str] = []
    cursor = ""
    while True:
        status, page = await client.ask("GET", f"/conversations?view=all&limit=2{cursor}")
        assert status == 200
        seen += [one["id"] for one in page["items"]]
        if page["next"] is None:
            break
        cursor = f"&cursor={page['next']}"
    assert len(seen) == len(set(seen))
    assert made <= set(seen)
    _, counters = await client.ask("GET", "/conversations/counters")
    assert counters["all"] == min(100, len(seen))


async def test_a_cursor_that_is_not_ours_is_refused(house: House) -> None:
    client = await house.as_role()
    for cursor in ("x", "W10=", "bnVsbA==", "WzFlOTk5LCJ4Il0="):
        status, problem = await client.ask("GET", f"/conversations?cursor={cursor}")
        assert (status, problem["code"]) == (422, "bad_cursor"), cursor


async def test_a_reply_is_said_once_however_often_it_is_sent(house: House) -> None:
    """Idempotency keys: the same again is the same answer, another body with the same key an error."""
    client, conversation = await house.as_role(Role.OPERATOR), await house.conversation()
    path = f"/conversations/{conversation}/messages"
    body = {"key": new_id(), "text": "Good day, how can I help?", "seen_position": 1}
    answers = await asyncio.gather(*(client.ask("POST", path, body) for _ in range(5)))
    assert {status for status, _ in answers} == {201}
    assert len({answer["id"] for _, answer in answers}) == 1
    status, problem = await client.ask("POST", path, {**body, "text": "Something else"})
    assert (status, problem["code"]) == (422, "key_reused")
    _, page = await client.ask("GET", path)
    assert [message["position"] for message in page["items"]] == [1, 2]
    assert page["items"][1]["delivery"]["status"] == "sent"


async def test_a_reply_against_an_older_position_is_refused_and_shows_what_is_newer(house: House) -> None:
    client, other = await house.as_role(Role.OPERATOR), await house.as_role(Role.OPERATOR)
    conversation = await house.conversation()
    path = f"/conversations/{conversation}/messages"
    assert (await other.ask("POST", path, {"key": new_id(), "text": "First", "seen_position": 1}))[0] == 201
    body = {"key": new_id(), "text": "Second", "seen_position": 1}
    status, problem = await client.ask("POST", path, body)
    assert (status, problem["code"]) == (409, "conversation_moved_on")
    assert [message["text"] for message in problem["extra"]["newer"]] == ["First"]
    assert (await client.ask("POST", path, {**body, "confirm": True}))[0] in (201, 409)


async def test_two_take_at_once_and_one_wins(house: House) -> None:
    conversation = await house.conversation()
    clients = [await house.as_role(Role.OPERATOR) for _ in range(4)]
    answers = await asyncio.gather(
        *(one.ask("POST", f"/conversations/{conversation}/take", {"key": new_id(), "from": None}) for one in clients)
    )
    assert sorted(status for status, _ in answers) == [200, 409, 409, 409]
    lost = next(answer for status, answer in answers if status == 409)
    won = next(answer for status, answer in answers if status == 200)
    assert lost["code"] == "already_taken"
    assert won["assignee"] in str(lost["extra"]["assignee"])


async def test_the_actions_of_a_day(house: House) -> None:
    client, conversation = await house.as_role(Role.CURATOR), await house.conversation()
    colleague = await house.operator(Role.OPERATOR)
    team = (await house.parts.projects.teams(MINE))[0]
    path = f"/conversations/{conversation}"
    steps: list[tuple[str, dict[str, Any], Callable[[Any], bool]]] = [
        ("take", {}, lambda after: after["control"] == "operator"),
        ("tags", {"tags": ["warm", "warm", "call"]}, lambda after: after["tags"] == ["warm", "call"]),
        ("priority", {"priority": "urgent"}, lambda after: after["priority"] == "urgent"),
        ("assign", {"operator": colleague.id}, lambda after: after["assignee"] == colleague.id),
        ("assign", {"team": team.id}, lambda after: after["team"] == team.id and after["assignee"] is None),
        ("snooze", {"until": "2031-01-01T00:00:00Z"}, lambda after: after["status"] == "snoozed"),
        ("reopen", {}, lambda after: after["status"] == "open"),
        ("hand_back", {"to": "queue"}, lambda after: after["control"] == "queue"),
        ("resolve", {}, lambda after: after["status"] == "resolved"),
        ("reopen", {}, lambda after: after["status"] == "open"),
        ("spam", {}, lambda after: after["status"] == "spam"),
    ]
    for action, body, holds in steps:
        status, after = await client.ask("POST", f"{path}/{action}", {"key": new_id(), **body})
        assert status == 200, (action, after)
        assert holds(after), (action, after)
    _, window = await client.ask("GET", f"{path}/messages")
    kinds = [activity["kind"] for activity in window["activities"]]
    assert kinds[:4] == ["take", "tag", "priority", "assign"]


async def test_undoing_a_resolve_puts_it_back_among_those_that_wait(house: House) -> None:
    """Taken back at once all is as it was before; after anything else it is refused, and opening it again is left."""
    client, conversation = await house.as_role(Role.OPERATOR), await house.conversation()
    path = f"/conversations/{conversation}"
    _, before = await client.ask("GET", path)
    assert before["waiting_since"]
    _, closed = await client.ask("POST", f"{path}/resolve", {"key": new_id()})
    assert closed["waiting_since"] is None
    undo = {"key": new_id(), "undo": closed["seq"]}
    for _ in range(2):
        status, after = await client.ask("POST", f"{path}/reopen", undo)
        assert status == 200
        kept = ("status", "control", "assignee", "waiting_since")
        assert [after[name] for name in kept] == [before[name] for name in kept]
    _, page = await client.ask("GET", "/conversations?view=unattended&limit=100")
    assert conversation in [one["id"] for one in page["items"]]

    _, closed = await client.ask("POST", f"{path}/resolve", {"key": new_id()})
    await client.ask("POST", f"{path}/tags", {"key": new_id(), "tags": ["later"]})
    status, problem = await client.ask("POST", f"{path}/reopen", {"key": new_id(), "undo": closed["seq"]})
    assert (status, problem["code"]) == (409, "not_as_it_was")
    status, after = await client.ask("POST", f"{path}/reopen", {"key": new_id()})
    assert (status, after["status"], after["waiting_since"]) == (200, "open", None)


async def test_nothing_but_a_close_is_taken_back(house: House) -> None:
    """Else anybody would get a conversation from a colleague by the way that undoes things."""
    holder, other, conversation = await house.as_role(Role.OPERATOR), await house.as_role(), await house.conversation()
    path = f"/conversations/{conversation}"
    _, taken = await holder.ask("POST", f"{path}/take", {"key": new_id()})
    status, problem = await other.ask("POST", f"{path}/reopen", {"key": new_id(), "undo": taken["seq"]})
    assert (status, problem["code"]) == (409, "not_as_it_was")
    _, after = await holder.ask("GET", path)
    assert (after["control"], after["assignee"]) == ("operator", taken["assignee"])


async def test_a_conversation_goes_only_to_people_and_teams_of_its_project(house: House) -> None:
    client, conversation = await house.as_role(), await house.conversation()
    for body in ({"operator": new_id()}, {"team": new_id()}):
        status, problem = await client.ask("POST", f"/conversations/{conversation}/assign", {"key": new_id(), **body})
        assert status == 422
        assert problem["code"].endswith("_unknown")


async def test_read_marks_move_forward_and_are_ones_own(house: House) -> None:
    first, second = await house.as_role(), await house.as_role()
    conversation = await house.conversation()
    for position in (1, 0):
        assert (await first.ask("PUT", f"/conversations/{conversation}/read", {"position": position}))[0] == 204
    assert (await first.ask("GET", f"/conversations/{conversation}"))[1]["read_position"] == 1
    assert (await second.ask("GET", f"/conversations/{conversation}"))[1]["read_position"] == 0
    assert (await second.ask("PUT", f"/conversations/{conversation}/read", {"position": 10_000}))[0] == 204
    assert (await second.ask("GET", f"/conversations/{conversation}"))[1]["read_position"] == 1


async def test_a_draft_is_kept_for_another_device_and_deleted_when_empty(house: House) -> None:
    operator = await house.operator()
    laptop, phone = await house.signed_in(operator), await house.signed_in(operator)
    other, conversation = await house.as_role(), await house.conversation()
    path = f"/conversations/{conversation}"
    text = "$set {$literal: 'x'} $$NOW"
    assert (await laptop.ask("PUT", f"{path}/draft", {"text": text, "direction": "note"}))[0] == 204
    draft = (await phone.ask("GET", path))[1]["draft"]
    assert (draft["text"], draft["direction"]) == (text, "note")
    assert (await other.ask("GET", path))[1]["draft"] is None
    status, problem = await phone.ask("PUT", f"{path}/draft", {"text": "Hm", "copies": ["boss@example.test"]})
    assert (status, problem["code"]) == (422, "no_copies"), "this channel sends to the contact alone"
    assert (await phone.ask("PUT", f"{path}/draft", {"text": "Hm", "copies": ["boss"]}))[0] == 422
    assert (await phone.ask("PUT", f"{path}/draft", {"text": ""}))[0] == 204
    assert (await laptop.ask("GET", path))[1]["draft"] is None


async def test_a_contact_is_renamed_everywhere_and_what_is_typed_in_is_not_verified(house: House) -> None:
    client, conversation = await house.as_role(Role.OPERATOR), await house.conversation()
    _, detail = await client.ask("GET", f"/conversations/{conversation}")
    change = {"name": "Sample Customer 3", "fields": [{"name": "$city", "value": "a.b"}]}
    status, contact = await client.ask("PATCH", f"/contacts/{detail['contact']}", change)
    assert status == 200
    assert contact["fields"] == [{"name": "$city", "value": "a.b", "verified": False}]
    assert contact["addresses"][0]["kind"] == "test"
    _, detail = await client.ask("GET", f"/conversations/{conversation}")
    assert detail["contact_name"] == "Sample Customer 3" == detail["contact_detail"]["name"]


async def test_a_failed_message_goes_back_into_the_queue(house: House) -> None:
    client, conversation = await house.as_role(Role.OPERATOR), await house.conversation()
    path = f"/conversations/{conversation}/messages"
    _, message = await client.ask("POST", path, {"key": new_id(), "text": "Hello", "seen_position": 1})
    await house.pipeline.outgoing.move(
        message["id"], DeliveryStatus.SENT, {"status": DeliveryStatus.FAILED, "code": "no"}
    )
    status, again = await client.ask("POST", f"{path}/{message['id']}/retry", {"key": new_id()})
    assert status == 200
    assert again["delivery"]["status"] == "queued"
    assert again["delivery"]["code"] is None
    assert again["delivery"]["expires_at"] > at(2020).isoformat()
    _, received = await client.ask("GET", path)
    status, problem = await client.ask("POST", f"{path}/{received['items'][0]['id']}/retry", {"key": new_id()})
    assert (status, problem["code"]) == (409, "not_outgoing")


async def test_copies_are_for_channels_that_can_send_them(house: House) -> None:
    """Refused with words elsewhere, in a note, and for what is no address; nothing is written then."""
    client, conversation = await house.as_role(Role.OPERATOR), await house.conversation()
    path = f"/conversations/{conversation}/messages"
    for direction, copies, expected in (
        ("out", ["boss@example.org"], "no_copies"),
        ("note", ["boss@example.org"], "note_with_copies"),
        ("out", ["boss"], "body_invalid"),
        ("out", ["boss@example.org\r\nBcc: x@example.org"], "body_invalid"),
        ("out", [f"boss{number}@example.org" for number in range(21)], "body_invalid"),
    ):
        body = {"key": new_id(), "text": "Hello", "seen_position": 1, "direction": direction, "copies": copies}
        status, problem = await client.ask("POST", path, body)
        assert (status, problem["code"]) == (422, expected)
    assert len((await client.ask("GET", path))[1]["items"]) == 1


async def test_what_was_passed_on_becomes_its_authors_conversation(house: House) -> None:
    """Once, however often it is asked for; the first conversation says where it went."""
    client, received = await house.as_role(Role.OPERATOR), await house.says("Fwd: Do you ship abroad?")
    path = f"/conversations/{received.conversation}/messages"
    asked = f"{path}/{received.message}/attribution"
    status, first = await client.ask("POST", asked, {"key": new_id()})
    assert status == 200
    _, again = await client.ask("POST", asked, {"key": new_id()})
    assert again == first
    _, detail = await client.ask("GET", f"/conversations/{first['conversation']}")
    assert detail["contact_name"] == "First Author"
    _, inner = await client.ask("GET", f"/conversations/{first['conversation']}/messages")
    assert [message["text"] for message in inner["items"]] == ["Do you ship abroad?"]
    assert inner["items"][0]["details"]["brought_by"]
    _, outer = await client.ask("GET", path)
    notes = [message["text"] for message in outer["items"] if message["direction"] == "note"]
    assert len(notes) == 1
    assert first["conversation"] in notes[0]


async def test_the_note_comes_where_a_crash_came_before_it(house: House) -> None:
    """The inner message was stored and the note was not: whoever asks next, the note is written, and once."""
    client, received = await house.as_role(Role.OPERATOR), await house.says("Fwd: Is it in stock?")
    path = f"/conversations/{received.conversation}/messages"
    assert received.message is not None
    outer = await house.parts.messages.get(received.message)
    assert outer is not None
    inner = house.parts.kinds.attributed("", outer)
    assert inner is not None
    [brought] = await house.parts.receive(house.channels[MINE], [inner])
    asked = f"{path}/{received.message}/attribution"
    for one in (client, await house.as_role(Role.CURATOR), client):
        status, answer = await one.ask("POST", asked, {"key": new_id()})
        assert (status, answer["message"]) == (200, brought.message)
    _, window = await client.ask("GET", path)
    notes = [message for message in window["items"] if message["direction"] == "note"]
    assert len(notes) == 1
    assert brought.conversation in notes[0]["text"]
    assert notes[0]["author"]["kind"] == "operator"


async def test_what_passes_nothing_on_is_attributed_to_nobody(house: House) -> None:
    client, received = await house.as_role(Role.OPERATOR), await house.says("Hello")
    path = f"/conversations/{received.conversation}/messages"
    status, problem = await client.ask("POST", f"{path}/{received.message}/attribution", {"key": new_id()})
    assert (status, problem["code"]) == (409, "not_forwarded")
    status, _ = await client.ask("POST", f"{path}/{'0' * 32}/attribution", {"key": new_id()})
    assert status == 404


async def test_times_are_utc_with_milliseconds(house: House) -> None:
    client, conversation = await house.as_role(), await house.conversation()
    _, detail = await client.ask("GET", f"/conversations/{conversation}")
    assert detail["created_at"].endswith("Z")
    assert len(detail["created_at"]) == len("2026-01-01T00:00:00.000Z")


async def test_canned_replies_are_personal_or_for_all(house: House) -> None:
    curator, operator = await house.as_role(Role.CURATOR), await house.as_role(Role.OPERATOR)
    shortcut = new_id()[:12]
    body = {"shortcut": shortcut, "text": "Hello {name}"}
    assert (await operator.ask("POST", "/canned-replies", {**body, "personal": False}))[0] == 403
    _, own = await operator.ask("POST", "/canned-replies", body)
    _, shared = await curator.ask("POST", "/canned-replies", {**body, "personal": False})
    _, page = await curator.ask("GET", "/canned-replies")
    assert own["id"] not in [one["id"] for one in page["items"]]
    assert shared in page["items"]
    assert (await curator.ask("PATCH", f"/canned-replies/{own['id']}", {"text": "x"}))[0] == 404
    assert (await operator.ask("PATCH", f"/canned-replies/{shared['id']}", {"text": "x"}))[0] == 403
    assert (await operator.ask("PATCH", f"/canned-replies/{own['id']}", {"text": "Bye"}))[1]["text"] == "Bye"
    assert (await operator.ask("DELETE", f"/canned-replies/{own['id']}"))[0] == 204


async def test_a_channels_secrets_are_written_and_never_shown(house: House) -> None:
    admin, operator = await house.as_role(), await house.as_role(Role.OPERATOR)
    settings = {"title": "Shop 2", "identity_secret": "a secret nobody reads"}
    status, made = await admin.ask("POST", "/channels", {"kind": "webchat", "name": "Shop 2", "settings": settings})
    assert status == 201
    assert made["settings"] == {"title": "Shop 2"}
    assert made["secrets_set"] == ["identity_secret"]
    path = f"/channels/{made['id']}"
    change = {"revision": made["revision"], "settings": {"title": "Shop 3"}, "reopen": {"rule": "new"}}
    status, changed = await admin.ask("PATCH", path, change)
    assert status == 200
    assert changed["settings"] == {"title": "Shop 3"}
    assert changed["secrets_set"]
    assert changed["reopen"]["rule"] == "new"
    assert (await admin.ask("PATCH", path, change))[1]["code"] == "changed_meanwhile"
    _, kept = await admin.ask("PATCH", path, {"revision": changed["revision"], "raw_days": 30})
    assert kept["raw_days"] == 30
    assert (await admin.ask("PATCH", path, {"revision": kept["revision"], "raw_days": 0}))[0] == 422
    _, kept = await admin.ask("PATCH", path, {"revision": kept["revision"], "name": "Shop 3"})
    assert kept["raw_days"] == 30, "what is left out stays"
    assert (await admin.ask("PATCH", path, {"revision": kept["revision"], "raw_days": None}))[1]["raw_days"] is None
    _, shown = await operator.ask("GET", path)
    assert shown["settings"] is None
    assert shown["key"] is None
    assert "nobody reads" not in str(shown)
    assert "data-channel" in (await admin.ask("GET", f"{path}/snippet"))[1]["html"]
    assert (await admin.ask("POST", "/channels", {"kind": "pigeon", "name": "x"}))[1]["code"] == "kind_unknown"


async def test_the_key_for_signed_in_visitors_is_shown_to_admins_and_noted(house: House) -> None:
    admin, operator, curator = [await house.as_role(role) for role in (Role.ADMIN, Role.OPERATOR, Role.CURATOR)]
    made = {"kind": "webchat", "name": "Signed shop"}
    _, shop = await admin.ask("POST", "/channels", made)
    _, other = await admin.ask("POST", "/channels", {"kind": "recorder", "name": "No page"})
    path = f"/channels/{shop['id']}/signing-key"
    assert await admin.ask("POST", path, {}) == (200, {"key": f"signs for {shop['key']}"})
    assert (await admin.ask("POST", f"/channels/{other['id']}/signing-key", {}))[1]["code"] == "no_signing_key"
    for who in (operator, curator):
        assert (await who.ask("POST", path, {}))[0] == 403
    _, page = await admin.ask("GET", "/audit?action=signing_key_shown")
    assert [line["name"] for line in page["items"] if line["object"] == shop["id"]] == ["Signed shop"]
    assert "signs for" not in str(page)


async def test_a_parked_event_is_seen_and_replayed(house: House) -> None:
    from hub.model.events import Unreadable

    admin, channel = await house.as_role(), house.channels[MINE]
    for raw in (b"bad \xff", b"good"):
        await house.parts.parked.park(channel, Unreadable(external_id=new_id(), raw=raw, reason="It is odd."))
    _, page = await admin.ask("GET", "/parked")
    by_raw = {one["raw"]: one for one in page["items"]}
    bad, good = by_raw["bad \ufffd"], by_raw["good"]
    assert (await admin.ask("POST", f"/parked/{bad['id']}/replay", {"key": "1"}))[1]["code"] == "still_unreadable"
    for _ in range(2):
        status, done = await admin.ask("POST", f"/parked/{good['id']}/replay", {"key": "1"})
        assert status == 200
        assert done["status"] == "done"
    messages = house.pipeline.connection.database["messages"]
    assert await messages.count_documents({"channel": channel.id, "external_id": "replayed"}) == 1


async def test_a_conversation_is_found_by_how_a_word_of_the_name_begins(house: House) -> None:
    client = await house.as_role()
    name = f"Zoë.* {new_id()[12:20]}"
    received = await house.says("Hello", who=name)
    for q in (name, name[:4].upper(), name.split()[1]):
        _, page = await client.ask("GET", "/conversations", params={"q": q, "view": "all"})
        assert [one["id"] for one in page["items"]] == [received.conversation], q
    for q in ("oë", ".*", "$", "(", "\\"):
        _, page = await client.ask("GET", "/conversations", params={"q": q, "view": "all"})
        assert page["items"] == [], q


async def test_a_contacts_conversations_are_listed_for_whoever_may_see_them(house: House) -> None:
    """Newest activity first; somebody of another project finds nothing, not even the contact."""
    client = await house.as_role()
    received = await house.says("Hello", who="regular")
    _, detail = await client.ask("GET", f"/conversations/{received.conversation}")
    status, page = await client.ask("GET", f"/contacts/{detail['contact']}/conversations")
    assert status == 200
    assert [one["id"] for one in page["items"]] == [received.conversation]
    assert page["items"][0]["last_message"]["preview"] == "Hello"
    stranger = await house.as_role(project=FOREIGN)
    assert (await stranger.ask("GET", f"/contacts/{detail['contact']}/conversations"))[0] == 404


async def test_a_channel_s_time_for_answers_is_told(house: House) -> None:
    """With the moment it counts from; other conversations have none."""
    client = await house.as_role(Role.OPERATOR)
    ruled = await house.says("Hello", who="of a business account")
    await client.ask(
        "POST", f"/conversations/{ruled.conversation}/messages", {"key": "1", "text": "Hi", "confirm": True}
    )
    _, detail = await client.ask("GET", f"/conversations/{ruled.conversation}")
    assert detail["answer_window_s"] == 86_400
    _, page = await client.ask("GET", f"/conversations/{ruled.conversation}/messages")
    assert detail["heard_at"] == page["items"][0]["created_at"]
    _, other = await client.ask("GET", f"/conversations/{await house.conversation()}")
    assert (other["answer_window_s"], other["heard_at"]) == (None, None)
