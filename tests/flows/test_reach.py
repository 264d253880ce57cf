import itertools

import pytest

from flows.conditions import Condition, Scope, Unreachable, compile_condition, unreachable
from tests.flows.test_conditions import NAMES

SCOPE = Scope(NAMES, allow_score=True)


def outcomes(*sources: str) -> list[Condition | None]:
    """Conditions in order; `else` is the last resort."""
    return [None if source == "else" else compile_condition(source, SCOPE) for source in sources]


def never_first(*sources: str, score: tuple[float, float] | None = None) -> list[Unreachable]:
    """What is found in a list of outcomes."""
    return unreachable(outcomes(*sources), SCOPE, score)


@pytest.mark.parametrize(
    "source",
    [
        "false", "score >= 60 and score < 30", "score > 5 and score < 5", 'role == "it" and role == "cfo"',
        'role in ["it"] and role in ["cfo", "owner"]', 'role == "it" and not answered(role)',
        "agree and agree == false",
        'agree and not agree', '"crm" in tools and "crm" not in tools', 'pain == "a" and pain == "b"',
        'when > "2026-12-01" and when <= "2026-12-01"', "staff >= 10 and staff in [1, 2]", "staff != 5 and staff == 5",
        "count(tools) > 1 and not count(tools) > 1", "not (staff >= 10 or staff < 10) and answered(staff)",
        'role not in ["owner", "cfo", "it", "other"]', '"crm" in tools and not answered(tools)',
    ],
)  # fmt: skip
def test_outcome_that_contradicts_itself_is_found(source: str) -> None:
    assert never_first(source, "else") == [Unreachable(0, contradiction=True)]


@pytest.mark.parametrize(
    ("earlier", "later"),
    [
        ("true", "score >= 60"), ("score >= 60", "score >= 60"), ("score >= 30", "score >= 60"), ("true", "else"),
        ('role in ["it", "cfo"]', 'role == "cfo"'), ("staff > 5 and nps > 3", "nps > 3 and staff > 5"),
        ("60 <= score", "score >= 60"), ("when <= today + 90", "when <= today + 90"), ("not agree", "agree == false"),
        ("answered(tools)", '"crm" in tools'), ("staff >= 10 or not staff >= 10", "else"),
        ('role != "it"', 'role == "cfo"'),
        ('answered(city) or answered(brief)', "answered(brief)"), ('when > "2026-01-01"', 'when == "2026-02-01"'),
    ],
)  # fmt: skip
def test_outcome_behind_one_that_takes_its_cases_is_found(earlier: str, later: str) -> None:
    assert never_first(earlier, later) == [Unreachable(1, by=0)]


def test_outcome_behind_several_that_take_its_cases_is_found() -> None:
    """No one of them alone."""
    assert never_first("score >= 60", "score < 60 and score > 0", "score <= 0", "else") == [Unreachable(3)]
    everybody = never_first('role in ["owner", "cfo"]', 'role in ["it", "other"]', "not answered(role)", "else")
    assert everybody == [Unreachable(3)]


def test_outcome_beyond_the_greatest_score_is_found() -> None:
    """The points of all lines together bound the score."""
    assert never_first("score >= 100", "else", score=(0, 80)) == [Unreachable(0, contradiction=True)]
    assert never_first("score >= 80", "else", score=(0, 80)) == []
    assert never_first("score >= 0", "else", score=(0, 80)) == [Unreachable(1, by=0)]
    assert never_first("score >= 0", "else", score=(-5, 80)) == []
    assert never_first("score > 10", "score > 5", "score > 0", "else", score=(0, 80)) == []


@pytest.mark.parametrize(
    "sources",
    [
        ("score >= 60", "score >= 30", "agree == false", "else"),
        ('role == "it"', 'role != "it"', "else"),
        ("staff > 5", "not staff > 5"),
        ("budget > staff", "budget <= staff", "else"),
        ("when <= today + 90", "when <= today + 30", "else"),
        ('pain == "a"', 'pain != "a"', "else"),
        ("count(tools) >= 1", '"crm" in tools', "else"),
        ('pain in ["answer", "staff"]', "else"),
        ("role == second", 'role == "it" and second == "it"', "else"),
    ],
)
def test_outcome_that_can_be_reached_is_not_accused(sources: tuple[str, ...]) -> None:
    """A missing answer, too, leads past both a comparison and its opposite."""
    assert never_first(*sources) == []


def test_too_many_combinations_are_not_claimed_about() -> None:
    """Not even when the truth is plain to people: the check stays fast."""
    many = " and ".join(f"staff != {number}" for number in range(12))
    other = " and ".join(f"{name} > {number}" for name, number in itertools.product(("nps", "budget"), range(6)))
    assert never_first(f"({many}) and false", "else") == [Unreachable(0, contradiction=True)]
    assert never_first(f"{other} and staff in [{', '.join(map(str, range(24)))}] and staff == 99", "else") == []
