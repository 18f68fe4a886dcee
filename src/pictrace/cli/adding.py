"""The commands that add models of one's own, and remove them: models add and remove."""

from pathlib import Path
from typing import Annotated

import typer

from pictrace.cli._console import write, write_json
from pictrace.cli._options import JsonOption

PathArgument = Annotated[str, typer.Argument(metavar="PATH", help="A model, PATH.onnx, or the card of one, PATH.json.")]
RemoveArgument = Annotated[str, typer.Argument(metavar="NAME", help="The model, as `models list` names it.")]


def add(path: PathArgument, *, as_json: JsonOption = False) -> None:
    """Add a model of one's own to the folder of models: an ONNX file, or a card that somebody gave."""
    _add_card(Path(path), as_json=as_json)


def remove(name: RemoveArgument, *, as_json: JsonOption = False) -> None:
    """Remove a model's files, and the card of one that was added, from the folder of models.

    What came with PicTrace stays; files that were fetched can be fetched again.
    """
    from pictrace import weights
    from pictrace.fetch import part_of
    from pictrace.settings import load
    from pictrace.words import shown

    models = load().models_path
    for path in weights.remove(name, models, weights.known(models)):
        weights.discard([part_of(path)])
        if as_json:
            write_json({"name": name, "path": str(path)})
        else:
            write(f"removed {shown(str(path))}")


def _add_card(path: Path, *, as_json: bool) -> None:
    from pictrace import weights
    from pictrace.settings import load
    from pictrace.words import shown

    models = load().models_path
    card = weights.offered(path)
    weights.check_free(card, weights.known(models))
    kept = weights.keep(card, models)
    if as_json:
        write_json({"name": card.name, "path": str(kept), "width": card.width, "sha256": card.sha256})
        return
    write(f"added {card.name}: {shown(str(kept))}")
    if weights.state(card, models) == "not here":
        write(f"Its files are not here: pictrace models pull {card.name}")
