"""Transcripts: conversations written down in YAML, played through a flow and compared with what was expected.

a warm lead:
answers: {role: owner, budget: 2 млн}
outcome: warm
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from flows.compile.fields import duration_of, meant, one_of
from flows.compile.sources import Source
from flows.course import Course, run_through
from flows.definition import Flow, QuestionType
from flows.events import Mode
from flows.expectations import Expectations
from flows.load import Mapping, Report, Scalar, Sequence, Tree, load
from flows.problems import Problem
from flows.rehearsal import DAY_OF_REHEARSAL, Heard, Raw, Rehearsal
from flows.session import State

KEYS = (
    "lang", "mode", "now", "zone", "on_duty", "answers", "talk", "asked", "values", "says", "outcome", "state", "score",
    "effects",
)  # fmt: skip
INPUTS = ("me", "press", "send", "place", "fill", "wait", "hold", "resume", "stop")
MODES = tuple(mode.value for mode in Mode)


@dataclass(frozen=True, slots=True)
class Played:
    """How many transcripts were played, each in each of its modes, and what was not as expected."""

    transcripts: int
    runs: int
    problems: tuple[Problem, ...]


def play_transcripts(flow: Flow, source: Source) -> Played:
    """Play all transcripts of a file. A transcript that cannot be read is a problem too."""
    report = Report()
    tree = load(source.file, source.text, report)
    runs = 0
    for name, body in tree.pairs if tree else ():
        if not isinstance(body, Mapping):
            report.add(name, "wrong_value", f"`{name.text}` holds no transcript.", "Write `answers:` or `talk:` below.")
            continue
        player = _Player(flow, name, body, report)
        runs += player.play()
    return Played(len(tree.pairs) if tree else 0, runs, report.problems)


class _Player:
    """Plays one transcript in each of its modes."""

    def __init__(self, flow: Flow, name: Scalar, body: Mapping, report: Report) -> None:
        self._flow, self._name, self._body, self._report = flow, name, body, report
        self._mode = Mode.CHAT
        self._found: dict[tuple[Tree, str, str], list[Mode]] = {}

    def play(self) -> int:
        before = len(self._report.problems)
        self._known_keys()
        modes = self._modes()
        lang = self._scalar("lang")
        if lang is not None and lang.text not in self._flow.langs:
            self._wrong(lang, f"The flow has no language `{lang.text}`.", one_of(self._flow.langs))
        zone, now = self._zone(), self._now()
        if len(self._report.problems) > before or now is None:
            return 0
        for self._mode in modes:
            rehearsal = Rehearsal(
                self._flow,
                mode=self._mode,
                lang=lang.text if lang else None,
                now=now,
                zone=zone,
                on_duty=self._flag("on_duty", default=True),
            )
            talk = self._body.get("talk")
            if talk is not None:
                self._talk(rehearsal, talk)
            course = self._answers(rehearsal) if talk is None else None
            if course is None or course.fault is None:
                Expectations(self._flow, self._body, self._report, self._differs).compare(rehearsal, course)
        self._tell(modes)
        return len(modes)

    # What is given

    def _known_keys(self) -> None:
        for key, _ in self._body.pairs:
            if key.text not in KEYS:
                self._wrong(key, f"A transcript has no key `{key.text}`.", meant(key.text, KEYS) or one_of(KEYS))
        if (self._body.get("answers") is None) == (self._body.get("talk") is None):
            self._wrong(self._name, "A transcript has either `answers` or `talk`.", "Write one of them.")

    def _modes(self) -> list[Mode]:
        node = self._body.get("mode")
        if node is None:
            return list(Mode) if self._body.get("talk") is None else [Mode.CHAT]
        found = []
        for item in node.items if isinstance(node, Sequence) else (node,):
            if isinstance(item, Scalar) and item.text in MODES:
                found.append(Mode(item.text))
            else:
                self._wrong(item, "This is no mode.", one_of(MODES))
        return found

    def _zone(self) -> str:
        node = self._scalar("zone")
        if node is None:
            return "Europe/Moscow"
        try:
            ZoneInfo(node.text)
        except (KeyError, ValueError, OSError):
            self._wrong(node, f"There is no time zone `{node.text}`.", "Write one such as `Europe/Moscow`.")
        return node.text

    def _now(self) -> datetime | None:
        node = self._scalar("now")
        if node is None:
            return DAY_OF_REHEARSAL
        try:
            now = datetime.fromisoformat(node.text)
        except ValueError:
            self._wrong(node, f"`{node.text}` is no moment.", "Write `2026-11-23T12:00`.")
            return None
        return now if now.tzinfo else now.replace(tzinfo=ZoneInfo(self._zone())).astimezone(UTC)

    def _answers(self, rehearsal: Rehearsal) -> Course:
        node = self._body.get("answers")
        raws: dict[str, Raw] = {}
        for key, value in node.pairs if isinstance(node, Mapping) else ():
            if key.text not in self._flow.questions:
                hint = meant(key.text, self._flow.questions)
                self._wrong(key, f"The flow has no question `{key.text}`.", hint)
            raws[key.text] = self._raw(key.text, value)
        course = run_through(rehearsal, raws)
        if (fault := course.fault) is not None:
            place = self._place("answers", fault.question.id)
            self._differs(place, "not_taken", f"`{fault.question.id}` was not taken: {fault.fault}")
        elif course.unanswered is not None and self._ends():
            sentence = f"`{course.unanswered}` is asked, and has no answer here."
            self._differs(self._key("answers"), "unanswered", sentence)
        return course

    def _raw(self, question: str, node: Tree) -> Raw:
        if isinstance(node, Scalar):
            return node.value if isinstance(node.value, bool) else node.text
        items = [item for item in node.items if isinstance(item, Scalar)] if isinstance(node, Sequence) else []
        asked = self._flow.questions.get(question)
        if asked is not None and asked.type is QuestionType.LOCATION and len(items) == 2:
            first, second = (item.value for item in items)
            if isinstance(first, int | float) and isinstance(second, int | float):
                return float(first), float(second)
        return [item.text for item in items]

    def _talk(self, rehearsal: Rehearsal, talk: Tree) -> None:
        """Say and hear by turns: each `bot` is a piece of what was said since the last input, in order."""
        heard = "\n".join(rehearsal.begin().said)
        for item in talk.items if isinstance(talk, Sequence) else ():
            if not isinstance(item, Mapping) or len(item.pairs) != 1:
                self._wrong(item, "A line of a talk is one of these.", one_of(("bot", *INPUTS)))
                continue
            key, value = item.pairs[0]
            if key.text == "bot":
                heard = self._hear(value, heard)
            elif key.text in INPUTS:
                heard = "\n".join(self._input(rehearsal, key, value).said)
            else:
                known = ("bot", *INPUTS)
                self._wrong(key, f"A talk has no `{key.text}`.", meant(key.text, known) or one_of(known))

    def _hear(self, expected: Tree, heard: str) -> str:
        text = " ".join(expected.text.split()) if isinstance(expected, Scalar) else ""
        flat = " ".join(heard.split())
        place = flat.find(text)
        if place < 0 or not text:
            said = f"what is said is: {flat}" if flat else "nothing more is said."
            self._differs(expected, "not_said", f"this is not said; {said}")
            return heard
        return flat[place + len(text) :]

    def _input(self, rehearsal: Rehearsal, key: Scalar, value: Tree) -> Heard:
        text = value.text if isinstance(value, Scalar) else ""
        match key.text:
            case "press":
                return self._press(rehearsal, value, text)
            case "send":
                return rehearsal.send(text)
            case "place":
                raw = self._point(value)
                return rehearsal.say(location=raw) if raw else rehearsal.say(text)
            case "fill":
                pairs = value.pairs if isinstance(value, Mapping) else ()
                return rehearsal.fill({name.text: self._raw(name.text, raw) for name, raw in pairs})
            case "wait":
                span = duration_of(value, self._report) if isinstance(value, Scalar) else None
                return rehearsal.wait(span or timedelta())
            case "hold":
                return rehearsal.hold()
            case "resume":
                return rehearsal.resume()
            case "stop":
                return rehearsal.stop()
            case _:
                return rehearsal.say(text)

    def _press(self, rehearsal: Rehearsal, node: Tree, label: str) -> Heard:
        value = rehearsal.button(label)
        if value is None:
            shown = rehearsal.labels
            hint = one_of(shown) if shown else None
            self._wrong(node, f"In {rehearsal.mode}, there is no button `{label}` now.", hint)
            return rehearsal.nothing()
        return rehearsal.say(button=value)

    def _point(self, node: Tree) -> tuple[float, float] | None:
        values = [item.value for item in node.items if isinstance(item, Scalar)] if isinstance(node, Sequence) else []
        match values:
            case [int() | float() as latitude, int() | float() as longitude]:
                return float(latitude), float(longitude)
        return None

    def _ends(self) -> bool:
        """Whether the transcript goes to the end: it expects no session that is still open."""
        state = self._scalar("state")
        return state is None or state.text != State.ACTIVE.value

    def _scalar(self, key: str) -> Scalar | None:
        node = self._body.get(key)
        if node is None or isinstance(node, Scalar):
            return node
        self._wrong(node, f"`{key}` is a single value.", None)
        return None

    def _flag(self, key: str, *, default: bool) -> bool:
        node = self._scalar(key)
        return node.value if node is not None and isinstance(node.value, bool) else default

    def _key(self, key: str) -> Scalar:
        return next((name for name, _ in self._body.pairs if name.text == key), self._name)

    def _place(self, key: str, inner: str) -> Scalar:
        node = self._body.get(key)
        pairs = node.pairs if isinstance(node, Mapping) else ()
        return next((name for name, _ in pairs if name.text == inner), self._key(key))

    def _wrong(self, node: Tree, sentence: str, hint: str | None) -> None:
        self._report.add(node, "bad_transcript", sentence, hint)

    def _differs(self, node: Tree, code: str, sentence: str) -> None:
        self._found.setdefault((node, code, sentence), []).append(self._mode)

    def _tell(self, modes: list[Mode]) -> None:
        """What came out otherwise, once for all modes in which it did."""
        for (node, code, sentence), where in self._found.items():
            found = "every mode" if len(where) == len(modes) > 1 else ", ".join(dict.fromkeys(where))
            self._report.add(node, code, f"{self._name.text} (in {found}): {sentence}")
