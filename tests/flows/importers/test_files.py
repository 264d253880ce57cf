"""Files of XLSForm: workbooks and CSV, with headers under all their names."""

from pathlib import Path

import pytest

from flows.importers.sheets import CannotImport
from flows.importers.xlsform import import_xlsform
from tests.flows.importers.surveys import AGE, ROLES, WHEN, compiled, read
from tests.flows.importers.workbooks import ROLE, Sheets, csv_of, lines, xlsx


@pytest.mark.parametrize("header", ["label", "Label", "caption", "label::English (en)", "label:English", "label::en"])
def test_headers_have_other_names(header: str) -> None:
    imported = read(
        {
            "command": "text",
            "tag": "x",
            header: "X?",
            "relevance": "true()",
            "Constraint Message": "No",
            "bind::constraint": ". != 'y'",
        }
    )
    question = compiled(imported).questions["x"]
    assert (question.text["en"], question.checks[0].message["en"]) == ("X?", "No")
    assert question.relevant is not None


@pytest.mark.parametrize(
    ("separator", "encoding"), [(",", "utf-8"), (";", "utf-8-sig"), ("\t", "utf-8"), (";", "cp1251")]
)
def test_csv_with_all_sheets_is_read(separator: str, encoding: str) -> None:
    sheets: Sheets = {
        "survey": [{**ROLES, "label": "Кем, кроме; того?"}],
        "choices": ROLE,
        "settings": [{"form_title": "Т"}],
    }
    imported = import_xlsform(csv_of(sheets, separator, encoding), "csv")
    flow = compiled(imported)
    assert flow.questions["role"].text == {"ru": "Кем, кроме; того?"}
    assert len(flow.questions["role"].options) == 3


def test_csv_of_the_questions_alone_is_read() -> None:
    text = "\n".join(",".join(str(cell) for cell in line) for line in lines([AGE, WHEN]))
    imported = import_xlsform(text.encode(), "csv", name="ages")
    assert (imported.imported, compiled(imported).name) == (2, "ages")


def test_file_is_read_by_its_ending(tmp_path: Path) -> None:
    path = tmp_path / "Lead form.xlsx"
    path.write_bytes(xlsx({"survey": [AGE]}))
    assert import_xlsform(path).name == "lead_form"
    path.with_suffix(".csv").write_bytes(csv_of({"survey": [AGE]}))
    assert import_xlsform(path.with_suffix(".csv")).imported == 1
    with pytest.raises(CannotImport, match="Save it as"):
        import_xlsform(path.rename(tmp_path / "form.xls"))
    with pytest.raises(CannotImport, match=r"none\.xlsx cannot be read"):
        import_xlsform(tmp_path / "none.xlsx")
