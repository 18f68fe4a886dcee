"""A service whose job comes halfway and no further: it waits there until the service is told to stop, or is killed."""

import json
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from fetch.upstream import ALLOWED
from service.desk import Desk, opened, settings, until

from pictrace import ingest
from pictrace.settings import FetchPolicy

BATCH = 4
"""Pictures of a folder that are committed together, for there are few of them in these tests."""


def paused(desk: Desk, count: int) -> Callable[[], object]:
    """Jobs wait behind so many inputs; what comes back waits until one does."""
    jobs, there = desk.held.jobs, threading.Event()

    def wait() -> None:
        if any(job.done >= count for job in jobs.all()):
            there.set()
            until(lambda: jobs._is_stopping)

    jobs.yield_to_others = wait
    return lambda: there.wait(30)


def begun(desk: Desk, kind: str, given: Any) -> str:
    """The job that takes in a folder, the ZIP in a file, or URLs."""
    if kind == "index":
        desk.shelf.folders = [given]
        return desk.shelf.index_folders(desk.held).id
    if kind == "zip":
        headers = {"content-type": "application/zip"}
        return desk.post("/archives?name=up.zip", content=Path(given).read_bytes(), headers=headers).json()["id"]
    return desk.post("/images", json={"urls": given, "metadata": {"n": 1}}).json()["id"]


def main(folder: str, kind: str, given: Any, *, ports: list[int], count: int) -> None:
    """Says the job's number once it is halfway, and is to be killed then."""
    ingest.BATCH = BATCH
    allowed = FetchPolicy(allow_networks=(f"{ALLOWED}/32",), allow_ports=tuple(ports))
    with opened(settings(Path(folder), fetch=allowed)) as desk:
        wait = paused(desk, count)
        number = begun(desk, kind, given)
        wait()
        sys.stdout.write(f"{number}\n")
        sys.stdout.flush()
        sys.stdin.read()


if __name__ == "__main__":
    main(**json.loads(sys.argv[1]))
