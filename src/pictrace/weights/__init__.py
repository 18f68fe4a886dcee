"""From a model's name to its card, and from the card to files on this machine, checked before anything runs them.

Cards came with PicTrace or lie in the user's folder of models as `NAME.json`, beside the files that they are about.
"""

import functools
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from pictrace.errors import ModelError, ModelMissingError, UnknownNameError
from pictrace.weights._cards import (
    Card,
    Fit,
    Layout,
    ModelCard,
    Pooling,
    Preparation,
    Reference,
    Resample,
    Source,
    TextTower,
)
from pictrace.weights._files import BUNDLED, State, check_kind, content, place, state, verified
from pictrace.weights._keeping import check_free, discard, keep, remove, writable
from pictrace.weights._reading import ENDINGS, MEANS, MOST_SIZE, MOST_WIDTH, NAME, STDS, offered, parsed, read, spelled
from pictrace.weights._reading import words_card as _words_card

__all__ = [
    "BUNDLED",
    "ENDINGS",
    "MEANS",
    "MOST_SIZE",
    "MOST_WIDTH",
    "NAME",
    "STDS",
    "Card",
    "Fit",
    "Layout",
    "ModelCard",
    "Pooling",
    "Preparation",
    "Reference",
    "Resample",
    "Source",
    "State",
    "TextTower",
    "card",
    "card_name",
    "cards",
    "check_free",
    "check_kind",
    "content",
    "discard",
    "keep",
    "known",
    "offered",
    "parsed",
    "place",
    "reference_pictures",
    "remove",
    "spelled",
    "state",
    "verified",
    "words_card",
    "writable",
]

# Records of other kinds live in the same folder.
_OTHERS = ("calibration", "words")


@functools.cache
def cards() -> Sequence[ModelCard]:
    """The cards of all models that came with PicTrace, by name; of most, the files did not."""
    return tuple(read(path) for path in sorted(BUNDLED.glob("*.json")) if path.stem not in _OTHERS)


def known(models: str | Path = "") -> Mapping[str, ModelCard | ModelError]:
    """Every model by its name, with the card that `card` gives, or what is wrong with it."""
    own = Path(models).glob("*.json") if models else ()
    names = {one.name for one in cards()} | {path.stem for path in own}
    found: dict[str, ModelCard | ModelError] = {}
    for name in sorted(names):
        try:
            found[name] = card(name, models)
        except ModelError as error:
            found[name] = error
        except UnknownNameError:
            continue  # a name that no card can have, or a file that went away
    return found


def card(name: str, models: str | Path = "") -> ModelCard:
    """The card of one model: the one that came with PicTrace, or the user's where that one names no bytes.

    Raises:
        UnknownNameError: there is none of that name.
        ModelDamagedError: the user's card is damaged; the message names the file and the field.
        ModelMissingError: it is there, but cannot be read.
    """
    bundled = next((one for one in cards() if one.name == name), None)
    if bundled is not None and bundled.is_pinned:
        return bundled
    path = Path(models) / f"{name}.json"
    if models and NAME.fullmatch(name) and path.is_file():
        return _users(path)
    if bundled is None:
        own = {one.stem for one in Path(models).glob("*.json")} if models else set()
        names = ", ".join(sorted(own | {one.name for one in cards()}))
        raise UnknownNameError(f"no model is called {name!r}", hint=f"choose one of: {names}")
    return bundled


def card_name(encoder: str) -> str:
    """What the card of an encoder's model is called: `timm-resnet18` of `timm:resnet18`, `my-model` of `onnx:my-model`.

    Names of Keras are told apart by capitals, and names of files are not everywhere.
    """
    file, _, model = encoder.partition(":")
    if not model or file == "onnx":
        return model or file
    return f"{file}-{model.lower() if file == 'keras' else model}"


def words_card() -> Card:
    """The card of the visual words."""
    return _words_card(BUNDLED / "words.json")


def reference_pictures(side: int) -> npt.NDArray[np.uint8]:
    """Three pictures drawn in whole numbers, the same on every machine: `(3, side, side, 3)` uint8 RGB."""
    y, x = np.mgrid[:side, :side].astype(np.int32)
    centre = side // 2
    rings = ((x - centre) ** 2 + (y - centre) ** 2) * 16 // side
    slope = _picture(x * 255 // side, y * 255 // side, (x + y) * 127 // side)
    round_ones = _picture(rings % 256, rings * 2 % 256, 255 - rings % 256)
    tiles = _picture((x // 28 + y // 28) % 2 * 200, x // 28 * 28 % 256, y // 14 * 37 % 256)
    return np.stack([slope, round_ones, tiles])


def _picture(*channels: npt.NDArray[np.int32]) -> npt.NDArray[np.uint8]:
    return np.stack([one.astype(np.uint8) for one in channels], axis=2)


def _users(path: Path) -> ModelCard:
    try:
        return read(path)
    except OSError as error:
        raise ModelMissingError(
            f"the card {path} cannot be read: {error.strerror}", hint="see to its permissions"
        ) from error
