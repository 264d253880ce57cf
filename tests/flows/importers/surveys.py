"""Surveys to import, and what is made of them."""

from collections.abc import Sequence

from flows.compile import Source, Sources, compile_flow
from flows.definition import Flow, Question
from flows.importers.xlsform import Imported, import_xlsform
from tests.flows.importers.workbooks import ROLE, TOOLS, Row, xlsx

AGE = {"type": "integer", "name": "age", "label": "How old are you?", "required": "yes"}


ROLES = {"type": "select_one role", "name": "role", "label": "What do you do?", "required": "yes"}


USED = {"type": "select_multiple tools", "name": "tools", "label": "What do you use?"}


WHEN = {"type": "date", "name": "when", "label": "When?"}


BASIS = [AGE, ROLES, USED, WHEN, {"type": "text", "name": "note", "label": "Anything else?"}]


def compiled(imported: Imported) -> Flow:
    """What the hub makes of the result: an import that it refuses is a defect."""
    translations = {lang: Source(f"f.{lang}.yaml", text) for lang, text in imported.translations.items()}
    found = compile_flow(Sources(Source("f.yaml", imported.yaml), translations))
    assert found.flow is not None, "\n".join(str(problem) for problem in found.problems)
    return found.flow


def read(*survey: Row, settings: Row | None = None, choices: Sequence[Row] = (*ROLE, *TOOLS)) -> Imported:
    """An import of rows below each other, which the hub can publish."""
    sheets: dict[str, Sequence[Row]] = {
        "survey": survey,
        "choices": choices,
        "settings": [settings] if settings else [],
    }
    imported = import_xlsform(xlsx(sheets))
    if imported.imported:
        compiled(imported)
    return imported


def question(row: Row) -> Question:
    """The last question, after those that rows may name."""
    flow = compiled(read(*BASIS, row))
    return list(flow.questions.values())[-1]


def reasons(imported: Imported) -> list[tuple[int, str]]:
    return [(refusal.row, refusal.reason) for refusal in imported.refusals]
