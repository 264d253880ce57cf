"""`hub flows import xlsform`: the files it writes, and what it says of the rows that stay behind."""

from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from hub.__main__ import cli
from tests.flows.importers.workbooks import ROLE, xlsx

ROWS = [
    {
        "type": "select_one role",
        "name": "role",
        "label::English (en)": "What do you do?",
        "label::Русский (ru)": "Кто вы?",
    },
    {
        "type": "integer",
        "name": "age",
        "label::English (en)": "How old are you?",
        "label::Русский (ru)": "Сколько лет?",
    },
]
RANK = {
    "type": "rank role",
    "name": "order",
    "label::English (en)": "In which order?",
    "label::Русский (ru)": "Порядок?",
}
CHOICES = [
    {
        "list_name": row["list_name"],
        "name": row["name"],
        "label::English (en)": row["label"],
        "label::Русский (ru)": f"Вариант {n}",
    }
    for n, row in enumerate(ROLE)
]


@pytest.fixture
def form(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A workbook with two languages, in a folder of its own."""
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "visit.xlsx"
    path.write_bytes(xlsx({"survey": ROWS, "choices": CHOICES}))
    return path


def run(*arguments: str) -> Result:
    return CliRunner().invoke(cli, ["flows", *arguments])


def test_a_form_becomes_files_that_pass_the_check(form: Path) -> None:
    """The flow, its translation, and how many questions came along."""
    result = run("import", "xlsform", str(form))
    assert result.exit_code == 0, result.output
    assert "written: config/flows/visit.yml\n" in result.output
    assert "written: config/flows/visit.ru.yml\n" in result.output
    assert result.output.endswith("imported 2 of 2 questions\n")
    assert run("check").output == "1 flow checked: 0 errors, 0 warnings.\n"


def test_what_has_no_equivalent_is_named_by_its_row(form: Path) -> None:
    """The rest comes along, and the command ends with 1."""
    form.write_bytes(xlsx({"survey": [*ROWS, RANK], "choices": CHOICES}))
    result = run("import", "xlsform", str(form), "--name", "guests")
    assert result.exit_code == 1
    assert "row 4: order: " in result.output
    assert result.output.endswith("imported 2 of 3 questions\n")
    assert Path("config/flows/guests.yml").exists()


def test_files_are_not_overwritten_unasked(form: Path) -> None:
    """`--force` does it, another name too."""
    run("import", "xlsform", str(form))
    Path("config/flows/visit.yml").write_text("mine")
    result = run("import", "xlsform", str(form))
    assert result.exit_code == 2
    assert "config/flows/visit.yml exists. Choose another --name, or overwrite it with --force." in result.stderr
    assert Path("config/flows/visit.yml").read_text() == "mine"
    assert run("import", "xlsform", str(form), "--force").exit_code == 0


@pytest.mark.parametrize(("name", "content"), [("none.xlsx", None), ("torn.xlsx", b"PK\x03\x04"), ("note.docx", b"x")])
def test_a_file_that_is_no_form_is_a_sentence(form: Path, name: str, content: bytes | None) -> None:
    """2 as the end, no trace, and nothing is written."""
    if content is not None:
        Path(name).write_bytes(content)
    result = run("import", "xlsform", name)
    assert result.exit_code == 2
    assert result.stderr.startswith(name)
    assert not Path("config").exists()
