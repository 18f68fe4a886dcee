"""Worker processes: what crashes, hangs or eats memory costs one item, and nothing outlives the program."""

import contextlib
import ctypes
import gc
import itertools
import logging
import multiprocessing
import os
import resource
import select
import signal
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pictrace._wire import Bug
from pictrace._worker import attempt
from pictrace.errors import (
    ImageCorruptError,
    ImageTooComplexError,
    PictraceError,
    PictureError,
    UnknownNameError,
    UsageError,
)
from pictrace.settings import Limits
from pictrace.workers import CHUNKS_AHEAD, Workers

SECONDS = 30


def crash() -> None:
    ctypes.string_at(0)


def noise() -> None:
    os.write(2, b"libpicture: warning")


def wait_at(meeting: str) -> None:
    Path(meeting).write_text("here", encoding="ascii")
    time.sleep(600)


def garbage() -> None:
    """Writes over its own answers, as one who has taken over the process might."""
    speak(3, b"\xc1no")
    time.sleep(600)


def half() -> None:
    """Begins an answer that never ends."""
    speak(100, b"abc")
    time.sleep(600)


def twice() -> str:
    """Answers once more than it was asked."""
    speak(2, b"\xa1x")
    return "twice"


def speak(length: int, data: bytes) -> None:
    """Says something in answer to the first order."""
    for handle in Path("/proc/self/fd").iterdir():
        with contextlib.suppress(OSError):
            if str(handle.readlink()).startswith("socket:"):
                os.write(int(handle.name), struct.pack("!II", length, 1) + data)


def compute() -> None:
    while True:
        pass


def refuse(reason: str) -> None:
    raise ImageCorruptError(reason, hint="mend it")


ORDERS: dict[str, Callable[..., object]] = {
    "pid": os.getpid,
    "refuse": refuse,
    "crash": crash,
    "hang": lambda: time.sleep(600),
    "eat": lambda size: len(bytearray(int(size))),
    "err": lambda key: {}[key],
    "exit": lambda: os._exit(3),
    "die": lambda: os.kill(os.getpid(), signal.SIGKILL),
    "die-once": lambda trace: die_once(Path(trace)),
    "noise": noise,
    "wait": wait_at,
    "environment": os.environ.get,
    "unreadable": threading.Lock,
    "garbage": garbage,
    "half": half,
    "twice": twice,
    "compute": compute,
    "files": lambda: list(resource.getrlimit(resource.RLIMIT_NOFILE)),
    "memory": lambda: resource.setrlimit(resource.RLIMIT_AS, (1 << 50, 1 << 50)),
}


def obey(order: str) -> object:
    """Does to its own process what a picture might."""
    word, *rest = order.split(" ")
    return ORDERS[word](*rest) if word in ORDERS else order.upper()


def die_once(trace: Path) -> str:
    if not trace.exists():
        trace.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return "second life"


def remember(name: str, value: str) -> None:
    os.environ[name] = value


def fail() -> None:
    raise OSError


@pytest.fixture(scope="module")
def pool() -> Iterator[Workers[str, object]]:
    """Two workers that most tests share, crashes and all."""
    limits = Limits(decode_seconds=4.0, worker_bytes=256 << 20)
    with Workers(obey, workers=2, limits=limits, initializer=remember, initargs=("PICTRACE_NOTE", "x")) as workers:
        yield workers


def codes(answers: list[tuple[str, object]]) -> list[object]:
    """Results as they are, errors as their codes."""
    return [answer.code if isinstance(answer, PictureError) else answer for _, answer in answers]


def ended(pid: int) -> bool:
    """Whether a process of somebody else ends within `SECONDS`."""
    try:
        handle = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    poll = select.poll()
    poll.register(handle, select.POLLIN)
    found = bool(poll.poll(SECONDS * 1000))
    os.close(handle)
    return found


def test_results_come_in_order_with_their_items(pool: Workers[str, object]) -> None:
    """Every item comes back once, in order, beside what the task made of it."""
    items = [f"item{number}" for number in range(100)]

    answers = list(pool.run(items, chunk=7))

    assert answers == [(item, item.upper()) for item in items]


def test_typed_error_is_the_items_result(pool: Workers[str, object]) -> None:
    """A picture that is refused keeps code, message and hint on its way here."""
    (_, error), (_, after) = pool.run(["refuse cut", "next"])

    assert isinstance(error, ImageCorruptError)
    assert (str(error), error.hint, after) == ("cut", "mend it", "NEXT")


@pytest.mark.parametrize(
    ("order", "code"),
    [
        ("crash", "image_too_complex"),
        ("hang", "image_too_complex"),
        ("eat 3000000000", "image_too_complex"),
        ("die", "image_too_complex"),
        ("exit", "internal"),
        ("err key", "internal"),
    ],
)
@pytest.mark.parametrize("chunk", [1, 8])
def test_guilty_item_alone_pays(pool: Workers[str, object], order: str, code: str, chunk: int) -> None:
    """Whatever one item does to its process, its neighbours in the chunk get their results."""
    answers = list(pool.run(["a", "b", order, "c", "d"], chunk=chunk))

    assert codes(answers) == ["A", "B", code, "C", "D"]


def test_memory_within_the_limit_is_granted(pool: Workers[str, object]) -> None:
    """The limit is for memory beyond what a worker needs anyway."""
    assert codes(list(pool.run(["eat 200000000"]))) == [200000000]


def test_bug_is_logged_with_its_trace(pool: Workers[str, object], caplog: pytest.LogCaptureFixture) -> None:
    """A mistake in the task costs the item and tells the log where it happened."""
    with caplog.at_level(logging.ERROR):
        list(pool.run(["err key"]))

    assert "KeyError" in caplog.text
    assert "in obey" in caplog.text


def test_kill_from_outside_costs_nothing(pool: Workers[str, object], tmp_path: Path) -> None:
    """A worker that somebody else killed is replaced, and its item tried again."""
    answers = list(pool.run(["a", f"die-once {tmp_path / 'trace'}", "b"]))

    assert codes(answers) == ["A", "second life", "B"]


def test_idle_worker_may_die() -> None:
    """A worker killed between two runs is replaced without anybody noticing."""
    with Workers(obey, workers=1) as workers:
        ((_, pid),) = workers.run(["pid"])
        os.kill(int(str(pid)), signal.SIGKILL)
        assert ended(int(str(pid)))

        answers = list(workers.run(["a", "b"]))

    assert answers == [("a", "A"), ("b", "B")]


def test_workers_serve_many_runs(pool: Workers[str, object]) -> None:
    """Processes stay for the next run."""
    list(pool.run(["warm", "up"], chunk=1))
    first = {pid for _, pid in pool.run(["pid"] * 8, chunk=1)}

    second = {pid for _, pid in pool.run(["pid"] * 8, chunk=1)}

    assert len(first | second) <= 2


def test_initializer_runs_in_each_worker(pool: Workers[str, object]) -> None:
    """What the initializer sets is there for the task."""
    assert codes(list(pool.run(["environment PICTRACE_NOTE"] * 4, chunk=1))) == ["x"] * 4


def test_items_are_drawn_as_results_are_taken(pool: Workers[str, object]) -> None:
    """A source of any length is never read far ahead."""
    drawn = itertools.count()
    items = (f"item{next(drawn)}" for _ in range(10_000))

    run = pool.run(items, chunk=2)
    next(run)
    run.close()

    assert next(drawn) <= CHUNKS_AHEAD * 2 * 2 + 2


def test_abandoned_run_leaves_the_workers_usable(pool: Workers[str, object]) -> None:
    """Whoever stops in the middle can start again."""
    for _ in pool.run([str(number) for number in range(200)]):
        break

    assert codes(list(pool.run(["a"]))) == ["A"]


def test_threads_share_the_workers(pool: Workers[str, object]) -> None:
    """Several threads may run items at once; each gets its own answers."""
    found: dict[str, list[object]] = {}

    def work(name: str) -> None:
        found[name] = codes(list(pool.run([f"{name}{number}" for number in range(30)], chunk=3)))

    threads = [threading.Thread(target=work, args=(name,)) for name in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert found == {name: [f"{name}{number}".upper() for number in range(30)] for name in "abcd"}


def test_error_of_the_source_reaches_the_caller(pool: Workers[str, object]) -> None:
    """Where the items themselves fail, the caller hears it, and the workers go on."""

    def items() -> Iterator[str]:
        yield "a"
        raise UnknownNameError("gone")

    with pytest.raises(UnknownNameError):
        list(pool.run(items(), chunk=1))

    assert codes(list(pool.run(["b"]))) == ["B"]


def test_item_that_cannot_travel_is_the_callers_error(pool: Workers[str, object]) -> None:
    """An item that cannot be sent to a process is no picture's fault."""
    with pytest.raises((TypeError, AttributeError)):
        list(pool.run([threading.Lock()]))  # type: ignore[list-item]

    assert codes(list(pool.run(["a"]))) == ["A"]


@pytest.mark.parametrize(
    ("order", "code"),
    [("unreadable", "internal"), ("garbage", "internal"), ("half", "image_too_complex")],
)
def test_answer_that_cannot_be_read_costs_its_item(order: str, code: str) -> None:
    """One that does not survive its journey, that no worker of ours would send, or that never ends."""
    with Workers(obey, workers=1, limits=Limits(decode_seconds=2.0)) as workers:
        assert codes(list(workers.run(["a", order, "b"]))) == ["A", code, "B"]


def test_unasked_answers_reach_no_other_run() -> None:
    """Whoever says more than was asked for is replaced."""
    with Workers(obey, workers=1) as workers:
        list(workers.run(["twice"]))

        assert codes(list(workers.run(["a", "b"]))) == ["A", "B"]


def test_workers_bounds_are_for_good(pool: Workers[str, object]) -> None:
    """Few files, and no more memory however it is asked for."""
    (_, files), (_, memory) = pool.run(["files", "memory"])

    assert files == [256, 256]
    assert isinstance(memory, PictureError)


def test_workers_are_replaced_after_a_while(pool: Workers[str, object]) -> None:
    """Nobody serves for ever, and no item is given to one that is about to go."""
    pids = {answer for _, answer in pool.run(["pid"] * 1600, chunk=1)}

    assert len(pids) > 2
    assert {type(pid) for pid in pids} == {int}


def test_heavy_items_are_not_drawn_far_ahead(pool: Workers[str, object]) -> None:
    """What is in flight is bounded in bytes as well as in number."""
    drawn = itertools.count()
    heavy = Workers(obey, workers=1, weight=lambda _: 64 << 20)

    with heavy:
        next(heavy.run(str(next(drawn)) for _ in range(100)))

    assert next(drawn) <= 4


def test_forgotten_workers_end_with_their_owner() -> None:
    """Workers that nobody closed are gone once nobody holds them."""
    workers = Workers(obey, workers=1)
    ((_, pid),) = workers.run(["pid"])

    del workers
    gc.collect()

    assert ended(int(str(pid)))


def test_decoders_may_not_write_to_the_terminal(pool: Workers[str, object], capfd: pytest.CaptureFixture[str]) -> None:
    """What C libraries print about broken files is dropped."""
    list(pool.run(["noise"]))

    assert "libpicture" not in capfd.readouterr().err


def test_nothing_starts_before_the_first_run() -> None:
    """Making workers costs no process."""
    before = set(multiprocessing.active_children())

    with Workers(obey, workers=2):
        assert set(multiprocessing.active_children()) == before


def test_closed_workers_are_gone() -> None:
    """Closing ends the processes; running again is an error; closing again is none."""
    workers = Workers(obey, workers=1)
    ((_, pid),) = workers.run(["pid"])

    workers.close()
    workers.close()

    assert ended(int(str(pid)))
    with pytest.raises(UsageError, match="closed"):
        workers.run(["a"])


def test_close_does_not_wait_for_a_slow_item(tmp_path: Path) -> None:
    """Closing from another thread ends a run in the middle, whatever its worker is doing."""
    meeting = tmp_path / "meeting"
    os.mkfifo(meeting)
    workers = Workers(obey, workers=1)
    closer = threading.Thread(target=lambda: (meeting.read_text(encoding="ascii"), workers.close()))
    closer.start()

    with pytest.raises(UsageError, match="closed"):
        list(workers.run([f"wait {meeting}", "a", "b"], chunk=1))

    closer.join()


def test_run_begun_before_closing_ends() -> None:
    """A run whose workers were closed between two results says so."""
    workers = Workers(obey, workers=1)
    run = workers.run((str(number) for number in range(100)), chunk=1)
    next(run)

    workers.close()

    with pytest.raises(UsageError, match="closed"):
        list(run)


def test_run_drawn_after_closing_ends() -> None:
    """A run that was asked for but not begun before the end gives no results."""
    workers = Workers(obey, workers=1)
    run = workers.run(["a"])

    workers.close()

    with pytest.raises(UsageError, match="closed"):
        list(run)


def test_chunks_not_begun_are_cancelled_by_closing(tmp_path: Path) -> None:
    """A run that still waits for its turn when the workers are closed is told so."""
    meeting = tmp_path / "meeting"
    os.mkfifo(meeting)
    workers = Workers(obey, workers=1)
    first = threading.Thread(target=lambda: codes_or_closed(workers, f"wait {meeting}"))
    first.start()
    meeting.read_text(encoding="ascii")

    def items() -> Iterator[str]:
        yield "a"
        workers.close()

    with pytest.raises(UsageError, match="closed"):
        list(workers.run(items(), chunk=1))

    first.join()


def codes_or_closed(workers: Workers[str, object], order: str) -> None:
    with pytest.raises(UsageError, match="closed"):
        list(workers.run([order]))


def test_worker_killed_while_starting_is_started_again(tmp_path: Path) -> None:
    """A kill that hits a worker before it is ready costs nothing either."""
    with Workers(obey, workers=1, initializer=die_once, initargs=(tmp_path / "trace",)) as workers:
        answers = list(workers.run(["a"]))

    assert answers == [("a", "A")]


def test_worker_killed_at_every_start_is_given_up(tmp_path: Path) -> None:
    """Where something kills each worker as it starts, the run ends with an error."""
    killed = Workers(obey, workers=1, initializer=obey, initargs=("die",))
    with killed as workers, pytest.raises(PictraceError, match="starting"):
        list(workers.run(["a"]))


def test_workers_that_cannot_start_end_the_run(capfd: pytest.CaptureFixture[str]) -> None:
    """A broken initializer is one clear error and no endless restarting."""
    with (
        Workers(obey, workers=1, initializer=fail) as workers,
        pytest.raises(PictraceError, match="starting"),
    ):
        list(workers.run(["a"]))

    assert "OSError" in capfd.readouterr().err


def test_no_workers_is_refused() -> None:
    """Somebody has to work."""
    with pytest.raises(UsageError):
        Workers(obey, workers=0)


@pytest.mark.parametrize(
    ("order", "kind"),
    [
        ("a", str),
        ("refuse x", ImageCorruptError),
        ("err x", Bug),
        ("eat 9223372036854775807", ImageTooComplexError),
    ],
)
def test_attempt_foresees(order: str, kind: type) -> None:
    """In the worker, every way a task can end becomes an answer."""
    assert type(attempt(obey, order, seconds=SECONDS)) is kind


# Whole programs

PROGRAM = """
import os, sys
from pictrace.workers import Workers
for name, size in Workers(os.path.getsize, workers=1).run([os.devnull]):
    print("found", name, size)
"""


def run_program(*arguments: str, program: str = "") -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, *arguments], input=program, capture_output=True, text=True, timeout=120, check=False
    )


@pytest.mark.parametrize("how", ["file", "option", "stdin"])
def test_program_needs_no_main_guard(how: str, tmp_path: Path) -> None:
    """A plain script that uses workers runs once, not once per worker."""
    script = tmp_path / "plain.py"
    script.write_text(PROGRAM, encoding="utf-8")
    arguments = {"file": [str(script)], "option": ["-c", PROGRAM], "stdin": ["-"]}[how]

    result = run_program(*arguments, program=PROGRAM if how == "stdin" else "")

    assert (result.stdout, result.stderr) == (f"found {os.devnull} 0\n", "")


def test_task_may_live_in_a_guarded_main(tmp_path: Path) -> None:
    """A script may bring its own task if it has the usual guard."""
    script = tmp_path / "own.py"
    script.write_text(
        "from pictrace.workers import Workers\n"
        "def double(number): return 2 * number\n"
        "if __name__ == '__main__':\n"
        "    with Workers(double, workers=1) as workers: print(list(workers.run([4])))\n",
        encoding="utf-8",
    )

    result = run_program(str(script))

    assert (result.stdout, result.stderr) == ("[(4, 8)]\n", "")


BUSY_PROGRAM = """
import os, sys, time
sys.path.insert(0, {tests!r})
import test_workers
from pictrace.settings import Limits
from pictrace.workers import Workers
workers = Workers(test_workers.obey, workers=2, limits=Limits(decode_seconds={seconds}))
try:
    for _, pid in workers.run({items!r}, chunk=1):
        print(pid, flush=True)
except KeyboardInterrupt:
    print("interrupted", list(workers.run(["after"])), flush=True)
"""


def start_program(items: list[str], *, seconds: float = 600.0) -> "subprocess.Popen[str]":
    program = BUSY_PROGRAM.format(tests=str(Path(__file__).parent), items=items, seconds=seconds)
    return subprocess.Popen(
        [sys.executable, "-c", program],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def test_killed_program_leaves_no_idle_worker(tmp_path: Path) -> None:
    """After `kill -9` of the program, waiting workers end by themselves."""
    meeting = tmp_path / "meeting"
    os.mkfifo(meeting)
    with start_program(["pid", f"wait {meeting}"], seconds=1.0) as program:
        assert program.stdout is not None
        idle = int(program.stdout.readline())
        meeting.read_text(encoding="ascii")
        program.kill()

    assert ended(idle)


def test_killed_program_leaves_no_hanging_worker(tmp_path: Path) -> None:
    """A worker stuck in a picture ends too, once the time for that picture is over."""
    meeting = tmp_path / "meeting"
    os.mkfifo(meeting)
    with start_program(["pid", f"wait {meeting}"], seconds=1.0) as program:
        meeting.read_text(encoding="ascii")
        stuck = children(program.pid)
        program.kill()

    assert len(stuck) >= 2
    assert all(ended(pid) for pid in stuck)


def children(pid: int) -> list[int]:
    listed = Path(f"/proc/{pid}/task/").glob("*/children")
    return [int(word) for file in listed for word in file.read_text(encoding="ascii").split()]


def test_interrupt_reaches_the_program_alone(tmp_path: Path) -> None:
    """Ctrl-C leaves the workers alive: no trace on the terminal, and work can go on."""
    meeting = tmp_path / "meeting"
    os.mkfifo(meeting)
    with start_program(["pid", f"wait {meeting}"]) as program:
        meeting.read_text(encoding="ascii")
        os.killpg(program.pid, signal.SIGINT)
        out, err = program.communicate(timeout=120)

    assert out.splitlines()[-1:] == ["interrupted [('after', 'AFTER')]"]
    assert (err, program.returncode) == ("", 0)
