"""Every hostile, broken or odd file gives a picture or a typed error; no crash, no hang, no leak of words.

    python benchmarks/malformed.py --data DIR [--out benchmarks/results/malformed.json]

DIR holds a folder `malformed`. All its files go through worker processes with the default limits. The script
exits with 1 if a file killed its worker or a message says too much. Counts by code, the slowest files and
what it ran on go to OUT.
"""

import argparse
import collections
import datetime as dt
import json
import os
import platform
import re
import sys
import time
from pathlib import Path
from typing import Any

import PIL

from pictrace.errors import PictureError
from pictrace.picture import DECODER_VERSION, Picture
from pictrace.settings import Limits
from pictrace.workers import Workers

SLOWEST = 5
LEAKS = re.compile(r"Traceback|File \"/|site-packages|/root/|/home/|Errno|0x[0-9a-f]{8}|PIL|Pillow|libheif")
"""What no message to a user may hold: traces, absolute paths, addresses, names of libraries."""


def look(path: str) -> dict[str, Any]:
    """How one file ends: its code, or `picture` with what was read, and the seconds it took."""
    start = time.perf_counter()
    try:
        picture = Picture.open(path)
        made = len(picture.frame) + len(picture.grey) + len(picture.squashed(224)) + len(picture.proxy())
        code, detail = "picture", f"{picture.format} {picture.width} × {picture.height}, {made}"
    except PictureError as error:
        code, detail = error.code, f"{error} {error.hint}"
    return {"code": code, "detail": detail, "seconds": time.perf_counter() - start}


def survey(files: list[Path], *, workers: int) -> list[dict[str, Any]]:
    """One record per file: name, code, detail, seconds."""
    with Workers(look, workers=workers, limits=Limits()) as pool:
        answers = [(Path(path), answer) for path, answer in pool.run([str(file) for file in files])]
    return [{"file": f"{path.parent.name}/{path.name}", **_plain(answer)} for path, answer in answers]


def _plain(answer: dict[str, Any] | PictureError) -> dict[str, Any]:
    if isinstance(answer, PictureError):
        return {"code": f"worker: {answer.code}", "detail": str(answer), "seconds": -1.0}
    return answer


def summary(records: list[dict[str, Any]], *, wall: float) -> dict[str, Any]:
    """The figures of one run."""
    slowest = sorted(records, key=lambda record: -record["seconds"])[:SLOWEST]
    return {
        "what": "hostile, broken and odd files through worker processes, default limits",
        "files": len(records),
        "codes": dict(collections.Counter(record["code"] for record in records).most_common()),
        "killed_workers": [record for record in records if record["code"].startswith("worker: ")],
        "leaks": [record for record in records if LEAKS.search(record["detail"])],
        "slowest": [{"file": one["file"], "code": one["code"], "seconds": round(one["seconds"], 3)} for one in slowest],
        "wall_seconds": round(wall, 1),
        "decoder": DECODER_VERSION,
        "date": dt.datetime.now(dt.UTC).date().isoformat(),
        "machine": f"{platform.machine()}, {os.cpu_count()} cores",
        "versions": {"python": platform.python_version(), "pillow": PIL.__version__},
    }


def main() -> int:
    """Runs the survey and writes its summary."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "results" / "malformed.json")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--verbose", action="store_true", help="one line per file")
    options = parser.parse_args()
    files = sorted(path for path in (options.data / "malformed").rglob("*") if path.is_file())
    if not files:
        print(f"this needs a folder 'malformed' with files in {options.data}", file=sys.stderr)
        return 2
    start = time.perf_counter()
    records = survey(files, workers=options.workers)
    figures = summary(records, wall=time.perf_counter() - start)
    if options.verbose:
        for record in records:
            print(f"{record['seconds']:8.3f}  {record['code']:24} {record['file']}  {record['detail']}")
    options.out.write_text(json.dumps(figures, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    print(json.dumps(figures, indent=2, ensure_ascii=False))
    return 1 if figures["killed_workers"] or figures["leaks"] else 0


if __name__ == "__main__":
    sys.exit(main())
