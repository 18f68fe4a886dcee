"""The indexes at scale: milliseconds, recall, seconds to build, bytes, and a cold start to the first answer.

    python benchmarks/ann.py [--rows 100000] [--width 256 512] [--rows-file REAL.npy] [--million] [--out FILE]

Rows are made: 2,000 clusters of very unequal sizes, coordinates of falling weight. REAL.npy holds real rows
instead, `(n, width)` float32; where more rows are asked for, near ones are mixed in pairs. Queries
are never among the rows. Prints one JSON object per run, and writes all of them with the machine to FILE.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from measured import machine

from pictrace import registry
from pictrace.settings import Settings
from pictrace.types import Hits, Metric, Rows, Space

CLUSTERS = 2000
QUERIES = 500
LIMIT = 10
VARIANTS = 8
"""Rows of one query picture: PDQ has eight, for turns and flips."""

BATCH = 4096
FIRST_ANSWER = """
import sys, time
from pathlib import Path
import numpy as np
from pictrace import registry
from pictrace.types import Metric, Space
imported = time.perf_counter()
space = Space(Metric(sys.argv[2]), int(sys.argv[3]))
index = registry.load("indexes", "hnsw").open(Path(sys.argv[1]), space)
index.search(np.load(sys.argv[4]), 10)
print(time.perf_counter() - imported)
"""


def made(count: int, width: int, *, seed: int = 1) -> npt.NDArray[np.float32]:
    """Rows `(count, width)` of length one."""
    random = np.random.default_rng(seed)
    weights = np.arange(1, width + 1, dtype=np.float32) ** -0.5
    centres = np.random.default_rng(0).standard_normal((CLUSTERS, width), np.float32)
    sizes = np.arange(1, CLUSTERS + 1) ** -0.7
    chosen = random.choice(CLUSTERS, count, p=sizes / sizes.sum())
    rows = np.empty((count, width), np.float32)
    for start in range(0, count, BATCH):
        part = slice(start, start + BATCH)
        noise = random.standard_normal((len(chosen[part]), width), np.float32)
        rows[part] = (centres[chosen[part]] + 0.7 * noise) * weights
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), np.float32)


def padded(real: npt.NDArray[np.float32], count: int) -> npt.NDArray[np.float32]:
    """Real rows first, then mixtures of a real row and one of its ten nearest."""
    random = np.random.default_rng(2)
    unit = real / np.linalg.norm(real, axis=1, keepdims=True)
    index = registry.load("indexes", "exact")(Space(Metric.COSINE, unit.shape[1]))
    index.add(np.arange(1, len(unit) + 1, dtype=np.uint64), unit)
    near = np.stack([hits.keys.astype(int) - 1 for hits in index.search(unit, LIMIT + 1)])
    one = random.integers(len(unit), size=max(0, count - len(unit)))
    other = near[one, random.integers(1, LIMIT + 1, size=len(one))]
    share = random.uniform(0.2, 0.8, (len(one), 1)).astype(np.float32)
    rows = np.concatenate([unit, share * unit[one] + (1 - share) * unit[other]])[:count]
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), np.float32)


def build(name: str, space: Space, rows: Rows) -> tuple[Any, float]:
    """An index of all rows, and the seconds that took."""
    index = registry.load("indexes", name)(space, threads=Settings().cores)
    start = time.perf_counter()
    for first in range(0, len(rows), BATCH):
        part = rows[first : first + BATCH]
        index.add(np.arange(first + 1, first + 1 + len(part), dtype=np.uint64), part)
    return index, time.perf_counter() - start


def timed(index: Any, queries: list[Rows], limit: int) -> tuple[list[Hits], dict[str, float]]:
    """The hits of the first row of each query, and milliseconds at the middle and the 99th percentile."""
    seconds, hits = [], []
    for query in [*queries[:20], *queries]:
        start = time.perf_counter()
        hits.append(index.search(query, limit)[0])
        seconds.append(time.perf_counter() - start)
    middle, late = np.quantile(np.array(seconds[20:]) * 1e3, [0.5, 0.99])
    return hits[20:], {"median_ms": round(middle, 3), "p99_ms": round(late, 3)}


def recall(found: list[Hits], truth: list[Hits]) -> float:
    """Share of the ten nearest that were found; rows as near as the tenth count."""
    shares = [
        np.mean(np.isin(ours.keys, right.keys) | (ours.distances <= right.distances[-1] + 1e-6))
        for ours, right in zip(found, truth, strict=True)
    ]
    return round(float(np.mean(shares)), 4)


def first_answer(path: Path, space: Space, query: Rows) -> dict[str, float]:
    """Seconds from starting Python to the first answer of the mapped file, and the part after the imports."""
    with tempfile.NamedTemporaryFile(suffix=".npy") as file:
        np.save(file, query)
        file.flush()
        start = time.perf_counter()
        command = [sys.executable, "-c", FIRST_ANSWER, str(path), space.metric, str(space.width), file.name]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        whole = time.perf_counter() - start
    return {"start_to_answer_s": round(whole, 3), "open_and_search_s": round(float(done.stdout), 3)}


def measure(space: Space, rows: Rows, queries: list[Rows], folder: Path) -> dict[str, Any]:
    """Everything about one set of rows."""
    oracle, _ = build("exact", space, rows)
    truth, exact_ms = timed(oracle, queries[:100], LIMIT)
    truth += [oracle.search(query, LIMIT)[0] for query in queries[100:]]
    del oracle
    before = resident_mb()
    index, seconds = build("hnsw", space, rows)
    memory = resident_mb() - before
    path = folder / "rows.hnsw"
    index.save(path)
    del index
    mapped = registry.load("indexes", "hnsw").open(path, space)
    found, graph_ms = timed(mapped, queries, LIMIT)
    _, wide_ms = timed(mapped, queries, 5 * LIMIT)
    row_bytes = len(rows) * space.columns * space.stored_dtype.itemsize
    return {
        "metric": str(space.metric),
        "width": space.width,
        "rows": len(rows),
        "rows_per_query": len(queries[0]),
        "recall_at_10": recall(found, truth),
        **graph_ms,
        "median_ms_limit_50": wide_ms["median_ms"],
        "exact_median_ms": exact_ms["median_ms"],
        "build_s": round(seconds, 1),
        "file_mb": round(path.stat().st_size / 1e6, 1),
        "file_to_row_bytes": round(path.stat().st_size / row_bytes, 3),
        "built_memory_mb": round(memory, 1),
        **first_answer(path, space, queries[0]),
    }


def resident_mb() -> float:
    """Memory of this process, in MB."""
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * 4096 / 1e6


def runs(options: argparse.Namespace) -> list[tuple[Space, int]]:
    """The spaces and numbers of rows to measure, smallest first."""
    cosine = [(Space(Metric.COSINE, width), options.rows) for width in options.width]
    growth = [(cosine[0][0], options.rows // 10), *([(cosine[0][0], 1_000_000)] if options.million else [])]
    return [*sorted([*growth, *cosine], key=lambda run: run[1]), (Space(Metric.HAMMING, 256), options.rows)]


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--width", type=int, nargs="+", default=[256, 512])
    parser.add_argument("--rows-file", type=Path)
    parser.add_argument("--million", action="store_true", help="also a million rows of the first width")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "results" / "ann.json")
    options = parser.parse_args()
    real = None if options.rows_file is None else np.load(options.rows_file, allow_pickle=False)
    if real is not None:
        options.width = [real.shape[1]]
    results = []
    for space, count in runs(options):
        step = VARIANTS if space.metric is Metric.HAMMING else 1
        wanted = count + QUERIES * step
        rows: Rows = made(wanted, space.width) if real is None or step > 1 else padded(real, wanted)
        rows = np.random.default_rng(3).permutation(rows) if real is not None and step == 1 else rows
        rows = np.packbits(rows > 0, axis=1) if step > 1 else rows
        queries = list(rows[count:].reshape(QUERIES, step, -1))
        with tempfile.TemporaryDirectory() as folder:
            results.append(measure(space, rows[:count], queries, Path(folder)))
        print(json.dumps(results[-1]), flush=True)
    plain = {**machine(), "rows_are": "made" if real is None else "real and mixed", "results": results}
    options.out.write_text(json.dumps(plain, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
