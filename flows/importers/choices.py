"""The options of XLSForm's `choices` sheet, list by list, with codes that flows can have."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from flows.importers.columns import Row

CODE = re.compile(r"[a-z0-9][a-z0-9_]{0,47}")
RESERVED_CODES = frozenset({"script", "hint", "check"})
LABEL_LIMIT = 200
OPTIONS = (2, 100)
"""Fewest and most of one question."""


@dataclass(slots=True)
class OptionList:
    """The options of a list: their codes by their names in the sheet, their labels by code and language.

    `other` is the code of what is not among them, for a question that takes it.
    """

    codes: dict[str, str] = field(default_factory=dict)
    labels: dict[str, Mapping[str, str]] = field(default_factory=dict)
    fault: str | None = None
    other: str | None = None


def read_choices(rows: Iterable[Row]) -> dict[str, OptionList]:
    """All lists by name. A list that cannot be used carries the reason, with the row."""
    lists: dict[str, OptionList] = {}
    for row in rows:
        found = lists.setdefault(row.cell("list_name"), OptionList())
        name, labels = row.cell("name"), row.texts.get("label", {})
        if not name or not labels:
            found.fault = found.fault or f"an option in row {row.number} of `choices` has no name or no label"
        elif name in found.codes:
            found.fault = found.fault or f"the option `{name}` is twice in its list, in row {row.number} of `choices`"
        elif any(len(label) > LABEL_LIMIT for label in labels.values()):
            found.fault = found.fault or f"the label in row {row.number} of `choices` is longer than {LABEL_LIMIT}"
        else:
            code = code_of(name, found.labels)
            found.codes[name] = code
            found.labels[code] = labels
    return lists


def code_of(name: str, taken: Iterable[str]) -> str:
    """A name as a code or an id: small letters, digits and underscores, and no code twice."""
    plain = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")[:40] or "option"
    if not CODE.fullmatch(name):
        name = plain
    if name in RESERVED_CODES:
        name = f"{name}_1"
    base, number, used = name, 2, set(taken)
    while name in used:
        name, number = f"{base}_{number}", number + 1
    return name
