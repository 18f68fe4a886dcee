"""Edited copies of real photographs: is the right one first, and is it called a copy? And are strangers not?

Every edit of `pictrace.edits` of every photograph in `photos` and `corel1k` is searched for in a collection of
all of them and of the other sets as distractors; then random unrelated pairs are judged.
"""

import argparse
import csv
import io
import json
import multiprocessing
import random
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from measured import machine
from pairs import in_fitting_half
from PIL import Image

from pictrace import assessment, tracing
from pictrace.collection import Collection
from pictrace.edits import EDITS
from pictrace.picture import Picture
from pictrace.settings import Runtime, Settings
from pictrace.types import Relation

RESULT = Path(__file__).parent / "results/copies.json"
_bench: dict[str, Any] = {}


def start(folder: str) -> None:
    """Opens the collection in one process of the pool."""
    import cv2

    cv2.setNumThreads(1)
    _bench["collection"] = Collection(folder, settings=Settings(threads=1))


def searched(task: tuple[str, str]) -> dict[str, Any]:
    """One edit of one photograph, searched for."""
    path, edit = task
    stream = io.BytesIO()
    edited = EDITS[edit](Image.open(path).convert("RGB"))
    if edit == "JPEG quality 30":
        edited.save(stream, "JPEG", quality=30)
    else:
        edited.save(stream, "JPEG", quality=90)
    started = time.perf_counter()
    answer = _bench["collection"].search(stream.getvalue(), limit=3)
    milliseconds = (time.perf_counter() - started) * 1000
    first = answer[0] if answer else None
    right = first is not None and first.path == path
    return {
        "path": path,
        "edit": edit,
        "first": right,
        "copy": right and first.relation >= Relation.COPY,
        "relation": str(first.relation) if first else "none",
        "score": first.score if first else 0.0,
        "ms": milliseconds,
    }


def same_half(path: str) -> str:
    """Which half of the pictures the calibration saw."""
    return "fitted" if in_fitting_half(Path(path)) else "held_out"


def strangers(photos: list[Path], groups: dict[Path, str], count: int) -> dict[str, Any]:
    """How many of so many random pairs of different pictures are given each relation."""
    encoders = tracing.load_encoders(("lite0", "pdq"), Runtime(threads=2))
    signals = assessment.load_signals(tracing.SIGNALS)
    traces = {path: tracing.of_query(Picture.open(path), encoders) for path in photos}
    draw, table, copies = random.Random(7), {}, []
    done = 0
    while done < count:
        one, other = draw.sample(photos, 2)
        if groups.get(one, one) == groups.get(other, other):
            continue
        verdict, _ = assessment.assess(traces[one], traces[other], signals)
        table[str(verdict.relation)] = table.get(str(verdict.relation), 0) + 1
        if verdict.relation >= Relation.COPY:
            copies.append([one.name, other.name, round(verdict.score, 4)])
        done += 1
    return {"pairs": count, "relations": table, "called_copy": copies}


def shares_of(rows: Sequence[Mapping[str, Any]]) -> dict[str, float]:
    """How often the picture that was edited comes first, and as a copy; on each half apart, too."""
    halves = {half: [r["copy"] for r in rows if same_half(r["path"]) == half] for half in ("fitted", "held_out")}
    return {
        "first": round(sum(r["first"] for r in rows) / len(rows), 4),
        "first_and_copy": round(sum(r["copy"] for r in rows) / len(rows), 4),
        **{half: round(sum(found) / max(1, len(found)), 4) for half, found in halves.items()},
        "median_ms": round(sorted(r["ms"] for r in rows)[len(rows) // 2], 1),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=lambda text: Path(text).resolve(), required=True)
    parser.add_argument("--pictures", type=int, default=10_000, help="how many photographs to edit, all by default")
    parser.add_argument("--pairs", type=int, default=10_000)
    parser.add_argument("--edit", action="append", choices=EDITS, help="only this edit; may be repeated")
    options = parser.parse_args()
    if not (options.data / "corel1k/groups.csv").is_file():
        sys.exit(f"{options.data} does not hold the picture sets this needs: photos, corel1k")
    photos = sorted((options.data / "photos").iterdir()) + sorted((options.data / "corel1k").glob("*.jpg"))
    with tempfile.TemporaryDirectory() as folder:
        collection = Collection(Path(folder) / "copies.pictrace")
        collection.add(*(options.data / name for name in ("photos", "corel1k", "museum", "distractors")))
        held = len(collection)
        collection.close()
        chosen = random.Random(1).sample(photos, min(options.pictures, len(photos)))
        edits = options.edit or list(EDITS)
        tasks = [(str(path), edit) for edit in edits for path in chosen]
        with multiprocessing.get_context("spawn").Pool(2, start, (str(Path(folder) / "copies.pictrace"),)) as pool:
            rows = []
            for row in pool.imap_unordered(searched, tasks, chunksize=8):
                rows.append(row)
                if len(rows) % 200 == 0:
                    print(f"{len(rows)} of {len(tasks)}", file=sys.stderr, flush=True)
    table = {}
    for edit in edits:
        table[edit] = shares_of([row for row in rows if row["edit"] == edit])
        print(f"{edit:24s} {table[edit]}")
    missed = [row for row in rows if not row["copy"]]
    groups = {
        options.data / "corel1k" / r["path"]: r["group"]
        for r in csv.DictReader((options.data / "corel1k/groups.csv").open())
    }
    result = {
        "machine": machine(),
        "collection": held,
        "photographs": len(chosen),
        "edits": table,
        "strangers": strangers(photos, groups, options.pairs),
    }
    print(result["strangers"])
    RESULT.write_text(json.dumps(result, indent=1) + "\n")
    Path(tempfile.gettempdir(), "copies-missed.json").write_text(json.dumps(missed, indent=1))


if __name__ == "__main__":
    main()
