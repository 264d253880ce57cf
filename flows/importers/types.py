"""The question types of XLSForm under all their names, and which type of a flow each becomes."""

import re
from dataclasses import dataclass

# Names as pyxform takes them (pyxform/aliases.py, pyxform/question_type_dictionary.py).
_QUESTIONS = {
    "text": "text", "string": "text", "integer": "number", "int": "number", "decimal": "number", "range": "number",
    "date": "date", "geopoint": "location", "location": "location", "gps": "location", "image": "file",
    "photo": "file", "audio": "file", "video": "file", "file": "file", "acknowledge": "consent", "trigger": "consent",
    "phone number": "phone",
}  # fmt: skip
_ACCEPT = {"image": "image", "photo": "image", "audio": "audio", "video": "video"}
METADATA = frozenset({
    "start", "end", "today", "deviceid", "device id", "imei", "subscriberid", "subscriber id", "simserial",
    "sim serial", "sim id", "phonenumber", "username", "email", "audit", "start-geopoint", "background-geopoint",
    "background-audio", "csv-external", "xml-external",
})  # fmt: skip
"""Rows that ask nothing: the device notes them down."""

_ONE = ("select_one", "select one", "select one from", "select1", "add select one prompt using")
_MANY = (
    "select_multiple", "select multiple", "select all that apply", "select all that apply from",
    "add select multiple prompt using",
)  # fmt: skip
_PROMPT = re.compile(r"add (\S+) prompt|q (\S+)")
_GROUP = re.compile(r"(begin|end)[ _](group|repeat|lgroup|looped group|loop)")


@dataclass(frozen=True, slots=True)
class RowType:
    """What a row is: `question`, `note`, `calculate`, `metadata`, `group`, `repeat`, `end` or `other`.

    `flow_type` is the type of question in the flow; `options` the list of a select, which has
    "other" besides where `other` is true.
    """

    kind: str
    written: str
    flow_type: str = ""
    options: str = ""
    other: bool = False
    accept: str = ""


def type_of(cell: str) -> RowType:
    """The type of a row."""
    plain = " ".join(cell.split())
    lower = plain.lower()
    if found := _GROUP.fullmatch(lower):
        kind = "end" if found[1] == "end" else "group" if found[2] == "group" else "repeat"
        return RowType(kind, plain)
    for words, flow_type in ((_ONE, "choice"), (_MANY, "choices")):
        for word in sorted(words, key=len, reverse=True):
            if lower.startswith(f"{word} "):
                return _select(plain, plain[len(word) :].split(), flow_type)
    if found := _PROMPT.fullmatch(lower):
        lower = found[1] or found[2]
    if lower in _QUESTIONS:
        return RowType("question", lower, _QUESTIONS[lower], accept=_ACCEPT.get(lower, ""))
    if lower in {"note", "calculate"}:
        return RowType(lower, lower)
    return RowType("metadata" if lower in METADATA else "other", lower)


def _select(written: str, words: list[str], flow_type: str) -> RowType:
    other = [word.lower() for word in words[1:]] in (["or_other"], ["or", "specify", "other"])
    if len(words) > 1 and not other:
        return RowType("other", written)
    return RowType("question", written, flow_type, options=words[0], other=other)
