"""One parser per format, chosen by us, under limits, with every way it can fail foreseen."""

import functools
import importlib
import io
import math
import struct
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from PIL import Image

from pictrace._colour import to_srgb
from pictrace._sniff import HEAD, sniff
from pictrace.errors import (
    ImageCorruptError,
    ImageTooComplexError,
    ImageTooManyPixelsError,
    ImageTooSmallError,
    NotAnImageError,
    PictureError,
    UnsupportedFormatError,
)
from pictrace.settings import FORMATS, Limits

DECODER_ERRORS = (
    OSError,
    SyntaxError,
    ValueError,
    NotImplementedError,
    OverflowError,
    ZeroDivisionError,
    struct.error,
    EOFError,
    RecursionError,
    IndexError,
    TypeError,
    RuntimeError,
    KeyError,
    AttributeError,
    AssertionError,
)
"""What decoders raise on hostile files, next to `MemoryError` and the pixel bomb's own error."""

FULL_DECODE_PIXELS = 4_000_000
"""JPEGs of more pixels may be decoded reduced, and are told apart by their coded image.

Below, decoding in full costs less than 40 ms and finds equal pixels across formats; above, it would cost
more than everything else that is done with a photograph.
"""

_PARSERS = {
    "JPEG": ("PIL.JpegImagePlugin", "JpegImageFile"),
    "PNG": ("PIL.PngImagePlugin", "PngImageFile"),
    "WEBP": ("PIL.WebPImagePlugin", "WebPImageFile"),
    "GIF": ("PIL.GifImagePlugin", "GifImageFile"),
    "BMP": ("PIL.BmpImagePlugin", "BmpImageFile"),
    "TIFF": ("PIL.TiffImagePlugin", "TiffImageFile"),
    "AVIF": ("PIL.AvifImagePlugin", "AvifImageFile"),
    "HEIF": ("pi_heif", "HeifImageFile"),
}

_ORIENTATION = 0x0112
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""EXIF orientation to what makes the picture upright (CIPA DC-008, 4.6.5.1, tag 0112)."""


@dataclass(frozen=True)
class Decoded:
    """An upright RGB image, the size it has in full, and what its file said about showing it."""

    image: Image.Image
    width: int
    height: int
    orientation: int
    icc: bytes


def format_of(data: bytes, limits: Limits) -> str:
    """The allowed format that `data` is in, by its first bytes.

    Raises:
        NotAnImageError: no kind of picture we know, or nothing at all.
        UnsupportedFormatError: a known format that cannot be read or is not allowed.
    """
    if not data:
        raise NotAnImageError("the file is empty")
    name = sniff(data[:HEAD])
    if name is None:
        raise NotAnImageError("the bytes are no picture of any known format", hint="is it a web page or a text?")
    if name not in limits.formats or name not in FORMATS:
        allowed = ", ".join(limits.formats)
        raise UnsupportedFormatError(f"{name} files are not accepted", hint=f"convert it to one of: {allowed}")
    return name


def decode(data: bytes, name: str, *, limits: Limits, target: int) -> Decoded:
    """The first picture in `data`, upright, in sRGB, on the fixed ground.

    A JPEG of more than `FULL_DECODE_PIXELS` comes reduced as long as its long side stays at least `target`;
    0 is full size.

    Raises:
        PictureError: a limit, or content that cannot be decoded.
    """
    with foreseen(name):
        if name == "WEBP":
            check_size(_webp_size(data), limits=limits, least=False)
        image = _parser(name)(io.BytesIO(data))
        check_size(image.size, limits=limits)
        full = _reduce(image, target) if target and name == "JPEG" else None
        return finish(image, limits=limits, full=full)


def finish(image: Image.Image, *, limits: Limits, full: tuple[int, int] | None = None) -> Decoded:
    """A PIL image, perhaps not loaded yet, made upright sRGB; `full` is its size if it will come reduced."""
    image.load()
    check_size(image.size, limits=limits, least=False)
    width, height = full or image.size
    icc = image.info.get("icc_profile") or b""
    # TIFF images come turned already, and then have lost the tag: so it is read after loading.
    orientation = _orientation(image)
    upright = to_srgb(image, icc)
    if orientation in _TURNS:
        upright = upright.transpose(_TURNS[orientation])
    if orientation >= 5:
        width, height = height, width
    return Decoded(upright, width, height, orientation, icc)


def check_size(size: tuple[int, int], *, limits: Limits, least: bool = True) -> None:
    """Nothing, if a picture of this size may be decoded.

    Raises:
        ImageTooManyPixelsError: too many pixels, or a side too long.
        ImageTooSmallError: a side too short, unless `least` is off.
    """
    width, height = size
    if width * height > limits.pixels or max(width, height) > limits.side:
        raise ImageTooManyPixelsError(
            f"{width} × {height} pixels; the limits are {limits.pixels:,} pixels and {limits.side:,} a side",
            hint="raise limits.pixels or limits.side, or scale the picture down",
        )
    if least and min(width, height) < limits.min_side:
        raise ImageTooSmallError(f"{width} × {height} pixels; the least side is {limits.min_side}")


@contextmanager
def foreseen(name: str) -> Iterator[None]:
    """Whatever a decoder does in the block ends in a typed error, and it warns nobody."""
    with _quiet():
        try:
            yield
        except PictureError:
            raise
        except MemoryError as error:
            raise ImageTooComplexError(f"decoding the {name} data takes more memory than there is") from error
        except Image.DecompressionBombError as error:
            raise ImageTooManyPixelsError(f"a part of the {name} data unfolds to too many pixels") from error
        except DECODER_ERRORS as error:
            raise ImageCorruptError(f"the {name} data are damaged, cut off, or of an unknown kind") from error


class _Quiet:
    """Holds decoders' warnings back while any thread decodes; the filters are the whole process's."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.users = 0
        self.filters = warnings.catch_warnings()

    def enter(self) -> None:
        with self.lock:
            if self.users == 0:
                self.filters = warnings.catch_warnings()
                self.filters.__enter__()
                warnings.filterwarnings("ignore", module=r"(PIL|pi_heif)\b")
            self.users += 1

    def leave(self) -> None:
        with self.lock:
            self.users -= 1
            if self.users == 0:
                self.filters.__exit__(None, None, None)


_quiet_decoders = _Quiet()


@contextmanager
def _quiet() -> Iterator[None]:
    _quiet_decoders.enter()
    try:
        yield
    finally:
        _quiet_decoders.leave()


@functools.cache
def _parser(name: str) -> Any:
    # The parsers themselves instead of Image.open: one format and nothing else, no registration of HEIF for
    # the whole process, and our own pixel limit in place of the process-wide Image.MAX_IMAGE_PIXELS.
    module, attribute = _PARSERS[name]
    return getattr(importlib.import_module(module), attribute)


def _reduce(image: Any, target: int) -> tuple[int, int] | None:
    """The full size, if the image was told to come reduced."""
    width, height = image.size
    if width * height <= FULL_DECODE_PIXELS or max(width, height) <= target:
        return None
    share = target / max(width, height)
    image.draft(None, (max(1, math.ceil(width * share)), max(1, math.ceil(height * share))))
    return width, height


def _orientation(image: Image.Image) -> int:
    """The EXIF orientation, 1 to 8; 1 where there is none or it cannot be read."""
    block = image.info.get("exif")
    if not block:
        return 1
    exif = Image.Exif()
    try:
        exif.load(block)
        value = exif.get(_ORIENTATION, 1)
    except DECODER_ERRORS:
        return 1
    return value if isinstance(value, int) and 1 <= value <= 8 else 1


def _webp_size(data: bytes) -> tuple[int, int]:
    """Canvas width and height (RFC 9649, 2.5 to 2.7): the decoder allocates it as it opens the file."""
    kind = data[12:16]
    if kind == b"VP8X":
        return 1 + int.from_bytes(data[24:27], "little"), 1 + int.from_bytes(data[27:30], "little")
    if kind == b"VP8L":
        bits = int.from_bytes(data[21:25], "little")
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    return int.from_bytes(data[26:28], "little") & 0x3FFF, int.from_bytes(data[28:30], "little") & 0x3FFF
