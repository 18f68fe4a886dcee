"""How far a fetch has come: a bar on a terminal, elsewhere a line every few seconds, with rate and time left."""

import contextlib
import sys
import time
from collections.abc import Callable, Iterator

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TaskID, TextColumn, TimeRemainingColumn
from rich.progress import TransferSpeedColumn as SpeedColumn

from pictrace.cli._console import tell

SECONDS = 5.0

Watch = Callable[[str, int, int | None], object]


class Lines:
    """A line of plain text on stderr for each file, at most one every `SECONDS`."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._file = ""
        self._first = 0
        self._started = self._last = clock()

    def __call__(self, file: str, done: int, total: int | None) -> None:
        """Says how many bytes there are, how fast they come, and how long the rest will take."""
        now = self._clock()
        if file != self._file:
            # What was there before is not what came quickly.
            self._file, self._first, self._started, self._last = file, done, now, now
        if now - self._last < SECONDS:
            return
        self._last = now
        rate = (done - self._first) / max(now - self._started, 1e-9)
        many = f"{_size(done)} of {_size(total)}" if total else _size(done)
        left = f", {_time((total - done) / rate)} left" if total and rate else ""
        tell(f"{file}: {many}, {_size(round(rate))} per second{left}")


class Bars:
    """A bar for each file."""

    def __init__(self, display: Progress) -> None:
        self._display = display
        self._tasks: dict[str, TaskID] = {}

    def __call__(self, file: str, done: int, total: int | None) -> None:
        """Moves the bar of a file on."""
        if file not in self._tasks:
            self._tasks[file] = self._display.add_task(file, total=total, completed=done)
        self._display.update(self._tasks[file], completed=done, total=total)


@contextlib.contextmanager
def transfer(*, quiet: bool = False) -> Iterator[Watch]:
    """What to tell of files that are fetched; the bars are gone when all is done."""
    if quiet:
        yield lambda _file, _done, _total: None
    elif not sys.stderr.isatty():
        yield Lines()
    else:
        columns = TextColumn("{task.description}"), BarColumn(), DownloadColumn(), SpeedColumn(), TimeRemainingColumn()
        with Progress(*columns, console=Console(file=sys.stderr), transient=True) as display:
            yield Bars(display)


def _size(count: int) -> str:
    """A number of bytes in the unit in which it is short."""
    size = float(count)
    for unit in ("B", "kB", "MB"):
        if size < 1000:
            return f"{size:.0f} {unit}" if unit == "B" or size >= 100 else f"{size:.1f} {unit}"
        size /= 1000
    return f"{size:.2f} GB"


def _time(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s" if minutes else f"{rest} s"
