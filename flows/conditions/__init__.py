"""The expression language of flows: `role in ["owner", "cfo"] or staff >= 200`.

Expressions are typed from the questions and compiled to closures; nothing is ever run as Python. A missing answer makes
every comparison false, `!=` and `not in` included, so `not budget >= 10` is true without a budget: there, ask
`answered(budget)` too.
"""

from flows.conditions.condition import Bound, Condition, compile_bound, compile_condition
from flows.conditions.reach import Unreachable, unreachable
from flows.conditions.scope import RESERVED, BadCondition, Fault, Kind, Name, Scope

__all__ = [
    "RESERVED",
    "BadCondition",
    "Bound",
    "Condition",
    "Fault",
    "Kind",
    "Name",
    "Scope",
    "Unreachable",
    "compile_bound",
    "compile_condition",
    "unreachable",
]
