"""Encoders turn pictures into rows; one file each, found by file name."""

from collections.abc import Sequence
from typing import Any, ClassVar, Protocol

import numpy as np
import numpy.typing as npt

from pictrace.picture import Picture
from pictrace.types import Rows, Space


class Encoder(Protocol):
    """Turns pictures into rows of one space; `models` is a folder to look for weights in before the bundled ones.

    `prepare` is the part of the work done for one picture in the process that decoded it, cheap to carry to
    another process; `encode_prepared` finishes a batch where the model lives. `version` changes whenever the
    rows would.
    """

    name: ClassVar[str]
    space: ClassVar[Space]

    def __init__(self, *, threads: int = 0, models: str = "") -> None: ...

    @property
    def version(self) -> str: ...

    def prepare(self, picture: Picture) -> npt.NDArray[Any]: ...

    def encode_prepared(self, prepared: npt.NDArray[Any]) -> Rows: ...


def encode(encoder: Encoder, pictures: Sequence[Picture]) -> Rows:
    """Rows `(len(pictures), columns)`, one per picture, in their order."""
    if not pictures:
        return np.empty((0, encoder.space.columns), encoder.space.dtype)
    return encoder.encode_prepared(np.stack([encoder.prepare(picture) for picture in pictures]))
