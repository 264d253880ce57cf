"""`docs/writing_flows.md`: every example in it is what the hub does."""

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from flows.answers import READERS
from flows.compile.actions import KEYS as EFFECT_KEYS
from flows.compile.flow import FLOW_KEYS
from flows.compile.questions import EVERY_KEY
from flows.simulate.acting import STEPS as TRANSCRIPT_STEPS
from flows.simulate.transcripts import KEYS as TRANSCRIPT_KEYS
from hub.__main__ import cli
from hub.app.flow_commands import flows

PAGE = Path(__file__).parents[2] / "docs" / "writing_flows.md"
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
NAMED = re.compile(r"# file: (\S+)\n")


@dataclass(frozen=True)
class Example:
    """A fenced block: its language, its text, and the line where it begins."""

    kind: str
    text: str
    line: int

    @property
    def file(self) -> str | None:
        """The name of the file that it shows, if it is a whole one."""
        match = NAMED.match(self.text)
        return match[1] if match else None


def examples() -> Iterator[Example]:
    page = PAGE.read_text("utf-8")
    for match in BLOCK.finditer(page):
        yield Example(match[1], match[2], page[: match.start()].count("\n") + 1)


FRAGMENTS = [one for one in examples() if one.kind == "yaml" and one.file is None]
COMMANDS = [one for one in examples() if one.kind == "console"]


@pytest.fixture
def shown_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with every file that the page shows, as it shows them."""
    monkeypatch.chdir(tmp_path)
    for one in examples():
        if one.file is not None:
            path = tmp_path / one.file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(one.text, "utf-8")
    return tmp_path


def test_every_file_of_the_page_is_without_a_fault(shown_files: Path) -> None:
    """All of them together, with the shared settings beside them."""
    result = CliRunner().invoke(cli, ["flows", "check"])
    assert result.exit_code == 0, result.output
    assert "0 errors, 0 warnings" in result.output
    assert len(list((shown_files / "config/flows").glob("*.yml"))) >= 5


def test_every_transcript_of_the_page_is_as_expected(shown_files: Path) -> None:
    """In every mode, with the shared settings beside them."""
    result = CliRunner().invoke(cli, ["flows", "test"])
    assert result.exit_code == 0, result.output
    assert result.output == "9 transcripts played: all as expected.\n"


def test_the_answers_of_the_page_reach_an_outcome(shown_files: Path) -> None:
    """The JSON example fits its flow."""
    (example,) = [one for one in examples() if one.kind == "json"]
    (shown_files / "answers.json").write_text(example.text)
    result = CliRunner().invoke(cli, ["flows", "run", "offer", "--answers", "answers.json"])
    assert result.exit_code == 0, result.output
    assert "state done, outcome hot, score 70" in result.output


@pytest.mark.parametrize("fragment", FRAGMENTS, ids=lambda one: f"line{one.line}")
def test_every_fragment_of_the_page_is_a_flow(shown_files: Path, fragment: Example) -> None:
    """Steps alone are those of a flow."""
    path = shown_files / "config/flows/fragment.yml"
    path.write_text("flow: fragment\nlang: en\nask:\n" + fragment.text, "utf-8")
    result = CliRunner().invoke(cli, ["flows", "check", str(path)])
    assert result.output == "1 flow checked: 0 errors, 0 warnings.\n"


@pytest.mark.parametrize("example", COMMANDS, ids=lambda one: f"line{one.line}")
def test_every_command_of_the_page_says_what_is_shown(shown_files: Path, example: Example) -> None:
    """What is typed after `you>` is typed; all of the output is compared."""
    command, _, shown = example.text.partition("\n")
    arguments = shlex.split(command.removeprefix("$ hub "))
    typed = "".join(line.removeprefix("you> ") for line in shown.splitlines(keepends=True) if line.startswith("you> "))
    result = CliRunner().invoke(cli, arguments, input=typed)
    assert _plain(result.output) == _plain(shown)


def _plain(text: str) -> list[str]:
    return [line.rstrip().replace("\u00a0", " ") for line in text.strip().splitlines()]


def test_every_key_is_explained() -> None:
    """Types, keys of flows, questions, effects and transcripts, and every command stand on the page."""
    page = PAGE.read_text("utf-8")
    words = {
        *READERS,
        *FLOW_KEYS,
        *EVERY_KEY,
        *EFFECT_KEYS,
        *TRANSCRIPT_KEYS,
        *TRANSCRIPT_STEPS,
        "part",
        "say",
        "do",
        "use",
        "as",
    }
    assert {word for word in words if not re.search(rf"`{word}[`:]|\b{word}:", page)} == set()
    assert {name for name in _commands(flows, "hub flows") if f"`{name}" not in page} == set()


def _commands(group: typer.Typer, path: str) -> Iterator[str]:
    for command in group.registered_commands:
        assert command.callback is not None
        yield f"{path} {command.name or command.callback.__name__}"
    for inner in group.registered_groups:
        assert inner.typer_instance is not None
        yield from _commands(inner.typer_instance, f"{path} {inner.name}")
