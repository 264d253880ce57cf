"""Buttons: a press counts only for the question and the turn it was made for."""

import re
from dataclasses import replace

from flows.definition import Question, QuestionType
from flows.effects import Redraw, Toast
from flows.engine.replies import read_raw, ticks_fault
from flows.engine.run import Run
from flows.engine.taking import ask_again, open_again, skip, take_reading, take_value
from flows.engine.verdict import Verdict
from flows.events import Mode, Said
from flows.phrases import Phrase
from flows.render import PAGE_SIZE, QUICK_DAYS, REF_LENGTH, Press, code_of, prompt_of
from flows.session import Value
from flows.showing import shown

CHOICES, DATE, TELEGRAM = QuestionType.CHOICES, QuestionType.DATE, Mode.TELEGRAM  # see `flows.engine.run`
NUMBERS = re.compile(r"[0-9]{1,4}(?:,[0-9]{1,4})*")
"""Options by their indexes."""


def press(run: Run, question: Question | None, pressed: Press, said: Said) -> Verdict:
    """What a button does. One of another turn or session changes nothing."""
    mine = pressed.session == run.before.id[:REF_LENGTH]
    if not mine or pressed.turn != run.turn:
        return stale(run, pressed.turn if mine else None)
    if pressed.n.startswith("e"):
        return _change(run, pressed.n[1:])
    if question is None:
        return stale(run, pressed.turn)
    assert run.open is not None
    match pressed.n:
        case "skip":
            return skip(run, question, said)
        case "back":
            from flows.engine.commands import back

            return back(run, question)
        case "yes" | "no" if run.open.unsure is not None:
            return confirmed(run, question, said, yes=pressed.n == "yes")
        case "done":
            return _done(run, question, said)
    if pressed.n.startswith("p") and pressed.n[1:].isdecimal():
        run.effects.append(Redraw(prompt_of(question, run.look(run.facts()), run.open.toggled, int(pressed.n[1:4]))))
        return Verdict.CHANGED
    return _numbers(run, question, pressed, said)


def stale(run: Run, turn: int | None) -> Verdict:
    """Say what was answered, where that is known, and offer to change it. The session stays as it is."""
    answered = next((key for key, answer in run.answers.items() if answer.turn == turn), None)
    question = run.flow.questions.get(answered or "")
    if question is None or turn is None:
        run.effects.append(Toast(run.phrase(Phrase.ALREADY_NOTED)))
        return Verdict.STALE
    value = shown(question, run.answers[question.id].value, run.lang) or run.phrase(Phrase.SKIP)
    run.effects.append(Toast(run.phrase(Phrase.ALREADY_ANSWERED, value=value), run.change_choice(question)))
    return Verdict.STALE


def _change(run: Run, index: str) -> Verdict:
    questions = list(run.flow.questions.values())
    if not index.isdecimal() or len(index) > 4 or int(index) >= len(questions):
        return stale(run, None)
    question = questions[int(index)]
    if question.id not in run.answers or (question.relevant and not question.relevant.test(run.facts())):
        return stale(run, None)
    open_again(run, question)
    return Verdict.CHANGED


def confirmed(run: Run, question: Question, said: Said, *, yes: bool) -> Verdict:
    """The contact says whether an unsure value was meant."""
    assert run.open is not None
    value = run.open.unsure
    run.open = replace(run.open, unsure=None)
    if not yes or value is None:
        return ask_again(run, question, run.phrase(Phrase.ASK_ONCE_MORE))
    return take_value(run, question, value, said)


def _numbers(run: Run, question: Question, pressed: Press, said: Said) -> Verdict:
    if not NUMBERS.fullmatch(pressed.n):
        return stale(run, None)
    chosen = [int(number) for number in pressed.n.split(",")]
    if question.type is CHOICES:
        if run.at.mode is TELEGRAM and len(chosen) == 1:
            return _toggle(run, question, chosen[0])
        codes = {question.options[n].code for n in chosen if n < len(question.options)}
        return _ticked(run, question, tuple(one.code for one in question.options if one.code in codes), said)
    value = _quick_day(run, chosen[0]) if question.type is DATE else code_of(question, chosen[0])
    if value is None or len(chosen) > 1:
        return stale(run, None)
    return _pressed_value(run, question, value, said)


def _quick_day(run: Run, n: int) -> str | None:
    return (run.today + QUICK_DAYS[n][1]).isoformat() if n < len(QUICK_DAYS) else None


def _pressed_value(run: Run, question: Question, value: Value, said: Said) -> Verdict:
    if question.type is DATE:
        return take_reading(run, question, read_raw(run, question, str(value)), said.text, said)
    return take_value(run, question, value, said)


def _toggle(run: Run, question: Question, n: int) -> Verdict:
    """Tick or untick one option. What stands alone clears the others, and is cleared by them."""
    assert run.open is not None
    if n >= len(question.options):
        return stale(run, None)
    code = question.options[n].code
    before = run.open.toggled
    if code in before:
        after = tuple(one for one in before if one != code)
    elif code in question.alone:
        after = (code,)
    else:
        after = (*(one for one in before if one not in question.alone), code)
    if len(after) > len(before) and (fault := ticks_fault(run, question, after)):
        run.effects.append(Toast(fault.sentence))
        return Verdict.NOTHING
    run.open = replace(run.open, toggled=after)
    run.effects.append(Redraw(prompt_of(question, run.look(run.facts()), after, n // PAGE_SIZE)))
    run.set_timers()
    return Verdict.CHANGED


def _done(run: Run, question: Question, said: Said) -> Verdict:
    assert run.open is not None
    if question.type is not CHOICES:
        return stale(run, None)
    codes = tuple(one.code for one in question.options if one.code in run.open.toggled)
    return _ticked(run, question, codes, said)


def _ticked(run: Run, question: Question, codes: tuple[str, ...], said: Said) -> Verdict:
    if not codes and question.optional:
        return skip(run, question, said)
    if not codes:
        sentence = run.phrase(Phrase.NEEDS_AN_ANSWER)
        if run.at.mode is TELEGRAM:
            run.effects.append(Toast(sentence))
            return Verdict.NOTHING
        return ask_again(run, question, sentence)
    if fault := ticks_fault(run, question, codes):
        return ask_again(run, question, fault.sentence)
    return take_value(run, question, codes, said)
