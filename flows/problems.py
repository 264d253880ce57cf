"""Problems: what is wrong with a flow's text, where, and what would be right."""

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """An error refuses to publish; a warning does not."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Problem:
    """One finding. `line` and `column` count from 1; `code` is a stable word such as `unknown_id`.

    `sentence` says what is wrong, `suggestion` what to write instead, or None.
    """

    file: str
    line: int
    column: int
    code: str
    sentence: str
    suggestion: str | None = None
    severity: Severity = Severity.ERROR

    def __str__(self) -> str:
        hint = f" {self.suggestion}" if self.suggestion else ""
        return f"{self.file}:{self.line}:{self.column}: {self.code}: {self.sentence}{hint}"
