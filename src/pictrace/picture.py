"""The only decoder: from any source of picture bytes to upright sRGB pixels and the hashes that name them."""

import functools
import hashlib
import io
import os
from dataclasses import dataclass
from typing import IO, Any, Self

import numpy as np
import numpy.typing as npt
from PIL import Image

from pictrace._decode import FULL_DECODE_PIXELS, check_size, decode, finish, foreseen, format_of
from pictrace._jpeg import coded_image_hash, coded_quality
from pictrace._regular import open_regular
from pictrace.errors import FileTooLargeError, SourceUnreadableError, UsageError
from pictrace.settings import Limits
from pictrace.types import PROXY_SIDE

DECODER_VERSION = "1"
"""Changes whenever the same file could give other pixels or another hash; kept in every recipe."""

DETAIL_SIDE = 1024
"""Longest side, in pixels, at which a query is searched for things inside of it."""

PROXY_QUALITY = 80
IN_MEMORY = "MEMORY"
"""The format of pictures that never were a file: arrays, and PIL images that do not know one."""

Source = str | os.PathLike[str] | bytes | bytearray | memoryview | IO[bytes] | Image.Image | npt.NDArray[np.uint8]
Array = npt.NDArray[np.uint8]
Region = tuple[int, int, int, int]
"""x, y, width, height in pixels, counted from the top left corner."""


@dataclass(frozen=True, eq=False)
class Picture:
    """One picture, decoded: upright sRGB pixels on a fixed ground, and the hashes that name it.

    `pixels` is `(h, w, 3)` uint8 RGB, read-only; `width` and `height` are those of the upright original even
    where `pixels` was decoded reduced; `size` counts the bytes given, `sha256` is of them. `pixel_hash` is
    equal for files that show the same and differ in metadata only: docs/formats.md says what it covers.
    """

    pixels: Array
    sha256: str
    format: str
    width: int
    height: int
    size: int

    @classmethod
    def open(cls, source: "Source | Picture", *, limits: Limits | None = None, target: int = 0) -> "Picture":
        """The picture in a path, bytes, a binary file, a PIL image, or an array of uint8.

        Arrays are `(h, w)` grey, `(h, w, 3)` RGB or `(h, w, 4)` RGBA. With `target`, large JPEGs are decoded
        reduced, with a long side of at least `target` pixels; sizes and hashes stay those of the original.

        Raises:
            UsageError: a source of another type, or an array of another shape.
            PictureError: a file that cannot be read or decoded, or that is beyond a limit.
        """
        bounds = limits or Limits()
        match source:
            case Picture():
                return source
            case Image.Image():
                return cls._of_image(source, bounds)
            case np.ndarray():
                return cls._of_image(_image_of(source), bounds)
            case str() | os.PathLike():
                return cls._of_bytes(_read_path(os.fspath(source), bounds.file_bytes), bounds, target)
            case bytes() | bytearray() | memoryview():
                return cls._of_bytes(bytes(source), bounds, target)
            case _ if hasattr(source, "read"):
                return cls._of_bytes(_read_all(source, bounds.file_bytes), bounds, target)
        raise UsageError(
            f"a picture cannot be opened from {type(source).__name__}",
            hint="give a path, bytes, a binary file, a PIL image, or an array of uint8",
        )

    @classmethod
    def _of_bytes(cls, data: bytes, limits: Limits, target: int) -> Self:
        if len(data) > limits.file_bytes:
            raise _too_large(len(data), limits.file_bytes)
        name = format_of(data, limits)
        found = decode(data, name, limits=limits, target=target)
        pixels = _pixels_of(found.image)
        sha256 = hashlib.sha256(data).hexdigest()
        picture = cls(pixels, sha256, name, found.width, found.height, len(data))
        if name == "JPEG":
            picture.__dict__["coded_quality"] = coded_quality(data)
        if name == "JPEG" and found.width * found.height > FULL_DECODE_PIXELS:
            hashed = coded_image_hash(data, orientation=found.orientation, icc=found.icc)
            picture.__dict__["pixel_hash"] = hashed
        picture._keep(found.image)
        return picture

    @classmethod
    def _of_image(cls, image: Image.Image, limits: Limits) -> Self:
        check_size(image.size, limits=limits)
        name = image.format or IN_MEMORY
        with foreseen(name):
            found = finish(image, limits=limits)
        pixels = _pixels_of(found.image)
        digest = _hash_of(pixels)
        picture = cls(pixels, digest, name, found.width, found.height, pixels.nbytes)
        picture.__dict__["pixel_hash"] = digest
        return picture

    @classmethod
    def of_proxy(cls, proxy: bytes, *, target: int = 0) -> "Picture":
        """The picture in a proxy that PicTrace made: of a panorama it may be thinner than any picture may be."""
        return cls.open(proxy, limits=Limits(min_side=1), target=target)

    @classmethod
    def of_frame(
        cls, frame: Array, pixel_hash: str, *, detail: Array | None = None, coded_quality: int = 0, **facts: Any
    ) -> Self:
        """A picture of which another process has decoded the rest: its `frame`, and `facts` by the names of fields.

        `detail` is that of the whole, where it has more than the frame.

        Whatever is made from frames is the same as of the whole; it cannot be cut in pixels of the original.
        """
        frame.flags.writeable = False
        picture = cls(frame, **facts)
        picture.__dict__.update(pixel_hash=pixel_hash, coded_quality=coded_quality)
        if detail is not None:
            detail.flags.writeable = False
            picture.__dict__["detail"] = detail
        return picture

    def _keep(self, image: Image.Image) -> None:
        # Saves the way back from the array to PIL; not for large pictures, which would be held twice.
        if image.width * image.height <= FULL_DECODE_PIXELS:
            self.__dict__["_image"] = image

    @functools.cached_property
    def pixel_hash(self) -> str:
        """In hex; computed when it is first asked for, since many pictures are opened only to be looked at."""
        return _hash_of(self.pixels)

    @functools.cached_property
    def coded_quality(self) -> int:
        """The quality, 1 to 100, that a JPEG file seems to have been saved with; 0 where no file tells."""
        return 0

    @functools.cached_property
    def _image(self) -> Image.Image:
        return Image.fromarray(self.pixels)

    @functools.cached_property
    def _frame_image(self) -> Image.Image:
        height, width = self.pixels.shape[:2]
        longest = max(height, width)
        if longest <= PROXY_SIDE:
            return self._image
        share = PROXY_SIDE / longest
        size = (max(1, round(width * share)), max(1, round(height * share)))
        return self._image.resize(size, Image.Resampling.BICUBIC, reducing_gap=1.1)

    @functools.cached_property
    def frame(self) -> Array:
        """The picture with no side above `PROXY_SIDE`: `(h, w, 3)` uint8 RGB, read-only; never enlarged."""
        return self.pixels if self._frame_image is self._image else _pixels_of(self._frame_image)

    @functools.cached_property
    def grey(self) -> Array:
        """The frame's luma, `(h, w)` uint8, read-only (ITU-R BT.601 weights)."""
        return _pixels_of(self._frame_image.convert("L"))

    @functools.cached_property
    def detail(self) -> Array:
        """The luma with no side above `DETAIL_SIDE`, `(h, w)` uint8, read-only; never enlarged."""
        longest = max(self.pixels.shape[:2])
        if longest <= PROXY_SIDE:
            return self.grey
        grey = self._image.convert("L")
        share = DETAIL_SIDE / longest
        if share < 1:
            size = (max(1, round(grey.width * share)), max(1, round(grey.height * share)))
            grey = grey.resize(size, Image.Resampling.BILINEAR, reducing_gap=1.1)
        return _pixels_of(grey)

    def squashed(self, side: int) -> Array:
        """The whole picture as a square, whatever its proportions: `(side, side, 3)` uint8 RGB, read-only."""
        kept: dict[int, Array] = self.__dict__.setdefault("_squashed", {})
        if side not in kept:
            # From the frame, which large pictures have been brought down to already.
            square = self._frame_image.resize((side, side), Image.Resampling.BILINEAR, reducing_gap=2.0)
            kept[side] = _pixels_of(square)
        return kept[side]

    def cut(self, region: Region) -> "Picture":
        """The part of the picture inside a region.

        Raises:
            UsageError: the region is empty or not wholly inside the picture.
        """
        x, y, width, height = region
        rows, columns = self.pixels.shape[:2]
        if min(x, y) < 0 or min(width, height) < 1 or x + width > columns or y + height > rows:
            raise _outside(region, (columns, rows))
        return Picture.open(np.ascontiguousarray(self.pixels[y : y + height, x : x + width]))

    def proxy(self) -> bytes:
        """The frame as a JPEG without any metadata: what is kept of a picture to look at and to verify by."""
        target = io.BytesIO()
        # A comment is all that the encoder would take over from the file by itself.
        self._frame_image.save(target, "JPEG", quality=PROXY_QUALITY, comment=b"")
        return target.getvalue()


def part_of(proxy: bytes, size: tuple[int, int], region: Region) -> Picture:
    """A region, in pixels of an original of that size, cut out of its proxy, and no larger than a proxy.

    Raises:
        UsageError: the region is empty or not wholly inside the picture.
    """
    x, y, width, height = region
    if min(x, y) < 0 or min(width, height) < 1 or x + width > size[0] or y + height > size[1]:
        raise _outside(region, size)
    image = Image.open(io.BytesIO(proxy), formats=["JPEG"])
    scale = image.width / size[0], image.height / size[1]
    box = (x * scale[0], y * scale[1], (x + width) * scale[0], (y + height) * scale[1])
    share = min(1.0, PROXY_SIDE / max(width, height))
    shape = max(1, round(width * share)), max(1, round(height * share))
    return Picture.open(image.resize(shape, Image.Resampling.BICUBIC, box=box))


def _outside(region: Region, size: tuple[int, int]) -> UsageError:
    return UsageError(
        f"the region {','.join(map(str, region))} is not inside {size[0]} x {size[1]} pixels",
        hint="x, y, width, height, counted from the top left corner",
    )


ImageSource = Source | Picture
"""Whatever a picture can be had from: a path, bytes, a file, a PIL image, an array, or one that is open."""


def _pixels_of(image: Image.Image) -> Array:
    pixels: Array = np.asarray(image)
    pixels.flags.writeable = False
    return pixels


def _hash_of(pixels: Array) -> str:
    """SHA-256 of `pixels`, then width and height as four big-endian bytes each, then the RGB bytes."""
    height, width = pixels.shape[:2]
    digest = hashlib.sha256(b"pixels" + width.to_bytes(4, "big") + height.to_bytes(4, "big"))
    digest.update(pixels.data)
    return digest.hexdigest()


def _image_of(array: npt.NDArray[Any]) -> Image.Image:
    shape_is_right = array.ndim == 2 or (array.ndim == 3 and array.shape[2] in {3, 4})
    if array.dtype != np.uint8 or not shape_is_right or not array.size:
        raise UsageError(
            f"an array of shape {array.shape} and type {array.dtype} is no picture",
            hint="give (h, w), (h, w, 3) or (h, w, 4) uint8",
        )
    return Image.fromarray(array)


def _too_large(size: int, limit: int) -> FileTooLargeError:
    return FileTooLargeError(f"the file has {size:,} bytes; the limit is {limit:,}", hint="raise limits.file_bytes")


def _read_path(path: str, limit: int) -> bytes:
    """The bytes of a regular file; a pipe, a socket or a device never makes anybody wait."""
    try:
        with open_regular(path, follow=True) as file:
            size = os.fstat(file.fileno()).st_size
            if size > limit:
                raise _too_large(size, limit)
            return _read_all(file, limit, chunk=size + 1)
    except (OSError, ValueError) as error:
        reason = (error.strerror if isinstance(error, OSError) else None) or "no valid path"
        raise SourceUnreadableError(f"the file cannot be read: {reason}") from error


def _read_all(file: Any, limit: int, *, chunk: int = 1 << 20) -> bytes:
    """Everything from here on, but never much more than `limit` bytes."""
    parts: list[bytes | bytearray | memoryview] = []
    size = 0
    while size <= limit:
        try:
            part = file.read(min(chunk, limit + 1 - size))
        except (OSError, ValueError) as error:
            raise SourceUnreadableError("the file cannot be read any further") from error
        if part is not None and not isinstance(part, bytes | bytearray | memoryview):
            raise UsageError("the file gives text", hint="open it in binary mode")
        if not part:
            return b"".join(parts)
        parts.append(part)
        size += len(part)
    raise _too_large(size, limit)
