"""The coded image inside a JPEG file, apart from everything that only describes it, and how finely it is coded."""

import functools
import hashlib
import re
from typing import Protocol

_MARKER = re.compile(rb"\xff[\x01-\xcf\xd8-\xfe]")
"""The next marker in entropy-coded data: stuffed zeros and restart markers belong to the data."""

_END_OF_IMAGE = 0xD9
_START_OF_SCAN = 0xDA
_TABLES = 0xDB
_APP0, _APP14, _APP15, _COMMENT = 0xE0, 0xEE, 0xEF, 0xFE
_BARE = frozenset({0x01, *range(0xD0, 0xD8)})
"""Markers without a segment, which the decoder passes over between the headers: TEM and restarts."""

_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_WITH_SEGMENT = frozenset({*_FRAMES, 0xC4, 0xCC, _START_OF_SCAN, 0xDB, 0xDC, 0xDD, *range(_APP0, _APP15 + 1), _COMMENT})

_JFIF_BYTES, _ADOBE_BYTES = 14, 12
"""What libjpeg asks of a segment before it takes it for a JFIF or an Adobe header (jdmarker.c)."""


_LUMINANCE = bytes.fromhex(
    "100b0a101828333d0c0c0e131a3a3c370e0d1018283945380e11161d3357503e"
    "12162538446d674d182337405168715c31404e5767797865485c5f62706467"
) + bytes([0x63])
"""The steps of the luminance table that quality 50 stands for (ITU-T T.81, table K.1)."""


@functools.cache
def _sums() -> tuple[int, ...]:
    """What the steps sum up to at qualities 1 to 100, as libjpeg scales them (`jpeg_set_quality` in jcparam.c)."""
    scales = (5000 // quality if quality < 50 else 200 - 2 * quality for quality in range(1, 101))
    return tuple(sum(max(1, min(255, (step * scale + 50) // 100)) for step in _LUMINANCE) for scale in scales)


def coded_quality(data: bytes) -> int:
    """The quality, 1 to 100, at which libjpeg would have used a JPEG's quantisation; 0 if there is none to be seen.

    Steps of the first table are summed; other encoders have tables of their own, so it is a likeness.
    """
    place = 2
    while place + 4 <= len(data) and data[place] == 0xFF and data[place + 1] != _START_OF_SCAN:
        end = place + 2 + int.from_bytes(data[place + 2 : place + 4], "big")
        if data[place + 1] == _TABLES:
            steps = data[place + 5 : place + 5 + 64]
            # Tables of twelve bits, which nobody writes, have two bytes a step.
            if len(steps) < 64 or end < place + 5 + 64 or data[place + 4] >> 4:
                return 0
            return min(range(1, 101), key=lambda quality: abs(_sums()[quality - 1] - sum(steps)))
        place = max(end, place + 2)
    return 0


class _Hash(Protocol):
    def update(self, data: bytes | memoryview, /) -> None: ...


def coded_image_hash(data: bytes, *, orientation: int, icc: bytes) -> str:
    """SHA-256, in hex, of what decides a JPEG's upright pixels, whatever else the file says about them.

    Hashed are `jpeg`, the EXIF orientation, the SHA-256 of the colour profile, and every segment of the first
    image (tables, frame and scan headers, coded data) except application segments and comments, each after its
    length in eight bytes; before the first scan also how libjpeg will read the colours, for which it looks at
    JFIF and Adobe headers (ITU-T T.81, annex B; ITU-T T.872, 6.5.3). From the first irregularity on, the rest
    is hashed as it is.
    """
    digest = hashlib.sha256(b"jpeg" + bytes([orientation]) + hashlib.sha256(icc).digest())
    _hash_segments(data, digest)
    return digest.hexdigest()


def _hash_segments(data: bytes, digest: _Hash) -> None:
    view = memoryview(data)
    colours = _Colours()
    place, is_scanned = 2, False
    while place + 2 <= len(data) and data[place] == 0xFF:
        code = data[place + 1]
        if code == _END_OF_IMAGE:
            return
        if code == 0xFF or (code in _BARE and not is_scanned):
            place += 1 if code == 0xFF else 2
            continue
        if code not in _WITH_SEGMENT:
            break
        end = place + 2 + int.from_bytes(data[place + 2 : place + 4], "big")
        if code == _START_OF_SCAN:
            if not is_scanned:
                digest.update(colours.reading())
            is_scanned = True
            following = _MARKER.search(data, end)
            end = following.start() if following else len(data)
        colours.note(view[place:end], code)
        if not (_APP0 <= code <= _APP15 or code == _COMMENT):
            digest.update((end - place).to_bytes(8, "big"))
            digest.update(view[place:end])
        place = end
    if place < len(data):
        digest.update(b"rest" if is_scanned else b"rest" + colours.seen())
        digest.update(view[place:])


class _Colours:
    """What libjpeg learns from headers about the colours, and what it makes of that at the first scan."""

    def __init__(self) -> None:
        self._is_jfif = False
        self._transform = b""
        self._components = b""

    def note(self, segment: memoryview, code: int) -> None:
        """Look at one segment, marker and length included."""
        content = bytes(segment[4:20])
        if code == _APP0 and content.startswith(b"JFIF\0") and len(segment) - 4 >= _JFIF_BYTES:
            self._is_jfif = True
        elif code == _APP14 and content.startswith(b"Adobe") and len(segment) - 4 >= _ADOBE_BYTES:
            self._transform = content[11:12]
        elif code in _FRAMES:
            self._components = bytes(segment[10 : 10 + 3 * content[5] : 3]) if len(content) > 5 else b""

    def seen(self) -> bytes:
        """All of it, where what comes later could still matter."""
        return bytes([self._is_jfif, len(self._transform)]) + self._transform

    def reading(self) -> bytes:
        """The colours that the components are read as (`default_decompress_parms` in jdapimin.c)."""
        if len(self._components) == 4:
            return b"CMYK" if self._transform in {b"", b"\0"} else b"YCCK"
        if len(self._components) != 3 or self._is_jfif:
            return b"as they are"
        is_rgb = self._transform == b"\0" if self._transform else self._components == b"RGB"
        return b"RGB" if is_rgb else b"as they are"
