"""Encoders turn pictures into rows; one file each, found by file name.

A file that knows more than one model is asked for one as `FILE:NAME`, such as `timm:resnet18`.
"""

import importlib
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Protocol, TypeGuard

import numpy as np
import numpy.typing as npt

from pictrace import registry
from pictrace.encoders._export import Precision
from pictrace.encoders._inspection import Wishes, described
from pictrace.errors import UnknownNameError
from pictrace.picture import Picture
from pictrace.recipe import is_encoder_name
from pictrace.settings import Runtime
from pictrace.types import Rows, Space

if TYPE_CHECKING:
    from pictrace.weights import ModelCard

__all__ = [
    "Encoder",
    "ExportableEncoder",
    "Precision",
    "TextEncoder",
    "Wishes",
    "can_be_exported",
    "check_export",
    "check_model",
    "check_reference",
    "described",
    "encode",
    "load",
    "providers",
    "reads_words",
    "refuse_model",
]


class Encoder(Protocol):
    """Turns pictures into rows of one space.

    It is made with the model's name, what follows the colon in its own, and how this process runs models; nothing is
    loaded before rows are asked for. `prepare` is the part of the work done for one picture in the process that decoded
    it, cheap to carry to another process; `encode_prepared` finishes a batch where the model lives. `version` changes
    whenever the rows would.
    """

    def __init__(self, model: str = "", *, runtime: Runtime = ...) -> None: ...

    @property
    def name(self) -> str: ...

    @property
    def space(self) -> Space: ...

    @property
    def version(self) -> str: ...

    def prepare(self, picture: Picture) -> npt.NDArray[Any]: ...

    def encode_prepared(self, prepared: npt.NDArray[Any]) -> Rows: ...


class TextEncoder(Encoder, Protocol):
    """An encoder that puts words into the space of its pictures.

    `encode_text` gives rows `(n, columns)` float32; `cuts` says of each text whether it is too long to be read to its
    end. `text_calibration` holds pairs of a cosine, ascending, and the log-odds that a picture with it shows what a
    text says; none if nobody has measured them.
    """

    @property
    def text_calibration(self) -> Sequence[tuple[float, float]]: ...

    def encode_text(self, texts: Sequence[str]) -> Rows: ...

    def cuts(self, texts: Sequence[str]) -> Sequence[bool]: ...


def reads_words(encoder: Encoder) -> TypeGuard[TextEncoder]:
    """Whether an encoder puts words into its space too; one of a kind that may says itself by `reads_words`."""
    return callable(getattr(encoder, "encode_text", None)) and getattr(encoder, "reads_words", True)


class ExportableEncoder(Encoder, Protocol):
    """An encoder that can be written as an ONNX file, and then needs none of the libraries that run it."""

    def exported(
        self, *, precision: Precision = ..., samples: Sequence[Picture] = ...
    ) -> tuple["ModelCard", bytes]: ...


def can_be_exported(encoder: Encoder) -> TypeGuard[ExportableEncoder]:
    """Whether an encoder's network can be written as an ONNX file."""
    return callable(getattr(encoder, "exported", None))


def load(name: str, runtime: Runtime) -> Encoder:
    """The encoder of a name, which loads no model yet.

    Raises:
        UnknownNameError: there is none of that name, or what is there is called something else.
        MissingExtraError: it needs a library that is not installed.
        ModelMissingError: it needs to know a model that is not here.
    """
    if not is_encoder_name(name):
        raise UnknownNameError(f"{name!r} names no encoder", hint="a name, or a name, a colon and a model's name")
    file, _, model = name.partition(":")
    if file in runtime.plugins:
        _import(file)
    kind = registry.load("encoders", file)
    if not _is_encoder(kind):
        raise UnknownNameError(
            f"what the module {file!r} calls Encoder is none", hint="name a module with a class that makes rows"
        )
    encoder: Encoder = kind(model, runtime=runtime)
    if encoder.name != name:  # rows are kept under the encoder's own name, and asked for again by it
        raise UnknownNameError(
            f"the encoder {name!r} calls itself {encoder.name!r}", hint="its `name` has to be what it is asked for as"
        )
    return encoder


def _is_encoder(kind: Any) -> bool:
    """Whether this is a class that says how pictures become rows, and no Protocol of such."""
    has_work = all(callable(getattr(kind, name, None)) for name in ("prepare", "encode_prepared"))
    return isinstance(kind, type) and has_work and not getattr(kind, "_is_protocol", False)


def providers(runtime: Runtime) -> tuple[Sequence[str], str]:
    """What ONNX models can run on here, by the names of the setting `provider`, and what they are tried on first.

    Raises:
        MissingExtraError: the provider that was asked for is not there.
    """
    from pictrace.encoders import _onnx, _providers

    offered = _onnx.available()
    return _providers.named(offered), _providers.chosen(runtime.provider, offered)


def check_export(card: "ModelCard", runtime: Runtime) -> None:
    """Nothing, unless the folder of models holds an export that has the name of these weights' and is of others.

    Raises:
        UsageError: it does.
        ModelDamagedError: the card of the export is damaged.
    """
    from pictrace.encoders import _network

    _network.check_export(card, runtime)


def check_reference(encoder: Encoder, card: "ModelCard") -> None:
    """Nothing, if an encoder gives numbers for each of the reference pictures.

    Raises:
        ModelError: it cannot be run, or it gives none for one.
    """
    from pictrace import weights
    from pictrace.encoders import _rows

    _rows.check_directions(encoder.encode_prepared(weights.reference_pictures(card.side)), card)


def refuse_model(encoder: str, model: str) -> None:
    """Nothing, unless a model is named where an encoder knows but one.

    Raises:
        UnknownNameError: one is.
    """
    if model:
        raise UnknownNameError(f"{encoder} is one model and has none called {model!r}", hint=f"name it {encoder}")


def check_model(encoder: str, model: str, example: str) -> None:
    """Nothing, if a model is named where an encoder knows many.

    Raises:
        UnknownNameError: none is.
    """
    if not model:
        raise UnknownNameError(f"{encoder} knows many models, and none is named", hint=f"name one, as in {example}")


def _import(module: str) -> None:
    """Loads a module of somebody's own, which the user has named."""
    try:
        importlib.import_module(module)
    except ModuleNotFoundError as error:
        if error.name is None or not f"{module}.".startswith(f"{error.name}."):
            raise
        hint = "install it here, or name its folder in PYTHONPATH"
        raise UnknownNameError(f"no module is called {module!r}", hint=hint) from error


def encode(encoder: Encoder, pictures: Sequence[Picture]) -> Rows:
    """Rows `(len(pictures), columns)`, one per picture, in their order."""
    if not pictures:
        return np.empty((0, encoder.space.columns), encoder.space.dtype)
    return encoder.encode_prepared(np.stack([encoder.prepare(picture) for picture in pictures]))
