import io
import random
import zipfile
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flows.importers import sheets
from flows.importers.sheets import CannotImport, FileKind
from flows.importers.xlsform import import_xlsform
from flows.importers.xpath import Untranslatable, parse
from tests.flows.importers.workbooks import xlsx

ROW = {"type": "text", "name": "x", "label": "X?"}


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04", b"just a text", xlsx({"survey": [ROW]})[:500]])
def test_file_that_is_no_workbook_is_refused(data: bytes) -> None:
    with pytest.raises(CannotImport, match="no XLSX workbook"):
        import_xlsform(data, FileKind.XLSX)


def test_damaged_workbook_is_refused_whatever_is_damaged() -> None:
    """Each part of the archive in turn is cut off or replaced, and bytes are changed at random."""
    whole = xlsx({"survey": [ROW], "choices": []})
    dice = random.Random(7)
    with zipfile.ZipFile(io.BytesIO(whole)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    damaged = [_packed(parts | {name: text}) for name in parts for text in (b"", b"<a", parts[name][:40])]
    for _ in range(150):
        changed = bytearray(whole)
        changed[dice.randrange(len(changed))] ^= 1 << dice.randrange(8)
        damaged.append(bytes(changed))
    for data in damaged:
        with suppress(CannotImport):
            import_xlsform(data, FileKind.XLSX)


def _packed(parts: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, text in parts.items():
            archive.writestr(name, text)
    return out.getvalue()


def test_file_without_questions_sheet_is_refused() -> None:
    with pytest.raises(CannotImport, match="no sheet `survey`"):
        import_xlsform(xlsx({"choices": [ROW]}))
    with pytest.raises(CannotImport, match="no sheet `survey`"):
        import_xlsform(b"a,b\n1,2\n", "csv")


def test_csv_that_is_binary_is_refused() -> None:
    with pytest.raises(CannotImport, match="no CSV text"):
        import_xlsform(b"type,name\0\n", "csv")


def test_large_file_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """By its own size, by what it unpacks to, and by its lines."""
    data = xlsx({"survey": [ROW] * 50})
    for limit, value, said in (
        ("FILE_LIMIT_BYTES", 100, "larger than"),
        ("UNPACKED_LIMIT_BYTES", 100, "unpacks to more"),
        ("ROWS_LIMIT", 49, "more than 49 lines"),
    ):
        with monkeypatch.context() as patch:
            patch.setattr(sheets, limit, value)
            with pytest.raises(CannotImport, match=said):
                import_xlsform(data)
    assert import_xlsform(data).total == 50


def test_empty_lines_keep_the_numbers_of_rows() -> None:
    imported = import_xlsform(xlsx({"survey": [ROW, {}, {"type": "time", "name": "t", "label": "T"}]}))
    assert [refusal.row for refusal in imported.refusals] == [4]


@given(st.text(st.sampled_from("${}age.()'\"<>=! andornt,-+*/19 selected"), max_size=40))
@settings(max_examples=300)
def test_any_expression_is_read_or_refused(text: str) -> None:
    with suppress(Untranslatable):
        parse(text)
