"""Another encoder takes a model's place while a collection is searched, and whoever makes its rows is killed.

A collection of `--pictures` (the real ones of the data folder, and made ones as in benchmarks/latency.py) is searched
all the time: over HTTP through the service that makes the rows, and by a process of its own that only reads. The
service is killed with SIGKILL at random moments and started again. Every answer has to be that of the old or of the new
encoders alone, as asked before and after; no picture may be lost.

The new encoder is `seconds.signs`: lite0's model behind a fixed projection to 256 values, of which the signs are kept.
"""

import argparse
import contextlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from latency import padded
from measured import machine

from pictrace.collection import Collection
from pictrace.settings import Settings

RESULT = Path(__file__).parent / "results/switch.json"
SETS = ("photos", "corel1k", "museum", "distractors", "holidays_805")
OLD, NEW = "lite0", "seconds.signs"
PORT = 8797
BASE = f"http://127.0.0.1:{PORT}"
HOME = f"{BASE}/v1/collections/default"
SETTINGS = Settings(plugins=(NEW,))
PATH = os.pathsep.join([str(Path(__file__).parent), os.environ.get("PYTHONPATH", "")])
KILLS = 6
PAUSE_S = 1.5
"""Between two searches of each of the two who search: two cores make the rows as well."""

QUERIES = 12

READER = """
import json, sys, time
from pictrace.collection import Collection
from switch import PAUSE_S, told
from pictrace.settings import Settings
keys = [int(key) for key in sys.argv[2:]]
with Collection(sys.argv[1], settings=Settings(threads=1, plugins=("seconds.signs",))) as collection:
    while True:
        for key in keys:
            clock = time.perf_counter()
            answer = told(collection.search(key).to_dict())
            print(json.dumps([time.time(), key, time.perf_counter() - clock, answer]), flush=True)
            time.sleep(PAUSE_S)
"""


def told(answer: dict[str, object]) -> list[object]:
    """What an answer says, and by which encoders."""
    matches: list[dict[str, object]] = answer["results"]  # type: ignore[assignment] - as the envelope is
    return [list(answer["searched_with"]), [[one["id"], one["relation"], one["score"]] for one in matches]]  # type: ignore[call-overload]


class Service:
    """The service on the collection, which can be killed and started again."""

    def __init__(self, collection: Path, room: Path) -> None:
        self._command = [sys.executable, "-m", "pictrace", "serve", "-c", str(collection), "--port", str(PORT)]
        self._environment = {
            **os.environ,
            "PYTHONPATH": PATH,
            "PICTRACE_PLUGINS": NEW,
            "PICTRACE_SERVICE_KEYS": f"{room}/keys.json",
            "PICTRACE_SERVICE_COLLECTIONS": str(room),
        }
        self.process = self._started()

    def _started(self) -> "subprocess.Popen[bytes]":
        silent = subprocess.DEVNULL
        process = subprocess.Popen(self._command, env=self._environment, stdout=silent, stderr=silent)
        for _ in range(600):
            with contextlib.suppress(OSError):
                urllib.request.urlopen(f"{BASE}/readyz", timeout=5).close()  # noqa: S310 - this machine
                return process
            time.sleep(0.1)
        raise SystemExit("the service does not start")

    def kill(self) -> None:
        """SIGKILL, and a new one."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        self.process = self._started()

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(60)


def asked(path: str, body: object = None) -> dict[str, object]:
    """What the service answers."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(f"{HOME}{path}", data, {"content-type": "application/json"})  # noqa: S310
    with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310 - this machine
        found: dict[str, object] = json.load(answer)
        return found


class Client(threading.Thread):
    """Searches over HTTP, one after the other, until it is told to stop."""

    def __init__(self, keys: list[int]) -> None:
        super().__init__(daemon=True)
        self.answers: list[tuple[float, int, float, list[object]]] = []
        self.unanswered = 0
        self._keys = keys
        self.is_over = False

    def run(self) -> None:
        while not self.is_over:
            for key in self._keys:
                clock = time.perf_counter()
                try:
                    answer = told(asked("/search", {"id": key}))
                except (OSError, urllib.error.URLError, json.JSONDecodeError):
                    self.unanswered += 1
                    time.sleep(0.05)
                    continue
                self.answers.append((time.time(), key, time.perf_counter() - clock, answer))
                time.sleep(PAUSE_S)


@contextlib.contextmanager
def reading(collection: Path, keys: list[int], into: list[tuple[float, int, float, list[object]]]) -> Iterator[None]:
    """A process that searches the collection all the time and never writes; its answers are collected."""
    command = [sys.executable, "-c", READER, str(collection), *map(str, keys)]
    environment = {**os.environ, "PYTHONPATH": PATH}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
        lines = process.stdout or ()
        collecting = threading.Thread(target=lambda: into.extend(tuple(json.loads(line)) for line in lines))
        collecting.start()
        try:
            yield
            if process.poll() is not None:
                raise SystemExit("the process that only reads has ended")
        finally:
            process.terminate()
            collecting.join()


def alone(collection: Path, keys: list[int]) -> dict[int, list[object]]:
    """The answers of the encoders that the collection is searched by now, in a process without any switch."""
    with Collection(collection, settings=SETTINGS) as opened:
        return {key: json.loads(json.dumps(told(opened.search(key).to_dict()))) for key in keys}


def changed(service: Service, kills: int) -> dict[str, object]:
    """The switch, from the request to its end, with the service killed at random moments."""
    draw, started, rows = random.Random(11), time.monotonic(), [0]
    asked("/spaces", {"action": "replace", "name": OLD, "new": NEW})
    lost, posted = 0, 1
    while True:
        if kills > len(rows) - 1:
            time.sleep(draw.uniform(4, 60))
            before = space()
            service.kill()
            after = space()
            lost = max(lost, before - after)
            rows.append(after)
        states = [job["state"] for job in asked("/jobs")["jobs"] if job["kind"] == "spaces"]  # type: ignore[attr-defined]
        if states[0] == "failed":
            # The service takes a job that it was killed in three times for what kills it; people ask again.
            asked("/spaces", {"action": "replace", "name": OLD, "new": NEW})
            posted += 1
        elif states[0] == "done" and len(rows) > kills:
            return {
                "seconds": round(time.monotonic() - started, 1),
                "kills": kills,
                "asked_again": posted - 1,
                "rows_after_each_kill": rows[1:],
                "most_rows_lost_by_a_kill": lost,
            }
        time.sleep(0.5)


def space() -> int:
    """Rows that the new encoder has."""
    spaces: list[dict[str, object]] = asked("/spaces")["spaces"]  # type: ignore[assignment] - as the envelope is
    return next((int(str(one["rows"])) for one in spaces if one["name"] == NEW), 0)


def judged(
    answers: list[tuple[float, int, float, list[object]]], old: dict[int, list[object]], new: dict[int, list[object]]
) -> dict[str, object]:
    """How many answers there were, of which set each is, and how long they took."""
    of_old = sum(answer == old[key] for _, key, _, answer in answers)
    of_new = sum(answer == new[key] and answer != old[key] for _, key, _, answer in answers)
    spent = [1000 * seconds for _, _, seconds, _ in answers]
    return {
        "answers": len(answers),
        "of_the_old": of_old,
        "of_the_new": of_new,
        "wrong": len(answers) - of_old - of_new,
        "p50_ms": round(float(np.percentile(spent, 50)), 1),
        "p95_ms": round(float(np.percentile(spent, 95)), 1),
        "first_of_the_new_ms": round(next((1000 * s for _, k, s, a in answers if a == new[k] != old[k]), 0.0), 1),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=lambda text: Path(text).resolve(), required=True)
    parser.add_argument("--pictures", type=int, default=20_000)
    parser.add_argument("--kills", type=int, default=KILLS)
    parser.add_argument("--base", type=Path, help="a collection of the data folder, to be copied")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as text:
        room = Path(text)
        target = room / "default.pictrace"
        if options.base:
            shutil.copytree(options.base, target)
        else:
            with Collection(target) as collection:
                collection.add(*(options.data / name for name in SETS))
        padded(target, options.pictures)
        run(target, room, options.kills)


def run(target: Path, room: Path, kills: int) -> None:
    """The whole trial on a collection, written down."""
    with Collection(target) as collection:
        pictures = len(collection)
    keys = random.Random(4).sample(range(1, pictures + 1), QUERIES)
    old = alone(target, keys)
    read: list[tuple[float, int, float, list[object]]] = []
    client, service = Client(keys), Service(target, room)
    with reading(target, keys, read):
        client.start()
        time.sleep(5)
        change = changed(service, kills)
        time.sleep(15)
        client.is_over = True
        client.join()
    service.stop()
    new = alone(target, keys)
    with Collection(target, settings=SETTINGS) as collection:
        problems, kept = collection.verify(), len(collection)
        spaces = [one.to_dict() for one in collection.spaces()]
    result = {
        "machine": machine(),
        "pictures": pictures,
        "queries": len(keys),
        "differ_between_the_sets": sum(old[key][1] != new[key][1] for key in keys),
        "change": change,
        "over_http": {**judged(client.answers, old, new), "not_answered_while_it_was_down": client.unanswered},
        "reading_only": judged(read, old, new),
        "pictures_lost": pictures - kept,
        "problems": list(problems),
        "spaces": {str(one["name"]): [one["state"], one["rows"]] for one in spaces},
    }
    RESULT.write_text(json.dumps(result, indent=1) + "\n")
    print(json.dumps(result, indent=1))


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parent))
    main()
