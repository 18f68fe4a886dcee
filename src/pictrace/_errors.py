"""The root of all errors, and the branches of usage, deeds and the HTTP service; `pictrace.errors` draws the tree."""

from typing import ClassVar

from pictrace._brief import shortened

_LONGEST_HINT = 4000

__all__ = [
    "ActionImpossibleError",
    "BadHostError",
    "BadRequestError",
    "ConflictError",
    "DeedError",
    "ForbiddenError",
    "HeadersTooLargeError",
    "JournalDamagedError",
    "LastCopyError",
    "LinkRefusedError",
    "MethodNotAllowedError",
    "NoTextEncoderError",
    "NotAsPlannedError",
    "NotReadyError",
    "OverloadedError",
    "PictraceError",
    "PlaceTakenError",
    "PlanInvalidError",
    "RateLimitedError",
    "RequestTimeoutError",
    "ServiceError",
    "ShuttingDownError",
    "TextRefusedError",
    "TooManyInFlightError",
    "UnauthenticatedError",
    "UriTooLongError",
    "UsageError",
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


class UsageError(PictraceError):
    """A call or command that makes no sense as given."""

    code = "invalid_parameter"
    exit_code = 2


class TextRefusedError(UsageError):
    """A text that is empty or very long, has control characters, or is no Unicode."""

    code = "text_refused"


class NoTextEncoderError(UsageError):
    """Words for a collection none of whose encoders reads any; the hint names those that do."""

    code = "no_text_encoder"


class DeedError(PictraceError):
    """Something that was to be done to files is not done; those that it is about are as they were."""


class PlanInvalidError(DeedError):
    """A plan that cannot be read or that would harm: a file twice, a group without one that stays."""

    code = "plan_invalid"


class NotAsPlannedError(DeedError):
    """A file that is gone, or no longer the one that was looked at when the plan was made."""

    code = "not_as_planned"


class LinkRefusedError(DeedError):
    """A link, or a file with a second name, where removing one of them frees nothing."""

    code = "link_refused"


class LastCopyError(DeedError):
    """A file of which no other copy was proved, at that moment, to be there and to be read."""

    code = "last_copy"


class ActionImpossibleError(DeedError):
    """An action that this file system cannot do, or that cannot be taken back."""

    code = "action_impossible"


class PlaceTakenError(DeedError):
    """A file that was to return to where it was, and another one has appeared there since."""

    code = "place_taken"


class JournalDamagedError(DeedError):
    """The record of what was done to files is damaged; nothing is done by it."""

    code = "journal_damaged"
    exit_code = 5


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
