"""Score and outcomes: what the answers are worth, and how a session may end."""

from collections.abc import Collection, Iterable

from flows.compile.actions import ActionReader
from flows.compile.fields import ID, Fields, scalar_of
from flows.compile.scopes import Asked
from flows.definition import Outcome, ScoreLine
from flows.load import Mapping, Scalar, Sequence

KEYS = ("say", "do")
POINTS_LIMIT = 1_000_000
BUILT_IN = ("no_consent", "stopped", "abandoned")
"""Ends that need no definition. `no_consent` may have one, the others happen outside the questions."""


def read_score(fields: Fields, asked: Asked) -> Iterable[ScoreLine]:
    """`{expression: points}`: every true line adds its points."""
    mapping = fields.mapping_of("score")
    for expression, value in mapping.pairs if mapping else ():
        condition = asked.condition(expression, fields.report)
        node = scalar_of(value, fields.report, "The points")
        if node is None:
            continue
        points = node.value
        if isinstance(points, bool) or not isinstance(points, int | float) or abs(points) > POINTS_LIMIT:
            fields.report.add(node, "wrong_value", f"Points are a number, not `{node.text}`.", "Write `: 25`.")
        elif condition is not None:
            yield ScoreLine(condition, points)


class OutcomeReader:
    """Reads the list of outcomes, and remembers where each stands."""

    def __init__(self, actions: ActionReader) -> None:
        self._actions = actions
        self.nodes: dict[str, Scalar] = {}

    def read(self, fields: Fields, asked: Asked) -> tuple[Outcome, ...]:
        """The outcomes, in order; without any, the built-in `done`."""
        node = fields.node("outcomes")
        if node is None:
            return (Outcome("done"),)
        report = self._actions.report
        if not isinstance(node, Sequence) or not node.items:
            report.add(
                node, "wrong_value", "`outcomes` is a list.", "Write `- hot: score >= 60`, and last `- cold: else`."
            )
            return ()
        found = []
        for item in node.items:
            if not isinstance(item, Mapping) or not item.pairs:
                report.add(item, "wrong_value", "An outcome is `name: expression`.", "Write `- cold: else`.")
            elif outcome := self._outcome(item, asked):
                found.append(outcome)
        last = node.items[-1]
        ends = isinstance(last, Mapping) and last.pairs and isinstance(last.pairs[0][1], Scalar)
        if not ends or last.pairs[0][1].text.strip() != "else":  # type: ignore[union-attr]
            report.add(last, "else_missing", "The last outcome must be `else`.", "Add `- done: else` at the end.")
        return tuple(found)

    def _outcome(self, mapping: Mapping, asked: Asked) -> Outcome | None:
        report = self._actions.report
        name, value = mapping.pairs[0]
        fields = Fields(mapping, report)
        fields.only(KEYS, of="An outcome", skip=1)
        expression = scalar_of(value, report, f"The condition of `{name.text}`")
        if not isinstance(name.value, str) or not ID.fullmatch(name.text):
            report.add(name, "bad_id", f"`{name.text}` is no name of an outcome.", "Use a-z, 0-9 and _.")
            return None
        if name.text in self.nodes:
            report.add(name, "name_taken", f"There are two outcomes `{name.text}`.", "Join them with `or`.")
            return None
        if name.text in BUILT_IN[1:]:
            report.add(name, "reserved_id", f"`{name.text}` happens by itself.", "Choose another name.")
        self.nodes[name.text] = name
        names: Collection[str] = asked.names.keys() | {"score"}
        say, do = fields.node("say"), fields.node("do")
        ends = expression is not None and expression.text.strip() == "else"
        condition = None
        if expression is not None and not ends:
            condition = asked.condition(expression, report, score=True)
        outcome = Outcome(
            name.text,
            condition,
            self._actions.book.texts(name.text, say, names) if say is not None else None,
            self._actions.read(do, names)
            if do is not None
            else self._actions.effects(Fields(_empty(mapping), report), ()),
        )
        return outcome if ends or condition else None


def _empty(mapping: Mapping) -> Mapping:
    return Mapping(mapping.file, mapping.line, mapping.column, ())
