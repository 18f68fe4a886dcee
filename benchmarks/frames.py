"""Strangers under the same words, marks or frames: are they told apart, and do copies under them stay copies?

Photographs that the calibration was not fitted on are edited in one way and compared as `pictrace compare` does: two
different ones, one with its original, and one with another overlay of the same. Then a collection of edited ones is
searched for strangers that were edited likewise.
"""

import argparse
import io
import json
import multiprocessing
import random
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from measured import machine
from pairs import SHARED, in_fitting_half
from PIL import Image

from pictrace import assessment, tracing
from pictrace.collection import Collection
from pictrace.edits import SUITE
from pictrace.picture import Picture
from pictrace.settings import Runtime, Settings
from pictrace.types import Relation, Trace

RESULT = Path(__file__).parent / "results/frames.json"
EDITS = (*SHARED, "border-white", "border-black", "blurred-sides")
SEED = 20261130
_bench: dict[str, Any] = {}


@dataclass(frozen=True)
class Task:
    """Two pictures, each a file and the edit that it went through, if any; `kind` is what they have in common."""

    kind: str
    one: tuple[Path, str]
    other: tuple[Path, str]


def start() -> None:
    """Loads the models in one process of the pool."""
    import cv2

    cv2.setNumThreads(1)
    _bench["encoders"] = tracing.load_encoders(tracing.ENCODERS, Runtime(threads=1))
    _bench["signals"] = assessment.load_signals(tracing.SIGNALS)


def edited(path: Path, edit: str) -> bytes:
    """The bytes of a file, or of its edit as a JPEG."""
    if not edit:
        return path.read_bytes()
    stream = io.BytesIO()
    SUITE[edit](Image.open(path).convert("RGB"), random.Random(f"{path.name} {edit}")).save(stream, "JPEG", quality=90)
    return stream.getvalue()


def traced(path: Path, edit: str) -> Trace:
    """The trace of a file or of its edit."""
    return tracing.of_query(Picture.open(edited(path, edit), target=tracing.TARGET), _bench["encoders"])


def compared(task: Task) -> str:
    """The relation that a comparison gives."""
    match, _ = assessment.compare(traced(*task.one), traced(*task.other), _bench["signals"])
    return str(match.relation)


def tasks(paths: Sequence[Path], pairs: int, draw: random.Random) -> Iterator[Task]:
    """So many pairs of each kind for every edit."""
    for place, edit in enumerate(EDITS):
        another = EDITS[(place + 1) % len(EDITS)]
        for _ in range(pairs):
            one, other = draw.sample(paths, 2)
            yield Task("strangers", (one, edit), (other, edit))
            yield Task("with its original", (one, edit), (one, ""))
            yield Task("under another", (one, edit), (one, another))


def searched(paths: Sequence[Path], stored: int, queries: int, draw: random.Random) -> dict[str, dict[str, int]]:
    """The strongest relation that searches for edited strangers give anything in a collection of edited pictures."""
    found: dict[str, Counter[str]] = {}
    chosen = draw.sample(paths, stored + queries)
    with (
        tempfile.TemporaryDirectory() as folder,
        Collection(Path(folder) / "frames.pictrace", settings=Settings(workers=1, threads=2)) as collection,
    ):
        for edit in EDITS:
            for path in chosen[:stored]:
                collection.add_image(edited(path, edit))
        for edit in EDITS:
            for path in chosen[stored:]:
                answer = collection.search(edited(path, edit))
                best = max((match.relation for match in answer), default=Relation.DIFFERENT)
                found.setdefault(edit, Counter())[str(best)] += 1
    return {edit: dict(sorted(counts.items())) for edit, counts in found.items()}


def summed(table: dict[str, dict[str, int]]) -> dict[str, int]:
    """All edits together."""
    total: Counter[str] = Counter()
    for row in table.values():
        total.update(row)
    return dict(sorted(total.items()))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=lambda text: Path(text).resolve(), required=True)
    parser.add_argument("--pairs", type=int, default=16, help="of each kind for every edit")
    parser.add_argument("--stored", type=int, default=8, help="photographs that a collection is made of, once per edit")
    parser.add_argument("--queries", type=int, default=4, help="strangers that are searched for, once per edit")
    options = parser.parse_args()
    sets = [options.data / name for name in ("photos", "corel1k", "distractors")]
    if any(not one.is_dir() for one in sets):
        sys.exit(f"{options.data} does not hold the picture sets this needs: photos, corel1k, distractors")
    files = sorted(path for one in sets for path in one.rglob("*") if path.suffix.lower() in {".jpg", ".jpeg", ".png"})
    held = [path for path in files if not in_fitting_half(path)]
    draw = random.Random(SEED)
    todo = list(tasks(held, options.pairs, draw))
    with multiprocessing.get_context("spawn").Pool(2, start) as pool:
        relations = pool.map(compared, todo, chunksize=4)
    kinds: dict[str, dict[str, Counter[str]]] = {}
    for task, relation in zip(todo, relations, strict=True):
        kinds.setdefault(task.kind, {}).setdefault(task.one[1], Counter())[relation] += 1
    tables = {kind: {edit: dict(sorted(row.items())) for edit, row in table.items()} for kind, table in kinds.items()}
    tables["searches for strangers"] = searched(held, options.stored, options.queries, draw)
    result = {"machine": machine(), "pictures": len(held), "all": {k: summed(v) for k, v in tables.items()}, **tables}
    print(json.dumps({name: value for name, value in result.items() if name != "machine"}, indent=1))
    RESULT.write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
