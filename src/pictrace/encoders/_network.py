"""Encoders whose network another library runs, and which can be exported to run without it."""

import base64
import dataclasses
import hashlib
import logging
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

import numpy as np

from pictrace import weights
from pictrace.encoders._card import CardEncoder, Runner, version_of
from pictrace.encoders._export import Precision, reduced
from pictrace.encoders._onnx import Model
from pictrace.encoders._preparation import numbers, square
from pictrace.encoders._rows import check_directions
from pictrace.errors import UnknownNameError, UsageError
from pictrace.picture import Picture
from pictrace.settings import Runtime
from pictrace.types import Rows
from pictrace.weights import ModelCard, Reference

TOLERANCES: dict[Precision, float] = {"fp32": 1e-4, "fp16": 1e-3, "int8": 0.1}
"""Cosine distances of a row from the network's own that exporting may cost; an export beyond them is refused."""

LEAST_SAMPLES = 8
"""Pictures that eight bits are fitted on; fewer leave out numbers that occur."""

_log = logging.getLogger(__name__)


def network_card(name: str, runtime: Runtime) -> ModelCard:
    """The card of a library's network, which whoever added its weights has made.

    Raises:
        UnknownNameError: nobody has.
    """
    try:
        return weights.card(weights.card_name(name), runtime.models)
    except UnknownNameError as error:
        hint = f"`pictrace models add-weights {name} FILE` adds its weights; docs/models.md says which files"
        raise UnknownNameError(f"no weights of {name} are here", hint=hint) from error


class Network(Runner, Protocol):
    """What runs a network and can write it as ONNX."""

    def onnx(self) -> bytes: ...


class NetworkEncoder(CardEncoder):
    """An encoder that torch or keras runs, or, if it was exported into the folder of models, ONNX Runtime.

    Raises:
        MissingExtraError: it was not exported, and what runs it is not installed.
    """

    def __init__(self, name: str, card: ModelCard, make: Callable[[], Network], runtime: Runtime) -> None:
        exported = exported_card(card, runtime)
        runner = make() if exported is None else Model(exported, runtime=runtime)
        super().__init__(name, exported or card, runner)
        self._source = card
        self._make = make

    @property
    def version(self) -> str:
        """That of the weights, exported or not: the rows are the same to a ten-thousandth.

        An export whose card prepares pictures otherwise has its own, with the SHA-256 of its file.
        """
        return version_of(self._source if _makes_rows_of(self._source, self.card) else self.card)

    def exported(self, *, precision: Precision = "fp32", samples: Sequence[Picture] = ()) -> tuple[ModelCard, bytes]:
        """The network as an ONNX file and the card of it, whose reference rows are the network's own.

        In eight bits, `samples` are pictures that tell which numbers occur inside.

        Raises:
            UsageError: too few samples for eight bits, or rows that the smaller numbers spoil.
            ModelDamagedError: the network gives no numbers.
            MissingExtraError: what exports is not installed.
        """
        if precision == "int8" and len(samples) < LEAST_SAMPLES:
            raise UsageError(
                f"{len(samples)} pictures are too few to fit eight bits on, {LEAST_SAMPLES} are needed",
                hint="give a folder with --pictures",
            )
        network, preparation = self._make(), self._source.preparation
        prepared = [numbers(square(one, preparation)[None], preparation) for one in samples]
        data = reduced(network.onnx(), precision, prepared)
        rows = network.rows(weights.reference_pictures(preparation.side))
        check_directions(rows, self._source)
        card = _described(self._source, version_of(self._source), data, precision, rows)
        apart = _apart(card, data, rows)
        if not apart <= TOLERANCES[precision]:
            raise UsageError(
                f"{self.name} in {precision} gives rows {apart:.2g} away from its own, beyond {TOLERANCES[precision]}",
                hint="choose a higher --precision",
            )
        return card, data


def exported_name(card: str, precision: Precision) -> str:
    """What the card of an exported model is called; one in fp32 is used in the place of the model itself."""
    return f"{card}-{'onnx' if precision == 'fp32' else precision}"


def exported_card(card: ModelCard, runtime: Runtime) -> ModelCard | None:
    """The card that is used in the place of a network's own, if it and its file are in the folder of models.

    Its revision names the weights that it was made of; one of other weights is left alone, and the log says so.
    """
    found = _called_so(card, runtime)
    if found is None or found.runtime != "onnx" or weights.state(found, runtime.models) != "here":
        return None
    if found.revision != version_of(card):
        _log.warning("%s is no export of the weights of %s, and is not used in their place", found.name, card.name)
        return None
    return found


def check_export(card: ModelCard, runtime: Runtime) -> None:
    """Nothing, unless what would be taken for the export of a card's weights was made of others.

    Raises:
        UsageError: it was.
        ModelDamagedError: its card is damaged.
    """
    found = _called_so(card, runtime)
    if found is not None and found.revision != version_of(card):
        raise UsageError(
            f"{found.name} in the folder of models is an export of other weights",
            hint=f"pictrace models remove {found.name}",
        )


def _called_so(card: ModelCard, runtime: Runtime) -> ModelCard | None:
    """The card that has the name of an export, if there is one."""
    name = exported_name(card.name, "fp32")
    is_there = runtime.models and (Path(runtime.models) / f"{name}.json").is_file()
    return weights.card(name, runtime.models) if is_there else None


def _makes_rows_of(card: ModelCard, other: ModelCard) -> bool:
    """Whether what is said of two models beside their files makes the same rows."""
    return (card.preparation, card.pooling, card.width) == (other.preparation, other.pooling, other.width)


def _described(card: ModelCard, version: str, data: bytes, precision: Precision, rows: Rows) -> ModelCard:
    name = exported_name(card.name, precision)
    made_with = f"the weights {card.sha256[:12]} in {card.runtime}"
    reference = Reference(base64.b64encode(rows.astype("<f2").tobytes()).decode(), made_with, TOLERANCES[precision])
    return dataclasses.replace(
        card,
        name=name,
        file=f"{name}.onnx",
        origin=f"exported in {precision} from {card.file} (SHA-256 {card.sha256}): {card.origin}"[:2000],
        revision=version,
        sha256=hashlib.sha256(data).hexdigest(),
        size=len(data),
        source=weights.Source(),
        runtime="onnx",
        tensor="",
        reference=reference,
        calibration=card.calibration,
    )


def _apart(card: ModelCard, data: bytes, rows: Rows) -> float:
    """The largest cosine distance of the exported model's rows from the network's."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / card.file).write_bytes(data)
        found = Model(card, runtime=Runtime(models=folder, provider="cpu")).rows(weights.reference_pictures(card.side))
    return float(1 - np.einsum("ij,ij->i", found, rows).min())
