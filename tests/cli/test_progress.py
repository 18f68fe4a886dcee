"""Progress: bars on a terminal, a plain line now and then elsewhere."""

import io

import pytest
from rich.console import Console
from rich.progress import Progress as Display

from pictrace.cli import _progress


class Clock:
    """A clock that is set by hand."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_plain_progress_speaks_every_few_seconds(capsys):
    """How many, how fast, how long: once per interval, not once per picture."""
    clock = Clock()
    plain = _progress.Plain(clock)
    plain.total = 3000
    for clock.now in range(1, 11):
        plain.seen(int(clock.now * 100), "a.jpg")

    assert capsys.readouterr().err.splitlines() == [
        "500 of 3,000 pictures, 100 per second, 25 seconds left",
        "1,000 of 3,000 pictures, 100 per second, 20 seconds left",
    ]


def test_plain_progress_without_a_total_promises_nothing(capsys):
    """No guess is made."""
    clock = Clock()
    plain = _progress.Plain(clock)
    clock.now = 10.0
    plain.seen(50, "a.jpg")
    clock.now = 20.0
    plain.folded("lite0", 10, 20)

    assert capsys.readouterr().err == "50 pictures, 5 per second\nindex lite0: 10 of 20 rows\n"


def test_what_is_slow_is_told_by_the_minute_and_one_is_one(capsys):
    """Never 0 per second, nor 1 pictures."""
    clock = Clock()
    plain = _progress.Plain(clock)
    clock.now = 30.0
    plain.seen(1, "a.jpg")

    assert capsys.readouterr().err == "1 picture, 2 per minute\n"


def test_the_last_one_is_told_where_earlier_ones_were(capsys):
    """Work that ends at 102 of 102 does not seem to have stopped at 100."""
    clock = Clock()
    plain = _progress.Plain(clock, things=("search", "searches"))
    plain.total = 102
    for clock.now, done in ((10.0, 100), (10.5, 101), (10.6, 102)):
        plain.seen(done, "a.jpg")
    plain.end()
    plain.end()

    assert [line.partition(",")[0] for line in capsys.readouterr().err.splitlines()] == [
        "100 of 102 searches",
        "102 of 102 searches",
    ]


def test_several_sources_count_on(capsys):
    """Each source counts from nothing; people want one number."""
    clock = Clock()
    plain = _progress.Plain(clock)
    for done in (10, 20, 5):
        plain.seen(done, "a.jpg")
    clock.now = 10.0
    plain.seen(7, "a.jpg")

    assert capsys.readouterr().err.startswith("27 pictures")


def test_bars_show_names_as_they_are():
    """A file's name is neither markup nor a command to the terminal."""
    out = io.StringIO()
    with Display(*_progress.columns(), console=Console(file=out, force_terminal=True, width=120)) as display:
        bars = _progress.Bars(display)
        bars.total = 4
        bars.seen(1, "folder/[red]\x1b[5m.jpg")
        bars.folded("lite0", 1, 2)
        bars.folded("lite0", 2, 2)

    assert "[red]\\x1b[5m.jpg" in out.getvalue()
    assert "index lite0" in out.getvalue()


@pytest.mark.parametrize(("seconds", "expected"), [(1, "1 second"), (600, "10 minutes"), (7200, "2 hours")])
def test_time_is_told_in_round_units(seconds, expected):
    """Nobody wants to know it by the second."""
    assert expected == _progress._minutes(seconds)


def test_counting_aside_forgives_what_cannot_be_counted():
    """The run itself will tell of it."""

    def fail() -> int:
        raise OSError("gone")

    with _progress.progress(fail) as watcher:
        assert watcher.total is None


def test_quiet_progress_is_silent(capsys):
    """With --json, stderr is for failures."""
    with _progress.progress(quiet=True) as watcher:
        watcher.seen(1, "a.jpg")

    assert tuple(capsys.readouterr()) == ("", "")


def test_a_terminal_gets_bars(monkeypatch):
    """They count to the total and are gone afterwards."""

    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr("sys.stderr", Terminal())
    with _progress.progress(lambda: 5) as watcher:
        watcher.seen(3, "folder/a.jpg")

    assert isinstance(watcher, _progress.Bars)
