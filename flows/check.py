"""Checks of the whole flow, when every part of it is read: names that clash, labels that are commands, dead ends."""

from collections.abc import Mapping

from flows.conditions import Name, Scope, Unreachable, unreachable
from flows.definition import Flow, Outcome, Part, Question, QuestionType
from flows.load import Mapping as Tree
from flows.load import Node, Report, Scalar, Sequence
from flows.problems import Severity
from flows.words import key_of

LABEL_BYTES = 64
"""What fits a button everywhere: Telegram's `callback_data` counts bytes, and longer labels are cut on phones."""
BOOLEAN = frozenset({QuestionType.CONSENT, QuestionType.YESNO})


def check_flow(
    flow: Flow,
    tree: Tree,
    questions: Mapping[str, Scalar],
    outcomes: Mapping[str, Scalar],
    names: Mapping[str, Name],
    report: Report,
) -> None:
    """Note everything that is wrong with `flow` as a whole. The nodes say where questions and outcomes stand."""
    _names(flow, questions, outcomes, report)
    for question in flow.questions.values():
        _labels(flow, question, _option_nodes(tree, question, questions[question.id]), report)
    _start_words(flow, tree, report)
    _unreachable(flow, outcomes, names, report)


def _names(flow: Flow, questions: Mapping[str, Scalar], outcomes: Mapping[str, Scalar], report: Report) -> None:
    """Ids, outcomes and headings are keys of one translation file."""
    for name, node in outcomes.items():
        if name in questions:
            sentence = f"`{name}` is a question too; translations know both by this name."
            report.add(node, "name_taken", sentence, "Choose another name for the outcome.")
        elif name in {"title", "intro"}:
            report.add(node, "reserved_id", f"`{name}` cannot be an outcome.", "Choose another name.")
    taken = {*questions, *outcomes, "title", "intro"}
    seen: set[str] = set()
    for part in flow.parts:
        heading = part.heading[flow.lang]
        first = _first_of(flow, part)
        place = questions[first] if first else next(iter(questions.values()), Node("", 1, 1))
        if heading in taken or heading in seen:
            sentence = f"The heading `{heading}` is the name of something else."
            report.add(place, "name_taken", sentence, "Write another heading: translations are found by it.")
        seen.add(heading)


def _first_of(flow: Flow, part: Part) -> str | None:
    return next((one.id for one in flow.questions.values() if one.part == part.index), None)


def _option_nodes(tree: Tree, question: Question, head: Scalar) -> Mapping[str, Node]:
    """Where the labels stand; the question's own place for one that was inlined from another file."""
    ask = tree.get("ask")
    for item in ask.items if isinstance(ask, Sequence) else ():
        if isinstance(item, Tree) and item.pairs and item.pairs[0][0] is head:
            options = item.get("options")
            if isinstance(options, Tree):
                return {code.text: label for code, label in options.pairs}
    return {option.code: head for option in question.options}


def _labels(flow: Flow, question: Question, nodes: Mapping[str, Node], report: Report) -> None:
    words = {key: command for command in flow.commands for key in command.keys}
    for lang in flow.langs:
        seen: dict[str, str] = {}
        for option in question.options:
            label = option.label[lang]
            key = key_of(label)
            node = nodes.get(option.code, Node("", 1, 1))
            where = "" if lang == flow.lang else f" (in `{lang}`)"
            if key in words:
                sentence = f"The label `{label}`{where} is a word of the command `{words[key].name}`."
                report.add(node, "label_is_command", sentence, "Word it differently, or change the command's words.")
            size = len(label.encode())
            if size > LABEL_BYTES:
                sentence = f"The label `{label}`{where} has {size} bytes; a button has {LABEL_BYTES}."
                report.add(node, "button_too_long", sentence, "Shorten it: a Cyrillic letter counts twice.")
            first = seen.setdefault(key or label, option.code)
            if first != option.code:
                sentence = f"The label `{label}`{where} is that of `{first}` too."
                report.add(node, "duplicate_text", sentence, "Contacts could not tell them apart.")


def _start_words(flow: Flow, tree: Tree, report: Report) -> None:
    """A word that begins the flow must not mean something else within it."""
    start = tree.get("start")
    nodes = start.get("words") if isinstance(start, Tree) else None
    labels = {key_of(label) for one in flow.questions.values() for option in one.options
              for label in option.label.values()}  # fmt: skip
    for node in nodes.items if isinstance(nodes, Sequence) else (nodes,):
        if not isinstance(node, Scalar):
            continue
        key = key_of(node.text)
        if key in flow.words:
            sentence = f"`{node.text}` is a word of the command `{flow.words[key].name}` too."
            report.add(node, "start_word_is_command", sentence, "Choose another word.")
        elif key in labels:
            sentence = f"`{node.text}` is the label of an option too: while that question is open, it is the answer."
            report.add(node, "start_word_is_label", sentence, severity=Severity.WARNING)


def _unreachable(flow: Flow, nodes: Mapping[str, Scalar], names: Mapping[str, Name], report: Report) -> None:
    """Outcomes that can never be the first to match. One that an `else` of a question names is reached by that."""
    jumps = {question.refuse for question in flow.questions.values() if question.refuse} | {"no_consent"}
    conditions = [outcome.condition for outcome in flow.outcomes]
    if not report.failed:
        for found in unreachable(conditions, Scope(names, allow_score=True), _score_range(flow)):
            if flow.outcomes[found.index].name not in jumps:
                _accuse(flow.outcomes[found.index], _reason(flow, found), nodes, report)
    for outcome in flow.outcomes:
        refused = _refused_question(flow, outcome)
        if refused and outcome.name not in jumps:
            _accuse(outcome, f"a “no” to `{refused}` ends the questions at once", nodes, report)


def _accuse(outcome: Outcome, reason: str, nodes: Mapping[str, Scalar], report: Report) -> None:
    sentence = f"`{outcome.name}` can never happen: {reason}."
    report.add(nodes[outcome.name], "unreachable_outcome", sentence, "Move it up, change its condition or remove it.")


def _reason(flow: Flow, found: Unreachable) -> str:
    if found.contradiction:
        lowest, highest = _score_range(flow)
        return f"its condition is never true (the score is between {lowest:g} and {highest:g})"
    if found.by is None:
        return "the outcomes before it take all its cases"
    return f"`{flow.outcomes[found.by].name}` always matches first"


def _refused_question(flow: Flow, outcome: Outcome) -> str | None:
    """A question whose "no" the condition waits for, though it ends the session with another outcome at once."""
    match outcome.condition and outcome.condition.checked:
        case ("==", ("answer", str(name)), False):
            question = flow.questions.get(name)
        case _:
            return None
    if question is None or question.type not in BOOLEAN:
        return None
    ends = question.type is QuestionType.CONSENT or question.refuse is not None
    return question.id if ends else None


def _score_range(flow: Flow) -> tuple[float, float]:
    """The least and the most points that the lines can add up to, whatever their conditions."""
    return (
        sum(line.points for line in flow.score if line.points < 0),
        sum(line.points for line in flow.score if line.points > 0),
    )
