"""The closed vocabulary of errors: what a connector may raise, what the hub then does, and what the operator reads."""

from collections.abc import Sequence
from dataclasses import dataclass

from connectors.reasons import REASONS, as_said, sentence, why
from hub.model.why import Why


class ConnectorError(Exception):
    """The base of them all. Raise a kind below, with a reason for a person: what, where, what to do next.

    That is one of `connectors.reasons`, which is said in the person's language; or a sentence, which stays as it is.
    """

    def __init__(self, reason: Why | str = "") -> None:
        self.why = as_said(reason) if isinstance(reason, str) else reason
        super().__init__(sentence(self.why))


# The channel as a whole ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SettingFault:
    """What is wrong with one setting: `kind` as pydantic names it, `reason` in words, `like` what would do.

    `least` is the least length of one that is too short. A screen says it in its own words by the first three.
    """

    setting: str
    kind: str
    reason: str
    like: str | None = None
    least: int | None = None


class ChannelConfigError(ConnectorError):
    """The channel's settings cannot work. The hub stops the channel until somebody changes them; messages wait."""

    def __init__(self, reason: Why | str = "", faults: Sequence[SettingFault] = ()) -> None:
        super().__init__(reason)
        self.faults = faults


class ChannelAuthError(ConnectorError):
    """The service does not accept our credentials. The hub stops the channel and raises an alarm; messages wait."""


class ChannelUnavailable(ConnectorError):
    """The service cannot be reached or is broken. The hub backs off and tries again by itself; messages wait."""


class ChannelThrottled(ConnectorError):
    """The service asks us to wait. The hub waits exactly `retry_after_s` seconds; nothing fails."""

    def __init__(self, retry_after_s: float, reason: Why | str = "") -> None:
        super().__init__(reason or why("service_wait", seconds=f"{retry_after_s:g}"))
        self.retry_after_s = retry_after_s


class SignInRefused(ConnectorError):
    """A sign-in at a channel's provider came to nothing; nothing changes. `code` is stable, `said` are its own words.

    `facts` are what the sentence names, for whoever says it in another language.
    """

    def __init__(self, code: str, reason: str, said: str = "", **facts: str) -> None:
        super().__init__(reason)
        self.code, self.reason, self.said, self.facts = code, reason, said, facts


# One message on its way out ------------------------------------------------------------------------------------------


class SendError(ConnectorError):
    """What `send` raises about this one message; the channel goes on."""


class MessageRejected(SendError):
    """The service will never take this message. It fails; the operator reads `reason`. `code` is stable."""

    def __init__(self, code: str, reason: Why | str) -> None:
        super().__init__(reason)
        self.code, self.reason = code, str(self)


class MessageDeferred(SendError):
    """The service asks to come again later with this message, as greylisting mail servers do.

    The hub comes with pauses that grow from a minute to hours; the first times after `after_s`, where it was told so.
    """

    def __init__(self, reason: Why | str, after_s: float | None = None) -> None:
        super().__init__(reason)
        self.after_s = after_s


class ContactUnreachable(SendError):
    """The contact blocked us or is gone. The message fails, and the contact is marked until they write again."""


class SendUncertain(SendError):
    """The request went out and no definite answer came: it may have arrived.

    The hub tries again with the same message id. Where the service has no idempotency key, the message is marked
    "may have arrived twice"; a message that must go out once at most fails instead.
    """


# One thing on its way in ---------------------------------------------------------------------------------------------


class PayloadInvalid(ConnectorError):
    """What came cannot be read. From a service: the connector parks it raw and acknowledges. From a browser: 400."""

    def __init__(self, reason: str, code: str = "bad_payload", why: Why | None = None) -> None:
        super().__init__(reason)
        self.reason, self.code = reason, code
        # The reason itself is for whoever wrote to the hub: it stands below the sentence, as a server's words do.
        self.why = why or Why(code=code if code in REASONS else "bad_payload", said=reason)


class NotAccepting(ConnectorError):
    """Raised by `receive`: nothing was made durable. Acknowledge nothing: answer 503, or leave the cursor."""

    def __init__(self, retry_after_s: float = 2, detail: str = "The hub cannot store messages right now.") -> None:
        super().__init__(detail)
        self.retry_after_s, self.detail = retry_after_s, detail
        self.why = why("not_stored")
