from collections.abc import Sequence
from pathlib import Path

import pytest

from flows.compile import Source, Sources, compile_flow
from flows.definition import Flow, Question
from flows.importers.sheets import CannotImport
from flows.importers.xlsform import Imported, import_xlsform
from tests.flows.importers.workbooks import ROLE, TOOLS, Row, Sheets, csv_of, lines, xlsx

AGE = {"type": "integer", "name": "age", "label": "How old are you?", "required": "yes"}
ROLES = {"type": "select_one role", "name": "role", "label": "What do you do?", "required": "yes"}
USED = {"type": "select_multiple tools", "name": "tools", "label": "What do you use?"}
WHEN = {"type": "date", "name": "when", "label": "When?"}
BASIS = [AGE, ROLES, USED, WHEN, {"type": "text", "name": "note", "label": "Anything else?"}]


def compiled(imported: Imported) -> Flow:
    """What the hub makes of the result: an import that it refuses is a defect."""
    translations = {lang: Source(f"f.{lang}.yaml", text) for lang, text in imported.translations.items()}
    found = compile_flow(Sources(Source("f.yaml", imported.yaml), translations))
    assert found.flow is not None, "\n".join(str(problem) for problem in found.problems)
    return found.flow


def read(*survey: Row, settings: Row | None = None, choices: Sequence[Row] = (*ROLE, *TOOLS)) -> Imported:
    """An import of rows below each other, which the hub can publish."""
    sheets: dict[str, Sequence[Row]] = {
        "survey": survey,
        "choices": choices,
        "settings": [settings] if settings else [],
    }
    imported = import_xlsform(xlsx(sheets))
    if imported.imported:
        compiled(imported)
    return imported


def question(row: Row) -> Question:
    """The last question, after those that rows may name."""
    flow = compiled(read(*BASIS, row))
    return list(flow.questions.values())[-1]


def reasons(imported: Imported) -> list[tuple[int, str]]:
    return [(refusal.row, refusal.reason) for refusal in imported.refusals]


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("text", "text"),
        ("string", "text"),
        ("integer", "number"),
        ("int", "number"),
        ("decimal", "number"),
        ("date", "date"),
        ("geopoint", "location"),
        ("gps", "location"),
        ("image", "file"),
        ("photo", "file"),
        ("audio", "file"),
        ("video", "file"),
        ("file", "file"),
        ("phone number", "phone"),
        ("range", "rating"),
        ("add text prompt", "text"),
        ("q date", "date"),
        ("select_one role", "choice"),
        ("select one from role", "choice"),
        ("select1 role", "choice"),
        ("select_multiple tools", "choices"),
        ("select all that apply from tools", "choices"),
        ("Select_One role", "choice"),
        ("add select multiple prompt using tools", "choices"),
    ],
)
def test_type_becomes_a_type_of_flows(written: str, expected: str) -> None:
    assert question({"type": written, "name": "x", "label": "X?"}).type == expected


@pytest.mark.parametrize(
    "written",
    [
        "time",
        "dateTime",
        "geotrace",
        "geoshape",
        "barcode",
        "rank tools",
        "hidden",
        "nonsense",
        "select_one_from_file cities.csv",
        "select_one missing",
        "select_one role extra",
    ],
)
def test_type_without_equivalent_is_refused_with_its_row(written: str) -> None:
    imported = read(AGE, {"type": written, "name": "x", "label": "X?"})
    assert [(refusal.row, refusal.name, refusal.whole) for refusal in imported.refusals] == [(3, "x", True)]
    assert str(imported) == "imported 1 of 2 questions"


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


def test_groups_become_parts_and_pass_their_condition_on() -> None:
    imported = read(
        AGE,
        {"type": "begin_group", "name": "g", "label": "About work", "relevant": "${age} > 1 or ${age} < 0"},
        {"type": "text", "name": "firm", "label": "Where?"},
        {"type": "begin group", "name": "h", "label": "Deeper", "relevant": "${firm} != ''"},
        {"type": "text", "name": "boss", "label": "For whom?", "relevant": "${age} = 3"},
        {"type": "end group"},
        {"type": "end_group"},
        {"type": "text", "name": "last", "label": "Bye?"},
    )
    flow = compiled(imported)
    assert [part.heading for part in flow.parts] == [{"en": "About work"}]
    sources = {name: getattr(question.relevant, "source", None) for name, question in flow.questions.items()}
    inside = "age > 1 or age < 0"
    assert sources == {"age": None, "firm": inside, "boss": f"({inside}) and answered(firm) and age == 3", "last": None}
    assert reasons(imported) == []


def test_repeat_is_refused_with_everything_in_it() -> None:
    imported = read(
        AGE,
        {"type": "begin repeat", "name": "kids", "label": "Kids"},
        {"type": "text", "name": "kid", "label": "Name?"},
        {"type": "begin group", "name": "g"},
        {"type": "note", "name": "n", "label": "So"},
        {"type": "end group"},
        {"type": "end repeat"},
        {"type": "text", "name": "last", "label": "Bye?"},
    )
    assert reasons(imported) == [
        (3, "flows ask nothing twice: there are no repeats"),
        (4, "it stands in the repeat of row 3"),
        (6, "it stands in the repeat of row 3"),
    ]
    assert (imported.imported, imported.total) == (2, 3)


def test_group_with_an_impossible_condition_takes_its_questions_along() -> None:
    imported = read(
        AGE,
        {"type": "begin group", "name": "g", "relevant": "${age} mod 2 = 0"},
        {"type": "text", "name": "x", "label": "X?"},
        {"type": "end group"},
    )
    assert [row for row, _ in reasons(imported)] == [3, 4]
    assert "x: text" not in imported.yaml


@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        (({"type": "end group"},), "it ends a group that was never begun"),
        (
            ({"type": "begin group", "name": "g", "label": "G"},),
            "the group is never ended; it is taken to end with the sheet",
        ),
        (({"name": "x", "label": "X?"},), "the row has no type"),
        (({"type": "text", "label": "X?"},), "it has no name"),
        (({"type": "text", "name": "x"},), "it has no hint"),
        ((AGE,), "there is a question `age` above it already"),
        (({**USED, "choice_filter": "a=1"},), "flows do not filter options (`choice_filter`)"),
        (
            ({"type": "text", "name": "x", "label": "X?", "read_only": "yes"},),
            "nobody can answer a question that is read-only",
        ),
        (
            ({"type": "text", "name": "x", "label": "Hi ${later}"},),
            "its text names `later`, which is no answer given before",
        ),
        (({"type": "text", "name": "x", "label": "x" * 4000},), "its text has 4000 characters, and 3500 are allowed"),
        (
            ({"type": "range", "name": "x", "label": "X?", "parameters": "start=a"},),
            "its `parameters` name no start and end",
        ),
    ],
)
def test_unusable_row_is_refused_with_the_reason(rows: tuple[Row, ...], reason: str) -> None:
    imported = read(AGE, *rows)
    assert imported.imported == 1
    ((row, said),) = reasons(imported)
    assert row == 3
    assert said.startswith(reason)


@pytest.mark.parametrize(
    ("choices", "reason"),
    [
        (ROLE[:1], "its list has 1 options"),
        ([*ROLE, ROLE[0]], "the option `owner` is twice in its list, in row 5 of `choices`"),
        ([*ROLE, {"list_name": "role", "name": "x"}], "an option in row 5 of `choices` has no name or no label"),
        (
            [*ROLE, {"list_name": "role", "name": "x", "label": "x" * 300}],
            "the label in row 5 of `choices` is longer than 200",
        ),
    ],
)
def test_unusable_list_refuses_its_question(choices: list[Row], reason: str) -> None:
    imported = read(AGE, ROLES, choices=choices)
    ((row, said),) = reasons(imported)
    assert (row, imported.imported) == (3, 1)
    assert reason in said


def test_parts_that_flows_do_not_have_are_reported() -> None:
    imported = read(
        {
            **AGE,
            "default": 5,
            "required_message": "!",
            "guidance_hint": "Slowly",
            "media::image": "a.png",
            "calculation": "1 + 1",
            "appearance": "multiline",
        }
    )
    left = sorted(refusal.reason.split("`")[1] for refusal in imported.refusals)
    assert left == ["calculation", "default", "guidance_hint", "image", "required_message"]
    assert not any(refusal.whole for refusal in imported.refusals)


def test_calculation_that_adds_points_becomes_the_score() -> None:
    calculation = "if(${role} = 'owner', 40, 0) + if(${age} >= 30, 10, 5) + 1"
    imported = read(
        *BASIS,
        {"type": "calculate", "name": "points", "calculation": calculation},
        {"type": "calculate", "name": "twice", "calculation": "${age} * 2"},
        {"type": "calculate", "name": "again", "calculation": "if(${age} > 1, 1, 0)"},
    )
    flow = compiled(imported)
    found = {getattr(line.condition, "source", None): line.points for line in flow.score}
    assert found == {'role == "owner"': 40, "age >= 30": 10, "not age >= 30": 5, "true": 1}
    assert reasons(imported) == [
        (8, "flows calculate nothing but a score: it is no sum of `if(condition, points, 0)`"),
        (9, "flows calculate nothing but a score: a flow has one score"),
    ]


def test_metadata_asks_nothing_and_is_no_question() -> None:
    imported = read(
        {"type": "start", "name": "start"},
        {"type": "today", "name": "now"},
        AGE,
        {**WHEN, "relevant": "${age} > 1"},
        {"type": "text", "name": "x", "label": "X?", "relevant": "${when} > ${now}"},
    )
    assert (imported.imported, imported.total, reasons(imported)) == (3, 3, [])
    assert "if: when > today" in imported.yaml
    assert len(imported.notes) == 2


def test_notes_are_said_and_name_answers() -> None:
    imported = read(AGE, {"type": "note", "name": "n", "label": "So ${age}, {really}?", "relevant": "${age} > 1"})
    assert "- say: So {age}, {{really}}?\n  if: age > 1" in imported.yaml
    assert imported.total == 1


def test_or_other_asks_one_more_question() -> None:
    imported = read(
        {**USED, "type": "select_multiple tools or_other"},
        {**ROLES, "type": "select_one role or_other"},
        {"type": "text", "name": "x", "label": "X?", "relevant": "${role_other} = 'me'"},
    )
    flow = compiled(imported)
    assert list(flow.questions) == ["tools", "tools_other", "role", "role_other", "x"]
    assert flow.questions["role"].options[-1].code == "other"
    assert "- tools_other: text\n  text: Please specify\n  if: '\"other\" in tools'" in imported.yaml


def test_acknowledgement_is_a_consent_only_where_it_is_required() -> None:
    """A "no" to a consent ends the flow, and an acknowledgement that may be left out does not."""
    row = {"type": "acknowledge", "name": "ok", "label": "All right?"}
    asks = {"type": "text", "name": "x", "label": "X?", "relevant": "${ok} = 'OK'"}
    assert compiled(read({**row, "required": "yes"}, asks)).questions["ok"].type == "consent"
    flow = compiled(read(row, asks))
    assert (flow.questions["ok"].type, flow.questions["ok"].optional) == ("yesno", True)
    assert getattr(flow.questions["x"].relevant, "source", None) == "ok == true"


def test_range_with_many_steps_is_a_number() -> None:
    assert (
        question({"type": "range", "name": "x", "label": "X?", "parameters": "start=1 end=100 step=1"}).type == "number"
    )
    assert question({"type": "range", "name": "x", "label": "X?", "parameters": "start=1;end=5"}).type == "rating"
    assert (
        question({"type": "range", "name": "x", "label": "X?", "parameters": "start=0 end=1 step=0.1"}).type == "number"
    )


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


@pytest.mark.parametrize("header", ["label", "Label", "caption", "label::English (en)", "label:English", "label::en"])
def test_headers_have_other_names(header: str) -> None:
    imported = read(
        {
            "command": "text",
            "tag": "x",
            header: "X?",
            "relevance": "true()",
            "Constraint Message": "No",
            "bind::constraint": ". != 'y'",
        }
    )
    question = compiled(imported).questions["x"]
    assert (question.text["en"], question.checks[0].message["en"]) == ("X?", "No")
    assert question.relevant is not None


@pytest.mark.parametrize(
    ("separator", "encoding"), [(",", "utf-8"), (";", "utf-8-sig"), ("\t", "utf-8"), (";", "cp1251")]
)
def test_csv_with_all_sheets_is_read(separator: str, encoding: str) -> None:
    sheets: Sheets = {
        "survey": [{**ROLES, "label": "Кем, кроме; того?"}],
        "choices": ROLE,
        "settings": [{"form_title": "Т"}],
    }
    imported = import_xlsform(csv_of(sheets, separator, encoding), "csv")
    flow = compiled(imported)
    assert flow.questions["role"].text == {"ru": "Кем, кроме; того?"}
    assert len(flow.questions["role"].options) == 3


def test_csv_of_the_questions_alone_is_read() -> None:
    text = "\n".join(",".join(str(cell) for cell in line) for line in lines([AGE, WHEN]))
    imported = import_xlsform(text.encode(), "csv", name="ages")
    assert (imported.imported, compiled(imported).name) == (2, "ages")


def test_file_is_read_by_its_ending(tmp_path: Path) -> None:
    path = tmp_path / "Lead form.xlsx"
    path.write_bytes(xlsx({"survey": [AGE]}))
    assert import_xlsform(path).name == "lead_form"
    path.with_suffix(".csv").write_bytes(csv_of({"survey": [AGE]}))
    assert import_xlsform(path.with_suffix(".csv")).imported == 1
    with pytest.raises(CannotImport, match="Save it as"):
        import_xlsform(path.rename(tmp_path / "form.xls"))
    with pytest.raises(CannotImport, match=r"none\.xlsx cannot be read"):
        import_xlsform(tmp_path / "none.xlsx")


def test_survey_without_questions_gives_no_flow() -> None:
    imported = read({"type": "time", "name": "t", "label": "T?"})
    assert (imported.yaml, imported.translations, str(imported)) == ("", {}, "imported 0 of 1 questions")
