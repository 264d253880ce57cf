"""Random conditions and answers: closures, a plain walk of the tree and the browser's evaluator agree."""

import json
import operator
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flows.conditions import BadCondition, compile_bound, compile_condition
from tests.flows.test_conditions import NAMES, SCOPE, facts_of

EVALUATOR = Path(__file__).parents[2] / "web" / "conditions" / "src" / "evaluate.ts"
NODE = Path(sys.executable).with_name("node")
PROGRAM = """
import { createInterface } from "node:readline";
import { evaluate } from %s;
for await (const line of createInterface({ input: process.stdin })) console.log(evaluate(...JSON.parse(line)));
"""

DAYS = st.dates(date(2025, 12, 1), date(2026, 3, 1))
NUMBERS = st.sampled_from([0, 1, 2, 10, 0.1, 0.2, 0.3, 2.5, 1_000_000])
SIGNED = NUMBERS | NUMBERS.map(lambda number: -number)
TEXTS = st.sampled_from(["", "a", "b", "it", "Ж🙂"])


def of_kind(kind: str) -> list[str]:
    return [name for name, known in NAMES.items() if known.kind == kind]


def formatted(template: str, *parts: st.SearchStrategy[Any]) -> st.SearchStrategy[str]:
    return st.tuples(*parts).map(lambda chosen: template.format(*chosen))


def listed(items: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.lists(items, min_size=1, max_size=3).map(lambda chosen: f"[{', '.join(chosen)}]")


COMBINED: dict[str, Callable[[Any, Any], Any]] = {
    "in": lambda left, right: left in right, "not in": lambda left, right: left not in right,
    "==": operator.eq, "!=": operator.ne, "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
    "+": operator.add, "-": operator.sub,
}  # fmt: skip
EQUAL = st.sampled_from(["==", "!="])
ORDER = st.sampled_from(["==", "!=", "<", "<=", ">", ">="])
INSIDE = st.sampled_from(["in", "not in"])
NUMBER_NAMES = st.sampled_from([*of_kind("number"), "score", "count(tools)", "count(brief)"])
DATE_NAMES = st.sampled_from([*of_kind("date"), "today"])
QUOTED_DAYS = DAYS.map(lambda day: f'"{day}"')
QUOTED_TEXTS = TEXTS.map(lambda text: f'"{text}"')
SUMS = NUMBER_NAMES | st.one_of(
    formatted("{} {} {}", NUMBER_NAMES, st.sampled_from("+-"), NUMBERS | NUMBER_NAMES),
    formatted("-{}", NUMBER_NAMES),
    formatted("{} - {}", DATE_NAMES, DATE_NAMES | QUOTED_DAYS),
)
DATES = DATE_NAMES | formatted("{} {} {}", DATE_NAMES, st.sampled_from("+-"), st.integers(0, 60) | NUMBER_NAMES)
CODES = st.sampled_from(of_kind("code")).flatmap(
    lambda name: st.one_of(
        formatted(f'{name} {{}} "{{}}"', EQUAL, st.sampled_from(NAMES[name].codes)),
        formatted(
            f"{name} {{}} {{}}", INSIDE, listed(st.sampled_from(NAMES[name].codes).map(lambda code: f'"{code}"'))
        ),
    )
)
ATOMS = st.one_of(
    st.sampled_from(["true", "false", "agree", "role == second", "role != second", "second in tools", "pain == phone"]),
    st.sampled_from(list(NAMES)).map(lambda name: f"answered({name})"),
    formatted("agree {} {}", EQUAL, st.sampled_from(["true", "false"])),
    formatted("{} {} {}", SUMS, ORDER, SIGNED | SUMS),
    formatted("{} {} {}", NUMBERS, ORDER, SUMS),
    formatted("{} {} {}", SUMS, INSIDE, listed(SIGNED.map(str))),
    formatted("{} {} {}", DATES, ORDER, DATES | QUOTED_DAYS),
    formatted("{} {} {}", DATES, INSIDE, listed(QUOTED_DAYS)),
    formatted("pain {} {}", EQUAL, QUOTED_TEXTS),
    formatted("pain {} {}", INSIDE, listed(QUOTED_TEXTS)),
    formatted('"{}" {} tools', st.sampled_from(NAMES["tools"].codes), INSIDE),
    CODES,
)
CONDITIONS = st.recursive(
    ATOMS,
    lambda inner: st.one_of(
        formatted("not ({})", inner),
        formatted("({}) {} ({})", inner, st.sampled_from(["and", "or"]), inner),
        formatted("{} {} {}", inner, st.sampled_from(["and", "or"]), inner),
    ),
    max_leaves=5,
).filter(lambda source: len(source) <= 300)


def answer(name: str) -> st.SearchStrategy[Any]:
    """An answer as JSON has it."""
    known = NAMES[name]
    return {
        "bool": st.booleans(),
        "number": SIGNED,
        "text": TEXTS,
        "date": DAYS.map(str),
        "code": st.sampled_from(known.codes or [""]),
        "codes": st.lists(st.sampled_from(known.codes or [""]), unique=True),
        "file": st.just([{"id": "f1"}]),
        "location": st.just({"text": "A"}),
    }[known.kind]


FACTS = st.fixed_dictionaries(
    {"today": DAYS.map(str), "score": st.integers(-10, 100)},
    optional={name: answer(name) | st.none() for name in NAMES},
)


def walked(tree: Any, facts: dict[str, Any]) -> Any:
    """What the documentation of the tree says, in the plainest words; days are counted from a fixed one."""
    if not isinstance(tree, list):
        return tree
    sign, *parts = tree
    match sign:
        case "and":
            return False not in [bool(walked(part, facts)) for part in parts]
        case "or":
            return True in [bool(walked(part, facts)) for part in parts]
        case "not":
            return not walked(parts[0], facts)
        case "in" | "not in":
            return combined(sign, walked(parts[0], facts), parts[1])
        case "has" | "lacks":
            return combined({"has": "in", "lacks": "not in"}[sign], *(walked(part, facts) for part in parts[::-1]))
        case "-" if len(parts) == 1:
            return combined("-", 0, walked(parts[0], facts))
        case "==" | "!=" | "<" | "<=" | ">" | ">=" | "+" | "-":
            return combined(sign, *(walked(part, facts) for part in parts))
        case _:
            return leaf(sign, facts.get(parts[0] if parts else sign), *parts)


def leaf(sign: str, value: Any, *parts: str) -> Any:
    match sign:
        case "answered":
            return value is not None
        case "count":
            return None if value is None else len(value)
        case "date" | "today":
            return as_days(value)
        case "day":
            return as_days(parts[0])
        case _:
            return value


def combined(sign: str, left: Any, right: Any) -> Any:
    if left is None or right is None:
        return None if sign in {"+", "-"} else False
    return COMBINED[sign](left, right)


def as_days(value: str | None) -> float | None:
    return None if value is None else (date.fromisoformat(value) - date(2000, 1, 1)) / timedelta(days=1)


@given(CONDITIONS, FACTS)
@settings(max_examples=500)
def test_closure_agrees_with_a_walk_of_the_tree(source: str, facts: dict[str, Any]) -> None:
    condition = compile_condition(source, SCOPE)
    assert condition.test(facts_of(facts)) is bool(walked(condition.tree(), facts))


@given(CONDITIONS)
@settings(max_examples=100)
def test_condition_reads_nothing_but_its_names(source: str) -> None:
    """With none of them answered it may look at nothing else."""
    condition = compile_condition(source, SCOPE)

    class Watched(dict[str, object]):
        def get(self, name: str, default: object = None) -> object:
            assert name in condition.names | {"today", "score"}
            return super().get(name, default)

    condition.test(Watched(today="2026-01-01", score=1))


WORDS = [
    "later", "today", "score", "true", "false", "and", "or", "not", "in", "answered", "count", "is", "lambda", "if",
]  # fmt: skip
SIGNS = [*"=!<>+-*/()[],.:;\"'\\\n\0#{}@`\u202e\ud800", "==", "!=", "<=", "**"]
LITERALS = [
    '"crm"',
    '"it"',
    "'x'",
    "1",
    "2.5",
    "1e9",
    "0x1",
    "9" * 30,
    "2026-12-01",
    '"2026-12-01"',
    "ｒole",
    "Ж",
    "🙂",
]
PIECES = [*NAMES, *WORDS, *SIGNS, *LITERALS]


@given(st.text(max_size=80) | st.lists(st.sampled_from(PIECES), max_size=30).map(" ".join)
       | st.lists(st.sampled_from(PIECES), max_size=30).map("".join))  # fmt: skip
@settings(max_examples=300)
def test_whatever_is_written_compiles_or_is_refused_with_its_place(source: str) -> None:
    """Nothing else is raised, and every fault points into the text."""
    for compile_any in (compile_condition, compile_bound):
        try:
            compile_any(source, SCOPE)
        except BadCondition as bad:
            places = [fault.offset for fault in bad.faults]
            assert places == sorted(places)
            assert all(0 <= place <= len(source) for place in places)


@pytest.fixture(scope="module")
def browser() -> Iterator[subprocess.Popen[str]]:
    """The browser's evaluator as it is in the repository: node strips its types, nothing is built."""
    program = PROGRAM % json.dumps(EVALUATOR.as_uri())
    with subprocess.Popen(
        [NODE, "--no-warnings", "--input-type=module", "--eval", program],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1,
    ) as process:  # fmt: skip
        yield process
        assert process.stdin is not None
        process.stdin.close()


@given(CONDITIONS, FACTS)
@settings(max_examples=500)
def test_browser_agrees_with_the_server(browser: subprocess.Popen[str], source: str, facts: dict[str, Any]) -> None:
    condition = compile_condition(source, SCOPE)
    assert browser.stdin is not None
    assert browser.stdout is not None
    browser.stdin.write(json.dumps([condition.tree(), facts]) + "\n")
    assert browser.stdout.readline().strip() == str(condition.test(facts_of(facts))).lower()
