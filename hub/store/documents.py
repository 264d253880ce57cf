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


def lean_document(model: Stored, *within: str) -> Document:
    """As `to_document`, without what is empty where it may be, which is most of a message or a Turn.

    The server walks a document's fields for each index and each condition of one. It looks `within` those named, too.
    """
    kind = type(model)
    empty = _EMPTY.get(kind)
    if empty is None:
        empty = _EMPTY[kind] = _empty_values(kind)
    document: Document = {"_id": None}  # the first of all
    others: set[str] = set()
    for name, value in model.__dict__.items():
        if name in empty and value is empty[name]:
            continue
        kept = type(value)
        if kept in AS_THEY_ARE or issubclass(kept, str):  # a state is one as well
            document[name] = value
        elif kept is not tuple and issubclass(kept, Stored):
            document[name] = lean_document(value) if name in within else value.model_dump()
        else:
            others.add(name)
    if others:
        document |= model.model_dump(include=others)
    document["_id"] = document.pop("id", None)
    if document["_id"] is None:
        del document["_id"]
    return document


_EMPTY: dict[type[Stored], Mapping[str, Any]] = {}


def _empty_values(kind: type[Stored]) -> Mapping[str, Any]:
    """What is read anyway where a field is missing, of the fields that nothing is, no or none by default."""
    defaults = {name: field.default for name, field in kind.model_fields.items() if not field.is_required()}
    return {name: default for name, default in defaults.items() if default is None or default is False or default == ()}


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
