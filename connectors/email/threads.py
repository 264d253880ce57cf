"""Which conversation a mail belongs to: tokens of ours that nobody can guess, before ids that anybody can write. Pure.

Every mail we send has a Message-ID and a Reply-To with a token: the conversation and a signature over it. A mail that
brings one back belongs to that conversation. A mail that only names a Message-ID of ours, or a number in its subject,
joins when its sender takes part in the conversation; otherwise it merely claims to belong there.
"""

import base64
import hmac
import re
from collections.abc import Iterator
from dataclasses import dataclass

from connectors.email.mime import Mail

SIGNATURE_BYTES = 8
"""64 bits: an attacker would have to send some 10^19 mails. A longer token would not fit behind the plus of an address,
whose local part has at most 64 characters (RFC 5321, 4.5.3.1.1)."""
_TOKEN = re.compile(r"(?<![a-z0-9])[a-z2-7]{39}(?![a-z0-9])")
_SUBJECT = re.compile(r"\[#(?P<conversation>[0-9a-f]{32})\]")


@dataclass(frozen=True, slots=True)
class Claim:
    """A conversation that a mail names; `proven` by a signature of ours."""

    conversation: str
    proven: bool


class Tokens:
    """Signs and checks the conversations of one channel. `secret` is the channel's own."""

    def __init__(self, secret: bytes, domain: str) -> None:
        self._secret, self._domain = secret, domain

    def token(self, conversation: str) -> str:
        """The token of a conversation: 39 letters and digits, the case of which does not matter."""
        identity = bytes.fromhex(conversation)
        return base64.b32encode(identity + self._signature(identity)).decode().rstrip("=").lower()

    def message_id(self, message: str, conversation: str) -> str:
        """The stable Message-ID of an outgoing message: the same in every attempt."""
        return f"<{message}.{self.token(conversation)}@{self._domain}>"

    def reply_to(self, address: str, conversation: str) -> str:
        """The mailbox's own address with the token behind a plus: an answer to it brings the token back."""
        local, _, domain = address.rpartition("@")
        return f"{local}+{self.token(conversation)}@{domain}"

    def signed(self, message_id: str) -> bool:
        """Whether a Message-ID is one that we gave to a mail of ours."""
        return any(self._verified(match[0]) is not None for match in _TOKEN.finditer(message_id.lower()))

    def claims(self, mail: Mail, about: str | None = None) -> Iterator[Claim]:
        """What the mail says it belongs to, the strongest first; each conversation once.

        `about` is the Message-ID that it reports on.
        """
        seen: set[str] = set()
        for text in (*((about,) if about else ()), *self._places(mail)):
            for match in _TOKEN.finditer(text.lower()):
                conversation = self._verified(match[0])
                if conversation is not None and conversation not in seen:
                    seen.add(conversation)
                    yield Claim(conversation, proven=True)
        for match in _SUBJECT.finditer(mail.subject.lower()):
            if match["conversation"] not in seen:
                seen.add(match["conversation"])
                yield Claim(match["conversation"], proven=False)

    def _places(self, mail: Mail) -> Iterator[str]:
        for box in (*mail.to, *mail.cc):
            yield box.address
        for name in ("delivered-to", "x-original-to", "envelope-to"):
            yield from mail.all(name)
        yield from reversed(mail.references)

    def _verified(self, token: str) -> str | None:
        """The conversation that a token names, if we have signed it."""
        content = base64.b32decode(f"{token.upper()}=")
        identity, signature = content[:-SIGNATURE_BYTES], content[-SIGNATURE_BYTES:]
        return identity.hex() if hmac.compare_digest(self._signature(identity), signature) else None

    def _signature(self, identity: bytes) -> bytes:
        return hmac.digest(self._secret, b"mail:" + identity, "sha256")[:SIGNATURE_BYTES]
