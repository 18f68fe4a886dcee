"""What an ONNX file takes and gives, and the card that follows from it and from what its owner says."""

import base64
import hashlib
import platform
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from pictrace import weights
from pictrace.encoders._onnx import Model, opened, release
from pictrace.encoders._rows import check_directions
from pictrace.errors import UsageError
from pictrace.settings import Runtime
from pictrace.types import Rows
from pictrace.weights import Fit, Layout, ModelCard, Pooling, Preparation, Reference, Resample

_IMAGENET = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
_FLOATS = ("tensor(float)", "tensor(float16)")
_TOLERANCE = 0.001
_SAME = 1e-6
"""Cosine distance below which three pictures that share nothing have the same row."""

Shape = Sequence[int | str | None]


@dataclass(frozen=True)
class Wishes:
    """What the owner of a model says of it; what is `None` or empty is seen in the file, or is as for most models."""

    side: int | None = None
    fit: Fit | None = None
    resample: Resample | None = None
    crop_share: float | None = None
    mean: tuple[float, float, float] | None = None
    std: tuple[float, float, float] | None = None
    tensor: str = ""
    pooling: Pooling | None = None
    origin: str = ""
    licence: str = ""
    purpose: str = ""


def described(folder: Path, name: str, wishes: Wishes, *, like: ModelCard | None, runtime: Runtime) -> ModelCard:
    """The card of `NAME.onnx` in a folder, with the rows that it gives for the reference pictures.

    `like` is a card that says everything but which bytes are meant; what is wished for goes before it.

    Raises:
        UsageError: the file is no model of one input, pictures, and one row for each, or something has to be said.
        ModelDamagedError: it is no ONNX, is not whole, or cannot be run; or what was wished for is out of bounds.
    """
    path = folder / f"{name}.onnx"
    here = replace(runtime, models=str(folder), provider="cpu")
    size = weights.check_kind(path)
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    blank = like or _blank(name)
    card = replace(blank, name=name, file=path.name, sha256=digest, size=size, source=weights.Source(), text=None)
    card = replace(card, **{key: value for key in ("origin", "licence", "purpose") if (value := getattr(wishes, key))})
    session = opened(card, here)
    card = _with_input(card, session.get_inputs(), wishes, is_blank=like is None)
    card = _with_output(card, session.get_outputs(), wishes)
    weights.parsed(weights.spelled(card).encode(), f"{name}.json")  # what was wished for is within bounds
    model, pictures = Model(card, runtime=here), weights.reference_pictures(card.side)
    rows = model.rows(pictures)
    _check_alone(card, rows, np.concatenate([model.rows(pictures[at : at + 1]) for at in range(len(pictures))]))
    return replace(card, reference=_reference(card, rows))


def _blank(name: str) -> ModelCard:
    return ModelCard(
        name=name,
        file="",
        origin="added by its owner",
        revision="1",
        licence="unknown",
        sha256="",
        size=0,
        purpose="added by its owner",
        runtime="onnx",
        input="",
        normalisation="",
        output="",
        width=1,
        preparation=Preparation(1),
    )


def _with_input(card: ModelCard, inputs: Sequence[Any], wishes: Wishes, *, is_blank: bool) -> ModelCard:
    """The card with how pictures are prepared."""
    if len(inputs) != 1:
        names = ", ".join(one.name for one in inputs)
        raise _refusal(card, f"takes {len(inputs)} inputs ({names}), where a model of pictures takes one")
    one, given = inputs[0], Preparation(1) if is_blank else card.preparation
    shape: Shape = one.shape or ()  # of what has no known rank
    layout = _layout(card, one.type, shape)
    side = _side(
        card, shape[2:4] if layout == "nchw-float32" else shape[1:3], wishes.side, 0 if is_blank else card.side
    )
    if is_blank and layout != "nhwc-uint8":
        given = replace(given, mean=_IMAGENET[0], std=_IMAGENET[1])
    if layout == "nhwc-uint8" and (wishes.mean or wishes.std):
        raise _refusal(card, "takes pixels as they are", hint="leave --mean and --std out")
    said = {name: getattr(wishes, name) for name in ("fit", "resample", "crop_share", "mean", "std")}
    given = replace(
        given, side=side, layout=layout, **{name: value for name, value in said.items() if value is not None}
    )
    normalisation = f"(x / 255 - {list(given.mean)}) / {list(given.std)}" if layout != "nhwc-uint8" else "none"
    return replace(card, input=f"{one.name}: {_told(shape)} {one.type}", normalisation=normalisation, preparation=given)


def _layout(card: ModelCard, kind: str, shape: Shape) -> Layout:
    """Where the channels are; a file that does not say so has them first, as nearly all that take real numbers do."""
    if len(shape) != 4 or kind not in {*_FLOATS, "tensor(uint8)"}:
        raise _refusal(
            card, f"takes {_told(shape)} {kind}, where pictures are four-dimensional and uint8, float16 or float32"
        )
    if kind == "tensor(uint8)":
        if shape[3] == 3 or not isinstance(shape[3], int):
            return "nhwc-uint8"
        raise _refusal(card, f"takes {_told(shape)} uint8, where the last axis of pixels has three channels")
    if shape[1] == 3 or not any(isinstance(shape[at], int) for at in (1, 3)):
        return "nchw-float32"
    if shape[3] == 3:
        return "nhwc-float32"
    raise _refusal(card, f"takes {_told(shape)}, where pictures have three channels")


def _side(card: ModelCard, sides: Shape, wished: int | None, known: int) -> int:
    """The side of the square that goes in."""
    fixed = {one for one in sides if isinstance(one, int) and one > 0}
    if len(fixed) > 1:
        raise _refusal(card, f"takes pictures of {_told(sides)}, where a square goes in")
    wanted = wished or known or next(iter(fixed), 0)
    if not wanted:
        raise _refusal(card, "does not say how large pictures are", hint="name it with --side")
    if fixed - {wanted}:
        raise _refusal(
            card, f"takes pictures of {fixed.pop()} pixels and no others, not {wanted}", hint="leave --side out"
        )
    return wanted


def _with_output(card: ModelCard, outputs: Sequence[Any], wishes: Wishes) -> ModelCard:
    """The card with what is taken of what the model gives."""
    names = [one.name for one in outputs]
    tensor = wishes.tensor or card.tensor or (names[0] if len(names) == 1 else "")
    if tensor not in names:
        what = f"has no output {tensor}" if tensor else f"gives {len(names)} outputs"
        raise _refusal(card, f"{what}: there are {', '.join(names)}", hint="name one with --tensor")
    one = outputs[names.index(tensor)]
    pooling = wishes.pooling or card.pooling
    shape: Shape = one.shape or ()
    if one.type not in _FLOATS or not 2 <= len(shape) <= 4:
        raise _refusal(card, f"gives {_told(shape)} {one.type}, where a row of real numbers is wanted for each picture")
    if len(shape) > 2 and pooling == "none" and any(place != 1 for place in _places(shape, card)):
        hint = "--pooling first takes the first, as of a class token, --pooling mean the mean of all"
        raise _refusal(card, f"gives a row for each place, {_told(shape)}", hint=hint)
    width = shape[1] if len(shape) == 2 else shape[2] if len(shape) == 3 else shape[_axis(card)]
    if not isinstance(width, int) or not 0 < width <= weights.MOST_WIDTH:
        raise _refusal(
            card, f"does not say how many values it gives: {_told(shape)}", hint="export it with a fixed last axis"
        )
    return replace(card, tensor=tensor, pooling=pooling, width=width, output=f"{tensor}: {_told(shape)}")


def _axis(card: ModelCard) -> int:
    """Where the values of a map are: on the axis of the channels."""
    return 1 if card.preparation.layout == "nchw-float32" else 3


def _places(shape: Shape, card: ModelCard) -> Shape:
    return [one for at, one in enumerate(shape) if at not in {0, 2 if len(shape) == 3 else _axis(card)}]


def _check_alone(card: ModelCard, together: Rows, alone: Rows) -> None:
    """Nothing, if the row of a picture is the same whatever other pictures go in with it."""
    if not (1 - (together * alone).sum(axis=1) <= _TOLERANCE).all():
        raise _refusal(
            card,
            "gives a picture another row where other pictures go in with it",
            hint="export it for use, not for training: norms of batches then hold what was learnt",
        )


def _reference(card: ModelCard, rows: Rows) -> Reference:
    if (1 - rows[0] @ rows[1:].T < _SAME).all():
        raise _refusal(
            card, "gives the same row for different pictures", hint="is it trained, and are --mean and --std right?"
        )
    check_directions(rows, card)
    text = base64.b64encode(rows.astype("<f2").tobytes()).decode()
    return Reference(text, f"this file in onnxruntime {release()} on {platform.machine()}", _TOLERANCE)


def _told(shape: Shape) -> str:
    return f"({', '.join(str(one) if one else '?' for one in shape)})"


def _refusal(card: ModelCard, why: str, *, hint: str = "docs/models.md says which models can be added") -> UsageError:
    return UsageError(f"{card.file} {why}", hint=hint)
