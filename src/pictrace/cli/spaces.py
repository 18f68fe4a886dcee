"""`pictrace spaces`: the encoders of a collection, and changing them while it is searched."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any

import typer

from pictrace.cli._asking import agreed
from pictrace.cli._console import opened, write, write_json, write_table
from pictrace.cli._options import CollectionOption, JsonOption

spaces = typer.Typer(
    help="Show the encoders of a collection, add, replace, renew or drop one.", invoke_without_command=True
)

NameArgument = Annotated[str, typer.Argument(metavar="NAME", help="An encoder, as `pictrace models` names them.")]


@spaces.callback()
def _spaces(context: typer.Context, *, collection: CollectionOption = None, as_json: JsonOption = False) -> None:
    if context.invoked_subcommand is None:
        list_(collection=collection, as_json=as_json)


@spaces.command("list")
def list_(*, collection: CollectionOption = None, as_json: JsonOption = False) -> None:
    """Show every encoder that there are rows of, and how many of the pictures have one."""
    from pictrace.words import shown

    with opened(collection) as source:
        found = source.spaces()
    if as_json:
        for one in found:
            write_json(one.to_dict())
        return
    columns = (("encoder", "left"), ("version", "left"), ("rows", "right"), ("state", "left"))
    says = {"active": "searched", "building": "being made", "retired": "retired"}
    cells = [(one.name, one.version, f"{one.rows:,} of {one.pictures:,}", says[one.state]) for one in found]
    write_table(columns, cells)
    for one in found:
        if one.problem:
            write(f"{one.name}: {shown(one.problem)}")


@spaces.command()
def add(name: NameArgument, *, collection: CollectionOption = None, as_json: JsonOption = False) -> None:
    """Make the rows of one more encoder, from the stored proxies; then searches use it too.

    The collection can be searched meanwhile. Ended at any moment, the same command goes on where it was.
    """
    with _changing(collection, name) as (target, watcher):
        target.add_encoder(name, progress=watcher)
        _tell(target, f"Searches use {name} too.", as_json=as_json)


@spaces.command()
def replace(
    old: Annotated[str, typer.Argument(metavar="OLD", help="The encoder that searches use.")],
    new: Annotated[str, typer.Argument(metavar="NEW", help="The encoder to use instead.")],
    *,
    collection: CollectionOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make the rows of an encoder, then let searches use it instead of another, from one moment to the next.

    The rows of the old one are kept until `spaces drop`.
    """
    with _changing(collection, new) as (target, watcher):
        target.replace_encoder(old, new, progress=watcher)
        told = f"Searches use {new} instead of {old}, whose rows are kept until `pictrace spaces drop {old}`."
        _tell(target, told, as_json=as_json)


@spaces.command()
def renew(name: NameArgument, *, collection: CollectionOption = None, as_json: JsonOption = False) -> None:
    """Make the rows of an encoder anew, of which this PicTrace has another version.

    The old rows go at once; until the new ones are there searches use the other encoders.
    """
    with _changing(collection, name) as (target, watcher):
        target.renew_encoder(name, progress=watcher)
        _tell(target, f"Searches use {name} in its new version.", as_json=as_json)


@spaces.command()
def drop(
    name: NameArgument,
    *,
    collection: CollectionOption = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Delete the rows and the index of an encoder; searches no longer use it.

    Without `--yes` it asks; where no terminal is, so that nobody can answer, it refuses.
    """
    with opened(collection) as target:
        rows = next((one.rows for one in target.spaces() if one.name == name), 0)
        told = "making them again takes the model, and a while"
        deed = f"delete {rows:,} rows of {name}"
        if rows and not agreed(deed, yes=yes, before=told, after="nothing was deleted"):
            return
        target.drop_encoder(name)
        _tell(target, f"The rows of {name} are gone.", as_json=as_json)


@contextmanager
def _changing(collection: str | None, name: str) -> Iterator[tuple[Any, Any]]:
    """The collection, and who is told how far its change is; the encoder may be a module that is loaded for it."""
    from pictrace.cli._progress import progress
    from pictrace.collection import Collection
    from pictrace.settings import with_plugins

    settings = with_plugins([name], collection=collection or None)
    with Collection(settings.collection_path, settings=settings) as target, progress() as watcher:
        yield target, watcher


def _tell(target: Any, sentence: str, *, as_json: bool) -> None:
    if not as_json:
        write(sentence)
        return
    for one in target.spaces():
        write_json(one.to_dict())
