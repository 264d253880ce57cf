"""Which conversation a mail belongs to."""

import pytest

from connectors.email.mime import read_mail
from connectors.email.threads import Claim, Tokens
from tests.connectors.email.mails import mail

ONE, OTHER = "0" * 31 + "1", "f" * 32
TOKENS = Tokens(b"s" * 32, "shop.example.org")


def claims(**headers: str) -> list[Claim]:
    return list(TOKENS.claims(read_mail(mail(**headers).as_bytes())))


def test_an_answer_brings_back_our_token() -> None:
    """By the plus-address, by References, by what the server noted; whatever case and wherever in the line."""
    address = TOKENS.reply_to("shop@example.org", ONE)
    sent = TOKENS.message_id("a" * 32, ONE)
    assert claims(To=f"Shop <{address.upper()}>") == [Claim(ONE, proven=True)]
    assert claims(References=f"<else@x> {sent}", In_Reply_To=sent) == [Claim(ONE, proven=True)]
    assert claims(Delivered_To=address) == [Claim(ONE, proven=True)]


def test_the_address_it_was_sent_to_counts_before_what_it_refers_to() -> None:
    found = claims(To=TOKENS.reply_to("shop@example.org", ONE), References=TOKENS.message_id("b" * 32, OTHER))
    assert [claim.conversation for claim in found] == [ONE, OTHER]


def test_a_token_that_we_did_not_sign_proves_nothing() -> None:
    """Another secret, another conversation under our signature, a letter changed."""
    foreign = Tokens(b"t" * 32, "shop.example.org").reply_to("shop@example.org", ONE)
    ours = TOKENS.token(ONE)
    changed = ours[:-1] + ("a" if ours[-1] != "a" else "b")
    swapped = TOKENS.token(OTHER)[:20] + ours[20:]
    for address in (foreign, f"shop+{changed}@example.org", f"shop+{swapped}@example.org"):
        assert claims(To=address) == []


def test_a_number_in_the_subject_is_a_claim_and_no_proof() -> None:
    assert claims(Subject=f"Re: Price [#{ONE}]") == [Claim(ONE, proven=False)]


@pytest.mark.parametrize("local", ["shop", "a-long-mailbox-name-24ch"])
def test_the_reply_address_fits_into_an_address(local: str) -> None:
    """RFC 5321: 64 characters before the @."""
    assert len(TOKENS.reply_to(f"{local}@example.org", ONE).partition("@")[0]) <= 64
