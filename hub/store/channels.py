"""Channels: the configured accounts, and the health that supervision writes beside them."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import orjson
from pydantic import JsonValue
from pymongo import ReturnDocument
from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import DuplicateKeyError

from hub.model.base import Stored
from hub.model.channel import Channel, ChannelState
from hub.model.ids import ChannelId, ProjectId
from hub.model.why import Why
from hub.store.documents import from_document, plain, to_document

COLLECTION = "channels"
AT_MOST = 1_000  # channels of one deployment that are read at once


class KeyTaken(Exception):
    """Another channel has this public key: take another one."""


class Channels:
    """The channels of all projects.

    `settings` are kept as one JSON string, `settings_json`: an admin's keys must not become field names of the store.
    `revision` rises with each change by a person, and not with health: supervision opens a channel anew when it has
    risen.
    """

    def __init__(self, database: AsyncDatabase[dict[str, Any]]) -> None:
        self._collection = database[COLLECTION]

    async def add(self, channel: Channel) -> None:
        """Store a new channel; one that is there already stays as it is. Raises `KeyTaken`."""
        try:
            await self._collection.insert_one(_document(channel))
        except DuplicateKeyError as error:
            if await self._collection.find_one({"_id": channel.id}, {"_id": 1}) is None:
                raise KeyTaken(channel.key) from error

    async def get(self, channel: ChannelId) -> Channel | None:
        """The channel, or None."""
        return _channel(await self._collection.find_one({"_id": channel}))

    async def in_project(self, project: ProjectId, channel: ChannelId) -> Channel | None:
        """The channel, or None when the project has no such one."""
        return _channel(await self._collection.find_one({"_id": channel, "project": project}))

    async def by_key(self, key: str) -> Channel | None:
        """The channel with this public key, or None."""
        return _channel(await self._collection.find_one({"key": key}))

    async def of_project(self, project: ProjectId) -> Sequence[Channel]:
        """The project's channels, the oldest first."""
        return await self._found({"project": project})

    async def enabled(self) -> Sequence[Channel]:
        """The channels of all projects that are to run."""
        return await self._found({"enabled": True})

    async def forgetful(self) -> Sequence[Channel]:
        """The channels that keep raw payloads for some days only."""
        rows = await self._collection.find({"raw_days": {"$gt": 0}}).limit(AT_MOST).to_list()
        return [channel_of(row) for row in rows]

    async def change(
        self, project: ProjectId, channel: ChannelId, revision: int, values: Mapping[str, Any]
    ) -> Channel | None:
        """Set fields of the channel as the person saw it; the channel after it.

        None when there is no such channel, or it has another revision by now. Raises `KeyTaken`.
        """
        fields = dict(_stored(name, value) for name, value in values.items())
        try:
            document = await self._collection.find_one_and_update(
                {"_id": channel, "project": project, "revision": revision},
                {"$set": fields, "$inc": {"revision": 1}},
                return_document=ReturnDocument.AFTER,
            )
        except DuplicateKeyError as error:
            raise KeyTaken(str(values.get("key"))) from error
        return _channel(document)

    async def set_state(
        self, channel: ChannelId, state: ChannelState, error: str | None, now: datetime, why: Why | None = None
    ) -> None:
        """Write how the channel is doing. `since` moves only when the state does."""
        told = {
            "health.error": {"$literal": error},
            "health.error_why": {"$literal": why.model_dump() if why else None},
        }
        well: dict[str, Any] = {"health.notice": None, "health.notice_whys": []}
        since = {"$cond": [{"$eq": ["$health.state", state.value]}, {"$ifNull": ["$health.since", now]}, now]}
        await self._collection.update_one(
            {"_id": channel},
            [{"$set": {"health.since": since}},
             {"$set": {"health.state": state.value, **told}},
             *([{"$set": well}] if state is ChannelState.STARTING else [])],
        )  # fmt: skip

    async def set_notice(self, channel: ChannelId, notice: str | None, whys: Sequence[Why] = ()) -> None:
        """Write what does not work beside the channel itself; None when all is well."""
        change = {"health.notice": notice, "health.notice_whys": [why.model_dump() for why in whys]}
        await self._collection.update_one({"_id": channel, "health.notice": {"$ne": notice}}, {"$set": change})

    async def touched(self, channel: ChannelId, *, inbound: datetime | None, outbound: datetime | None) -> None:
        """Note when something last came in or went out; a time never moves back."""
        times = {"health.last_inbound_at": inbound, "health.last_outbound_at": outbound}
        newer = {name: value for name, value in times.items() if value is not None}
        if newer:
            await self._collection.update_one({"_id": channel}, {"$max": newer})

    async def _found(self, query: Mapping[str, Any]) -> Sequence[Channel]:
        rows = await self._collection.find(query).sort("_id", 1).limit(AT_MOST).to_list()
        return [channel for row in rows if (channel := _channel(row)) is not None]


def channel_of(document: Mapping[str, Any]) -> Channel:
    """The channel that a document of this collection holds, with its settings."""
    settings: JsonValue = orjson.loads(document["settings_json"])
    return from_document(Channel, {**document, "settings": settings})


def _channel(document: Mapping[str, Any] | None) -> Channel | None:
    return None if document is None else channel_of(document)


def _document(channel: Channel) -> dict[str, Any]:
    return dict(_stored(name, value) for name, value in to_document(channel).items())


def _stored(name: str, value: Any) -> tuple[str, Any]:
    if name == "settings":
        return "settings_json", orjson.dumps(value).decode()
    if isinstance(value, tuple):
        return name, [plain(one.model_dump() if isinstance(one, Stored) else one) for one in value]
    return name, plain(value.model_dump() if isinstance(value, Stored) else value)
