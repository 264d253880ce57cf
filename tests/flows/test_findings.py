"""Findings in Russian: every sentence and every suggestion that the checks can write has its own."""

import ast
import re
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest

import flows
from flows.compile import compile_flow
from flows.findings import in_language
from flows.findings.sentences import SENTENCES
from flows.findings.suggestions import SUGGESTIONS
from flows.problems import Problem
from tests.flows.test_cases import REFUSALS, sources_of

PACKAGE = Path(flows.__file__).parent
WRITERS = sorted(
    [*PACKAGE.glob("compile/*.py"), *PACKAGE.glob("conditions/*.py"),
     *(PACKAGE / name for name in ("check.py", "load.py", "slips.py", "names.py")),
     *(PACKAGE / "simulate" / name for name in ("acting.py", "transcripts.py"))]
)  # fmt: skip
SENTENCE = re.compile(r"[A-Z`{\"].*( .*)?[.?:] ?(\{\d\})?", re.DOTALL)
"""Begins with a capital letter or a name, and ends as a sentence does."""
ALLOWED = {"YAML", "id"}
QUOTED = re.compile(r"`[^`]*`|\"[^\"]*\"")


def written(tree: ast.AST) -> Iterator[str]:
    """The texts that a module holds, with `{0}` for what is put in. Docstrings are none."""
    documented = [node for node in ast.walk(tree) if isinstance(node, ast.Expr)]
    skipped = {id(node.value) for node in documented}
    skipped |= {id(piece) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for piece in node.values}
    for node in ast.walk(tree):
        if id(node) in skipped:
            continue
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value
        elif isinstance(node, ast.JoinedStr):
            number = count()
            yield "".join(
                str(part.value) if isinstance(part, ast.Constant) else f"{{{next(number)}}}" for part in node.values
            )


def sentences() -> list[Any]:
    found: dict[str, str] = {}
    for file in WRITERS:
        for text in written(ast.parse(file.read_text("utf-8"))):
            if " " in text.strip() and SENTENCE.fullmatch(text) and re.search("[A-Za-z]", text):
                found.setdefault(text, file.stem)
    return [pytest.param(text, id=f"{file}: {text}") for text, file in found.items()]


def russian(text: str) -> str:
    """The text as a sentence or as a suggestion, with a number for each name."""
    filled = re.sub(r"\{(\d)\}", r"7\1", text)
    said = in_language(Problem("f.yml", 1, 1, "x", filled, filled), "ru")
    return said.sentence if said.sentence != filled else said.suggestion or ""


@pytest.mark.parametrize("text", sentences())
def test_every_sentence_of_the_checks_is_said_in_russian(text: str) -> None:
    """No English word is left, but for what stands in quotes."""
    said = QUOTED.sub("", russian(text))
    assert re.search("[а-яё]", said), said
    assert set(re.findall(r"[A-Za-z]{2,}", said)) <= ALLOWED, said


def test_there_are_as_many_sentences_as_the_checks_have() -> None:
    """The search above finds them: a rule that found none would pass."""
    assert len(sentences()) > 180


@pytest.mark.parametrize("table", [SENTENCES, SUGGESTIONS], ids=["sentences", "suggestions"])
def test_a_russian_sentence_puts_in_nothing_that_is_not_there(table: dict[str, str]) -> None:
    for english, said in table.items():
        assert set(re.findall(r"\{\d\}", said)) <= set(re.findall(r"\{\d\}", english)), english


@pytest.mark.parametrize("group", REFUSALS)
def test_what_is_wrong_with_a_flow_is_said_in_russian(group: dict[str, Any]) -> None:
    """With the names it is about: each stands in the Russian sentence as in the English one."""
    for problem in compile_flow(sources_of(group)).problems:
        said = in_language(problem, "ru")
        assert re.search("[а-яё]", QUOTED.sub("", said.sentence)), problem.sentence
        assert said.sentence != problem.sentence
        assert (said.suggestion is None) is (problem.suggestion is None)
        assert (said.file, said.line, said.column, said.code) == (
            problem.file, problem.line, problem.column, problem.code,
        )  # fmt: skip
        for name in re.findall(r"`([^`]+)`", said.sentence):
            assert name in problem.sentence or name in {"ключ: значение", "- id: тип", "имя: условие"}


@pytest.mark.parametrize(
    ("english", "said"),
    [
        ("There is no question `budgt`.", "Вопроса `budgt` нет."),
        ("A flow has no key `outcome`.", "Ключа `outcome` у опроса нет."),
        ("The type of `name` is empty.", "Для типа вопроса `name` нужно значение, а здесь пусто."),
        ("`a` is several options, not a number or a date.", "`a` — это несколько вариантов, а не число или дата."),
        ("A date + a text is nothing.", "Дата + текст: так не считают."),
        ("`{name}` stands for nothing here.", "Вместо `{name}` здесь нечего подставить."),
        (
            "The label `Назад` (in `en`) is a word of the command `back`.",
            "Подпись `Назад` (на языке `en`) — это слово команды `back`.",
        ),
        (
            "In chat, email: The score should be `5`, but is `7`.",
            "Режим chat, email: Вместо суммы очков `5` вышло `7`.",
        ),
    ],
)
def test_pieces_of_a_sentence_are_russian_too(english: str, said: str) -> None:
    problem = Problem("f.yml", 1, 1, "x", english)
    assert in_language(problem, "ru").sentence == said
    assert in_language(problem, "en") is problem


def test_a_sentence_that_is_not_known_stays_as_it_is() -> None:
    """A newer check may be read by an older table, as in a version that was stored."""
    problem = Problem("f.yml", 1, 1, "x", "Something new.", "Do that.")
    assert in_language(problem, "ru") == problem
