"""Search: who is found by what, what is found of what was said, and that nobody finds what they may not see."""

from typing import Any

import pytest

from hub.model.contact import Field
from hub.model.events import MessageEdited, MessageReceived, Sender
from hub.model.ids import MessageId, ProjectId, new_id
from hub.model.operator import Role, Scope
from hub.services.search_index import SearchIndex
from hub.store.search_sources import SearchSources
from hub.store.search_words import SearchWords
from tests.web.house import FOREIGN, MINE, Client, House


def index_of(house: House) -> SearchIndex:
    """The index, worked on by whoever calls `step`."""
    database = house.pipeline.connection.database
    return SearchIndex(SearchSources(database), SearchWords(database), house.pipeline.leases, owner=new_id())


async def test_a_flood_keeps_the_index_behind_for_some_minutes_only(house: House) -> None:
    """Else its token would grow older than the history of changes, and all of it be made anew."""
    database, now_s = house.pipeline.connection.database, [0.0]
    index = SearchIndex(
        SearchSources(database), SearchWords(database), house.pipeline.leases, owner=new_id(),
        stored=lambda: round(1_000 * now_s[0]), monotonic=lambda: now_s[0],
    )  # fmt: skip
    rests = []
    for _ in range(80):
        now_s[0] += 10
        rests.append(index._rest(0.5, more=True))
    assert rests[0] == 10
    assert rests[-1] == 2
    assert index._rest(0.5, more=False) == 2
    now_s[0] += 10
    assert index._rest(0.5, more=True) == 10


async def bring_up(house: House) -> None:
    """Until there is nothing left to be taken into the index."""
    index = index_of(house)
    while await index.step():
        pass


async def person(house: House, *, project: ProjectId = MINE, **sender: Any) -> str:
    """Somebody writes; the id of the conversation."""
    who = Sender(**{"kind": "test", "value": new_id(), **sender})
    event = MessageReceived(external_id=new_id(), sender=who, text="Hello")
    received = (await house.pipeline.inbound.receive(house.channels[project], [event]))[0]
    assert received.conversation is not None
    await house.pipeline.turns._settle(received.conversation)
    return received.conversation


async def people(client: Client, q: str) -> list[str]:
    """The conversations of the people found."""
    status, found = await client.ask("GET", "/search/people", params={"q": q})
    assert status == 200, found
    return [one["id"] for one in found["items"]]


async def hits(client: Client, q: str) -> dict[str, str]:
    """The conversations found by what was said, each with its line; what was looked for stands in brackets."""
    found: dict[str, str] = {}
    cursor: dict[str, str] = {}
    while True:
        status, page = await client.ask("GET", "/search/messages", params={"q": q, **cursor})
        assert status == 200, page
        for hit in page["items"]:
            line = "".join(f"[{part['text']}]" if part["hit"] else part["text"] for part in hit["message"]["line"])
            found.setdefault(hit["conversation"]["id"], line)
        if page["next"] is None:
            return found
        cursor = {"cursor": page["next"]}


async def test_a_person_is_found_by_each_of_their_addresses(house: House) -> None:
    """By the number as people write it, the e-mail address in any case, the name of an account, a word of the name."""
    fields = (
        Field(name="phone", value="+79161234567"),
        Field(name="telegram_username", value="Sample_Account", verified=True),
        Field(name="wish", value="something blue"),
    )
    one = await person(house, kind="email", value="sample.person@example.org", name="Проба Сёмина", fields=fields)
    await bring_up(house)
    client = await house.as_role()
    for q in (
        "+7 (916) 123-45-67", "8 916 123 45 67", "9161234567", "791612345", "Sample.Person@Example.ORG",
        "sample.person@", "@sample_acc", "семина", "ПРОБА СЁ",
    ):  # fmt: skip
        assert one in await people(client, q), q
    for q in ("something", "+7 916 999", "other@example.org", "мина"):
        assert one not in await people(client, q), q


async def test_a_new_address_and_a_new_name_are_found_soon_and_an_old_name_is_not(house: House) -> None:
    one = await person(house, name="Formername Sample")
    await bring_up(house)
    client = await house.as_role()
    _, detail = await client.ask("GET", f"/conversations/{one}")
    change = {"name": "Latername Sample", "fields": [{"name": "phone", "value": "+4930901820"}]}
    assert (await client.ask("PATCH", f"/contacts/{detail['contact']}", change))[0] == 200
    await bring_up(house)
    assert one in await people(client, "latername")
    assert one in await people(client, "030 901820") or one in await people(client, "4930901820")
    assert one not in await people(client, "formername")


async def test_words_find_what_was_said_in_other_forms_and_half_of_a_word(house: House) -> None:
    """Russian and English endings, small and capital letters, ё as е; the line shows it marked."""
    russian = (await house.says("Подскажите, когда доставят заказы с примеркой? Ещё вчера обещали.")).conversation
    english = (await house.says("My parcels were delivered to the wrong address")).conversation
    assert russian is not None
    assert english is not None
    await bring_up(house)
    client = await house.as_role()
    assert (await hits(client, "ПРИМЕРКА заказ"))[russian] == (
        "Подскажите, когда доставят [заказы] с [примеркой]? Ещё вчера обещали."
    )
    assert russian in await hits(client, "обещали примерк")
    assert russian in await hits(client, "приме")
    assert russian not in await hits(client, "примерка возврат")
    assert (await hits(client, "parcel"))[english] == "My [parcels] were delivered to the wrong address"
    assert english in await hits(client, "delivering addr")
    assert await hits(client, "zzzz") == {}
    assert await hits(client, "?!") == {}


async def test_replies_and_notes_are_found_and_what_the_bot_says_is_not(house: House) -> None:
    conversation = await house.conversation()
    client = await house.as_role()
    for text, direction in (("The zebra is on its way", "out"), ("Likes giraffes", "note")):
        body = {"key": new_id(), "text": text, "direction": direction, "seen_position": 9}
        assert (await client.ask("POST", f"/conversations/{conversation}/messages", body))[0] == 201
    messages = house.pipeline.connection.database["messages"]
    await messages.update_one(
        {"conversation": conversation, "direction": "in"},
        {"$set": {"text": "Okapi", "author.kind": "bot"}, "$inc": {"revision": 1}},
    )
    await bring_up(house)
    assert conversation in await hits(client, "zebras")
    assert conversation in await hits(client, "giraffe")
    assert conversation not in await hits(client, "okapi")


async def test_a_conversation_comes_once_with_its_newest_message(house: House) -> None:
    """And the hit names the message, so that the thread can be opened there."""
    first = await house.says("A walrus, please", who="walrus")
    await house.says("Where is my walrus?", who="walrus")
    await bring_up(house)
    client = await house.as_role()
    _, page = await client.ask("GET", "/search/messages", params={"q": "walrus"})
    [hit] = page["items"]
    assert hit["conversation"]["id"] == first.conversation
    assert (hit["message"]["position"], hit["message"]["direction"]) == (2, "in")


async def test_an_edited_text_is_found_as_it_reads_now(house: House) -> None:
    received = await house.says("A lynx", who="editor")
    assert received.conversation is not None
    await bring_up(house)
    client = await house.as_role()
    assert received.conversation in await hits(client, "lynx")
    edit = MessageEdited(
        external_id=new_id(), target=received.external_id, text="An ocelot", sender=Sender(kind="test", value="editor")
    )
    await house.pipeline.inbound.receive(house.channels[MINE], [edit])
    assert received.conversation not in await hits(client, "lynx"), "what was said before the index knows of the edit"
    await bring_up(house)
    assert received.conversation in await hits(client, "ocelot")
    assert received.conversation not in await hits(client, "lynx")


async def test_an_erased_message_leaves_no_word_in_the_index(house: House) -> None:
    received = await house.says("Pangolins are secret", who="eraser")
    await bring_up(house)
    database = house.pipeline.connection.database
    gone = {"$set": {"text": "", "erased": True}, "$inc": {"revision": 1}}
    await database["messages"].update_one({"_id": received.message}, gone)
    await bring_up(house)
    kept = await database["search_messages"].find_one({"_id": received.message})
    assert kept is not None
    assert kept["words"] == []
    assert await hits(await house.as_role(), "pangolin") == {}


async def test_nobody_finds_what_is_not_theirs(house: House) -> None:
    """Neither of another project, nor of a colleague where the scope is one's own: not by word, name or address."""
    foreign = await person(house, project=FOREIGN, name="Axolotl", value="axolotl@example.org", kind="email")
    held = await person(house, name="Axolotl", value="held-axolotl@example.org", kind="email")
    await house.says("An axolotl over there", project=FOREIGN)
    holder = await house.as_role(Role.OPERATOR)
    note = {"key": new_id(), "text": "It is about an axolotl", "direction": "note"}
    assert (await holder.ask("POST", f"/conversations/{held}/messages", note))[0] == 201
    assert (await holder.ask("POST", f"/conversations/{held}/take", {"key": new_id()}))[0] == 200
    await bring_up(house)
    assert await people(holder, "axolotl") == [held]
    assert list(await hits(holder, "axolotl")) == [held]
    other = await house.as_role(Role.OPERATOR, Scope.OWN)
    assert await people(other, "axolotl") == []
    assert await people(other, "held-axolotl@") == []
    assert await hits(other, "axolotl") == {}
    there = await house.as_role(Role.OPERATOR, project=FOREIGN)
    assert await people(there, "axolotl@example.org") == [foreign]
    assert held not in await hits(there, "axolotl")


async def test_pages_go_on_where_the_last_one_ended(house: House) -> None:
    """Every conversation once or more, none left out, the newest first."""
    said = [(await house.says(f"Tapir number {number}")).conversation for number in range(7)]
    await bring_up(house)
    client = await house.as_role()
    found: list[str] = []
    cursor: dict[str, str] = {}
    for _ in range(10):
        _, page = await client.ask("GET", "/search/messages", params={"q": "tapirs", "limit": "3", **cursor})
        found += [hit["conversation"]["id"] for hit in page["items"]]
        if page["next"] is None:
            break
        cursor = {"cursor": page["next"]}
    assert found == said[::-1]


@pytest.mark.parametrize(
    "path",
    ["/search/messages?q=", "/search/messages?q=a&cursor=x", "/search/people", f"/search/people?q={'a' * 201}"],
)
async def test_a_query_that_makes_no_sense_is_refused(house: House, path: str) -> None:
    assert (await (await house.as_role()).ask("GET", path))[0] == 422


async def test_odd_queries_find_nothing_and_break_nothing(house: House) -> None:
    client = await house.as_role()
    for q in ("\x00", "𝕬", ".*", "^", "$gt", "+", "@", "8", "ё", "\U0010ffff", "a" * 200, "😀"):
        await people(client, q)
        await hits(client, q)


async def test_what_stood_there_before_is_walked_once_and_lost_changes_begin_anew(house: House) -> None:
    """The first time everything is read; a token that the server cannot use any more has the same end."""
    conversation = (await house.says("Quokka before the index")).conversation
    database = house.pipeline.connection.database
    for name in ("search_messages", "search_people", "search_state"):
        await database[name].delete_many({})
    await bring_up(house)
    client = await house.as_role()
    assert conversation in await hits(client, "quokka")
    words = SearchWords(database)
    progress = await words.progress()
    assert progress is not None
    assert (progress.complete, progress.walked) == (True, {})
    long_ago = progress.token[:2] + "5F000000" + progress.token[10:]
    await database["search_state"].update_one({"_id": "progress"}, {"$set": {"token": long_ago}})
    await database["search_messages"].delete_many({})
    await bring_up(house)
    assert conversation in await hits(client, "quokka")


async def test_a_late_write_of_an_older_text_changes_nothing(house: House) -> None:
    """A hub that was paused and goes on with what it had read does not bring back what was erased."""
    received = await house.says("Numbat", who="late")
    await bring_up(house)
    database = house.pipeline.connection.database
    row = await database["messages"].find_one({"_id": received.message})
    assert row is not None
    gone = {"$set": {"text": "", "erased": True}, "$inc": {"revision": 1}}
    await database["messages"].update_one({"_id": MessageId(received.message or "")}, gone)
    await bring_up(house)
    await index_of(house)._messages([row])
    kept = await database["search_messages"].find_one({"_id": received.message})
    assert kept is not None
    assert kept["words"] == []
