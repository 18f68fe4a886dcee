"""What indexing costs: CPU seconds a picture against the bare library calls, pictures a second, and memory.

The bare calls are decoding, one forward pass (batches of 32), ORB at 512 px and PDQ at 256 px, on the same files,
timed one kind at a time and added up, in as many processes at once as there are cores: cores that share a unit run
slower together, for us as for them. `--fastdup PYTHON` names a Python that has fastdup, to time it on the same files.
"""

import argparse
import json
import multiprocessing
import os
import shutil
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from measured import machine, timed

RESULT = Path(__file__).parent / "results/indexing.json"
FASTDUP = """
import sys, fastdup
fd = fastdup.create(input_dir=sys.argv[1], work_dir=sys.argv[2])
fd.run(overwrite=True, num_threads=int(sys.argv[3]), verbose=False)
"""


def bare(paths: list[Path]) -> dict[str, float]:
    """CPU milliseconds a picture of each library call alone, all cores busy."""
    cores = len(os.sched_getaffinity(0))
    with multiprocessing.get_context("spawn").Pool(cores) as pool:
        parts = pool.map(bare_part, [paths[core::cores] for core in range(cores)], chunksize=1)
    return {name: round(sum(part[name] for part in parts) / len(parts), 3) for name in parts[0]}


def bare_part(paths: list[Path]) -> dict[str, float]:
    """The same for one process, in one thread."""
    import cv2
    import pdqhash
    from PIL import Image

    from pictrace.encoders.lite0 import Encoder
    from pictrace.settings import Runtime

    cv2.setNumThreads(1)
    images, greys, smalls, inputs = [], [], [], []
    spent = dict.fromkeys(("decode", "forward", "orb", "pdq"), 0.0)
    encoder = Encoder(runtime=Runtime(threads=1))
    encoder.encode_prepared(np.zeros((1, 224, 224, 3), np.uint8))
    orb = cv2.ORB_create(nfeatures=500)
    for data in [path.read_bytes() for path in paths]:
        clock = time.process_time()
        images.append(_decoded(data))
        spent["decode"] += time.process_time() - clock
    for image in images:
        fitted = image.copy()
        fitted.thumbnail((512, 512))
        greys.append(np.asarray(fitted.convert("L")))
        smalls.append(np.asarray(image.resize((256, 256), Image.Resampling.BILINEAR)))
        inputs.append(np.asarray(image.resize((224, 224), Image.Resampling.BILINEAR)))
    clock = time.process_time()
    for grey in greys:
        orb.detectAndCompute(grey, None)
    spent["orb"] = time.process_time() - clock
    clock = time.process_time()
    for small in smalls:
        pdqhash.compute(small)
    spent["pdq"] = time.process_time() - clock
    for place in range(0, len(inputs), 32):
        batch = np.stack(inputs[place : place + 32])
        clock = time.process_time()
        encoder.encode_prepared(batch)
        spent["forward"] += time.process_time() - clock
    return {name: round(seconds / len(paths) * 1000, 3) for name, seconds in spent.items()}


def _decoded(data: bytes) -> Any:
    import io

    from PIL import Image

    image = Image.open(io.BytesIO(data))
    image.load()
    return image.convert("RGB")


def indexed(files: Path, *, features: str) -> dict[str, float]:
    """One indexing run of the command line, as a process of its own."""
    folder = Path(tempfile.mkdtemp())
    command = [
        sys.executable,
        "-m",
        "pictrace",
        "index",
        str(files),
        "-c",
        str(folder / "bench.pictrace"),
        "--json",
    ]
    if features == "later":
        command += ["--defer-features"]
    figures = timed(command)
    figures["megabytes_on_disk"] = round(sum(f.stat().st_size for f in folder.rglob("*") if f.is_file()) / 1e6, 1)
    shutil.rmtree(folder)
    return figures


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder that holds photos (and corel1k)")
    parser.add_argument("--repeat", type=int, default=6, help="copies of the set, each picture changed by a byte")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--fastdup", help="a Python that has fastdup")
    options = parser.parse_args()
    photos = [*(options.data / "photos").glob("*.jpg"), *(options.data / "corel1k").glob("*.jpg")]
    if not photos:
        sys.exit(f"{options.data} does not hold the picture sets this needs: photos, corel1k")
    files = Path(tempfile.mkdtemp())
    for turn in range(options.repeat):
        for path in photos:
            (files / f"{path.parent.name}-{turn}-{path.name}").write_bytes(path.read_bytes() + bytes([turn]))
    count = options.repeat * len(photos)
    rounds: list[dict[str, Any]] = []
    for _ in range(options.rounds):
        figures: dict[str, Any] = {
            "bare_ms": bare(sorted(photos)),
            "all_signals": indexed(files, features="now"),
        }
        figures["features_later"] = indexed(files, features="later")
        if options.fastdup:
            work = tempfile.mkdtemp()
            figures["fastdup"] = timed(
                [options.fastdup, "-c", FASTDUP, str(files), work, str(len(os.sched_getaffinity(0)))]
            )
            shutil.rmtree(work)
        total = sum(figures["bare_ms"].values())
        figures["cpu_ratio"] = round(figures["all_signals"]["cpu_s"] / count * 1000 / total, 3)
        for name in ("all_signals", "features_later", "fastdup"):
            if name in figures:
                figures[name]["images_per_s"] = round(count / figures[name]["wall_s"], 1)
        rounds.append(figures)
        print(json.dumps(figures, indent=1), flush=True)
    shutil.rmtree(files)
    RESULT.write_text(json.dumps({"machine": machine(), "pictures": count, "rounds": rounds}, indent=1) + "\n")


if __name__ == "__main__":
    main()
