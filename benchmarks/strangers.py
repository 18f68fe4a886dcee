"""How often are pictures that have nothing to do with each other called copies or scenes?

Cheap signals first, on as many pairs as they allow: perceptual hashes on every pair there is, the features that are
kept on random pairs, and the closer look, which a search gives to a few candidates only, on each picture's nearest by
embedding. What is called a copy or a scene is listed, since large collections hold real ones.
"""

import argparse
import csv
import json
import multiprocessing
import random
import sys
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from measured import machine

from pictrace import assessment, keypoints, tracing
from pictrace.collection import Collection
from pictrace.picture import Picture
from pictrace.types import Key, Relation, Trace
from pictrace.verdict import operating

RESULT = Path(__file__).parent / "results/strangers.json"
SEED = 20261129
_bench: dict[str, Any] = {}


def start() -> None:
    """Loads the signals in one process of the pool."""
    import cv2

    cv2.setNumThreads(1)
    _bench["signals"] = assessment.load_signals(tracing.SIGNALS)


def ready(key: Key) -> Trace:
    """A stored trace with the features of its mirror image, as a query has them."""
    trace = _bench["traces"][key]
    return replace(trace, mirrored=keypoints.mirrored(Picture.open(trace.proxy).grey))


def judged(task: tuple[Key, Key, bool]) -> tuple[Key, Key, str, float]:
    """What is said of a pair, with a closer look or without."""
    one, other, closer = task
    query, candidate, signals = _bench["traces"][one], _bench["traces"][other], _bench["signals"]
    verdict, evidence = assessment.assess(query, candidate, signals)
    if assessment.is_aligned(evidence):
        verdict, evidence = assessment.either_way(query, candidate, signals, evidence)
    if closer and verdict.relation < Relation.COPY:
        verdict = assessment.look_closer(query, candidate, signals, evidence)[0]
    return one, other, str(verdict.relation), verdict.score


def near_hashes(keys: np.ndarray, rows: np.ndarray) -> tuple[int, list[tuple[Key, Key]]]:
    """Of all pairs, how many there are and which have hashes as near as those of copies."""
    found: list[tuple[Key, Key]] = []
    words = np.ascontiguousarray(rows).view(np.uint64)
    for place in range(len(words) - 1):
        bits = np.bitwise_count(words[place + 1 :] ^ words[place]).sum(axis=1, dtype=np.uint16)
        found += [(int(keys[place]), int(keys[place + 1 + at])) for at in np.flatnonzero(bits <= 31)]
    return len(words) * (len(words) - 1) // 2, found


def groups(data: Path) -> dict[str, set[str]]:
    """What each picture is known to show, by its path."""
    shows: dict[str, set[str]] = {}
    for folder in ("corel1k", "holidays_805"):
        for row in csv.DictReader((data / folder / "groups.csv").open()):
            shows.setdefault(str(data / folder / row["path"]), set()).add(f"{folder} {row['group']}")
    return shows


def told(tasks: list[tuple[Key, Key, bool]], paths: dict[Key, str], seconds: float) -> dict[str, Any]:
    """Verdicts on pairs for as long as there is time, and which of them are scenes or copies."""
    counts: Counter[str] = Counter()
    named = []
    clock = time.monotonic()
    with multiprocessing.get_context("fork").Pool(2, start) as pool:
        for one, other, relation, score in pool.imap(judged, tasks, chunksize=64):
            counts[relation] += 1
            if Relation(relation) >= Relation.SCENE:
                named.append(
                    [relation, round(score, 4), *("/".join(Path(paths[key]).parts[-2:]) for key in (one, other))]
                )
            if time.monotonic() - clock > seconds:
                pool.terminate()
                break
    return {"pairs": sum(counts.values()), "relations": dict(counts), "named": sorted(named)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=lambda text: Path(text).resolve(), required=True)
    parser.add_argument(
        "--collection", type=Path, required=True, help="made of photos, corel1k, distractors and others"
    )
    parser.add_argument("--pictures", type=int, default=2000, help="of which pairs are drawn for the features")
    parser.add_argument("--pairs", type=int, default=1_000_000)
    parser.add_argument("--nearest", type=int, default=2000, help="pairs that get a closer look")
    parser.add_argument("--seconds", type=float, default=500, help="for each of the two")
    options = parser.parse_args()
    if not (options.data / "corel1k/groups.csv").is_file() or not options.collection.is_dir():
        sys.exit(f"{options.data} or {options.collection} does not hold what this needs: corel1k, holidays_805")
    draw, shows = random.Random(SEED), groups(options.data)
    with Collection(options.collection) as collection:
        catalog = collection.engine().catalog
        paths = {record.id: record.path or "" for record in catalog.records(limit=100_000)}
        blocks = {name: list(catalog.rows(name)) for name in ("pdq", "lite0")}
        chosen = draw.sample(sorted(paths), min(options.pictures, len(paths)))
        _bench["traces"] = catalog.traces(chosen)
    every = {
        name: (np.concatenate([b[0] for b in some]), np.concatenate([b[1] for b in some]))
        for name, some in blocks.items()
    }
    hashed, alike = near_hashes(*every["pdq"])
    with multiprocessing.get_context("fork").Pool(2, start) as pool:
        _bench["traces"] = dict(zip(chosen, pool.imap(ready, chosen, chunksize=32), strict=True))
    mine = np.isin(every["lite0"][0], chosen)
    keys, rows = every["lite0"][0][mine], every["lite0"][1][mine]
    rows = rows / np.linalg.norm(rows, axis=1, keepdims=True)

    def strange(one: Key, other: Key) -> bool:
        return one != other and not shows.get(paths[one], set()) & shows.get(paths[other], set())

    near = []
    for place in draw.sample(range(len(keys)), len(keys)):
        order = keys[np.argsort(-(rows @ rows[place]))[1:40]].tolist()
        near += [(int(keys[place]), other, True) for other in order if strange(int(keys[place]), other)][:2]
    random_pairs = [
        (one, other, False)
        for one, other in (draw.sample(chosen, 2) for _ in range(options.pairs))
        if strange(one, other)
    ]
    result = {
        "machine": machine(),
        "thresholds": {str(one): operating(one).threshold for one in (Relation.COPY, Relation.SCENE)},
        "hashes": {"pairs": hashed, "as_near_as_copies": [[Path(paths[key]).name for key in pair] for pair in alike]},
        "features": told(random_pairs, paths, options.seconds),
        "closer": told(near[: options.nearest], paths, options.seconds),
    }
    print(json.dumps(result, indent=1)[:6000])
    RESULT.write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
