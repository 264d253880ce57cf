"""Mails that no person wrote."""

from tests.connectors.email.corpus.case import CHANNEL_KEY, SENT, Case, case, raw, text, without

FORGED = b"a" * 39  # as long as a token of ours, signed by nobody
DAEMON = "From: Mail Delivery System <MAILER-DAEMON@mx.example.net>"


def report(status: str, action: str = "failed", *, subject: str = "Undelivered Mail", original: str = "") -> bytes:
    """A report after RFC 3464 about the mail `SENT`."""
    inner = original or f"Content-Type: text/rfc822-headers\r\n\r\nMessage-ID: {SENT}\r\nSubject: Offer\r\n"
    return raw(
        DAEMON, "To: shop@example.org", "Return-Path: <>", f"Subject: {subject}",
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"',
        body=(
            "--b\r\nContent-Type: text/plain\r\n\r\nI am sorry.\r\n"
            "--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example.net\r\n\r\n"
            f"Final-Recipient: rfc822; gone@example.com\r\nAction: {action}\r\nStatus: {status}\r\n"
            f"Diagnostic-Code: smtp; 550 {status} refused\r\n--b\r\n{inner}\r\n--b--\r\n"
        ),
    )  # fmt: skip


def told(subject: str, words: str, *lines: str) -> bytes:
    """A bounce in free text, with the id of what it is about."""
    return text(f"{words}\n\nMessage-ID: {SENT}\n", DAEMON, "Return-Path: <>", f"Subject: {subject}", *lines,
                leave=("From", "Subject"))  # fmt: skip


def _hard(name: str, content: bytes, **more: object) -> Case:
    return case(name, content, **{"is": "receipt, stopped", "about": SENT, "stopped": "gone@example.com", **more})


def _soft(name: str, content: bytes, **more: object) -> Case:
    return case(name, content, **{"is": "receipt", "about": SENT, **more})


def _robot(name: str, kind: str | None, *lines: str | bytes, leave: tuple[str, ...] = (), body: str = "Hi") -> Case:
    return case(name, text(body, *lines, leave=leave), automatic=kind)


_WHOLE = f"Content-Type: message/rfc822\r\n\r\nFrom: shop@example.org\r\nMessage-ID: {SENT}\r\n\r\nOffer"
_BOUNCES = (
    _hard("report_no_mailbox", report("5.1.1"), reason_has="does not exist"),
    _hard("report_no_domain", report("5.1.2")),
    _hard("report_switched_off", report("5.2.1")),
    _hard("report_with_the_whole_mail", report("5.1.1", original=_WHOLE)),
    _hard("report_in_russian", report("5.1.1", subject="=?utf-8?B?0J3QtdC00L7RgdGC0LDQstC70LXQvdC+?=")),
    _soft("report_mailbox_full", report("5.2.2"), reason_has="full"),
    _soft("report_refused_by_policy", report("5.7.1")),
    _soft("report_soft_that_gave_up", report("4.2.2")),
    case("report_delayed", report("4.4.1", "delayed", subject="Delayed Mail"), automatic="delay",
         claims=(("f" * 32, True),)),
    case("report_delivered", report("2.0.0", "delivered", subject="Delivered"), automatic="automatic"),
    _hard("told_by_exim", told("Mail delivery failed: returning message to sender",
                               "A message could not be delivered:\n  gone@example.com\n    550 5.1.1 User unknown")),
    _hard("told_by_qmail", told("failure notice", "<gone@example.com>:\n550 5.1.1 no such user")),
    _hard("told_by_exchange", told("Undeliverable: Offer", "No way to gone@example.com\n#550 5.1.10 Not found")),
    _hard("told_in_russian", told("Недоставленное сообщение", "Адрес gone@example.com не существует: 550 5.1.1")),
    _hard("told_with_failed_recipients", told("Mail", "550 5.1.1 no user", "X-Failed-Recipients: gone@example.com")),
    _soft("told_mailbox_full", told("Undelivered mail", "gone@example.com: 552 5.2.2 over quota")),
    case("told_delay", told("Warning: could not send message for past 4 hours", "gone@example.com 451 4.4.1"),
         automatic="delay", claims=(("f" * 32, True),)),
    case("report_of_a_mail_that_is_not_ours", report("5.1.1").replace(SENT.encode(), b"<other@shop.example.org>"),
         automatic="bounce", claims=()),
    case("report_of_a_mail_with_a_forged_token", report("5.1.1").replace(SENT.encode(), b"<0.%s@example.org>" % FORGED),
         automatic="bounce", claims=()),
    case("bounce_about_nothing_of_ours", text("Sorry", DAEMON, "Subject: Undelivered", "Return-Path: <>",
                                              leave=("From", "Subject")), automatic="bounce"),
    case("forwarded_bounce_of_a_person", text("Look", "Subject: Fwd: Undelivered mail", leave=("Subject",)),
         automatic=None),
)  # fmt: skip

_ROBOTS = (
    _robot("vacation_rfc3834", "auto_reply", "Auto-Submitted: auto-replied"),
    _robot("vacation_with_comment", "auto_reply", "Auto-Submitted: auto-replied (vacation)"),
    _robot("vacation_subject_en", "auto_reply", "Subject: Out of Office: Price", leave=("Subject",)),
    _robot("vacation_subject_ru", "auto_reply", "Subject: Автоответ: Цена", leave=("Subject",)),
    _robot("vacation_automatic_reply", "auto_reply", "Subject: Automatic reply: Price", leave=("Subject",)),
    _robot("vacation_x_autoreply", "auto_reply", "X-Autoreply: yes"),
    _robot("vacation_x_autorespond", "auto_reply", "X-Autorespond: yes"),
    _robot("vacation_x_autoresponder", "auto_reply", "X-Autoresponder: yes"),
    _robot("vacation_of_mail_ru", "auto_reply", "X-Auto-Response: 1"),
    _robot("generated", "automatic", "Auto-Submitted: auto-generated"),
    _robot("notified", "automatic", "Auto-Submitted: auto-notified; owner-email=x@example.com"),
    _robot("not_automatic_said_so", None, "Auto-Submitted: no"),
    _robot("precedence_bulk", "automatic", "Precedence: bulk"),
    _robot("precedence_auto_reply", "automatic", "X-Precedence: auto_reply"),
    _robot("delivered_to_autoresponder", "auto_reply", "Delivered-To: autoresponder"),
    _robot("returns_to_nobody", "automatic", "Return-Path: <>"),
    _robot("no_reply_sender", None, "From: no-reply@example.com", leave=("From",)),
    _robot("suppressed_by_exchange", None, "X-Auto-Response-Suppress: OOF"),
    _robot("list_by_id", "list", "List-Id: News <news.example.com>"),
    _robot("list_by_unsubscribe", "list", "List-Unsubscribe: <https://example.com/u>"),
    _robot("list_by_precedence", "list", "Precedence: list"),
    _robot("list_by_post", "list", "List-Post: <mailto:news@example.com>"),
    _robot("our_own_mail_back", "ours", f"X-Switchboard: {CHANNEL_KEY}"),
    _robot("another_hubs_mail", None, "X-Switchboard: another-key"),
    _robot("another_hubs_robot", "auto_reply", "X-Switchboard: another-key", "Auto-Submitted: auto-replied"),
    case("question_about_an_office", text("Hi", "Subject: Is the office out of paper?", leave=("Subject",)),
         automatic=None),
    case("read_receipt", raw(*without("Subject"), "Subject: Read: Price",
                             "Content-Type: multipart/report; report-type=disposition-notification; boundary=b",
                             body="--b\r\nContent-Type: text/plain\r\n\r\nRead.\r\n--b\r\nContent-Type: "
                             "message/disposition-notification\r\n\r\nDisposition: manual-action; displayed\r\n--b--"),
         automatic="automatic"),
)  # fmt: skip
AUTOMATIC = (*_BOUNCES, *_ROBOTS)
