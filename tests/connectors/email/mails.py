"""Mails made for the tests: bytes as servers deliver them."""

from email.message import EmailMessage


def mail(text: str = "Hello", **headers: str) -> EmailMessage:
    """A plain mail of a customer; headers replace or add, `_` stands for `-`."""
    message = EmailMessage()
    usual = {
        "From": "Sample Customer <customer@example.com>", "To": "shop@example.org", "Subject": "Price",
        "Date": "Mon, 23 Nov 2026 10:00:00 +0300", "Message-ID": "<one@example.com>",
    }  # fmt: skip
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    for name, value in {**usual, **named}.items():
        if value:
            message[name] = value
    message.set_content(text)
    return message


def raw(*lines: str | bytes, body: str | bytes = b"Hello\r\n") -> bytes:
    """A mail line by line, for what no library would write."""
    head = [line if isinstance(line, bytes) else line.encode() for line in lines]
    return b"\r\n".join(head) + b"\r\n\r\n" + (body if isinstance(body, bytes) else body.encode())


def bounce(status: str, action: str = "failed", recipient: str = "gone@example.com", diagnostic: str = "") -> bytes:
    """A report after RFC 3464 about the mail `<sent@shop.example.org>`."""
    return raw(
        "From: Mail Delivery System <MAILER-DAEMON@mx.example.net>", "To: shop@example.org", "Return-Path: <>",
        "Subject: Undelivered Mail Returned to Sender", "Auto-Submitted: auto-replied", "MIME-Version: 1.0",
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"',
        body=(
            "--b\r\nContent-Type: text/plain\r\n\r\nI am sorry.\r\n"
            "--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example.net\r\n\r\n"
            f"Final-Recipient: rfc822; {recipient}\r\nAction: {action}\r\nStatus: {status}\r\n"
            f"Diagnostic-Code: smtp; {diagnostic}\r\n"
            "--b\r\nContent-Type: text/rfc822-headers\r\n\r\nMessage-ID: <sent@shop.example.org>\r\nSubject: Offer\r\n"
            "--b--\r\n"
        ),
    )  # fmt: skip
