"""A run: a session while one event is worked into it. Mutable, and alive only inside a step."""

from collections.abc import Mapping
from datetime import date

from flows.answers import NotUnderstood, Understood, Unsure
from flows.definition import CallBack as CallBackTo
from flows.definition import Do, EscalateTo, Flow, Outcome, Part, Question, QuestionType, SayStep, Texts
from flows.effects import (
    AddTag,
    CallBack,
    CallWebhook,
    CancelTimers,
    Choice,
    Effect,
    Erase,
    Escalate,
    Finish,
    OptOut,
    Prompt,
    Say,
    SetPriority,
    SetStage,
    SetTimer,
    StartFlow,
)
from flows.engine import timers
from flows.engine.facts import Facts, facts_of, mail_batch, outcome_of, score_of
from flows.events import At, Due, Mode
from flows.phrases import Phrase, phrase
from flows.render import Look, asked, confirm_prompt, prompt_of, text_of
from flows.session import Answer, Open, Session, State, Value
from flows.showing import filled_in, known_answer
from flows.zones import shown_at, zone_of

# A member of an enum takes 140 ns to look up on its class (CPython 3.11), a name of the module 20: a step needs thirty.
EMAIL, REMIND, CLOSE = Mode.EMAIL, Due.REMIND, Due.CLOSE

PAGES = frozenset({Mode.FORM, Mode.CALL})
"""Modes that show whole pages: `flows.pages` makes them, so that no question is said."""


class Run:
    """What a step may change of a session, and the effects so far. `session()` and `done()` end it."""

    __slots__ = (
        "_facts", "_today", "answers", "at", "before", "effects", "ended_at", "flow", "lang", "last", "lines",
        "message", "now", "open", "outcome", "passed", "reading", "reminded", "score", "state", "touched_at", "turn",
        "zone",
    )  # fmt: skip

    def __init__(self, flow: Flow, session: Session, at: At) -> None:
        self.flow = flow
        self.before = session
        self.at = at
        self.now = at.now
        self.lang = session.lang
        self.zone = zone_of(at.zone)
        self.state = session.state
        self.turn = session.turn
        self.open = session.open
        self.answers: Mapping[str, Answer] = session.answers
        self.passed = session.passed
        self.reminded = session.reminded
        self.score = session.score
        self.outcome = session.outcome
        self.touched_at = session.touched_at
        self.ended_at = session.ended_at
        self.last = session.last
        self.message = session.message
        self.effects: list[Effect] = []
        self.lines: list[str] = []
        self._facts: Facts | None = None
        self._today: date | None = None
        self.reading: Understood | Unsure | NotUnderstood | None = None

    def session(self) -> Session:
        """The session after the step."""
        before = self.before
        return Session(
            before.id, before.flow, self.flow.version, before.lang, before.started_at, self.state, self.turn, self.open,
            self.answers, self.passed, self.reminded, self.score, self.outcome, self.touched_at, self.ended_at,
            self.last, self.message,
        )  # fmt: skip

    def done(self) -> tuple[Effect, ...]:
        """The effects of the step. An e-mail carries everything that is said at once."""
        if self.at.mode is EMAIL:
            return tuple(_in_one_mail(self.effects))
        return tuple(self.effects)

    # What is known

    @property
    def today(self) -> date:
        """The contact's day."""
        if self._today is None:
            self._today = shown_at(self.now, self.zone).date()
        return self._today

    def facts(self) -> Facts:
        """All visible answers, and `today`. Worked out when it is first asked for: most messages need none."""
        if self._facts is None:
            self._facts = facts_of(self.flow, self.answers, self.today)
        return self._facts

    def question(self) -> Question | None:
        """The open question; None where there is none, or a newer version has dropped it."""
        return self.flow.questions.get(self.open.step) if self.open else None

    def look(self, facts: Mapping[str, object]) -> Look:
        """How questions are shown now."""
        return Look(self.flow, self.lang, self.at.mode, self.before.id, self.turn, facts, self.at.known)

    def phrase(self, code: Phrase, **values: object) -> str:
        """One of the engine's own sentences."""
        return phrase(code, self.lang, **values)

    # What is changed

    def keep(self, question: Question, answer: Answer) -> None:
        """Note an answer."""
        self.answers = {**self.answers, question.id: answer}
        self.last = question.id
        self._facts = None

    def say(self, text: str, prompt: Prompt | None = None, *, automatic: bool = False) -> None:
        """Say something, after the lines that wait to be said."""
        if self.lines:
            text = "\n\n".join((*self.lines, text)) if text else "\n\n".join(self.lines)
            self.lines = []
        self.effects.append(Say(text, prompt, automatic))

    def say_text(self, texts: Texts, facts: Mapping[str, object] | None = None) -> None:
        """Say a text of the flow, with its placeholders filled in."""
        self.say(self.filled(texts, facts))

    def filled(self, texts: Texts, facts: Mapping[str, object] | None = None) -> str:
        """A text of the flow in the session's language."""
        text = texts[self.lang]
        if "{" not in text and "}" not in text:
            return text
        return filled_in(text, self.flow, self.facts() if facts is None else facts, self.at.known, self.lang)

    def advance(self) -> None:
        """Go on to the first relevant question without an answer, or to the end.

        Texts and effects on the way happen once. A "no" that ends the questions ends them here, whoever gave it.
        """
        facts: Facts = {"today": self.today}
        refusals, passed, given = self.flow.refusals, self.passed, self.answers.get
        for step, test, key in self.flow.course:
            answer = given(key)
            if answer is not None:
                value = answer.value
                if value is None or (test is not None and not test(facts)):
                    continue
                facts[key] = value
                if value is False and key in refusals:
                    self.refuse(refusals[key], facts)
                    return
            elif key in passed or (test is not None and not test(facts)):
                continue
            elif isinstance(step, Question):
                self.ask(step, facts)
                return
            else:
                self.passed = (*self.passed, key)
                if isinstance(step, SayStep):
                    if self.at.mode not in PAGES:
                        self.say_text(step.text, facts)
                elif self.act(step.do, facts):
                    self.wait(None)
                    return
        facts["score"] = score_of(self.flow, facts)
        self.finish(outcome_of(self.flow, facts), facts)

    def ask(self, question: Question, facts: Facts | None = None) -> None:
        """Open `question` in this turn and put it."""
        facts = self.facts() if facts is None else facts
        before = self.before.open
        self.turn = self.at.turn
        self.reminded = 0
        answer = self.answers.get(question.id)
        toggled = answer.value if answer and isinstance(answer.value, tuple) else ()
        self.open = Open(question.id, self.now, 0, toggled)  # type: ignore[arg-type]
        if self.at.mode in PAGES:
            self.lines = []
        elif self.at.mode is EMAIL:
            self.put_mail(question, facts)
        else:
            previous = self.flow.questions.get(before.step) if before else None
            if question.part is not None and (previous is None or previous.part != question.part):
                self.lines.append(self.heading(question.part))
            self.put(question, facts)
        self.set_timers()

    def heading(self, part: int) -> str:
        """The line of progress of a part."""
        parts: tuple[Part, ...] = self.flow.parts
        heading = parts[part].heading[self.lang]
        return f"{heading} ({part + 1}/{len(parts)})" if len(parts) > 1 else heading

    def put(self, question: Question, facts: Mapping[str, object] | None = None, *, automatic: bool = False) -> None:
        """Say the open question, in this turn or again."""
        facts = self.facts() if facts is None else facts
        toggled = self.open.toggled if self.open else ()
        text, prompt = asked(question, self.look(facts), toggled)
        self.say(text, prompt, automatic=automatic)

    def put_mail(self, question: Question, facts: Facts | None = None) -> None:
        """One mail for all questions of the part that are relevant by now."""
        facts = self.facts() if facts is None else facts
        batch = mail_batch(self.flow, self.answers, facts, question, self.at.known)
        if question.part is not None:
            self.lines.append(self.heading(question.part))
        suggested = known_answer(question, self.at.known) if question.type is QuestionType.EMAIL else None
        if suggested and question.id not in self.answers:
            self.suggest(question, suggested, facts)
            return
        if len(batch) == 1:
            self.put(question, facts)
            return
        assert self.open is not None
        self.open = Open(question.id, self.now, self.open.retries, (), None, tuple(one.id for one in batch[1:]))
        look = self.look(facts)
        for number, one in enumerate(batch, 1):
            prompt = prompt_of(one, look)
            extra = text_of(prompt, Mode.EMAIL, self.lang, indent="   ").split("\n")[1:]
            skip = [f"   {self.phrase(Phrase.DASH_SKIPS)}"] if one.optional else []
            self.lines.append("\n".join((f"{number}. {prompt.text}", *extra, *skip)))
        self.say(self.phrase(Phrase.ANSWER_EACH), prompt_of(question, look))

    def suggest(self, question: Question, value: str, facts: Facts) -> None:
        """Ask whether the address that the mail came from is the one that is meant."""
        assert self.open is not None
        self.open = Open(question.id, self.now, self.open.retries, (), value)
        self.lines.append(self.filled(question.text, facts))
        text = self.phrase(Phrase.CONFIRM, value=value)
        self.say(text, confirm_prompt(question, text, self.look(facts)))

    def set_timers(self) -> None:
        """Ask to be woken when no answer comes."""
        self.touched_at = self.now
        silence = self.flow.silence
        if self.at.mode is not Mode.CALL and self.reminded < len(silence.remind):
            due = timers.at_a_good_hour(self.now + silence.remind[self.reminded], silence.quiet, self.zone)
            self.effects.append(SetTimer(REMIND, due))
        if silence.close is not None:
            self.effects.append(SetTimer(CLOSE, self.now + silence.close))

    # What ends it

    def wait(self, open_: Open | None) -> None:
        """People have it now; `open_` is asked again when it comes back."""
        self.open = open_
        self.state = State.WAITING_OPERATOR
        self.effects.append(CancelTimers())

    def refuse(self, name: str, facts: Facts) -> None:
        """A "no" ends the questions. After the built-in `no_consent` only the fact of refusal is kept."""
        outcome = next((one for one in self.flow.outcomes if one.name == name), None)
        if name != "no_consent":
            assert outcome is not None
            self.finish(outcome, facts)
            return
        do = outcome.do if outcome else Do()
        say = outcome.say if outcome else None
        if say is None and self.at.mode not in PAGES:
            self.say(self.phrase(Phrase.REFUSED))
        kept = Do(do.stage, do.tags, do.priority, do.escalate, do.start, do.after, do.webhook, True, do.opt_out)
        self.finish(Outcome(name, None, say, kept), facts, thanks=False)

    def finish(self, outcome: Outcome, facts: Facts, *, thanks: bool = True) -> None:
        """The session is done. What is kept after `erase` is that something was refused."""
        if "score" not in facts:
            facts["score"] = score_of(self.flow, facts)
        self.score = facts["score"]  # type: ignore[assignment]
        self.open = None
        self.state = State.DONE
        self.outcome = outcome.name
        self.ended_at = self.touched_at = self.now
        if outcome.say is not None:
            self.say_text(outcome.say, facts)
        elif thanks and not self.lines and outcome.do.escalate is None:
            self.say(self.phrase(Phrase.FINISHED))
        elif self.lines:
            self.say("")
        self.act(outcome.do, facts)
        if outcome.do.erase:
            self.answers = {key: _refusal(answer) for key, answer in self.answers.items() if answer.value is False
                            and self.flow.questions[key].type == "consent"}  # fmt: skip
            self.last = None
        self.effects += (CancelTimers(), Finish(outcome.name, self.score))

    def act(self, do: Do, facts: Mapping[str, object] | None = None) -> bool:
        """Cause the effects of a `do`. True when people take over."""
        effects = self.effects
        effects += self.plain_effects(do, facts)
        if do.escalate is not None:
            silent = not any(isinstance(effect, Say) for effect in effects)
            effects.append(self.escalation(do.escalate, facts=facts, announce=silent))
        if do.erase:
            effects.append(Erase())
        return do.escalate is not None

    def plain_effects(self, do: Do, facts: Mapping[str, object] | None = None) -> list[Effect]:
        effects: list[Effect] = []
        if do.stage:
            effects.append(SetStage(do.stage))
        effects += [AddTag(tag) for tag in do.tags]
        if do.priority:
            effects.append(SetPriority(do.priority))
        if do.call_back is not None:
            effects.append(_call_back(do, do.call_back, self.facts() if facts is None else facts))
        if do.webhook:
            facts = self.facts() if facts is None else facts
            body: dict[str, Value] = {key: value for key, value in facts.items() if key != "today"}  # type: ignore[misc]
            effects.append(CallWebhook(do.webhook, body))
        if do.start:
            effects.append(StartFlow(do.start, do.after))
        if do.opt_out:
            effects.append(OptOut())
        return effects

    def escalation(
        self,
        to: EscalateTo,
        reason: str = "flow_escalated",
        facts: Mapping[str, object] | None = None,
        *,
        announce: bool = False,
    ) -> Escalate:
        """People take over: what is said and done when somebody is on duty, and when nobody is."""
        online: list[Effect] = []
        if to.say is not None:
            online.append(Say(self.filled(to.say, facts)))
        elif announce:
            online.append(Say(self.phrase(Phrase.TO_A_PERSON)))
        later = self.filled(to.away_say, facts) if to.away_say else self.phrase(Phrase.TO_A_PERSON_LATER)
        away: list[Effect] = [Say(later, automatic=True)]  # as any word of being out of office: it answers nothing
        if to.away is not None:
            away += self.plain_effects(to.away, facts)
        return Escalate(to.team, reason, tuple(online), tuple(away))

    def change_choice(self, question: Question) -> tuple[Choice, ...]:
        """A button that opens an answered question again."""
        if self.state is not State.ACTIVE or question.id not in self.flow.questions:
            return ()
        index = list(self.flow.questions).index(question.id)
        return (Choice(self.phrase(Phrase.CHANGE), self.look({}).value(f"e{index}")),)


def _call_back(do: Do, call: CallBackTo, facts: Mapping[str, object]) -> CallBack:
    """The call back with what was answered; a day alone means its morning."""
    day, code, topic = (facts.get(name) if name else None for name in (call.day, call.time, call.topic))
    clock = dict(call.times).get(str(code), "")
    wanted = f"{day} {clock or '10:00'}" if day else clock
    phone = facts.get(call.phone) if call.phone else None
    team = call.team or (do.escalate.team if do.escalate else None)
    return CallBack(str(phone) if phone else None, wanted, call.within, str(topic or ""), team)


def _refusal(answer: Answer) -> Answer:
    """The fact that something was refused, without what was written."""
    return Answer(False, "", None, answer.by, answer.at, answer.channel, None, answer.version, answer.text_hash)


def _in_one_mail(effects: list[Effect]) -> list[Effect]:
    said = [effect for effect in effects if isinstance(effect, Say)]
    if len(said) < 2:
        return effects
    prompt = next((effect.prompt for effect in reversed(said) if effect.prompt), None)
    whole = Say("\n\n".join(effect.text for effect in said), prompt, all(effect.automatic for effect in said))
    place = effects.index(said[-1])
    return [
        *(effect for effect in effects[:place] if not isinstance(effect, Say)), whole, *effects[place + 1 :]
    ]  # fmt: skip
