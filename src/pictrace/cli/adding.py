"""The commands that add models of one's own, and remove them: models add and remove."""

import math
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pictrace.cli._addition import copied, reserved, settled, staging
from pictrace.cli._console import write, write_json
from pictrace.cli._options import JsonOption
from pictrace.errors import UsageError

if TYPE_CHECKING:
    from pictrace.encoders import Wishes
    from pictrace.weights import ModelCard

_MOST_BYTES = 1 << 31
"""Of an ONNX file that is one: protocol buffers end there."""


_LONGEST = 2000
"""Characters of a text on a card."""


class FitName(StrEnum):
    """How a picture becomes a square."""

    SQUASH = "squash"
    CROP = "crop"
    PAD = "pad"


class ResampleName(StrEnum):
    """How it is made smaller."""

    BILINEAR = "bilinear"
    BICUBIC = "bicubic"
    AREA = "area"


class PoolingName(StrEnum):
    """What becomes of a row for each place."""

    NONE = "none"
    FIRST = "first"
    MEAN = "mean"


PathArgument = Annotated[str, typer.Argument(metavar="PATH", help="A model, PATH.onnx, or the card of one, PATH.json.")]
NameOption = Annotated[
    str, typer.Option("--name", metavar="NAME", help="What the model is called; the file's name if it is left out.")
]
SideOption = Annotated[
    int | None,
    typer.Option("--side", min=8, max=1024, help="Pixels of the square that goes in, if the file names none."),
]
FitOption = Annotated[
    FitName | None, typer.Option("--fit", help="Squash all of a picture, crop its middle, or pad it with black.")
]
ResampleOption = Annotated[ResampleName | None, typer.Option("--resample", help="How pictures are made smaller.")]
CropOption = Annotated[
    float | None, typer.Option("--crop-share", min=0.1, max=1, help="The share of the shorter side that a crop keeps.")
]
MeanOption = Annotated[
    str, typer.Option("--mean", metavar="R,G,B", help="Taken from values of 0 to 1; ImageNet's if left out.")
]
StdOption = Annotated[
    str, typer.Option("--std", metavar="R,G,B", help="What they are divided by then; ImageNet's if left out.")
]
TensorOption = Annotated[str, typer.Option("--tensor", metavar="NAME", help="The output that is taken of several.")]
PoolingOption = Annotated[
    PoolingName | None, typer.Option("--pooling", help="Which row is taken of a model that gives one for each place.")
]
OriginOption = Annotated[str, typer.Option("--origin", metavar="TEXT", help="Where the model is from, for its card.")]
LicenceOption = Annotated[str, typer.Option("--licence", metavar="TEXT", help="Its terms, for its card.")]
RemoveArgument = Annotated[str, typer.Argument(metavar="NAME", help="The model, as `models list` names it.")]


def add(  # noqa: PLR0913 - one parameter per option
    path: PathArgument,
    *,
    name: NameOption = "",
    side: SideOption = None,
    fit: FitOption = None,
    resample: ResampleOption = None,
    crop_share: CropOption = None,
    mean: MeanOption = "",
    std: StdOption = "",
    tensor: TensorOption = "",
    pooling: PoolingOption = None,
    origin: OriginOption = "",
    licence: LicenceOption = "",
    as_json: JsonOption = False,
) -> None:
    """Add a model of one's own to the folder of models: an ONNX file, or a card that somebody gave.

    The file is copied, and run once on three pictures to see that it gives rows, in a process that may take so much
    time and memory and no more. `index --encoder onnx:NAME` uses it.
    """
    from pictrace import weights
    from pictrace.encoders import Wishes

    file = Path(path)
    wishes = Wishes(
        side=side,
        fit=fit.value if fit else None,
        resample=resample.value if resample else None,
        crop_share=crop_share,
        mean=_three(mean, "--mean", weights.MEANS),
        std=_three(std, "--std", weights.STDS),
        tensor=tensor,
        pooling=pooling.value if pooling else None,
        origin=_printable(origin, "--origin"),
        licence=_printable(licence, "--licence"),
    )
    if file.suffix == ".onnx":
        card = _add_model(file, name or file.stem, wishes)
    elif file.suffix == ".json" and not name and wishes == Wishes():
        card = _add_card(file)
    else:
        raise UsageError(
            f"{path} is not added so",
            hint="name a file that ends in .onnx, or the .json of a card and no options; `models export` makes ONNX",
        )
    _tell_added(card, as_json=as_json)


def remove(name: RemoveArgument, *, as_json: JsonOption = False) -> None:
    """Remove a model's files, and the card of one that was added, from the folder of models.

    What came with PicTrace stays; files that were fetched can be fetched again.
    """
    from pictrace import weights
    from pictrace.hub import unfinished
    from pictrace.settings import load
    from pictrace.words import shown

    models = load().models_path
    for path in weights.remove(name, models, weights.known(models), unfinished=unfinished):
        if as_json:
            write_json({"name": name, "path": str(path)})
        else:
            write(f"removed {shown(str(path))}")


def _add_card(path: Path) -> "ModelCard":
    from pictrace import weights
    from pictrace.settings import load

    models = load().models_path
    card = weights.offered(path)
    weights.check_free(card, weights.known(models))
    with reserved(card, models):
        weights.keep(card, models)
    return card


def _add_model(path: Path, name: str, wishes: "Wishes") -> "ModelCard":
    """The card of a model whose file was copied, looked at and run before it got its name."""
    from pictrace import weights
    from pictrace.probing import described
    from pictrace.settings import load

    settings = load()
    models, known = settings.models_path, weights.known(settings.models_path)
    if not weights.NAME.fullmatch(name) or ".." in name:
        raise UsageError(f"{name!r} names no model", hint="letters, digits, dots, dashes and underscores, at most 64")
    like = known.get(name)
    like = like if isinstance(like, weights.ModelCard) and not like.is_pinned and like.runtime == "onnx" else None
    with staging(models) as folder:
        copied(path, folder / f"{name}.onnx", most_bytes=_MOST_BYTES)
        card = described(folder, name, wishes, like=like, settings=settings)
        weights.check_free(card, known)
        settled(card, folder, models)
    return card


def _three(text: str, option: str, bounds: tuple[float, float]) -> tuple[float, float, float] | None:
    """Three numbers within bounds, as `0.5,0.5,0.5`."""
    if not text:
        return None
    try:
        red, green, blue = (float(one) for one in text.split(",") if math.isfinite(float(one)))
    except ValueError as error:
        raise UsageError(f"{option} {text} are not three numbers", hint="write them as 0.485,0.456,0.406") from error
    least, most = bounds
    if not all(least <= one <= most for one in (red, green, blue)):
        hint = f"each is from {least:g} to {most:g}; they are of values of 0 to 1, so divide those of 0 to 255 by 255"
        raise UsageError(f"{option} {text} cannot be so", hint=hint)
    return red, green, blue


def _printable(text: str, option: str) -> str:
    """Text as a card may have it."""
    if not text.isprintable() or len(text) > _LONGEST:
        raise UsageError(f"{option} is no printable text of at most {_LONGEST} characters", hint="write less of it")
    return text


def _tell_added(card: "ModelCard", *, as_json: bool) -> None:
    from pictrace import weights
    from pictrace.settings import load

    models = load().models_path
    state = weights.state(card, models)
    if as_json:
        plain = {"name": card.name, "card": str(models / f"{card.name}.json"), "state": state, "width": card.width}
        write_json(plain | {"side": card.side, "sha256": card.sha256})
        return
    write(f"Added {card.name}: {card.width} values of pictures of {card.side} pixels.")
    if state == "not here":
        write(f"Its files are not here: pictrace models pull {card.name}")
    elif card.runtime == "onnx":
        write(f"pictrace index PICTURES --encoder onnx:{card.name} uses it.")
