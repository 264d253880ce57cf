"""Expectations: what a transcript says must have come out, compared with what did."""

from collections.abc import Callable

from flows.compile.fields import meant, one_of
from flows.course import Course, Plain, plain, plain_effect
from flows.definition import Flow
from flows.engine.run import PAGES
from flows.events import Mode
from flows.load import Mapping, Report, Scalar, Sequence, Tree
from flows.rehearsal import Rehearsal

EFFECTS = ("save", "tag", "stage", "priority", "escalate", "start", "after", "webhook", "consent", "opt_out", "erase")


Differs = Callable[[Tree, str, str], None]
"""Told the place, a code and a sentence for everything that came out otherwise."""


class Expectations:
    """What one transcript expects."""

    def __init__(self, flow: Flow, body: Mapping, report: Report, differs: Differs) -> None:
        self._flow, self._body, self._report, self._differs = flow, body, report, differs

    def compare(self, rehearsal: Rehearsal, course: Course | None) -> None:
        session = rehearsal.session
        self._expect(rehearsal, "outcome", session.outcome)
        self._expect(rehearsal, "state", session.state.value)
        self._expect(rehearsal, "score", rehearsal.score)
        if course is not None:
            order = [one.question.id for one in course.asked]
            order += [course.unanswered] if course.unanswered else []
            if rehearsal.mode is Mode.EMAIL:  # one mail asks many, and a file comes by itself
                order.sort(key=self._expected_order().index)
            self._expect(rehearsal, "asked", order)
        self._expect_values(rehearsal)
        self._expect_effects(rehearsal)
        self._expect_says(rehearsal)

    def _expect(self, rehearsal: Rehearsal, key: str, found: object) -> None:
        node = self._body.get(key)
        if node is not None and not _same(node, plain(found)):
            sentence = f"the {key} is {_written(plain(found))}, not {_written(_expected(node))}."
            self._differs(node, f"other_{key}", sentence)

    def _expect_values(self, rehearsal: Rehearsal) -> None:
        node = self._body.get("values")
        for key, value in node.pairs if isinstance(node, Mapping) else ():
            if key.text not in self._flow.questions:
                self._wrong(key, f"The flow has no question `{key.text}`.", meant(key.text, self._flow.questions))
                continue
            answer = rehearsal.visible.get(key.text)
            found = _plain_value(answer.value if answer else None)
            if not _same(value, found):
                sentence = f"`{key.text}` is {_written(found)}, not {_written(_expected(value))}."
                self._differs(value, "other_value", sentence)

    def _expect_effects(self, rehearsal: Rehearsal) -> None:
        node = self._body.get("effects")
        caused = effects_by_key(rehearsal)
        for key, value in node.pairs if isinstance(node, Mapping) else ():
            if key.text not in EFFECTS:
                self._wrong(key, f"There is no effect `{key.text}`.", meant(key.text, EFFECTS) or one_of(EFFECTS))
                continue
            found = caused.get(key.text, [])
            if not _same(value, found) and not (len(found) == 1 and _same(value, found[0])):
                shown = _written(found[0] if len(found) == 1 else found)
                sentence = f"`{key.text}` is {shown}, not {_written(_expected(value))}."
                self._differs(value, "other_effect", sentence)

    def _expect_says(self, rehearsal: Rehearsal) -> None:
        """Each piece must have been said somewhere; pages show their questions instead of saying them."""
        node = self._body.get("says") if rehearsal.mode not in PAGES else None
        said = " ".join(" ".join(rehearsal.said).split())
        for item in (node.items if isinstance(node, Sequence) else (node,)) if node is not None else ():
            if isinstance(item, Scalar) and " ".join(item.text.split()) not in said:
                self._differs(item, "not_said", "this is said nowhere.")

    def _expected_order(self) -> list[str]:
        """The questions as the transcript names them, then the others."""
        node = self._body.get("asked")
        named = [item.text for item in node.items if isinstance(item, Scalar)] if isinstance(node, Sequence) else []
        return [*named, *(name for name in self._flow.questions if name not in named)]

    def _wrong(self, node: Tree, sentence: str, hint: str | None) -> None:
        self._report.add(node, "bad_transcript", sentence, hint)


def effects_by_key(rehearsal: Rehearsal) -> dict[str, list[Plain]]:
    """What was caused, by the words of `do`, each in order."""
    found: dict[str, list[Plain]] = {}
    for effect in rehearsal.effects:
        for key, value in (plain_effect(effect) or {}).items():
            if key in EFFECTS:
                found.setdefault(key, []).append(value)
    if "save" in found:
        merged: dict[str, Plain] = {}
        for one in found["save"]:
            merged |= one if isinstance(one, dict) else {}
        found["save"] = [merged]
    return found


def _plain_value(value: object) -> Plain:
    """A stored answer; files by their names."""
    found = plain(value)
    if isinstance(found, list):
        return [str(item.get("name")) if isinstance(item, dict) else item for item in found]
    return found


def _expected(node: Tree) -> Plain:
    match node:
        case Scalar():
            return node.value
        case Sequence():
            return [_expected(item) for item in node.items]
        case Mapping():
            return {key.text: _expected(item) for key, item in node.pairs}


def _same(node: Tree, found: Plain) -> bool:
    """Whether `found` is what was written: a number also as its text, `2026-12-15` as the day it is."""
    match node, found:
        case Scalar(), bool() | None:
            return node.value is found
        case Scalar(), int() | float():
            return node.value == found and not isinstance(node.value, bool)
        case Scalar(), str():
            return node.text == found
        case Sequence(), list():
            return len(node.items) == len(found) and all(map(_same, node.items, found))
        case Mapping(), dict():
            return {key.text for key, _ in node.pairs} == found.keys() and all(
                _same(value, found[key.text]) for key, value in node.pairs
            )
    return False


def _written(value: Plain) -> str:
    """A value as YAML would have it, on one line."""
    match value:
        case None:
            return "nothing"
        case bool():
            return "true" if value else "false"
        case list():
            return f"[{', '.join(map(_written, value))}]"
        case dict():
            return "{" + ", ".join(f"{key}: {_written(item)}" for key, item in value.items()) + "}"
        case float():
            return f"{value:g}"
    return str(value)
