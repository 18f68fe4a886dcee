"""Writes docs/cli.md from the commands themselves: the same words that `--help` shows."""

import inspect
import sys
from collections.abc import Callable, Iterator
from enum import Enum
from pathlib import Path
from typing import Any, get_args, get_type_hints

import typer
from typer.models import ArgumentInfo, OptionInfo

from pictrace.cli import app

PAGE = Path(__file__).parents[1] / "docs" / "cli.md"

HEAD = """\
# The command line

This page is written by `python scripts/cli_reference.py` from what `pictrace COMMAND --help` says.

Results go to stdout, everything else (progress, notes, errors) to stderr. `--json` gives one JSON object per
line, in ASCII; bytes of paths that are no UTF-8 appear as surrogate escapes (`"\\\\udcff"` is the byte FF),
which Python's `os.fsencode` takes back. Tables are for people: control characters in names are shown as
escapes. `search --paths-only` gives the bytes of paths as they are, with `-0` for `xargs -0`.

| exit code | meaning |
|---|---|
| 0 | all done, also if nothing was found |
| 1 | done, but some inputs could not be used; or a single input could not |
| 2 | the command makes no sense as given |
| 3 | another process is writing to the collection |
| 4 | the disk is full; what was stored stays |
| 5 | the collection or the model is damaged, or from a newer PicTrace |
| 6 | a setting or the environment is refused |
| 70 | a mistake of ours; `PICTRACE_DEBUG=1` shows where |
| 130 | interrupted; the same command goes on |

Every error is one line, `pictrace: what happened (code)`, and mostly one more that says what to do; with
`--json` it is one JSON object. The codes are listed in [errors.md](errors.md).
`pictrace --install-completion` makes the shell complete commands.
"""


def reference() -> str:
    """The whole page."""
    return "\n".join([HEAD, *_commands(app, "pictrace")])


def _commands(group: typer.Typer, path: str) -> Iterator[str]:
    for command in group.registered_commands:
        if command.callback is not None:
            yield from _command(command.callback, f"{path} {command.name or command.callback.__name__}")
    for inner in group.registered_groups:
        if inner.typer_instance is not None:
            yield from _commands(inner.typer_instance, f"{path} {inner.name}")


def _command(function: Callable[..., Any], called: str) -> Iterator[str]:
    told = get_type_hints(function, include_extras=True)
    defaults = inspect.signature(function).parameters
    found = [(*get_args(told[name]), parameter.default) for name, parameter in defaults.items()]
    arguments = [one for one in found if isinstance(one[1], ArgumentInfo)]
    options = [one for one in found if isinstance(one[1], OptionInfo)]
    usage = " ".join([called, *["[OPTIONS]"] * bool(options), *(info.metavar for _, info, _ in arguments)])
    yield f"## {called}\n\n{inspect.cleandoc(function.__doc__ or '')}\n\n```\n{usage}\n```\n"
    yield "| | |\n|---|---|"
    yield from (f"| `{info.metavar}` | {info.help} |" for _, info, _ in arguments)
    yield from (f"| {_spelling(kind, info)} | {info.help}{_default(kind, value)} |" for kind, info, value in options)
    yield ""


def _spelling(kind: Any, info: OptionInfo) -> str:
    # In an annotation the first name takes the place that typer has for a default.
    names = ", ".join(f"`{name}`" for name in (info.default, *(info.param_decls or ())))
    if kind is bool:
        return names
    if inspect.isclass(kind) and issubclass(kind, Enum):
        return f"{names} {', '.join(f'`{one.value}`' for one in kind)}"
    return f"{names} `{info.metavar or 'NUMBER'}`"


def _default(kind: Any, value: Any) -> str:
    if value is inspect.Parameter.empty:
        return " Has to be given."
    is_named = kind is not bool and value not in {None, ""}
    return f" Default: {getattr(value, 'value', value)}." if is_named else ""


if __name__ == "__main__":
    PAGE.write_text(reference(), "utf-8")
    sys.stdout.write(f"{PAGE.name} written\n")
