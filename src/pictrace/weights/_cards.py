"""What there is to know of a model before any of its files is opened."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal
from urllib.parse import quote

import numpy as np
import numpy.typing as npt

Runs = Literal["onnx", "torch", "keras"]
Fit = Literal["squash", "crop", "pad"]
Resample = Literal["bilinear", "bicubic", "area"]
Layout = Literal["nhwc-uint8", "nchw-float32", "nhwc-float32"]
Order = Literal["rgb", "bgr"]
Pooling = Literal["none", "first", "mean"]


@dataclass(frozen=True)
class Reference:
    """What a model gives for the pictures of `reference_pictures`, and how far other machines may be off.

    `rows` is the base64 of `(3, width)` float16, little-endian; `made_with` says where they come from;
    `tolerance` is the largest cosine distance of a row.
    """

    rows: str
    made_with: str
    tolerance: float

    def array(self, width: int) -> npt.NDArray[np.float32]:
        """The rows, `(3, width)` float32."""
        return np.frombuffer(base64.b64decode(self.rows), "<f2").reshape(-1, width).astype(np.float32)


@dataclass(frozen=True)
class Source:
    """Where a file is to be had: at `path` of a hub's repository as of a revision, or at a URL; nowhere if empty."""

    repository: str = ""
    revision: str = ""
    path: str = ""
    url: str = ""

    def __bool__(self) -> bool:
        return bool(self.url or self.repository)

    def addresses(self, hubs: Sequence[str]) -> Sequence[str]:
        """The URLs to ask, one after the other; `hubs` are the base URLs of a hub and its mirrors."""
        if not self.repository:
            return (self.url,) if self.url else ()
        place = quote(f"{self.repository}/resolve/{self.revision}/{self.path}")
        return tuple(f"{hub.rstrip('/')}/{place}" for hub in hubs)


@dataclass(frozen=True)
class Preparation:
    """How a picture becomes what goes into a model: a square of `side` pixels, then numbers.

    `squash` ignores its proportions, `crop` keeps `crop_share` of its shorter side from the middle, `pad` shows all of
    it on black. With a float32 layout each value is `(pixel / 255 - mean) / std`, `mean` and `std` in the order red,
    green, blue, channels then in `order`; with `nhwc-uint8` pixels go in as they are.
    """

    side: int
    fit: Fit = "squash"
    resample: Resample = "bilinear"
    crop_share: float = 1.0
    mean: tuple[float, float, float] = (0.0, 0.0, 0.0)
    std: tuple[float, float, float] = (1.0, 1.0, 1.0)
    layout: Layout = "nchw-float32"
    order: Order = "rgb"


@dataclass(frozen=True, kw_only=True)
class Card:
    """Which bytes a file is, and where they come from.

    `size` counts bytes; `revision` is that of our file, changed whenever what is made with it changes. Without a
    `sha256` nobody has said yet which bytes are meant, and the file is not used.
    """

    name: str
    file: str
    origin: str
    revision: str
    licence: str
    sha256: str
    size: int
    source: Source = Source()


@dataclass(frozen=True)
class TextTower:
    """The half of a model that takes words: its ONNX file, and the tokenizer that numbers them.

    At most `context` tokens go in, filled up with `pad`; `tensor` is the output that is taken, the first if empty.
    `calibration` holds pairs of a cosine and the log-odds that a picture with it shows what a text says, none if nobody
    has measured them.
    """

    model: Card
    tokenizer: Card
    context: int
    pad: int
    lowercase: bool
    tensor: str = ""
    calibration: tuple[tuple[float, float], ...] = ()


@dataclass(frozen=True, kw_only=True)
class ModelCard(Card):
    """Everything to know of one model: its files, and what goes in and out.

    `purpose`, `input`, `normalisation` and `output` are for people; `preparation`, `width` (values of a row), `tensor`
    (the output that is taken, the first if empty) and `pooling` for programs. `pooling` makes one row of an output that
    has one for each place: its `first`, as of a class token, or the `mean` of all. Rows are then brought to length 1.
    `reference` is what `encode_prepared` gives for `reference_pictures(side)`. `calibration` holds pairs of a cosine
    and the log-odds that two pictures with it are alike, none if nobody has measured them.
    """

    purpose: str
    runtime: Runs
    input: str
    normalisation: str
    output: str
    width: int
    preparation: Preparation
    tensor: str = ""
    pooling: Pooling = "none"
    reference: Reference | None = None
    text: TextTower | None = None
    calibration: tuple[tuple[float, float], ...] = ()

    @property
    def side(self) -> int:
        """Pixels of the square that goes in."""
        return self.preparation.side

    @property
    def files(self) -> Sequence[Card]:
        """Each file that the model needs, its own first."""
        return (self, self.text.model, self.text.tokenizer) if self.text else (self,)

    @property
    def is_pinned(self) -> bool:
        """Whether the bytes of every file are known by their SHA-256."""
        return all(one.sha256 for one in self.files)
