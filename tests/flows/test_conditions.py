import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from flows.conditions import RESERVED, BadCondition, Kind, Name, Scope, compile_bound, compile_condition
from flows.conditions.closures import to_test
from flows.conditions.tree import from_json

TABLE: dict[str, Any] = json.loads((Path(__file__).parent / "cases" / "conditions.json").read_text())
"""The same table is run against the browser's evaluator: `web/conditions/src/evaluate.test.ts`."""
NAMES = {name: Name(Kind(kind), tuple(codes)) for name, (kind, *codes) in TABLE["names"].items()}
SCOPE = Scope(NAMES, TABLE["later"], allow_score=True)
TODAY = date(2026, 11, 25)


def facts_of(case: dict[str, Any]) -> dict[str, object]:
    """Answers as sessions hold them."""
    return {name: tuple(value) if isinstance(value, list) else value for name, value in case.items()}


def one_fault(source: str, scope: Scope = SCOPE) -> tuple[str, int]:
    """The only fault of an expression."""
    with pytest.raises(BadCondition) as caught:
        compile_condition(source, scope)
    (fault,) = caught.value.faults
    return fault.code, fault.offset


@pytest.mark.parametrize("row", TABLE["holds"], ids=lambda row: row["if"])
def test_condition_means_what_the_table_says(row: dict[str, Any]) -> None:
    """Its tree is the one that browsers get, and the tree alone means the same."""
    condition = compile_condition(row["if"], SCOPE)
    assert condition.tree() == row["tree"]
    again = to_test(from_json(row["tree"]))
    for case, expected in row["cases"]:
        assert condition.test(facts_of(case)) is expected, case
        assert again(facts_of(case)) is expected, case


@pytest.mark.parametrize("row", TABLE["refused"], ids=lambda row: row["if"])
def test_expression_is_refused_with_place_and_reason(row: dict[str, Any]) -> None:
    """Each fault has its code, its character, and a sentence."""
    with pytest.raises(BadCondition) as caught:
        compile_condition(row["if"], SCOPE)
    faults = caught.value.faults
    assert [fault.code for fault in faults] == [wanted["code"] for wanted in row["faults"]]
    assert [fault.offset for fault in faults] == [wanted["offset"] for wanted in row["faults"]]
    for fault, wanted in zip(faults, row["faults"], strict=True):
        assert fault.sentence.endswith(".")
        assert wanted.get("suggestion") in {None, fault.suggestion}


def test_condition_knows_the_questions_it_reads() -> None:
    condition = compile_condition('role == "it" and when <= today + staff and score > 1 and answered(city)', SCOPE)
    assert condition.names == {"role", "when", "staff", "city"}
    assert condition.source.startswith("role ==")


def test_today_may_be_a_date_or_its_iso_form() -> None:
    test = compile_condition("when == today", SCOPE).test
    assert test({"when": "2026-11-25", "today": TODAY})
    assert test({"when": TODAY, "today": "2026-11-25"})


def test_score_is_refused_before_the_questions_are_over() -> None:
    assert one_fault("nps > 1 and score >= 60", Scope(NAMES)) == ("score_not_here", 12)


def test_long_expression_is_refused() -> None:
    """300 characters are the limit, with blanks."""
    fitting = "agree or " * 32 + "not agree  "
    assert len(fitting.rstrip()) < 300
    assert compile_condition(fitting + " " * (300 - len(fitting)), SCOPE).test({})
    assert one_fault("agree or " * 40 + "agree") == ("too_long", 300)


@pytest.mark.parametrize(
    "source",
    ["not " * 60 + "agree", "staff" + " + 1" * 60 + " > 1", "- " * 100 + "staff > 1"],
    ids=["not", "sum", "minus"],
)
def test_deep_nesting_is_refused(source: str) -> None:
    assert one_fault(source)[0] == "too_deep"


@pytest.mark.parametrize(
    "source", ["(" * 149 + "1" + ")" * 149, "[" * 150 + "]" * 150, "(" * 300, "answered(" * 30 + ")" * 30]
)
def test_brackets_in_brackets_end_in_a_fault(source: str) -> None:
    """Whatever the parser thinks of them."""
    with pytest.raises(BadCondition):
        compile_condition(source, SCOPE)


def test_many_faults_come_at_once_and_in_order() -> None:
    with pytest.raises(BadCondition) as caught:
        compile_condition('role == "onwer" and (bugdet > 1 or pain) and not ("cmr" in tools)', SCOPE)
    assert [fault.code for fault in caught.value.faults] == [
        "unknown_code", "unknown_id", "type_mismatch", "unknown_code",
    ]  # fmt: skip
    assert "There is no option" in str(caught.value)


def test_words_of_the_language_are_reserved() -> None:
    """Nobody could ask about a question with such an id."""
    assert {"today", "score", "true", "false", "answered", "count", "and", "in", "from", "class", "is"} <= RESERVED


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("10", 10), ("2.5", 2.5), ("-5", -5), ("staff", 40), ("staff + 0.5", 40.5), ("budget", None),
        ("today", TODAY), ("today+730", date(2028, 11, 24)), ("today - 1", date(2026, 11, 24)),
        ("2026-12-31", date(2026, 12, 31)), ('"2026-12-31"', date(2026, 12, 31)), ("when + 1", date(2027, 1, 1)),
        ("since", None), ("today + 99999999", date.max), ("today - 99999999", date.min),
    ],
)  # fmt: skip
def test_end_of_a_range_has_a_value(source: str, expected: float | date | None) -> None:
    """None where an answer is missing; dates stay within the calendar."""
    bound = compile_bound(source, SCOPE)
    value = bound.value({"staff": 40, "when": "2026-12-31", "today": TODAY})
    assert value == expected
    assert bound.kind is (Kind.DATE if isinstance(expected, date) or source == "since" else Kind.NUMBER)


@pytest.mark.parametrize(
    ("source", "kind"), [("pain", None), ("10", Kind.DATE), ("today", Kind.NUMBER), ("soon", None)]
)
def test_end_of_a_range_is_of_the_wanted_kind(source: str, kind: Kind | None) -> None:
    with pytest.raises(BadCondition) as caught:
        compile_bound(source, SCOPE, kind)
    assert caught.value.faults[0].offset == 0


def test_bound_that_is_no_condition_is_told_apart() -> None:
    """A condition is no end of a range, and a number no condition."""
    with pytest.raises(BadCondition):
        compile_bound("agree", SCOPE)
    with pytest.raises(BadCondition):
        compile_condition("10", SCOPE)
