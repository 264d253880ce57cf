"""Links to a form that was begun, wherever that was: whoever has one may read it and go on."""

import hmac

from hub.model.ids import ConversationId

SIGNATURE = 20  # hex digits: 80 bits


class FormLinks:
    """Makes and reads the token in the address of a form. `origin` is the address people use, without a slash."""

    def __init__(self, secret: bytes, origin: str) -> None:
        self._secret, self._origin = secret, origin

    def url(self, slug: str, conversation: ConversationId) -> str:
        """Where the questions of the conversation are a form."""
        return f"{self._origin}/f/{slug}/{self.token(conversation)}"

    def token(self, conversation: ConversationId) -> str:
        """What stands in the address for the conversation."""
        return f"{conversation}{self._signature(conversation)}"

    def conversation(self, token: str) -> ConversationId | None:
        """The conversation that a token of ours stands for."""
        conversation, signature = token[:-SIGNATURE], token[-SIGNATURE:].encode("utf-8", "replace")
        if not hmac.compare_digest(self._signature(conversation).encode(), signature):
            return None
        return ConversationId(conversation)

    def _signature(self, conversation: str) -> str:
        return hmac.digest(self._secret, f"form:{conversation}".encode(), "sha256").hex()[:SIGNATURE]
