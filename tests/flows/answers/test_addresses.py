"""Phone numbers, e-mail addresses and places."""

import pytest

from flows.phrases import Phrase
from tests.flows.answers.said import say


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("+7 912 345-67-89", "+79123456789"),
        ("8 (912) 345 67 89", "+79123456789"),
        ("9123456789", "+79123456789"),
        ("79123456789", "+79123456789"),
        ("мой номер 8-912-345-67-89, звоните", "+79123456789"),
        ("+1 650 253 0000", "+16502530000"),
        ("8 495 123-45-67 доб. 12", "+74951234567;ext=12"),
        ("380501234567", ("?", "+380501234567")),
        ("+7 912 345-67-89, 8 495 123-45-67", Phrase.SEVERAL_PHONES),
        ("+7 999 999 99 99 999", Phrase.NO_SUCH_PHONE),
        ("8 800 КУПИ ЭТО", Phrase.NOT_A_PHONE),
        ("нет", Phrase.NOT_A_PHONE),
    ],
)
def test_a_phone_is_stored_in_one_form(text: str, meant: object) -> None:
    """E.164, with the project's country as default; several numbers are asked about."""
    assert say("phone", text) == meant


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("a@example.org", "a@example.org"),
        ("A@Example.ORG", "A@example.org"),
        ("Sample Name <a@example.org>", "a@example.org"),
        ("mailto:a@example.org.", "a@example.org"),
        ("info@пример.рф", "info@xn--e1afmkfd.xn--p1ai"),
        ("info@straße.de", "info@xn--strae-oqa.de"),  # not strasse.de, which is somebody else's
        ("me@gmail,com", ("?", "me@gmail.com")),
        ("me@gmial.com", ("?", "me@gmail.com")),
        ("a @ example.org", ("?", "a@example.org")),
        ("a b@example.org", ("?", "b@example.org")),
        ("me@example com", ("?", "me@example.com")),
        ("a собака example точка org", ("?", "a@example.org")),
        ("a@@example.org", ("?", "a@example.org")),
        ("me@ex\u0430mple.org", ("?", "me@example.org")),
        (".a@example.org", ("?", "a@example.org")),
        ("a@example.org спасибо", "a@example.org"),
        ("a@example.org, b@example.org", Phrase.SEVERAL_EMAILS),
        ("gmail,com", Phrase.NOT_AN_EMAIL),
        ("a@b", Phrase.NOT_AN_EMAIL),
        ("нет почты", Phrase.NOT_AN_EMAIL),
        ("a@" + "x" * 400 + ".org", Phrase.NOT_AN_EMAIL),
    ],
)
def test_an_email_is_read_and_slips_are_asked_about(text: str, meant: object) -> None:
    """One spelling of an address; an obvious slip is mended only with a question."""
    assert say("email", text) == meant


def test_a_location_is_a_point_or_words() -> None:
    """Typed coordinates count as a point; a point outside the earth is refused."""
    assert say("location", (55.75, 37.62)) == {"latitude": 55.75, "longitude": 37.62}
    assert say("location", "55.75, 37.62") == {"latitude": 55.75, "longitude": 37.62}
    assert say("location", " Москва,\nТверская 1 ") == {"text": "Москва, Тверская 1"}
    assert say("location", (95.0, 0.0)) == Phrase.NOT_A_LOCATION
    assert say("location", "12345") == Phrase.NOT_A_LOCATION
