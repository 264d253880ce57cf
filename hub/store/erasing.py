"""Erasing what a contact told a flow, everywhere it was kept: each step may be repeated."""

from collections.abc import Iterator, Sequence
from typing import Any

from hub.model.ids import derived_id
from hub.model.turn import Turn
from hub.store.connection import Database
from hub.store.documents import Document, plain, to_document

SESSION_TURNS = 1_000
NOTHING_SAID: dict[str, Any] = {
    "text": "", "attachments": [], "details": None, "button": None, "edits": [], "erased": True,
}  # fmt: skip
"""What a message is left with of which everything was taken out that its author said."""


class Erasing:
    """Takes answers out of Turns, messages, the contact and webhooks. What is left says that there was a refusal."""

    def __init__(self, database: Database) -> None:
        self._turns, self._messages = database["turns"], database["messages"]
        self._attachments = database["attachments"]
        self._contacts, self._deliveries = database["contacts"], database["webhook_deliveries"]

    async def answers(self, last: Turn, session: str) -> None:
        """Erase what `session` had learned up to its Turn `last`, whose own session is what may be kept."""
        query = {"conversation": last.conversation, "seq": {"$lte": last.seq}, "session.id": session}
        turns = await self._turns.find(query).sort("seq", 1).limit(SESSION_TURNS).to_list()
        kept = to_document(last)["session"]["answers"] if last.session else {}
        await self._erase_messages(turns, kept)
        await self._erase_contact(last, turns)
        for turn in turns:
            called = [derived_id(turn["_id"], index) for index in webhooks_of(turn)]
            if called:
                await self._deliveries.update_many({"_id": {"$in": called}}, {"$set": {"body": "{}"}})
            if turn["seq"] < last.seq:
                change = {"session.answers": kept, "effects": [_without_answers(effect) for effect in _effects(turn)]}
                await self._turns.update_one({"_id": turn["_id"]}, {"$set": change})

    async def _erase_messages(self, turns: list[Document], kept: Document) -> None:
        told = {
            answer["message"]
            for turn in turns
            for name, answer in (turn["session"].get("answers") or {}).items()
            if answer.get("message") and name not in kept
        }
        answers = {"_id": {"$in": sorted(told)}, "erased": {"$ne": True}}
        sent = {**answers, "attachments.id": {"$exists": True}}
        rows = await self._messages.find(sent, {"attachments.id": 1}).to_list()
        files = [file["id"] for row in rows for file in row["attachments"]]
        if files:  # first: after a crash their messages are found again
            await self._attachments.delete_many({"_id": {"$in": files}})
        await self._messages.update_many(answers, {"$set": NOTHING_SAID, "$inc": {"revision": 1}})
        notes = [derived_id(turn["_id"], index) for turn in turns for index in _cards(turn)]
        if notes:
            blank = {"text": "", "card": None, "erased": True}
            await self._messages.update_many(
                {"_id": {"$in": notes}, "erased": {"$ne": True}}, {"$set": blank, "$inc": {"revision": 1}}
            )

    async def _erase_contact(self, last: Turn, turns: list[Document]) -> None:
        saved = {
            (effect["name"], effect["value"])
            for turn in turns
            for effect in _effects(turn)
            if effect["type"] == "set_field" and effect["value"]
        }
        known = await self._contacts.find_one({"_id": last.contact}, {"merged_into": 1}) or {}
        person = [last.contact, *filter(None, [known.get("merged_into")])]
        for name, value in sorted(saved):
            await self._contacts.update_many(
                {"_id": {"$in": person}, "project": last.project},
                {"$pull": {"fields": plain({"name": name, "value": value})}, "$inc": {"revision": 1}},
            )


def _effects(turn: Document) -> Sequence[Document]:
    return turn.get("effects") or ()


def webhooks_of(turn: Document) -> Iterator[int]:
    """The places of the effects that call a webhook."""
    return (index for index, effect in enumerate(_effects(turn)) if effect["type"] == "call_webhook")


def _cards(turn: Document) -> Iterator[int]:
    return (index for index, effect in enumerate(_effects(turn)) if effect["type"] == "say" and effect.get("card"))


def _without_answers(effect: Document) -> Document:
    match effect["type"]:
        case "set_field":
            return {**effect, "value": ""}
        case "call_webhook":
            return {**effect, "body": "{}"}
        case "say" if effect.get("card"):
            return {**effect, "card": None, "text": ""}
        case _:
            return effect
