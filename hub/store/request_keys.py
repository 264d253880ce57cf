"""Request keys: which requests that make something have been begun, and which are done. Kept for a day."""

from dataclasses import dataclass

from pymongo import ReturnDocument
from pymongo.errors import DuplicateKeyError

from hub.store.connection import Database, retrying

COLLECTION = "request_keys"


@dataclass(frozen=True, slots=True)
class Begun:
    """A request as it was begun with its key: of which body, with a random word, and whether it is done."""

    fingerprint: str
    word: str
    done: bool


class RequestKeys:
    """The keys of all people."""

    def __init__(self, database: Database) -> None:
        self._collection = database[COLLECTION]

    async def begin(self, key: str, fingerprint: str, word: str) -> Begun:
        """Note that the request of `key` is begun; what the first one with it has noted. Raises `StoreUnavailable`."""
        fields = {
            "fingerprint": {"$ifNull": ["$fingerprint", {"$literal": fingerprint}]},
            "word": {"$ifNull": ["$word", {"$literal": word}]},
            "at": {"$ifNull": ["$at", "$$NOW"]},
        }
        while True:
            try:
                document = await retrying(
                    lambda: self._collection.find_one_and_update(
                        {"_id": key}, [{"$set": fields}], upsert=True, return_document=ReturnDocument.AFTER
                    )
                )
            except DuplicateKeyError:  # two at the same moment: the other one was faster
                continue
            assert document is not None
            return Begun(str(document["fingerprint"]), str(document["word"]), bool(document.get("done")))

    async def done(self, key: str) -> None:
        """What the request was to make is there."""
        await retrying(lambda: self._collection.update_one({"_id": key}, {"$set": {"done": True}}))
