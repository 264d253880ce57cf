"""Questionnaires of other tools as files of flows."""

from collections.abc import Sequence
from pathlib import Path

from flows.importers.sheets import CannotImport
from flows.importers.xlsform import Imported, import_xlsform
from hub.app.flow_files import FilesError

SIZE_LIMIT_BYTES = 25 * 1024 * 1024


def import_file(path: Path, name: str | None, folder: Path, *, force: bool) -> tuple[Imported, Sequence[Path]]:
    """Write a flow and its translations into `folder`; what came along, and the files. Raises `FilesError`."""
    try:
        if path.stat().st_size > SIZE_LIMIT_BYTES:
            raise FilesError(f"{path}: more than {SIZE_LIMIT_BYTES} bytes are no questionnaire.")
        found = import_xlsform(path, name=name or "")
    except OSError as error:
        raise FilesError(f"{path}: {error.strerror or error}.") from error
    except CannotImport as error:
        raise FilesError(f"{path}: {error}") from error
    if not found.yaml:
        return found, ()
    texts = {folder / f"{found.name}.yml": found.yaml} | {
        folder / f"{found.name}.{lang}.yml": text for lang, text in sorted(found.translations.items())
    }
    there = [file for file in texts if file.exists()]
    if there and not force:
        raise FilesError(f"{there[0]} exists. Choose another --name, or overwrite it with --force.")
    folder.mkdir(parents=True, exist_ok=True)
    for file, text in texts.items():
        file.write_text(text, "utf-8")
    return found, list(texts)
