"""The B2B survey of `config/flows` and a contact who is asked all of its fourteen questions."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from flows import engine
from flows.compile import Source, Sources, compile_flow
from flows.definition import Flow
from flows.events import At, Begin, GivenFile, Said
from flows.session import Session, State

FLOWS = Path(__file__).parents[1] / "config" / "flows"
NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
SESSION = "0123456789abcdef"

# By number of the option where there is a button, else as people write it.
TICKED: dict[str, str] = {"agree": "0", "role": "3", "tools": "0,3", "nps": "5", "needs": "1,3"}
WRITTEN: dict[str, str] = {
    "agree": "да", "role": "Другое", "role_text": "Руководитель отдела", "staff": "500", "tools": "Телефон, CRM",
    "nps": "5", "when": "15.01.2027", "budget": "2 000 000", "needs": "Обзвон, Интеграция",
    "pain": "Теряем заявки в выходные", "brief": "-", "city": "Тверь, Советская 1", "phone": "+7 916 123-45-67",
    "email": "buyer@example.org",
}  # fmt: skip
QUESTIONS = len(WRITTEN)


@dataclass(frozen=True, slots=True)
class Played:
    """A session from its beginning: what happens and when, ready to be stepped through."""

    flow: Flow
    events: Sequence[tuple[Said, At]]

    def run(self) -> Session:
        """All steps; the finished session."""
        session = engine.begin(self.flow, SESSION, "ru", Begin(), At(NOW, 1)).session
        for said, at in self.events:
            session = engine.step(self.flow, session, said, at).session
        return session


def sources(flow: str = "b2b") -> Sources:
    """The survey in its two languages, or another flow."""
    own, english = f"{flow}.yml", f"{flow}.en.yml"
    return Sources(Source(own, (FLOWS / own).read_text()), {"en": Source(english, (FLOWS / english).read_text())})


def played() -> Played:
    """The survey, answered to the end: by buttons where there are any, and with a file."""
    flow = compile_flow(sources(), version=1).flow
    assert flow is not None
    found = Played(flow, [(_said(name, turn), At(NOW, turn)) for turn, name in enumerate(WRITTEN, 2)])
    assert found.run().state is State.DONE
    return found


def _said(question: str, turn: int) -> Said:
    if question == "brief":
        return Said(f"m{turn}", NOW, files=(GivenFile("f1", "brief.pdf", "application/pdf", 1000),))
    if (ticked := TICKED.get(question)) is not None:
        return Said(f"m{turn}", NOW, "x", button=f"f:{SESSION[:8]}:{turn - 1}:{ticked}")
    return Said(f"m{turn}", NOW, WRITTEN[question])
