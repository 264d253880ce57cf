"""`hub flows play`, `test` and `run`: a flow in the terminal, in every mode."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from hub.__main__ import cli


def run(*arguments: str, typed: str = "") -> Result:
    return CliRunner().invoke(cli, ["flows", *arguments], input=typed)


def test_transcripts_of_the_repository_are_as_expected() -> None:
    """Every flow that is shipped has transcripts, and they hold."""
    for flow in Path("config/flows").glob("*.yml"):
        if "." not in flow.stem:
            assert flow.with_suffix(".test.yml").exists(), flow
    result = run("test")
    assert result.exit_code == 0, result.output
    assert result.output.endswith("transcripts played: all as expected.\n")


def test_a_transcript_that_differs_fails_the_command(tmp_path: Path) -> None:
    """With the place and what came out instead; as JSON too."""
    flow = tmp_path / "one.yml"
    flow.write_text("flow: one\nask:\n- name: text\n  text: Your name?\n")
    (tmp_path / "one.test.yml").write_text("- name: a\n  given: {name: Sample}\n  outcome: other\n")
    result = run("test", str(flow))
    assert result.exit_code == 1
    assert "a:\n" in result.output
    assert "one.test.yml:3:12: not_as_expected: The outcome should be `other`, but is `done`." in result.output
    assert "1 transcript played: 1 otherwise." in result.output
    (found,) = json.loads(run("test", str(flow), "--json").output)
    assert (found["name"], found["passed"]) == ("a", False)
    assert found["problems"][0]["code"] == "not_as_expected"


def test_a_flow_without_transcripts_says_so(tmp_path: Path) -> None:
    """Nothing played is not a success."""
    (tmp_path / "one.yml").write_text("flow: one\nask:\n- name: text\n  text: Your name?\n")
    result = run("test", str(tmp_path))
    assert result.exit_code == 2
    assert "There is no transcript." in result.stderr


ANSWERS = {
    "agree": True, "role": "финдиректор", "staff": 120, "tools": ["crm"], "nps": 5, "when": "15.01.2027",
    "budget": 1500000.5, "needs": "1,2", "brief": [{"name": "brief.pdf", "type": "application/pdf"}],
    "city": [55.75, 37.62], "phone": "89123456789", "email": "lead@gmail,com",
}  # fmt: skip


@pytest.mark.parametrize("mode", ["chat", "telegram", "email", "call"])
def test_answers_from_a_file_are_read_as_people_mean_them(tmp_path: Path, mode: str) -> None:
    """The questions that became relevant in order, what was read, score, outcome and effects."""
    path = tmp_path / "answers.json"
    path.write_text(json.dumps(ANSWERS), "utf-8")
    result = run("run", "b2b", "--answers", str(path), "--json", "--mode", mode, "--now", "2026-11-23")
    assert result.exit_code == 0, result.output
    found = json.loads(result.output)
    read = {one["id"]: one for one in found["asked"]}
    if mode != "email":  # a mail asks many at once, and a file comes by itself
        assert list(read) == [
            "agree", "role", "staff", "tools", "nps", "when", "budget", "needs", "pain", "brief", "city", "phone",
            "email",
        ]  # fmt: skip
    assert read["role"]["value"] == "cfo"
    assert read["when"]["value"] == "2027-01-15"
    assert read["budget"]["value"] == 1500000.5
    assert read["needs"]["value"] == ["bot", "calls"]
    assert read["brief"]["value"][0]["name"] == "brief.pdf"
    assert read["pain"] == {
        "id": "pain", "type": "text", "text": "Опишите задачу своими словами", "raw": None, "value": None,
        "refusal": "skipped",
    }  # fmt: skip
    assert read["email"]["value"] == "lead@gmail.com"
    assert read["email"].get("confirmed", False) is (mode != "call")  # the operator has heard it
    assert (found["outcome"], found["score"], found["state"]) == ("hot", 100, "done")
    assert {"escalate": "second-line", "reason": "flow_escalated"} in found["effects"]


def test_a_form_refuses_what_a_dialog_would_ask_about(tmp_path: Path) -> None:
    """A page says how the value was read; the file has to be clear."""
    path = tmp_path / "answers.json"
    path.write_text(json.dumps(ANSWERS), "utf-8")
    found = json.loads(run("run", "b2b", "--answers", str(path), "--json", "--mode", "form").output)
    assert found["state"] == "active"
    assert found["asked"][-1]["fault"] == "Правильно понимаю: lead@gmail.com?"


def test_an_answer_that_is_missing_or_wrong_ends_the_run(tmp_path: Path) -> None:
    """It says which question is open; an answer that was not used is named."""
    path = tmp_path / "answers.json"
    path.write_text('{"agree": "да", "role": "космонавт", "email": "a@example.org"}', "utf-8")
    result = run("run", "b2b", "--answers", str(path), "--json")
    assert result.exit_code == 1
    found = json.loads(result.output)
    assert found["asked"][-1] | {"text": ""} == {
        "id": "role", "type": "choice", "text": "", "raw": "космонавт", "fault": "Такого варианта нет.",
    }  # fmt: skip
    assert found["unused"] == ["email"]
    path.write_text('{"agree": "да"}', "utf-8")
    result = run("run", "b2b", "--answers", str(path))
    assert result.exit_code == 1
    assert "role: is asked, and has no answer" in result.output


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("{", "is not JSON"),
        ("[" * 100_000, "is not JSON"),
        ("[1]", "must hold answers by question"),
        ('{"staff": NaN}', "staff must be a text"),
        ('{"staff": 1e999}', "staff must be a text"),
        ('{"city": [NaN, 1]}', "city must be a text"),
        ('{"agree": {"deep": 1}}', "agree must be a text"),
        ('{"agre": true}', "the flow has no question agre"),
    ],
)
def test_a_file_that_holds_no_answers_is_a_sentence(tmp_path: Path, text: str, sentence: str) -> None:
    """2 as the end, and no trace."""
    path = tmp_path / "answers.json"
    path.write_text(text)
    result = run("run", "b2b", "--answers", str(path))
    assert result.exit_code == 2
    assert sentence in result.stderr


def test_a_dialog_in_telegram_has_its_buttons() -> None:
    """Toggles are drawn again, a reminder comes in time, global words work."""
    typed = (
        "да\n2\n12\n:press CRM\n:press Готово\n8/10\n:wait 3h\n:state\nназад\n:press Никакая\n:nothing\n:help\n:quit\n"
    )
    result = run("play", "b2b", "--mode", "telegram", "--now", "2026-11-23T12:00", typed=typed)
    assert result.exit_code == 0, result.output
    for part in (
        "bot: Согласны на обработку персональных данных?\n",
        "     Подробнее: https://example.org/privacy\n     [Да] [Нет]\n",
        "     [☑ CRM]\n",
        "     [0] [1] [2] [3] [4] [5]\n     [6] [7] [8] [9] [10]\n",
        "  * stage: engaged\n",
        "bot: Остался неотвеченный вопрос:",
        "-- it is Mon 23 Nov 2026, 15:0",
        '  tools = ["crm"] (CRM)\n',
        "  close at ",
        "bot: Записано: 8.",
        "There is no button `Никакая`. The buttons are: 0, 1,",
        "There is no :nothing. :help lists what there is.",
        ":press LABEL",
    ):
        assert part in result.output, (part, result.output)


def test_a_dialog_by_mail_has_numbered_lines() -> None:
    """One mail for a part, with how to answer it."""
    result = run("play", "b2b", "--mode", "email", typed="да\n1. 2\n2. 40\n")
    assert result.output.count("bot: ") == 4
    assert "     1. Кем вы работаете?\n        1. Собственник\n        2. Финдиректор\n" in result.output
    assert "     Ответьте на это письмо" in result.output
    assert "[Да]" not in result.output


def test_a_form_and_a_script_ask_field_by_field() -> None:
    """A fault stands beside its field; the script has digits and its own words."""
    result = run("play", "b2b", "--mode", "call", typed="да\n9\n2\n")
    assert "say: Разговор записывается." in result.output
    assert "     2  Финдиректор\n" in result.output
    assert "  ! role: Номер должен быть от 1 до 4.\n" in result.output
    result = run("play", "nps", "--mode", "form", "--lang", "en", typed="8\n")
    assert "form: How likely are you to recommend us, 0 to 10? *\n" in result.output
    assert "The session is done: outcome passive, score 0." in result.output


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--lang", "de"], "b2b has no language de. It has: ru, en."),
        (["--zone", "Mars/Base"], "There is no time zone Mars/Base."),
    ],
)
def test_a_wrong_option_of_play_is_a_sentence(arguments: list[str], sentence: str) -> None:
    """2 as the end."""
    result = run("play", "b2b", *arguments)
    assert result.exit_code == 2
    assert sentence in result.stderr
