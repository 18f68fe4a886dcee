"""Search of an uploaded 1 megapixel JPEG among many pictures, verified: milliseconds, from bytes to answer.

The collection holds the real pictures of the data folder, padded to `--pictures` with made ones: each has the row of
a real one moved towards another's, the hash of that one with some forty bits turned, and the local features and the
proxy of a third, so that what is nearest is not the same picture again. Queries are real
photographs, enlarged to 1 MP and recompressed; strangers, of which the collection holds nothing, take the longest way
and are timed apart. Each is searched for once, in a process that has the collection open.
"""

import argparse
import hashlib
import io
import json
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from measured import machine
from PIL import Image

from pictrace import folding, registry
from pictrace.catalogs import Catalog, Entry
from pictrace.collection import Collection
from pictrace.types import Location, Metric, Relation, Trace

RESULT = Path(__file__).parent / "results/latency.json"
FIRST_ANSWER = """
import sys, time
clock = time.perf_counter()
import pictrace
with pictrace.open(sys.argv[1]) as collection:
    answer = collection.search(sys.argv[2])
    print(time.perf_counter() - clock, answer[0].relation)
"""


def made(real: list[Trace], count: int, draw: np.random.Generator) -> Iterator[Trace]:
    """Traces like the real ones, each with rows and hashes of its own."""
    for number in range(count):
        one, other, third = (real[place] for place in draw.integers(0, len(real), 3))
        rows = {}
        for name, row in one.rows.items():
            if row.dtype == np.float32:
                moved = row + 0.6 * other.rows[name] + draw.normal(0, 0.02, row.shape).astype(np.float32)
                rows[name] = (moved / np.linalg.norm(moved)).astype(np.float32)
            else:
                turned = np.packbits(draw.random((1, row.shape[1] * 8)) < 0.15, axis=1)
                rows[name] = other.rows[name] ^ turned
        digest = hashlib.sha256(f"made {number}".encode()).hexdigest()
        yield replace(third, rows=rows, sha256=digest, pixel_hash=digest)


def padded(target: Path, pictures: int) -> None:
    """Fills a collection up to so many pictures, and its indexes with it."""
    catalog: Catalog = registry.load("catalogs", "sqlite").open(str(target), writable=True)
    keys = [record.id for record in catalog.records(limit=100_000)]
    real = [trace for start in range(0, len(keys), 500) for trace in catalog.traces(keys[start : start + 500]).values()]
    batch = []
    for number, trace in enumerate(made(real, pictures - len(keys), np.random.default_rng(5))):
        batch.append(Entry(Location(f"/made/{number}.jpg", "/made", trace.size, 0), trace))
        if len(batch) == 500:
            catalog.put(batch)
            batch = []
    if batch:
        catalog.put(batch)
    clock = time.perf_counter()
    for place in folding.places(target / "indexes", catalog, threads=2):
        folding.fold(place)
    print(f"indexes folded in {time.perf_counter() - clock:.0f} s", file=sys.stderr)
    catalog.close()


def megapixel(path: Path) -> bytes:
    """A photograph as a JPEG of one million pixels."""
    image = Image.open(path).convert("RGB")
    scale = (1_000_000 / (image.width * image.height)) ** 0.5
    stream = io.BytesIO()
    image.resize((round(image.width * scale), round(image.height * scale)), Image.Resampling.LANCZOS).save(
        stream, "JPEG", quality=88
    )
    return stream.getvalue()


def neighbours(collection: Collection, queries: int) -> dict[str, object]:
    """Milliseconds of the index alone, and its recall@10 against exact search over the same rows."""
    figures: dict[str, object] = {}
    catalog = collection.engine().catalog
    for stamp in catalog.recipe.encoders:
        space = stamp.space
        parts = [rows for _, rows in catalog.rows(stamp.name)]
        rows = np.concatenate(parts)
        draw = np.random.default_rng(3)
        chosen = rows[draw.choice(len(rows), queries, replace=False)]
        if space.metric is Metric.COSINE:
            chosen = chosen + draw.normal(0, 0.01, chosen.shape).astype(np.float32)
        found = collection.engine().lookups[stamp.name]
        times, hits = [], 0
        for row in chosen:
            clock = time.perf_counter()
            near = found.search(row[None], 10)[0]
            times.append((time.perf_counter() - clock) * 1000)
            exact = np.sort(space.distance(row[None], rows)[0])[:10]
            hits += int((near.distances <= exact[-1] + 2e-3).sum())
        figures[stamp.name] = {
            "rows": len(rows),
            "p50_ms": round(float(np.median(times)), 3),
            "p99_ms": round(float(np.percentile(times, 99)), 3),
            "recall_at_10": round(hits / queries / 10, 4),
        }
    return figures


def strangers(collection: Collection, paths: list[Path]) -> dict[str, object]:
    """Milliseconds of searches for pictures that are not there, for which every step is taken."""
    times, proved = [], 0
    for path in paths:
        data = megapixel(path)
        clock = time.perf_counter()
        answer = collection.search(data)
        times.append((time.perf_counter() - clock) * 1000)
        proved += any(match.relation >= Relation.SCENE for match in answer)
    return {
        "queries": len(times),
        "p50_ms": round(float(np.percentile(times, 50)), 1),
        "p95_ms": round(float(np.percentile(times, 95)), 1),
        "called_scene_or_copy": proved,
    }


def first_answers(target: Path, paths: Iterable[Path]) -> list[float]:
    """Seconds from the start of a program to its first answer, for each picture anew."""
    found = []
    for path in paths:
        command = [sys.executable, "-c", FIRST_ANSWER, str(target), str(path)]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        found.append(float(done.stdout.split()[0]))
    return found


def timed(collection: Collection, queries: Sequence[tuple[Path, bytes]]) -> dict[str, object]:
    """How long searches take, as a whole and by their stages, and how often the right picture comes first."""
    stages: dict[str, list[float]] = {}
    times, right = [], 0
    for path, data in queries:
        clock = time.perf_counter()
        answer = collection.search(data)
        times.append((time.perf_counter() - clock) * 1000)
        right += bool(answer) and answer[0].path == str(path)
        for name, spent in answer.timings_ms.items():
            stages.setdefault(name, []).append(spent)
    return {
        "queries": len(times),
        "right_one_first": round(right / len(times), 4),
        "p50_ms": round(float(np.percentile(times, 50)), 1),
        "p95_ms": round(float(np.percentile(times, 95)), 1),
        "stages_p50_ms": {name: round(float(np.median(spent)), 2) for name, spent in stages.items()},
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=lambda text: Path(text).resolve(), required=True)
    parser.add_argument("--pictures", type=int, default=100_000)
    parser.add_argument("--queries", type=int, default=200)
    parser.add_argument("--keep", type=Path, help="keep the collection here, or use the one that is here")
    options = parser.parse_args()
    photos = sorted((options.data / "photos").glob("*.jpg"))
    if not photos:
        sys.exit(f"{options.data} does not hold the picture sets this needs: photos, corel1k, distractors")
    with tempfile.TemporaryDirectory() as room:
        target = options.keep or Path(room) / "latency.pictrace"
        if not target.exists():
            with Collection(target) as collection:
                collection.add(*(options.data / name for name in ("photos", "corel1k", "museum", "distractors")))
            padded(target, options.pictures)
        queries = [
            (path, megapixel(path)) for path in random.Random(2).sample(photos, min(options.queries, len(photos)))
        ]
        first = first_answers(target, [path for path, _ in queries[:5]])
        with Collection(target) as collection:
            searches = timed(collection, queries)
            held, index = len(collection), neighbours(collection, 200)
            unknown = strangers(collection, sorted((options.data / "holidays_805").rglob("*.jpg"))[:100])
    result = {
        "machine": machine(),
        "pictures": held,
        **searches,
        "start_to_first_answer_s": [round(seconds, 2) for seconds in first],
        "strangers": unknown,
        "index": index,
    }
    RESULT.write_text(json.dumps(result, indent=1) + "\n")
    print(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
