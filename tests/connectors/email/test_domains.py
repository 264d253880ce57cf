"""International domains, on the wire and as contacts are known by them."""

import pytest

from connectors.email.domains import as_written, for_the_wire
from connectors.email.mime import read_mail, usual_address

WRITTEN, WIRE = "sample@пример.рф", "sample@xn--e1afmkfd.xn--p1ai"


def test_a_domain_in_other_letters_goes_over_the_wire_in_ascii_and_comes_back() -> None:
    assert (for_the_wire(WRITTEN), as_written(WIRE)) == (WIRE, WRITTEN)
    assert for_the_wire("образец@пример.рф") == "образец@xn--e1afmkfd.xn--p1ai"


@pytest.mark.parametrize(
    ("written", "wire"),
    [("a@straße.de", "a@xn--strae-oqa.de"), ("a@βόλος.gr", "a@xn--nxasmm1c.gr"), ("a@i❤.ws", "a@xn--i-7iq.ws")],
)
def test_no_letter_becomes_another_one(written: str, wire: str) -> None:
    """By the older rules ß is ss, and ς is σ: a mail would go to whoever has that domain."""
    assert (for_the_wire(written), as_written(wire)) == (wire, written)


@pytest.mark.parametrize("address", ["a@example.org", "no address", "", "@", "a@", "a@" + "я" * 300 + ".рф", "a@..рф"])
def test_what_cannot_be_a_domain_stays_as_it_is(address: str) -> None:
    assert for_the_wire(address) == address


@pytest.mark.parametrize("address", ["a@xn--.org", "a@xn--999999999", "a@example.org"])
def test_what_is_no_such_domain_is_shown_as_it_came(address: str) -> None:
    assert as_written(address) == address


def test_both_ways_of_writing_are_one_contact() -> None:
    assert usual_address(WIRE.upper()) == usual_address(WRITTEN) == WRITTEN
    raw = f"From: Sample <{WIRE}>\r\nTo: a@example.org\r\n\r\nHi".encode()
    mail = read_mail(raw)
    assert mail.sender is not None
    assert mail.sender.address == WRITTEN
