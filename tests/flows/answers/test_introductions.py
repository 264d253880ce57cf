"""Names in what people write who are asked for theirs."""

import pytest

from flows.answers.introductions import name_in


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("Мария", "Мария"),
        ("Меня зовут Мария", "Мария"),
        ("меня  зовут:\nМария.", "Мария"),
        ("Добрый день! Моё имя — Пётр Сергеевич", "Пётр Сергеевич"),
        ("Привет, я Иван", "Иван"),
        ("это Катя!", "Катя"),
        ("Hi, I'm John O'Neil", "John O'Neil"),
        ("My name is Ann-Marie", "Ann-Marie"),
        ("я не скажу", "я не скажу"),
        ("Это секрет", "Это секрет"),
        ("I am from the office", "I am from the office"),
        ("Я просто хочу узнать цену", "Я просто хочу узнать цену"),
        ("ООО «Образец» 24", "ООО «Образец» 24"),
        ("Яна", "Яна"),
        ("Приветов", "Приветов"),
        ("Здравствуйте!", ""),
        ("привет))", ""),
        ("Меня зовут", ""),
    ],
)
def test_only_the_name_is_kept(written: str, name: str) -> None:
    """A sentence that introduces nobody stays whole; a greeting alone holds no name."""
    assert name_in(written) == name
