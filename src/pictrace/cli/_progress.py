"""How far long work has come: a bar on a terminal, a plain line every few seconds elsewhere."""

import contextlib
import sys
import threading
import time
from collections.abc import Callable, Iterator

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, ProgressColumn, TaskID, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Display
from rich.text import Text

from pictrace.cli._console import tell
from pictrace.errors import PictraceError
from pictrace.ingest import Progress
from pictrace.words import counted, shown

SECONDS = 5.0

Things = tuple[str, str]
"""One of what is counted, and several."""

PICTURES = "picture", "pictures"


class Plain(Progress):
    """A line of plain text on stderr, at most one every `SECONDS`."""

    def __init__(self, clock: Callable[[], float] = time.monotonic, *, things: Things = PICTURES) -> None:
        self.total: int | None = None
        self._done = self._told = 0
        self._things = things
        self._count = _Count()
        self._clock = clock
        self._started = self._last = clock()

    def seen(self, done: int, place: str) -> None:
        """Says how many, how fast, and how long it will take if the total is known."""
        del place
        self._done = self._count.up_to(done)
        if self._clock() - self._last >= SECONDS:
            self._tell()

    def end(self) -> None:
        """Says how many there were in the end, if how far it is was said before."""
        if self._told and self._done > self._told:
            self._tell()

    def _tell(self) -> None:
        self._last, self._told, done = self._clock(), self._done, self._done
        rate = done / max(self._last - self._started, 1e-9)
        left = max(0, self.total - done) if self.total else 0
        ahead = f", {_minutes(left / rate)} left" if left and rate else ""
        many = f"{done:,} of {counted(self.total, *self._things)}" if self.total else counted(done, *self._things)
        tell(f"{many}, {_pace(rate)}{ahead}")

    def made(self, encoder: str, done: int, total: int) -> None:
        """Says how many rows are made, as of pictures that are looked at."""
        self.total = total
        self.seen(done, encoder)

    def folded(self, encoder: str, done: int, total: int) -> None:
        """Says how far an index is."""
        if self._clock() - self._last >= SECONDS:
            self._last = self._clock()
            tell(f"index {encoder}: {done:,} of {total:,} rows")


class Bars(Progress):
    """Bars on a terminal, gone when all is done."""

    def __init__(self, display: Display, *, things: Things = PICTURES) -> None:
        self._display = display
        self._things = things[1]
        self._count = _Count()
        self._pictures: TaskID | None = None
        self._indexes: dict[str, TaskID] = {}
        self.total: int | None = None

    def seen(self, done: int, place: str) -> None:
        """Moves the bar of pictures on."""
        if self._pictures is None:
            self._pictures = self._display.add_task(self._things, total=None, place="", unit="/s")
        name = shown(place.rsplit("/", 1)[-1])
        self._display.update(self._pictures, completed=self._count.up_to(done), total=self.total, place=name)

    def made(self, encoder: str, done: int, total: int) -> None:
        """Moves the bar of pictures on."""
        self.total = total
        self.seen(done, encoder)

    def folded(self, encoder: str, done: int, total: int) -> None:
        """Moves the bar of one index on."""
        if encoder not in self._indexes:
            self._indexes[encoder] = self._display.add_task(f"index {encoder}", total=total, place="", unit="/s")
        self._display.update(self._indexes[encoder], completed=done, total=total)


class _Count:
    """One count over several sources, each of which counts from nothing."""

    def __init__(self) -> None:
        self._before = self._last = 0

    def up_to(self, done: int) -> int:
        if done < self._last:
            self._before += self._last
        self._last = done
        return self._before + done


class _Rate(TextColumn):
    def __init__(self) -> None:
        super().__init__("")

    def render(self, task: object) -> Text:
        speed = getattr(task, "speed", None)
        said = _pace(speed).replace(" per second", "/s").replace(" per minute", "/min") if speed else ""
        return Text(said, style="progress.data.speed")


class _Place(TextColumn):
    def __init__(self) -> None:
        super().__init__("")

    def render(self, task: object) -> Text:
        place = getattr(task, "fields", {}).get("place", "")
        return Text(place, style="dim", overflow="ellipsis", no_wrap=True)


def columns() -> tuple[ProgressColumn, ...]:
    """What stands beside each bar."""
    known = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn()
    return (*known, _Rate(), TimeRemainingColumn(), _Place())


@contextlib.contextmanager
def progress(
    count: Callable[[], int] | None = None, *, quiet: bool = False, things: Things = PICTURES
) -> Iterator[Progress]:
    """A progress to hand to long work on `things`; `count` says in another thread how much there is to do."""
    if quiet:
        yield Progress()
    elif not sys.stderr.isatty():
        plain = Plain(things=things)
        _count_aside(plain, count)
        yield plain
        plain.end()
    else:
        console = Console(file=sys.stderr)
        with Display(*columns(), console=console, transient=True) as display:
            bars = Bars(display, things=things)
            _count_aside(bars, count)
            yield bars


def _count_aside(target: Plain | Bars, count: Callable[[], int] | None) -> None:
    def work() -> None:
        # What cannot be counted will be told of when it is read.
        with contextlib.suppress(PictraceError, OSError):
            target.total = count() if count else None

    threading.Thread(target=work, daemon=True, name="pictrace-count").start()


def _pace(rate: float) -> str:
    """A rate in the unit in which it is not nothing."""
    number, unit = (rate, "second") if rate >= 0.1 or not rate else (60 * rate, "minute")
    return f"{number:,.0f} per {unit}" if number >= 10 else f"{number:.1f} per {unit}".replace(".0 ", " ")


def _minutes(seconds: float) -> str:
    if seconds < 60:
        return counted(round(seconds), "second")
    if seconds < 5400:
        return counted(round(seconds / 60), "minute")
    return counted(round(seconds / 3600), "hour")
