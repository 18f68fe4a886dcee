"""Other photographs of the same scene: mean average precision on the holiday photographs, as searches rank them.

The first picture of each scene is searched for among all holiday photographs, and among them and the other sets; it is
not counted itself. Average precision is over the whole ranking, as Jégou et al. measure it: what a search does not
name comes after all that it names. `bare` is the cosine of the bundled network's rows alone, on the same pictures.

Jégou et al., Hamming embedding and weak geometric consistency, ECCV 2008, https://doi.org/10.1007/978-3-540-88682-2_24
"""

import argparse
import csv
import json
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from measured import machine

from pictrace.collection import Collection
from pictrace.search import Wanted, search
from pictrace.types import Key

RESULT = Path(__file__).parent / "results/holidays.json"
SETS = ("holidays_805", "photos", "corel1k", "museum", "distractors")
NAMED = 100


def scenes(data: Path, collection: Collection) -> list[list[Key]]:
    """The pictures of each scene by their keys, its query first; scenes of one picture are left out."""
    keys = {place.uri: one.id for one in collection.list(limit=100_000) for place in one.locations}
    found: dict[str, list[Key]] = {}
    for row in csv.DictReader((data / "holidays_805/groups.csv").open()):
        found.setdefault(row["group"], []).append(keys[str(data / "holidays_805" / row["path"])])
    return [group for group in (list(dict.fromkeys(keys)) for keys in found.values()) if len(group) > 1]


def average_precision(ranking: Sequence[Key], group: Sequence[Key]) -> float:
    """Mean precision at the places of a scene's other pictures; those that are not named count nothing."""
    places = [place for place, key in enumerate((key for key in ranking if key != group[0]), 1) if key in group]
    return sum((number + 1) / place for number, place in enumerate(places)) / (len(group) - 1)


def bare(collection: Collection, groups: Sequence[Sequence[Key]]) -> float:
    """The same by cosine alone."""
    parts = list(collection.engine().catalog.rows("lite0"))
    keys, rows = (np.concatenate(side) for side in zip(*parts, strict=True))
    place = {int(key): number for number, key in enumerate(keys)}
    rankings = [keys[np.argsort(-(rows @ rows[place[group[0]]]), kind="stable")].tolist() for group in groups]
    return float(np.mean([average_precision(*pair) for pair in zip(rankings, groups, strict=True)]))


def measured(folder: Path, data: Path, names: Sequence[str]) -> dict[str, Any]:
    """The figures among the pictures of some sets."""
    with Collection(folder) as collection:
        collection.add(*(data / name for name in names))
        groups = scenes(data, collection)
        engine = collection.engine()
        precisions, times, told = list[float](), list[float](), Counter[str]()
        for number, group in enumerate(groups):
            answer = search(engine, group[0], Wanted(limit=NAMED))
            precisions.append(average_precision([match.id or 0 for match in answer], group))
            times.append(sum(answer.timings_ms.values()))
            told.update(str(match.relation) for match in answer if match.id in group[1:])
            if number % 50 == 49:
                print(f"{number + 1} of {len(groups)}: {np.mean(precisions):.4f}", file=sys.stderr, flush=True)
        return {
            "pictures": len(collection),
            "queries": len(groups),
            "mean_average_precision": round(float(np.mean(precisions)), 4),
            "bare": round(bare(collection, groups), 4),
            "relations_of_the_scene": dict(told),
            "query_ms": round(float(np.median(times)), 1),
        }


def main() -> None:
    """Measures and writes the result."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=lambda text: Path(text).resolve(), required=True)
    options = parser.parse_args()
    if not all((options.data / name).is_dir() for name in SETS):
        sys.exit(f"{options.data} does not hold the picture sets this needs: {', '.join(SETS)}")
    with tempfile.TemporaryDirectory() as room:
        told = {
            name: measured(Path(room) / f"{name}.pictrace", options.data, names)
            for name, names in (("alone", SETS[:1]), ("among_others", SETS))
        }
    RESULT.write_text(json.dumps({"machine": machine(), **told}, indent=1) + "\n")
    print(json.dumps(told, indent=1))


if __name__ == "__main__":
    main()
