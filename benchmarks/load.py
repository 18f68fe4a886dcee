"""The service under load at a constant rate of arrivals: latencies counted from when a request was due.

Needs a collection of 100,000 pictures as `latency.py --keep FOLDER` leaves it, and photographs of the data folder as
queries. The service is a process of its own on this machine; so is this script, and both share the cores.

    L1      search by id and by upload among `exact` only, 100 a second
    L2      search by an uploaded JPEG of 1 to 3 MB, with everything, at 70 % of what the service was measured to take
    L4      ten times what it takes: refusals, and how it recovers
    L5      slow clients beside a light load
    core    the same searches as L2 in one process without the service, as many threads as there are cores
"""

import argparse
import asyncio
import contextlib
import io
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
from measured import machine
from PIL import Image

from pictrace.collection import Collection

RESULT = Path(__file__).parent / "results/load.json"
PORT = 5077
BASE = f"http://127.0.0.1:{PORT}"
C = f"{BASE}/v1/collections/default"


@dataclass
class Tally:
    """Statuses and seconds of one run."""

    seconds: list[float] = field(default_factory=list)
    refused: list[float] = field(default_factory=list)
    statuses: Counter[str] = field(default_factory=Counter)
    without_retry_after: int = 0

    def told(self) -> dict[str, Any]:
        """Figures of the run, in milliseconds."""
        return {
            "statuses": dict(self.statuses),
            "answered": quantiles(self.seconds),
            "refused": quantiles(self.refused),
            "refusals_without_retry_after": self.without_retry_after,
        }


def quantiles(seconds: Sequence[float]) -> dict[str, float]:
    """Median, 95th and 99th percentile and the longest, in milliseconds."""
    ordered = sorted(seconds)
    if not ordered:
        return {}
    at = {"p50": 0.5, "p95": 0.95, "p99": 0.99, "max": 1.0}
    return {
        name: round(1000 * ordered[min(len(ordered) - 1, int(share * len(ordered)))], 1) for name, share in at.items()
    }


def photographs(folder: Path, count: int) -> list[bytes]:
    """Queries: JPEGs of 1 to 3 MB, made from real photographs."""
    draw = random.Random(3)
    paths = draw.sample(sorted(folder.rglob("*.jpg")), count)
    made = []
    for path in paths:
        image = Image.open(path).convert("RGB")
        scale = (draw.uniform(4e6, 10e6) / (image.width * image.height)) ** 0.5
        stream = io.BytesIO()
        size = round(image.width * scale), round(image.height * scale)
        image.resize(size, Image.Resampling.BICUBIC).save(stream, "JPEG", quality=90)
        made.append(stream.getvalue())
    return made


@contextlib.asynccontextmanager
async def serving(collection: Path) -> AsyncIterator[asyncio.subprocess.Process]:
    """The service, ready."""
    with tempfile.TemporaryDirectory() as room:
        environment = {**os.environ, "PICTRACE_SERVICE_KEYS": f"{room}/keys.json", "PICTRACE_SERVICE_COLLECTIONS": room}
        command = [sys.executable, "-m", "pictrace", "serve", "-c", str(collection), "--port", str(PORT)]
        process = await asyncio.create_subprocess_exec(
            *command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        try:
            async with aiohttp.ClientSession() as session:
                for _ in range(200):
                    with contextlib.suppress(aiohttp.ClientError):
                        async with session.get(f"{BASE}/readyz") as answer:
                            if answer.status == 200:
                                break
                    await asyncio.sleep(0.1)
            yield process
        finally:
            process.terminate()
            await asyncio.wait_for(process.wait(), 30)


async def arriving(
    rate: float, seconds: float, ask: Callable[[int], Awaitable[tuple[int, bool]]], *, tally: Tally | None = None
) -> Tally:
    """Requests at a constant rate, whether or not those before have been answered."""
    found = tally or Tally()
    started = time.perf_counter()

    async def one(number: int) -> None:
        due = started + number / rate
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        try:
            status, has_retry_after = await ask(number)
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            found.statuses[type(error).__name__] += 1
            return
        spent = time.perf_counter() - due
        found.statuses[str(status)] += 1
        (found.seconds if status < 300 else found.refused).append(spent)
        found.without_retry_after += status in {429, 503} and not has_retry_after

    await asyncio.gather(*(one(number) for number in range(int(rate * seconds))))
    return found


def uploading(
    session: aiohttp.ClientSession, queries: Sequence[bytes], **options: str
) -> Callable[[int], Awaitable[tuple[int, bool]]]:
    """Asks with one query after the other."""

    async def ask(number: int) -> tuple[int, bool]:
        data = queries[number % len(queries)]
        headers = {"content-type": "image/jpeg"}
        async with session.post(f"{C}/search", data=data, params=options, headers=headers) as answer:
            await answer.read()
            return answer.status, "retry-after" in answer.headers

    return ask


def by_id(
    session: aiohttp.ClientSession, ids: Sequence[int], **options: Any
) -> Callable[[int], Awaitable[tuple[int, bool]]]:
    """Asks with one stored picture after the other."""

    async def ask(number: int) -> tuple[int, bool]:
        body = {"id": ids[number % len(ids)], **options}
        async with session.post(f"{C}/search", json=body) as answer:
            await answer.read()
            return answer.status, "retry-after" in answer.headers

    return ask


async def capacity(ask: Callable[[int], Awaitable[tuple[int, bool]]], seconds: float) -> float:
    """Answers a second with four clients that ask again at once."""
    end = time.perf_counter() + seconds
    done = 0

    async def client(start: int) -> None:
        nonlocal done
        number = start
        while time.perf_counter() < end:
            status, _ = await ask(number)
            done += status == 200
            number += 4

    await asyncio.gather(*(client(start) for start in range(4)))
    return done / seconds


def core(collection: Path, queries: Sequence[bytes], seconds: float) -> float:
    """Answers a second of the bare core in one process, as many threads as cores."""
    with Collection(collection) as opened:
        opened.search(queries[0])
        end = time.perf_counter() + seconds

        def work(start: int) -> int:
            done = 0
            while time.perf_counter() < end:
                opened.search(queries[(start + 2 * done) % len(queries)])
                done += 1
            return done

        threads = len(os.sched_getaffinity(0))
        with ThreadPoolExecutor(threads) as pool:
            return sum(pool.map(work, range(threads))) / seconds


async def slow(count: int, seconds: float) -> list[float]:
    """How long connections that send a byte a second, or nothing, were let be."""

    async def one(number: int) -> float:
        started = time.perf_counter()
        kinds = (
            b"",
            b"GET / HTTP/1.1\r\n",
            b"POST /v1/collections/default/search HTTP/1.1\r\nhost: localhost\r\ncontent-length: 1000000\r\n\r\n",
        )
        reader, writer = await asyncio.open_connection("127.0.0.1", PORT)
        try:
            writer.write(kinds[number % 3])
            while time.perf_counter() - started < seconds:
                with contextlib.suppress(TimeoutError):
                    if not await asyncio.wait_for(reader.read(4096), 1.0):
                        break
                if number % 3:
                    writer.write(b"x")
        except OSError:
            pass
        finally:
            writer.close()
        return time.perf_counter() - started

    return list(await asyncio.gather(*(one(number) for number in range(count))))


def memory(pid: int) -> float:
    """Resident MiB of a process."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * 4096 / 2**20


async def measured(collection: Path, queries: list[bytes], strangers: list[bytes], seconds: float) -> dict[str, Any]:
    """All scenarios, one after the other."""
    told: dict[str, Any] = {}
    connector = aiohttp.TCPConnector(limit=400, keepalive_timeout=3)
    async with (
        serving(collection) as process,
        aiohttp.ClientSession(connector=connector, timeout=aiohttp.ClientTimeout(60)) as session,
    ):
        draw = random.Random(1)
        ids = [draw.randrange(1, 100_000) for _ in range(1000)]
        whole, small = uploading(session, queries), by_id(session, ids, mode="similar")
        await capacity(whole, 3)
        told["resident_mib_before"] = round(memory(process.pid))
        told["L1"] = (await arriving(100, seconds, small)).told()
        told["L1_exact"] = (await arriving(100, seconds, by_id(session, ids, mode="exact"))).told()
        told["id_verified_per_second"] = round(await capacity(by_id(session, ids), seconds / 2), 1)
        most = await capacity(whole, seconds)
        told["capacity_per_second"] = round(most, 2)
        told["strangers_per_second"] = round(await capacity(uploading(session, strangers), seconds / 2), 2)
        told["L2"] = {"rate": round(0.7 * most, 2), **(await arriving(0.7 * most, 2 * seconds, whole)).told()}
        told["resident_mib_after_L2"] = round(memory(process.pid))
        told["L4"] = (await arriving(10 * most, seconds, whole)).told()
        told["resident_mib_after_L4"] = round(memory(process.pid))
        await asyncio.sleep(5)
        told["L4_after"] = (await arriving(0.7 * most, seconds, whole)).told()
        alone = await arriving(20, seconds, small)
        beside, closed = await asyncio.gather(arriving(20, seconds, small), slow(500, 60))
        told["L5"] = {
            "alone": alone.told(),
            "beside_500_slow": beside.told(),
            "closed_s": {"median": round(statistics.median(closed), 1), "longest": round(max(closed), 1)},
        }
        told["is_the_same_process"] = process.returncode is None
    return told


def main() -> None:
    """Measures and writes the result."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="with `photos`, which are in it, and `holidays_805`")
    parser.add_argument("--collection", type=Path, required=True, help="100,000 pictures, of `latency.py --keep`")
    parser.add_argument("--seconds", type=float, default=30.0, help="of each scenario")
    chosen = parser.parse_args()
    if not (chosen.collection / "catalog.sqlite").is_file():
        sys.exit(f"{chosen.collection} is no collection: `latency.py --keep FOLDER` makes one")
    if not (chosen.data / "photos").is_dir() or not (chosen.data / "holidays_805").is_dir():
        sys.exit(f"{chosen.data} does not hold the picture sets this needs: photos, holidays_805")
    queries, strangers = photographs(chosen.data / "photos", 60), photographs(chosen.data / "holidays_805", 20)
    told = {
        **machine(),
        "load_average_before": os.getloadavg()[0],
        "seconds": chosen.seconds,
        "queries_mean_bytes": round(statistics.mean(map(len, queries))),
    }
    told |= asyncio.run(measured(chosen.collection, queries, strangers, chosen.seconds))
    told["core_per_second"] = round(core(chosen.collection, queries, chosen.seconds), 2)
    told["throughput_of_core"] = round(told["capacity_per_second"] / told["core_per_second"], 2)
    RESULT.write_text(json.dumps(told, indent=2) + "\n")
    print(json.dumps(told, indent=2))


if __name__ == "__main__":
    main()
