"""Which questions an expression may name at its place, and the compiling of expressions with faults in their place."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from flows.conditions import BadCondition, Bound, Condition, Kind, Name, Scope, compile_bound, compile_condition
from flows.definition import QuestionType
from flows.load import Report, Scalar

KINDS = {
    QuestionType.CONSENT: Kind.BOOL,
    QuestionType.YESNO: Kind.BOOL,
    QuestionType.CHOICE: Kind.CODE,
    QuestionType.CHOICES: Kind.CODES,
    QuestionType.TEXT: Kind.TEXT,
    QuestionType.NUMBER: Kind.NUMBER,
    QuestionType.RATING: Kind.NUMBER,
    QuestionType.DATE: Kind.DATE,
    QuestionType.PHONE: Kind.TEXT,
    QuestionType.EMAIL: Kind.TEXT,
    QuestionType.FILE: Kind.FILE,
    QuestionType.LOCATION: Kind.LOCATION,
}
WORDS = re.compile(r""""[^"]*"|'[^']*'|[a-z][a-z0-9_]*""")


@dataclass(frozen=True, slots=True)
class Asked:
    """The questions of one file: those asked before the place that is being read, and those that come later.

    `prefix` is put before the names of a flow that is inlined: its own expressions know them without it.
    """

    names: Mapping[str, Name]
    later: frozenset[str] = frozenset()
    prefix: str = ""

    def condition(self, node: Scalar, report: Report, *, score: bool = False) -> Condition | None:
        """The condition at `node`; None when it has faults, which are in the report."""
        try:
            found = compile_condition(node.text, Scope(self.names, self.later, allow_score=score))
            if not self.prefix:
                return found
            return compile_condition(self.prefixed(node.text), Scope(self._prefixed_names, allow_score=score))
        except BadCondition as bad:
            for fault in bad.faults:
                report.add(node, fault.code, fault.sentence, fault.suggestion, offset=fault.offset)
            return None

    def bound(self, node: Scalar, text: str, kind: Kind, report: Report, offset: int) -> Bound | None:
        """One end of the range at `node`, which begins `offset` characters into it."""
        try:
            found = compile_bound(text, Scope(self.names, self.later), kind)
            if not self.prefix:
                return found
            return compile_bound(self.prefixed(text), Scope(self._prefixed_names), kind)
        except BadCondition as bad:
            for fault in bad.faults:
                report.add(node, fault.code, fault.sentence, fault.suggestion, offset=offset + fault.offset)
            return None

    def prefixed(self, source: str) -> str:
        """The expression with this file's names as the whole flow has them."""

        def rename(found: re.Match[str]) -> str:
            word = found.group()
            return self.prefix + word if word in self.names else word

        return WORDS.sub(rename, source)

    @property
    def _prefixed_names(self) -> dict[str, Name]:
        return {self.prefix + name: kind for name, kind in self.names.items()}
