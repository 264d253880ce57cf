"""What a check of flows found, as it is shown to authors: in English, and in Russian beside it."""

from collections.abc import Sequence

from flows.findings import in_language
from flows.problems import Problem, Severity
from hub.model.base import Stored


class Words(Stored):
    """What is wrong, and what to write instead; None where nothing can be suggested."""

    sentence: str
    suggestion: str | None


class Finding(Words):
    """One finding. `line` and `column` count from 1; `code` is a stable word such as `unknown_id`.

    `sentence` and `suggestion` are English, `ru` holds them in Russian.
    """

    file: str
    line: int
    column: int
    code: str
    severity: Severity
    ru: Words


def findings(problems: Sequence[Problem]) -> tuple[Finding, ...]:
    """Problems as authors are shown them."""
    return tuple(_finding(problem) for problem in problems)


def _finding(problem: Problem) -> Finding:
    russian = in_language(problem, "ru")
    return Finding(
        file=problem.file,
        line=problem.line,
        column=problem.column,
        code=problem.code,
        sentence=problem.sentence,
        suggestion=problem.suggestion,
        severity=problem.severity,
        ru=Words(sentence=russian.sentence, suggestion=russian.suggestion),
    )
