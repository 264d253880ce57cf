"""Files: whether what was sent is of a kind that the question accepts."""

from collections.abc import Mapping, Sequence

from flows.answers.reading import Context, Raw, Reading, Understood, refuse
from flows.events import GivenFile
from flows.phrases import Phrase

FILES_LIMIT = 10
"""As many as a message may carry."""

FAMILIES = {"image", "audio", "video", "text"}
"""Words of `accept` that mean every type of a family."""

KINDS = {
    "pdf": ("application/pdf",),
    "doc": ("application/msword", "application/x-ole-storage"),
    "docx": ("application/vnd.openxmlformats-officedocument.wordprocessingml.document", "application/zip"),
    "xls": ("application/vnd.ms-excel", "application/x-ole-storage"),
    "xlsx": ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "application/zip"),
    "pptx": ("application/vnd.openxmlformats-officedocument.presentationml.presentation", "application/zip"),
    "odt": ("application/vnd.oasis.opendocument.text", "application/zip"),
    "csv": ("text/csv", "text/plain"),
    "txt": ("text/plain",),
    "zip": ("application/zip", "application/x-zip-compressed"),
    "jpg": ("image/jpeg",),
    "png": ("image/png",),
    "gif": ("image/gif",),
    "webp": ("image/webp",),
    "mp3": ("audio/mpeg",),
    "mp4": ("video/mp4",),
}
"""Types behind an extension: a file passes when its sniffed type is one of them and its name ends in the extension,
or when the type says the kind by itself."""

SAME = {"jpeg": "jpg"}
UNKNOWN_TYPE = "application/octet-stream"


def read_files(raw: Raw, context: Context) -> Reading:
    """The files as they are stored: `id`, `name`, `type`, `size_bytes`."""
    if isinstance(raw, str):
        return refuse(Phrase.NO_FILE, context)
    if not isinstance(raw, Sequence) or not raw:
        return refuse(Phrase.WRONG_KIND if raw else Phrase.NO_FILE, context)
    files = [item for item in raw if isinstance(item, GivenFile)]
    if len(files) != len(raw):
        return refuse(Phrase.WRONG_KIND, context)
    most = context.max or FILES_LIMIT
    if len(files) > most:
        return refuse(Phrase.TOO_MANY_FILES, context, max=most)
    if context.accept and not all(any(is_kind(file, kind) for kind in context.accept) for file in files):
        return refuse(Phrase.FILE_KIND, context, accept=", ".join(context.accept))
    value: tuple[Mapping[str, str | float], ...] = tuple(
        {"id": file.id, "name": file.name, "type": file.type, "size_bytes": file.size_bytes} for file in files
    )
    return Understood(value, ", ".join(file.name for file in files))


def is_kind(file: GivenFile, kind: str) -> bool:
    """Whether `file` is what `kind` of `accept` names: a family, an extension, or a MIME type."""
    kind = kind.lower().lstrip(".")
    kind = SAME.get(kind, kind)
    mime = file.type.lower().partition(";")[0].strip()
    if kind in FAMILIES:
        return mime.startswith(f"{kind}/")
    if "/" in kind:
        return mime == kind or (kind.endswith("/*") and mime.startswith(kind[:-1]))
    extension = file.name.rpartition(".")[2].lower()
    named = SAME.get(extension, extension) == kind
    types = KINDS.get(kind)
    if types is None:
        return named
    return mime == types[0] or (named and mime in types)
