"""Global words: back, skip, restart, stop, operator, and the author's own. Only as the whole message, or as `/word`."""

import re

from flows.definition import Command, Do, EscalateTo, Flow, Question
from flows.effects import CancelTimers, Finish
from flows.engine.run import Run
from flows.engine.taking import go_on, open_again, skip
from flows.engine.verdict import Verdict
from flows.events import Said
from flows.phrases import Phrase
from flows.session import By, State
from flows.words import key_of

SLASH = re.compile(r"/([A-Za-z_][A-Za-z0-9_]{0,31})(?:@\w{1,64})?\s*")
LONGEST_WORD = 64


def command_of(flow: Flow, text: str) -> Command | None:
    """The command that the whole of `text` is; None for any other text."""
    if len(text) > LONGEST_WORD:
        return None
    if text.lstrip()[:1] == "/" and (match := SLASH.fullmatch(text.strip())):
        name = match[1].lower()
        return next((one for one in flow.commands if one.name == name), None) or flow.words.get(name)
    return flow.words.get(key_of(text))


def is_slash(text: str) -> bool:
    """Whether `text` looks like a command of a bot, known or not."""
    return text[:1] == "/" and bool(SLASH.fullmatch(text.strip()))


def obey(run: Run, command: Command, said: Said) -> Verdict:
    """Do what the contact asked for."""
    question = run.question()
    if command.do is not None and command.do.opt_out:
        return stop(run, command.do)
    if command.do is not None and command.do.escalate is not None:
        return call_operator(run, command.do)
    if command.do is not None:
        run.act(command.do)
        if question is not None:
            run.put(question)
        return Verdict.COMMANDED
    if command.name == "restart":
        return restart(run)
    if question is None:
        return Verdict.NOTHING
    if command.name == "back":
        return back(run, question)
    return skip(run, question, said)


def stop(run: Run, do: Do, *, quiet: bool = False) -> Verdict:
    """The contact wants no more messages. It is recorded whoever holds the conversation."""
    run.state = State.STOPPED
    run.outcome = "stopped"
    run.ended_at = run.now
    run.act(do)
    if not quiet:
        run.say(run.phrase(Phrase.STOPPED))
    run.effects += (CancelTimers(), Finish("stopped", run.score))
    return Verdict.ENDED


def call_operator(run: Run, do: Do) -> Verdict:
    """The contact wants a person."""
    to = do.escalate or EscalateTo()
    run.effects += run.plain_effects(do)
    run.effects.append(run.escalation(to, "customer_requested", announce=True))
    run.wait(run.open)
    return Verdict.ESCALATED


def restart(run: Run) -> Verdict:
    """From the first question. What was known beforehand stays; texts are said again, effects do not happen again."""
    run.passed = tuple(key for key in run.passed if not key.startswith("say:"))
    run.answers = {key: answer for key, answer in run.answers.items() if answer.by is By.PREFILL}
    run.last = None
    run.lines.append(run.phrase(Phrase.RESTARTED))
    go_on(run)
    return Verdict.COMMANDED


def back(run: Run, question: Question) -> Verdict:
    """Open the previous question that is answered and relevant. Nothing is cleared."""
    previous: Question | None = None
    for step, test, key in run.flow.course:
        if key == question.id:
            break
        if isinstance(step, Question) and key in run.answers and (test is None or test(run.facts())):
            previous = step
    if previous is None:
        run.lines.append(run.phrase(Phrase.NOTHING_BEFORE))
        run.put(question)
        run.set_timers()
    else:
        open_again(run, previous)
    return Verdict.COMMANDED
