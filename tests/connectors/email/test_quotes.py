"""What counts as new in a mail."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.email import quotes
from connectors.email.quotes import answer_of, split

ATTRIBUTIONS = {
    "gmail_en": "On Mon, Nov 23, 2026 at 10:00 AM Sample Shop <shop@example.org> wrote:",
    "gmail_en_wrapped": "On Mon, Nov 23, 2026 at 10:00 AM Sample Shop with a long name\n<shop@example.org> wrote:",
    "gmail_ru": "пн, 23 нояб. 2026 г. в 10:00, Sample Shop <shop@example.org>:",
    "apple_en": "On 23 Nov 2026, at 10:00, Sample Shop <shop@example.org> wrote:",
    "apple_ru": "23 нояб. 2026 г., в 10:00, Sample Shop <shop@example.org> написал(а):",
    "thunderbird_en": "On 23/11/2026 10:00, Sample Shop wrote:",
    "thunderbird_ru": "23.11.2026 10:00, Sample Shop пишет:",
    "mail_ru": "Понедельник, 23 ноября 2026, 10:00 +03:00 от Sample Shop <shop@example.org>:",
    "yandex": '23.11.2026, 10:00, "Sample Shop" <shop@example.org>:',
    "outlook_separator": "-----Original Message-----\nFrom: Sample Shop\nSent: Monday\nTo: X\nSubject: Price",
    "outlook_en": "From: Sample Shop <shop@example.org>\nSent: Monday, 10:00 AM\nTo: X\nSubject: Re: Price",
    "outlook_ru": "От: Sample Shop <shop@example.org>\nОтправлено: 23 ноября 2026 г. 10:00\nКому: X\nТема: Re: Цена",
    "outlook_web": "________________________________\nОт: Sample Shop\nОтправлено: понедельник\nКому: X\nТема: Цена",
    "forwarded_ru": "-------- Пересылаемое сообщение --------\nОт: Sample Shop",
}


@pytest.mark.parametrize("program", ATTRIBUTIONS)
@pytest.mark.parametrize("marked", [True, False])
def test_the_answer_above_a_quoted_mail_is_what_is_new(program: str, marked: bool) -> None:
    """Whether the program marks quoted lines with `>` or not."""
    quoted = "> The price is 5.\n> Shall we?" if marked else "The price is 5.\nShall we?"
    parts = split(f"Да, подходит.\nЖду счёт.\n\n{ATTRIBUTIONS[program]}\n\n{quoted}\n")
    assert parts.new == "Да, подходит.\nЖду счёт."
    assert "The price is 5." in parts.quoted
    assert not parts.interleaved


def test_the_answer_below_a_quoted_mail_is_what_is_new() -> None:
    parts = split("23.11.2026 10:00, Sample Shop пишет:\n> Цена 5\n> Берёте?\n\nБерём.\n")
    assert (parts.new, parts.quoted) == ("Берём.", "23.11.2026 10:00, Sample Shop пишет:\n> Цена 5\n> Берёте?")


def test_answers_between_quoted_lines_keep_the_lines_they_answer() -> None:
    """Shown together, and only the answers are read as answers."""
    text = "On Mon, Nov 23, 2026 at 10:00 AM Shop <shop@example.org> wrote:\n> How many?\n3\n> When?\nTomorrow\n"
    parts = split(text)
    assert parts.interleaved
    assert "> How many?\n3" in parts.new
    assert answer_of(parts) == "3\nTomorrow"


@pytest.mark.parametrize(
    "signature",
    ["-- \nSample Customer\n+7 912 345-67-89", "С уважением,\nОбразец", "Best regards,\nSample", "Sent from my iPhone",
     "Отправлено с iPhone"],
)  # fmt: skip
def test_a_signature_is_folded(signature: str) -> None:
    parts = split(f"Нам нужно 12 штук.\n\n{signature}\n")
    assert parts.new == "Нам нужно 12 штук."
    assert parts.signature == signature.rstrip()


def test_a_mail_that_is_only_a_signature_stays_a_text() -> None:
    """Nothing is folded away when nothing else would be left."""
    assert split("Best regards,\nSample").new == "Best regards,\nSample"


def test_a_mail_that_only_quotes_says_nothing_new() -> None:
    parts = split("> 2\n> 3\n")
    assert (parts.new, parts.quoted) == ("", "> 2\n> 3")


@pytest.mark.parametrize(
    "text",
    ["On Monday I wrote:\nnothing", "Цена: 5\nСрок: месяц\nКому: нам", "Из письма от 23.11.2026 видно, что 10:00 нет"],
)  # fmt: skip
def test_plain_sentences_are_no_attribution(text: str) -> None:
    """Words that look a little like one are left where they are."""
    assert text.splitlines()[-1] in split(text).new


@given(st.text(alphabet=st.sampled_from("> \nа1:-_От<>@."), max_size=300))
def test_nothing_is_thrown_away(text: str) -> None:
    """Every visible line stands in one of the parts."""
    parts = split(text)
    everything = f"{parts.new}\n{parts.signature}\n{parts.quoted}"
    for line in text.split("\n"):
        assert line.strip() in everything


_LINES = (
    "From: Shop", "*From: Shop", "FROM : shop", "От: Магазин", "Sent: today", "Кому: мне", "Subject: kettles", "Hello",
    "> quoted", "   > quoted", "    > no quote", "", "  ", "________________________", "--- Original Message ---",
    "ORIGINAL MESSAGE", "Пересылаемое сообщение:", "On Mon, Nov 23, 2026 at 10:00 AM Shop",
    "<shop@example.org> wrote:", "Shop WROTE", "23.11.2026 10:00, Shop пишет:", "we wrote on 5 May a letter:",
    "Понедельник, 23 ноября 2026, 10:00 +03:00 от Shop <shop@example.org>", "Отвечаю от себя:",
    "Monday, 23 November 2026, 10:00 +03:00 from Shop",
)  # fmt: skip


_BLOCKS = tuple(
    f"{first}\nSent: today\nКому: мне" for first in ("From: Shop", "*From: Shop", "FROM : shop", " От: Магазин")
)


@given(st.lists(st.sampled_from((*_LINES, *_BLOCKS)), max_size=12))
def test_a_line_that_is_not_looked_at_begins_no_quotation(written: list[str]) -> None:
    """The look at its letters spares it the patterns, and they would not have fitted."""
    lines = "\n".join(written).split("\n")
    begins = [
        bool(
            line.strip()
            and (
                quotes._QUOTED.match(line)
                or quotes._header_block_at(lines, index)
                or quotes._attribution_at(lines, index)
            )
        )
        for index, line in enumerate(lines)
    ]
    assert quotes._quote_start(lines) == (begins.index(True) if any(begins) else None)
