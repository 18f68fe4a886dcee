"""Known homographies: how far from its true place is the outline that a comparison finds?

Two sequences with true homographies (graf from ever flatter angles, boat ever smaller and turned), and photographs
under made ones: perspective, turns, scales and small parts, of which some are pasted into others. The corner error is
the mean distance of the four corners of what both show from where they truly are, in pixels of the candidate brought to
512 px. A pair is solvable where the true overlap has at least 64 pixels of both sides.
"""

import argparse
import io
import json
import multiprocessing
import random
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from measured import machine
from PIL import Image

from pictrace import assessment, tracing
from pictrace.frames import between_corners
from pictrace.picture import Picture
from pictrace.polygons import clipped
from pictrace.settings import Runtime
from pictrace.types import PROXY_SIDE

RESULT = Path(__file__).parent / "results/geometry.json"
SIDE = 640
_bench: dict[str, object] = {}


@dataclass(frozen=True)
class Known:
    """A query made of a photograph by a known homography, from the query's pixels to the photograph's."""

    kind: str
    query: Image.Image
    original: Image.Image
    truth: np.ndarray


def start() -> None:
    """Loads the models in one process of the pool."""
    import cv2

    cv2.setNumThreads(1)
    _bench["encoders"] = tracing.load_encoders(tracing.ENCODERS, Runtime(threads=1))
    _bench["signals"] = assessment.load_signals(tracing.SIGNALS)


def sequences(data: Path) -> Iterator[Known]:
    """The first view of each sequence with each other one; the files map the first view to the others."""
    for folder in ("geo_graf", "geo_oxford_affine/boat"):
        views = sorted((data / "geometry" / folder).glob("img*"))
        first = Image.open(views[0]).convert("RGB")
        for view in views[1:]:
            truth = np.loadtxt(view.parent / f"H1to{view.stem[-1]}p")
            kind = f"{folder.rpartition('/')[2]} {view.stem[-1]}"
            yield Known(kind, Image.open(view).convert("RGB"), first, between_corners(np.linalg.inv(truth)))


def solved_for(start_: np.ndarray, end: np.ndarray) -> np.ndarray:
    """The homography that takes four points to four points."""
    rows = []
    for (x, y), (u, v) in zip(start_, end, strict=True):
        rows += [[x, y, 1, 0, 0, 0, -u * x, -u * y], [0, 0, 0, x, y, 1, -v * x, -v * y]]
    return np.append(np.linalg.solve(np.array(rows), end.ravel()), 1.0).reshape(3, 3)


def made(path: Path, kind: str) -> Known:
    """A photograph seen through a random homography of one kind, on a ground of another colour or photograph."""
    draw = random.Random(f"{path.name} {kind}")
    image = Image.open(path).convert("RGB")
    width, height = image.size
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float64)
    middle = corners.mean(axis=0)
    shift = {"perspective": 0.15, "everything": 0.1}.get(kind, 0.0)
    target = corners + np.array([[draw.uniform(-1, 1) * shift * side for side in image.size] for _ in range(4)])
    angle = np.radians(draw.uniform(-180, 180) if kind in {"turned", "everything"} else draw.uniform(-3, 3))
    scale = {"small": draw.uniform(0.25, 0.4), "part": draw.uniform(2.0, 4.0)}.get(kind, draw.uniform(0.6, 1.1))
    turn = scale * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    off = np.array([draw.uniform(-0.3, 0.3) * side for side in image.size]) if kind in {"small", "part"} else 0.0
    target = (target - middle) @ turn.T + middle + off
    back = solved_for(target, corners)
    ground = Image.new("RGB", image.size, tuple(draw.randrange(256) for _ in range(3)))
    coefficients = (back / back[2, 2]).ravel()[:8].tolist()
    moved = image.transform(image.size, Image.Transform.PERSPECTIVE, coefficients, Image.Resampling.BICUBIC)
    mask = Image.new("L", image.size, 255).transform(image.size, Image.Transform.PERSPECTIVE, coefficients)
    ground.paste(moved, mask=mask)
    stream = io.BytesIO()
    ground.save(stream, "JPEG", quality=88)
    return Known(kind, Image.open(stream).convert("RGB"), image, back)


KINDS = ("perspective", "turned", "small", "part", "everything")


def shared(known: Known) -> tuple[np.ndarray, float]:
    """Corners of the part of the query that the original shows, and the shorter side of it, on the smaller scale."""
    width, height = known.query.size
    inverse = np.linalg.inv(known.truth)
    frame = [(0, 0), (known.original.width, 0), known.original.size, (0, known.original.height)]
    there = mapped(inverse, np.array(frame, np.float64))
    polygon = clipped([(float(x), float(y)) for x, y in there], width, height)
    if len(polygon) < 3:
        return np.empty((0, 2)), 0.0
    here = np.array(polygon)
    sizes = []
    for shape, picture in ((here, known.query), (mapped(known.truth, here), known.original)):
        sizes.append((shape.max(axis=0) - shape.min(axis=0)).min() * min(1.0, PROXY_SIDE / max(picture.size)))
    return here, float(min(sizes))


def mapped(matrix: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Points `(n, 2)` under a homography."""
    ends = np.hstack([points, np.ones((len(points), 1))]) @ matrix.T
    return ends[:, :2] / ends[:, 2:]


def looked_at(task: tuple[str, object]) -> dict[str, object]:
    """One pair: whether it is solvable, and by how many pixels its corners are off."""
    known = made(task[1], task[0]) if task[0] in KINDS else task[1]
    here, side = shared(known)
    query, original = (
        tracing.of_query(Picture.open(image), _bench["encoders"]) for image in (known.query, known.original)
    )
    match = assessment.compare(query, original, _bench["signals"])[0]
    error = None
    if match.alignment is not None and len(here):
        scale = min(1.0, PROXY_SIDE / max(known.original.size))
        found, true = mapped(np.array(match.alignment.transform), here), mapped(known.truth, here)
        error = float(np.linalg.norm(found - true, axis=1).mean() * scale)
    return {"kind": known.kind, "solvable": side >= 64, "error": error, "relation": str(match.relation)}


def summed_up(rows: list[dict[str, object]]) -> dict[str, object]:
    """Of some pairs: how many are solved, and the errors of those."""
    solvable = [row for row in rows if row["solvable"]]
    errors = [row["error"] for row in solvable if row["error"] is not None]
    solved = [error for error in errors if error <= 8]
    return {
        "pairs": len(rows),
        "solvable": len(solvable),
        "solved": round(len(solved) / max(1, len(solvable)), 4),
        "median_px": round(float(np.median(errors)), 3) if errors else None,
        "p90_px": round(float(np.percentile(errors, 90)), 3) if errors else None,
        "false": sum(error > 8 for error in errors),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--pictures", type=int, default=60, help="photographs under each kind of made homographies")
    options = parser.parse_args()
    if not (options.data / "geometry/geo_graf").is_dir():
        sys.exit(f"{options.data} does not hold the picture sets this needs: geometry, photos")
    photos = random.Random(4).sample(sorted((options.data / "photos").glob("*.jpg")), options.pictures)
    tasks = [("", known) for known in sequences(options.data)] + [(kind, path) for kind in KINDS for path in photos]
    with multiprocessing.get_context("spawn").Pool(2, start) as pool:
        rows = list(pool.imap(looked_at, tasks, chunksize=4))
    table = {}
    for kind in dict.fromkeys(row["kind"] for row in rows):
        table[kind] = summed_up([row for row in rows if row["kind"] == kind])
        print(f"{kind:14s} {table[kind]}")
    made_ones = summed_up([row for row in rows if row["kind"] in KINDS])
    result = {"machine": machine(), "kinds": table, "made": made_ones, "all": summed_up(rows)}
    print(made_ones, result["all"])
    RESULT.write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
