"""`hub flows check`, `i18n` and `diff` on files: what they find, what they say, how they end."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from hub.__main__ import cli

FLOW = """\
flow: tea
ask:
- kind: choice
  text: Чай или кофе?
  options: {tea: Чай, coffee: Кофе}
- cups: number
  if: kind == "tea"
  text: Сколько чашек?
outcomes:
- done: else
  say: Спасибо!
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A place of its own with a folder of flows in it."""
    monkeypatch.chdir(tmp_path)
    flows = tmp_path / "config" / "flows"
    flows.mkdir(parents=True)
    (flows / "tea.yml").write_text(FLOW, "utf-8")
    return flows


def run(*arguments: str) -> Result:
    return CliRunner().invoke(cli, ["flows", *arguments])


def test_flows_of_the_repository_are_without_a_fault() -> None:
    """What is shipped passes its own check, with every translation there."""
    result = run("check")
    assert result.exit_code == 0, result.output
    assert "4 flows checked: 0 errors, 0 warnings." in result.output
    for name in ("b2b", "lead10", "nps", "callback"):
        assert run("i18n", name, "en").output == "Nothing is missing.\n"


def test_ten_questions_fit_in_forty_lines() -> None:
    """The smallest useful survey stays small."""
    lines = Path("config/flows/lead10.yml").read_text("utf-8").splitlines()
    assert len(lines) <= 40
    assert sum(line.startswith("- ") for line in lines) == 12  # ten questions, two outcomes


def test_a_fault_is_shown_at_its_place(folder: Path) -> None:
    """File, line and column, code, sentence and suggestion; the command ends with 1."""
    (folder / "tea.yml").write_text(FLOW.replace('kind == "tea"', 'kind == "tee"'), "utf-8")
    result = run("check", "config/flows/tea.yml")
    assert result.exit_code == 1
    first, last = result.output.splitlines()
    assert first.startswith("config/flows/tea.yml:7:")
    assert "tea" in first
    assert last == "1 flow checked: 1 error, 0 warnings."


@pytest.mark.parametrize("ask", [("--lang", "ru"), ()])
def test_faults_are_told_in_russian_where_it_is_asked_for_or_the_terminal_is(
    folder: Path, monkeypatch: pytest.MonkeyPatch, ask: tuple[str, ...]
) -> None:
    """`--lang` decides, and without it the terminal's locale."""
    (folder / "tea.yml").write_text(FLOW.replace('kind == "tea"', 'kind == "tee"'), "utf-8")
    monkeypatch.setenv("LC_ALL", "C" if ask else "ru_RU.UTF-8")
    result = run("check", "tea", *ask)
    first, last = result.output.splitlines()
    assert first.endswith('unknown_code: Варианта "tee" нет. Может быть, `tea`?')
    assert last == "Проверено опросов: 1, ошибок: 1, предупреждений: 0."
    assert 'There is no option "tee"' in run("check", "tea", "--lang", "en").output


def test_faults_as_json_are_for_programs(folder: Path) -> None:
    """The same problems, each with its fields."""
    (folder / "tea.yml").write_text(FLOW.replace("cups: number", "cups: nmber"), "utf-8")
    result = run("check", "--json", str(folder))
    assert result.exit_code == 1
    found = json.loads(result.output)
    assert (found["flows"], found["errors"]) == (1, 1)
    (problem,) = found["problems"]
    assert problem["code"] == "unknown_type"
    assert (problem["line"], problem["column"]) == (6, 9)
    assert "number" in problem["suggestion"]


@pytest.mark.parametrize(
    "given", ["tea", "config/flows/tea.yml", "config/flows/tea.en.yml", "config/flows", "config/bot.yml"]
)
def test_a_flow_is_found_by_its_name_its_folder_and_what_belongs_to_it(folder: Path, given: str) -> None:
    """A translation and the shared settings mean the flows they belong to."""
    (folder / "tea.en.yml").write_text(
        "kind: Tea?\nkind.tea: Tea\nkind.coffee: Coffee\ncups: How many?\ndone: Thanks!\n"
    )
    (folder.parent / "bot.yml").write_text("retry: {times: 1}\n")
    result = run("check", given)
    assert result.output == "1 flow checked: 0 errors, 0 warnings.\n"


def test_shared_settings_are_checked_with_the_flows(folder: Path) -> None:
    """A fault in bot.yml is told once, however many flows share it."""
    (folder / "two.yml").write_text(FLOW.replace("flow: tea", "flow: two"), "utf-8")
    (folder.parent / "bot.yml").write_text("retry: {times: many}\n")
    result = run("check")
    assert result.exit_code == 1
    assert result.output.count("config/bot.yml:1:") == 1
    assert "2 flows checked" in result.output


@pytest.mark.parametrize(
    ("inside", "given"), [("config/flows", "tea.yml"), ("config/flows", "."), ("config/flows/deeper", "../tea.yml")]
)
def test_shared_settings_are_found_from_wherever_the_command_is_given(
    folder: Path, monkeypatch: pytest.MonkeyPatch, inside: str, given: str
) -> None:
    """They stand beside the flows' folder, also for somebody who works within it."""
    (folder.parent / "bot.yml").write_text("retry: {times: many}\n")
    (folder / "deeper").mkdir()
    monkeypatch.chdir(folder.parents[1] / inside)
    result = run("check", given)
    assert result.exit_code == 1
    assert "bot.yml:1:" in result.output


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ("nothing", "There is no file and no flow nothing."),
        ("config/flows/none.yml", "There is no file and no flow config/flows/none.yml."),
        ("notes.txt", "notes.txt is no flow: its name must end in .yml."),
        ("empty", "There is no flow in empty."),
        ("config/flows/lost.en.yml", "config/flows/lost.en.yml belongs to a flow lost.yml, which is not beside it."),
        ("config/flows/latin.yml", "config/flows/latin.yml: byte 6 is not UTF-8."),
    ],
)
def test_a_file_that_cannot_be_read_is_a_sentence(folder: Path, given: str, sentence: str) -> None:
    """Never a trace: what is wrong with which file, and 2 as the end."""
    Path("notes.txt").write_text("x")
    Path("empty").mkdir()
    (folder / "lost.en.yml").write_text("a: b\n")
    if "latin" in given:
        (folder / "latin.yml").write_bytes(b"flow: \xff\n")
    result = run("check", given)
    assert result.exit_code == 2
    assert sentence in result.stderr
    assert "Traceback" not in result.output


def test_missing_translations_are_written_into_the_file(folder: Path) -> None:
    """Keys are added with the text to translate; what stands there stays, and an empty text is no translation."""
    translation = folder / "tea.en.yml"
    translation.write_text("# mine\nkind: Tea or coffee?\n")
    shown = run("i18n", "tea", "en")
    assert shown.exit_code == 1
    assert "config/flows/tea.en.yml: kind.tea: Чай" in shown.output
    assert translation.read_text("utf-8") == "# mine\nkind: Tea or coffee?\n"
    written = run("i18n", "tea", "en", "--write")
    assert written.exit_code == 0
    assert "4 keys added" in written.output
    text = translation.read_text("utf-8")
    assert text.startswith('# mine\nkind: Tea or coffee?\nkind.tea: ""    # Чай\n')
    assert run("i18n", "tea", "en").output == "Nothing is missing.\n"
    assert "empty_text" in run("check", "tea").output
    translation.write_text(text.replace('kind.tea: ""', "kind.tea: Tea").replace('""', "Words"))
    assert run("check", "tea").exit_code == 0


def test_a_translation_that_does_not_exist_yet_is_made(folder: Path) -> None:
    """Also keys that YAML would take for something else are written so that they read back."""
    (folder / "tea.yml").write_text(FLOW.replace("ask:\n", "ask:\n- part: 'Чай: какой?'\n"), "utf-8")
    assert run("i18n", "tea", "--write").exit_code == 0
    text = (folder / "tea.en.yml").read_text("utf-8")
    assert '"Чай: какой?": ""' in text
    (folder / "tea.en.yml").write_text(
        text.replace(': ""', ": Words").replace("kind.coffee: Words", "kind.coffee: Word")
    )
    assert run("check", "tea").output == "1 flow checked: 0 errors, 0 warnings.\n"


def test_a_difference_says_whether_it_can_be_a_patch(folder: Path) -> None:
    """Texts alone may reach live sessions; more may not, and the questions are named."""
    other = folder / "other.yml"
    other.write_text(FLOW.replace("Чай или кофе?", "Чаю или кофе?"), "utf-8")
    result = run("diff", "config/flows/tea.yml", "config/flows/other.yml")
    assert result.output.startswith("Only texts differ")
    assert "-  text: Чай или кофе?" in result.output
    other.write_text(FLOW.replace("cups: number", "mugs: number").replace("coffee: Кофе", "milk: Молоко"), "utf-8")
    result = run("diff", "config/flows/tea.yml", "config/flows/other.yml")
    assert result.output.startswith("More than texts differ")
    assert "Questions added: mugs." in result.output
    assert "Questions removed: cups." in result.output
    assert "Questions changed: kind." in result.output
    assert run("diff", "tea", "tea").output == "The versions do not differ.\n"
