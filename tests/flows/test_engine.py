"""The engine by the worked examples of the grammar."""

from datetime import UTC, datetime, timedelta

import pytest

from flows.definition import Flow
from flows.effects import AddTag, Effect, Erase, Escalate, Finish, Say, SetField, SetPriority, SetStage, StartFlow
from flows.engine import Step, Verdict, begin, step
from flows.events import At, Begin, GivenFile, Mode, Said
from tests.flows.samples import b2b, flow_of

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
