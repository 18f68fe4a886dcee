"""What every result names: when, on which machine, with which versions, from which commit."""

import os
import platform
import shutil
import subprocess
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
