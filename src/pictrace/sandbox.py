"""Foreign bytes opened in a worker process: what they do to a decoder costs that process, and gives a typed error."""

import re
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from pictrace.errors import PictraceError, PictureError, UsageError
from pictrace.picture import DETAIL_SIDE, Picture, Region
from pictrace.settings import Limits
from pictrace.tracing import TARGET
from pictrace.types import PROXY_SIDE
from pictrace.workers import Workers

_HASH = re.compile(r"[0-9a-f]{64}")
_FORMAT = re.compile(r"[A-Z0-9]{2,8}")
_FACTS = ("width", "height", "size")
_PARTS = ("frame", "detail", "pixel_hash", "sha256", "format", "coded_quality")


@dataclass(frozen=True, eq=False)
class Opening:
    """What a worker is given: the bytes of a picture, and the part of it that is wanted, if not all."""

    data: bytes
    region: Region | None


class _Bench:
    """What a worker process keeps between openings."""

    limits = Limits()


class Sandbox:
    """Opens pictures in worker processes, which start when first needed; safe to use from several threads.

    Attributes:
        is_failing: whether the last picture found no worker process that would start.
    """

    def __init__(self, *, limits: Limits, workers: int) -> None:
        self._workers: Workers[Opening, Any] = Workers(
            _opened, workers=workers, limits=limits, initializer=_start, initargs=(limits,)
        )
        self.is_failing = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def open(self, data: bytes, *, region: Region | None = None) -> Picture:
        """The picture in the bytes, or the part of it inside a region in pixels of the upright original.

        It is as good as one that was opened here for all that works on frames: searching, comparing, keeping.

        Raises:
            PictureError: it cannot be used, or cost its worker more than a picture may.
            UsageError: the region is not inside the picture.
        """
        try:
            ((_, answer),) = self._workers.run([Opening(data, region)], chunk=1)
        except (PictraceError, OSError):
            self.is_failing = True
            raise
        self.is_failing = False
        return _understood(answer)

    def close(self) -> None:
        """Ends the workers, whatever they are doing."""
        self._workers.close()


def _start(limits: Limits) -> None:
    _Bench.limits = limits
    Picture.open(np.zeros((16, 16), np.uint8))


def _opened(opening: Opening) -> dict[str, Any]:
    picture = Picture.open(opening.data, limits=_Bench.limits, target=0 if opening.region else TARGET)
    if opening.region is not None:
        try:
            picture = picture.cut(opening.region)
        except UsageError as error:
            return {"refused": str(error), "hint": error.hint}
    return {
        "frame": picture.frame,
        "detail": picture.detail,
        "pixel_hash": picture.pixel_hash,
        "sha256": picture.sha256,
        "format": picture.format,
        "width": picture.width,
        "height": picture.height,
        "size": picture.size,
        "coded_quality": picture.coded_quality,
    }


def _understood(answer: Any) -> Picture:
    if isinstance(answer, PictureError):
        raise answer
    if isinstance(answer, dict) and set(answer) == {"refused", "hint"}:
        raise UsageError(str(answer["refused"]), hint=str(answer["hint"]))
    if not _is_sound(answer):
        raise PictureError("what a worker sent back is not what it was asked for")
    return Picture.of_frame(**answer)


def _is_sound(answer: Any) -> bool:
    if not isinstance(answer, dict) or set(answer) != {*_PARTS, *_FACTS}:
        return False
    texts = [answer[name] for name in ("pixel_hash", "sha256", "format")]
    return (
        _is_image(answer["frame"], (3,), PROXY_SIDE)
        and _is_image(answer["detail"], (), DETAIL_SIDE)
        and all(isinstance(text, str) for text in texts)
        and all(_HASH.fullmatch(text) for text in texts[:2])
        and _FORMAT.fullmatch(texts[2]) is not None
        and type(answer["coded_quality"]) is int
        and 0 <= answer["coded_quality"] <= 100
        and all(type(answer[name]) is int and 0 < answer[name] < 1 << 40 for name in _FACTS)
    )


def _is_image(array: Any, planes: tuple[int, ...], most: int) -> bool:
    return (
        isinstance(array, np.ndarray)
        and array.dtype == np.uint8
        and array.ndim == 2 + len(planes)
        and array.shape[2:] == planes
        and min(array.shape[:2]) > 0
        and max(array.shape[:2]) <= most
    )
