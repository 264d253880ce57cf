"""Pages of forms and call scripts, one part each."""

from datetime import UTC, datetime

from flows.definition import Flow
from flows.engine import begin, step
from flows.events import At, Begin, Filled, Mode
from flows.pages import Note, farewell, pages
from tests.flows.samples import b2b, compiled, flow_of

SESSION = "0123456789abcdef0123456789abcdef"


def at(turn: int = 1, mode: Mode = Mode.FORM) -> At:
    return At(datetime(2026, 11, 23, 9, turn, tzinfo=UTC), turn, mode, zone="Europe/Moscow")


def small() -> Flow:
    found = compiled(
        "flow: f\n"
        "ask:\n"
        "- role: choice\n  text: Роль?\n  options: {a: Первая, b: Вторая}\n"
        "- say: Теперь подробнее, {role}.\n  if: role == \"b\"\n"
        "- why: text\n  text: Почему?\n  if: role == \"b\"\n"
        "- n: number\n  text: Сколько?\n  script: Сколько их у вас?\n  range: 1..9\n"
        "  check: {n > 2: Больше двух., 'n != 5': Не пять.}\n"
    )  # fmt: skip
    assert found.flow is not None, found.problems
    return found.flow


def test_each_part_is_a_page_and_what_stands_before_the_first_part_is_one_too() -> None:
    flow = flow_of(b2b())
    session = begin(flow, SESSION, "ru", Begin(), at()).session
    found = pages(flow, session, at())
    assert [page.heading for page in found] == [None, "Как устроено сейчас", "Планы", "Что нужно"]
    assert [field.prompt.question for field in found[2].fields] == ["when", "budget"]
    assert [page.open for page in found] == [True, False, False, False]


def test_a_page_has_every_question_with_the_tree_of_its_condition() -> None:
    """The browser hides and shows by the same trees that the engine tests."""
    flow = small()
    session = begin(flow, SESSION, "ru", Begin(), at()).session
    role, note, why, number = pages(flow, session, at())[0].items
    assert isinstance(note, Note)
    assert note.relevant == ["==", ["answer", "role"], "b"]
    assert not note.shows
    assert not isinstance(why, Note)
    assert not isinstance(role, Note)
    assert not isinstance(number, Note)
    assert (role.relevant, role.shows) == (None, True)
    assert (why.relevant, why.shows) == (["==", ["answer", "role"], "b"], False)
    assert (number.low, number.high) == (1, 9)
    assert [rule.message for rule in number.checks] == ["Больше двух.", "Не пять."]
    assert number.checks[0].tree == [">", ["answer", "n"], 2]
    assert [choice.code for choice in role.prompt.choices] == ["a", "b"]


def test_a_filled_page_shows_its_answers_and_is_complete() -> None:
    flow = small()
    session = begin(flow, SESSION, "ru", Begin(), at()).session
    taken = step(flow, session, Filled({"role": "b", "why": "Так"}), at(2))
    (page,) = pages(flow, taken.session, at(3))
    role, note, _, number = page.items
    assert isinstance(note, Note)
    assert not isinstance(role, Note)
    assert not isinstance(number, Note)
    assert note.shows
    assert note.text == "Теперь подробнее, Вторая."
    assert role.answer is not None
    assert role.answer.value == "b"
    assert role.shown == "Вторая"
    assert number.answer is None
    assert not page.complete


def test_an_operator_reads_the_words_of_the_script() -> None:
    flow = small()
    session = begin(flow, SESSION, "ru", Begin(), at(mode=Mode.CALL)).session
    texts = {
        mode: pages(flow, session, at(mode=mode))[0].fields[-1].prompt.text for mode in (Mode.FORM, Mode.CALL)
    }  # fmt: skip
    assert texts == {Mode.FORM: "Сколько?", Mode.CALL: "Сколько их у вас?"}


def test_what_the_hub_knows_of_the_contact_is_suggested_and_never_taken_silently() -> None:
    flow = flow_of(b2b())
    known = At(datetime(2026, 11, 23, 9, tzinfo=UTC), 1, Mode.CALL, known={"contact.phone": "+79123456789"})
    session = begin(flow, SESSION, "ru", Begin(), known).session
    phone = next(field for field in pages(flow, session, known)[3].fields if field.prompt.question == "phone")
    assert (phone.suggested, phone.answer) == ("+79123456789", None)


def test_what_the_outcome_says_has_the_answers_in_it() -> None:
    """Whoever finishes a form reads their own name, as in a dialog, and the score as a number."""
    found = compiled(
        "flow: f\n"
        "ask:\n"
        "- name: text\n  text: Имя?\n"
        "score: {'true': 40}\n"
        "outcomes:\n"
        '- done: else\n  say: "Спасибо, {name}! {score} из 100."\n'
    )
    assert found.flow is not None, found.problems
    session = begin(found.flow, SESSION, "ru", Begin(), at()).session
    assert farewell(found.flow, session, at()) is None
    taken = step(found.flow, session, Filled({"name": "Ира"}), at(2))
    assert farewell(found.flow, taken.session, at(3)) == "Спасибо, Ира! 40 из 100."
