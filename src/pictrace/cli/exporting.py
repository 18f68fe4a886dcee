"""The commands for networks of PyTorch and Keras: models add-weights and export."""

import dataclasses
import hashlib
from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from pictrace.cli._addition import copied, settled, staging
from pictrace.cli._console import write, write_json
from pictrace.cli._options import JsonOption
from pictrace.errors import UsageError

if TYPE_CHECKING:
    from pictrace.picture import Picture
    from pictrace.settings import Settings
    from pictrace.weights import ModelCard

_SAMPLES = 100
"""Pictures whose numbers tell the ranges of eight bits; more change them little and take longer."""

_ENDINGS = {".jpg", ".jpeg", ".png", ".webp"}

NameArgument = Annotated[str, typer.Argument(metavar="NAME", help="`resnet50`, `timm:NAME` or `keras:NAME`.")]
OutOption = Annotated[
    Path | None,
    typer.Option("--out", "-o", metavar="FILE", help="Where to write it; in the folder of models, if left out."),
]
PrecisionOption = Annotated[
    Literal["fp32", "fp16", "int8"],
    typer.Option("--precision", help="Numbers inside; int8 is small and quick, and fitted on --pictures."),
]
PicturesOption = Annotated[
    str, typer.Option("--pictures", metavar="FOLDER", help="Pictures like yours, on which eight bits are fitted.")
]


def add_weights(
    name: Annotated[str, typer.Argument(metavar="NAME", help="`timm:NAME` or `keras:NAME`.")],
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Its weights: safetensors for timm, HDF5 for Keras.")],
    *,
    as_json: JsonOption = False,
) -> None:
    """Add the weights of a network of timm or Keras, with a card that says what the library says of the network.

    The library has to be installed. The file is copied into the folder of models, once it was tried in a process that
    may take so much time and memory and no more.
    """
    from pictrace.settings import load as settings
    from pictrace.words import shown

    card = _add_weights(name, file, settings())
    place = settings().models_path / card.file
    if as_json:
        write_json({"name": name, "card": card.name, "path": str(place), "sha256": card.sha256})
    else:
        write(f"added {name}: {shown(str(place))}, {card.width} values a picture")


def _add_weights(name: str, file: Path, settings: "Settings") -> "ModelCard":
    """The card of weights that were copied aside and tried before they got their name."""
    from pictrace import weights
    from pictrace._regular import open_regular
    from pictrace.encoders import check_export
    from pictrace.probing import check_network, check_network_name, describe_network

    models = settings.models_path
    check_network_name(name)
    size = weights.check_kind(file)
    with open_regular(file, follow=True) as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    card = describe_network(name, sha256=digest, size=size)
    if file.name.endswith(".weights.h5"):  # Keras tells the newer of its two formats by this ending
        card = dataclasses.replace(card, file=f"{card.name}.weights.h5")
    if file.suffix != Path(card.file).suffix:
        raise UsageError(
            f"{file.name} is no {Path(card.file).suffix} file, as {name} needs one", hint="see docs/models.md"
        )
    weights.check_free(card, weights.known(models))
    check_export(card, settings.runtime)
    with staging(models) as folder:
        copied(file, folder / card.file, most_bytes=weights.MOST_SIZE)
        weights.keep(card, folder)
        check_network(name, card, folder=folder, settings=settings)
        settled(card, folder, models)
    return card


def export(
    name: NameArgument,
    *,
    out: OutOption = None,
    precision: PrecisionOption = "fp32",
    pictures: PicturesOption = "",
    as_json: JsonOption = False,
) -> None:
    """Write a network as an ONNX file with a card, to run without PyTorch or TensorFlow from then on.

    Its rows are compared with the network's own before anything is written. In fp32 it is used in the place of the
    network; in fp16 and int8 it is a model by itself, `onnx:NAME-fp16` or `onnx:NAME-int8`.
    """
    from pictrace import weights
    from pictrace.encoders import can_be_exported, load
    from pictrace.settings import load as settings
    from pictrace.words import shown

    runtime = settings().runtime
    encoder = load(name, runtime)
    if not can_be_exported(encoder):
        raise UsageError(f"{name} is no network that PyTorch or Keras runs", hint="it runs without them already")
    card, data = encoder.exported(precision=precision, samples=_samples(pictures))
    place = Path(runtime.models) / card.file if out is None else out
    with weights.writable(place.parent):
        _written(place, data)
    kept = weights.keep(dataclasses.replace(card, file=place.name), place.parent)
    if as_json:
        facts = {"name": card.name, "path": str(place), "card": str(kept), "sha256": card.sha256, "size": card.size}
        write_json(facts | {"precision": precision})
        return
    write(f"{card.name}: {card.size:,} bytes, {shown(str(place))}")
    if out is None:
        write(f"`{name if precision == 'fp32' else f'onnx:{card.name}'}` runs it.")
    else:
        write(f"Its card is {shown(str(kept))}; put both into a folder of models.")


def _written(path: Path, data: bytes) -> None:
    from pictrace._atomic import replacing

    with replacing(path) as temporary:
        temporary.write_bytes(data)


def _samples(folder: str) -> Sequence["Picture"]:
    """Some pictures of a folder, those that cannot be read left out."""
    from pictrace.errors import PictureError, RootMissingError
    from pictrace.picture import Picture

    if not folder:
        return ()
    if not Path(folder).is_dir():
        raise RootMissingError(f"there is no folder {folder!r}")
    found = []
    paths = (path for path in sorted(Path(folder).rglob("*")) if path.suffix.lower() in _ENDINGS)
    for path in islice(paths, _SAMPLES):
        try:
            found.append(Picture.open(path, target=512))
        except PictureError:
            continue
    return found
