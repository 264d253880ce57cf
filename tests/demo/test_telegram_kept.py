"""What the demo's Telegram keeps while the hub is away."""

from pathlib import Path

from hub.demo.telegram.kept import Kept
from hub.demo.telegram.server import SAMPLE_TOKEN, TelegramSimulator
from tests.demo.telegram_wire import PNG


def begin(first_message: int) -> TelegramSimulator:
    simulator = TelegramSimulator(seed=first_message)
    simulator.add_bot(first_message=first_message)
    return simulator


async def test_chats_files_and_updates_outlive_a_restart(tmp_path: Path) -> None:
    """What was written before is shown after it, a file can still be fetched, and nothing that waited is lost."""
    before = begin(1)
    bot = before.world.bots[SAMPLE_TOKEN]
    person = before.person(bot)
    async with Kept(before.world, bot, tmp_path).saving():
        person.start()
        photo = person.send_file("photo", PNG, "lamp.png", "our lamp")
        person.react(photo, "👍")
        taken, waiting = bot.updates.waiting()
        bot.updates.taken(taken)
    after = begin(1000)
    bot = after.world.bots[SAMPLE_TOKEN]
    person = after.person(bot)
    async with Kept(after.world, bot, tmp_path).saving():
        assert [one.get("text", one.get("caption")) for one in person.messages] == ["/start", "our lamp"]
        assert person.chat.reactions == {(photo["message_id"], 777): [{"type": "emoji", "emoji": "👍"}]}
        assert bot.updates.waiting() == [waiting]
        assert person.say("again")["message_id"] == 1000
        assert bot.updates.waiting()[-1].id > waiting.id
        path = after.world.files.open(photo["photo"][-1]["file_id"])["file_path"]
        stored = after.world.files.at(path)
        assert stored is not None
        assert stored.content == PNG


async def test_a_state_that_cannot_be_read_is_left_behind(tmp_path: Path) -> None:
    """The demo begins anew."""
    (tmp_path / "state.json").write_text('{"files": [{"unique_id": "nothing"}]}')
    simulator = begin(1)
    bot = simulator.world.bots[SAMPLE_TOKEN]
    async with Kept(simulator.world, bot, tmp_path).saving():
        assert simulator.person(bot).messages == []
