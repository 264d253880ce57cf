"""A mail as its author marked it: who sees it, and under which policy."""

from collections.abc import AsyncIterator

from hub.model.content import Details, MailDetails
from hub.model.events import MessageReceived, Sender
from hub.model.ids import new_id
from tests.web.house import FOREIGN, MINE, House


async def _mail(house: House) -> str:
    """The path of a mail whose original is stored."""

    async def pieces() -> AsyncIterator[bytes]:
        yield b"Hello"

    file = await house.parts.attachments.take(MINE, "email:test", "message.eml", pieces())
    event = MessageReceived(
        external_id=new_id(), sender=Sender(kind="email", value="a@example.com"), text="Hello", attachments=(file,),
        details=Details(mail=MailDetails(subject="Hi", original=file.id, html=True)),
    )  # fmt: skip
    [received] = await house.pipeline.inbound.receive(house.channels[MINE], [event])
    assert received.conversation is not None
    await house.pipeline.turns.settle(received.conversation)
    return f"/conversations/{received.conversation}/messages/{received.message}/marked"


async def test_a_mail_is_shown_under_a_policy_that_runs_and_fetches_nothing(house: House) -> None:
    client, path = await house.as_role(), await _mail(house)
    async with client.session.get(f"/api/v1{path}") as answer:
        assert answer.status == 200
        policy = answer.headers["Content-Security-Policy"]
        assert "sandbox" in policy
        assert "img-src data:;" in policy
        assert answer.headers["X-Blocked-Images"] == "2"
        assert "<p>Hello</p>" in await answer.text()
    async with client.session.get(f"/api/v1{path}?images=true") as answer:
        assert "img-src data: https:;" in answer.headers["Content-Security-Policy"]


async def test_a_mail_whose_original_is_kept_no_longer_says_so(house: House) -> None:
    client, path = await house.as_role(), await _mail(house)
    await house.pipeline.connection.database["messages"].update_one(
        {"_id": path.split("/")[4]}, {"$set": {"details.mail.original": None, "details.mail.original_gone": True}}
    )
    status, problem = await client.ask("GET", path)
    assert (status, problem["code"]) == (410, "original_gone")
    assert "no longer kept" in problem["detail"]


async def test_a_mail_of_another_project_does_not_exist(house: House) -> None:
    path = await _mail(house)
    stranger = await house.as_role(project=FOREIGN)
    assert (await stranger.ask("GET", path))[0] == 404


async def test_a_message_that_is_no_mail_has_no_marked_form(house: House) -> None:
    client, received = await house.as_role(), await house.says("Hello")
    path = f"/conversations/{received.conversation}/messages/{received.message}/marked"
    assert (await client.ask("GET", path))[0] == 404
