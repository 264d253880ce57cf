"""Operators: who works in the inbox, and what proves that it is them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pymongo import ReturnDocument
from pymongo.errors import DuplicateKeyError

from hub.model.ids import OperatorId, ProjectId
from hub.model.operator import Membership, Operator
from hub.store.connection import Database
from hub.store.documents import from_document, plain, to_document


class EmailTaken(ValueError):
    """Another operator has this e-mail address."""


@dataclass(frozen=True, slots=True)
class SecondFactor:
    """The second factor of an operator. `pending` waits for its first code; `left` recovery codes are unused."""

    secret: str | None
    pending: str | None
    left: int


class Operators:
    """All operators. Fields of the second factor (`totp_step`, `totp_pending`, `recovery_codes`) never leave here."""

    def __init__(self, database: Database) -> None:
        self._collection = database["operators"]

    async def add(self, operator: Operator) -> None:
        """Store a new operator. Raises `EmailTaken`."""
        try:
            await self._collection.insert_one(to_document(operator))
        except DuplicateKeyError as error:
            raise EmailTaken(operator.email) from error

    async def get(self, operator: OperatorId) -> Operator | None:
        """The operator, or None."""
        document = await self._collection.find_one({"_id": operator})
        return from_document(Operator, document) if document else None

    async def by_email(self, email: str) -> Operator | None:
        """The operator who signs in with `email` (lower case), or None."""
        document = await self._collection.find_one({"email": email})
        return from_document(Operator, document) if document else None

    async def of_project(self, project: ProjectId) -> Sequence[Operator]:
        """Everybody who works in the project, by name."""
        rows = await self._collection.find({"memberships.project": project}).sort("name", 1).to_list()
        return [from_document(Operator, row) for row in rows]

    async def change(self, operator: OperatorId, **values: Any) -> Operator | None:
        """Set fields of the model; the operator after it, or None."""
        return await self._update(
            {"_id": operator},
            {"$set": {name: plain(_dumped(value)) for name, value in values.items()}, "$inc": {"revision": 1}},
        )

    async def join(self, operator: OperatorId, place: Membership) -> bool:
        """Give a person a place in a project; false when they have one there. One atomic update."""
        joined = await self._update(
            {"_id": operator, "memberships.project": {"$ne": place.project}},
            {"$push": {"memberships": plain(place.model_dump())}, "$inc": {"revision": 1}},
        )
        return joined is not None

    async def move(self, operator: OperatorId, place: Membership) -> Operator | None:
        """Change a person's place in its project; the person after it, None when they have none there. Atomic."""
        return await self._update(
            {"_id": operator, "memberships.project": place.project},
            {"$set": {"memberships.$": plain(place.model_dump())}, "$inc": {"revision": 1}},
        )

    async def leave(self, operator: OperatorId, project: ProjectId) -> bool:
        """Take a person's place in a project away; false when they have none there. One atomic update."""
        left = await self._update(
            {"_id": operator, "memberships.project": project},
            {"$pull": {"memberships": {"project": project}}, "$inc": {"revision": 1}},
        )
        return left is not None

    async def second_factor(self, operator: OperatorId) -> SecondFactor:
        """How the second factor stands."""
        document = (
            await self._collection.find_one(
                {"_id": operator}, {"totp_secret": 1, "totp_pending": 1, "recovery_codes": 1}
            )
            or {}
        )
        return SecondFactor(
            document.get("totp_secret"), document.get("totp_pending"), len(document.get("recovery_codes") or ())
        )

    async def begin_totp(self, operator: OperatorId, secret: str) -> None:
        """Keep a new secret until its first code proves that it arrived."""
        await self._collection.update_one({"_id": operator}, {"$set": {"totp_pending": secret}})

    async def enable_totp(self, operator: OperatorId, secret: str, step: int, recovery_hashes: Sequence[str]) -> bool:
        """Make the pending `secret` the one that counts; false when another one is pending by now."""
        changed = await self._update(
            {"_id": operator, "totp_pending": secret},
            {
                "$set": {"totp_secret": secret, "totp_step": step, "recovery_codes": list(recovery_hashes)},
                "$unset": {"totp_pending": ""},
                "$inc": {"revision": 1},
            },
        )
        return changed is not None

    async def disable_totp(self, operator: OperatorId) -> None:
        """Back to the password alone."""
        await self._update(
            {"_id": operator},
            {
                "$set": {"totp_secret": None},
                "$unset": {"totp_pending": "", "totp_step": "", "recovery_codes": ""},
                "$inc": {"revision": 1},
            },
        )

    async def use_totp_step(self, operator: OperatorId, step: int) -> bool:
        """Use up a time step; false when this or a later one was used already. One atomic update."""
        unused = {"$or": [{"totp_step": None}, {"totp_step": {"$lt": step}}]}
        result = await self._collection.update_one({"_id": operator, **unused}, {"$set": {"totp_step": step}})
        return result.modified_count == 1

    async def use_recovery_code(self, operator: OperatorId, code_hash: str) -> bool:
        """Use up a recovery code; false when there is no such code (any more). One atomic update."""
        result = await self._collection.update_one(
            {"_id": operator, "recovery_codes": code_hash}, {"$pull": {"recovery_codes": code_hash}}
        )
        return result.modified_count == 1

    async def _update(self, query: dict[str, Any], update: dict[str, Any]) -> Operator | None:
        document = await self._collection.find_one_and_update(query, update, return_document=ReturnDocument.AFTER)
        return from_document(Operator, document) if document else None


def _dumped(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return [_dumped(item) for item in value]
    return value.model_dump() if hasattr(value, "model_dump") else value
