"""What a mail server's refusal means, in whatever charset it is said."""

from connectors.email.smtp import _refusal


def test_a_refusal_in_a_charset_of_its_own_can_be_read() -> None:
    """The library decodes answers as UTF-8 and keeps other bytes as surrogates, which no store takes."""
    said = "5.1.1 Ящик не существует".encode("windows-1251").decode("utf-8", "surrogateescape")
    assert str(_refusal(550, said, "a@example.org")) == "a@example.org cannot be reached: 5.1.1 Ящик не существует"
    assert "5.1.1 нет" in str(_refusal(550, "5.1.1 нет", "a@example.org"))
