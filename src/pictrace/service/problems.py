"""Refusals as HTTP tells them: `application/problem+json` of RFC 9457, one status for each code."""

import re
from dataclasses import dataclass

from pictrace.errors import (
    ArchiveTooLargeError,
    ArchiveUnsafeError,
    FetchError,
    NotFoundError,
    PictraceError,
    PictureError,
    ServiceError,
    SourceUnreadableError,
    UsageError,
)

MEDIA_TYPE = "application/problem+json"
DETAIL_CHARACTERS = 300

CODES = {
    "internal": (500, "A mistake of ours"),
    "invalid_parameter": (400, "A parameter does not fit"),
    "unknown_name": (400, "There is nothing of that name"),
    "text_refused": (422, "This text cannot be searched with"),
    "no_text_encoder": (409, "This collection does not read words"),
    "missing_extra": (501, "This needs packages that are not installed"),
    "configuration_refused": (503, "The service is not set up for this"),
    "not_an_image": (422, "This is no picture"),
    "unsupported_format": (415, "This format is not read"),
    "image_corrupt": (422, "The picture cannot be decoded"),
    "image_too_many_pixels": (422, "The picture has too many pixels"),
    "image_too_small": (422, "The picture is too small"),
    "image_too_complex": (422, "The picture takes too much to decode"),
    "payload_too_large": (413, "This is too large"),
    "too_many_places": (422, "The picture is there under too many names"),
    "source_unreadable": (422, "The file cannot be read"),
    "filter_too_slow": (422, "The filter takes too long"),
    "root_missing": (404, "The source is not there"),
    "archive_unsafe": (422, "The archive is damaged, or cannot be trusted"),
    "archive_too_large": (422, "The archive is too large"),
    "list_invalid": (422, "The list cannot be read"),
    "invalid_url": (400, "This is no URL to fetch"),
    "source_not_allowed": (403, "This address may not be fetched"),
    "source_unreachable": (502, "The address cannot be reached"),
    "source_error": (502, "The address does not answer with the file"),
    "source_too_large": (502, "The file at the address is too large"),
    "source_timeout": (504, "The address does not answer in time"),
    "not_found": (404, "There is nothing here"),
    "index_locked": (409, "Another process is writing to the collection"),
    "insufficient_storage": (507, "The disk is full; nothing was recorded that is not stored"),
    "index_damaged": (503, "The collection is damaged"),
    "index_newer": (503, "The collection is from a newer PicTrace"),
    "recipe_mismatch": (503, "The collection was made in another way"),
    "model_missing": (503, "The model is not on the server"),
    "model_damaged": (503, "The model is damaged"),
    "plan_invalid": (422, "This is no plan that can be carried out"),
    "not_as_planned": (409, "The file is not as planned"),
    "link_refused": (409, "The file has more than one name"),
    "last_copy": (409, "No other copy is proved to be there"),
    "action_impossible": (501, "This cannot be done to the file"),
    "place_taken": (409, "Another file is at that place"),
    "journal_damaged": (503, "The journal is damaged"),
    "bad_request": (400, "This request cannot be understood"),
    "bad_host": (400, "This service does not answer for that host"),
    "unauthenticated": (401, "A valid key is needed"),
    "forbidden": (403, "This is not allowed"),
    "method_not_allowed": (405, "Not with this method"),
    "request_timeout": (408, "The request came too slowly"),
    "conflict": (409, "This does not fit the state of things"),
    "uri_too_long": (414, "The address is too long"),
    "rate_limited": (429, "Too many requests"),
    "too_many_in_flight": (429, "Too many requests at once"),
    "headers_too_large": (431, "The headers are too large"),
    "overloaded": (503, "Too many requests at once"),
    "not_ready": (503, "The service is not ready yet"),
    "shutting_down": (503, "The service is about to stop"),
}
"""Status and title for each code of `pictrace.errors`."""

_TYPE = "https://github.com/Solrikk/PicTrace/blob/main/docs/errors.md#"
_FOR_CLIENTS = (
    ArchiveTooLargeError,
    ArchiveUnsafeError,
    FetchError,
    NotFoundError,
    PictureError,
    ServiceError,
    UsageError,
)
"""Errors about what the client gave; the messages of all others speak of this machine, and stay on it."""

_FOR_OPERATORS = {
    "index_damaged": "whoever runs the service sees more with `pictrace verify`",
    "recipe_mismatch": "whoever runs the service has the rows made anew with `pictrace spaces renew`",
    "model_missing": "whoever runs the service fetches it with `pictrace models pull`",
    "model_damaged": "whoever runs the service sees which with `pictrace models verify`",
}
"""What helps against what a client can do nothing about, for passing on; it is the same whatever happened."""

_PLACE = re.compile(r"(?<![\w.:/<])(?:~|[A-Za-z]:)?[/\\](?:[^\s'\"/\\]+[/\\]?)+")
_WAIT_S = {"overloaded": 1, "not_ready": 2, "shutting_down": 5, "too_many_in_flight": 1, "rate_limited": 1}


@dataclass(frozen=True)
class Problem:
    """One refusal; `retry_after_s` is 0 where waiting does not help."""

    status: int
    code: str
    title: str
    detail: str
    request_id: str = ""
    retry_after_s: int = 0
    allow: tuple[str, ...] = ()

    @classmethod
    def of(cls, error: PictraceError, *, request_id: str = "") -> "Problem":
        """The refusal that an error becomes; nothing of this machine is in it."""
        status, title = CODES.get(error.code, CODES["internal"])
        given = error.retry_after_s if isinstance(error, ServiceError) else 0
        return cls(
            status=status,
            code=error.code if error.code in CODES else "internal",
            title=title,
            detail=_detail(error, title),
            request_id=request_id,
            retry_after_s=given or _WAIT_S.get(error.code, 0),
            allow=error.allow if isinstance(error, ServiceError) else (),
        )

    def to_dict(self) -> dict[str, object]:
        """The document of RFC 9457."""
        return {
            "type": _TYPE + self.code,
            "title": self.title,
            "status": self.status,
            "code": self.code,
            "detail": self.detail,
            "request_id": self.request_id,
        }

    def headers(self) -> dict[str, str]:
        """What the answer carries besides its length."""
        found = {"content-type": MEDIA_TYPE, "cache-control": "no-store"}
        if self.retry_after_s:
            found["retry-after"] = str(self.retry_after_s)
        if self.status == 401:
            found["www-authenticate"] = 'Bearer realm="pictrace"'
        if self.allow:
            found["allow"] = ", ".join(self.allow)
        return found


def problem(error: PictraceError, *, request_id: str = "") -> tuple[int, dict[str, object]]:
    """Status and document of an error."""
    found = Problem.of(error, request_id=request_id)
    return found.status, found.to_dict()


def _detail(error: PictraceError, title: str) -> str:
    if not isinstance(error, _FOR_CLIENTS) or isinstance(error, SourceUnreadableError):
        return "; ".join(filter(None, (title, _FOR_OPERATORS.get(error.code)))) + "."
    said = str(error)
    # Whoever asks over HTTP has no shell here to list pictures in.
    is_for_shell = isinstance(error, NotFoundError) and "`pictrace " in error.hint
    if error.hint and not is_for_shell and len(said) + len(error.hint) + 2 <= DETAIL_CHARACTERS:
        said = f"{said}; {error.hint}"
    said = _PLACE.sub("…", "".join(one if one.isprintable() else " " for one in said))
    return said if len(said) <= DETAIL_CHARACTERS else f"{said[: DETAIL_CHARACTERS - 1]}…"
