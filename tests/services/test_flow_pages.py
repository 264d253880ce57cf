"""What a conversation shows of a filled in page."""

from datetime import UTC, datetime

from flows.engine import begin, step
from flows.events import At, Begin, Filled, Mode
from hub.model.ids import ContactId
from hub.services.flow_pages import page_said
from tests.flows.samples import compiled


def test_questions_stand_there_as_they_were_asked() -> None:
    """With the names that were put into them, and never with braces."""
    found = compiled(
        "flow: f\nask:\n- name: text\n  text: Your name?\n- day: text\n  text: Which day, {name}?\n", file="f.yml"
    )
    assert found.flow is not None
    at = At(datetime(2026, 11, 23, 9, tzinfo=UTC), 1, Mode.FORM, zone="UTC")
    page = Filled(values={"name": "Ann", "day": "Monday"})
    session = begin(found.flow, "0" * 32, "en", Begin(), at).session
    session = step(found.flow, session, page, at).session
    said = page_said(found.flow, session, page, ContactId("c"))
    assert said.text == "Your name? Ann\nWhich day, Ann? Monday"
