"""The steps of `ask`, in order: questions, parts, texts, effects, and the flows that are inlined with `use`."""

from collections import Counter
from collections.abc import Collection
from collections.abc import Mapping as Dict

from flows.compile.actions import ActionReader
from flows.compile.fields import ID, Fields, meant, one_of
from flows.compile.questions import QuestionReader, both, name_of, question_head
from flows.compile.scopes import Asked
from flows.conditions import Condition, Name
from flows.definition import DoStep, Part, Question, SayStep, Step
from flows.load import Mapping, Report, Scalar, Sequence, Tree, load

STEP_LIMIT = 500
USE_LIMIT = 5
"""Flows within flows. Deeper nesting is a cycle or a riddle."""
PART_KEYS = ()
SAY_KEYS = ("if",)
DO_KEYS = ("if",)
USE_KEYS = ("as", "if")


class Library:
    """The other flows. A file is read when it is inlined, once; its own faults are then reported too."""

    def __init__(self, texts: Dict[str, tuple[str, str]], report: Report) -> None:
        self._texts = texts
        self._report = report
        self._trees: dict[str, Tree | None] = {}

    @property
    def names(self) -> Collection[str]:
        """The names of all flows."""
        return self._texts.keys()

    def ask(self, name: str) -> Tree | None:
        """The questions of a flow; None when it has none or cannot be read."""
        if name not in self._trees:
            self._trees[name] = load(*self._texts[name], self._report)
        tree = self._trees[name]
        return tree.get("ask") if isinstance(tree, Mapping) else None


class StepReader:
    """Walks through `ask`. `library` are the files that `use` may name."""

    def __init__(self, questions: QuestionReader, actions: ActionReader, library: "Library") -> None:
        self._questions = questions
        self._actions = actions
        self._report = actions.report
        self._book = actions.book
        self._library = library
        self._keys: Counter[str] = Counter()
        self._ids: dict[str, Scalar] = {}
        self._part: int | None = None
        self._parts = 0
        self.steps: list[Step] = []
        self.names: dict[str, Name] = {}

    def read(self, ask: Tree | None, flow: Mapping) -> None:
        """Read all steps of the flow."""
        if ask is None:
            self._report.add(flow, "no_questions", "The flow asks nothing.", "Add `ask:` with a list of questions.")
            return
        self._list(ask, "", None, (flow_name(flow),))
        if not any(isinstance(step, Question) for step in self.steps) and not self._report.failed:
            self._report.add(ask, "no_questions", "The flow asks nothing.", "Add a question: `- name: text`.")
        if len(self.steps) > STEP_LIMIT:
            sentence = f"The flow has {len(self.steps)} steps; {STEP_LIMIT} are allowed."
            self._report.add(ask, "too_many_steps", sentence, "Split it into several flows.")

    def ids(self) -> Dict[str, Scalar]:
        """Where each question stands."""
        return self._ids

    def _list(self, ask: Tree, prefix: str, around: Condition | None, path: tuple[str, ...]) -> None:
        if not isinstance(ask, Sequence):
            self._report.add(ask, "wrong_value", "`ask` is a list of steps.", "Begin each with `- `.")
            return
        later = self._all_names(ask)
        before: dict[str, Name] = {}
        for item in ask.items:
            if not isinstance(item, Mapping):
                self._report.add(item, "wrong_value", "A step is `- id: type`.", "Write `- name: text`.")
                continue
            asked = Asked(dict(before), frozenset(later) - before.keys(), prefix)
            self._step(item, asked, around, path, before)

    def _all_names(self, ask: Sequence) -> set[str]:
        found = set()
        for item in ask.items:
            if isinstance(item, Mapping) and (head := question_head(item)[0]) is not None:
                found.add(head.text)
        return found

    def _step(
        self, item: Mapping, asked: Asked, around: Condition | None, path: tuple[str, ...], before: dict[str, Name]
    ) -> None:
        head = item.pairs[0][0].text if item.pairs else ""
        match head:
            case "part":
                self._add_part(item)
            case "say":
                self._add_say(item, asked, around)
            case "do":
                self._add_do(item, asked, around)
            case "use":
                self._use(item, asked, around, path, before)
            case _:
                self._add_question(item, asked, around, before)

    def _add_question(self, item: Mapping, asked: Asked, around: Condition | None, before: dict[str, Name]) -> None:
        head, kind = question_head(item)
        question = self._questions.read(item, asked, around, self._part)
        if question is None or head is None or kind is None:
            return
        first = self._ids.setdefault(question.id, head)
        if first is not head:
            sentence = f"There is a question `{question.id}` in line {first.line} already."
            self._report.add(head, "name_taken", sentence, "Give this one another id.")
            return
        before[head.text] = self.names[question.id] = name_of(item, kind)
        self.steps.append(question)

    def _add_part(self, item: Mapping) -> None:
        fields = Fields(item, self._report)
        fields.only(PART_KEYS, of="A part", skip=1)
        heading = fields.scalar("part")
        if heading is None:
            return
        texts = self._book.texts(heading.text.strip(), heading, (), limit=200)
        if texts is not None:
            self.steps.append(Part(self._parts, texts))
            self._part = self._parts
            self._parts += 1

    def _add_say(self, item: Mapping, asked: Asked, around: Condition | None) -> None:
        fields = Fields(item, self._report)
        fields.only(SAY_KEYS, of="A `say` step", skip=1)
        node = fields.scalar("say")
        condition = both(around, self._condition(fields, asked))
        if node is None:
            return
        texts = self._book.texts(node.text.strip(), node, self._placeholders(asked))
        if texts is not None:
            self.steps.append(SayStep(self._key("say"), texts, condition, self._part))

    def _add_do(self, item: Mapping, asked: Asked, around: Condition | None) -> None:
        fields = Fields(item, self._report)
        fields.only(DO_KEYS, of="A `do` step", skip=1)
        node = item.pairs[0][1]
        do = self._actions.read(node, self._placeholders(asked))
        condition = both(around, self._condition(fields, asked))
        self.steps.append(DoStep(self._key("do"), do, condition, self._part))

    def _condition(self, fields: Fields, asked: Asked) -> Condition | None:
        node = fields.scalar("if")
        return asked.condition(node, self._report) if node else None

    def _placeholders(self, asked: Asked) -> Collection[str]:
        return {asked.prefix + name for name in asked.names}

    def _key(self, kind: str) -> str:
        """Counted from the question before it, so that a new text, or a new question elsewhere, repeats no effect."""
        last = next((step.id for step in reversed(self.steps) if isinstance(step, Question)), "")
        self._keys[f"{kind}:{last}"] += 1
        return f"{kind}:{last}.{self._keys[f'{kind}:{last}']}"

    def _use(
        self, item: Mapping, asked: Asked, around: Condition | None, path: tuple[str, ...], before: dict[str, Name]
    ) -> None:
        fields = Fields(item, self._report)
        fields.only(USE_KEYS, of="A `use` step", skip=1)
        name = fields.scalar("use")
        condition = both(around, self._condition(fields, asked))
        inner = self._inlined(name, path) if name else None
        if inner is None or name is None:
            return
        alias = self._alias(fields) or name.text
        prefix = f"{asked.prefix}{alias}_"
        known = set(self.names)
        self._list(inner, prefix, condition, (*path, name.text))
        skip = len(asked.prefix)
        before.update({key[skip:]: kind for key, kind in self.names.items() if key not in known})

    def _alias(self, fields: Fields) -> str | None:
        node = fields.scalar("as")
        if node is None or ID.fullmatch(node.text):
            return node.text if node else None
        self._report.add(node, "bad_id", f"`{node.text}` is no prefix: a-z, 0-9 and _.", "Write `as: home`.")
        return None

    def _inlined(self, name: Scalar, path: tuple[str, ...]) -> Tree | None:
        if name.text in path:
            way = " → ".join((*path[path.index(name.text) :], name.text))
            self._report.add(name, "use_cycle", f"`use` goes round: {way}.", "Leave one of them out.")
            return None
        if len(path) > USE_LIMIT:
            self._report.add(name, "use_too_deep", f"Flows are inlined at most {USE_LIMIT} deep.", "Flatten them.")
            return None
        known = self._library.names
        if name.text not in known:
            hint = meant(name.text, known) or (one_of(sorted(known)) if known else None)
            self._report.add(name, "unknown_flow", f"There is no flow `{name.text}`.", hint)
            return None
        ask = self._library.ask(name.text)
        if ask is None:
            self._report.add(name, "no_questions", f"`{name.text}` has no questions to inline, or cannot be read.")
        return ask


def flow_name(flow: Mapping) -> str:
    """What the flow calls itself."""
    node = flow.get("flow")
    return node.text if isinstance(node, Scalar) else ""
