"""The command line: thin skins over the library, which each command imports when it runs."""

from typing import Annotated

import typer

from pictrace._version import __version__
from pictrace.cli import (
    adding,
    checking,
    comparing,
    deduping,
    demo,
    duplicates,
    evaluating,
    exporting,
    indexing,
    keys,
    looking,
    models,
    searching,
    serving,
    spaces,
    timing,
    upkeep,
)
from pictrace.cli._console import Commands, run, write

app = typer.Typer(
    name="pictrace",
    cls=Commands,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def main() -> int:
    """The program; its exit codes are in docs/cli.md."""
    return run(app)


def _say_version(wanted: bool) -> None:  # noqa: FBT001 - as typer calls it
    if wanted:
        write(f"pictrace {__version__}")
        raise typer.Exit


@app.callback()
def _start(
    *,
    version: Annotated[
        bool, typer.Option("--version", help="Show the version.", is_eager=True, callback=_say_version)
    ] = False,
) -> None:
    """Find pictures by picture: which are related to an image, how, how sure, and where."""
    del version


_FIND, _KEEP, _CARE = "Find", "Collections", "Care"
app.command(rich_help_panel=_FIND)(indexing.index)
app.command(rich_help_panel=_FIND)(searching.search)
app.command(rich_help_panel=_FIND)(comparing.compare)
app.command(rich_help_panel=_FIND)(comparing.explain)
app.command(rich_help_panel=_FIND)(serving.serve)
app.command(rich_help_panel=_FIND)(demo.demo)
app.command("list", rich_help_panel=_KEEP)(looking.list_)
app.command(rich_help_panel=_KEEP)(looking.show)
app.command(rich_help_panel=_KEEP)(looking.delete)
for _command in (deduping.plan, deduping.apply, deduping.undo, deduping.journal):
    duplicates.dedupe.command()(_command)
app.add_typer(duplicates.dedupe, name="dedupe", rich_help_panel=_KEEP)
app.add_typer(spaces.spaces, name="spaces", rich_help_panel=_KEEP)
app.command("eval", rich_help_panel=_CARE)(evaluating.evaluate)
app.command(rich_help_panel=_CARE)(upkeep.verify)
app.command(rich_help_panel=_CARE)(upkeep.rebuild)
app.command(rich_help_panel=_CARE)(upkeep.doctor)
models.models.command()(adding.add)
models.models.command()(adding.remove)
models.models.command()(checking.check)
models.models.command("add-weights")(exporting.add_weights)
models.models.command()(exporting.export)
models.models.command()(timing.bench)
app.add_typer(models.models, name="models", rich_help_panel=_CARE)
app.add_typer(keys.keys, name="keys", rich_help_panel=_CARE)
