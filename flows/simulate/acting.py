"""Acting: the lines of one transcript played in their order, and its end compared with what was expected."""

from collections.abc import Callable
from collections.abc import Mapping as Dict
from typing import Any

from flows.compile.fields import Fields, duration_of, meant, one_of
from flows.effects import Say
from flows.engine import Step, Verdict
from flows.engine.run import PAGES
from flows.events import Event, Held, Mode, Resumed, Stopped
from flows.load import Mapping, Node, Report, Scalar, Sequence, Tree
from flows.session import By, State, Value
from flows.simulate.answers import Course, field_of, run_through
from flows.simulate.player import PAUSE, Player, described

STEPS = (
    "expect", "not", "say", "press", "send", "share", "fill", "refuse", "wait", "again", "hold", "resume", "stop",
    "open", "verdict",
)  # fmt: skip
EVENTS: dict[str, Event] = {"hold": Held(), "resume": Resumed(), "stop": Stopped()}


class Acting:
    """Acts and compares; a difference is noted at the line that expected something else."""

    def __init__(self, player: Player, report: Report) -> None:
        self._player = player
        self._report = report
        self._said = list(player.said)
        self.all_said = list(player.said)
        self._actions: dict[str, Callable[[Tree, Mapping], Step | None]] = {
            "say": lambda node, item: player.say(text_of(node), early=item.get("early") is not None),
            "press": lambda node, item: player.press_all(_texts(node), of=_text_or_none(item.get("of"))),
            "send": lambda node, _: player.send(text_of(node)),
            "share": self._share,
            "fill": self._fill,
            "refuse": self._refuse,
            "wait": self._wait,
            "again": lambda _, __: player.again(),
            **{word: self._event(event) for word, event in EVENTS.items()},
        }

    def answer(self, fields: Fields) -> None:
        """Give the answers, and compare what came of them."""
        player = self._player
        given = fields.mapping_of("given")
        for key, _ in given.pairs if given else ():
            if key.text not in player.flow.questions:
                hint = meant(key.text, player.flow.questions)
                self._report.add(key, "unknown_id", f"There is no question `{key.text}`.", hint)
        course = run_through(player, {key.text: _given(node) for key, node in given.pairs} if given else {})
        self.all_said = [effect.text for effect in player.effects if isinstance(effect, Say)]
        if (fault := course.fault) is not None:
            place = next((key for key, _ in given.pairs if key.text == fault.question.id), None) if given else None
            sentence = f"`{fault.question.id}` was not taken: {fault.fault}"
            self._report.add(place or fields.mapping, "not_taken", sentence)
            return
        if course.unanswered is not None and fields.text("state") != State.ACTIVE:
            sentence = f"`{course.unanswered}` is asked, and no answer is given."
            self._report.add(fields.key_node("given"), "unanswered", sentence, "Add one, or expect `state: active`.")
            return
        self._compare_order(fields, course)
        self.compare(fields)

    def _compare_order(self, fields: Fields, course: Course) -> None:
        """The questions, in order; one e-mail asks many, and a file is asked for once more, so there it is the set."""
        node = fields.node("asked")
        if node is None:
            return
        found = [one.question.id for one in course.asked]
        found += [course.unanswered] if course.unanswered else []
        wanted = _texts(node)
        if self._player.mode is Mode.EMAIL and set(found) == set(wanted):
            return
        self._same(node, "The questions asked", ", ".join(wanted), ", ".join(found))

    def act(self, item: Tree) -> bool:
        """One line of `steps`. False when playing on makes no sense."""
        if not isinstance(item, Mapping) or not item.pairs:
            self._report.add(item, "wrong_value", "A step is `say: ...` or `expect: ...`.", one_of(STEPS))
            return False
        key, value = next((pair for pair in item.pairs if pair[0].text in STEPS), item.pairs[0])
        match key.text:
            case "expect":
                return self._expect(value)
            case "not":
                return self._same(value, "What must not be said", False, text_of(value) in "\n".join(self._said))
            case "verdict":
                return self._same(value, "The verdict", text_of(value), self._player.last.verdict.value)
            case "open":
                session = self._player.session
                found = session.open.step if session.open else "nothing"
                return self._same(value, "The open question", text_of(value), found)
            case word if word in self._actions:
                return self._do(key, value, item)
            case word:
                self._report.add(key, "unknown_key", f"There is no step `{word}`.", meant(word, STEPS) or one_of(STEPS))
                return False

    def _do(self, key: Scalar, value: Tree, item: Mapping) -> bool:
        after = item.get("after")
        pause = duration_of(after, self._report) if isinstance(after, Scalar) else None
        self._player.pause = PAUSE if pause is None else pause
        try:
            step = self._actions[key.text](value, item)
        except LookupError as error:
            self._report.add(value, "no_such_button", str(error.args[0]))
            return False
        return step is None or self._took(key, step, expect_faults=item.get("faults"))

    def _took(self, key: Scalar, step: Step, expect_faults: Tree | None = None) -> bool:
        self._said = list(self._player.said)
        self.all_said += self._said
        if step.verdict is Verdict.REFUSED and expect_faults is None:
            faults = "; ".join(f"{name}: {sentence}" for name, sentence in step.faults.items())
            self._report.add(key, "page_refused", f"The page was not taken: {faults}")
            return False
        if expect_faults is not None:
            return self._same(expect_faults, "The faults", sorted(_texts(expect_faults)), sorted(step.faults))
        return True

    def _event(self, event: Event) -> Callable[[Tree, Mapping], Step | None]:
        return lambda _, __: self._player.do(event)

    def _share(self, node: Tree, _: Mapping) -> Step | None:
        """A phone number, or `latitude, longitude`, by the channel's own button."""
        first, comma, second = text_of(node).partition(",")
        if not comma:
            return self._player.share(phone=first)
        return self._player.share(location=(float(first), float(second)))

    def _refuse(self, node: Tree, _: Mapping) -> Step | None:
        refused = {name.text: text_of(why) for name, why in node.pairs} if isinstance(node, Mapping) else {}
        return self._player.fill({}, refused)

    def _fill(self, node: Tree, item: Mapping) -> Step | None:
        if not isinstance(node, Mapping):
            self._report.add(node, "wrong_value", "`fill` holds answers by question.")
            return None
        questions = self._player.flow.questions
        values: dict[str, Any] = {}
        for key, value in node.pairs:
            if key.text not in questions:
                self._report.add(key, "unknown_id", f"There is no question `{key.text}`.", meant(key.text, questions))
                continue
            values[key.text] = field_of(questions[key.text], value_of(value))
        by = By.OPERATOR if _text_or_none(item.get("by")) == "operator" else By.CONTACT
        return self._player.fill(values, by=by)

    def _wait(self, node: Tree, _: Mapping) -> Step | None:
        length = duration_of(node, self._report) if isinstance(node, Scalar) else None
        if length is None:
            return None
        before = len(self._player.effects)
        step = self._player.wait(length)
        return step if len(self._player.effects) > before else Step(self._player.session)

    def _expect(self, node: Tree) -> bool:
        whole = "\n".join(self._said)
        for wanted in _texts(node):
            if _spaced(wanted) not in _spaced(whole):
                sentence = f"`{wanted}` was not said, but: {whole or 'nothing'}"
                self._report.add(node, "not_as_expected", sentence)
                return False
        return True

    def _same(self, node: Node, what: str, wanted: object, found: object) -> bool:
        if wanted == found:
            return True
        self._report.add(node, "not_as_expected", f"{what} should be `{wanted}`, but is `{found}`.")
        return False

    def compare(self, fields: Fields) -> None:
        """The end of the transcript: outcome, score, answers, effects."""
        session = self._player.session
        for key, found in (("outcome", session.outcome), ("state", session.state.value)):
            node = fields.scalar(key)
            if node is not None:
                self._same(node, f"The {key}", node.text, str(found))
        if (score := fields.scalar("score")) is not None:
            self._same(score, "The score", score.value, self._player.score)
        for node in fields.scalars("says") or ():
            said = _spaced(" ".join(self.all_said))
            if self._player.mode not in PAGES and _spaced(node.text) not in said:
                self._report.add(node, "not_as_expected", f"`{node.text}` was said nowhere.")
        self._compare_answers(fields)
        self._compare_effects(fields)

    def _compare_answers(self, fields: Fields) -> None:
        given = self._player.visible
        wanted = fields.mapping_of("answers")
        for key, node in wanted.pairs if wanted else ():
            answer = given.get(key.text)
            found = _stored(answer.value if answer else None)
            self._same(node, f"The answer to `{key.text}`", value_of(node), found)

    def _compare_effects(self, fields: Fields) -> None:
        found = [words for effect in self._player.effects if (words := described(effect))]
        rest = iter(found)
        for node in fields.scalars("effects") or ():
            if not any(words == node.text for words in rest):
                happened = ", ".join(found) or "none"
                sentence = f"The effect `{node.text}` did not happen here. Those that did: {happened}."
                self._report.add(node, "not_as_expected", sentence)
                return


def _given(node: Tree) -> object:
    """An answer as people write it: `+7 912` and `012` stay what they are."""
    match node:
        case Scalar(value=bool()):
            return node.value
        case Scalar():
            return node.text
        case Sequence():
            return [text_of(item) for item in node.items]
        case Mapping():
            return {key.text: value.value for key, value in node.pairs if isinstance(value, Scalar)}


def _stored(value: Value | None) -> Value | None:
    """A stored answer as transcripts write it: files by their names."""
    if isinstance(value, tuple):
        return tuple(str(item["name"]) if isinstance(item, Dict) else item for item in value)
    return value


def text_of(node: Tree) -> str:
    """A single value as written; nothing for a list or a mapping."""
    return node.text if isinstance(node, Scalar) else ""


def _spaced(text: str) -> str:
    """`text` with plain spaces: those inside of numbers are no-break spaces, which nobody types."""
    return text.replace("\u00a0", " ")


def _text_or_none(node: Tree | None) -> str | None:
    return None if node is None else text_of(node)


def _texts(node: Tree) -> list[str]:
    return [text_of(item) for item in node.items] if isinstance(node, Sequence) else [text_of(node)]


def value_of(node: Tree) -> Value:
    """A value of YAML as answers are stored."""
    match node:
        case Sequence():
            return tuple(text_of(item) for item in node.items)
        case Mapping():
            return {key.text: value_of(value) for key, value in node.pairs}  # type: ignore[misc]
        case Scalar(value=None):
            return ""
        case Scalar():
            assert node.value is not None
            return node.value
