"""Answers as mail programs write them: above, below and between the lines they answer; in text and in HTML."""

from collections.abc import Iterator
from html import escape

from tests.connectors.email.corpus.case import Case, case, html, text

SHOP = "Sample Shop <shop@example.org>"
PROGRAMS = {
    "gmail_en": f"On Mon, Nov 23, 2026 at 10:00 AM {SHOP} wrote:",
    "gmail_en_24h": f"On Mon, 23 Nov 2026 at 10:00, {SHOP} wrote:",
    "gmail_en_wrapped": "On Mon, Nov 23, 2026 at 10:00 AM Sample Shop with a Long Name\n<shop@example.org> wrote:",
    "gmail_ru": f"пн, 23 нояб. 2026 г. в 10:00, {SHOP}:",
    "gmail_ru_wrapped": "пн, 23 нояб. 2026 г. в 10:00, Отдел продаж с длинным названием <\nshop@example.org>:",
    "apple_en": f"On 23 Nov 2026, at 10:00, {SHOP} wrote:",
    "apple_en_us": f"On Nov 23, 2026, at 10:00 AM, {SHOP} wrote:",
    "apple_ru": f"23 нояб. 2026 г., в 10:00, {SHOP} написал(а):",
    "thunderbird_en": "On 23/11/2026 10:00, Sample Shop wrote:",
    "thunderbird_en_us": "On 11/23/26 10:00 AM, Sample Shop wrote:",
    "thunderbird_ru": "23.11.2026 10:00, Sample Shop пишет:",
    "mail_ru_ru": f"Понедельник, 23 ноября 2026, 10:00 +03:00 от {SHOP}:",
    "mail_ru_en": f"Monday, 23 November 2026, 10:00 +03:00 from {SHOP}:",
    "mail_ru_en_us": f"Monday, November 23, 2026 10:00 AM +03:00 from {SHOP}:",
    "mail_ru_phone": f"23 нояб. 2026 г., 10:00 +0300, {SHOP}:",
    "mail_ru_of_old": f"Mon, 23 Nov 2026 10:00:00 +0300 от {SHOP}:",
    "yandex_ru": '23.11.2026, 10:00, "Sample Shop" <shop@example.org>:',
    "yandex_parentheses": "23.11.2026, 10:00, Sample Shop (shop@example.org):",
    "yandex_ru_words": '23 ноября 2026, 10:00, "Sample Shop" <shop@example.org>:',
    "yandex_en": f"Mon, 23 Nov 2026 at 10:00, {SHOP}:",
    "yandex_en_us": 'November 23, 2026, 10:00 AM, "Sample Shop" <shop@example.org>:',
    "the_bat_ru": "Вы писали 23 ноября 2026 г., 10:00:00:",
    "outlook_en": f"From: {SHOP}\nSent: Monday, November 23, 2026 10:00 AM\nTo: Sample\nSubject: Re: Price\n",
    "outlook_ru": f"От: {SHOP}\nОтправлено: 23 ноября 2026 г. 10:00\nКому: Образец\nТема: Re: Цена\n",
    "outlook_classic_en": f"-----Original Message-----\nFrom: {SHOP}\nSent: Monday\nTo: X\nSubject: Price\n",
    "outlook_classic_ru": f"-----Исходное сообщение-----\nОт: {SHOP}\nОтправлено: 23.11.2026\nКому: X\nТема: Цена\n",
    "outlook_web": "________________________________\nFrom: Sample Shop\nSent: Monday\nTo: X\nSubject: Price\n",
    "outlook_important_en": f"From: {SHOP}\nSent: Monday\nTo: X\nImportance: High\nSubject: Re: Price\n",
    "outlook_important_ru": f"От: {SHOP}\nОтправлено: 23.11.2026\nКому: X\nТема: Цена\nВажность: Высокая\n",
    "outlook_bold": f"*From:* {SHOP}\n*Sent:* Monday, November 23, 2026 10:00 AM\n*To:* X\n*Subject:* Price\n",
}
UNMARKED = tuple(name for name in PROGRAMS if name.startswith("outlook"))
ASKED = "How many do you need?\nAnd when?"
MARKED = "> How many do you need?\n> And when?"
ANSWER = "Нам нужно 12 штук.\nК пятнице."


def _plain() -> Iterator[Case]:
    for program, attribution in PROGRAMS.items():
        quoted = ASKED if program in UNMARKED else MARKED
        yield case(
            f"top_{program}", text(f"{ANSWER}\n\n{attribution}\n{quoted}\n", charset="utf-8"),
            text=ANSWER, answer=ANSWER, quoted_has="How many do you need?", interleaved=False,
        )  # fmt: skip
        # Outlook marks lines when it is told to, and then people write below and between them, too.
        yield case(
            f"bottom_{program}", text(f"{attribution}\n{MARKED}\n\n{ANSWER}\n"),
            text=ANSWER, answer=ANSWER, quoted_has="How many do you need?", interleaved=False,
        )  # fmt: skip
        between = f"{attribution}\n> How many do you need?\n12\n> And when?\nFriday\n"
        yield case(f"between_{program}", text(between), text_has="> And when?\nFriday", answer="12\nFriday",
                   interleaved=True)  # fmt: skip


_WORDS = "<div>How many do you need?</div><div>And when?</div>"
_HTML = {
    "gmail": f'<div dir="ltr">12</div><br><div class="gmail_quote"><div dir="ltr" class="gmail_attr">On Mon, Nov 23, '
             f'2026 at 10:00 AM Sample Shop &lt;<a href="mailto:shop@example.org">shop@example.org</a>&gt; wrote:<br>'
             f'</div><blockquote class="gmail_quote" style="margin:0">{_WORDS}</blockquote></div>',
    "gmail_ru": f'<div dir="ltr">12</div><br><div class="gmail_quote"><div class="gmail_attr">пн, 23 нояб. 2026 г. в '
                f'10:00, Sample Shop &lt;shop@example.org&gt;:<br></div><blockquote>{_WORDS}</blockquote></div>',
    "apple": f'<html><body>12<br><div><blockquote type="cite"><div>On 23 Nov 2026, at 10:00, Sample Shop '
             f'&lt;shop@example.org&gt; wrote:</div><br>{_WORDS}</blockquote></div></body></html>',
    "outlook": f'<p class="MsoNormal">12</p><div style="border-top:solid #E1E1E1 1.0pt"><p class="MsoNormal"><b>From:'
               f'</b> Sample Shop &lt;shop@example.org&gt;<br><b>Sent:</b> Monday, November 23, 2026 10:00 AM<br>'
               f'<b>To:</b> X<br><b>Subject:</b> Re: Price</p></div>{_WORDS}',
    "outlook_web_ru": f'<div>12</div><hr><div id="divRplyFwdMsg"><b>От:</b> Sample Shop &lt;shop@example.org&gt;<br>'
                      f'<b>Отправлено:</b> 23 ноября 2026 г. 10:00<br><b>Кому:</b> X<br><b>Тема:</b> Чай</div>{_WORDS}',
    "mail_ru": f'<div>12</div><br><blockquote style="border-left:1px solid #0857A6">Понедельник, 23 ноября 2026, 10:00 '
               f'+03:00 от Sample Shop &lt;shop@example.org&gt;:<br>{_WORDS}</blockquote>',
    "yandex": f'<div>12</div><div> </div><div>23.11.2026, 10:00, "Sample Shop" &lt;shop@example.org&gt;:</div>'
              f'<blockquote>{_WORDS}</blockquote>',
    "thunderbird": f'<p>12</p><div class="moz-cite-prefix">On 23/11/2026 10:00, Sample Shop wrote:<br></div>'
                   f'<blockquote type="cite">{_WORDS}</blockquote>',
    "thunderbird_ru": f'<p>12</p><div class="moz-cite-prefix">23.11.2026 10:00, Sample Shop пишет:<br></div>'
                      f'<blockquote type="cite">{_WORDS}</blockquote>',
}  # fmt: skip


_QUOTE_1, _QUOTE_2 = "<div>How many do you need?</div>", "<div>And when?</div>"
_IN_HTML = (
    "gmail_en", "gmail_ru", "apple_en", "apple_ru", "thunderbird_en", "thunderbird_ru", "mail_ru_ru", "mail_ru_en",
    "yandex_ru", "yandex_en", "outlook_en", "outlook_ru",
)  # fmt: skip


def _layouts() -> Iterator[Case]:
    """The answer above, below and between what it quotes, of each program in both languages."""
    for program in _IN_HTML:
        lines = escape(PROGRAMS[program].strip()).replace("\n", "<br>")
        head, quote = f"<div>{lines}</div>", f"<blockquote>{_WORDS}</blockquote>"
        between = (
            f"<blockquote>{_QUOTE_1}</blockquote><div>12</div><blockquote>{_QUOTE_2}</blockquote><div>Friday</div>"
        )
        yield case(f"html_top_{program}", html(f"<div>12</div><br>{head}{quote}"), text="12", answer="12",
                   quoted_has="And when?", interleaved=False)  # fmt: skip
        yield case(f"html_bottom_{program}", html(f"{head}{quote}<div>12</div>"), text="12", answer="12",
                   quoted_has="And when?", interleaved=False)  # fmt: skip
        yield case(f"html_between_{program}", html(f"{head}{between}"), text_has="> And when?\nFriday",
                   answer="12\nFriday", interleaved=True)  # fmt: skip


def _marked() -> Iterator[Case]:
    for program, body in _HTML.items():
        yield case(f"html_{program}", html(body), text="12", answer="12", quoted_has="And when?", interleaved=False)


_FOLDED = (
    case("signature_marked", text("We need 12.\n\n-- \nSample Customer\nSample Ltd\n"), text="We need 12.",
         signature_has="Sample Ltd"),
    case("signature_formula_ru", text("Нужно 12.\n\nС уважением,\nОбразец\n"), text="Нужно 12.",
         signature_has="Образец"),
    case("signature_and_quote", text(f"12\n\n--\nSample\n\n{PROGRAMS['gmail_en']}\n{MARKED}\n"), text="12",
         signature_has="Sample", quoted_has="And when?"),
    case("signature_below_bottom_answer", text(f"{MARKED}\n\n12\n\n-- \nSample\n"), text="12", signature_has="Sample"),
    case("phone_signature_and_quote", text(f"12\n\nSent from my iPhone\n\n> {PROGRAMS['apple_en_us']}\n> \n{MARKED}\n"),
         text="12", signature_has="iPhone", quoted_has="And when?"),
    case("only_a_quotation", text(f"{PROGRAMS['gmail_ru']}\n{MARKED}\n"), text="Price", answer="",
         quoted_has="And when?"),
    case("quotes_of_quotes", text(f"12\n\n{PROGRAMS['thunderbird_ru']}\n> Когда?\n>> Как договорились\n"), text="12",
         quoted_has=">> Как договорились"),
    case("forwarded_gmail", text("См. ниже\n\n---------- Forwarded message ---------\nFrom: Buyer <buyer@example.com>\n"
                                 "Date: Mon, 23 Nov 2026\nSubject: Order\nTo: <x@example.com>\n\nI need 5.\n"),
         text="См. ниже", quoted_has="I need 5."),
    case("forwarded_mail_ru", text("Смотрите\n\n-------- Пересылаемое сообщение --------\nОт: Покупатель "
                                   "<buyer@example.com>\nКому: x@x.com\nДата: 23.11.2026\nТема: Чай\n\nНужно 5.\n"),
         text="Смотрите", quoted_has="Нужно 5."),
    case("forwarded_without_a_word", text("---------- Forwarded message ---------\nFrom: Buyer <buyer@example.com>\n"
                                          "Date: Mon\nSubject: Order\nTo: x\n\nI need 5.\n", leave=("Subject",)),
         text_has="I need 5.", answer=""),
    case("no_attribution_in_plain_words", text("On Monday I wrote:\nnothing at all, 10:00 or so\n"),
         text_has="nothing at all"),
    case("a_price_list_is_no_header_block", text("Цена: 5\nСрок: месяц\nКому: нам\n"), text_has="Срок: месяц"),
)  # fmt: skip
QUOTING = (*_plain(), *_marked(), *_layouts(), *_FOLDED)
