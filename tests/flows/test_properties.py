"""What holds for every conversation, whatever is answered, in whatever mode, however often it is delivered."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from flows.definition import Flow, Question, QuestionType
from flows.effects import Effect, Redraw, Say, Toast
from flows.engine import Step, Verdict, begin, step, visible
from flows.events import At, Begin, Due, Event, Filled, GivenFile, Held, Mode, Resumed, Said, TimedOut
from flows.pages import pages
from flows.session import By, Session, State
from flows.simulate import Player, run_through
from tests.flows.samples import b2b, flow_of, lead10

NOON = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
SESSION = "0123456789abcdef0123456789abcdef"
FLOWS = {"b2b": flow_of(b2b()), "lead10": flow_of(lead10())}
FEW = settings(max_examples=60)


def at(turn: int, mode: Mode = Mode.CHAT) -> At:
    return At(NOON + timedelta(seconds=20 * turn), turn, mode, zone="Europe/Moscow")


def answer_to(question: Question, draw: st.DrawFn) -> Any:  # noqa: C901 - one case a type
    """An answer as a form would send it; None for a question that is left out."""
    if question.optional and draw(st.booleans()):
        return None
    codes = [option.code for option in question.options]
    match question.type:
        case QuestionType.CONSENT:
            return draw(st.sampled_from([True, True, True, False]))
        case QuestionType.YESNO:
            return draw(st.booleans())
        case QuestionType.CHOICE:
            return draw(st.sampled_from(codes))
        case QuestionType.CHOICES:
            picked = draw(st.lists(st.sampled_from(codes), min_size=1, max_size=question.max, unique=True))
            alone = [code for code in picked if code in question.alone]
            return alone[:1] or sorted(picked, key=codes.index)
        case QuestionType.NUMBER:
            return str(draw(st.integers(1, 100_000)))
        case QuestionType.RATING:
            return str(draw(st.integers(0, 10)))
        case QuestionType.DATE:
            return (date(2026, 11, 23) + timedelta(days=draw(st.integers(0, 700)))).isoformat()
        case QuestionType.PHONE:
            return f"+7912{draw(st.integers(1000000, 9999999))}"
        case QuestionType.EMAIL:
            return f"lead{draw(st.integers(0, 999))}@example.org"
        case QuestionType.FILE:
            return (GivenFile("f1", "brief.pdf", "application/pdf", 10),)
        case QuestionType.LOCATION | QuestionType.TEXT:
            return f"Слово {draw(st.integers(0, 999))}"


@st.composite
def answered_flows(draw: st.DrawFn) -> tuple[str, dict[str, Any]]:
    name = draw(st.sampled_from(list(FLOWS)))
    return name, {key: answer_to(question, draw) for key, question in FLOWS[name].questions.items()}


def typed(question: Question, answer: Any) -> str:
    """The answer as a person types it."""
    if answer is None:
        return "-"
    if isinstance(answer, bool):
        return "да" if answer else "нет"
    numbers = {option.code: str(n) for n, option in enumerate(question.options, 1)}
    if isinstance(answer, list):
        return ", ".join(numbers[code] for code in answer)
    return numbers.get(str(answer), str(answer))


def said_as(flow: Flow, session: Session, answers: dict[str, Any], mode: Mode, turn: int) -> list[Event]:
    """What is said to answer what is open, in a mode."""
    assert session.open is not None
    question = flow.questions[session.open.step]
    answer = answers[question.id]
    message, moment = f"m{turn}", at(turn).now
    head = f"f:{SESSION[:8]}:{session.turn}"
    if question.type is QuestionType.FILE and answer is not None:
        return [Said(message, moment, files=answer)]
    if mode in {Mode.FORM, Mode.CALL}:
        page = next(page for page in pages(flow, session, at(turn, mode)) if page.open)
        keys = [field.prompt.question for field in page.fields]
        values = {key: answers[key] for key in keys if answers[key] is not None}
        refused = {key: "unknown" for key in keys if answers[key] is None}
        return [Filled(values, refused, By.OPERATOR if mode is Mode.CALL else By.CONTACT, session.turn, message)]
    if mode is Mode.TELEGRAM and isinstance(answer, list):
        codes = [option.code for option in question.options]
        presses = [f"{head}:{codes.index(code)}" for code in answer] + [f"{head}:done"]
        return [Said(f"{message}.{n}", moment, button=value) for n, value in enumerate(presses)]
    if session.open.also:
        batch = [question, *(flow.questions[key] for key in session.open.also)]
        lines = [f"{n}. {typed(one, answers[one.id])}" for n, one in enumerate(batch, 1) if one.type != "file"]
        files = next((answers[one.id] or () for one in batch if one.type == "file"), ())
        lines += [f"{n}. -" for n, one in enumerate(batch, 1) if one.type == "file" and not files]
        return [Said(message, moment, "\n".join(lines), files=files)]
    return [Said(message, moment, typed(question, answer))]


def run(flow: Flow, answers: dict[str, Any], mode: Mode) -> tuple[Session, list[tuple[Event, At]], list[Step]]:
    """The whole conversation in a mode."""
    taken = begin(flow, SESSION, "ru", Begin(), at(1, mode))
    steps, events, turn = [taken], [], 1
    while taken.session.state is State.ACTIVE:
        for event in said_as(flow, taken.session, answers, mode, turn + 1):
            turn += 1
            events.append((event, at(turn, mode)))
            taken = step(flow, taken.session, event, at(turn, mode))
            steps.append(taken)
        assert turn < 80, taken
    return taken.session, events, steps


def values(flow: Flow, session: Session) -> dict[str, Any]:
    return {key: answer.value for key, answer in visible(flow, session, at(99)).items()}


@FEW
@given(answered_flows())
def test_every_mode_reaches_the_same_outcome_from_the_same_answers(case: tuple[str, dict[str, Any]]) -> None:
    flow, answers = FLOWS[case[0]], case[1]
    chat, _, _ = run(flow, answers, Mode.CHAT)
    for mode in (Mode.TELEGRAM, Mode.EMAIL, Mode.FORM, Mode.CALL):
        other, _, _ = run(flow, answers, mode)
        assert (other.outcome, other.score) == (chat.outcome, chat.score), mode
        assert values(flow, other) == values(flow, chat), mode
    for mode in Mode:
        player = Player(flow, mode=mode)
        run_through(player, {key: answer for key, answer in answers.items() if answer is not None})
        assert (player.session.outcome, player.score) == (chat.outcome, chat.score), mode


@FEW
@given(answered_flows(), st.sampled_from(list(Mode)))
def test_delivering_every_event_twice_changes_nothing(case: tuple[str, dict[str, Any]], mode: Mode) -> None:
    flow, answers = FLOWS[case[0]], case[1]
    _, events, steps = run(flow, answers, mode)
    for (event, moment), before, after in zip(events, steps, steps[1:], strict=False):
        again = step(flow, after.session, event, moment)
        assert again.session == after.session, (event, before.verdict)
        assert again.verdict in {Verdict.NOTHING, Verdict.STALE}
        assert not any(isinstance(effect, Say) for effect in again.effects)


@FEW
@given(answered_flows(), st.sampled_from([Mode.CHAT, Mode.TELEGRAM]), st.integers(1, 12))
def test_back_and_the_same_answer_change_nothing(case: tuple[str, dict[str, Any]], mode: Mode, cut: int) -> None:
    flow, answers = FLOWS[case[0]], case[1]
    _, _, steps = run(flow, answers, mode)
    before = steps[min(cut, len(steps) - 2)].session
    if before.open is None or before.open.toggled:
        return
    taken = step(flow, before, Said("back", at(90).now, "назад"), at(90, mode))
    turn = 90
    assert taken.session.open is not None
    if taken.session.open.step != before.open.step:
        if isinstance(answers[taken.session.open.step], list):
            events: list[Event] = [Said("again", at(91).now, typed(flow.questions[taken.session.open.step],
                                                                   answers[taken.session.open.step]))]  # fmt: skip
        else:
            events = said_as(flow, taken.session, answers, mode, turn + 1)
        for event in events:
            turn += 1
            taken = step(flow, taken.session, event, at(turn, mode))
    assert taken.session.open is not None
    assert taken.session.open.step == before.open.step
    assert values(flow, taken.session) == values(flow, before)
    assert taken.session.passed == before.passed
    assert taken.session.state is before.state


WORDS = st.one_of(
    st.sampled_from(
        ["да", "нет", "1", "2", "1, 2", "назад", "пропустить", "сначала", "оператор", "120", "15.12", "2 млн", "12?",
         "/start", "/foo", "-", "", "  ", "\U0001f44d", "+79123456789", "lead@example.org", "цена", "завтра",
         "ё" * 5_000]
    ),
    st.text(max_size=40),
)  # fmt: skip


@st.composite
def anything(draw: st.DrawFn) -> list[Event]:
    """Events that no channel promises to leave out."""
    count = draw(st.integers(1, 25))
    events: list[Event] = []
    for n in range(count):
        moment = at(n + 2).now - timedelta(seconds=draw(st.sampled_from([0, 0, 0, 15, 19, 40])))
        button = (
            f"f:{draw(st.sampled_from([SESSION[:8], SESSION[:8], 'other']))}:{draw(st.integers(0, n + 1))}:"
            + draw(
                st.sampled_from(
                    ["0", "1", "2", "1,2", "done", "skip", "back", "yes", "no", "e0", "e99", "p1", "x", "", "99"]
                )
            )
        )
        events.append(
            draw(
                st.one_of(
                    st.just(Said(f"m{n}", moment, draw(WORDS))),
                    st.just(Said(f"m{n}", moment, draw(WORDS))),
                    st.just(Said(f"m{n}", moment, button=button)),
                    st.just(Said(f"m{n}", moment, files=(GivenFile("f", "a.exe", "application/x", 1),))),
                    st.just(Filled({"role": "cfo", "staff": "x", "plan": "now", "nope": "1"}, {"when": "?"})),
                    st.just(TimedOut(draw(st.sampled_from(list(Due))), draw(st.integers(0, n + 1)))),
                    st.just(Held()),
                    st.just(Resumed()),
                )
            )
        )
    return events


def recorded(flow: Flow, mode: Mode, events: list[Event]) -> list[Step]:
    steps = [begin(flow, SESSION, "ru", Begin(), at(1, mode))]
    for turn, event in enumerate(events, 2):
        steps.append(step(flow, steps[-1].session, event, at(turn, mode)))
    return steps


@settings(max_examples=150)
@given(st.sampled_from(list(FLOWS)), st.sampled_from(list(Mode)), anything())
def test_whatever_happens_nothing_fails_and_a_replay_is_the_same(name: str, mode: Mode, events: list[Event]) -> None:
    flow = FLOWS[name]
    steps = recorded(flow, mode, events)
    assert recorded(flow, mode, events) == steps
    for event, before, after in zip(events, steps, steps[1:], strict=False):
        session = after.session
        assert (session.state is State.ACTIVE) <= (session.open is not None)
        assert session.turn >= before.session.turn
        for choice in choices_of(after.effects):
            assert len(choice.encode()) <= 64
        if isinstance(event, Said) and before.session.state is State.ACTIVE and event.message != before.session.message:
            assert tells(after.effects) or mode in {Mode.FORM, Mode.CALL}, (event, after.verdict)


def tells(effects: tuple[Effect, ...]) -> bool:
    """Whether the contact learns that the message has arrived: by words, by ticks, or by the people who take over."""
    return any(type(effect).__name__ in {"Say", "Toast", "Redraw", "Escalate", "SetField"} for effect in effects)


def choices_of(effects: tuple[Effect, ...]) -> list[str]:
    found: list[str] = []
    for effect in effects:
        if isinstance(effect, Say | Redraw) and effect.prompt:
            found += [choice.value for choice in effect.prompt.choices]
        if isinstance(effect, Toast):
            found += [choice.value for choice in effect.choices]
    return found
