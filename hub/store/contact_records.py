"""Everything that the store holds of one person: read for them, counted, and taken out on their wish.

`hub/store/erasing.py` takes out what a flow was told; what both blank in a message is said there.
"""

import re
from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import unquote_to_bytes

from hub.model.erasure import Erasure, Held
from hub.model.ids import ChannelId, ContactId, ConversationId, ProjectId, derived_id
from hub.model.message import DeliveryStatus
from hub.store.connection import Database
from hub.store.documents import Document, from_document, to_document
from hub.store.early_edits import EarlyEdits
from hub.store.erasing import NOTHING_SAID, webhooks_of
from hub.store.passed_on import PassedOn

WAITING = [DeliveryStatus.QUEUED.value, DeliveryStatus.SENDING.value]
BATCH = 500
SHORTEST_SOUGHT = 5  # characters of an address: a shorter one would be found in everything
READ_OF = (
    ("addresses", "contact"), ("stage_log", "contact"), ("consents", "contact"), ("flow_sessions", "contact"),
    ("tasks", "contact"), ("conversations", "contact"),
)  # fmt: skip
"""Collections that name the contact, and the field that does."""
HIDDEN = frozenset(
    {"shelf", "unattended", "name_starts", "holder", "secret_hash", "undecided", "applied", "claimed_by"}
)
"""Fields that are the hub's own marks and say nothing of the person."""


class ContactRecords:
    """Reads and erases. Each step of an erasure may be repeated, and finds what an earlier one has left."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._messages, self._turns = database["messages"], database["turns"]
        self._erasures, self._contacts = database["erasures"], database["contacts"]
        self._attachments, self._passed_on = database["attachments"], PassedOn(database)

    # Reading ----------------------------------------------------------------------------------------------------

    async def conversations(
        self, project: ProjectId, parts: Sequence[ContactId]
    ) -> tuple[Sequence[ConversationId], Sequence[ChannelId]]:
        """Those of a person, and the channels that they are on."""
        query = {"project": project, "contact": {"$in": list(parts)}}
        rows = await self._database["conversations"].find(query, {"channel": 1}).to_list()
        return [row["_id"] for row in rows], sorted({row["channel"] for row in rows})

    async def held(self, project: ProjectId, parts: Sequence[ContactId]) -> Held:
        """How much there is."""
        conversations, _ = await self.conversations(project, parts)
        of_person = {"project": project, "contact": {"$in": list(parts)}}
        inside = {"conversation": {"$in": list(conversations)}}
        files = await self._attachments.find(inside, {"size_bytes": 1}).to_list()
        contacts = await self._contacts.find({"_id": {"$in": list(parts)}}, {"fields": 1}).to_list()
        return Held(
            conversations=len(conversations),
            messages=await self._messages.count_documents(inside),
            waiting=await self._messages.count_documents({**inside, "delivery.status": {"$in": WAITING}}),
            files=len(files),
            file_bytes=sum(row.get("size_bytes") or 0 for row in files),
            addresses=await self._database["addresses"].count_documents({"contact": {"$in": list(parts)}}),
            fields=sum(len(row.get("fields") or ()) for row in contacts),
            sessions=await self._database["flow_sessions"].count_documents(of_person),
            tasks=await self._database["tasks"].count_documents(of_person),
        )

    async def about(self, project: ProjectId, parts: Sequence[ContactId]) -> dict[str, list[Document]]:
        """What is known of a person beside messages, by collection."""
        contacts = self._contacts.find({"_id": {"$in": list(parts)}, "project": project}).sort("_id", 1)
        found = {"contacts": [_shown(row) async for row in contacts]}
        for name, field in READ_OF:
            rows = self._database[name].find({"project": project, field: {"$in": list(parts)}}).sort("_id", 1)
            found[name] = [_shown(row) async for row in rows]
        return found

    async def messages(self, conversation: ConversationId) -> AsyncIterator[Document]:
        """The messages of a conversation, in order."""
        async for row in self._messages.find({"conversation": conversation}).sort("position", 1):
            yield _shown(row)

    # Erasing ----------------------------------------------------------------------------------------------------

    async def begin(self, erasure: Erasure, sought: Sequence[str]) -> None:
        """Note durably that this is to be done, and let the contact exist no more.

        Whoever writes from one of the addresses begins as somebody new from now on. `sought` are those addresses: they
        are kept until all is done, to be found in raw payloads that nobody could read.
        """
        document = to_document(erasure)
        await self._erasures.update_one(
            {"_id": document.pop("_id")}, {"$setOnInsert": {**document, "sought": list(sought)}}, upsert=True
        )
        await self._contacts.update_many(
            {"_id": {"$in": list(erasure.parts)}, "erased_at": None}, {"$set": {"erased_at": erasure.asked_at}}
        )
        await self._database["addresses"].delete_many({"contact": {"$in": list(erasure.parts)}})

    async def get(self, project: ProjectId, contact: ContactId) -> Erasure | None:
        """The erasure of a contact, or None."""
        document = await self._erasures.find_one({"_id": contact, "project": project})
        return from_document(Erasure, document) if document else None

    async def undone(self) -> Sequence[Erasure]:
        """Those that are still to be carried out, the oldest first."""
        rows = await self._erasures.find({"done_at": None}).sort("asked_at", 1).limit(BATCH).to_list()
        return [from_document(Erasure, row) for row in rows]

    async def grow(self, erasure: Erasure) -> Erasure:
        """The erasure with the conversations that have come to be listed since it was asked for."""
        conversations, channels = await self.conversations(erasure.project, erasure.parts)
        await self._erasures.update_one(
            {"_id": erasure.id},
            {"$addToSet": {"conversations": {"$each": list(conversations)}, "channels": {"$each": list(channels)}}},
        )
        document = await self._erasures.find_one({"_id": erasure.id})
        return from_document(Erasure, document) if document else erasure

    async def done(self, erasure: Erasure, at: datetime) -> bool:
        """Note that all is done; whether nobody has before. One atomic update."""
        result = await self._erasures.update_one(
            {"_id": erasure.id, "done_at": None}, {"$set": {"done_at": at}, "$unset": {"sought": ""}}
        )
        return result.modified_count == 1

    async def erase(self, erasure: Erasure) -> None:
        """Take everything out.

        What is waiting to be sent is cancelled in the same update that empties it, so that nothing empty goes out;
        what a sender has claimed already is out of reach, and its result changes nothing any more.
        """
        for conversation in erasure.conversations:
            await self._passed_on.erase(conversation)
            await self._files(conversation)
            await self._webhooks(conversation)
            await self._conversation(conversation)
        await self._beside(erasure)
        kept = await self._erasures.find_one({"_id": erasure.id}, {"sought": 1}) or {}
        await self._raw(erasure, kept.get("sought", ()))
        await EarlyEdits(self._database).erase(erasure.channels, kept.get("sought", ()))
        blank: Document = {
            "erased_at": erasure.asked_at,
            "name": None,
            "language": None,
            "time_zone": None,
            "fields": [],
            "stage": None,
            "stage_at": None,
        }
        await self._contacts.update_many(
            {"_id": {"$in": list(erasure.parts)}}, {"$set": blank, "$inc": {"revision": 1}}
        )
        inside = {"$in": list(erasure.conversations)}
        await self._database["conversations"].delete_many({"_id": inside})

    async def _files(self, conversation: ConversationId) -> None:
        """The attachments; bytes that nothing refers to any more go with the next sweep of files."""
        rows = self._messages.find(
            {"conversation": conversation, "attachments.id": {"$exists": True}}, {"attachments.id": 1}
        )
        ids = {one["id"] async for row in rows for one in row["attachments"]}
        originals = self._messages.find(
            {"conversation": conversation, "details.mail.original": {"$gt": ""}}, {"details.mail.original": 1}
        )
        ids |= {row["details"]["mail"]["original"] async for row in originals}
        bound = {"$or": [{"_id": {"$in": sorted(ids)}}, {"conversation": conversation}]}
        await self._attachments.delete_many(bound)

    async def _webhooks(self, conversation: ConversationId) -> None:
        """What programs of the project were told, by flows and by generic channels."""
        deliveries = self._database["webhook_deliveries"]
        called = {"conversation": conversation, "effects.type": "call_webhook"}
        ids = [
            derived_id(turn["_id"], index)
            async for turn in self._turns.find(called, {"effects": 1})
            for index in webhooks_of(turn)
        ]
        blank = {"$set": {"body": "{}"}}
        await deliveries.update_many({"_id": {"$in": ids}}, blank)
        batch: list[str] = []
        async for row in self._messages.find({"conversation": conversation}, {"_id": 1}):
            batch.append(row["_id"])
            if len(batch) == BATCH:
                await deliveries.update_many({"message": {"$in": batch}}, blank)
                batch = []
        if batch:
            await deliveries.update_many({"message": {"$in": batch}}, blank)

    async def _conversation(self, conversation: ConversationId) -> None:
        """Messages and Turns as shells: their keys keep a second copy of the same from coming in anew."""
        inside = {"conversation": conversation}
        cancelled: dict[str, Any] = {
            "delivery.status": DeliveryStatus.FAILED.value,
            "delivery.code": "cancelled",
            "delivery.copies": None,
            "delivery.copied": [],
        }
        untold: dict[str, Any] = {"delivery.reason": None, "delivery.why": None, "delivery.whys": []}
        shell = {
            **NOTHING_SAID, "ask": None, "buttons": [], "card": None, "reactions": [], "author.name": None,
            "contact_erased": True,
        }  # fmt: skip
        await self._messages.update_many(
            {**inside, "delivery.status": {"$in": WAITING}},
            {"$set": {**shell, **cancelled, **untold}, "$inc": {"revision": 1}},
        )
        sent = {**inside, "contact_erased": {"$ne": True}, "delivery": {"$type": "object"}}
        empty = {
            **shell,
            **untold,
            "delivery.external_ids": [],
            "delivery.copies": None,
            "delivery.copied": [],
            "redraw_due": False,
        }
        await self._messages.update_many(sent, {"$set": empty, "$inc": {"revision": 1}})
        await self._messages.update_many(
            {**inside, "contact_erased": {"$ne": True}}, {"$set": shell, "$inc": {"revision": 1}}
        )
        bare: dict[str, Any] = {"effects": [], "session": None, "left": None, "task": None, "state.tags": []}
        await self._turns.update_many(inside, {"$set": bare})
        await self._turns.update_many({**inside, "actor.kind": "contact"}, {"$set": {"actor.name": None}})
        for name in ("timers", "drafts", "read_marks", "group_topics"):
            await self._database[name].delete_many(inside)
        words = self._database["search_messages"]
        batch = [row["_id"] async for row in self._messages.find(inside, {"_id": 1})]
        for start in range(0, len(batch), BATCH):
            await words.delete_many({"_id": {"$in": batch[start : start + BATCH]}})

    async def _beside(self, erasure: Erasure) -> None:
        parts = {"$in": list(erasure.parts)}
        ours = {"project": erasure.project}
        await self._database["addresses"].delete_many({"contact": parts})
        await self._database["tasks"].delete_many({**ours, "contact": parts})
        await self._database["form_invites"].delete_many({**ours, "contact": parts})
        # Made for nobody that was known, with answers in it, and filled in by them.
        await self._database["form_invites"].delete_many({**ours, "used": {"$in": list(erasure.conversations)}})
        await self._database["merges"].delete_many({**ours, "survivor": parts})
        await self._database["merges"].delete_many({**ours, "merged": parts})
        await self._database["search_people"].delete_many({"_id": parts})
        sessions = self._database["flow_sessions"]
        await sessions.update_many({**ours, "contact": parts}, {"$set": {"session.answers": {}}})
        live = {**ours, "contact": parts, "state": {"$in": ["active", "waiting_operator"]}}
        await sessions.update_many(live, {"$set": {"state": "stopped", "session.state": "stopped"}})

    async def _raw(self, erasure: Erasure, sought: Sequence[str]) -> None:
        """Payloads that name an address, and the samples of the channels, which only last a day anyway."""
        await self._database["form_samples"].delete_many({"channel": {"$in": list(erasure.channels)}})
        anywhere = _naming(sought)
        # Of an address that begins with a name of ours (a connection, a widget), the service says the rest alone.
        there = _naming([*sought, *(one.rpartition(":")[2] for one in sought if ":" in one)])
        parked = self._database["parked"]
        rows = parked.find({"project": erasure.project, "raw": {"$gt": b""}}, {"raw": 1, "channel": 1})
        async for row in rows:
            naming = there if row["channel"] in erasure.channels else anywhere
            if naming.search(row["raw"]) or naming.search(unquote_to_bytes(row["raw"])):
                gone = {"raw": b"", "raw_gone": True, "status": "done", "reason": "", "why": None}
                await parked.update_one({"_id": row["_id"]}, {"$set": gone})


def _naming(sought: Sequence[str]) -> re.Pattern[bytes]:
    """Finds an address of one's own, in whichever case; not where it is a part of somebody else's."""
    names = [re.escape(one.encode()) for one in sought if len(one) >= SHORTEST_SOUGHT]
    if not names:
        return re.compile(rb"(?!)")  # nothing
    part = rb"[\w\x80-\xff]"
    return re.compile(
        rb"(?<![\w.+\-\x80-\xff])(?:" + b"|".join(names) + rb")(?!" + part + rb"|[.\-]" + part + rb")", re.IGNORECASE
    )


def _shown(row: Document) -> Document:
    return {name.removeprefix("_"): value for name, value in row.items() if name not in HIDDEN}
