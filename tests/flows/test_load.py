"""YAML 1.2, with the place of everything, and limits."""

import pytest

from flows.load import DEPTH_LIMIT, SIZE_LIMIT_BYTES, Mapping, Report, Scalar, load, plain_value


def scalar(text: str) -> Scalar:
    report = Report()
    tree = load("f.yml", text, report)
    assert tree is not None, report.problems
    (_, value), *_ = tree.pairs
    assert isinstance(value, Scalar)
    return value


@pytest.mark.parametrize(
    "word", ["no", "yes", "on", "off", "y", "n", "12:30:00", "2026-12-15", "1_000", "0x1F", "1e", "."]
)
def test_words_that_older_yaml_turned_into_something_else_are_texts(word: str) -> None:
    assert scalar(f"a: {word}").value == word


@pytest.mark.parametrize(
    ("text", "value"),
    [("true", True), ("False", False), ("~", None), ("", None), ("12", 12), ("-3", -3), ("1.5", 1.5), ("1e3", 1000.0)],
)
def test_the_core_schema(text: str, value: object) -> None:
    found = plain_value(text)
    assert found == value
    assert type(found) is type(value)


def test_a_quoted_value_is_a_text() -> None:
    assert scalar('a: "12"').value == "12"


def test_places_count_from_one_and_know_their_quote() -> None:
    value = scalar('a:   "x"')
    assert (value.line, value.column, value.lead) == (1, 6, 1)
    assert scalar("a: |\n  x\n").lead is None


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("a: 1\nb: " + "x" * SIZE_LIMIT_BYTES, "too_large"),
        ("a: " + "[" * (DEPTH_LIMIT + 2), "too_deep"),
        ("[" * 50_000, "too_deep"),
        ("- " * 50_000, "too_deep"),
        ("a: \x00", "bad_character"),
        ("a: \ud800", "bad_character"),
        ("a: 'x", "yaml_syntax"),
        ("\ta: 1", "yaml_syntax"),
        ("", "not_a_mapping"),
        ("# nothing", "not_a_mapping"),
        ("[a, b]: c\nd: 1", "bad_key"),
        ("a: !!python/object/apply:os.system [x]", "tag"),
    ],
)
def test_what_is_refused_and_by_which_code(text: str, code: str) -> None:
    report = Report()
    load("f.yml", text, report)
    assert code in {problem.code for problem in report.problems}
    assert report.failed


@pytest.mark.parametrize(
    ("text", "place", "sentence", "suggestion"),
    [
        ("ask:\n\t- a: text\n", (2, 1), "A tab", "blanks"),
        ("a: Tell us: all of it\n", (1, 11), "A colon", "in quotes"),
        ('a: "When" do we begin?\n', (1, 9), "behind the closing quote", "single quotes"),
        ("a: 'When' do we begin?\n", (1, 9), "behind the closing quote", "double quotes"),
        ("a: {name}, when?\n", (1, 4), "begins with `{`", "double quotes"),
        ("a: [x] and more\n", (1, 4), "begins with `[`", "double quotes"),
        ("a: {x: 1, y: 2\nb: 3\n", (1, 4), "`{` is not closed", "`}`"),
        ("a:\n- b: 1\n  c: 2\n   d: 3\n", (4, 4), "`d` is indented by 3, the key before it by 2", "under each other"),
        ('score:\n  "x" in tools: 30\n', (2, 3), "behind the closing quote", "single quotes"),
    ],
)
def test_the_usual_slips_are_named(text: str, place: tuple[int, int], sentence: str, suggestion: str) -> None:
    """An author reads what is wrong and where, and not what a parser expected."""
    report = Report()
    assert load("f.yml", text, report) is None
    (problem,) = report.problems
    assert (problem.line, problem.column) == place
    assert sentence in problem.sentence
    assert suggestion in (problem.suggestion or "")
    assert problem.code == "yaml_syntax"


def test_the_order_of_keys_is_kept() -> None:
    tree = load("f.yml", "b: 1\na: 2\n", Report())
    assert isinstance(tree, Mapping)
    assert [key.text for key, _ in tree.pairs] == ["b", "a"]
