"""From a model's card to its file on this machine, checked byte by byte before anything runs it."""

import base64
import functools
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from pictrace.errors import ModelDamagedError, ModelMissingError, UnknownNameError

_BUNDLED = Path(__file__).with_name("models")


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
class Card:
    """Which bytes a file that came with PicTrace is, and where they come from.

    `size` counts bytes; `revision` is that of our file, changed whenever what is made with it changes.
    """

    name: str
    file: str
    origin: str
    revision: str
    licence: str
    sha256: str
    size: int


@dataclass(frozen=True)
class ModelCard(Card):
    """Everything to know of one model: its file, and what goes in and out.

    `input`, `normalisation` and `output` are for people, `side` (pixels of the square that goes in) and `width`
    (values of a row) for programs.
    """

    input: str
    normalisation: str
    output: str
    side: int
    width: int
    reference: Reference

    @classmethod
    def of(cls, plain: Mapping[str, Any]) -> Self:
        """The card that a JSON object spells; a missing or an unknown field is a `TypeError`."""
        fields = {name: value for name, value in plain.items() if name != "reference"}
        return cls(**fields, reference=Reference(**plain["reference"]))


@functools.cache
def cards() -> Sequence[ModelCard]:
    """The cards of all models that PicTrace knows, by name."""
    records = [json.loads(path.read_text("utf-8")) for path in sorted(_BUNDLED.glob("*.json"))]
    # Records of other kinds live in the same folder; a model is what has reference rows.
    return tuple(ModelCard.of(record) for record in records if "reference" in record)


def words_card() -> Card:
    """The card of the visual words."""
    return Card(**json.loads((_BUNDLED / "words.json").read_text("utf-8")))


def card(name: str) -> ModelCard:
    """The card of one model.

    Raises:
        UnknownNameError: there is none of that name.
    """
    for known in cards():
        if known.name == name:
            return known
    names = ", ".join(known.name for known in cards())
    raise UnknownNameError(f"no model is called {name!r}", hint=f"choose one of: {names}")


def verified(card: Card, *, folder: str | Path = "") -> Path:
    """The model's file, in `folder` if it is there, otherwise as it came with PicTrace.

    Raises:
        ModelMissingError: it is in neither place, or cannot be read.
        ModelDamagedError: its size or SHA-256 is not the card's.
    """
    path = _place(card, folder)
    _read(card, path)
    return path


def content(card: Card, *, folder: str | Path = "") -> bytes:
    """The bytes of the model's file, the very ones that were checked.

    Raises:
        ModelMissingError: as `verified`.
        ModelDamagedError: as `verified`.
    """
    return _read(card, _place(card, folder))


def reference_pictures(side: int) -> npt.NDArray[np.uint8]:
    """Three pictures drawn in whole numbers, the same on every machine: `(3, side, side, 3)` uint8 RGB."""
    y, x = np.mgrid[:side, :side].astype(np.int64)
    centre = side // 2
    rings = ((x - centre) ** 2 + (y - centre) ** 2) * 16 // side
    slope = np.stack([x * 255 // side, y * 255 // side, (x + y) * 127 // side], axis=2)
    round_ones = np.stack([rings % 256, rings * 2 % 256, 255 - rings % 256], axis=2)
    tiles = np.stack([(x // 28 + y // 28) % 2 * 200, x // 28 * 28 % 256, y // 14 * 37 % 256], axis=2)
    return np.stack([slope, round_ones, tiles]).astype(np.uint8)


def _place(card: Card, folder: str | Path) -> Path:
    places = [Path(folder) / card.file] if folder else []
    places.append(_BUNDLED / card.file)
    for place in places:
        if place.is_file():
            return place
    raise ModelMissingError(
        f"the model {card.name} is not in {' or '.join(str(place.parent) for place in places)}",
        hint=f"install PicTrace again, or put {card.file} into the folder that the setting `models` names",
    )


def _read(card: Card, path: Path) -> bytes:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ModelMissingError(
            f"the model file {path} cannot be read: {error.strerror}", hint="see to its permissions"
        ) from error
    digest = hashlib.sha256(data).hexdigest()
    if len(data) != card.size or digest != card.sha256:
        raise ModelDamagedError(
            f"{path} is not the model {card.name}: {len(data):,} bytes with SHA-256 {digest[:16]}…, "
            f"not {card.size:,} with {card.sha256[:16]}…",
            hint="install PicTrace again, or remove the file from the folder that the setting `models` names",
        )
    return data
