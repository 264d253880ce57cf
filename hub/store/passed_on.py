"""What somebody else has passed on of an erased contact: the message that holds their words, and the note about it."""

from hub.model.ids import ConversationId, derived_id
from hub.store.connection import Database
from hub.store.documents import Document
from hub.store.erasing import NOTHING_SAID
from hub.store.turns import of_cause


class PassedOn:
    """Takes it out of other conversations, where an operator has said who the author is. Each step may be repeated."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._messages, self._turns = database["messages"], database["turns"]

    async def erase(self, conversation: ConversationId) -> None:
        """Empty whatever the messages of `conversation` were passed on in. Before they are emptied: they name it."""
        brought = {"conversation": conversation, "details.brought_from": {"$gt": ""}}
        rows = await self._messages.find(brought, {"details.brought_from": 1}).to_list()
        for row in rows:
            await self._erase(row["details"]["brought_from"])

    async def _erase(self, message: str) -> None:
        outer = await self._messages.find_one({"_id": message})
        if outer is None:
            return
        mail = (outer.get("details") or {}).get("mail") or {}
        files = [*(file["id"] for file in outer.get("attachments") or ()), *filter(None, [mail.get("original")])]
        await self._database["attachments"].delete_many({"_id": {"$in": files}})
        emptied = [message, *await self._notes(message)]
        await self._database["webhook_deliveries"].update_many({"message": {"$in": emptied}}, {"$set": {"body": "{}"}})
        await self._database["search_messages"].delete_many({"_id": {"$in": emptied}})
        rows = await self._messages.find({"_id": {"$in": emptied}}, {"position": 1}).to_list()
        shown = {"_id": outer["conversation"], "last_message.position": {"$in": [row["position"] for row in rows]}}
        blank: Document = {"$set": {"last_message.preview": ""}, "$inc": {"revision": 1}}
        await self._database["conversations"].update_one(shown, blank)
        await self._messages.update_many(
            {"_id": {"$in": emptied}, "erased": {"$ne": True}}, {"$set": NOTHING_SAID, "$inc": {"revision": 1}}
        )

    async def _notes(self, message: str) -> list[str]:
        """The notes that say where it went; in the Turn that made them nothing is left."""
        turn = await self._turns.find_one(of_cause(f"attributed:{message}"))
        if turn is None:
            return []
        said = [index for index, effect in enumerate(turn.get("effects") or ()) if effect["type"] == "say"]
        if said:
            silent = {f"effects.{index}.text": "" for index in said}
            await self._turns.update_one({"_id": turn["_id"]}, {"$set": silent})
        return [derived_id(turn["_id"], index) for index in said]
