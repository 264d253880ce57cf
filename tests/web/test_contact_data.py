"""A contact's data, taken along and erased: everywhere, for good, and without harm to what goes on meanwhile."""

import asyncio
import io
import json
import zipfile
from collections.abc import Sequence
from datetime import timedelta

from hub.model.audit import Via
from hub.model.content import Details, MailDetails
from hub.model.events import MessageEdited, MessageReceived, Sender, Unreadable
from hub.model.ids import ContactId, ConversationId, MessageId, new_id
from hub.model.operator import Role
from hub.model.sample import Sample
from hub.services.audit import By
from hub.services.contact_erasing import ContactErasing
from hub.store.contact_records import ContactRecords
from hub.store.search_words import MessageWords, PersonKeys, SearchWords
from tests.web.house import MINE, Client, House

MARKER = "tracemark"


def sender(who: str) -> Sender:
    return Sender(kind="test", value=f"{MARKER}-{who}@example.org", name=f"Tracemark {who}", verified=True)


async def writes(house: House, who: str, text: str, external_id: str | None = None) -> ConversationId:
    """Somebody who can be found by the marker writes; the conversation."""
    mail = MailDetails(subject=f"{MARKER} subject", sender=f"{MARKER}-{who}@example.org")
    event = MessageReceived(
        external_id=external_id or new_id(), sender=sender(who), text=text, details=Details(mail=mail)
    )
    [received] = await house.pipeline.inbound.receive(house.channels[MINE], [event])
    assert received.conversation is not None
    await house.pipeline.turns.settle(received.conversation)
    return received.conversation


async def planted(house: House, admin: Client, who: str) -> tuple[ConversationId, str]:
    """A conversation in which the marker stands wherever something can be said; it, and its contact."""
    conversation = await writes(house, who, f"{MARKER} words", f"first-{who}")
    _, detail = await admin.ask("GET", f"/conversations/{conversation}")
    contact: str = detail["contact"]
    _, file = await admin.ask(
        "POST", f"/attachments?name={MARKER}.txt", data=f"{MARKER} {who} in a file".encode(),
        headers={"Content-Type": "application/octet-stream"},
    )  # fmt: skip
    said = {"key": f"1-{who}", "text": f"{MARKER} answer", "direction": "out", "seen_position": 9, "confirm": True}
    said["attachments"] = [file["id"]]
    assert (await admin.ask("POST", f"/conversations/{conversation}/messages", said))[0] == 201
    note = {"key": f"2-{who}", "text": f"{MARKER} note", "direction": "note"}
    assert (await admin.ask("POST", f"/conversations/{conversation}/messages", note))[0] == 201
    await admin.ask("POST", f"/conversations/{conversation}/tags", {"key": f"3-{who}", "tags": [f"{MARKER}-tag"]})
    await admin.ask("PUT", f"/conversations/{conversation}/draft", {"text": f"{MARKER} draft"})
    task = {"key": f"4-{who}", "phone": "+79991112233", "reason": f"{MARKER} reason"}
    assert (await admin.ask("POST", f"/conversations/{conversation}/tasks", task))[0] == 201
    fields = [{"name": "city", "value": f"{MARKER} city"}]
    assert (await admin.ask("PATCH", f"/contacts/{contact}", {"fields": fields}))[0] == 200
    raw = f"unreadable {MARKER}-{who}@example.org".encode()
    parked = Unreadable(external_id=f"parked-{who}", raw=raw, reason="It does not begin as it should.")
    early = MessageEdited(external_id=f"e-{who}", sender=sender(who), target="to come", text=f"{MARKER} {who} edit")
    await house.pipeline.inbound.receive(house.channels[MINE], [parked, early])
    _, page = await admin.ask("GET", f"/conversations/{conversation}/messages")
    words = SearchWords(house.pipeline.connection.database)
    now = house.pipeline.clock.now()
    first = MessageId(page["items"][0]["id"])
    await words.put_messages([MessageWords(first, MINE, conversation, now, 1, [MARKER])])
    await words.put_people([PersonKeys(ContactId(contact), MINE, [f"{MARKER} {who}"])])
    return conversation, contact


async def kept_of(house: House, marker: str = MARKER) -> dict[str, list[str]]:
    """Where the marker still stands, by collection. Bytes of files go with the sweep of files, an hour later."""
    database = house.pipeline.connection.database
    found: dict[str, list[str]] = {}
    for name in await database.list_collection_names():
        if name.startswith("blobs."):
            continue
        async for row in database[name].find():
            if marker in str(row).casefold():
                found.setdefault(name, []).append(str(row))
    return found


async def erased(house: House, client: Client, contact: str) -> None:
    """Erase, and wait until it is done: a busy machine may take longer than the answer waits."""
    status, answer = await client.ask("POST", f"/contacts/{contact}/erasure", {"confirm": "erase"})
    assert status == 202, answer
    records = ContactRecords(house.pipeline.connection.database)
    async with asyncio.timeout(90):
        while (found := await records.get(MINE, ContactId(answer["id"]))) is None or found.done_at is None:
            await asyncio.sleep(0.05)


async def test_nothing_is_left_of_an_erased_contact(house: House) -> None:
    """The marker stood in a dozen collections; afterwards in none, and a line tells who erased what, without it."""
    admin = await house.as_role()
    conversation, contact = await planted(house, admin, "gone")
    before = await kept_of(house)
    expected = {"messages", "turns", "conversations", "contacts", "addresses", "attachments", "drafts", "tasks",
                "early_edits", "parked", "search_messages", "search_people"}  # fmt: skip
    assert expected <= set(before), expected - set(before)
    status, held = await admin.ask("GET", f"/contacts/{contact}/erasure")
    assert status == 200
    assert (held["conversations"], held["files"], held["addresses"], held["tasks"]) == (1, 1, 1, 1)
    assert held["messages"] >= 3
    await erased(house, admin, contact)
    assert await kept_of(house) == {}
    for path in (f"/contacts/{contact}", f"/conversations/{conversation}", f"/contacts/{contact}/export"):
        assert (await admin.ask("GET", path))[0] == 404, path
    _, page = await admin.ask("GET", "/audit", params={"action": "contact_erased"})
    line = next(one for one in page["items"] if one["object"] == contact)
    assert line["by"] is not None
    assert {"name": "conversations", "before": "1", "after": None} in line["changes"]


async def test_nothing_is_left_of_an_author_whose_words_a_colleague_has_passed_on(house: House) -> None:
    """Neither what passed them on, nor the note that names them; the rest of that conversation stays."""
    admin, author = await house.as_role(), f"Author {new_id()}"
    mail = MailDetails(subject="Fwd", sender="colleague@example.org", forwarded=author)
    colleague = Sender(kind="test", value=new_id(), name="A colleague")
    outer = MessageReceived(
        external_id=new_id(), sender=colleague, text=f"Fwd: {author} wants it", details=Details(mail=mail)
    )
    [received] = await house.pipeline.inbound.receive(house.channels[MINE], [outer])
    assert received.conversation is not None
    await house.pipeline.turns.settle(received.conversation)
    place = f"/conversations/{received.conversation}/messages"
    status, brought = await admin.ask("POST", f"{place}/{received.message}/attribution", {"key": new_id()})
    assert status == 200
    assert {"messages", "turns", "conversations"} <= set(await kept_of(house, author.casefold()))
    _, detail = await admin.ask("GET", f"/conversations/{brought['conversation']}")
    await erased(house, admin, detail["contact"])
    assert await kept_of(house, author.casefold()) == {}
    _, page = await admin.ask("GET", place)
    assert [message["text"] for message in page["items"]] == ["", ""]
    status, still = await admin.ask("GET", f"/conversations/{received.conversation}")
    assert (status, still["contact_name"]) == (200, "A colleague")


async def test_a_second_copy_of_what_was_erased_brings_nothing_back(house: House) -> None:
    """A mailbox that is read again, an edit that comes late, a reply that names the old conversation."""
    admin = await house.as_role()
    conversation, contact = await planted(house, admin, "again")
    await erased(house, admin, contact)
    channel = house.channels[MINE]
    event = MessageReceived(external_id="first-again", sender=sender("again"), text=f"{MARKER} words")
    [received] = await house.pipeline.inbound.receive(channel, [event])
    assert (received.conversation, received.parked) == (None, False)
    await house.parts.messages.edit(channel.id, "first-again", f"{MARKER} edit", None, house.pipeline.clock.now())
    assert await kept_of(house) == {}
    assert await house.parts.messages.contacts_of(channel.id, [conversation]) == {}


async def test_whoever_writes_again_is_somebody_new(house: House) -> None:
    """A contact of their own and a conversation of its own; erased again, the third is new once more."""
    admin = await house.as_role()
    conversation, contact = await planted(house, admin, "anew")
    seen = {contact}
    for turn in range(2):
        await erased(house, admin, contact)
        later = await writes(house, "anew", f"Hello for the {turn}. time")
        assert later != conversation
        _, detail = await admin.ask("GET", f"/conversations/{later}")
        contact = detail["contact"]
        assert contact not in seen
        assert detail["contact_detail"]["name"] == "Tracemark anew"
        assert [one["value"] for one in detail["contact_detail"]["addresses"]] == [sender("anew").value]
        seen.add(contact)
    await erased(house, admin, contact)


async def test_what_waits_to_be_sent_is_cancelled_and_never_goes_out_empty(house: House) -> None:
    admin = await house.as_role()
    conversation, contact = await planted(house, admin, "queued")
    messages = house.pipeline.connection.database["messages"]
    waiting = {"conversation": conversation, "direction": "out"}
    await messages.update_many(waiting, {"$set": {"delivery.status": "queued"}})
    _, held = await admin.ask("GET", f"/contacts/{contact}/erasure")
    assert held["waiting"] == 1
    await erased(house, admin, contact)
    left = await messages.find(waiting, {"delivery": 1}).to_list()
    assert [(one["delivery"]["status"], one["delivery"]["code"]) for one in left] == [("failed", "cancelled")]


async def test_copies_that_are_to_be_tried_again_are_forgotten(house: House) -> None:
    """Else an empty mail would go to them."""
    admin = await house.as_role()
    conversation, contact = await planted(house, admin, "copies")
    messages = house.pipeline.connection.database["messages"]
    now = house.pipeline.clock.now()
    due = {"addresses": [f"{MARKER}-boss@example.org"], "due_at": now + timedelta(hours=1)}
    await messages.update_many({"conversation": conversation, "direction": "out"}, {"$set": {"delivery.copies": due}})
    await erased(house, admin, contact)
    assert await messages.count_documents({"conversation": conversation, "delivery.copies": {"$ne": None}}) == 0


async def test_what_comes_while_a_contact_is_erased_is_erased_or_somebody_news(house: House) -> None:
    """Never lost in between: each message is either among what was erased, or stands with the new contact."""
    admin = await house.as_role()
    _, contact = await planted(house, admin, "racing")
    stopped = asyncio.Event()
    texts: list[str] = []

    async def keeps_writing() -> None:
        while not stopped.is_set():
            texts.append(f"racing {len(texts)}")
            await writes(house, "racing", texts[-1])
            await asyncio.sleep(0.1)

    async with asyncio.TaskGroup() as group:
        group.create_task(keeps_writing())
        await asyncio.sleep(0.3)
        await erased(house, admin, contact)
        await asyncio.sleep(0.3)
        stopped.set()
    messages = house.pipeline.connection.database["messages"]
    standing = [row["text"] async for row in messages.find({"text": {"$regex": "^racing "}})]
    assert standing == texts[len(texts) - len(standing) :]
    assert standing
    newest = await messages.find_one({"text": texts[-1]})
    assert newest is not None
    assert newest["contact"] != contact
    await erased(house, admin, newest["contact"])


async def test_merged_contacts_are_erased_as_one_person(house: House) -> None:
    admin = await house.as_role()
    _, kept = await planted(house, admin, "survivor")
    other_conversation, other = await planted(house, admin, "part")
    revisions = [(await admin.ask("GET", f"/contacts/{one}"))[1]["revision"] for one in (kept, other)]
    body = {"other": other, "revisions": revisions}
    assert (await admin.ask("POST", f"/contacts/{kept}/merge", body))[0] == 200
    await erased(house, admin, other)  # whichever of the two is named
    assert await kept_of(house) == {}
    assert (await admin.ask("GET", f"/conversations/{other_conversation}"))[0] == 404


async def test_an_erasure_that_was_interrupted_is_finished_by_the_next_hub(house: House) -> None:
    """Asked for, and the hub ends: whoever runs next carries it out, raw payloads included."""
    admin = await house.as_role()
    _, contact = await planted(house, admin, "interrupted")
    known = await house.parts.contacts.get(MINE, ContactId(contact))
    assert known is not None
    database = house.pipeline.connection.database
    records = ContactRecords(database)
    erasing = ContactErasing(
        records, house.parts.contacts, house.pipeline.turns, house.parts.audit, house.pipeline.clock
    )
    context_by = (await admin.ask("GET", "/me"))[1]["operator"]["id"]

    asking = asyncio.create_task(erasing.ask(By(context_by, Via.SESSION), known))
    while await records.get(MINE, ContactId(contact)) is None:
        await asyncio.sleep(0.01)
    asking.cancel()
    _, other = await planted(house, admin, "trigger")
    await erased(house, admin, other)  # this hub's worker takes up what is undone
    async with asyncio.timeout(60):
        while (found := await records.get(MINE, ContactId(contact))) is None or found.done_at is None:
            await asyncio.sleep(0.05)
    assert await kept_of(house) == {}
    assert found.asked_at < found.done_at + timedelta(seconds=1)


async def contact_at(house: House, admin: Client, who: Sender) -> str:
    """Somebody who has written from an address."""
    event = MessageReceived(external_id=new_id(), sender=who, text="Good day")
    [received] = await house.pipeline.inbound.receive(house.channels[MINE], [event])
    assert received.conversation is not None
    await house.pipeline.turns.settle(received.conversation)
    contact: str = (await admin.ask("GET", f"/conversations/{received.conversation}"))[1]["contact"]
    return contact


async def raw_left(house: House, raws: Sequence[bytes], admin: Client, contact: str) -> list[bytes]:
    """What is left of payloads that nobody could read when a contact was erased."""
    events = [Unreadable(external_id=f"raw-{new_id()}", raw=raw, reason="No.") for raw in raws]
    await house.pipeline.inbound.receive(house.channels[MINE], events)
    await erased(house, admin, contact)
    parked = house.pipeline.connection.database["parked"]
    return [bytes((await parked.find_one({"external_id": one.external_id}) or {})["raw"]) for one in events]


async def test_raw_payloads_go_whichever_way_they_write_the_address_and_those_of_others_stay(house: House) -> None:
    """Upper case, percent signs; an address that merely contains the erased one is somebody else's."""
    admin = await house.as_role()
    contact = await contact_at(house, admin, Sender(kind="test", value="sought@example.org", name="Sample"))
    named = [
        b"From: Sought@Example.org\r\n", b"email=sought%40example.org&x=1", b"<sought@example.org>.",
    ]  # fmt: skip
    others = [
        b"From: x.sought@example.org", b"to my-sought@example.org", b"sought@example.org.test",
        b"sought@example.orga", "éтsought@example.org".encode(),
    ]  # fmt: skip
    left = await raw_left(house, [*named, *others], admin, contact)
    assert left == [b""] * len(named) + others


async def test_an_address_with_a_part_of_ours_is_found_as_the_service_says_it(house: House) -> None:
    """A business connection and a chat's number are one address here, and two values in an update."""
    admin = await house.as_role()
    who = Sender(kind="telegram_business", value="connection-1:7000123456", name="Sample")
    contact = await contact_at(house, admin, who)
    raws = [b'{"chat":{"id":7000123456}}', b'{"chat":{"id":17000123456}}', b'{"chat":{"id":-7000123456}}']
    left = await raw_left(house, raws, admin, contact)
    assert left == [b"", *raws[1:]]


async def test_a_link_to_a_form_that_they_filled_in_goes_with_its_answers(house: House) -> None:
    """It was made before anybody knew them: what it has filled in beforehand is theirs all the same."""
    admin = await house.as_role()
    conversation, contact = await planted(house, admin, "linked")
    invites = house.pipeline.connection.database["form_invites"]
    fields = [{"name": "city", "value": f"{MARKER} of a link"}]
    await invites.insert_one(
        {"_id": new_id(), "project": MINE, "used": conversation, "contact": None, "fields": fields}
    )
    await erased(house, admin, contact)
    assert await kept_of(house) == {}


async def test_an_erasure_that_fails_does_not_hold_up_the_next(house: House) -> None:
    """A damaged wish, older than all others, is tried again and again, and nobody waits for it."""
    admin = await house.as_role()
    _, contact = await planted(house, admin, "behind")
    erasures = house.pipeline.connection.database["erasures"]
    damaged = {
        "_id": new_id(), "project": MINE, "parts": [], "conversations": [], "channels": [], "by": new_id(),
        "via": "session", "asked_at": house.pipeline.clock.now() - timedelta(hours=1), "done_at": None, "sought": 5,
    }  # fmt: skip
    await erasures.insert_one(damaged)
    try:
        await erased(house, admin, contact)
        assert await kept_of(house) == {}
    finally:
        await erasures.delete_one({"_id": damaged["_id"]})


async def test_answers_and_samples_go_with_the_rest(house: House) -> None:
    """What a questionnaire was told, and the newest submission of a form."""
    admin = await house.as_role()
    text = "flow: asked_before\nask:\n- name: text\n  text: Who are you?\noutcomes:\n- done: else\n"
    sources = [{"name": "asked_before.yml", "text": text}]
    assert (await admin.ask("POST", "/flows", {"flow": "asked_before", "sources": sources}))[0] == 201
    assert (await admin.ask("POST", "/flows/asked_before/publish", {"revision": 1}))[0] == 200
    conversation, contact = await planted(house, admin, "answering")
    status, answer = await admin.ask(
        "POST", f"/conversations/{conversation}/flow", {"key": "5", "flow": "asked_before"}
    )
    assert status == 200, answer
    filled = {"key": "6", "values": {"name": f"{MARKER} told a flow"}}
    status, answer = await admin.ask("PATCH", f"/conversations/{conversation}/flow", filled)
    assert status == 200, answer
    sample = Sample(source="site", content_type="text/plain", raw=f"{MARKER} in a form".encode())
    await house.parts.samples.keep(house.channels[MINE].id, sample)
    before = await kept_of(house, f"{MARKER} told a flow")
    assert {"flow_sessions", "turns"} <= set(before)
    assert "form_samples" in await kept_of(house, f"{MARKER} in a form")
    _, held = await admin.ask("GET", f"/contacts/{contact}/erasure")
    assert held["sessions"] == 1
    await erased(house, admin, contact)
    assert await kept_of(house) == {}


async def test_an_export_holds_what_was_said_what_is_known_and_the_files(house: House) -> None:
    admin = await house.as_role()
    conversation, contact = await planted(house, admin, "taken")
    status, content = await admin.ask("GET", f"/contacts/{contact}/export")
    assert status == 200
    archive = zipfile.ZipFile(io.BytesIO(content))
    assert archive.testzip() is None
    about = json.loads(archive.read("contact.json"))
    assert about["contacts"][0]["name"] == "Tracemark taken"
    assert about["addresses"][0]["value"] == sender("taken").value
    assert about["tasks"][0]["reason"] == f"{MARKER} reason"
    assert not {"shelf", "unattended", "holder", "name_starts"} & set(about["conversations"][0]), "marks of the lists"
    said = [one["text"] for one in json.loads(archive.read(f"conversations/{conversation}.json"))]
    assert said[0] == f"{MARKER} words"
    assert {f"{MARKER} answer", f"{MARKER} note"} <= set(said)
    [file] = [name for name in archive.namelist() if name.startswith("files/")]
    assert file.endswith(f"-{MARKER}.txt")
    assert archive.read(file) == f"{MARKER} taken in a file".encode()
    _, page = await admin.ask("GET", "/audit", params={"action": "contact_exported"})
    assert page["items"][0]["object"] == contact
    await erased(house, admin, contact)


async def test_only_who_manages_and_signs_in_erases_and_the_word_is_asked_for(house: House) -> None:
    admin = await house.as_role()
    _, contact = await planted(house, admin, "stays")
    assert (await admin.ask("POST", f"/contacts/{contact}/erasure", {}))[0] == 422
    assert (await admin.ask("POST", f"/contacts/{contact}/erasure", {"confirm": "yes"}))[0] == 422
    for role in (Role.OPERATOR, Role.CURATOR, Role.ANALYST):
        client = await house.as_role(role)
        for method, path in (("POST", "erasure"), ("GET", "erasure"), ("GET", "export")):
            body = {"confirm": "erase"} if method == "POST" else None
            assert (await client.ask(method, f"/contacts/{contact}/{path}", body))[0] == 403, role
    _, made = await admin.ask("POST", "/me/tokens", {"name": "Script", "scopes": ["read", "manage"]})
    script = await house.browser()
    script.headers = {**script.headers, "Authorization": f"Bearer {made['token']}"}
    assert (await script.ask("POST", f"/contacts/{contact}/erasure", {"confirm": "erase"}))[0] == 403
    assert (await admin.ask("GET", f"/contacts/{contact}"))[0] == 200
    await erased(house, admin, contact)
