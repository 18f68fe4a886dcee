"""Whether a request can be read in one way only: its path, its query, its headers."""

import re
from urllib.parse import unquote_plus, unquote_to_bytes

from starlette.types import Scope

from pictrace.errors import BadRequestError, HeadersTooLargeError, UnsupportedFormatError, UriTooLongError
from pictrace.service._scope import raw_path, values
from pictrace.settings import ServicePolicy

HEADERS = 100
"""Of one request; browsers send about twenty."""

_PATH = re.compile(rb"(?:/(?:[A-Za-z0-9\-._~!$&'()*+,=:@]|%[0-9A-Fa-f]{2})+)*/?")
_ESCAPE = re.compile(rb"%[0-9A-Fa-f]{2}")
_UNRESERVED = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
_NEVER_ESCAPED = _UNRESERVED | frozenset(b"/\\%;") | frozenset(range(32)) | {127}
_SECRETS = frozenset({"api_key", "apikey", "api-key", "x-api-key", "key", "token", "access_token", "authorization"})
_DIGITS = re.compile(r"[0-9]{1,18}", re.ASCII)


def check_target(scope: Scope, policy: ServicePolicy) -> None:
    """Nothing, if path and query are short, the path has one spelling only, and no key is in the query.

    Raises:
        UriTooLongError: more than `url_bytes`.
        BadRequestError: anything else.
    """
    path, query = raw_path(scope), bytes(scope.get("query_string", b""))
    length = len(path) + len(query) + bool(query)
    if length > policy.url_bytes:
        raise UriTooLongError(f"path and query have {length} bytes; at most {policy.url_bytes} are read")
    if not is_canonical(path):
        raise BadRequestError(
            "the path is not in its only spelling", hint="no empty or dotted parts, and no escapes that are not needed"
        )
    names = {unquote_plus(part.partition("=")[0]).lower() for part in query.decode("latin-1").split("&")}
    if names & _SECRETS:
        raise BadRequestError(
            "a key was sent in the query, where it ends up in logs",
            hint="revoke it, and send keys in X-API-Key or Authorization: Bearer",
        )


def is_canonical(path: bytes) -> bool:
    """Whether nobody between the client and the route could read this path as another one."""
    if not path.startswith(b"/") or not _PATH.fullmatch(path):
        return False
    if any(int(escape[1:], 16) in _NEVER_ESCAPED for escape in _ESCAPE.findall(path)):
        return False
    if any(part.endswith(b".") for part in path.split(b"/")):
        return False
    try:
        unquote_to_bytes(path).decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def check_headers(scope: Scope, policy: ServicePolicy) -> int | None:
    """The length of the body if it is said, once the headers are found few, and clear about how it ends.

    Raises:
        HeadersTooLargeError: more than `header_bytes`, or too many.
        BadRequestError: a body whose end could be found in two ways.
        UnsupportedFormatError: a body that is packed.
    """
    headers = scope["headers"]
    size = sum(len(name) + len(value) + 4 for name, value in headers)
    if size > policy.header_bytes or len(headers) > HEADERS:
        raise HeadersTooLargeError(
            f"the request has {len(headers)} headers with {size} bytes",
            hint=f"at most {HEADERS} headers with {policy.header_bytes} bytes are read",
        )
    lengths, codings = values(scope, "content-length"), values(scope, "transfer-encoding")
    is_clear = len(lengths) + len(codings) <= 1 and all(one.strip().lower() == "chunked" for one in codings)
    if not is_clear or not all(_DIGITS.fullmatch(length.strip()) for length in lengths):
        raise BadRequestError(
            "the end of the body can be found in two ways",
            hint="send one Content-Length, or Transfer-Encoding: chunked",
        )
    if any(one.strip().lower() not in {"", "identity"} for one in values(scope, "content-encoding")):
        raise UnsupportedFormatError("packed bodies are not read", hint="send it without Content-Encoding")
    return int(lengths[0]) if lengths else None
