"""A dialog with a flow in the terminal, drawn as each mode draws it."""

import json
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from flows.effects import Choice, Prompt, Redraw, Say, Toast
from flows.engine import Step
from flows.engine.run import PAGES
from flows.events import Held, Mode, Resumed, Stopped
from flows.phrases import Phrase, phrase
from flows.session import State
from flows.showing import shown
from flows.simulate.answers import field_of
from flows.simulate.plain import Plain, plain, plain_effect
from hub.app.flow_answers import player_of

_WORD = re.compile(r":[a-z]+")
_SPAN = re.compile(r"(\d{1,4})\s*([smhdw])")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
HELP = """\
  :press LABEL   press a button          :send FILE       send a file
  :wait 2h       let time pass           :place 55.7 37.6 send a place
  :state         answers, score, timers  :lang            the languages
  :hold :resume  a person takes over, gives back
  :stop          a person ends it        :quit            leave (also Ctrl-D)
  In e-mail mode \\n begins a new line of the mail.
  In form and call mode each line fills in the field that is asked; an empty line leaves it out."""


class Terminal:
    """A dialog in the terminal: what is typed is said, `:word` acts on the player itself."""

    def __init__(
        self, flow: str, mode: Mode, lang: str | None, now: datetime | None, zone: str, write: Callable[[str], None]
    ) -> None:
        self._player = player_of(flow, mode, lang, now, zone)
        self._zone = ZoneInfo(zone)
        self._write = write
        player = self._player
        self._acts: Mapping[str, Callable[[str], None]] = {
            ":help": lambda _: write(HELP),
            ":state": self._state,
            ":lang": self._languages,
            ":wait": self._wait,
            ":press": self._press,
            ":send": lambda name: self._show(self._given(name, name)),
            ":place": self._place,
            ":hold": lambda _: self._show(player.do(Held())),
            ":resume": lambda _: self._show(player.do(Resumed())),
            ":stop": lambda _: self._show(player.do(Stopped())),
        }

    def play(self, lines: Iterable[str]) -> None:
        """Talk until the session ends or the lines do."""
        self._show(self._player.last)
        if not self._goes_on():
            return
        for line in lines:
            text = line.rstrip("\r\n")
            self._write(f"you> {text}")
            if text.strip() in {":quit", ":q"}:
                return
            self._act(text)
            if not self._goes_on():
                return

    def _goes_on(self) -> bool:
        session = self._player.session
        if session.state is State.DONE or session.state is State.STOPPED:
            self._write(f"The session is {session.state}: outcome {session.outcome}, score {session.score:g}.")
            return False
        return True

    def _act(self, text: str) -> None:
        word, _, rest = text.strip().partition(" ")
        if not _WORD.fullmatch(word):
            self._show(self._given(text))
        elif (act := self._acts.get(word)) is not None:
            act(rest.strip())
        else:
            self._write(f"There is no {word}. :help lists what there is.")

    def _press(self, label: str) -> None:
        try:
            self._show(self._player.press(label))
        except LookupError as error:
            self._write(str(error.args[0]))

    def _languages(self, _: str) -> None:
        session = self._player.session
        self._write(f"  {session.lang} of {', '.join(self._player.flow.langs)}; start with --lang for another")

    def _given(self, text: str, file: str | None = None) -> Step:
        player = self._player
        if player.mode not in PAGES or not player.open:
            lines = text.replace("\\n", "\n") if player.mode is Mode.EMAIL else text
            return player.send(file) if file else player.say(lines)
        question = player.open[0]
        given: object = [file] if file else text.strip()
        return player.answer({question.id: field_of(question, given)} if given else {})

    def _place(self, rest: str) -> None:
        try:
            latitude, longitude = (float(part.strip(",")) for part in rest.split())
        except ValueError:
            self._write("Write two numbers, as in :place 55.75 37.62")
            return
        if self._player.mode in PAGES and self._player.open:
            self._show(self._player.answer({self._player.open[0].id: (latitude, longitude)}))
        else:
            self._show(self._player.share(location=(latitude, longitude)))

    def _wait(self, rest: str) -> None:
        match = _SPAN.fullmatch(rest.strip())
        if match is None:
            self._write("Write how long: :wait 30m, :wait 2h, :wait 3d")
            return
        self._show(self._player.wait(timedelta(**{_UNITS[match[2]]: int(match[1])})))
        self._write(f"-- it is {self._player.now.astimezone(self._zone):%a %d %b %Y, %H:%M}")

    def _show(self, step: Step) -> None:
        """What the last action caused."""
        for effect in self._player.heard:
            match effect:
                case Say():
                    self._say(effect.text, effect.prompt)
                case Redraw():
                    self._write("\n".join(self._buttons(effect.prompt)))
                case Toast():
                    self._write(f"({effect.text})")
            if found := plain_effect(effect):
                self._write("  * " + ", ".join(f"{key}: {_short(value)}" for key, value in found.items()))
        for name, sentence in step.faults.items():
            self._write(f"  ! {name}: {sentence}")
        if self._player.mode in PAGES and (prompt := self._player.shown):
            self._page(prompt)

    def _say(self, text: str, prompt: Prompt | None) -> None:
        first, *others = text.split("\n")
        self._write("\n".join([f"bot: {first}", *(f"     {line}" for line in others), *self._buttons(prompt)]))

    def _buttons(self, prompt: Prompt | None) -> list[str]:
        """The buttons as the mode lays them out: in Telegram one a row or two, ratings six a row."""
        if prompt is None or not prompt.choices or self._player.mode is Mode.EMAIL:
            return []
        row = len(prompt.choices)
        if self._player.mode is Mode.TELEGRAM:
            two = len(prompt.choices) > 8 or prompt.type in {"yesno", "consent"}
            row = 6 if prompt.type == "rating" else 1 + two
        chunks = [prompt.choices[start : start + row] for start in range(0, len(prompt.choices), row)]
        return ["     " + " ".join(f"[{_label(choice)}]" for choice in chunk) for chunk in chunks]

    def _page(self, prompt: Prompt) -> None:
        """A field of a form, or a line of the script with its digits."""
        lang = self._player.session.lang
        call = self._player.mode is Mode.CALL
        mark = "" if prompt.optional else " *"
        lines = [f"{'say' if call else 'form'}: {prompt.text}{mark}"]
        lines += [f"     {line}" for line in (prompt.hint, prompt.link) if line]
        box = "[ ]" if prompt.multiple else "( )"
        for number, choice in enumerate(prompt.choices, 1):
            lines.append(f"     {number}  {choice.label}" if call else f"     {box} {choice.label}")
        low, high = prompt.limits
        if low is not None or high is not None:
            lines.append(f"     {low or ''} .. {high or ''}")
        if call and prompt.optional:
            lines.append("     F8 refused, F9 does not know: an empty line")
        if prompt.accept:
            lines.append("     " + phrase(Phrase.SEND_FILES, lang, accept=", ".join(prompt.accept)))
        self._write("\n".join(lines))

    def _state(self, _: str) -> None:
        player = self._player
        session = player.session
        self._write(f"  {session.state}, score {player.score:g}, version {session.version}")
        for name, answer in player.visible.items():
            question = player.flow.questions[name]
            value = shown(question, answer.value, session.lang) if answer.value is not None else str(answer.refusal)
            self._write(f"  {name} = {json.dumps(plain(answer.value), ensure_ascii=False)} ({value})")
        for due, moment in player.due.items():
            self._write(f"  {due} at {moment.astimezone(self._zone):%a %d %b, %H:%M}")


def _label(choice: Choice) -> str:
    return f"{choice.label} ✓" if choice.selected and not choice.label.startswith(("☐", "☑")) else choice.label


def _short(value: Plain) -> str:
    text = json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list) else str(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
