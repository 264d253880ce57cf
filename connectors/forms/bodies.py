"""What was posted, as fields and files: urlencoded, multipart and JSON. Pure."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import unquote_to_bytes

from pydantic import JsonValue

from connectors.errors import PayloadInvalid
from connectors.text import clean_name, clean_text
from hub.model.strict_json import BadJson, parse_json

FIELDS = 400
NAME_CHARACTERS = 200
FILES = 10
_PARAMETER = re.compile(r';\s*(name|filename)="((?:[^"\\]|\\.)*)"', re.IGNORECASE)
_BOUNDARY = re.compile(r'boundary=(?:"([^"]{1,70})"|([^\s;"]{1,70}))', re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class File:
    """A file that came with a form."""

    field: str
    name: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Body:
    """Fields in their order, each name once. `labels` and `hints` are what the source says of fields beside them.

    `id` is the source's own name of the submission; a hint is a target as in `config.Target`.
    """

    fields: Mapping[str, str]
    files: Sequence[File] = ()
    labels: Mapping[str, str] = field(default_factory=dict)
    hints: Mapping[str, str] = field(default_factory=dict)
    id: str | None = None


def read_body(raw: bytes, content_type: str) -> Body:
    """The fields of a body by what its head says it is; a guess where that says nothing. Raises `PayloadInvalid`."""
    kind = content_type.partition(";")[0].strip().lower()
    start = raw.lstrip()[:2]
    if kind == "application/x-www-form-urlencoded":
        return _body(_urlencoded(raw))
    if kind == "multipart/form-data":
        named = _BOUNDARY.search(content_type)
        return _multipart(raw, (named[1] or named[2]).encode() if named else _first_boundary(raw))
    if kind.endswith("json") or start[:1] in (b"{", b"["):
        return read_json(raw)
    if start == b"--":
        return _multipart(raw, _first_boundary(raw))
    return _body(_urlencoded(raw))


def read_json(raw: bytes) -> Body:
    """An object, flattened: `{"lead": {"phone": 1}}` has the field `lead.phone`. Raises `PayloadInvalid`."""
    return _body(flattened(json_object(raw)))


def json_object(raw: bytes) -> dict[str, JsonValue]:
    """The JSON object in a body. Raises `PayloadInvalid`."""
    try:
        value = parse_json(raw)
    except BadJson as error:
        raise PayloadInvalid(error.detail, error.code) from error
    if not isinstance(value, dict):
        raise PayloadInvalid("This is no JSON object.", "no_object")
    return value


def flattened(value: JsonValue, path: str = "") -> Iterator[tuple[str, str]]:
    """Every value with its dotted path; a list of plain values is one of them."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from flattened(inner, f"{path}.{name}" if path else name)
    elif isinstance(value, list) and any(isinstance(item, dict | list) for item in value):
        for number, inner in enumerate(value):
            yield from flattened(inner, f"{path}.{number}" if path else str(number))
    elif isinstance(value, list):
        yield path, ", ".join(shown(item) for item in value)
    else:
        yield path, shown(value)


def shown(value: JsonValue) -> str:
    """A plain value as text."""
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case _:
            return str(value)


def _body(pairs: Iterator[tuple[str, str]], files: Sequence[File] = ()) -> Body:
    found: dict[str, list[str]] = {}
    for name, value in pairs:
        known = clean_name(name, NAME_CHARACTERS)
        text = clean_text(value).strip()
        if known:
            found.setdefault(known, []).extend([text] if text else [])
        if len(found) > FIELDS:
            raise PayloadInvalid(f"A form has at most {FIELDS} fields.", "too_many_fields")
    if not files and not any(found.values()):
        raise PayloadInvalid("There is no field with a value.", "no_fields")
    return Body({name: ", ".join(values) for name, values in found.items()}, files)


def _urlencoded(raw: bytes) -> Iterator[tuple[str, str]]:
    for pair in raw.split(b"&"):
        name, _, value = pair.partition(b"=")
        yield _decoded(name), _decoded(value)


def _decoded(part: bytes) -> str:
    return _text(unquote_to_bytes(part.replace(b"+", b" ")))


def _text(raw: bytes) -> str:
    """UTF-8, as browsers send it; else what old Russian pages are written in."""
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("windows-1251", "replace")


def _first_boundary(raw: bytes) -> bytes:
    line = raw.lstrip().partition(b"\r\n")[0]
    if not line.startswith(b"--") or not 2 < len(line) <= 72:
        raise PayloadInvalid("This multipart body has no boundary.", "no_boundary")
    return line[2:]


def _multipart(raw: bytes, boundary: bytes) -> Body:
    """RFC 7578: parts between boundaries, each with a head of its own. Raises `PayloadInvalid`."""
    parts = (b"\r\n" + raw).split(b"\r\n--" + boundary)
    if len(parts) < 2 or not parts[-1].startswith(b"--"):
        raise PayloadInvalid("This multipart body broke off.", "broken_multipart")
    pairs: list[tuple[str, str]] = []
    files: list[File] = []
    for part in parts[1:-1]:
        head, blank, content = part.partition(b"\r\n\r\n")
        named = {name.lower(): _unquoted(value) for name, value in _PARAMETER.findall(_text(_disposition(head)))}
        if not blank or "name" not in named:
            raise PayloadInvalid("A part of this multipart body has no name.", "broken_multipart")
        if "filename" not in named:
            pairs.append((named["name"], _text(content)))
        elif content:  # a browser sends an empty one where no file was chosen
            pairs.append((named["name"], named["filename"]))
            files.append(File(named["name"], named["filename"], content))
    if len(files) > FILES:
        raise PayloadInvalid(f"A form has at most {FILES} files.", "too_many_files")
    return _body(iter(pairs), tuple(files))


def _disposition(head: bytes) -> bytes:
    lines = (line for line in head.split(b"\r\n") if line.lower().startswith(b"content-disposition:"))
    return next(lines, b"")


def _unquoted(value: str) -> str:
    # Browsers write a quote as %22 and leave backslashes alone; others put one before it.
    return value.replace('\\"', '"').replace("%22", '"')
