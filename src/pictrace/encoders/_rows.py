"""From what a model gives to rows of length 1."""

import functools
import logging
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from pictrace.errors import ModelDamagedError
from pictrace.types import Rows
from pictrace.weights import ModelCard

SEVERAL = 3
"""Rows at once, none of which has numbers, that tell of the model; of fewer, the pictures may be what is odd."""

_log = logging.getLogger(__name__)


def in_passes(
    pictures: npt.NDArray[np.uint8], card: ModelCard, most: int, run: Callable[[npt.NDArray[np.uint8]], Rows]
) -> Rows:
    """Rows `(n, width)` float32 of any n pictures, of which one pass takes so many at the most."""
    parts = [run(pictures[start : start + most]) for start in range(0, len(pictures), most)]
    if len(parts) == 1:
        return parts[0]
    return np.concatenate(parts) if parts else np.empty((0, card.width), np.float32)


def rows_of(output: npt.NDArray[np.floating], card: ModelCard) -> Rows:
    """Rows `(n, width)` float32 of length 1, one for each picture.

    Raises:
        ModelDamagedError: the output has another shape than the card says, or no row of several holds numbers only.
    """
    found = _pooled(output, card)
    if found.shape != (len(output), card.width):
        raise _unfit(card, f"gives an array of {output.shape}, where its card says {card.width} values a picture")
    rows = found.astype(np.float32)
    # In double precision, for the squares of small numbers vanish in single.
    lengths = np.sqrt(np.einsum("ij,ij->i", rows, rows, dtype=np.float64))[:, None]
    is_finite = np.isfinite(lengths)
    if not is_finite.all():
        if len(rows) >= SEVERAL and not is_finite.any():
            raise _unfit(card, "gives what is no number")
        _tell(card.name, card.sha256)
    # Where a picture excites nothing or too much, a row has no direction; all such pictures then share one.
    has_none = ~is_finite | (lengths == 0)
    rows[has_none[:, 0]] = 1.0
    unit: Rows = (rows / np.where(has_none, np.sqrt(card.width), lengths)).astype(np.float32)
    return unit


def check_directions(rows: Rows, card: ModelCard) -> None:
    """Nothing, if each of a model's rows, those of the reference pictures, has a direction of its own.

    Raises:
        ModelDamagedError: one has none.
    """
    if (rows == rows[:, :1]).all(axis=1).any() and card.width > 1:
        raise _unfit(card, "gives nothing, or what is no number, for a picture that is drawn to try models")


@functools.cache
def _tell(name: str, sha256: str) -> None:
    """Says once of each file what would be said of every such picture."""
    _log.warning("the model %s (%s) gives no numbers for some pictures; their rows say nothing", name, sha256[:12])


def of_each(output: Any, count: int, card: ModelCard) -> npt.NDArray[np.floating]:
    """What a model gave, if it is an array of numbers with a part for each of so many pictures or texts.

    Raises:
        ModelDamagedError: it is not.
    """
    if not isinstance(output, np.ndarray) or output.dtype.kind not in "fiu" or output.ndim == 0:
        raise _unfit(card, "gives no array of numbers")
    if len(output) != count:
        raise _unfit(card, f"gives {len(output)} rows where {count} are wanted")
    return output


def _pooled(output: npt.NDArray[np.floating], card: ModelCard) -> npt.NDArray[np.floating]:
    """One row of a picture's places: tokens `(n, places, width)`, maps `(n, width, h, w)` or `(n, h, w, width)`."""
    places: npt.NDArray[np.floating] = output
    if output.ndim == 4:
        places = output if output.shape[3] == card.width else np.moveaxis(output, 1, 3)
        places = places.reshape(len(output), -1, places.shape[3])
    if places.ndim != 3:
        return output
    if card.pooling == "mean":
        mean: npt.NDArray[np.floating] = places.mean(axis=1, dtype=np.float32)
        return mean
    # One place is the row itself, such as that of a model which averages and keeps the axes.
    return places[:, 0] if card.pooling == "first" or places.shape[1] == 1 else output


def _unfit(card: ModelCard, what: str) -> ModelDamagedError:
    hint = "its card needs another `tensor`, `pooling` or `width`; see docs/models.md"
    return ModelDamagedError(f"the model {card.name} {what}", hint=hint)
