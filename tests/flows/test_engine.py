"""The engine by the worked examples of the grammar."""

from datetime import UTC, datetime, timedelta

import pytest

from flows.definition import Flow
from flows.effects import (
    AddTag,
    CallWebhook,
    Effect,
    Erase,
    Escalate,
    Finish,
    RecordConsent,
    Say,
    SetField,
    SetPriority,
    SetStage,
    StartFlow,
    Toast,
)
from flows.engine import Step, Verdict, begin, reopens, step
from flows.engine.replies import Field
from flows.events import At, Begin, Due, Filled, GivenFile, Mode, Said, TimedOut
from flows.session import State
from tests.flows.samples import b2b, compiled, flow_of

NOON = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
SESSION = "0123456789abcdef0123456789abcdef"


def at(turn: int, mode: Mode = Mode.CHAT) -> At:
    """Turns are twenty seconds apart."""
    return At(NOON + timedelta(seconds=20 * turn), turn, mode, zone="Europe/Moscow")


def talk(flow: Flow, answers: list[str], mode: Mode = Mode.CHAT) -> tuple[Step, list[Effect]]:
    """Say one after another; the last step, and all effects."""
    step_ = begin(flow, SESSION, "ru", Begin(), at(1, mode))
    effects = list(step_.effects)
    for turn, text in enumerate(answers, 2):
        files = (GivenFile("f1", "brief.pdf", "application/pdf", 5),) if text == "FILE" else ()
        said = Said(f"m{turn}", at(turn).now, "" if files else text, files=files)
        step_ = step(flow, step_.session, said, at(turn, mode))
        effects += step_.effects
    return step_, effects


HOT = ["да", "Финдиректор", "120", "crm", "5", "15.01.2027", "2 млн", "api, calls", "-", "FILE", "-",
       "8 912 345-67-89", "lead@example.org"]  # fmt: skip
WARM = ["да", "ИТ-директор", "40", "почта", "15.01.2027", "4", "-", "-", "-", "8 912 345-67-89", "lead@example.org"]
COLD = ["да", "4", "Завхоз", "3", "5", "-", "Чат-бот", "-", "-", "-", "8 912 345-67-89", "lead@example.org"]


@pytest.mark.parametrize(
    ("answers", "score", "outcome"),
    [(HOT, 100, "hot"), (WARM, 35, "warm"), (COLD, 0, "cold"), (["нет"], 0, "no_consent")],
)
def test_the_worked_scores_of_the_grammar(answers: list[str], score: float, outcome: str) -> None:
    last, effects = talk(flow_of(b2b()), answers)
    assert last.verdict is Verdict.ENDED
    assert (last.session.score, last.session.outcome) == (score, outcome)
    assert effects[-1] == Finish(outcome, score)


def test_a_hot_lead_has_its_fields_stage_priority_and_people() -> None:
    _, effects = talk(flow_of(b2b()), HOT)
    plain = [effect for effect in effects if isinstance(effect, SetField | SetStage | SetPriority | Escalate | AddTag)]
    assert plain[:5] == [
        SetStage("engaged"), SetField("phone", "+79123456789"), SetField("email", "lead@example.org"),
        SetStage("qualified"), SetPriority("high"),
    ]  # fmt: skip
    assert isinstance(plain[5], Escalate)
    assert (plain[5].team, plain[5].reason) == ("sales-2", "flow_escalated")


def test_a_warm_lead_gets_another_flow_later() -> None:
    _, effects = talk(flow_of(b2b()), WARM)
    assert StartFlow("nurture_mail", timedelta(days=14)) in effects


def test_after_a_refused_consent_only_the_fact_of_refusal_is_kept() -> None:
    last, effects = talk(flow_of(b2b()), ["нет"])
    assert Erase() in effects
    assert Say("Понимаем. Ответы не сохраняем.") in effects
    kept = last.session.answers["agree"]
    assert list(last.session.answers) == ["agree"]
    assert (kept.value, kept.raw, kept.message) == (False, "", None)
    assert kept.text_hash is not None


def test_a_page_that_is_refused_has_no_effect_at_all() -> None:
    """The phone was right and would be saved, but the address beside it is not."""
    flow = flow_of(b2b())
    session = begin(flow, SESSION, "ru", Begin(), at(1, Mode.FORM)).session
    page: dict[str, Field] = {
        "agree": True, "phone": "+79123456789", "role": "cfo", "staff": "5", "tools": ["none"], "budget": "1",
        "needs": ["bot"], "email": "nobody",
    }  # fmt: skip
    taken = step(flow, session, Filled(page, {"when": "skipped"}), at(2, Mode.FORM))
    assert taken == Step(session, (), Verdict.REFUSED, {"email": "Нужен адрес электронной почты."})


def test_a_reply_to_an_older_question_changes_nothing_and_is_told_so() -> None:
    """A channel that knows which question was replied to says its turn."""
    flow = flow_of(b2b())
    taken = talk(flow, ["да", "Финдиректор"])[0]
    late = step(flow, taken.session, Said("m9", at(9).now, "Собственник", turn=2), at(9))
    assert (late.session, late.verdict) == (taken.session, Verdict.STALE)
    (toast,) = late.effects
    assert isinstance(toast, Toast)
    assert toast.text == "Уже отвечено: Финдиректор. Изменить?"
    assert step(flow, taken.session, Said("m9", at(9).now, "12", turn=3), at(9)).verdict is Verdict.ADVANCED


def test_a_quick_reply_to_the_question_on_the_screen_is_its_answer() -> None:
    """Within three seconds of an answer in words a text may go on; not when the channel knows what it replies to."""
    found = compiled("flow: f\nask:\n- a: text\n  text: Раз?\n- b: text\n  text: Два?\n- c: text\n  text: Три?\n")
    assert found.flow is not None
    session = begin(found.flow, SESSION, "ru", Begin(), At(NOON, 1)).session
    for turn, seen in ((2, None), (3, 2)):
        moment = NOON + timedelta(seconds=turn)
        session = step(found.flow, session, Said(f"m{turn}", moment, f"x{turn}", turn=seen), At(moment, turn)).session
    assert session.open is not None
    assert session.open.step == "c"


def test_a_webhook_gets_the_answers_that_are_visible() -> None:
    text = "flow: f\nask:\n- a: yesno\n  text: Да?\n- b: text\n  text: Что?\n  if: a == true\n- c: text\n  text: Где?\n"
    found = compiled(text + "outcomes:\n- d: else\n  do: {webhook: crm}\n")
    assert found.flow is not None
    _, effects = talk(found.flow, ["да", "вот", "назад", "назад", "нет", "там"])
    assert CallWebhook("crm", {"a": False, "c": "там", "score": 0}) in effects


def test_a_session_that_is_taken_up_again_has_not_ended() -> None:
    flow = flow_of(b2b())
    session = begin(flow, SESSION, "ru", Begin(), at(1)).session
    week = NOON + timedelta(days=7)
    closed = step(flow, session, TimedOut(Due.CLOSE, 1), At(week, 2)).session
    assert reopens(closed, At(week + timedelta(days=14), 3))
    assert not reopens(closed, At(week + timedelta(days=14, seconds=1), 3))
    again = step(flow, closed, Said("m3", week, "да"), At(week + timedelta(days=1), 3)).session
    assert (again.state, again.outcome, again.ended_at) == (State.ACTIVE, None, None)


def test_a_consent_on_the_phone_is_to_the_words_that_were_read_out() -> None:
    found = compiled("flow: f\nask:\n- ok: consent\n  text: Согласны?\n  script: Вы согласны, {contact.name}?\n")
    assert found.flow is not None
    consents = {}
    for mode in (Mode.FORM, Mode.CALL):
        where = At(NOON, 1, mode, known={"contact.name": "Sample Ltd"})
        session = begin(found.flow, SESSION, "ru", Begin(), where).session
        taken = step(found.flow, session, Filled({"ok": True}), where)
        consents[mode] = next(effect.text for effect in taken.effects if isinstance(effect, RecordConsent))
    assert consents == {Mode.FORM: "Согласны?", Mode.CALL: "Вы согласны, Sample Ltd?"}
