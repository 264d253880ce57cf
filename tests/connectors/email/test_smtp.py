"""What a mail server's refusal means, in whatever charset it is said."""

import pytest

from connectors.email.refusals import again_s, handed, refusal
from connectors.errors import ChannelUnavailable, MessageDeferred


def test_a_refusal_in_a_charset_of_its_own_can_be_read() -> None:
    """The library decodes answers as UTF-8 and keeps other bytes as surrogates, which no store takes."""
    said = "5.1.1 Ящик не существует".encode("windows-1251").decode("utf-8", "surrogateescape")
    assert refusal(550, said, "a@example.org").why.said == "5.1.1 Ящик не существует"
    assert "5.1.1 нет" in str(refusal(550, "5.1.1 нет", "a@example.org"))


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ("4.7.1 Greylisted, please try again in 300 seconds", 305),
        ("4.7.1 Greylisting in action, please come back in 00:04:59", 304),
        ("Try again after 5 minutes.", 305),
        ("Too fast, retry in 2 min", 125),
        ("temporarily deferred; wait 1 hour", 3605),
        ("Greylisted for 5 minutes", None),
        ("Please try again later", None),
        ("try again in 0 seconds", None),
        ("try again in 9999 hours", None),
        ("4.2.2 Over quota: 300 seconds of calls used", None),
        ("try again, see rule 451 for it", None),
    ],
)
def test_a_server_that_says_when_is_understood(said: str, seconds: float | None) -> None:
    """In the words of the usual programs, with some spare seconds; what is no sensible time is none."""
    assert again_s(said) == seconds
    error = refusal(451, said, "a@example.org")
    assert isinstance(error, MessageDeferred)
    assert error.after_s == seconds
    both = handed(["b@example.org", "c@example.org"], {"b@example.org": (450, said)})
    later = both.later
    assert later is not None
    assert both.copied == ("c@example.org",)
    assert later.after_s == seconds


@pytest.mark.parametrize("code", [421, 432])
def test_a_server_without_room_for_us_is_asked_again_soon(code: int) -> None:
    """It is no word about this mail, for which pauses grow to hours."""
    assert isinstance(refusal(code, "4.3.2 Too many connections", "a@example.org"), ChannelUnavailable)


@pytest.mark.parametrize(
    ("code", "said", "reason"),
    [
        (550, "5.1.1 No such user", "smtp_unknown_address"),
        (552, "5.2.2 Over quota", "smtp_mailbox_full"),
        (552, "Mailbox full", "smtp_mailbox_full"),
        (552, "5.3.4 Message size exceeds fixed limit", "smtp_too_big"),
        (552, "Message size exceeds fixed maximum", "smtp_too_big"),
        (554, "5.7.1 Rejected as spam", "smtp_policy"),
        (554, "Transaction failed", "smtp_refused"),
        (451, "4.7.1 Greylisted", "smtp_deferred"),
        (421, "4.3.2 Shutting down", "smtp_later"),
    ],
)
def test_arefusal_is_told_by_what_it_means(code: int, said: str, reason: str) -> None:
    """By the enhanced code where there is one, else by the words that servers use."""
    why = refusal(code, said, "a@example.org").why
    assert (why.code, why.said) == (reason, said)
