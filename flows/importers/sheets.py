"""Reads a workbook or a CSV file to sheets of texts, within limits: the file comes from somebody else."""

import csv
import io
import itertools
import warnings
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from enum import StrEnum
from typing import Any

FILE_LIMIT_BYTES = 10 * 1024 * 1024
UNPACKED_LIMIT_BYTES = 100 * 1024 * 1024
"""A workbook is a zip archive, and a small one may hold gigabytes."""
ROWS_LIMIT = 5000
COLUMNS_LIMIT = 200
SHEETS = ("survey", "choices", "settings")


Rows = list[tuple[int, Sequence[str]]]


class CannotImport(ValueError):
    """The file as a whole cannot be read. The message says what to do."""


class FileKind(StrEnum):
    """How the file is written."""

    XLSX = "xlsx"
    CSV = "csv"


@dataclass(frozen=True, slots=True)
class Line:
    """A line that is not empty. `number` counts the lines of the file from 1; empty cells are left out."""

    number: int
    cells: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Sheet:
    """The headers of the first line, and the lines below."""

    headers: Sequence[str] = ()
    lines: Sequence[Line] = field(default=())


def read_sheets(data: bytes, kind: FileKind) -> dict[str, Sheet]:
    """The sheets that a questionnaire has, by their names in small letters. Raises `CannotImport`."""
    if len(data) > FILE_LIMIT_BYTES:
        megabytes = FILE_LIMIT_BYTES // 1024**2
        raise CannotImport(f"The file is larger than {megabytes} MB. Leave out pictures and old sheets.")
    found = _workbook(data) if kind is FileKind.XLSX else _csv(data)
    sheets = {name: _sheet(name, rows) for name, rows in found.items()}
    if "survey" not in sheets:
        raise CannotImport("The file has no sheet `survey`. Name the sheet with the questions so.")
    return sheets


def _sheet(name: str, rows: Rows) -> Sheet:
    headers: Sequence[str] = ()
    lines: list[Line] = []
    for number, cells in rows:
        if not any(cells):
            continue
        if not headers:
            headers = [cell.strip() for cell in cells[:COLUMNS_LIMIT]]
            continue
        named = zip(headers, cells, strict=False)
        lines.append(Line(number, {header: cell for header, cell in named if header and cell}))
        if len(lines) > ROWS_LIMIT:
            raise CannotImport(f"The sheet `{name}` has more than {ROWS_LIMIT} lines. Split the questionnaire.")
    return Sheet(headers, lines)


def _workbook(data: bytes) -> dict[str, Rows]:
    try:
        return _opened(data)
    except CannotImport:
        raise
    except _UNREADABLE as error:
        raise CannotImport("The file is no XLSX workbook. Save it as .xlsx, or give a CSV file.") from error


_UNREADABLE = (
    zipfile.BadZipFile, zlib.error, KeyError, ValueError, TypeError, AttributeError, SyntaxError, OSError, EOFError,
    RuntimeError,
)  # fmt: skip
"""What the libraries raise for archives and XML that are cut off, encrypted or made up."""


def _opened(data: bytes) -> dict[str, Rows]:
    from openpyxl import load_workbook  # it takes a quarter of a second, and few commands import workbooks

    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        unpacked = sum(entry.file_size for entry in archive.infolist())
    if unpacked > UNPACKED_LIMIT_BYTES:
        megabytes = UNPACKED_LIMIT_BYTES // 1024**2
        raise CannotImport(f"The workbook unpacks to more than {megabytes} MB. Leave out pictures.")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of styles and validations, which nobody reads here
        book = load_workbook(io.BytesIO(data), read_only=True, data_only=True)
        try:
            sheets = {sheet.title.strip().lower(): sheet for sheet in book.worksheets}
            return {name: list(_rows(sheets[name])) for name in SHEETS if name in sheets}
        finally:
            book.close()


def _rows(sheet: Any) -> Iterator[tuple[int, Sequence[str]]]:
    """The lines of a sheet, to the limit and one more. Its own word for its size is not believed."""
    sheet.reset_dimensions()
    rows = sheet.iter_rows(max_col=COLUMNS_LIMIT, values_only=True)
    for number, row in enumerate(itertools.islice(rows, ROWS_LIMIT + 2), 1):
        yield number, [_text(cell) for cell in row]


def _text(cell: object) -> str:
    """A cell as it would be typed."""
    match cell:
        case None:
            return ""
        case bool():
            return str(cell).lower()
        case float() if cell.is_integer():
            return str(int(cell))
        case datetime() if cell.time() == time():
            return cell.date().isoformat()
        case date() | time():
            return cell.isoformat()
        case _:
            return str(cell).replace("\xa0", " ").strip()


def _csv(data: bytes) -> dict[str, Rows]:
    """One sheet, the questions; or all of them, as pyxform has it: the first column names a sheet above its lines."""
    rows = list(_csv_rows(data))
    if rows and {"type", "name"} <= {cell.lower() for cell in rows[0][1]}:
        return {"survey": rows}
    found: dict[str, Rows] = {}
    name = ""
    for number, cells in rows:
        if cells and cells[0]:
            name = cells[0].lower()
        if any(cells[1:]) and name in SHEETS:
            found.setdefault(name, []).append((number, cells[1:]))
    return found


def _csv_rows(data: bytes) -> Iterator[tuple[int, Sequence[str]]]:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("cp1251", "replace")  # what spreadsheets in Russian write, unless they are told otherwise
    if "\0" in text:
        raise CannotImport("The file is no CSV text. Save it as CSV, or give the .xlsx file.")
    head = "".join(text.splitlines(keepends=True)[:10])
    separator = max(",;\t", key=head.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    try:
        for row in itertools.islice(reader, 3 * ROWS_LIMIT):
            yield reader.line_num, [cell.replace("\xa0", " ").strip() for cell in row]
    except csv.Error as error:
        raise CannotImport(f"Line {reader.line_num} of the CSV file cannot be read: {error}.") from error
