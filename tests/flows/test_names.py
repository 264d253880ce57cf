"""Names of teams, webhooks and stages: where they stand, and what is said of those that a project does not have."""

from collections.abc import Sequence

import pytest

from flows.compile import Source, Sources, compile_flow
from flows.findings import in_language
from flows.names import KnownNames, unknown_names
from flows.problems import Problem, Severity

KNOWN = KnownNames(teams=("Second line", "Продажи"), team_ids={"t1"}, webhooks={"crm"}, stages={"engaged", "qualified"})
FLOW = """\
flow: f
ask:
- a: text
  text: Что?
- do: {stage: %s, webhook: %s}
outcomes:
- done: else
  do:
    escalate:
      to: %s
      away: {stage: later}
"""


def warnings(stage: str = "engaged", webhook: str = "crm", team: str = "second-line") -> Sequence[Problem]:
    compiled = compile_flow(Sources(Source("f.yml", FLOW % (stage, webhook, team))))
    assert compiled.problems == ()
    return unknown_names(compiled.mentioned, KNOWN)


@pytest.mark.parametrize("team", ["second-line", "Second line", "t1", "продажи"])
def test_a_team_is_known_by_its_name_or_its_id(team: str) -> None:
    """With hyphens for blanks or without, in any case and alphabet: as it is found when the flow runs."""
    assert warnings(team=team) == []


def test_a_name_that_the_project_does_not_have_is_warned_of_where_it_stands() -> None:
    """With the nearest name, or all there are."""
    found = warnings(webhook="crn", team="sales")
    assert [(one.line, one.column, one.code, one.suggestion, one.severity) for one in found] == [
        (5, 33, "unknown_webhook", "Did you mean `crm`?", Severity.WARNING),
        (10, 11, "unknown_team", "Write one of: `second-line`, `продажи`.", Severity.WARNING),
    ]
    assert in_language(found[1], "ru").sentence == "Команды `sales` в проекте нет: диалог получит команда канала."


def test_a_stage_is_warned_of_only_where_it_looks_like_a_slip_of_another() -> None:
    """Stages are known by being used, and a flow may be the first that uses one."""
    (slip,) = warnings(stage="engagd")
    assert (slip.code, slip.suggestion) == ("unknown_stage", "Did you mean `engaged`?")
    assert warnings(stage="delighted") == []


def test_without_an_outcome_or_effects_nothing_is_mentioned() -> None:
    text = "flow: f\nask:\n- a: text\n  text: Что?\n- do: escalate\n"
    assert compile_flow(Sources(Source("f.yml", text))).mentioned == ()


def test_what_a_call_back_and_the_shared_commands_name_counts_too() -> None:
    """In the file where it stands."""
    text = "flow: f\nask:\n- p: phone\n  text: Телефон?\n- do: {call_back: {phone: p, to: nobody}}\n"
    bot = "commands:\n  vip: {words: [вип], do: {escalate: vips}}\n"
    compiled = compile_flow(Sources(Source("f.yml", text), bot=Source("bot.yml", bot)))
    found = unknown_names(compiled.mentioned, KNOWN)
    assert sorted((one.file, one.line, one.code) for one in found) == [
        ("bot.yml", 2, "unknown_team"),
        ("f.yml", 5, "unknown_team"),
    ]
