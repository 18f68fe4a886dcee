"""Accuracy on a collection's own pictures: edits of them are searched for, and strangers' too; docs/eval.md."""

import io
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from PIL import Image, ImageStat

from pictrace.collection import Collection
from pictrace.edits import NamedEdit, chosen
from pictrace.evaluation._bars import AVERAGE_PRECISION, BARS, CALIBRATION_ERROR, PRECISION
from pictrace.evaluation._drawing import Cast, Subject, drawn
from pictrace.evaluation._figures import figures_of
from pictrace.evaluation._fit import Fit, fitted
from pictrace.evaluation._neighbours import recalled
from pictrace.evaluation._records import (
    Calibrated,
    Claim,
    Counts,
    EditFigures,
    Evaluation,
    Figures,
    Neighbours,
    Pair,
    Trial,
)
from pictrace.evaluation._trials import saved, tried

__all__ = [
    "AVERAGE_PRECISION",
    "BARS",
    "CALIBRATION_ERROR",
    "PRECISION",
    "Calibrated",
    "Claim",
    "Counts",
    "EditFigures",
    "Evaluation",
    "Figures",
    "Fit",
    "Neighbours",
    "Pair",
    "Plan",
    "Trial",
    "evaluate",
    "fitted",
]

_THUMB = 192
_MOST_TRACES = 200
"""Kept for measuring the indexes; a trace is about 60 KB."""

Progress = Callable[[int, int, str], None]
"""Who is told how many searches of how many are done, and the name of the last edit."""


@dataclass(frozen=True)
class Plan:
    """What is tried: how many pictures and strangers are drawn, and which edits, by name or family; all for none.

    `corrected` says whether scores are taken with the collection's own calibration, if it has one.
    """

    pictures: int = 24
    strangers: int = 6
    edits: Sequence[str] = ()
    corrected: bool = True


def evaluate(collection: Collection, plan: Plan | None = None, *, progress: Progress | None = None) -> Evaluation:
    """Every edit of the drawn pictures and strangers, searched for in the collection; nothing is written.

    Raises:
        UnknownNameError: no edit has such a name.
        UsageError: too few pictures or strangers.
        NotFoundError: there is no such collection.
    """
    asked, started = plan or Plan(), time.perf_counter()
    edits = chosen(asked.edits)
    engine = collection.engine() if asked.corrected else replace(collection.engine(), correction=None)
    for error in engine.lost.values():  # what is measured without one is not what searches with it are like
        raise error
    cast = drawn(engine, collection.settings.limits, pictures=asked.pictures, strangers=asked.strangers)
    shown = max(cast.pictures, key=lambda one: _colourfulness(one.image))
    total = len(edits) * (len(cast.pictures) + len(cast.strangers))
    trials: list[Trial] = []
    traces, examples = [], {}
    for edit, subject, data, stranger in _queries(cast, edits):
        trial, trace = tried(cast.engine, subject, edit.name, data, stranger=stranger)
        if len(trials) % (1 + total // _MOST_TRACES) == 0:
            traces.append(trace)
        trials.append(trial)
        if subject is shown:
            examples[edit.name] = _thumbnail(data)
        if progress is not None:
            progress(len(trials), total, edit.name)
    neighbours = recalled(cast.engine, traces)
    figures = figures_of(cast, trials, neighbours, seconds=time.perf_counter() - started)
    return Evaluation(figures, tuple(trials), examples, engine.catalog.recipe.active)


def _queries(cast: Cast, edits: Sequence[NamedEdit]) -> Iterator[tuple[NamedEdit, Subject, bytes, bool]]:
    """Every edit of one picture after the other, then of the strangers, which are put among the other strangers.

    Some edits take ten times as long to be searched for as others, and so how long it will take is told rightly after
    the first picture.
    """
    for subject in (*cast.pictures, *cast.strangers):
        pool = [other.image for other in cast.strangers if other is not subject]
        for edit in edits:
            yield edit, subject, saved(subject, edit, pool), subject in cast.strangers


def _colourfulness(image: Image.Image) -> float:
    """How far colours spread: what edits do to them is not seen in a grey picture."""
    small = image.resize((64, 64)).convert("YCbCr")
    return sum(ImageStat.Stat(small).stddev[1:])


def _thumbnail(data: bytes) -> tuple[bytes, tuple[int, int]]:
    """A small JPEG of a picture, and its size in pixels."""
    image, stream = Image.open(io.BytesIO(data)).convert("RGB"), io.BytesIO()
    image.thumbnail((_THUMB, _THUMB), Image.Resampling.LANCZOS)
    image.save(stream, "JPEG", quality=80)
    return stream.getvalue(), image.size
