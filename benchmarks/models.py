"""How fast models are, by what runs them and in which numbers, and how much of a graph's own speed is left.

Networks of timm and Keras are made with seeded weights: their speed is that of any weights, their rows mean nothing.
Accuracy is given where weights are here: of the bundled model, and of cards that --accurate names. `bare` is a loop
over `session.run` on the same graph with its inputs made ready, which is what onnxruntime_perf_test does; that tool is
in no wheel. Needs the extras torch, tensorflow and onnx; without them only ONNX models are timed.
"""

import argparse
import hashlib
import importlib.util
import itertools
import json
import os
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from encoders import EDITS, SETS, quality
from measured import machine
from PIL import Image

from pictrace import weights
from pictrace.cli.timing import BATCHES, timed
from pictrace.encoders import Encoder, encode, load
from pictrace.encoders.onnx import bare
from pictrace.errors import UsageError
from pictrace.picture import Picture
from pictrace.settings import PROVIDERS, Runtime

NETWORKS = ("timm:resnet50", "timm:vit_small_patch16_224", "keras:ResNet50V2")
LIBRARIES = {
    "timm": ("torch", "timm", "safetensors", "onnx", "onnxscript"),
    "keras": ("keras", "tensorflow", "tf2onnx"),
}
TURNS = 15
LEAST_TURNS, LONG_ENOUGH = 5, 30.0
"""Seconds of one comparison after which five turns are enough: the best of many is for what is over in milliseconds."""

PRECISIONS = ("fp32", "fp16", "int8")
RESULT = Path(__file__).parent / "results/models.json"
PICTURES = (".jpg", ".jpeg", ".png")


def seeded(name: str, folder: Path) -> None:
    """The card and the file of a network with seeded weights, put into the folder of models."""
    kind, _, model = name.partition(":")
    if kind == "timm":
        import timm
        import torch
        from safetensors.torch import save

        from pictrace.encoders.timm import card_of

        torch.manual_seed(1)
        state = timm.create_model(model, pretrained=False, num_classes=0).state_dict()
        data = save({key: one.contiguous() for key, one in state.items()})
    else:
        import keras

        from pictrace.encoders.keras import card_of

        keras.utils.set_random_seed(1)
        network = getattr(keras.applications, model)(include_top=False, weights=None, pooling="avg")
        network.save_weights(folder / "made.weights.h5")
        data = (folder / "made.weights.h5").read_bytes()
    card = card_of(model, sha256=hashlib.sha256(data).hexdigest(), size=len(data))
    if kind == "keras":
        card = replace(card, file=f"{card.name}.weights.h5")
    (folder / card.file).write_bytes(data)
    weights.keep(card, folder)


def speed(encoder: Encoder) -> dict[str, Any]:
    """Milliseconds of processor time a batch, all threads together, from squares to rows: the best of some runs.

    On a GPU that is no measure, and the clock's is taken.
    """
    run = prepared_run(encoder)
    if getattr(encoder, "provider", "cpu") != "cpu":
        return dict(timed(run))
    run(1)
    return {"cpu_ms": {str(count): round(min(seconds(run, count) for _ in range(5)) * 1000, 1) for count in BATCHES}}


def prepared_run(encoder: Encoder) -> Callable[[int], None]:
    """What encodes so many squares of noise."""
    noise = np.random.default_rng(1).integers(0, 256, (32, 384, 512, 3), dtype=np.uint8)
    prepared = np.stack([encoder.prepare(Picture.open(one)) for one in noise])

    def run(count: int) -> None:
        encoder.encode_prepared(prepared[:count])

    return run


def beside(run: Callable[[int], None], loop: Callable[[int], None]) -> dict[str, float]:
    """The share of a bare loop's speed that is left, by the best of runs in turns."""
    share = {}
    for count in BATCHES:
        taken = list[list[float]]()
        while len(taken) < LEAST_TURNS or (len(taken) < TURNS and np.sum(taken) < LONG_ENOUGH):
            taken.append([seconds(one, count) for one in (run, loop)])
        own, its = np.array(taken).min(axis=0)
        share[str(count)] = round(float(its / own), 3)
    return share


def seconds(run: Callable[[int], None], count: int) -> float:
    """Processor time of one run: others may use this machine too, and the clock would count them."""
    started = time.process_time()
    run(count)
    return time.process_time() - started


def of_onnx(name: str, runtime: Runtime) -> dict[str, Any]:
    """An encoder that ONNX Runtime runs, and the same graph in a bare loop."""
    encoder = load(name, runtime)
    card = encoder.card  # type: ignore[attr-defined]
    found = speed(encoder)
    share = beside(prepared_run(encoder), bare(weights.verified(card, runtime.models), runtime, side=card.side)[1])
    runs_on = encoder.provider  # type: ignore[attr-defined]
    return {"runs_on": runs_on, **found, "share_of_bare": share, "bytes": card.size}


def networks(names: Sequence[str], folder: Path, runtime: Runtime) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each seeded network by its library, then exported in each precision."""
    noise = np.random.default_rng(2).integers(0, 256, (16, 8, 8, 3), dtype=np.uint8)
    samples = [Picture.open(np.kron(one, np.ones((40, 40, 1), np.uint8))) for one in noise]
    for name in names:
        kind = name.partition(":")[0]
        if any(importlib.util.find_spec(library) is None for library in LIBRARIES[kind]):
            print(f"{name}: left out, its libraries are not installed", file=sys.stderr)
            continue
        seeded(name, folder)
        encoder: Any = load(name, runtime)
        library = {"timm": "torch", "keras": "keras"}[kind]
        yield f"{name} in {library}, fp32", {"runs_on": encoder.provider, **speed(encoder)}
        for precision in PRECISIONS:
            try:
                card, data = encoder.exported(precision=precision, samples=samples)
            except UsageError as error:
                yield f"{name} in onnx, {precision}", {"refused": str(error)}
                continue
            (folder / card.file).write_bytes(data)
            weights.keep(card, folder)
            yield f"{name} in onnx, {precision}", of_onnx(f"onnx:{card.name}", runtime)


def accuracy(name: str, runtime: Runtime, data: Path) -> dict[str, float]:
    """What `benchmarks/encoders.py` measures of the bundled model: classes, scenes, paintings and edited copies."""
    encoder, found = load(name, runtime), {}
    for each in SETS:
        root = data / each
        paths = sorted(path for path in root.rglob("*") if path.suffix.lower() in PICTURES)
        names = [path.relative_to(root).as_posix() for path in paths]
        found[each] = names, encoded(encoder, (Picture.open(path, target=512) for path in paths))
        for edit in EDITS if each == "photos" else ():
            edited = (Picture.open(EDITS[edit](Image.open(path).convert("RGB"))) for path in paths)
            found[edit] = names, encoded(encoder, edited)
    return quality(data, found)


def encoded(encoder: Encoder, pictures: Iterator[Picture]) -> npt.NDArray[np.float32]:
    """Rows of many pictures, of which only some are open at a time."""
    rows = []
    while part := list(itertools.islice(pictures, 64)):
        rows.append(encode(encoder, part))
    return np.concatenate(rows)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="the folder with the sets")
    parser.add_argument("--provider", choices=PROVIDERS, default="cpu")
    parser.add_argument("--threads", type=int, nargs="*", default=[1])
    parser.add_argument("--networks", nargs="*", default=NETWORKS, help="networks of timm and Keras to make")
    parser.add_argument("--accurate", nargs="*", default=[], help="encoders besides lite0 whose weights are here")
    parser.add_argument("--models", default="", help="the folder of models of those")
    parser.add_argument("--out", type=Path, default=RESULT)
    wanted = parser.parse_args()
    results: dict[str, Any] = {}
    about = {"provider": wanted.provider, "gpu": "none" if wanted.provider == "cpu" else "see runs_on"}
    for title, found in measured(wanted):
        results[title] = found
        print(title, json.dumps(found), flush=True)
        # After each: the whole takes half an hour, and what is cut off is not lost.
        figures = {**machine(), "load": os.getloadavg()[1], **about, "results": results}
        wanted.out.write_text(json.dumps(figures, indent=1) + "\n")
    return 0


def measured(wanted: argparse.Namespace) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every model, runtime and precision that was asked for, the models with weights first."""
    for threads in wanted.threads:
        runtime = Runtime(threads=threads, models=wanted.models, provider=wanted.provider)
        for name in ("lite0", *wanted.accurate):
            found = of_onnx(name, runtime)
            if threads == wanted.threads[0]:
                found |= accuracy(name, replace(runtime, threads=0), wanted.data)
            yield f"{name} in onnx, as its card says, {threads} threads", found
        with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings(action="ignore"):
            for title, found in networks(wanted.networks, Path(folder), replace(runtime, models=folder)):
                yield f"{title}, seeded weights, {threads} threads", found


if __name__ == "__main__":
    sys.exit(main())
