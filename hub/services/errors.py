"""What a service may refuse, in words for the person who asked. The web layer turns each into a problem document."""

from pydantic import JsonValue


class ServiceError(Exception):
    """Base of all refusals. `code` is stable, `detail` is a sentence for a person, `extra` helps the client."""

    status = 400

    def __init__(self, code: str, detail: str, **extra: JsonValue) -> None:
        super().__init__(detail)
        self.code, self.detail, self.extra = code, detail, extra


class NotFound(ServiceError):
    """It does not exist, or not for this viewer: the two look the same."""

    status = 404

    def __init__(self, what: str = "This item") -> None:
        super().__init__("not_found", f"{what} does not exist.")


class NotSignedIn(ServiceError):
    """Nobody proved who is asking, or the proof was not good; `code` says which."""

    status = 401


class NotAllowed(ServiceError):
    """The viewer's role lacks the right."""

    status = 403

    def __init__(self, detail: str = "Your role does not allow this.") -> None:
        super().__init__("not_allowed", detail)


class Conflict(ServiceError):
    """Somebody else was first, or the thing changed meanwhile: read again and decide."""

    status = 409


class Gone(ServiceError):
    """It was there and is kept no longer."""

    status = 410


class Invalid(ServiceError):
    """What was asked makes no sense; the detail says why."""

    status = 422


class TooMany(ServiceError):
    """Over a limit: try again after `retry_after_s`."""

    status = 429

    def __init__(self, retry_after_s: float, detail: str = "Too many requests. Please wait a moment.") -> None:
        super().__init__("too_many_attempts", detail)
        self.retry_after_s = retry_after_s


class Unavailable(ServiceError):
    """The hub cannot make anything durable right now: try again after `retry_after_s`."""

    status = 503

    def __init__(self, retry_after_s: float = 2, detail: str = "The hub cannot store messages right now.") -> None:
        super().__init__("unavailable", detail)
        self.retry_after_s = retry_after_s
