"""Museum visitors' photographs: is the right work first, and is it said when the work is not there?

Each photograph is searched for among the catalogue's pictures and distractors, then once more with its own works left
out. Acceptance is by the relation, scene or better, and for the second figure by the score of the best match, with the
threshold that one in a hundred of the left-out searches passes.
"""

import argparse
import csv
import json
import multiprocessing
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from measured import machine
from pairs import in_fitting_half

from pictrace import search, tracing
from pictrace.collection import Collection
from pictrace.picture import Picture
from pictrace.results import Match
from pictrace.settings import Settings
from pictrace.types import Relation

RESULT = Path(__file__).parent / "results/scenes.json"
FALSE_ALARMS = 0.01
_bench: dict[str, Any] = {}


def start(folder: str) -> None:
    """Opens the collection in one process of the pool."""
    import cv2

    cv2.setNumThreads(1)
    _bench["collection"] = Collection(folder, settings=Settings(threads=1))
    engine = _bench["collection"].engine()
    keys = engine.catalog.keys()
    _bench["keys"] = {record.path: record.id for record in engine.catalog.records_of(keys.tolist()).values()}


def looked_for(task: tuple[Path, Sequence[Path]]) -> dict[str, Any]:
    """One photograph: what is first, and how sure, with its works there and without."""
    path, works = task
    engine = _bench["collection"].engine()
    picture = Picture.open(path, target=tracing.TARGET)
    answer = search.search(engine, picture)
    right = {str(work) for work in works}
    others = np.array(sorted(key for name, key in _bench["keys"].items() if name not in right), np.uint64)
    without = search.search(replace(engine, allowed=others), picture)
    first = answer[0] if answer else None
    return {
        "path": path.name,
        "half": "fitted" if in_fitting_half(path) else "held",
        "first": first is not None and first.path in right,
        "verified": first is not None and first.path in right and first.relation >= Relation.SCENE,
        "there": strength(answer[0] if answer else None),
        "left_out": strength(without[0] if without else None),
        "ms": sum(answer.timings_ms.values()),
    }


def strength(match: Match | None) -> float:
    """A relation and its score as one number: 1 and above is scene or better."""
    return 0.0 if match is None else match.relation.rank - Relation.SIMILAR.rank + match.score - 0.5


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=lambda text: Path(text).resolve(), required=True)
    parser.add_argument("--photographs", type=int, default=1000)
    options = parser.parse_args()
    table = options.data / "museum/pairs.csv"
    if not table.is_file():
        sys.exit(f"{options.data} does not hold the picture sets this needs: museum, photos, corel1k")
    works: dict[Path, list[Path]] = {}
    for row in csv.DictReader(table.open()):
        works.setdefault(options.data / "museum" / row["a"], []).append(options.data / "museum" / row["b"])
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "scenes.pictrace"
        with Collection(target) as collection:
            collection.add(*(options.data / name for name in ("museum/catalogue", "photos", "corel1k")))
            held = len(collection)
        tasks = sorted(works.items())[: options.photographs]
        with multiprocessing.get_context("spawn").Pool(2, start, (str(target),)) as pool:
            rows = list(pool.imap(looked_for, tasks, chunksize=4))
    left_out = np.array([row["left_out"] for row in rows])
    bound = float(np.quantile(left_out, 1 - FALSE_ALARMS, method="higher"))
    result = {
        "machine": machine(),
        "collection": held,
        "photographs": len(rows),
        "right_first": round(float(np.mean([row["first"] for row in rows])), 4),
        "right_first_and_verified": round(float(np.mean([row["verified"] for row in rows])), 4),
        "held_out_right_first": round(float(np.mean([row["first"] for row in rows if row["half"] == "held"])), 4),
        "left_out_rejected": round(float((left_out < 1).mean()), 4),
        "accepted_at_1_in_100_false_alarms": round(
            float(np.mean([row["verified"] and row["there"] > bound for row in rows])), 4
        ),
        "median_ms": round(float(np.median([row["ms"] for row in rows])), 1),
        "missed": [row["path"] for row in rows if not row["first"]],
        "false": [row["path"] for row in rows if row["left_out"] >= 1],
    }
    print(json.dumps(result, indent=1))
    RESULT.write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
