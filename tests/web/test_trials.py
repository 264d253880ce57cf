"""What a submission would lead to, by the rules by which the hub then decides."""

from hub.model.events import MessageReceived, Sender
from hub.model.flow import StartOn, StartRule
from hub.model.ids import new_id
from tests.web.house import MINE, House

WORDS = StartRule(flow="prices", on=StartOn.WORDS, words=("Price",))
FIRST = StartRule(flow="lead", on=StartOn.FIRST_MESSAGE)


async def test_the_first_rule_that_fits_is_foreseen(house: House) -> None:
    """Also one that goes by words, and in a conversation that has begun; not where an operator holds it."""
    channel = house.channels[MINE].model_copy(update={"flows": (WORDS, FIRST)})
    sender = Sender(kind="visitor", value=new_id(), name="Sample Visitor")

    async def flow(text: str) -> str | None:
        message = MessageReceived(external_id=new_id(), sender=sender, text=text)
        return (await house.parts.trials.foresee(channel, message)).flow

    assert (await flow("price"), await flow("Hello")) == ("prices", "lead")
    first = MessageReceived(external_id=new_id(), sender=sender, text="Hello")
    [received] = await house.parts.receive(house.channels[MINE], [first])
    assert received.conversation is not None
    await house.pipeline.turns.settle(received.conversation)
    assert (await flow("price"), await flow("Hello again")) == ("prices", None)
    client = await house.as_role()
    status, _ = await client.ask("POST", f"/conversations/{received.conversation}/take", {"key": new_id()})
    assert status == 200
    assert await flow("price") is None
