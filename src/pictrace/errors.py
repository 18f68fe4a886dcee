"""Every error PicTrace raises on purpose, drawn as a tree.

PictraceError
├── UsageError                     invalid_parameter
│   ├── UnknownNameError           unknown_name
│   ├── FilterTooSlowError         filter_too_slow
│   ├── TextRefusedError           text_refused
│   ├── NoTextEncoderError         no_text_encoder
│   └── MissingExtraError          missing_extra
├── ConfigurationError             configuration_refused
├── PictureError                   one picture cannot be used; the run goes on
│   ├── NotAnImageError            not_an_image
│   ├── UnsupportedFormatError     unsupported_format
│   ├── ImageCorruptError          image_corrupt
│   ├── ImageTooManyPixelsError    image_too_many_pixels
│   ├── ImageTooSmallError         image_too_small
│   ├── ImageTooComplexError       image_too_complex
│   ├── FileTooLargeError          payload_too_large
│   ├── TooManyPlacesError         too_many_places
│   └── SourceUnreadableError      source_unreadable
├── SourceError                    a whole source cannot be used
│   ├── RootMissingError           root_missing
│   ├── ArchiveUnsafeError         archive_unsafe
│   ├── ArchiveTooLargeError       archive_too_large
│   └── ListInvalidError           list_invalid
├── FetchError                     something on another machine cannot be fetched
│   ├── InvalidUrlError            invalid_url
│   ├── SourceNotAllowedError      source_not_allowed
│   ├── SourceUnreachableError     source_unreachable
│   ├── SourceAnswerError          source_error
│   ├── SourceTooLargeError        source_too_large
│   └── SourceTimeoutError         source_timeout
├── CollectionError                the collection as a whole
│   ├── NotFoundError              not_found
│   ├── IndexLockedError           index_locked
│   ├── InsufficientStorageError   insufficient_storage
│   ├── IndexDamagedError          index_damaged
│   ├── IndexNewerError            index_newer
│   └── RecipeMismatchError        recipe_mismatch
├── ModelError                     a model's file
│   ├── ModelMissingError          model_missing
│   └── ModelDamagedError          model_damaged
├── DeedError                      something that was to be done to files is not done
│   ├── PlanInvalidError           plan_invalid
│   ├── NotAsPlannedError          not_as_planned
│   ├── LinkRefusedError           link_refused
│   ├── LastCopyError              last_copy
│   ├── ActionImpossibleError      action_impossible
│   ├── PlaceTakenError            place_taken
│   └── JournalDamagedError        journal_damaged
└── ServiceError                   a request to the HTTP service is refused
    ├── BadRequestError            bad_request
    ├── BadHostError               bad_host
    ├── UnauthenticatedError       unauthenticated
    ├── ForbiddenError             forbidden
    ├── MethodNotAllowedError      method_not_allowed
    ├── ConflictError              conflict
    ├── RequestTimeoutError        request_timeout
    ├── UriTooLongError            uri_too_long
    ├── HeadersTooLargeError       headers_too_large
    ├── RateLimitedError           rate_limited
    ├── TooManyInFlightError       too_many_in_flight
    ├── OverloadedError            overloaded
    ├── NotReadyError              not_ready
    └── ShuttingDownError          shutting_down

The words on the right are codes: stable, documented in docs/errors.md, the same in Python, in the CLI and over HTTP.
"""

from pictrace._errors import *  # noqa: F403 - this is where users find them
from pictrace._errors import PictraceError, UsageError


class UnknownNameError(UsageError):
    """An encoder, index, signal, catalog or option that does not exist; the message lists those that do."""

    code = "unknown_name"


class FilterTooSlowError(UsageError):
    """A filter that takes longer than it may; the message says how long that is."""

    code = "filter_too_slow"


class MissingExtraError(UsageError):
    """A feature whose optional packages are not installed; the hint is the install line."""

    code = "missing_extra"


class ConfigurationError(PictraceError):
    """A setting that is unknown, malformed or refused."""

    code = "configuration_refused"
    exit_code = 6


class PictureError(PictraceError):
    """One picture cannot be used; it costs that item and nothing else."""


class NotAnImageError(PictureError):
    """The bytes are no picture of any kind we know."""

    code = "not_an_image"


class UnsupportedFormatError(PictureError):
    """A known file format that is not among the allowed ones, or a request's body in one that is not read."""

    code = "unsupported_format"


class ImageCorruptError(PictureError):
    """An allowed format whose content cannot be decoded."""

    code = "image_corrupt"


class ImageTooManyPixelsError(PictureError):
    """More pixels or longer sides than the limits allow, refused before decoding."""

    code = "image_too_many_pixels"


class ImageTooSmallError(PictureError):
    """A side below the least that can be compared."""

    code = "image_too_small"


class ImageTooComplexError(PictureError):
    """Decoding took too long, too much memory, or killed its worker."""

    code = "image_too_complex"


class FileTooLargeError(PictureError):
    """A file, or a request's body, above the byte limit; refused before reading more of it."""

    code = "payload_too_large"


class TooManyPlacesError(PictureError):
    """A picture that is there under as many given names as are kept; it stays as it is."""

    code = "too_many_places"


class SourceUnreadableError(PictureError):
    """A file that vanished, may not be read, or is no regular file."""

    code = "source_unreadable"


class SourceError(PictraceError):
    """A whole source (folder, archive, list) cannot be used."""


class RootMissingError(SourceError):
    """The folder or file to index is not there; nothing is ever pruned because of that."""

    code = "root_missing"


class ArchiveUnsafeError(SourceError):
    """An archive that is broken or built to harm; the message says how much of it was read before."""

    code = "archive_unsafe"


class ArchiveTooLargeError(SourceError):
    """An archive with more entries or bytes than the limits allow; the message says how much was read before."""

    code = "archive_too_large"


class ListInvalidError(SourceError):
    """A list of URLs with too many lines or without its columns; for one line, that it is none."""

    code = "list_invalid"


class FetchError(PictraceError):
    """Something on another machine cannot be fetched; nothing of what that machine answered is in the message."""


class InvalidUrlError(FetchError):
    """What was given is no address that begins with http:// or https://, or one that means two things."""

    code = "invalid_url"


class SourceNotAllowedError(FetchError):
    """An address, at first or after a redirect, that may not be asked; one text, whatever the reason."""

    code = "source_not_allowed"

    def __init__(
        self,
        message: str = "this address may not be fetched",
        *,
        hint: str = "addresses of this machine and of private networks are refused; see the `fetch` settings",
    ) -> None:
        super().__init__(message, hint=hint)


class SourceUnreachableError(FetchError):
    """A name without an address, no connection, or no trust in the certificate."""

    code = "source_unreachable"


class SourceAnswerError(FetchError):
    """An answer that is not the file: an error, broken, packed, cut off, or another file than was asked for."""

    code = "source_error"


class SourceTooLargeError(FetchError):
    """A file above the byte limit; at most one block more was read."""

    code = "source_too_large"


class SourceTimeoutError(FetchError):
    """No connection, no answer or too few bytes in the time allowed."""

    code = "source_timeout"


class CollectionError(PictraceError):
    """The collection as a whole."""


class NotFoundError(CollectionError):
    """No such collection or picture, or nothing at an address of the service."""

    code = "not_found"


class IndexLockedError(CollectionError):
    """Another process is writing; the message names its pid and host."""

    code = "index_locked"
    exit_code = 3


class InsufficientStorageError(CollectionError):
    """The disk is full; nothing was recorded that is not stored."""

    code = "insufficient_storage"
    exit_code = 4


class IndexDamagedError(CollectionError):
    """A file of the collection is damaged; the message names it and the hint repairs it."""

    code = "index_damaged"
    exit_code = 5


class IndexNewerError(CollectionError):
    """The collection was written by a newer PicTrace."""

    code = "index_newer"
    exit_code = 5


class RecipeMismatchError(CollectionError):
    """The collection was built with an encoder of another version, and rows are never mixed."""

    code = "recipe_mismatch"
    exit_code = 6


class ModelError(PictraceError):
    """A model's file."""

    exit_code = 5


class ModelMissingError(ModelError):
    """The weights are not on this machine."""

    code = "model_missing"


class ModelDamagedError(ModelError):
    """The weights are not the ones that the card names, no model that may be loaded, or take too much when tried."""

    code = "model_damaged"
