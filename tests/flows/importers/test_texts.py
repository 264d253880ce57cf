"""Texts of XLSForm: names, languages, and what YAML would read otherwise."""

from tests.flows.importers.surveys import AGE, compiled, read


def test_names_that_flows_cannot_have_are_changed_and_told() -> None:
    """And conditions follow them."""
    imported = read(
        {"type": "text", "name": "from", "label": "From?"},
        {"type": "text", "name": "Full-Name", "label": "Name?"},
        {"type": "text", "name": "7up", "label": "Up?", "relevant": "${from} != '' and ${Full-Name} = 'x'"},
    )
    flow = compiled(imported)
    assert list(flow.questions) == ["from_1", "full_name", "q_7up"]
    assert getattr(flow.questions["q_7up"].relevant, "source", None) == 'answered(from_1) and full_name == "x"'
    assert len(imported.notes) == 3


def test_texts_that_yaml_would_read_otherwise_survive() -> None:
    """As they stand in the sheet, to the letter."""
    labels = [
        "no",
        "12",
        "yes: or no?",
        "# hash",
        "- dash",
        "{curly}",
        "'quoted'",
        '"double',
        "a\nb",
        "*star",
        "null",
        "~",
        "ещё",
    ]
    rows = [{"type": "text", "name": f"q{number}", "label": label} for number, label in enumerate(labels)]
    choices = [
        {"list_name": "l", "name": code, "label": label}
        for code, label in zip(["no", "1", "true", "null"], labels, strict=False)
    ]
    imported = read(*rows, {"type": "select_one l", "name": "l", "label": "L?"}, choices=choices)
    flow = compiled(imported)
    texts = [question.text[imported.lang] for question in flow.questions.values()]
    assert texts == [label.replace("{", "{{").replace("}", "}}") for label in labels] + ["L?"]
    assert [option.code for option in flow.questions["l"].options] == ["no", "1", "true", "null"]


def test_same_text_twice_is_told_apart() -> None:
    flow = compiled(read(AGE, {**AGE, "name": "age2"}))
    assert [question.text["en"] for question in flow.questions.values()] == ["How old are you?", "How old are you? (2)"]


def test_languages_become_translations() -> None:
    rows = {
        "type": "integer",
        "name": "age",
        "label::Русский (ru)": "Сколько лет?",
        "label::English (en)": "How old?",
        "label::Deutsch (de)": "Wie alt?",
        "hint::English (en)": "In years",
        "hint::Русский (ru)": "Полных",
    }
    imported = read(rows, settings={"form_title": "Опрос", "form_id": "My-Survey", "default_language": "English (en)"})
    flow = compiled(imported)
    assert (flow.name, flow.lang, flow.langs) == ("my_survey", "en", ("en", "ru"))
    assert flow.questions["age"].text == {"en": "How old?", "ru": "Сколько лет?"}
    assert flow.questions["age"].hint == {"en": "In years", "ru": "Полных"}
    assert "Deutsch" in imported.refusals[0].reason
    first = read(rows)
    assert first.lang == "ru"


def test_text_missing_in_a_language_is_lent_by_another_and_told() -> None:
    imported = read(
        {"type": "text", "name": "x", "label": "Как?", "label::English (en)": ""},
        {"type": "text", "name": "y", "label": "Что?", "label::English (en)": "What?"},
    )
    flow = compiled(imported)
    assert (flow.lang, flow.questions["x"].text["en"], flow.questions["y"].text["en"]) == ("ru", "Как?", "What?")
    assert imported.notes == ("Row 2 has no label in `en`: another language stands in for it.",)
