"""Small workbooks and CSV files for the importer."""

import csv
import io
from collections.abc import Mapping, Sequence

from openpyxl import Workbook

Row = Mapping[str, object]
Sheets = Mapping[str, Sequence[Row]]

ROLE: list[Row] = [
    {"list_name": "role", "name": "owner", "label": "Owner"},
    {"list_name": "role", "name": "cfo", "label": "CFO"},
    {"list_name": "role", "name": "Other one", "label": "Somebody else"},
]
TOOLS: list[Row] = [
    {"list_name": "tools", "name": "crm", "label": "CRM"},
    {"list_name": "tools", "name": 1, "label": "Phone"},
    {"list_name": "tools", "name": "no", "label": "Nothing"},
]


def lines(rows: Sequence[Row]) -> list[list[object]]:
    """Headers, and the cells under them."""
    headers = list(dict.fromkeys(header for row in rows for header in row))
    return [list[object](headers), *([row.get(header) for header in headers] for row in rows)]


def xlsx(sheets: Sheets) -> bytes:
    """A workbook of these sheets."""
    book = Workbook()
    del book["Sheet"]
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for line in lines(rows):
            sheet.append(line)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def csv_of(sheets: Sheets, separator: str = ",", encoding: str = "utf-8") -> bytes:
    """The same as one CSV file: the name of each sheet stands above its lines."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=separator)
    for name, rows in sheets.items():
        writer.writerow([name])
        writer.writerows(["", *line] for line in lines(rows))
    return out.getvalue().encode(encoding)
