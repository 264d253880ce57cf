"""A row of XLSForm's `survey` sheet that asks something becomes a question."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from flows.conditions import RESERVED, BadCondition, Kind, Name, Scope, compile_bound, compile_condition
from flows.importers.choices import OPTIONS, OptionList, code_of
from flows.importers.columns import Row
from flows.importers.constraints import Constrained, constrained
from flows.importers.texts import TextReader, Texts, in_language
from flows.importers.translate import Known, Translator
from flows.importers.types import RowType
from flows.importers.writing import Step
from flows.importers.xpath import Untranslatable

KINDS = {
    "choice": Kind.CODE, "choices": Kind.CODES, "text": Kind.TEXT, "number": Kind.NUMBER, "rating": Kind.NUMBER,
    "date": Kind.DATE, "file": Kind.FILE, "location": Kind.LOCATION, "consent": Kind.BOOL, "yesno": Kind.BOOL,
    "phone": Kind.TEXT,
}  # fmt: skip
RATING_STEPS = 20
OTHER = {"ru": "Другое", "en": "Other"}
SPECIFY = {"ru": "Уточните, пожалуйста", "en": "Please specify"}
INVALID = {"ru": "Проверьте, пожалуйста, ответ.", "en": "Please check the answer."}
YES = frozenset({"yes", "true", "true()", "1", "y"})
NO = frozenset({"", "no", "false", "false()", "0", "n"})
LEFT_OUT = {
    "default": "flows have no answers given beforehand in their text",
    "calculation": "an answer is not calculated",
    "required_message": "the hub says itself that an answer is needed",
    "guidance_hint": "flows have one hint",
    "image": "questions have no pictures",
    "audio": "questions have no sounds",
    "video": "questions have no films",
}
"""Columns of a question that is imported without them, and why."""
RESERVED_IDS = RESERVED | {"title", "intro", "script", "hint", "text", "if", "contact", "part", "say", "do", "use"}


@dataclass(slots=True)
class Asked:
    """A question as it was built: the steps it takes, its texts by key, what is known of it, and what was left out.

    `known` is by the names of the sheet. `parts` are reasons and what they led to.
    """

    steps: list[Step] = field(default_factory=list)
    texts: dict[str, Texts] = field(default_factory=dict)
    known: dict[str, Known] = field(default_factory=dict)
    names: dict[str, Name] = field(default_factory=dict)
    parts: list[tuple[str, str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class QuestionReader:
    """Builds questions from rows, with what stands before them."""

    texts: TextReader
    lists: Mapping[str, OptionList]
    known: Mapping[str, Known]
    absent: Mapping[str, str]
    ids: Mapping[str, Name]

    def read(self, row: Row, kind: RowType, condition: str | None) -> Asked:
        """The question of a row, asked on a condition. Raises `Untranslatable`; then nothing of it may be kept."""
        self._refuse_unusable(row, kind)
        main = self.texts.languages.main
        asked = Asked()
        id = self._id(row, asked)  # noqa: A001 - the word of the grammar
        asked.texts[id] = self.texts.translated(row, "label" if row.texts.get("label") else "hint")
        options = self._options(kind)
        required = self._required(row, asked)
        flow_type, scale = _scale(row) if kind.written == "range" else (kind.flow_type, Constrained())
        if flow_type == "consent" and not required:
            flow_type = "yesno"  # a "no" to a consent ends the flow
        own = Known(id, KINDS[flow_type], options.codes)
        limits = self._limits(row, own, asked, whole=kind.written in {"integer", "int"})
        limits.low, limits.high = scale.low or limits.low, scale.high or limits.high
        step: Step = {id: flow_type, "text": asked.texts[id][main]}
        self._add_hint(row, step, id, asked)
        self._add_options(step, id, options, asked)
        step |= _keys(condition, limits, required=required, accept=kind.accept)
        self._add_message(row, step, id, limits, asked)
        step["text"] = self.texts.unique(asked.texts[id][main], row)
        asked.steps.append(step)
        asked.names[id] = Name(own.kind, tuple(options.labels))
        asked.known[row.cell("name")] = Known(id, own.kind, options.codes, required and condition is None)
        if kind.other and options.other:
            self._add_other(row, id, own.kind, options.other, asked)
        asked.parts += [(reason, f"`{column}` is left out") for column, reason in LEFT_OUT.items()
                        if row.cell(column) or row.texts.get(column)]  # fmt: skip
        return asked

    def _refuse_unusable(self, row: Row, kind: RowType) -> None:
        name = row.cell("name")
        if not name:
            raise Untranslatable("it has no name")
        if name in self.known:
            raise Untranslatable(f"there is a question `{name}` above it already")
        if row.cell("choice_filter"):
            raise Untranslatable("flows do not filter options (`choice_filter`)")
        if row.cell("read_only").lower() in YES:
            raise Untranslatable("nobody can answer a question that is read-only")

    def _id(self, row: Row, asked: Asked) -> str:
        name = row.cell("name")
        id = code_of(name, self.ids)  # noqa: A001 - the word of the grammar
        if not id[0].isalpha():
            id = code_of(f"q_{id}", self.ids)  # noqa: A001
        if id in RESERVED_IDS:
            id = code_of(f"{id}_1", self.ids)  # noqa: A001
        if id != name:
            asked.notes.append(f"Row {row.number}: `{name}` is called `{id}` in the flow.")
        return id

    def _options(self, kind: RowType) -> OptionList:
        if not kind.options:
            return OptionList()
        found = self.lists.get(kind.options)
        if found is None:
            raise Untranslatable(f"there is no list `{kind.options}` in the sheet `choices`")
        if found.fault:
            raise Untranslatable(found.fault)
        if kind.other:
            other = found.codes.get("other") or code_of("other", found.labels)
            found = OptionList({**found.codes, "other": other}, {other: OTHER, **found.labels}, other=other)
            found.labels[other] = found.labels.pop(other)  # the last of them
        fewest, most = OPTIONS
        if not fewest <= len(found.labels) <= most:
            raise Untranslatable(f"its list has {len(found.labels)} options, and a question has {fewest} to {most}")
        return found

    def _required(self, row: Row, asked: Asked) -> bool:
        cell = row.cell("required").lower()
        if cell not in YES | NO:
            asked.parts.append(("an answer is required always or never (`required`)", "it may be left out"))
        return cell in YES

    def _limits(self, row: Row, own: Known, asked: Asked, *, whole: bool) -> Constrained:
        source = row.cell("constraint")
        if not source:
            return Constrained()
        try:
            found = constrained(source, own.kind, Translator(self.known, self.absent, own), whole=whole)
            if found.check:
                names = {**self.ids, own.id: Name(own.kind, tuple(own.codes.values()))}
                compile_condition(found.check, Scope(names))
            for bound in filter(None, (found.low, found.high)):
                compile_bound(bound, Scope(self.ids), Kind.DATE if own.kind is Kind.DATE else Kind.NUMBER)
        except (Untranslatable, BadCondition) as error:
            asked.parts.append((f"its `constraint` has no equivalent: {error}", "every answer is taken"))
            return Constrained()
        return found

    def _add_hint(self, row: Row, step: Step, id: str, asked: Asked) -> None:  # noqa: A002
        if row.texts.get("hint") and row.texts.get("label"):
            asked.texts[f"{id}.hint"] = texts = self.texts.translated(row, "hint")
            step["hint"] = texts[self.texts.languages.main]

    def _add_options(self, step: Step, id: str, options: OptionList, asked: Asked) -> None:  # noqa: A002
        languages = self.texts.languages
        for code, labels in options.labels.items():
            asked.texts[f"{id}.{code}"] = {lang: in_language(labels, lang) for lang in languages.all}
        if options.labels:
            step["options"] = {code: in_language(labels, languages.main) for code, labels in options.labels.items()}

    def _add_message(self, row: Row, step: Step, id: str, limits: Constrained, asked: Asked) -> None:  # noqa: A002
        """A message of what became a range stays as the hint, where there is none: the range has words of its own."""
        main = self.texts.languages.main
        given = self.texts.translated(row, "constraint_message") if row.texts.get("constraint_message") else None
        if limits.check:
            asked.texts[f"{id}.check.1"] = texts = given or INVALID
            step["check"] = {limits.check: texts[main]}
        elif given and "hint" not in step:
            asked.texts[f"{id}.hint"] = given
            step["hint"] = given[main]
        elif given:
            asked.parts.append(("the hub says itself what fits", "`constraint_message` is left out"))

    def _add_other(self, row: Row, id: str, kind: Kind, code: str, asked: Asked) -> None:  # noqa: A002
        """What pyxform makes of `or_other`: one more question, for those who choose it."""
        asks = code_of(f"{id}_other", self.ids)
        asked.texts[asks] = SPECIFY
        asked.steps.append({
            asks: "text",
            "text": self.texts.unique(SPECIFY[self.texts.languages.main], row),
            "if": f'"{code}" in {id}' if kind is Kind.CODES else f'{id} == "{code}"',
        })  # fmt: skip
        asked.names[asks] = Name(Kind.TEXT)
        asked.known[f"{row.cell('name')}_other"] = Known(asks, Kind.TEXT, certain=False)


def _scale(row: Row) -> tuple[str, Constrained]:
    """A `range` row: a rating where its steps are whole and few, else a number."""
    found = dict(part.split("=", 1) for part in re.split(r"[\s;,]+", row.cell("parameters")) if "=" in part)
    low, high, step = (found.get(key, default) for key, default in (("start", "0"), ("end", "10"), ("step", "1")))
    if not all(re.fullmatch(r"-?\d+(\.\d+)?", part) for part in (low, high, step)):
        raise Untranslatable("its `parameters` name no start and end")
    whole = step == "1" and "." not in low + high
    rating = whole and 0 < int(high) - int(low) <= RATING_STEPS
    return "rating" if rating else "number", Constrained(low, high)


def _keys(condition: str | None, limits: Constrained, *, required: bool, accept: str) -> Step:
    keys: Step = {}
    if condition:
        keys["if"] = condition
    if limits.range:
        keys["range"] = limits.range
    if limits.max:
        keys["max"] = limits.max
    if accept:
        keys["accept"] = [accept]
    if not required:
        keys["optional"] = True
    return keys
