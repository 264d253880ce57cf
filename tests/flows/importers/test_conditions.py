"""`relevant`, `constraint` and `required`: conditions, ranges, and what has no equivalent."""

import pytest

from tests.flows.importers.surveys import AGE, BASIS, USED, WHEN, compiled, question, read, reasons


@pytest.mark.parametrize(
    ("relevant", "expected"),
    [
        ("${age} > 18", "age > 18"),
        ("${age} >= '18' and ${age}<=65.50", "age >= 18 and age <= 65.5"),
        ("18 < ${age}", "age > 18"),
        ("${age} != 18", "age != 18"),
        ("${role} = 'owner'", 'role == "owner"'),
        ("${ role } = “Other one”", 'role == "other_one"'),
        ("selected(${role}, 'cfo')", 'role == "cfo"'),
        ("selected(${tools}, 'crm') or selected(${tools}, '1')", '"crm" in tools or "1" in tools'),
        ("not(selected(${tools}, 'no'))", 'not "no" in tools'),
        ("not(${age} > 1 or ${age} < 0)", "not (age > 1 or age < 0)"),
        ("(${age} > 1 or ${age} < 0) and ${role} != 'cfo'", '(age > 1 or age < 0) and role != "cfo"'),
        ("${age} > 1 or ${age} < 0 and ${role} = 'cfo'", 'age > 1 or age < 0 and role == "cfo"'),
        ("count-selected(${tools}) >= 2", "count(tools) >= 2"),
        ("count-selected(${tools}) < 2", "not answered(tools) or count(tools) < 2"),
        ("count-selected(${tools}) = 0 and ${age} = 1", "(not answered(tools) or count(tools) == 0) and age == 1"),
        ("${note} = ''", "not answered(note)"),
        ("${note} != ''", "answered(note)"),
        ("${note} != 'x'", 'not note == "x"'),
        ("${note} = 5", 'note == "5"'),
        ("${note}", "answered(note)"),
        ("${when} > today()", "when > today"),
        ("${when} <= today() + 30", "when <= today + 30"),
        ("${when} - today() > 7", "when - today > 7"),
        ("${when} >= date('2026-12-31')", 'when >= "2026-12-31"'),
        ("${when} = '2026-12-31'", 'when == "2026-12-31"'),
        ("${age} > -5", "age > -5"),
        ("${age} - (1 + 2) = 4", "age - (1 + 2) == 4"),
        ("true()", "true"),
        ("boolean(${age} > 1)", "age > 1"),
    ],
)
def test_relevant_becomes_a_condition(relevant: str, expected: str) -> None:
    imported = read(*BASIS, {"type": "text", "name": "x", "label": "X?", "relevant": relevant})
    assert reasons(imported) == []
    condition = compiled(imported).questions["x"].relevant
    assert condition is not None
    assert getattr(condition, "source", None) == expected


@pytest.mark.parametrize(
    ("relevant", "reason"),
    [
        ("${later} = 1", "there is no question `later` before it"),
        ("${age} * 2 > 5", "`*` has no equivalent"),
        ("${age} div 2 > 5", "`div` has no equivalent"),
        ("regex(${note}, '[a-z]')", "`regex()` is no condition"),
        ("coalesce(${age}, 1) > 5", "`coalesce()` has no equivalent"),
        ("${role} = 'ceo'", "`role` has no option `ceo`"),
        ("selected(${age}, 'x')", "`age` has no options to be selected"),
        ("${tools} = 'crm'", "`tools` may be several options"),
        ("${age} = 'many'", "`age` is a number, `many` is none"),
        ("${age} = ${note}", "is a number"),
        ("${when} > 'soon'", "`when` is a date, `soon` is none"),
        (". > 1", "`.` stands for an answer only in a constraint"),
        ("../age > 1", "`..` is not expected there"),
        ("${age} >", "`the end` is not expected there"),
        ("${age} > 1 ) and", "`)` is not expected there"),
        ("${age} ; 1", "`; 1` cannot be read"),
        ("(" * 40 + "true()" + ")" * 40, "nested too deeply"),
        ("${age} > 1 or " * 200 + "true()", "longer than 2000 characters"),
        ("${age} = 1 or " * 50 + "true()", "300 are allowed"),
        ("1 = 1", "compares no answer"),
        ("selected(${tools}, ${role})", "`selected()` is no condition"),
        ("position(..) = 1", "is not expected there"),
        ("${when} + ${when} > ${age}", "is nothing"),
    ],
)
def test_relevant_without_equivalent_refuses_its_question(relevant: str, reason: str) -> None:
    """A question that should be asked now and then must not be asked always."""
    imported = read(*BASIS, {"type": "text", "name": "x", "label": "X?", "relevant": relevant})
    ((row, said),) = reasons(imported)
    assert row == 7
    assert reason in said
    assert imported.imported == 5
    assert "x: text" not in imported.yaml


def test_question_that_names_a_refused_one_is_refused_too() -> None:
    imported = read(
        AGE,
        {"type": "time", "name": "t", "label": "Time?"},
        {"type": "text", "name": "x", "label": "X?", "relevant": "${t} = 1"},
    )
    assert reasons(imported)[1] == (4, "its `relevant` has no equivalent: `t` of row 3 was not imported")


@pytest.mark.parametrize(
    ("kind", "constraint", "expected"),
    [
        ("integer", ". >= 18 and . <= 99", {"range": "18..99"}),
        ("integer", ". > 17 and 100 > .", {"range": "18..99"}),
        ("integer", ".>=-5", {"range": "-5.."}),
        ("integer", ". = 5", {"range": "5..5"}),
        ("decimal", ". >= 0.5 and . < 10", {"range": "0.5..", "check": "x < 10"}),
        ("integer", ". >= 1 and . != 13", {"range": "1..", "check": "x != 13"}),
        ("integer", ". >= 1 or . = -1", {"check": "x >= 1 or x == -1"}),
        ("integer", ". > 1 and . > 5", {"range": "2..", "check": "x > 5"}),
        ("integer", ". <= ${age}", {"range": "..age"}),
        ("integer", ". < ${age}", {"check": "x < age"}),
        ("date", ". >= today()", {"range": "today.."}),
        ("date", ". > today() and . <= today() + 30", {"range": "today+1..today+30"}),
        ("date", ". < date('2027-01-01')", {"range": '.."2027-01-01"-1'}),
        ("text", "string-length(.) <= 20", {"range": "..20"}),
        ("text", "string-length(.) >= 2 and string-length(.) < 10", {"range": "2..9"}),
        ("text", ". != 'x'", {"check": 'x != "x"'}),
        ("select_multiple tools", "count-selected(.) <= 2", {"max": "2"}),
        (
            "select_multiple tools",
            "count-selected(.) < 3 and count-selected(.) >= 1",
            {"max": "2", "check": "count(x) >= 1"},
        ),
        (
            "select_multiple tools",
            "not(selected(., 'no')) or count-selected(.) = 1",
            {"check": 'not "no" in x or count(x) == 1'},
        ),
    ],
)
def test_constraint_becomes_range_max_and_check(kind: str, constraint: str, expected: dict[str, str]) -> None:
    imported = read(AGE, {"type": kind, "name": "x", "label": "X?", "constraint": constraint, "required": "yes"})
    assert reasons(imported) == []
    found = {"range": None, "max": None, "check": None} | expected
    step = compiled(imported).questions["x"]
    assert (str(step.max) if step.max else None) == found["max"]
    assert [getattr(check.condition, "source", None) for check in step.checks] == [found["check"]] * bool(
        found["check"]
    )
    assert (f"range: {found['range']}" in imported.yaml.replace("'", "")) is bool(found["range"])


def test_constraint_without_equivalent_is_reported_and_its_question_stays() -> None:
    imported = read({**AGE, "constraint": "regex(., '[0-9]+')"}, {**USED, "constraint": ". <= 5"})
    assert [(refusal.row, refusal.whole) for refusal in imported.refusals] == [(2, False), (3, False)]
    assert "every answer is taken" in imported.refusals[0].reason
    assert imported.imported == imported.total == 2


def test_message_of_a_constraint_is_kept() -> None:
    """As that of the check, or as the hint beside a range."""
    texts = {"constraint_message": "Between 1 and 9"}
    both = read({**AGE, "constraint": ". >= 1 and . <= 9", **texts}, {**WHEN, "constraint": ". != today()", **texts})
    age, when = compiled(both).questions.values()
    assert age.hint == {"en": "Between 1 and 9"}
    assert [check.message for check in when.checks] == [{"en": "Between 1 and 9"}]
    told = read({**AGE, "constraint": ". >= 1", "hint": "In years", **texts})
    assert reasons(told) == [(2, "the hub says itself what fits; `constraint_message` is left out")]


@pytest.mark.parametrize(
    ("required", "optional"),
    [
        ("yes", False),
        ("true()", False),
        ("TRUE", False),
        ("1", False),
        (True, False),
        ("", True),
        ("no", True),
        ("false()", True),
    ],
)
def test_required_decides_whether_it_may_be_left_out(required: object, optional: bool) -> None:
    assert question({"type": "text", "name": "x", "label": "X?", "required": required}).optional is optional


def test_required_on_a_condition_is_reported() -> None:
    imported = read(AGE, {"type": "text", "name": "x", "label": "X?", "required": "${age} > 5"})
    assert reasons(imported) == [(3, "an answer is required always or never (`required`); it may be left out")]
    assert compiled(imported).questions["x"].optional
