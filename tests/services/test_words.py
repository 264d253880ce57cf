"""How texts are cut into words, what a query asks for, and the line that shows it."""

import pytest

from hub.model.found_by import address_keys, name_keys, people_key
from hub.model.words import line_of, matches, spelled, stem, wanted, words_of


@pytest.mark.parametrize(
    "forms",
    ["доставка доставки доставкой доставку", "заказ заказы заказов заказами", "цена цены ценой", "счёт счета счетами",
     "новый новая новые нового новыми", "order orders ordered ordering", "delivery deliveries", "price prices priced",
     "box boxes", "звонил звонила звонили"],
)  # fmt: skip
def test_the_forms_of_a_word_are_kept_as_one(forms: str) -> None:
    assert len({stem(spelled(form)) for form in forms.split()}) == 1


@pytest.mark.parametrize("pair", ["кот код", "мир мера", "address adder", "class clay", "12 1"])
def test_different_words_stay_different(pair: str) -> None:
    one, other = pair.split()
    assert stem(one) != stem(other)


def test_words_that_say_nothing_are_left_out_and_numbers_stay() -> None:
    assert words_of("И это не то: the 2 orders, и ещё заказ №15!") == ["2", "order", "заказ", "15"]


def test_a_text_without_end_has_words_with_an_end() -> None:
    assert len(words_of(" ".join(f"word{n}" for n in range(5_000)))) == 200
    assert words_of("x" * 100_000) == ["x" * 40]


def test_the_last_word_may_be_half_of_one() -> None:
    looked_for = wanted("новые заказы дост")
    assert looked_for is not None
    assert (looked_for.words, looked_for.beginning) == (("нов", "заказ"), "дост")
    assert matches("Доставка нового заказа", looked_for)
    assert not matches("Доставка нового стола", looked_for)
    assert wanted(" ?! ") is None


def test_the_line_begins_near_the_place_and_marks_every_one() -> None:
    looked_for = wanted("lamp")
    assert looked_for is not None
    line = line_of(
        "So many words before. " * 20 + "The lamps are here, and one lamp is not. " + "After. " * 50, looked_for
    )
    assert [part.text for part in line if part.hit] == ["lamps", "lamp"]
    assert sum(len(part.text) for part in line) <= 150
    assert line[0].text == "… "
    assert line[-1].text.endswith(" …")


def test_a_line_without_the_place_is_its_beginning() -> None:
    looked_for = wanted("nowhere")
    assert looked_for is not None
    assert [(part.text, part.hit) for part in line_of("Short\ntext", looked_for)] == [("Short text", False)]


def test_a_number_is_found_as_it_is_written_at_home_and_abroad() -> None:
    keys = address_keys("+7 (916) 123-45-67")
    for written in ("+79161234567", "8 (916) 123-45-67", "916 123-45-67"):
        assert people_key(written) in keys, written
    assert address_keys("12345") == []
    assert address_keys("a text with 1234567 in it") == []


def test_a_name_is_found_from_each_of_its_words() -> None:
    assert name_keys("Проба  Сёмина") == ["проба семина", "семина"]
    assert name_keys(None) == []
    assert people_key("СЁМ") == "сем"
