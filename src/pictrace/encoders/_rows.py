"""From what a model gives to rows of length 1."""

import numpy as np
import numpy.typing as npt

from pictrace.errors import ModelDamagedError
from pictrace.types import Rows
from pictrace.weights import ModelCard


def rows_of(output: npt.NDArray[np.floating], card: ModelCard) -> Rows:
    """Rows `(n, width)` float32 of length 1, one for each picture.

    Raises:
        ModelDamagedError: the output has another shape than the card says, or holds what is no number.
    """
    found = _pooled(output, card)
    if found.shape != (len(output), card.width):
        raise _unfit(card, f"gives an array of {output.shape}, where its card says {card.width} values a picture")
    rows = found.astype(np.float32)
    # In double precision, for the squares of small numbers vanish in single.
    lengths = np.sqrt(np.einsum("ij,ij->i", rows, rows, dtype=np.float64))[:, None]
    if not np.isfinite(lengths).all():
        raise _unfit(card, "gives what is no number")
    # Where a picture excites nothing, a row has no direction; all such pictures then share one.
    rows[lengths[:, 0] == 0] = 1.0
    unit: Rows = (rows / np.where(lengths == 0, np.sqrt(card.width), lengths)).astype(np.float32)
    return unit


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
