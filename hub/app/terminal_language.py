"""The language in which commands tell authors what is wrong with their flows."""

import os
from collections.abc import Iterable
from enum import StrEnum

from flows.findings import in_language
from flows.problems import Problem

VARIABLES = ("LC_ALL", "LC_MESSAGES", "LANG")
"""What POSIX looks at for the language of messages; the first that is set decides."""


class Language(StrEnum):
    """What findings are written in."""

    RU = "ru"
    EN = "en"


def terminal_language() -> Language:
    """The language of this terminal; English where findings are not written in it."""
    locale = next((value for name in VARIABLES if (value := os.environ.get(name))), "")
    return Language.RU if locale.lower().startswith("ru") else Language.EN


def told(problems: Iterable[Problem], lang: Language | None = None) -> str:
    """Problems in this language, or in the terminal's, each on a line."""
    return "\n".join(str(in_language(problem, lang or terminal_language())) for problem in problems)
