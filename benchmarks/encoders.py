"""What the bundled model finds, how fast, and what other ONNX files with the same input would.

Category retrieval on `corel1k`, scenes on `holidays_805`, photographed paintings on `museum`, and edited
copies of `photos` among all of `photos`, `corel1k` and `distractors`. Of the first and the last of these,
only the half is looked at that no variant was fitted on: those whose path has an odd SHA-256.
"""

import argparse
import csv
import hashlib
import json
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnxruntime
from measured import machine
from PIL import Image

from pictrace import edits, weights
from pictrace.picture import Picture

SETS = ("corel1k", "holidays_805", "museum", "photos", "distractors")
EDITS: dict[str, edits.Edit] = {
    "crop_15": edits.cropped(0.15),
    "crop_35": edits.cropped(0.35),
    "turn_25": edits.turned(25),
    "mirror": edits.mirrored,
    "jpeg_20": edits.recompressed(20),
}
RESULT = Path(__file__).parent / "results/encoders.json"
BATCHES = (1, 8, 16, 32)
PICTURES = (".jpg", ".jpeg", ".png")
Rows = npt.NDArray[np.float32]
Found = dict[str, tuple[list[str], Rows]]
Run = Callable[[npt.NDArray[np.uint8]], Rows]


def session(file: Path) -> tuple[int, Run]:
    """The side that a model asks for, and the model on one thread."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    made = onnxruntime.InferenceSession(str(file), options, providers=["CPUExecutionProvider"])
    return made.get_inputs()[0].shape[1], lambda pixels: made.run(None, {"pixels": pixels})[0]


def inputs(data: Path, sides: set[int]) -> Iterator[tuple[str, list[str], dict[int, npt.NDArray[np.uint8]]]]:
    """Each set and each set of edits: its name, its paths, its pictures squashed to every side."""
    for name in SETS:
        root = data / name
        paths = sorted(path for path in root.rglob("*") if path.suffix.lower() in PICTURES)
        names = [path.relative_to(root).as_posix() for path in paths]
        yield name, names, _squashed((Picture.open(path, target=512) for path in paths), sides)
        for edit in EDITS if name == "photos" else ():
            edited = (Picture.open(EDITS[edit](Image.open(path).convert("RGB"))) for path in paths)
            yield edit, names, _squashed(edited, sides)


def _squashed(pictures: Iterator[Picture], sides: set[int]) -> dict[int, npt.NDArray[np.uint8]]:
    squares = [{side: picture.squashed(side) for side in sides} for picture in pictures]
    return {side: np.stack([square[side] for square in squares]) for side in sides}


def average_precision(right: npt.NDArray[np.bool_]) -> float:
    """Of one ranking, best first, that holds every right answer."""
    places = np.flatnonzero(right)
    return float(((np.arange(len(places)) + 1) / (places + 1)).mean())


def ranking(rows: Rows, query: int) -> npt.NDArray[np.intp]:
    """All others, nearest first."""
    cosine = rows @ rows[query]
    cosine[query] = -np.inf
    return np.argsort(-cosine, kind="stable")[:-1]


def groups(data: Path, name: str) -> dict[str, str]:
    """Path to group, in the order of the file."""
    with (data / name / "groups.csv").open(newline="") as file:
        return {row["path"]: row["group"] for row in csv.DictReader(file)}


def categories(rows: Rows, names: list[str], data: Path) -> dict[str, float]:
    """Each picture of `corel1k` asks for its class."""
    group = groups(data, "corel1k")
    labels = np.array([group[name] for name in names])
    right = [labels[ranking(rows, query)] == labels[query] for query in range(len(rows))]
    precision = float(np.mean([each[:10].mean() for each in right]))
    return {"corel_map": float(np.mean([average_precision(each) for each in right])), "corel_p10": precision}


def scenes(rows: Rows, names: list[str], data: Path) -> dict[str, float]:
    """The first of each group of `holidays_805` asks for the others."""
    group = groups(data, "holidays_805")
    labels = np.array([group[name] for name in names])
    firsts: dict[str, str] = {}
    for path, label in group.items():
        firsts.setdefault(label, path)
    right = [labels[ranking(rows, names.index(path))] == label for label, path in firsts.items()]
    return {"holidays_map": float(np.mean([average_precision(each) for each in right if each.any()]))}


def paintings(rows: Rows, names: list[str], data: Path) -> dict[str, float]:
    """Each visitor's photograph asks for its catalogue picture, the better placed one if it shows two."""
    shelf = [place for place, name in enumerate(names) if name.startswith("catalogue/")]
    wanted: dict[str, list[int]] = {}
    with (data / "museum/pairs.csv").open(newline="") as file:
        for pair in csv.DictReader(file):
            wanted.setdefault(pair["a"], []).append(shelf.index(names.index(pair["b"])))
    cosines = {visitor: rows[shelf] @ rows[names.index(visitor)] for visitor in wanted}
    places = [int((cosines[visitor] > max(cosines[visitor][one])).sum()) for visitor, one in wanted.items()]
    return _placed("museum", np.array(places))


def copies(found: Found) -> dict[str, float]:
    """Each edit asks for its original among everything that no variant was fitted on."""
    kept = {name: [not _is_fitted(f"{name}/{path}") for path in found[name][0]] for name in ("photos", "distractors")}
    photos = found["photos"][1][kept["photos"]]
    pool = np.concatenate([photos, found["corel1k"][1], found["distractors"][1][kept["distractors"]]])
    figures: dict[str, float] = {}
    for edit in EDITS:
        cosines = found[edit][1][kept["photos"]] @ pool.T
        own = np.diagonal(cosines)[:, None]
        figures |= _placed(edit, (cosines > own).sum(axis=1))
    return figures


def _is_fitted(path: str) -> bool:
    return int(hashlib.sha256(path.encode()).hexdigest(), 16) % 2 == 0


def _placed(name: str, places: npt.NDArray[Any]) -> dict[str, float]:
    return {f"{name}_first": float((places < 1).mean()), f"{name}_first_20": float((places < 20).mean())}


def milliseconds(run: Run, pixels: npt.NDArray[np.uint8], batch: int) -> float:
    """CPU milliseconds per picture on one thread, the best of seven runs over 32 pictures."""
    best = float("inf")
    for _ in range(7):
        started = time.process_time()
        for start in range(0, 32, batch):
            run(pixels[start : start + batch])
        best = min(best, (time.process_time() - started) / 32 * 1000)
    return best


def measured(data: Path, models: dict[str, tuple[int, Run]]) -> tuple[dict[str, Found], dict[str, dict[str, float]]]:
    """The rows of every set by every model, and every model's speed."""
    rows: dict[str, Found] = {name: {} for name in models}
    speed: dict[str, dict[str, float]] = {}
    for each, names, squares in inputs(data, {side for side, _ in models.values()}):
        print(f"{each}: {len(names)}", file=sys.stderr)
        for name, (side, run) in models.items():
            pixels = squares[side]
            if each == "photos":
                speed[name] = {f"ms_batch_{size}": round(milliseconds(run, pixels, size), 2) for size in BATCHES}
            found = np.concatenate([run(pixels[start : start + 8]) for start in range(0, len(pixels), 8)])
            rows[name][each] = (names, found)
    return rows, speed


def quality(data: Path, found: Found) -> dict[str, float]:
    """Every figure of one model."""
    figures = copies(found)
    for each, judge in (("corel1k", categories), ("holidays_805", scenes), ("museum", paintings)):
        names, rows = found[each]
        figures |= judge(rows, names, data)
    return {name: round(value, 4) for name, value in figures.items()}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="the folder with the sets")
    parser.add_argument("--onnx", type=Path, nargs="*", default=[], help="variants to measure beside the model")
    parser.add_argument("--out", type=Path, default=RESULT)
    wanted = parser.parse_args()
    missing = [name for name in SETS if not (wanted.data / name).is_dir()]
    if missing:
        print(f"{wanted.data} has no folder {missing[0]}; this needs {', '.join(SETS)}", file=sys.stderr)
        return 2
    files = {"lite0": weights.verified(weights.card("lite0"))} | {path.stem: path for path in wanted.onnx}
    models = {name: session(path) for name, path in files.items()}
    rows, speed = measured(wanted.data, models)
    results = {}
    for name, path in files.items():
        content = path.read_bytes()
        facts = {
            "sha256": hashlib.sha256(content).hexdigest(),
            "bytes": len(content),
            "side": models[name][0],
        }
        width = rows[name]["photos"][1].shape[1]
        results[name] = {**facts, "width": width, **speed[name], **quality(wanted.data, rows[name])}
        print(name, json.dumps(results[name]))
    wanted.out.write_text(json.dumps({**machine(), "threads": 1, "results": results}, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
