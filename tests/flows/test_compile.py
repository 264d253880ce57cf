"""Compiling: what a flow's files must be, and what is said when they are not."""

from datetime import UTC, datetime, time, timedelta

from hypothesis import given
from hypothesis import strategies as st

from flows.compile import Source, Sources, compile_flow
from flows.definition import Calls, Hours, Question, QuestionType, Retry, Silence
from flows.effects import AddTag, Escalate, Say, SetStage, StartFlow
from flows.engine import begin, step
from flows.events import At, Begin, Said
from flows.problems import Severity
from tests.flows.samples import b2b, flow_of, lead10, source


def test_the_b2b_flow_with_its_translation_and_shared_settings_has_no_problem() -> None:
    found = compile_flow(b2b(), version=3)
    assert found.problems == ()
    assert found.flow is not None
    assert found.flow.langs == ("ru", "en")
    assert len(found.flow.questions) == 14
    assert {step.type for step in found.flow.steps if isinstance(step, Question)} == set(QuestionType) - {"yesno"}
    assert [outcome.name for outcome in found.flow.outcomes] == ["hot", "warm", "no_consent", "cold"]
    assert found.flow.questions["role"].options[0].label == {"ru": "Собственник", "en": "Owner"}


def test_the_smallest_useful_survey_has_ten_questions_and_at_most_forty_lines() -> None:
    flow = flow_of(lead10())
    assert len(flow.questions) == 10
    assert len(source("lead10.yml").text.splitlines()) <= 40


def test_the_digest_changes_with_any_file_and_not_with_their_names() -> None:
    sources = b2b()
    other = Sources(sources.flow, sources.translations)
    renamed = Sources(type(sources.flow)("x.yml", sources.flow.text), sources.translations, sources.bot)
    assert sources.digest() != other.digest()
    assert sources.digest() == renamed.digest()


def test_a_flow_overrides_the_shared_settings_key_by_key() -> None:
    text = source("lead10.yml").text + "silence: {remind: [4h], close: 2d}\ncommands:\n  back: {words: [вернись]}\n"
    flow = flow_of(Sources(Source("f.yml", text), bot=source("bot.yml")))
    assert flow.silence == Silence((timedelta(hours=4),), timedelta(days=2), Hours(time(21), time(9)))
    words = {command.name: command.words for command in flow.commands}
    assert words["back"] == ("вернись",)
    assert words["skip"] == ("пропустить", "skip")
    assert flow.calls == Calls(
        6, timedelta(minutes=30), timedelta(hours=3), timedelta(days=7), Hours(time(10), time(19))
    )


def test_without_shared_settings_there_are_sensible_ones() -> None:
    flow = flow_of(lead10())
    assert {"стоп", "оператор", "назад", "пропустить", "сначала"} <= set(flow.words)
    assert flow.silence.remind == (timedelta(hours=2), timedelta(days=1))
    assert flow.silence.close == timedelta(days=3)
    assert flow.retry == Retry(2, "escalate")


def test_the_language_of_a_file_is_told_or_seen() -> None:
    english = "flow: f\nask:\n- a: text\n  text: What?\n"
    assert flow_of(Sources(Source("f.yml", english))).langs == ("en",)
    assert flow_of(Sources(Source("f.yml", "lang: ru\n" + english))).langs == ("ru",)
    assert flow_of(lead10()).langs == ("ru",)


def test_a_frequent_question_is_translated_in_place_or_by_its_first_word() -> None:
    text = (
        "flow: f\nfaq:\n- words: [цена, price]\n  say: Сто\n- words: [срок]\n  say: {ru: Неделя, en: A week}\n"
        "ask:\n- a: text\n  text: Что?\n"
    )
    flow = flow_of(Sources(Source("f.yml", text), {"en": Source("f.en.yml", "a: What?\nfaq.цена: A hundred\n")}))
    assert [entry.say for entry in flow.faq] == [{"ru": "Сто", "en": "A hundred"}, {"ru": "Неделя", "en": "A week"}]
    assert flow.faq[0].keys == ("цена", "price")


def test_escalation_has_a_branch_for_when_nobody_is_on_duty() -> None:
    text = (
        "flow: f\nask:\n- a: text\n  text: Что?\noutcomes:\n- done: else\n  do:\n    escalate:\n      to: sales-2\n"
        "      say: Соединяю\n      away: {say: 'Ответим утром, {a}', tag: missed, stage: later, start: f, after: 9h}\n"
    )
    flow = flow_of(Sources(Source("f.yml", text)))
    now = datetime(2026, 11, 23, 9, tzinfo=UTC)
    session = begin(flow, "0" * 32, "ru", Begin(), At(now, 1)).session
    taken = step(flow, session, Said("m", now, "бот"), At(now, 2))
    assert [effect for effect in taken.effects if isinstance(effect, Escalate)] == [
        Escalate(
            "sales-2",
            "flow_escalated",
            online=(Say("Соединяю"),),
            away=(
                Say("Ответим утром, бот", automatic=True),
                SetStage("later"),
                AddTag("missed"),
                StartFlow("f", timedelta(hours=9)),
            ),
        )
    ]


def test_an_escalation_without_words_says_that_people_take_over() -> None:
    flow = flow_of(
        Sources(Source("f.yml", "flow: f\nask:\n- a: text\n  text: Что?\noutcomes:\n- d: else\n  do: escalate\n"))
    )
    now = datetime(2026, 11, 23, 9, tzinfo=UTC)
    session = begin(flow, "0" * 32, "ru", Begin(), At(now, 1)).session
    taken = step(flow, session, Said("m", now, "бот"), At(now, 2))
    (escalation,) = [effect for effect in taken.effects if isinstance(effect, Escalate)]
    assert escalation.team is None
    assert [effect.text for effect in escalation.online if isinstance(effect, Say)] != []
    assert [effect.text for effect in escalation.away if isinstance(effect, Say)] != []


@given(st.text(alphabet=st.sampled_from("abкflow:ask- {}[]\"'\n\t&*!#%|>,.=0123456789"), max_size=300))
def test_no_text_makes_the_compiler_fail(text: str) -> None:
    for whole in (text, "flow: f\nask:\n" + text, "flow: f\nask:\n- a: text\n  text: " + text):
        found = compile_flow(Sources(Source("f.yml", whole)))
        assert (found.flow is None) is any(problem.severity is Severity.ERROR for problem in found.problems)


def test_what_may_confuse_contacts_is_warned_of_and_still_compiles() -> None:
    text = "flow: f\nstart: {words: [бот]}\nask:\n- a: choice\n  text: Что?\n  options: {x: Бот, y: Сайт}\n"
    found = compile_flow(Sources(Source("f.yml", text), {"ru": Source("f.ru.yml", "a: Что именно?\n")}))
    assert found.flow is not None
    assert [(problem.code, problem.severity) for problem in found.problems] == [
        ("own_translation", Severity.WARNING),
        ("start_word_is_label", Severity.WARNING),
    ]
