"""Merging contacts: what is shown before, what is one afterwards, how it is parted again, and who may."""

from typing import Any

from hub.model.contact import Field
from hub.model.events import ConversationStarted, MessageReceived, Received, Sender
from hub.model.ids import new_id
from hub.model.operator import Role, Scope
from tests.web.house import FOREIGN, MINE, Client, House
from tests.web.test_search import bring_up, people


def sender(kind: str, name: str | None, *fields: Field) -> Sender:
    """Somebody on a channel of this kind."""
    return Sender(kind=kind, value=new_id(), name=name, fields=fields)


async def writes(house: House, who: Sender, text: str = "Hello", project: Any = MINE) -> Received:
    """They write; what was received, once it is decided."""
    event = MessageReceived(external_id=new_id(), sender=who, text=text)
    received = (await house.pipeline.inbound.receive(house.channels[project], [event]))[0]
    assert received.conversation is not None
    while not (found := await house.parts.conversations.any(received.conversation)) or (
        found.last_position < (received.position or 0)
    ):
        await house.pipeline.turns._settle(received.conversation)
    return received


async def contact_of(client: Client, received: Received) -> dict[str, Any]:
    """The contact that the conversation shows."""
    status, detail = await client.ask("GET", f"/conversations/{received.conversation}")
    assert status == 200, detail
    found: dict[str, Any] = detail["contact_detail"]
    return found


async def merge(client: Client, one: str, other: str, take: tuple[str, ...] = ()) -> tuple[int, Any]:
    """As the preview shows it."""
    status, seen = await client.ask("GET", f"/contacts/{one}/merge/{other}")
    assert status == 200, seen
    body = {"other": other, "take": take, "revisions": [seen["survivor"]["revision"], seen["other"]["revision"]]}
    return await client.ask("POST", f"/contacts/{one}/merge", body)


async def test_the_preview_says_who_survives_and_where_the_two_differ(house: House) -> None:
    """The survivor's facts stand, unless only the other's is verified; nothing is changed by looking."""
    one = await writes(house, sender("site", "Ann Sample", Field(name="city", value="Oslo")))
    other = await writes(
        house,
        sender("phone", "Anna", Field(name="city", value="Bergen", verified=True), Field(name="size", value="M")),
    )
    client = await house.as_role(Role.OPERATOR)
    kept, gone = await contact_of(client, one), await contact_of(client, other)
    _, seen = await client.ask("GET", f"/contacts/{kept['id']}/merge/{gone['id']}")
    assert (seen["survivor"]["id"], seen["other"]["id"]) == (kept["id"], gone["id"])
    facts = {fact["name"]: fact for fact in seen["facts"]}
    assert facts["name"] == {
        "name": "name", "survivor": "Ann Sample", "other": "Anna", "after": "Ann Sample", "conflict": True,
    }  # fmt: skip
    assert (facts["city"]["after"], facts["city"]["conflict"]) == ("Bergen", True)
    assert (facts["size"]["after"], facts["size"]["conflict"]) == ("M", False)
    assert [address["kind"] for address in seen["addresses"]] == ["phone"]
    assert seen["conversations"] == 1
    assert await contact_of(client, one) == kept


async def test_after_a_merge_the_two_are_one_person(house: House) -> None:
    """Every conversation shows the survivor, with all addresses and the name; each is answered where it was begun."""
    phone = sender("phone", "Anna", Field(name="size", value="M"))
    one, other = await writes(house, sender("site", "Ann Sample")), await writes(house, phone)
    client = await house.as_role(Role.OPERATOR)
    kept, gone = await contact_of(client, one), await contact_of(client, other)
    status, person = await merge(client, kept["id"], gone["id"])
    assert status == 200, person
    assert {address["kind"] for address in person["addresses"]} == {"site", "phone"}
    assert [(field["name"], field["value"]) for field in person["fields"]] == [("size", "M")]
    assert (await contact_of(client, other))["id"] == kept["id"]
    _, page = await client.ask("GET", f"/contacts/{gone['id']}/conversations")
    assert {row["id"] for row in page["items"]} == {one.conversation, other.conversation}
    _, shown = await client.ask("GET", f"/conversations/{other.conversation}")
    assert shown["contact_name"] == "Ann Sample"
    again = await writes(house, phone, "It is me again")
    assert again.conversation == other.conversation
    reply = {"key": new_id(), "text": "An answer", "direction": "out", "seen_position": 9}
    assert (await client.ask("POST", f"/conversations/{other.conversation}/messages", reply))[0] == 201
    addresses = await house.pipeline.contacts.addresses(gone["id"])
    assert [address.value for address in addresses] == [phone.value]
    await house.pipeline.contacts.set_field(MINE, gone["id"], Field(name="shoe", value="41"))
    names = {field["name"] for field in (await contact_of(client, one))["fields"]}
    assert names == {"size", "shoe"}


async def test_an_undone_merge_gives_back_what_each_had(house: House) -> None:
    """What was changed since stays, and what was written since stays where it was written."""
    one = await writes(house, sender("site", "Ann Sample", Field(name="city", value="Oslo")))
    other = await writes(
        house, sender("phone", "Anna", Field(name="city", value="Bergen"), Field(name="size", value="M"))
    )
    client = await house.as_role(Role.OPERATOR)
    kept, gone = await contact_of(client, one), await contact_of(client, other)
    assert (await merge(client, kept["id"], gone["id"], ("name", "city")))[0] == 200
    person = await contact_of(client, one)
    assert (person["name"], {field["name"]: field["value"] for field in person["fields"]}) == (
        "Anna", {"city": "Bergen", "size": "M"},
    )  # fmt: skip
    fields = [{"name": field["name"], "value": field["value"]} for field in person["fields"]]
    change = {"fields": [*fields, {"name": "since", "value": "later"}]}
    assert (await client.ask("PATCH", f"/contacts/{kept['id']}", change))[0] == 200
    _, page = await client.ask("GET", f"/contacts/{kept['id']}/merges")
    [done] = page["items"]
    assert done["merged_name"] == "Anna"
    path = f"/contacts/{kept['id']}/merges/{done['id']}/undo"
    status, parted = await client.ask("POST", path, {})
    assert (status, parted["id"], parted["name"]) == (200, gone["id"], "Anna")
    assert [address["kind"] for address in parted["addresses"]] == ["phone"]
    back = await contact_of(client, one)
    assert (back["name"], {field["name"]: field["value"] for field in back["fields"]}) == (
        "Ann Sample", {"city": "Oslo", "since": "later"},
    )  # fmt: skip
    _, shown = await client.ask("GET", f"/conversations/{other.conversation}")
    assert (shown["contact_name"], shown["contact_detail"]["id"]) == ("Anna", gone["id"])
    assert (await client.ask("POST", path, {}))[0] == 409
    assert (await client.ask("GET", f"/contacts/{kept['id']}/merges"))[1]["items"] == []


async def test_a_person_of_three_parts_is_parted_step_by_step(house: House) -> None:
    """Who was merged into the other goes with them, and comes back with them."""
    said = [await writes(house, sender(kind, kind)) for kind in ("first", "second", "third")]
    client = await house.as_role(Role.OPERATOR)
    first, second, third = [(await contact_of(client, one))["id"] for one in said]
    assert (await merge(client, second, third))[0] == 200
    assert (await merge(client, first, second))[0] == 200
    assert {(await contact_of(client, one))["id"] for one in said} == {first}
    _, page = await client.ask("GET", f"/contacts/{first}/merges")
    assert (await client.ask("POST", f"/contacts/{first}/merges/{page['items'][0]['id']}/undo", {}))[0] == 200
    assert [(await contact_of(client, one))["id"] for one in said] == [first, second, second]


async def test_a_merged_person_is_found_once_by_what_either_was_found_by(house: House) -> None:
    """By both numbers, and by the name that is no longer shown; with the newest conversation of the two."""
    numbers = [Field(name="phone", value=value) for value in ("+4790000001", "+4790000002")]
    said = [
        await writes(house, sender("a", "Quill Sample", numbers[0])),
        await writes(house, sender("b", "Quill Other", numbers[1])),
    ]
    client = await house.as_role(Role.OPERATOR)
    first, second = [(await contact_of(client, one))["id"] for one in said]
    assert (await merge(client, first, second))[0] == 200
    await bring_up(house)
    assert await people(client, "quill") == [said[1].conversation]
    assert await people(client, "+47 90 00 00 01") == [said[0].conversation]
    assert await people(client, "quill other") == [said[1].conversation]


async def test_what_changed_since_the_preview_is_looked_at_again(house: House) -> None:
    """And a contact does not merge with itself, nor twice."""
    one, other = await writes(house, sender("a", "A")), await writes(house, sender("b", "B"))
    client = await house.as_role(Role.OPERATOR)
    kept, gone = await contact_of(client, one), await contact_of(client, other)
    stale = {"other": gone["id"], "revisions": [kept["revision"], gone["revision"]]}
    assert (await client.ask("PATCH", f"/contacts/{gone['id']}", {"name": "Changed"}))[0] == 200
    status, refused = await client.ask("POST", f"/contacts/{kept['id']}/merge", stale)
    assert (status, refused["code"]) == (409, "changed_meanwhile")
    assert (await contact_of(client, other))["id"] == gone["id"]
    assert (await merge(client, kept["id"], gone["id"]))[0] == 200
    status, refused = await client.ask("GET", f"/contacts/{kept['id']}/merge/{gone['id']}")
    assert (status, refused["code"]) == (422, "same_contact")


async def test_nobody_merges_what_they_do_not_see(house: House) -> None:
    """Neither with a contact of another project, nor of a colleague's conversations, nor as somebody who only reads."""
    one, held = await writes(house, sender("a", "A")), await writes(house, sender("b", "B"))
    there = await writes(house, sender("c", "C"), project=FOREIGN)
    client, foreign = await house.as_role(Role.OPERATOR), await house.as_role(Role.OPERATOR, project=FOREIGN)
    kept, gone = (await contact_of(client, one))["id"], (await contact_of(client, held))["id"]
    far = (await contact_of(foreign, there))["id"]
    assert (await client.ask("GET", f"/contacts/{kept}/merge/{far}"))[0] == 404
    body = {"other": far, "revisions": [0, 0]}
    assert (await client.ask("POST", f"/contacts/{kept}/merge", body))[0] == 404
    assert (await client.ask("POST", f"/conversations/{held.conversation}/take", {"key": new_id()}))[0] == 200
    own = await house.as_role(Role.OPERATOR, Scope.OWN)
    assert (await own.ask("GET", f"/contacts/{kept}/merge/{gone}"))[0] == 404
    reader = await house.as_role(Role.ANALYST)
    assert (await reader.ask("POST", f"/contacts/{kept}/merge", {**body, "other": gone}))[0] == 403


async def test_a_known_address_that_follows_the_link_of_a_contact_is_that_contact(house: House) -> None:
    """Once: who has an address of that kind already gets no second one, and what is merely claimed joins nobody."""
    client = await house.as_role(Role.OPERATOR)
    visitor = await writes(house, sender("site", "Visitor"))
    contact = await contact_of(client, visitor)
    word = house.pipeline.links.word(MINE, contact["id"], house.pipeline.clock.now())

    async def follows(who: Sender) -> str:
        before = await writes(house, who)
        start = ConversationStarted(external_id=new_id(), sender=who, payload=word)
        await house.pipeline.inbound.receive(house.channels[MINE], [start])
        return str((await contact_of(client, before))["id"])

    claimed = sender("phone", "Claimed").model_copy(update={"verified": False})
    assert await follows(claimed) != contact["id"]
    assert await follows(sender("phone", "Known before")) == contact["id"]
    assert await follows(sender("phone", "Found the link")) != contact["id"]
    person = await contact_of(client, visitor)
    assert person["name"] == "Visitor"
    assert sorted(address["kind"] for address in person["addresses"]) == ["phone", "site"]
    _, page = await client.ask("GET", f"/contacts/{contact['id']}/merges")
    assert [(one["merged_name"], one["by"]) for one in page["items"]] == [("Known before", None)]
