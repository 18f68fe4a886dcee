"""What every result names: when, on which machine, with which versions, from which commit."""

import os
import platform
import resource
import shutil
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path

_LIBRARIES = (
    "pictrace",
    "numpy",
    "pillow",
    "opencv-python-headless",
    "onnxruntime",
    "usearch",
    "pdqhash",
    "scikit-image",
    "apsw",
)


def machine() -> dict[str, object]:
    """Facts that a figure means nothing without."""
    here = Path(__file__).parent
    commit = subprocess.run(
        [shutil.which("git") or "git", "rev-parse", "--short", "HEAD"],
        cwd=here,
        capture_output=True,
        text=True,
        check=False,
    )
    return {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "commit": commit.stdout.strip(),
        "processor": _processor(),
        "instructions": _instructions(),
        "cores": len(os.sched_getaffinity(0)),
        "python": platform.python_version(),
        "versions": {name: _version(name) for name in _LIBRARIES},
    }


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.processor()


def _instructions() -> list[str]:
    """Which of the vector instructions that figures depend on the processor has."""
    telling = {"avx2", "avx512f", "avx512_vnni", "avx_vnni", "avx512_vpopcntdq", "amx_int8", "sha_ni"}
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("flags"):
            return sorted(telling & set(line.partition(":")[2].split()))
    return []


def _version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return "not installed"


def timed(command: list[str], *, output: Path | None = None) -> dict[str, float]:
    """Wall and CPU seconds of a command with all its children, and the most memory they held together.

    What it writes to stdout goes to the file `output`, if there is one.
    """
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    clock = time.perf_counter()
    with (output or Path(os.devnull)).open("wb") as stdout:
        process = subprocess.Popen(command, stdout=stdout, stderr=subprocess.PIPE)
    peak = [0]
    watcher = threading.Thread(target=_watch, args=(process.pid, peak), daemon=True)
    watcher.start()
    _, errors = process.communicate()
    wall = time.perf_counter() - clock
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if process.returncode not in {0, 1}:
        sys.exit(errors.decode(errors="replace"))
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {"wall_s": round(wall, 2), "cpu_s": round(cpu, 2), "peak_mb": round(peak[0] / 1024, 1)}


def _watch(root: int, peak: list[int]) -> None:
    """Proportional memory (shared pages counted once) of a process and its descendants, ten times a second."""
    while Path(f"/proc/{root}").exists():
        peak[0] = max(peak[0], sum(_kilobytes(pid) for pid in _family(root)))
        time.sleep(0.1)


def _family(root: int) -> list[int]:
    family, fresh = [root], [root]
    while fresh:
        try:
            fresh = [int(c) for pid in fresh for c in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
        except OSError:
            fresh = []
        family += fresh
    return family


def _kilobytes(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("Pss:")), 0)
