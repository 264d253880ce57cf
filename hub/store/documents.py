"""Models to documents and back: `id` is stored as `_id`, states as their words, times as dates."""

from collections.abc import Mapping
from datetime import datetime
from enum import Enum
from typing import Any, TypeVar

from hub.model.base import Stored

ModelT = TypeVar("ModelT", bound=Stored)
Document = dict[str, Any]
AS_THEY_ARE = frozenset({str, int, float, bool, bytes, datetime, type(None)})


def to_document(model: Stored) -> Document:
    """The document of `model`, ready for the driver, which stores states as their words and tuples as lists."""
    document: Document = model.model_dump(mode="python")
    if "id" in document:
        document = {"_id": document.pop("id"), **document}
    return document


def from_document(kind: type[ModelT], document: Mapping[str, Any]) -> ModelT:
    """The `kind` that `document` holds. Fields that `kind` does not know are ignored."""
    fields = dict(document)
    if "_id" in fields:
        fields["id"] = fields.pop("_id")
    return kind.model_validate(fields)


def plain(value: Any) -> Any:
    """`value` with states as their words and tuples as lists, as BSON knows them."""
    if type(value) in AS_THEY_ARE:  # nine of ten values; a state is no plain `str`, though it is one
        return value
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return value
