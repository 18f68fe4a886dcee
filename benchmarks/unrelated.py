"""Random pairs of different pictures, judged as a search judges its candidates: how many are called more than alike?

Pairs are drawn from all sets of the data folder; two pictures of one scene, one work or one group are none. Each goes
through every signal, and those that a search would look at closer, for a few places agree, are looked at closer. Of
a smaller number every pair is compared with the closer look, as `pictrace compare` does. What is called a copy is
listed, to be looked at: the sets hold a few pictures twice.
"""

import argparse
import csv
import json
import math
import multiprocessing
import random
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

from measured import machine

from pictrace import assessment, tracing
from pictrace.collection import Collection
from pictrace.types import Key, Relation
from pictrace.verification import HINTED

RESULT = Path(__file__).parent / "results/unrelated.json"
SETS = ("photos", "corel1k", "museum", "holidays_805", "distractors")
ROUND = 100
"""Pictures of which every one is paired with every other: 4,950 pairs for 100 traces."""

_open: dict[str, Collection] = {}


def groups(data: Path) -> dict[str, str]:
    """What each picture is of, where that is known."""
    found = {}
    for name in ("holidays_805", "corel1k"):
        for row in csv.DictReader((data / name / "groups.csv").open()):
            found[str(data / name / row["path"])] = f"{name} {row['group']}"
    for row in csv.DictReader((data / "museum/pairs.csv").open()):
        for side in ("a", "b"):
            found[str(data / "museum" / row[side])] = "museum"
    return found


def start(folder: str) -> None:
    """Opens the collection in one process of the pool."""
    import cv2

    cv2.setNumThreads(1)
    _open["collection"] = Collection(folder)


def judged(task: tuple[list[Key], dict[Key, str], bool]) -> tuple[Counter[str], list[dict[str, Any]]]:
    """What becomes of all pairs of some pictures."""
    keys, kin, everything = task
    relations, copies = Counter[str](), list[dict[str, Any]]()
    signals = assessment.load_signals(tracing.SIGNALS)
    engine = _open["collection"].engine()
    traces = [
        tracing.with_variants(tracing.with_features(one), engine.encoders)
        for one in engine.catalog.traces(keys).values()
    ]
    for number, query in enumerate(traces):
        for other, key in zip(traces[:number], keys[:number], strict=True):
            if kin.get(keys[number], "") == kin.get(key, " "):
                continue
            verdict, evidence = assessment.assess(query, other, signals)
            if assessment.is_aligned(evidence):
                verdict, evidence = assessment.either_way(query, other, signals, evidence)
            hinted = max((piece.measures.get("inliers", 0.0) for piece in evidence), default=0.0) >= HINTED
            if verdict.relation < Relation.COPY and (everything or hinted):
                verdict, evidence = assessment.look_closer(query, other, signals, evidence)
            relations[str(verdict.relation)] += 1
            if verdict.relation >= Relation.COPY:
                copies.append({"pair": [keys[number], key], "score": round(verdict.score, 4)})
    return relations, copies


def told(folder: Path, data: Path, pairs: int, *, everything: bool) -> dict[str, Any]:
    """The relations of so many pairs."""
    with Collection(folder) as collection:
        places = {one.id: one.path or "" for one in collection.list(limit=100_000)}
    named = groups(data)
    kin = {key: named[path] for key, path in places.items() if path in named}
    draw, tasks = random.Random(11), []
    for _ in range(math.ceil(pairs / math.comb(ROUND, 2))):
        keys = sorted(draw.sample(sorted(places), ROUND))
        tasks.append((keys, {key: kin[key] for key in keys if key in kin}, everything))
    relations, copies, clock = Counter[str](), list[dict[str, Any]](), time.perf_counter()
    with multiprocessing.get_context("spawn").Pool(2, start, (str(folder),)) as pool:
        for number, (found, called) in enumerate(pool.imap_unordered(judged, tasks), 1):
            relations.update(found)
            copies += [{**one, "pair": [places[key] for key in one["pair"]]} for one in called]
            if number % 5 == 0:
                seconds = (time.perf_counter() - clock) / number * (len(tasks) - number)
                print(f"{sum(relations.values())} pairs, {seconds:.0f} s left", file=sys.stderr, flush=True)
    return {"pairs": sum(relations.values()), "relations": dict(relations), "called_copy": copies}


def main() -> None:
    """Measures and writes the result."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=lambda text: Path(text).resolve(), required=True)
    parser.add_argument("--collection", type=Path, required=True, help="where a collection of all sets is, or is made")
    parser.add_argument("--pairs", type=int, default=1_000_000)
    parser.add_argument("--closer", type=int, default=10_000, help="pairs that are all looked at closer")
    options = parser.parse_args()
    if not all((options.data / name).is_dir() for name in SETS):
        sys.exit(f"{options.data} does not hold the picture sets this needs: {', '.join(SETS)}")
    if not options.collection.exists():
        with Collection(options.collection) as collection:
            collection.add(*(options.data / name for name in SETS))
    result = {
        "machine": machine(),
        "as_searched": told(options.collection, options.data, options.pairs, everything=False),
        "all_looked_at_closer": told(options.collection, options.data, options.closer, everything=True),
    }
    RESULT.write_text(json.dumps(result, indent=1) + "\n")
    print(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
