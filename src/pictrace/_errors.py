"""The root of all errors, and the branch of the HTTP service; `pictrace.errors` draws the tree and has them all."""

from typing import ClassVar

from pictrace._brief import shortened

_LONGEST_HINT = 4000

__all__ = [
    "BadHostError",
    "BadRequestError",
    "ConflictError",
    "ForbiddenError",
    "HeadersTooLargeError",
    "MethodNotAllowedError",
    "NotReadyError",
    "OverloadedError",
    "PictraceError",
    "RateLimitedError",
    "RequestTimeoutError",
    "ServiceError",
    "ShuttingDownError",
    "TooManyInFlightError",
    "UnauthenticatedError",
    "UriTooLongError",
]


class PictraceError(Exception):
    """Anything that went wrong in a way PicTrace foresaw.

    Attributes:
        code: stable identifier, for programs.
        exit_code: what the CLI exits with when the error ends the run.
        hint: what to do next, for people; may be empty.

    The message has at most 300 characters; of a longer one, the middle of the longest name in it is left out.
    """

    code: ClassVar[str] = "internal"
    exit_code: ClassVar[int] = 1

    def __init__(self, message: str, *, hint: str = "") -> None:
        # Messages name what comes from outside, which may be as long as it likes.
        super().__init__(shortened(message))
        self.hint = shortened(hint, _LONGEST_HINT)

    def __reduce__(self) -> tuple[object, ...]:
        """Errors cross process borders with their hint."""
        return (_restore, (type(self), str(self), self.hint))

    def to_dict(self) -> dict[str, str]:
        """`code`, `detail` and `hint`, as JSON output carries them."""
        return {"code": self.code, "detail": str(self), "hint": self.hint}


def _restore(kind: type[PictraceError], message: str, hint: str) -> PictraceError:
    return kind(message, hint=hint)


class ServiceError(PictraceError):
    """A request to the HTTP service is refused.

    Attributes:
        retry_after_s: seconds after which the same request may be asked again; 0 where waiting does not help.
        allow: methods that the address knows, where it was asked with another.
    """

    def __init__(self, message: str, *, hint: str = "", retry_after_s: int = 0, allow: tuple[str, ...] = ()) -> None:
        super().__init__(message, hint=hint)
        self.retry_after_s = retry_after_s
        self.allow = allow


class BadRequestError(ServiceError):
    """A request that breaks the rules of HTTP or could be read in two ways."""

    code = "bad_request"


class BadHostError(ServiceError):
    """A request for a host that this service does not answer for; so a page cannot reach it under a name of its own."""

    code = "bad_host"


class UnauthenticatedError(ServiceError):
    """No key, or one that is not valid."""

    code = "unauthenticated"


class ForbiddenError(ServiceError):
    """A key without the right that is needed, or a page of somebody else that asks."""

    code = "forbidden"


class MethodNotAllowedError(ServiceError):
    """A known address, asked with a method it does not know."""

    code = "method_not_allowed"


class ConflictError(ServiceError):
    """What is asked for does not fit the state that things are in."""

    code = "conflict"


class RequestTimeoutError(ServiceError):
    """A request that came too slowly."""

    code = "request_timeout"


class UriTooLongError(ServiceError):
    """An address above the byte limit."""

    code = "uri_too_long"


class HeadersTooLargeError(ServiceError):
    """More or longer headers than the limit allows."""

    code = "headers_too_large"


class RateLimitedError(ServiceError):
    """More requests than allowed in the time."""

    code = "rate_limited"


class TooManyInFlightError(ServiceError):
    """More at once from one place than allowed."""

    code = "too_many_in_flight"


class OverloadedError(ServiceError):
    """More at once from everybody than can be served."""

    code = "overloaded"


class NotReadyError(ServiceError):
    """The service has started and cannot answer yet."""

    code = "not_ready"


class ShuttingDownError(ServiceError):
    """The service is about to stop."""

    code = "shutting_down"
