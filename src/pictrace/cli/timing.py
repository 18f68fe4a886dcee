"""The command that times models: models bench."""

import statistics
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from pictrace.cli._console import write_json, write_table
from pictrace.cli._options import JsonOption
from pictrace.errors import UsageError

BATCHES = (1, 8, 32)
_SECONDS = 2.0
_LEAST, _MOST = 3, 50
"""Runs of a batch, within `_SECONDS` each if they are quick enough."""

NamesArgument = Annotated[
    list[str] | None, typer.Argument(metavar="[NAME]...", help="Encoders, such as `lite0` or `onnx:my-model`.")
]
FileOption = Annotated[
    list[Path] | None, typer.Option("--onnx", metavar="FILE", help="An ONNX file that has no card; may be repeated.")
]
ProviderOption = Annotated[
    str, typer.Option("--provider", metavar="NAME", help="What to run on; the setting `provider`, if left out.")
]
SideOption = Annotated[
    int, typer.Option("--side", min=8, max=1024, help="Pixels of the squares, for a file that leaves that open.")
]
ThreadsOption = Annotated[int, typer.Option("--threads", min=0, help="Threads; one for each core, if left out.")]


def bench(
    names: NamesArgument = None,
    *,
    onnx: FileOption = None,
    provider: ProviderOption = "",
    threads: ThreadsOption = 0,
    side: SideOption = 224,
    as_json: JsonOption = False,
) -> None:
    """Time models on this machine: milliseconds a batch and pictures a second, decoding left out.

    Of an encoder everything is timed that happens once pictures are decoded and squares: normalising, the model, rows
    of length 1. A file without a card is only run.
    """
    from pictrace.settings import load

    runtime = load(provider=provider or None, threads=threads or None).runtime
    if not names and not onnx:
        raise UsageError("no model is named", hint="name encoders, or files with --onnx")
    found = [*_encoders(names or (), runtime), *_files(onnx or (), runtime, side)]
    if as_json:
        for one in found:
            write_json(one)
        return
    columns = [("model", "left"), ("runs on", "left"), ("threads", "right"), *((f"ms / {n}", "right") for n in BATCHES)]
    rows = [(str(one["name"]), str(one["provider"]), str(one["threads"]), *_cells(one)) for one in found]
    write_table([*columns, ("pictures / s", "right")], rows)


def _cells(one: Mapping[str, Any]) -> Sequence[str]:
    return [*(f"{one['ms'][str(count)]:.1f}" for count in BATCHES), f"{one['pictures_per_second']:.0f}"]


def _encoders(names: Sequence[str], runtime: Any) -> Iterator[Mapping[str, Any]]:
    import numpy as np

    from pictrace.encoders import load
    from pictrace.picture import Picture

    noise = np.random.default_rng(1).integers(0, 256, (max(BATCHES), 384, 512, 3), dtype=np.uint8)
    pictures = [Picture.open(one) for one in noise]
    for name in names:
        encoder = load(name, runtime)
        prepared = np.stack([encoder.prepare(one) for one in pictures])

        def run(count: int, encoder: Any = encoder, prepared: Any = prepared) -> None:
            encoder.encode_prepared(prepared[:count])

        figures = timed(run)
        yield {"name": name, "provider": getattr(encoder, "provider", "cpu"), "threads": runtime.threads, **figures}


def _files(paths: Sequence[Path], runtime: Any, side: int) -> Iterator[Mapping[str, Any]]:
    from pictrace.encoders.onnx import bare

    for path in paths:
        provider, run = bare(path, runtime, side=side)
        yield {"name": path.name, "provider": provider, "threads": runtime.threads, **timed(run)}


def timed(run: Callable[[int], None]) -> Mapping[str, Any]:
    """The median milliseconds of each size of batch, the first run left out, and the most pictures a second."""
    ms = {}
    for count in BATCHES:
        run(count)
        taken: list[float] = []
        while len(taken) < _LEAST or (sum(taken) < _SECONDS and len(taken) < _MOST):
            started = time.perf_counter()
            run(count)
            taken.append(time.perf_counter() - started)
        ms[str(count)] = round(statistics.median(taken) * 1000, 2)
    fastest = max(count / ms[str(count)] * 1000 for count in BATCHES)
    return {"ms": ms, "pictures_per_second": round(fastest, 1)}
