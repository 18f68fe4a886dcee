"""What goes to the terminal, and the one place where every error ends."""

import contextlib
import json
import os
import sys
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, Any

import typer
from typer.core import TyperGroup

from pictrace._atomic import is_full
from pictrace.errors import InsufficientStorageError, PictraceError, UsageError

INTERRUPTED = 130
BUG = 70
"""`EX_SOFTWARE` of sysexits.h: a mistake of ours."""

_UNFOLDED = 1000
_LEAST_COLUMNS = 20
"""Of the terminal for a table's last column; with fewer, each row is told line by line."""


_MISTAKES: Any = typer.BadParameter.__mro__[1]
"""What typer raises where a command makes no sense as given; it has no name of its own for it."""


class Commands(TyperGroup):
    """The group of all commands: it ends them quietly when whoever reads goes away or says stop."""

    def make_context(self, *arguments: Any, **more: Any) -> Any:
        """Reads what stands before the command."""
        with _in_a_sentence():
            return super().make_context(*arguments, **more)

    def invoke(self, ctx: Any) -> Any:
        """Runs the command that was named."""
        try:
            with _in_a_sentence():
                return super().invoke(ctx)
        except BrokenPipeError as error:
            _discard_output()
            raise typer.Exit(0) from error
        except (KeyboardInterrupt, typer.Abort) as error:
            tell("stopped; run the same command to go on")
            raise typer.Exit(INTERRUPTED) from error


@contextlib.contextmanager
def _in_a_sentence() -> Iterator[None]:
    """Makes mistakes in the call such errors as all others are: one line, and one that says what to do."""
    try:
        yield
    except _MISTAKES as error:
        context, said = getattr(error, "ctx", None), str(getattr(error, "message", "") or error)
        if not said or type(error).__name__ == "NoArgsIsHelpError":
            raise
        said = error.format_message().rstrip(".")
        # What typer took over from a library, in whose words nobody has written here.
        said = said.replace("Input should be", "it must be").replace("Value error, ", "")
        said = said.partition(", unable to parse")[0]
        hint = f"`{context.command_path if context else 'pictrace'} --help` shows what there is"
        raise UsageError(said[:1].lower() + said[1:], hint=hint) from error


def run(app: Callable[[], object]) -> int:
    """The exit code of the program; whatever happens in it ends here, told in a sentence."""
    _stand_in()
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    try:
        app()
    except SystemExit as end:
        # So ends what writes help when its reader goes away.
        if isinstance(end.__context__, BrokenPipeError):
            return _flushed(0)
        return _flushed(end.code if isinstance(end.code, int) else int(end.code is not None))
    except KeyboardInterrupt:
        tell("stopped; run the same command to go on")
        return INTERRUPTED
    except Exception as error:  # noqa: BLE001 - the edge: nothing may end in a traceback
        return _flushed(_told(error))
    return _flushed(0)


def tell(message: str) -> None:
    """One line for people on stderr."""
    # Nobody may be reading stderr; then there is nobody to tell.
    with contextlib.suppress(OSError, ValueError):
        sys.stderr.write(f"{message}\n")
        sys.stderr.flush()


def write(text: str) -> None:
    """Text on stdout, followed by a line end."""
    sys.stdout.write(f"{text}\n")


def write_json(record: Mapping[str, Any], *, file: IO[str] | None = None) -> None:
    """One JSON object on one line, in ASCII: undecodable bytes of paths survive as surrogate escapes."""
    (file or sys.stdout).write(f"{json.dumps(record, ensure_ascii=True, allow_nan=False)}\n")


def write_path(path: str, *, end: bytes) -> None:
    """The bytes of a path as the file system has them."""
    sys.stdout.flush()
    sys.stdout.buffer.write(os.fsencode(path) + end)


def write_table(columns: Sequence[tuple[str, str]], rows: Sequence[Sequence[str]]) -> None:
    """A table of cells that may hold anything; `columns` are titles with `left` or `right`.

    On a terminal that is too narrow for it, one line for each cell that is not empty.
    """
    from rich import box
    from rich.table import Table
    from rich.text import Text

    from pictrace.words import shown

    if _is_narrow([title for title, _ in columns], rows):
        for row in rows:
            write("\n".join(_lines([title for title, _ in columns], row)))
        return
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for title, justify in columns:
        table.add_column(title, justify="right" if justify == "right" else "left", overflow="fold")
    for row in rows:
        table.add_row(*(Text(shown(cell), style=_STYLES.get(cell, "")) for cell in row))
    write(rendered(table))


_STYLES = {"exact": "bold cyan", "copy": "bold green", "scene": "magenta", "similar": "yellow"}


def _is_narrow(titles: Sequence[str], rows: Sequence[Sequence[str]]) -> bool:
    """Whether what is left of the terminal for the last column is too little to be read."""
    from rich.cells import cell_len
    from rich.console import Console

    from pictrace.words import shown

    if not sys.stdout.isatty():
        return False
    widths = [max(cell_len(shown(row[at])) for row in (titles, *rows)) for at in range(len(titles) - 1)]
    return Console(file=sys.stdout).width < sum(width + 3 for width in widths) + _LEAST_COLUMNS


def _lines(titles: Sequence[str], row: Sequence[str]) -> Iterator[str]:
    """A row's cells, each with its title; an empty line before a row that has its first."""
    from pictrace.words import shown

    if row[0]:
        yield ""
    yield from (
        f"{title}: {shown(cell)}" if title else shown(cell) for title, cell in zip(titles, row, strict=True) if cell
    )


def rendered(thing: Any) -> str:
    """Something of rich's as text: as wide as the terminal, or unfolded where there is none."""
    from rich.console import Console

    console = Console(file=sys.stdout, width=None if sys.stdout.isatty() else _UNFOLDED, highlight=False)
    with console.capture() as capture:
        console.print(thing)
    return "\n".join(line.rstrip() for line in capture.get().splitlines())


def check_free(path: str | None, *, like: str) -> None:
    """Nothing, if a file may be written there: there is none, or it begins `like` one of ours and is an earlier one.

    Raises:
        UsageError: somebody else's file is there, or its folder is not there or cannot be written to.
    """
    if path is None:
        return
    with contextlib.suppress(OSError, ValueError):
        if not os.access(Path(path).parent, os.W_OK):
            raise UsageError(
                f"{path} cannot be written: its folder is not there, or not yours", hint="name another one"
            )
        if Path(path).is_file():
            with Path(path).open("rb") as file:
                begin = file.read(len(like.encode()))
            if begin not in {b"", like.encode()}:
                there = f"{path} is there already, and not one of ours"
                raise UsageError(there, hint="name another file; nothing is overwritten")


def save(path: str, content: str) -> None:
    """A file, written whole or not at all; links, pipes and devices are written to as they are.

    Raises:
        UsageError: it cannot be written there.
        InsufficientStorageError: the disk is full.
    """
    from pictrace._atomic import replacing

    try:
        target = Path(path)
        # Links, such as /dev/stdout, and devices must not become files.
        if target.is_symlink() or (target.exists() and not target.is_file()):
            target.write_text(content, "utf-8", errors="backslashreplace")
            return
        with replacing(target) as temporary:
            temporary.write_text(content, "utf-8", errors="backslashreplace")
    except (OSError, ValueError) as error:
        reason = (isinstance(error, OSError) and error.strerror) or "no valid path"
        raise UsageError(f"{path} cannot be written: {reason}", hint="name a file in a folder that is yours") from error


@contextlib.contextmanager
def opened(
    collection: str | None, *, workers: int | None = None, encoders: Sequence[str] = (), index: str = ""
) -> Iterator[Any]:
    """The collection that was named, else the one of the settings; closed at the end."""
    from pictrace.collection import Collection
    from pictrace.settings import with_plugins

    settings = with_plugins(encoders, collection=collection or None, workers=workers)
    with Collection(settings.collection_path, settings=settings, encoders=encoders, index=index) as found:
        yield found


def key_of(text: str) -> int:
    """The id in `42` or `id:42`.

    Raises:
        UsageError: it is neither.
    """
    digits = text.removeprefix("id:")
    if not (digits.isascii() and digits.isdigit() and 0 < len(digits) < 19):
        raise UsageError(f"{text!r} is no id", hint="ids are numbers; `pictrace list` shows them")
    return int(digits)


def _stand_in() -> None:
    """Where a stream was closed before the start, one that leads nowhere, or the next file would take its number."""
    for name in ("stdin", "stdout", "stderr"):
        if getattr(sys, name) is None:
            number = os.open(os.devnull, os.O_RDWR)
            # Worker processes are started with these streams too.
            os.set_inheritable(number, True)
            if name != "stdin":
                setattr(sys, name, os.fdopen(number, "w", encoding="utf-8", closefd=False))


def _told(error: Exception) -> int:
    from pictrace._brief import shortened
    from pictrace.words import shown

    if isinstance(error, BrokenPipeError):
        _discard_output()
        return 0
    if is_full(error):
        error = InsufficientStorageError("the disk is full", hint="free some space and run the same command again")
    if isinstance(error, PictraceError):
        _tell_error(error)
        return error.exit_code
    tell(f"pictrace: this is a bug: {type(error).__name__}: {shown(shortened(str(error)))} (internal)")
    if os.environ.get("PICTRACE_DEBUG") == "1":
        traceback.print_exception(error)
    else:
        tell("  run the command again with PICTRACE_DEBUG=1 and report what it prints")
    return BUG


def _tell_error(error: PictraceError) -> None:
    from pictrace.words import shown

    if "--json" in sys.argv:
        tell(json.dumps(error.to_dict()))
        return
    tell(f"pictrace: {shown(str(error))} ({error.code})")
    if error.hint:
        tell(f"  {shown(error.hint)}")


def _flushed(code: int) -> int:
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        _discard_output()
    except OSError as error:
        code = _told(error)
        _discard_output()
    return code


def _discard_output() -> None:
    """From here on stdout leads nowhere, or the interpreter would complain of it at its end."""
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
