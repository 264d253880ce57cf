"""What differs between two versions of a flow: the questions, the texts, and whether live sessions may get it."""

import difflib
from collections.abc import Iterator, Mapping

from flows.compile import Source, Sources, compile_flow, text_only_change
from flows.definition import Flow, Question


def compare(old: Sources, new: Sources) -> str:
    """The differences for a terminal: a summary, then the lines of each file. One sentence when there are none."""
    if old.digest() == new.digest():
        return "The versions do not differ.\n"
    parts = [*_summary(old, new), ""]
    for before, after in _pairs(old, new):
        parts += difflib.unified_diff(
            before.text.splitlines(), after.text.splitlines(), before.file, after.file, lineterm="", n=2
        )
    return "\n".join(parts) + "\n"


def _summary(old: Sources, new: Sources) -> Iterator[str]:
    if text_only_change(old, new):
        yield "Only texts differ: it may be published as a patch, which reaches live sessions."
    else:
        yield "More than texts differ: it becomes a new version, and live sessions finish on the old one."
    before, after = compile_flow(old).flow, compile_flow(new).flow
    if before is None or after is None:
        yield "One of them has errors, so the questions are not compared."
        return
    questions, others = before.questions, after.questions
    for label, ids in (
        ("Questions added", [name for name in others if name not in questions]),
        ("Questions removed", [name for name in questions if name not in others]),
        (
            "Questions changed",
            [name for name in others if name in questions and _essence(others[name]) != _essence(questions[name])],
        ),
        ("Outcomes added", sorted(_outcomes(after) - _outcomes(before))),
        ("Outcomes removed", sorted(_outcomes(before) - _outcomes(after))),
    ):
        if ids:
            yield f"{label}: {', '.join(ids)}."


def _essence(question: Question) -> Mapping[str, object]:
    """What makes a question another one: its type, options, condition, limits and rules, not its texts."""
    return {
        "type": question.type,
        "options": [option.code for option in question.options],
        "if": question.relevant.source if question.relevant else None,
        "limits": (question.low, question.high),
        "rules": (question.optional, question.max, question.alone, question.accept, question.save, question.refuse),
        "checks": [check.condition.source for check in question.checks],
    }


def _outcomes(flow: Flow) -> set[str]:
    return {outcome.name for outcome in flow.outcomes}


def _pairs(old: Sources, new: Sources) -> Iterator[tuple[Source, Source]]:
    """The files of both, side by side; a file that only one has stands against nothing."""
    yield old.flow, new.flow
    for lang in sorted({*old.translations, *new.translations}):
        before, after = old.translations.get(lang), new.translations.get(lang)
        some = before or after
        if some is not None:
            yield before or Source(some.file, ""), after or Source(some.file, "")
    if old.bot or new.bot:
        nothing = Source((old.bot or new.bot or old.flow).file, "")
        yield old.bot or nothing, new.bot or nothing
