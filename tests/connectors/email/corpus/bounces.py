"""Bounces in free text, in the words of the servers that write them; each about a mail of ours."""

from collections.abc import Sequence

from tests.connectors.email.corpus.case import SENT, Case, case, text

COPY = f"Return-Path: <shop@example.org>\nFrom: shop@example.org\nMessage-ID: {SENT}\nSubject: Offer\n\nHello\n"
EXIM = "Mail Delivery System <Mailer-Daemon@mx.example.net>"
EXIM_SAYS = "This message was created automatically by mail delivery software.\n\nThe following address(es) failed:\n\n"
EXIM_COPY = f"\n------ This is a copy of the message, including all the headers. ------\n\n{COPY}"
QMAIL_SAYS = (
    "Hi. This is the qmail-send program at mx.example.net.\nI'm afraid I wasn't able to deliver your message to the "
    "following addresses.\nThis is a permanent error; I've given up. Sorry it didn't work out.\n\n"
)
QMAIL_COPY = f"\n--- Below this line is a copy of the message.\n\n{COPY}"
MAIL_RU_SAYS = (
    "Это письмо создано автоматически\nсервером Mail.Ru. Отвечать на него не\nнужно.\n\nК сожалению, Ваше письмо не "
    "может\nбыть доставлено одному или нескольким\nполучателям:\n\n**********************\n\n"
)
YANDEX_SAYS = (
    "Это письмо отправлено почтовым сервером yandex.ru.\n\nК сожалению, мы вынуждены сообщить Вам о том, что Ваше "
    "письмо не может быть отправлено\nодному или нескольким адресатам. Технические подробности можно найти ниже.\n\n"
)
FAILED = "X-Failed-Recipients: gone@example.com"
REPLY_TO_OURS = f"In-Reply-To: {SENT}"


def _told(sender: str, subject: str, words: str, *lines: str) -> bytes:
    return text(words, f"From: {sender}", f"Subject: {subject}", "Return-Path: <>", *lines, leave=("From", "Subject"))


_GONE = {
    "exim": _told(
        EXIM,
        "Mail delivery failed: returning message to sender",
        EXIM_SAYS + "  gone@example.com\n    host "
        "mx.example.com [192.0.2.1]\n    SMTP error from remote mail server after RCPT TO:<gone@example.com>:\n"
        f"    550 5.1.1 User unknown\n{EXIM_COPY}",
        FAILED,
    ),
    "exim_without_code": _told(
        EXIM,
        "Mail delivery failed: returning message to sender",
        f"{EXIM_SAYS}  gone@example.com\n    Unrouteable address\n{EXIM_COPY}",
    ),
    "qmail": _told(
        "MAILER-DAEMON@mx.example.net",
        "failure notice",
        f"{QMAIL_SAYS}<gone@example.com>:\nSorry, no mailbox here by that name. (#5.1.1)\n{QMAIL_COPY}",
    ),
    "qmail_without_status": _told(
        "MAILER-DAEMON@mx.example.net",
        "failure notice",
        f"{QMAIL_SAYS}<gone@example.com>:\n"
        "192.0.2.1 does not like recipient.\nRemote host said: 550 No such user here\nGiving "
        f"up on 192.0.2.1.\n{QMAIL_COPY}",
    ),
    "postfix": _told(
        "MAILER-DAEMON@mx.example.net (Mail Delivery System)",
        "Undelivered Mail Returned to Sender",
        "This is the mail system at host mx.example.net.\n\nI'm sorry to have to inform you that your message "
        "could not\nbe delivered. For further assistance, please send mail to postmaster@mx.example.net\n\n"
        "<gone@example.com>: host mx.example.com[192.0.2.1] said: 550 5.1.1\n    <gone@example.com>: Recipient "
        f"address rejected: User unknown (in reply to\n    RCPT TO command)\n\n{COPY}",
    ),
    "exchange": _told(
        "Microsoft Outlook <MicrosoftExchange329e71ec88ae@example.com>",
        "Undeliverable: Offer",
        "Delivery has failed to these recipients or groups:\n\ngone@example.com<mailto:gone@example.com>\nThe "
        "email address you entered couldn't be found.\n\nRemote Server returned '550 5.1.10 RESOLVER.ADR."
        f"RecipientNotFound; not found'\n\nOriginal message headers:\n\n{COPY}",
        REPLY_TO_OURS,
    ),
    "exchange_ru": _told(
        "postmaster@example.com",
        "Не удается доставить: Offer",
        "Сбой доставки следующим получателям или "
        "группам:\n\ngone@example.com (gone@example.com)\nНе удалось найти указанный электронный адрес.\n\n"
        f"#550 5.1.1 RESOLVER.ADR.RecipNotFound ##\n\nИсходные заголовки сообщения:\n\n{COPY}",
        REPLY_TO_OURS,
    ),
    "exchange_2003": _told(
        "System Administrator <postmaster@example.com>",
        "Undeliverable: Offer",
        "Your message\n\n  "
        "To:      gone@example.com\n  Subject: Offer\n\ndid not reach the following recipient(s):\n\n"
        "gone@example.com on Mon, 23 Nov 2026 10:00:00 +0300\n    The e-mail account does not exist at "
        "the organization.\n            <mail.example.com #5.1.1>\n",
        REPLY_TO_OURS,
    ),
    "mail_ru": _told(
        "mailer-daemon@corp.mail.ru",
        "Mail failure.",
        f"{MAIL_RU_SAYS}gone@example.com\nSMTP error from "
        "remote mail server after RCPT TO:<gone@example.com>:\nhost mx.example.com [192.0.2.1]: 550 Message was not "
        f"accepted -- invalid mailbox.\n\n**********************\n{EXIM_COPY}",
    ),
    "mail_ru_without_code": _told(
        "mailer-daemon@corp.mail.ru",
        "Mail failure.",
        f"{MAIL_RU_SAYS}gone@example.com\n  user not found\n{EXIM_COPY}",
        FAILED,
    ),
    "yandex": _told(
        "mailer-daemon@yandex.ru",
        "Недоставленное сообщение",
        f"{YANDEX_SAYS}<gone@example.com>: host "
        f"mx.example.com[192.0.2.1] said: 550 5.1.1 User unknown (in reply to RCPT TO command)\n\n{COPY}",
    ),
    "yandex_en": _told(
        "MAILER-DAEMON@yandex.ru",
        "Undelivered Mail Returned to Sender",
        "This is the mail system at host "
        "forward500a.mail.yandex.net.\nPlease do not reply; write to abuse@support.yandex.ru in doubt.\n\n"
        f"<gone@example.com>: host mx.example.com[192.0.2.1] said: 550 no such user\n\n{COPY}",
    ),
    "gmail": _told(
        "Mail Delivery Subsystem <mailer-daemon@googlemail.com>",
        "Delivery Status Notification (Failure)",
        "** Address not found **\n\nYour message wasn't delivered to gone@example.com because the address "
        "couldn't be found.\n\nThe response was:\n550 5.1.1 The email account does not exist.\n",
        FAILED,
        REPLY_TO_OURS,
    ),
    "sendmail": _told(
        "Mail Delivery Subsystem <MAILER-DAEMON@mx.example.net>",
        "Returned mail: see transcript for details",
        "   ----- The following addresses had permanent fatal errors -----\n<gone@example.com>\n    (reason: "
        "550 5.1.1 User unknown)\n\n   ----- Transcript of session follows -----\n<<< 550 5.1.1 User "
        f"unknown\n\n{COPY}",
    ),
}
_FULL = {
    "exim_full": _told(
        EXIM,
        "Mail delivery failed: returning message to sender",
        f"{EXIM_SAYS}  gone@example.com\n    mailbox is full: retry timeout exceeded\n{EXIM_COPY}",
    ),
    "qmail_full": _told(
        "MAILER-DAEMON@mx.example.net",
        "failure notice",
        f"{QMAIL_SAYS}<gone@example.com>:\nRemote host said: 552 Mailbox is full\n{QMAIL_COPY}",
    ),
    "mail_ru_full": _told(
        "mailer-daemon@corp.mail.ru",
        "Mail failure.",
        f"{MAIL_RU_SAYS}gone@example.com\n  ящик переполнен\n{EXIM_COPY}",
        FAILED,
    ),
    "yandex_full": _told(
        "mailer-daemon@yandex.ru",
        "Недоставленное сообщение",
        f"{YANDEX_SAYS}<gone@example.com>: host mx.example.com[192.0.2.1] said: 552 5.2.2 Over quota\n\n{COPY}",
    ),
}
_LATE = {
    "exim_late": _told(
        EXIM,
        "Warning: message 1abcde-000001-AB delayed 24 hours",
        f"{EXIM_SAYS}  gone@example.com\n    Delay reason: 451 4.7.1 greylisted\n",
        FAILED,
        REPLY_TO_OURS,
    ),
    "sendmail_late": _told(
        "MAILER-DAEMON@mx.example.net",
        "Warning: could not send message for past 4 hours",
        f"<gone@example.com>... Deferred: Connection refused\n\n{COPY}",
    ),
}

BOUNCES: Sequence[Case] = (
    *(case(f"gone_{name}", raw, about=SENT, stopped="gone@example.com", reason_has="“",
           **{"is": "receipt, stopped"}) for name, raw in _GONE.items()),
    *(case(f"gone_{name}", raw, about=SENT, reason_has="full", **{"is": "receipt"})
      for name, raw in _FULL.items()),
    *(case(name, raw, automatic="delay", claims=(("f" * 32, True),)) for name, raw in _LATE.items()),
)  # fmt: skip
