"""Models of strangers tried in a process of their own: one that never ends, or takes all memory, costs that process."""

import os
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pictrace import encoders, weights
from pictrace.encoders import Wishes
from pictrace.encoders import keras as networks_of_keras
from pictrace.encoders import timm as networks_of_timm
from pictrace.errors import (
    ImageTooComplexError,
    MissingExtraError,
    ModelDamagedError,
    ModelError,
    ModelMissingError,
    PictraceError,
    PictureError,
    UnknownNameError,
    UsageError,
)
from pictrace.settings import Runtime, Settings
from pictrace.weights import ModelCard
from pictrace.workers import Workers

_KINDS: dict[str, type[PictraceError]] = {
    kind.code: kind for kind in (ModelDamagedError, ModelMissingError, UsageError, UnknownNameError, MissingExtraError)
}
"""What a model may be refused with; anything else that a worker says is no refusal of ours."""

_LONGEST = 4000
_DESCRIBERS = {"timm": networks_of_timm.card_of, "keras": networks_of_keras.card_of}
_LIMITS = "limits.model_seconds and limits.model_bytes"


@dataclass(frozen=True)
class _Order:
    """What a worker is to try: a network's name, or a file `NAME.onnx` and what its owner says of it."""

    name: str
    wishes: Wishes | None
    like: ModelCard | None
    runtime: Runtime


def described(folder: Path, name: str, wishes: Wishes, *, like: ModelCard | None, settings: Settings) -> ModelCard:
    """The card of `NAME.onnx` in a folder, as `encoders.described` gives it, from a process with limits.

    Raises:
        UsageError: the file is no model of one input, pictures, and one row for each, or something has to be said.
        ModelDamagedError: it is no ONNX, is not whole, cannot be run, or takes too long or too much memory.
    """
    file = f"{name}.onnx"
    answer = _tried(_Order(name, wishes, like, _runtime(folder, settings)), file, folder, settings)
    if not isinstance(answer, dict) or set(answer) != {"card"} or not isinstance(answer["card"], str):
        raise _unclear(file)
    card = weights.parsed(answer["card"].encode("utf-8", "replace"), f"{name}.json")
    if (card.name, card.file, card.runtime) != (name, file, "onnx"):
        raise _unclear(file)
    weights.verified(card, folder)
    return card


def check_network_name(name: str) -> None:
    """Nothing, if a name may be that of a network whose weights can be added.

    Raises:
        UsageError: it is none.
    """
    kind, _, model = name.partition(":")
    if kind not in _DESCRIBERS or not model:
        raise UsageError(f"{name} names no network of timm or Keras", hint="write it as timm:resnet18")


def describe_network(name: str, *, sha256: str, size: int) -> ModelCard:
    """The card of a network's weights, which the library describes; no file is looked at.

    Raises:
        UsageError: it is no name of a network of timm or Keras.
        UnknownNameError: the library has none of that name.
        MissingExtraError: the library is not installed.
    """
    check_network_name(name)
    kind, _, model = name.partition(":")
    return _DESCRIBERS[kind](model, sha256=sha256, size=size)


def check_network(name: str, card: ModelCard, *, folder: Path, settings: Settings) -> None:
    """Nothing, if a network with the weights in a folder, where the card lies too, gives rows within the limits.

    Raises:
        ModelDamagedError: the weights are not those of the network, give no numbers, or take too long or too much.
    """
    if _tried(_Order(name, None, None, _runtime(folder, settings)), card.file, folder, settings) != {}:
        raise _unclear(card.file)


def _runtime(folder: Path, settings: Settings) -> Runtime:
    seconds = 2 * settings.limits.model_seconds  # before a pass ends by itself, the process has ended
    return replace(settings.runtime, models=str(folder), provider="cpu", plugins=(), model_seconds=seconds)


def _tried(order: _Order, file: str, folder: Path, settings: Settings) -> Any:
    """What a worker says of a model.

    Raises:
        ModelDamagedError: it cost its worker more than it may, or the worker ended.
        PictraceError: the worker refused it.
    """
    limits = replace(settings.limits, decode_seconds=settings.limits.model_seconds, worker_bytes=_most_bytes(settings))
    with Workers(_answered, workers=1, limits=limits, initializer=_start, initargs=(order, str(folder))) as workers:
        ((_, answer),) = workers.run([order], chunk=1)
    if isinstance(answer, ImageTooComplexError):
        said = str(answer).replace("decoding", "trying it", 1)  # as of pictures, which workers are made for
        hint = f"if you trust whom it is from, raise {_LIMITS}; docs/models.md says more"
        raise ModelDamagedError(f"{file} was not added: {said}", hint=hint)
    if isinstance(answer, PictureError):
        raise ModelDamagedError(f"{file} was not added: {answer}", hint=answer.hint or "is it a model at all?")
    if isinstance(answer, dict) and set(answer) == {"refused", "message", "hint"} and answer["refused"] in _KINDS:
        message, hint = (str(answer[name])[:_LONGEST] for name in ("message", "hint"))
        raise _KINDS[answer["refused"]](message, hint=hint)
    return answer


def _most_bytes(settings: Settings) -> int:
    """The limit, or all memory that this machine has if that is less: what is swapped stops everybody else."""
    names = ("SC_PHYS_PAGES", "SC_PAGE_SIZE")
    if not hasattr(os, "sysconf") or not set(names) <= set(os.sysconf_names):  # pragma: no cover - elsewhere
        return settings.limits.model_bytes
    pages, size = map(os.sysconf, names)
    return min(settings.limits.model_bytes, pages * size) if pages > 0 else settings.limits.model_bytes


def _start(order: _Order, folder: str) -> None:
    """Prepares a worker: libraries are loaded before memory is limited, for theirs are not the model's.

    Graphics cards are out of sight, for they take address space by the terabyte; and what is written for a while lies
    in the folder that the program removes, however the worker ends.
    """
    os.environ["CUDA_VISIBLE_DEVICES"] = "-1"
    tempfile.tempdir = folder
    if order.wishes is None:
        describe_network(order.name, sha256="", size=0)
    else:
        encoders.providers(order.runtime)


def _answered(order: _Order) -> dict[str, str]:
    try:
        if order.wishes is None:
            card = weights.card(weights.card_name(order.name), order.runtime.models)
            encoders.check_reference(encoders.load(order.name, order.runtime), card)
            return {}
        folder = Path(order.runtime.models)
        card = encoders.described(folder, order.name, order.wishes, like=order.like, runtime=order.runtime)
    except (ModelError, UsageError) as error:
        code = error.code if error.code in _KINDS else UsageError.code
        return {"refused": code, "message": str(error), "hint": error.hint}
    return {"card": weights.spelled(card)}


def _unclear(file: str) -> ModelDamagedError:
    return ModelDamagedError(
        f"{file} was not added: what the process that tried it sent back is not what it was asked for",
        hint="add models only of people whom you trust",
    )
