"""Models to documents and back: `id` is stored as `_id`, states as their words, times as dates."""

from collections.abc import Mapping, Sequence
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


def lean_document(model: Stored, **parts: Mapping[str, Any]) -> Document:
    """As `to_document`, without what is empty where it may be, which is most of a message or a Turn.

    The server walks a document's fields for each index and each condition of one. `parts` are the documents of fields
    that are models themselves; those of others are left whole.
    """
    kind, values = type(model), model.__dict__
    fields = _FIELDS.get(kind)
    if fields is None:
        fields = _FIELDS[kind] = _with_their_empty_values(kind)
    document: Document = {"_id": None}  # the first of all
    others: set[str] = set()
    for name, empty in fields:
        value = values[name]
        if value is empty:
            continue
        kept = type(value)
        if kept in AS_THEY_ARE or issubclass(kept, str):  # a state is one as well
            document[name] = value
        elif kept is not tuple and issubclass(kept, Stored):
            document[name] = parts[name] if name in parts else _whole(value)
        else:
            others.add(name)
    if others:
        document |= model.model_dump(include=others)
    document["_id"] = document.pop("id", None)
    if document["_id"] is None:
        del document["_id"]
    return document


def _whole(model: Stored) -> Document:
    """As `model_dump` gives it, in a fifth of the time where there is nothing to be copied, as in an author."""
    values = model.__dict__
    for value in values.values():
        if type(value) not in AS_THEY_ARE and not isinstance(value, str):
            return model.model_dump()
    return dict(values)


_FIELDS: dict[type[Stored], Sequence[tuple[str, Any]]] = {}
_NEVER = object()


def _with_their_empty_values(kind: type[Stored]) -> Sequence[tuple[str, Any]]:
    """The fields; for those that nothing is, no or none by default, with what is read where they are missing."""
    empty = {name: field.default for name, field in kind.model_fields.items() if not field.is_required()}
    return [
        (name, empty[name] if name in empty and _says_nothing(empty[name]) else _NEVER) for name in kind.model_fields
    ]


def _says_nothing(value: Any) -> bool:
    return value is None or value is False or value == ()


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
