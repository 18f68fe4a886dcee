"""HTTP/1.1 read strictly: what two servers could take for two requests is none at all.

h11 follows RFC 9112 where that is lenient: it unfolds lines, takes a bare line feed for a line end, and merges
lengths that agree. Each of these has been used to smuggle a request past a proxy, so heads are judged before it.
"""

import re
from collections.abc import Callable, Sequence

import h11
from h11._receivebuffer import ReceiveBuffer

from pictrace.errors import BadHostError, BadRequestError, HeadersTooLargeError, ServiceError
from pictrace.service._target import HEADERS

_BARE = re.compile(rb"(?<!\r)\n|\r(?=[^\n])", re.DOTALL)
_REQUEST = re.compile(rb"[A-Z]{1,32} [!-~]+ HTTP/1\.([01])")
_HEADER = re.compile(rb"([!#$%&'*+\-.^_`|~0-9A-Za-z]+):[ \t]*([\t -~\x80-\xff]*)")
_LENGTH = re.compile(rb"[0-9]{1,18}")


class StrictConnection(h11.Connection):
    """A server's side of a connection; `refusal` says why a head was refused."""

    def __init__(self, *, header_bytes: int) -> None:
        super().__init__(h11.SERVER, header_bytes)
        self.refusal: ServiceError | None = None
        self._receive_buffer = _StrictBuffer(self._judge)
        self._header_bytes = header_bytes

    def _judge(self, lines: Sequence[bytes | bytearray] | None, size: int) -> None:
        """Looks at a whole head or trailer, or with None at one whose line ends are wrong."""
        try:
            if lines is None:
                raise BadRequestError("a line does not end with CR LF")
            if self.their_state is h11.IDLE:
                check_head(lines, size, header_bytes=self._header_bytes)
        except ServiceError as error:
            self.refusal = error
            raise h11.RemoteProtocolError(str(error)) from error


class _StrictBuffer(ReceiveBuffer):
    """Gives lines out once they are judged."""

    def __init__(self, judge: Callable[[Sequence[bytes | bytearray] | None, int], None]) -> None:
        super().__init__()
        self._judge = judge
        self._looked_at = 0

    def maybe_extract_lines(self) -> list[bytearray] | None:
        """Everything up to the first empty line, if it is there."""
        end = self._data.find(b"\r\n\r\n", max(0, self._looked_at - 3))
        stop = end + 4 if end >= 0 else len(self._data)
        if _BARE.search(self._data, max(0, self._looked_at - 1), stop):
            self._judge(None, 0)
        self._looked_at = stop
        before = len(self._data)
        lines = super().maybe_extract_lines()
        if lines:
            self._judge(lines, before - len(self._data))
        return lines

    def _extract(self, count: int) -> bytearray:
        self._looked_at = 0
        return super()._extract(count)


def check_head(lines: Sequence[bytes | bytearray], size: int, *, header_bytes: int) -> None:
    """Nothing, if a request's head of so many bytes can be read in one way only.

    Raises:
        HeadersTooLargeError: too many bytes or headers.
        BadHostError: not exactly one host.
        BadRequestError: anything else.
    """
    if size > header_bytes or len(lines) > HEADERS + 1:
        raise HeadersTooLargeError(
            f"the request has {len(lines) - 1} headers with {size} bytes",
            hint=f"at most {HEADERS} headers with {header_bytes} bytes are read",
        )
    request = _REQUEST.fullmatch(lines[0])
    if request is None:
        raise BadRequestError("the first line is no request of HTTP/1.1")
    found: dict[bytes, list[bytes]] = {}
    for line in lines[1:]:
        header = _HEADER.fullmatch(line)
        if header is None:
            raise BadRequestError("a header is malformed", hint="a name, a colon, and printable characters on one line")
        found.setdefault(header[1].lower(), []).append(header[2].strip())
    hosts = len(found.get(b"host", []))
    if hosts != 1:
        raise BadHostError(f"the request has {hosts or 'no'} Host headers", hint="send one")
    lengths, codings = found.get(b"content-length", []), found.get(b"transfer-encoding", [])
    is_clear = len(lengths) + len(codings) <= 1 and all(map(_LENGTH.fullmatch, lengths))
    if not is_clear or (codings and (codings[0].lower() != b"chunked" or request[1] == b"0")):
        raise BadRequestError(
            "the end of the body can be found in two ways",
            hint="send one Content-Length, or Transfer-Encoding: chunked with HTTP/1.1",
        )
