"""Links by which a contact goes on in another channel as the same person: a short signed word that comes back."""

import base64
import binascii
import hmac
import struct
from datetime import datetime, timedelta

from hub.model.ids import ContactId, ConversationId, ProjectId

PREFIX, GOES_ON = "c", "s"
VALID_FOR = timedelta(days=1)
_BODY = struct.Struct(">16sI")
_MAC_BYTES = 16
_MINUTE_S = 60


class Links:
    """Makes and reads the words. 49 characters of A-Z a-z 0-9 _ -: a start parameter of Telegram takes 64 of those.

    Whoever has a link can come as the contact, on a channel where that contact is not known yet: it is shown to the
    contact alone, for a day. Whoever has one to go on with questions goes on with them: it stands on the form's page.
    """

    def __init__(self, key: bytes) -> None:
        self._key = hmac.digest(key, b"links between channels", "sha256")

    def word(self, project: ProjectId, contact: ContactId, now: datetime) -> str:
        """The word for a contact of a project."""
        return self._word(PREFIX, project, contact, now)

    def going_on(self, project: ProjectId, conversation: ConversationId, now: datetime) -> str:
        """The word by which somebody goes on elsewhere with the questions of a conversation."""
        return self._word(GOES_ON, project, conversation, now)

    def _word(self, prefix: str, project: ProjectId, named: str, now: datetime) -> str:
        until = int((now + VALID_FOR).timestamp()) // _MINUTE_S
        body = _BODY.pack(bytes.fromhex(named), until)
        return prefix + base64.urlsafe_b64encode(body + self._mac(prefix, project, body)).decode().rstrip("=")

    def contact(self, project: ProjectId, word: str | None, now: datetime) -> ContactId | None:
        """The contact that a word stands for; None when it is none of ours, of another project, or too old."""
        found = self._named(PREFIX, project, word, now)
        return ContactId(found) if found else None

    def conversation(self, project: ProjectId, word: str | None, now: datetime) -> ConversationId | None:
        """The conversation whose questions a word carries elsewhere; None as for `contact`."""
        found = self._named(GOES_ON, project, word, now)
        return ConversationId(found) if found else None

    def _named(self, prefix: str, project: ProjectId, word: str | None, now: datetime) -> str | None:
        if not word or not word.startswith(prefix):
            return None
        try:
            raw = base64.b64decode(word[1:] + "=" * (-len(word[1:]) % 4), altchars=b"-_", validate=True)
        except (binascii.Error, ValueError):
            return None
        body, mac = raw[: _BODY.size], raw[_BODY.size :]
        if len(body) != _BODY.size or not hmac.compare_digest(mac, self._mac(prefix, project, body)):
            return None
        named, until = _BODY.unpack(body)
        return str(named.hex()) if now.timestamp() <= until * _MINUTE_S else None

    def _mac(self, prefix: str, project: ProjectId, body: bytes) -> bytes:
        return hmac.digest(self._key, f"{prefix}{project}\0".encode() + body, "sha256")[:_MAC_BYTES]
