"""The coded image inside a JPEG file, apart from everything that only describes it."""

import hashlib
import re
from typing import Protocol

_MARKER = re.compile(rb"\xff[\x01-\xcf\xd8-\xfe]")
"""The next marker in entropy-coded data: stuffed zeros and restart markers belong to the data."""

_END_OF_IMAGE = 0xD9
_START_OF_SCAN = 0xDA
_APP0, _APP14, _APP15, _COMMENT = 0xE0, 0xEE, 0xEF, 0xFE
_STANDALONE = frozenset({0x01, *range(0xD0, 0xD9)})


class _Hash(Protocol):
    def update(self, data: bytes | memoryview, /) -> None: ...


def coded_image_hash(data: bytes, *, orientation: int, icc: bytes) -> str:
    """SHA-256, in hex, of what decides a JPEG's upright pixels, whatever else the file says about them.

    Hashed are `jpeg`, the EXIF orientation, the SHA-256 of the colour profile, and every segment of the first
    image (tables, frame and scan headers, coded data) except application segments and comments; of those
    only what changes the decoding counts: that a JFIF header is there, and Adobe's transform byte
    (ITU-T T.81, annex B; ITU-T T.872, 6.5.3). From the first irregularity on, the rest is hashed as it is.
    """
    digest = hashlib.sha256(b"jpeg" + bytes([orientation]) + hashlib.sha256(icc).digest())
    _hash_segments(data, digest)
    return digest.hexdigest()


def _hash_segments(data: bytes, digest: _Hash) -> None:
    view = memoryview(data)
    place = 2
    while place + 2 <= len(data) and data[place] == 0xFF:
        code = data[place + 1]
        if code == _END_OF_IMAGE:
            return
        if code == 0xFF or code in _STANDALONE:
            place += 1 if code == 0xFF else 2
            continue
        end = place + 2 + int.from_bytes(data[place + 2 : place + 4], "big")
        if code == _START_OF_SCAN:
            following = _MARKER.search(data, end)
            end = following.start() if following else len(data)
        digest.update(_telling_part(view[place:end], code))
        place = end
    digest.update(view[place:])


def _telling_part(segment: memoryview, code: int) -> bytes | memoryview:
    if code == _APP0:
        return b"JFIF" if bytes(segment[4:9]) == b"JFIF\0" else b""
    if code == _APP14:
        return b"Adobe" + bytes(segment[15:16]) if bytes(segment[4:9]) == b"Adobe" else b""
    return b"" if _APP0 < code <= _APP15 or code == _COMMENT else segment
