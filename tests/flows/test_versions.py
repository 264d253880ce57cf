"""New versions: what counts as a change of texts alone, and what moves along to a newer version."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from flows.compile import Source, Sources, missing_translations, text_only_change
from flows.effects import Say
from flows.engine import Verdict, begin, move, step
from flows.events import At, Begin, Held, Said
from flows.session import State
from tests.flows.samples import b2b, flow_of

SESSION = "0123456789abcdef0123456789abcdef"
BASE = (
    "flow: f\ntitle: Опрос\nintro: Привет\nask:\n- part: Начало\n- role: choice\n  text: Роль?\n"
    "  options: {a: Первая, b: Вторая}\n- say: Спасибо\n- n: number\n  text: Сколько?\n  range: 1..9\n"
    "  check: {n > 2: Мало}\noutcomes:\n- done: else\n  say: Всё\n"
)  # fmt: skip


def at(turn: int) -> At:
    return At(datetime(2026, 11, 23, 9, turn, tzinfo=UTC), turn, zone="Europe/Moscow")


def sources(text: str = BASE, *, en: str | None = None, bot: str | None = None) -> Sources:
    return Sources(
        Source("f.yml", text), {"en": Source("f.en.yml", en)} if en else {}, Source("bot.yml", bot) if bot else None
    )


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("text: Роль?", "text: Ваша роль?"), ("a: Первая", "a: Самая первая"), ("title: Опрос", "title: Анкета"),
        ("intro: Привет", "intro: День добрый"), ("part: Начало", "part: Сначала"), ("say: Спасибо", "say: Хорошо"),
        ("n > 2: Мало", "n > 2: Слишком мало"), ("say: Всё", "say: Готово"),
        ("text: Сколько?", "text: Сколько?\n  hint: Штук"),
        ("text: Роль?", "text: Роль?\n  synonyms: {a: [раз]}"),
        ("- role: choice\n  text: Роль?\n", "- role: choice   # comment\n  text: Роль?\n"),
    ],
)  # fmt: skip
def test_new_words_are_a_change_of_texts_alone(old: str, new: str) -> None:
    assert text_only_change(sources(), sources(BASE.replace(old, new)))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("role: choice", "post: choice"), ("n: number", "n: rating"), ("a: Первая, b: Вторая", "a: Первая, c: Вторая"),
        ("a: Первая, b: Вторая", "b: Вторая, a: Первая"), ("1..9", "1..8"), ("n > 2", "n > 3"),
        ("- say: Спасибо\n", ""),
        ("text: Сколько?", "text: Сколько?\n  optional: true"), ("text: Сколько?", "text: Сколько?\n  if: role == 'a'"),
        ("say: Всё", "say: Всё\n  do: {tag: x}"), ("done: else", "over: else"), ("ask:", "score: {n > 1: 5}\nask:"),
        ("text: Сколько?", "text: Сколько?\n  save: contact.n"), ("flow: f", "flow: g"), ("title: Опрос\n", ""),
        ("flow: f", "flow: f\nretry: {times: 1}"),
    ],
)  # fmt: skip
def test_everything_else_is_logic(old: str, new: str) -> None:
    changed = BASE.replace(old, new)
    assert changed != BASE
    assert not text_only_change(sources(), sources(changed))


def test_translations_are_texts_but_a_language_may_not_go_away() -> None:
    with_english = sources(en="title: Survey")
    assert text_only_change(with_english, sources(en="title: Questions"))
    assert text_only_change(sources(), with_english)
    assert not text_only_change(with_english, sources())


def test_shared_settings_are_logic_but_for_what_is_said() -> None:
    bot = "retry: {times: 2, then: escalate}\nfaq:\n- words: [цена]\n  say: Сто\n"
    assert text_only_change(sources(bot=bot), sources(bot=bot.replace("Сто", "Двести")))
    assert not text_only_change(sources(bot=bot), sources(bot=bot.replace("цена", "стоимость")))
    assert not text_only_change(sources(bot=bot), sources(bot=bot.replace("times: 2", "times: 3")))
    assert not text_only_change(sources(bot=bot), sources())


def test_what_cannot_be_read_is_no_change_of_texts() -> None:
    assert not text_only_change(sources(), sources(BASE + "\tx"))


def test_a_text_within_an_inlined_flow_is_a_text_and_its_logic_is_logic() -> None:
    outer = "flow: f\nask:\n- use: address\n"
    inner = "flow: address\nask:\n- city: text\n  text: Город?\n"

    def with_inner(text: str) -> Sources:
        return Sources(Source("f.yml", outer), library={"address": Source("address.yml", text)})

    assert text_only_change(with_inner(inner), with_inner(inner.replace("Город?", "Ваш город?")))
    assert not text_only_change(with_inner(inner), with_inner(inner.replace("city:", "town:")))


def test_the_missing_translations_are_listed_with_the_text_to_translate() -> None:
    full = b2b()
    bare = replace(full, translations={})
    assert missing_translations(full, "en") == {}
    keys = missing_translations(bare, "en")
    assert keys["role.cfo"] == "Финдиректор"
    assert keys["budget.script"] == "Какую примерно сумму в год вы закладываете на проект?"
    assert list(keys)[:3] == ["title", "intro", "agree"]


def test_a_session_moves_to_a_newer_version_with_the_answers_that_are_still_valid() -> None:
    old = flow_of(sources(), version=1)
    text = BASE.replace("b: Вторая", "c: Третья").replace("- n: number", "- city: text\n  text: Город?\n- n: number")
    new = flow_of(sources(text), version=2)
    halfway = step(
        old, begin(old, SESSION, "ru", Begin(), at(1)).session, Said("m2", at(2).now, "Вторая"), at(2)
    ).session
    session = step(old, halfway, Said("m3", at(3).now, "5"), at(3)).session
    taken = move(old, new, halfway, at(5))
    assert taken.session.version == 2
    assert taken.session.answers == {}
    assert taken.session.open is not None
    assert taken.session.open.step == "role"
    assert taken.session.turn == 5
    kept = step(old, begin(old, SESSION, "ru", Begin(), at(1)).session, Said("m", at(2).now, "Первая"), at(2)).session
    moved = move(old, new, kept, at(5))
    assert moved.session.answers["role"].version == "1"
    assert moved.session.open is not None
    assert moved.session.open.step == "city"
    assert [effect.text for effect in moved.effects if isinstance(effect, Say)] == ["Город?"]
    assert move(old, new, session, at(6)).session == session, "one that has ended stays as it is"


def test_a_session_that_a_person_holds_moves_silently() -> None:
    old, new = flow_of(sources(), version=1), flow_of(sources(BASE.replace("1..9", "1..5")), version=2)
    session = begin(old, SESSION, "ru", Begin(), at(1)).session
    held = step(old, session, Held(), at(2)).session
    taken = move(old, new, held, at(3))
    assert (taken.session.state, taken.session.version, taken.effects) == (State.WAITING_OPERATOR, 2, ())


def test_a_patch_of_texts_reaches_a_session_under_way() -> None:
    """The same version: the next question is put in the new words, and nothing that has happened happens again."""
    old = flow_of(sources(), version=1)
    new = flow_of(sources(BASE.replace("Сколько?", "Сколько штук?").replace("Спасибо", "Благодарим")), version=1)
    session = begin(old, SESSION, "ru", Begin(), at(1)).session
    session = step(old, session, Said("m2", at(2).now, "Первая"), at(2)).session
    taken = step(new, session, Said("m3", at(3).now, "нет"), at(3))
    assert taken.verdict is Verdict.ASKED_AGAIN
    said = [effect.text for effect in taken.effects if isinstance(effect, Say)]
    assert said == ["Нужно число.\n\nСколько штук?"]


@pytest.mark.parametrize(
    ("question", "kept"),
    [("n: number\n  text: Сколько?\n  range: 1..5", True), ("n: number\n  text: Сколько?\n  range: 1..4", False),
     ("n: rating\n  text: Сколько?\n  range: 1..9", False), ("m: number\n  text: Сколько?", False)],
)  # fmt: skip
def test_an_answer_moves_only_to_a_question_that_could_have_got_it(question: str, kept: bool) -> None:
    tail = "\n- city: text\n  text: Город?\n"
    old = flow_of(sources("flow: f\nask:\n- n: number\n  text: Сколько?" + tail), version=1)
    new = flow_of(sources("flow: f\nask:\n- " + question + tail), version=2)
    first = begin(old, SESSION, "ru", Begin(), at(1)).session
    session = step(old, first, Said("m2", at(2).now, "5"), at(2)).session
    taken = move(old, new, session, at(3)).session
    assert ("n" in taken.answers) is kept
    assert taken.open is not None
    assert (taken.open.step == "city") is kept


def test_a_consent_to_another_text_is_asked_for_again() -> None:
    text = "flow: f\nask:\n- ok: consent\n  text: Согласны?\n- city: text\n  text: Город?\n"
    old = flow_of(sources(text), version=1)
    new = flow_of(sources(text.replace("Согласны?", "Согласны на всё?")), version=2)
    first = begin(old, SESSION, "ru", Begin(), at(1)).session
    session = step(old, first, Said("m2", at(2).now, "да"), at(2)).session
    taken = move(old, new, session, at(3)).session
    assert taken.open is not None
    assert taken.open.step == "ok"
