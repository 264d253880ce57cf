"""Walks through the rows of XLSForm's `survey` sheet and makes steps of them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import reduce

from flows.conditions import BadCondition, Kind, Name, Scope, compile_condition
from flows.importers.choices import OptionList
from flows.importers.columns import Row
from flows.importers.questions import Asked, QuestionReader
from flows.importers.score import score_lines
from flows.importers.texts import HEADING_LIMIT, TextReader, Texts
from flows.importers.translate import Known, Translator
from flows.importers.types import RowType, type_of
from flows.importers.writing import Draft, Step
from flows.importers.xpath import Node, Operation, Untranslatable, parse

TODAY = Known("today", Kind.DATE)


@dataclass(frozen=True, slots=True)
class Refusal:
    """What did not come along. `row` counts from 1; `whole` is false where only a part of the row was left out."""

    row: int
    reason: str
    name: str = ""
    whole: bool = True


@dataclass(slots=True)
class _Group:
    """A group around rows: its condition, or why what is in it cannot be imported."""

    row: int
    relevant: Node | None = None
    broken: str | None = None


class SurveyReader:
    """Reads rows into a draft, and keeps account of what it could not take."""

    def __init__(self, draft: Draft, texts: TextReader, lists: Mapping[str, OptionList]) -> None:
        self.imported = 0
        self.total = 0
        self.refusals: list[Refusal] = []
        self.ids: dict[str, Name] = {}
        self._draft = draft
        self._texts = texts
        self._known: dict[str, Known] = {}
        self._absent: dict[str, str] = {}
        self._groups: list[_Group] = []
        self._scores: list[Row] = []
        texts.known = self._known
        self._questions = QuestionReader(texts, lists, self._known, self._absent, self.ids)

    def read(self, rows: Iterable[Row]) -> None:
        """All rows in order, and then the score, which may ask about every question."""
        for row in rows:
            kind = type_of(row.cell("type"))
            self.total += kind.kind == "question" or (kind.kind == "other" and kind.written != "")
            self._row(row, kind)
        for group in self._groups:
            self.refuse_part(group.row, "the group is never ended", "it is taken to end with the sheet")
        for row in self._scores:
            self._score(row)

    def refuse_part(self, row: int, reason: str, what: str, name: str = "") -> None:
        """Something of a row did not come along."""
        self.refusals.append(Refusal(row, f"{reason}; {what}", name, whole=False))

    def _row(self, row: Row, kind: RowType) -> None:
        name = row.cell("name")
        try:
            self._taken(row, kind)
        except Untranslatable as error:
            self.refusals.append(Refusal(row.number, str(error), name))
            self._absent[name] = f"`{name}` of row {row.number} was not imported"

    def _taken(self, row: Row, kind: RowType) -> None:
        match kind.kind:
            case "group" | "repeat":
                self._begin(row, repeat=kind.kind == "repeat")
            case "end" if not self._groups:
                raise Untranslatable("it ends a group that was never begun")
            case "end":
                self._groups.pop()
            case "metadata":
                self._metadata(row, kind)
            case "calculate":
                self._absent[row.cell("name")] = f"`{row.cell('name')}` of row {row.number} is calculated"
                self._scores.append(row)
            case "note":
                self._note(row)
            case "question":
                self._keep(row, self._questions.read(row, kind, self._condition(row)))
            case _ if kind.written:
                raise Untranslatable(f"flows have no question of the type `{kind.written}`")
            case _ if row.cells or row.texts:
                raise Untranslatable("the row has no type")

    def _keep(self, row: Row, asked: Asked) -> None:
        self._draft.steps += asked.steps
        self._known.update(asked.known)
        self.ids.update(asked.names)
        self._texts.notes += asked.notes
        for key, texts in asked.texts.items():
            self._translate(key, texts)
        for reason, what in asked.parts:
            self.refuse_part(row.number, reason, what, row.cell("name"))
        self.imported += 1

    # Groups

    def _begin(self, row: Row, *, repeat: bool) -> None:
        group = _Group(row.number, broken=self._broken)
        self._groups.append(group)
        if group.broken:
            return
        if repeat:
            group.broken = f"it stands in the repeat of row {row.number}"
            raise Untranslatable("flows ask nothing twice: there are no repeats")
        try:
            group.relevant = _parsed(row)
            if group.relevant is not None:
                self._compiled(group.relevant)
        except Untranslatable:
            group.broken = f"it stands in the group of row {row.number}, which was not imported"
            raise
        if len(self._groups) == 1 and row.texts.get("label"):
            self._heading(row)

    @property
    def _broken(self) -> str | None:
        return next((group.broken for group in self._groups if group.broken), None)

    def _heading(self, row: Row) -> None:
        texts = self._texts.translated(row, "label", HEADING_LIMIT, plain=True)
        heading = self._texts.unique(texts[self._draft.lang], row)
        self._draft.steps.append({"part": heading})
        self._translate(heading, texts)

    # Conditions

    def _condition(self, row: Row) -> str | None:
        """The condition of a row and of the groups around it."""
        if self._broken:
            raise Untranslatable(self._broken)
        own = _parsed(row)
        nodes = [node for node in (*(group.relevant for group in self._groups), own) if node is not None]
        return self._compiled(reduce(lambda left, right: Operation("and", left, right), nodes)) if nodes else None

    def _compiled(self, node: Node) -> str:
        """A condition in our words, checked against the questions so far."""
        try:
            source = Translator(self._known, self._absent).condition(node)
            compile_condition(source, Scope(self.ids))
        except (Untranslatable, BadCondition) as error:
            raise Untranslatable(f"its `relevant` has no equivalent: {error}") from error
        return source

    # Rows that ask nothing

    def _note(self, row: Row) -> None:
        condition = self._condition(row)
        texts = self._texts.translated(row, "label")
        step: Step = {"say": texts[self._draft.lang]}
        if condition:
            step["if"] = condition
        self._draft.steps.append(step)
        self._translate(texts[self._draft.lang], texts)

    def _metadata(self, row: Row, kind: RowType) -> None:
        name = row.cell("name") or kind.written
        if kind.written == "today":
            self._known[name] = TODAY
        else:
            self._absent[name] = f"`{name}` of row {row.number} is noted down by a device"
        self._texts.notes.append(
            f"Row {row.number}, `{kind.written}`, asks nothing: the hub itself knows who and when."
        )

    def _score(self, row: Row) -> None:
        try:
            lines = score_lines(row.cell("calculation"), Translator(self._known, self._absent))
            for line in lines:
                compile_condition(line, Scope(self.ids))
            if self._draft.score:
                raise Untranslatable("a flow has one score")
        except (Untranslatable, BadCondition) as error:
            reason = f"flows calculate nothing but a score: {error}"
            self.refusals.append(Refusal(row.number, reason, row.cell("name")))
            return
        self._draft.score = lines
        self._texts.notes.append(f"Row {row.number} became the score of the flow. Add outcomes that ask for it.")

    def _translate(self, key: str, texts: Texts) -> None:
        for lang in self._texts.languages.others:
            self._draft.translations.setdefault(lang, {})[key] = texts[lang]


def _parsed(row: Row) -> Node | None:
    source = row.cell("relevant")
    try:
        return parse(source) if source else None
    except Untranslatable as error:
        raise Untranslatable(f"its `relevant` has no equivalent: {error}") from error
