"""The command that tries an encoder: models check."""

from collections.abc import Iterator
from typing import Annotated, Any

import typer

from pictrace.cli._console import write, write_json, write_table
from pictrace.cli._options import JsonOption

NameArgument = Annotated[
    str,
    typer.Argument(
        metavar="NAME", help="An encoder's name, such as `onnx:my-model`, or a module's, such as `my_package.my_model`."
    ),
]


def check(name: NameArgument, *, as_json: JsonOption = False) -> None:
    """Try an encoder, one of your own for instance, on everything that encoders promise.

    It is loaded and given pictures made for that. A module is one that Python finds, as in the folder that PYTHONPATH
    names, with a class called `Encoder`.
    """
    from pictrace.encoders import load
    from pictrace.settings import with_plugins

    runtime = with_plugins([name]).runtime
    encoder = load(name, runtime)
    findings = list(_tried(type(encoder), name.partition(":")[2], runtime))
    if as_json:
        for promise, kept, detail in findings:
            write_json({"promise": promise, "kept": kept, "detail": detail})
    else:
        rows = [("kept" if kept else "BROKEN", promise, detail) for promise, kept, detail in findings]
        write_table((("", "left"), ("promise", "left"), ("what was not so", "left")), rows)
        broken = sum(not kept for _, kept, _ in findings)
        write(f"{name} breaks {broken} of {len(findings)} promises." if broken else f"{name} keeps every promise.")
    raise typer.Exit(0 if all(kept for _, kept, _ in findings) else 1)


def _tried(kind: Any, model: str, runtime: Any) -> Iterator[tuple[str, bool, str]]:
    """Each promise in its own words, whether it is kept, and what was not so."""
    from pictrace.testing.encoder import CHECKS, maker

    make = maker(kind, model, runtime=runtime)
    for one in CHECKS:
        promise = (one.__doc__ or one.__name__).strip().rstrip(".")
        try:
            one(make)
        except AssertionError as error:
            yield promise, False, f"it is not so that {error}"
        else:
            yield promise, True, ""
