"""A checked condition as a tree: the operator first, then its operands. It is what browsers evaluate too.

`["answer", id]` is an answer, `["date", id]` an answer that is a date, `["day", "2026-12-15"]` a date as written; both
are day numbers, so that days can be added. `["today"]`, `["score"]`, `["answered", id]`, `["count", id]` stand for
themselves. `in` and `not in` hold a plain list as their second operand, `has` and `lacks` ask an answer of several
codes. `and`, `or`, `not`, the six comparisons, `+` and `-` (with one operand: the negative) are what they are called.
A missing operand makes a comparison, `in`, `has` and the like false, and a sum missing.
"""

Operand = bool | int | float | str | tuple["Operand", ...]

JsonOperand = bool | int | float | str | list["JsonOperand"]


def to_json(tree: Operand) -> JsonOperand:
    """The tree in lists, as JSON has it."""
    return [to_json(part) for part in tree] if isinstance(tree, tuple) else tree


def from_json(tree: JsonOperand) -> Operand:
    """The tree from what `to_json` gave."""
    return tuple(from_json(part) for part in tree) if isinstance(tree, list) else tree
