"""kill -9 at random moments of indexing, again and again: nothing is lost, nothing is there twice.

Each round starts the command line on one folder, kills it with all its workers after a seeded delay, and starts it
again to the end; the collection is then compared with one that was never interrupted.
"""

import argparse
import json
import random
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from measured import machine

from pictrace.collection import Collection

RESULT = Path(__file__).parent / "results/kills.json"


def command(files: Path, target: Path) -> list[str]:
    """The command that is killed."""
    return [sys.executable, "-m", "pictrace", "index", str(files), "-c", str(target)]


def content(target: Path) -> list[tuple[str, str]]:
    """Every place with the SHA-256 of its picture, and the collection's own check."""
    with Collection(target) as collection:
        problems = list(collection.verify())
        found = [(place.uri, record.sha256) for record in collection.list() for place in record.locations]
    if problems:
        sys.exit(f"verify found: {problems}")
    return sorted(found)


def killed(files: Path, target: Path, delays: list[float]) -> int:
    """How many of the runs were still going when their time came."""
    hits = 0
    for delay in delays:
        process = subprocess.Popen(command(files, target), stderr=subprocess.DEVNULL, start_new_session=True)
        time.sleep(delay)
        hits += process.poll() is None
        process.kill()
        process.wait()
    return hits


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    if not (options.data / "corel1k").is_dir():
        sys.exit(f"{options.data} does not hold the picture sets this needs: photos, corel1k")
    draw = random.Random(options.seed)
    with tempfile.TemporaryDirectory() as room:
        files = Path(room) / "files"
        for name in ("photos", "corel1k"):
            shutil.copytree(options.data / name, files / name)
        clock = time.perf_counter()
        subprocess.run(command(files, Path(room) / "whole.pictrace"), check=True, stderr=subprocess.DEVNULL)
        whole_s = time.perf_counter() - clock
        expected = content(Path(room) / "whole.pictrace")
        lost = doubled = hits = rounds = 0
        while hits < options.kills:
            target = Path(room) / f"killed-{rounds}.pictrace"
            hits += killed(files, target, [draw.uniform(0.5, 0.9 * whole_s) for _ in range(2)])
            subprocess.run(command(files, target), check=True, stderr=subprocess.DEVNULL)
            found = content(target)
            lost += len(set(expected) - set(found))
            doubled += len(found) - len(set(found)) + len(set(found) - set(expected))
            rounds += 1
            print(f"{hits} kills, {lost} lost, {doubled} doubled", file=sys.stderr)
            shutil.rmtree(target)
    result = {
        "machine": machine(),
        "pictures": len(expected),
        "kills": hits,
        "lost": lost,
        "doubled_or_foreign": doubled,
    }
    RESULT.write_text(json.dumps(result, indent=1) + "\n")
    print(json.dumps(result))


if __name__ == "__main__":
    main()
