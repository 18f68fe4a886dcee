"""`pictrace models`: which models there are, and their files on this machine."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pictrace.cli._console import write, write_json, write_table
from pictrace.cli._options import JsonOption
from pictrace.errors import ModelError, UsageError

if TYPE_CHECKING:
    from pathlib import Path

    from pictrace.weights import ModelCard

models = typer.Typer(help="Show the models, fetch, check, add or remove their files.", invoke_without_command=True)


@models.callback()
def _models(context: typer.Context, *, as_json: JsonOption = False) -> None:
    if context.invoked_subcommand is None:
        list_(as_json=as_json)


@models.command("list")
def list_(*, as_json: JsonOption = False) -> None:
    """Show every model: what it is for, and whether its files are here, as far as their sizes tell."""
    from pictrace import weights
    from pictrace.settings import load

    folder = load().models_path
    rows = [_facts(name, card, folder) for name, card in weights.known(folder).items()]
    if as_json:
        for row in rows:
            write_json(row)
        return
    columns = (
        ("model", "left"),
        ("values", "right"),
        ("bytes", "right"),
        ("licence", "left"),
        ("state", "left"),
        ("what for", "left"),
    )
    cells = [
        (
            row["name"],
            str(row["width"] or ""),
            f"{row['size']:,}" if row["size"] else "",
            row["licence"],
            row["state"] if row["pinned"] else f"{row['state']}, not pinned",
            row["purpose"],
        )
        for row in rows
    ]
    write_table(columns, cells)


PullArgument = Annotated[list[str], typer.Argument(metavar="NAME...", help="The models, as `models list` names them.")]
HashOption = Annotated[
    str, typer.Option("--sha256", metavar="HEX", help="The SHA-256 of the file of a model that is not pinned.")
]
TrustOption = Annotated[
    bool,
    typer.Option("--trust", help="Take what comes for the files of a model that is not pinned, and pin it to that."),
]
OfflineOption = Annotated[bool, typer.Option("--offline", help="Fetch nothing; take what the hub's own cache has.")]


@models.command()
def pull(
    names: PullArgument,
    *,
    sha256: HashOption = "",
    trust: TrustOption = False,
    offline: OfflineOption = False,
    as_json: JsonOption = False,
) -> None:
    """Fetch the files of models into the folder of models, check them, and go on where it was stopped.

    They come from the hub or a mirror that the setting `hub` names, or out of the hub's own cache.
    """
    from pictrace import weights
    from pictrace.cli._transfer import transfer
    from pictrace.hub import Hub
    from pictrace.settings import load
    from pictrace.words import shown

    if sha256 and len(names) > 1:
        raise UsageError("a SHA-256 is that of one model's file", hint="pull that one alone")
    settings = load(offline=offline or None)
    source = Hub(settings)
    # All names are looked up before anything is fetched.
    for card in [weights.card(name, settings.models_path) for name in names]:
        with transfer(quiet=as_json) as watch:
            pulled = source.pull(card, sha256=sha256, trust=trust, watch=watch)
        for one in pulled:
            if as_json:
                plain = {"name": card.name, "file": one.file, "path": str(one.path)}
                write_json(plain | {"sha256": one.sha256, "size": one.size, "way": one.way})
            else:
                write(f"{card.name}: {one.way}, {shown(str(one.path))}, {one.size:,} bytes")


NamesArgument = Annotated[
    list[str] | None, typer.Argument(metavar="[NAME]...", help="The models; all that are here, if none is named.")
]


@models.command()
def verify(names: NamesArgument = None, *, as_json: JsonOption = False) -> None:
    """Read the files of models that are here and compare them with their cards, byte for byte."""
    from pictrace.settings import load
    from pictrace.words import shown

    code = 0
    for record, error in _verified(names or (), load().models_path):
        code = error.exit_code if error else code
        if as_json:
            write_json(record)
        else:
            write(f"{record['name']}: {'sound' if record['ok'] else 'NOT SOUND'}, {shown(record['detail'])}")
    raise typer.Exit(code)


def _verified(names: Sequence[str], folder: "Path") -> Iterator[tuple[Mapping[str, Any], ModelError | None]]:
    """One record for each model, and what is wrong with it."""
    from pictrace import weights

    known = {name: weights.card(name, folder) for name in names} if names else weights.known(folder)
    for name, card in known.items():
        if isinstance(card, ModelError):
            yield {"name": name, "sha256": "", "ok": False, "detail": str(card)}, card
            continue
        if not names and weights.state(card, folder) == "not here":
            continue
        try:
            places = [str(weights.verified(part, folder)) for part in card.files]
        except ModelError as error:
            yield {"name": name, "sha256": card.sha256, "ok": False, "detail": str(error)}, error
        else:
            yield {"name": name, "sha256": card.sha256, "ok": True, "detail": ", ".join(places)}, None


def _facts(name: str, card: "ModelCard | ModelError", folder: "Path") -> dict[str, Any]:
    """What `list` tells of a model, and of a card that is damaged."""
    from pictrace import weights

    same = ("file", "side", "licence", "origin", "revision", "sha256", "runtime")
    facts: dict[str, Any] = {"name": name}
    if isinstance(card, ModelError):
        facts |= {"purpose": str(card), "width": None, "size": None, "state": "damaged", "pinned": False, "text": False}
        return facts | dict.fromkeys(same, "")
    facts |= {"purpose": card.purpose, "width": card.width, "size": sum(part.size for part in card.files)}
    facts |= {"state": weights.state(card, folder), "pinned": card.is_pinned, "text": card.text is not None}
    return facts | {field: getattr(card, field) for field in same}
