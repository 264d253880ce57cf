"""Rows of XLSForm: types, groups, repeats, and those that cannot come along."""

import pytest

from tests.flows.importers.surveys import AGE, BASIS, ROLES, USED, WHEN, compiled, question, read, reasons
from tests.flows.importers.workbooks import ROLE, Row


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


def test_survey_without_questions_gives_no_flow() -> None:
    imported = read({"type": "time", "name": "t", "label": "T?"})
    assert (imported.yaml, imported.translations, str(imported)) == ("", {}, "imported 0 of 1 questions")
