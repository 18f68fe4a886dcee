"""The edge: odd terminals, closed pipes, interrupts and mistakes of ours all end in a sentence."""

import contextlib
import errno
import os
import pty
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from photographs import FOLDER

from pictrace.cli import _console
from pictrace.errors import PictraceError

PROGRAM = [sys.executable, "-m", "pictrace"]


def plain(**variables: str) -> dict[str, str]:
    """An environment without anything of whoever runs the tests, but for where Python finds its modules."""
    return {"PYTHONPATH": os.pathsep.join(filter(None, sys.path)), "HOME": os.environ["HOME"], **variables}


def test_help_loads_nothing_heavy():
    """Help is there before a model could be."""
    code = "import sys; from pictrace.cli import main; main(); print(*sys.modules, file=sys.stderr)"
    done = subprocess.run(
        [sys.executable, "-c", code, "--help"], capture_output=True, text=True, env=plain(), check=False
    )

    assert "Find pictures by picture" in done.stdout
    heavy = {"numpy", "cv2", "skimage", "onnxruntime", "apsw", "PIL", "usearch", "starlette", "uvicorn", "structlog"}
    assert set() == heavy & set(done.stderr.split())


@pytest.mark.parametrize(
    "variables", [{"LANG": "C"}, {"PYTHONIOENCODING": "ascii"}, {"LC_ALL": "POSIX", "PYTHONUTF8": "0"}]
)
@pytest.mark.parametrize("command", ["list", "search id:1", "doctor", "--help"])
def test_any_encoding_will_do(shelf, variables, command):
    """Characters that a terminal does not have are escaped."""
    arguments = command.split() if command == "--help" else [*command.split(), "-c", shelf.collection]
    done = subprocess.run([*PROGRAM, *arguments], capture_output=True, env=plain(**variables), check=True)

    assert done.stdout.strip()
    assert b"Traceback" not in done.stderr


EXPECTED = {
    "list": b"path: photos/chelsea.png",
    "search id:2": b"path: photos/chelsea.png",
    "doctor": b"what: onnxruntime",
    "models": b"model: lite0",
    "--help": b"Usage",
}


@pytest.mark.parametrize("command", EXPECTED)
def test_a_terminal_of_ten_columns_will_do(shelf, command):
    """Tables fold or are told line by line, and no name is lost."""
    arguments = command.split() if command in {"--help", "models"} else [*command.split(), "-c", shelf.collection]
    leader, follower = pty.openpty()
    with subprocess.Popen(
        [*PROGRAM, *arguments], stdout=follower, stderr=subprocess.PIPE, env=plain(COLUMNS="10", TERM="xterm")
    ) as program:
        os.close(follower)
        shown = drained(leader)
        error = program.stderr.read()

    assert program.returncode == 0
    assert EXPECTED[command] in shown
    assert b"Traceback" not in error


def drained(leader: int) -> bytes:
    """Everything that was written to a pseudo-terminal."""
    parts = []
    # An error is how Linux says that the other end is closed.
    with contextlib.suppress(OSError):
        while part := os.read(leader, 4096):
            parts.append(part)
    os.close(leader)
    return b"".join(parts)


@pytest.mark.parametrize(
    "command", ["list -c", "list --json -c", "search id:1 -f -c", "--help", "search --help", "--version"]
)
def test_a_closed_stdout_ends_quietly(shelf, command):
    """As under `| head -0`."""
    reader, writer = os.pipe()
    os.close(reader)
    arguments = [*PROGRAM, *command.split(), *([shelf.collection] if command.endswith("-c") else [])]
    done = subprocess.run(arguments, stdout=writer, stderr=subprocess.PIPE, env=plain(), check=False)
    os.close(writer)

    assert (done.returncode, done.stderr) == (0, b"")


@pytest.mark.parametrize("command", ["list -c", "search id:1 -c", "doctor -c", "delete 1 -c", "--help"])
@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_streams_that_are_not_there_are_no_mistake(shelf, command, closed):
    """A service may start a program with all of them closed; what the program opens does not take their place."""
    arguments = [*PROGRAM, *command.split(), *([shelf.collection] if command.endswith("-c") else [])]
    done = subprocess.run(
        ["/bin/sh", "-c", f'"$@" {closed}', "sh", *arguments], capture_output=True, env=plain(), check=False
    )

    assert done.returncode == (2 if command.startswith("delete") else 0)
    assert b"Traceback" not in done.stderr
    assert b"bug" not in done.stderr


def test_workers_start_without_any_stream(tmp_path):
    """A service that closed all of them can index."""
    arguments = [*PROGRAM, "index", str(FOLDER / "coffee.png"), "--workers", "1", "-c", str(tmp_path / "c.pictrace")]
    command = ["/bin/sh", "-c", '"$@" <&- >&- 2>&-', "sh", *arguments]
    done = subprocess.run(command, env=plain(), check=False)

    assert done.returncode == 0


def test_a_full_disk_behind_stdout_is_exit_four(shelf):
    """What could not be written is not passed over."""
    if not Path("/dev/full").exists():
        pytest.skip("needs /dev/full")
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [*PROGRAM, "list", "-c", shelf.collection], stdout=full, stderr=subprocess.PIPE, env=plain(), check=False
        )

    assert done.returncode == 4
    assert b"(insufficient_storage)" in done.stderr


def test_an_interrupt_is_one_sentence(shelf):
    """A long command is stopped, and says how to go on."""
    with subprocess.Popen(
        [*PROGRAM, "search", "-", "-c", shelf.collection],
        stdin=subprocess.PIPE, stderr=subprocess.PIPE, env=plain(),
    ) as program:  # fmt: skip
        # More than a pipe holds: once it is written, the program is reading.
        program.stdin.write(b"x" * (1 << 20))
        program.stdin.flush()
        program.send_signal(signal.SIGINT)
        # A signal between two reads is only seen when the second ends.
        program.stdin.close()
        error = program.stderr.read()

    assert (program.returncode, error) == (130, b"stopped; run the same command to go on\n")


@pytest.mark.parametrize(
    ("raised", "code", "said"),
    [
        (KeyboardInterrupt(), 130, "stopped"),
        (OSError(errno.ENOSPC, "full"), 4, "(insufficient_storage)"),
        (PictraceError("it broke\n\x1b[31m", hint="mend it"), 1, "it broke\\n\\x1b[31m (internal)\n  mend it"),
        (ZeroDivisionError("by zero"), 70, "this is a bug: ZeroDivisionError: by zero"),
        (BrokenPipeError(), 0, ""),
        (SystemExit(5), 5, ""),
        (SystemExit(), 0, ""),
    ],
)
def test_whatever_is_raised_becomes_an_exit_code(capfd, raised, code, said):
    """One line, one number."""

    def fail():
        raise raised

    stdout = os.dup(1)
    assert code == _console.run(fail)
    os.dup2(stdout, 1)
    error = capfd.readouterr().err
    assert said in error
    assert "Traceback" not in error


def test_a_traceback_is_there_for_those_who_ask(capsys, monkeypatch):
    """`PICTRACE_DEBUG=1` shows where a mistake of ours is."""
    monkeypatch.setenv("PICTRACE_DEBUG", "1")

    assert _console.run(lambda: 1 / 0) == 70
    assert "Traceback" in capsys.readouterr().err


def test_the_version_is_told(pictrace, capsys):
    """For bug reports."""
    assert pictrace("--version") == 0
    assert capsys.readouterr().out.startswith("pictrace ")


@pytest.mark.parametrize("arguments", [["serch"], ["search"], ["list", "--what"], ["index"]])
def test_what_is_not_understood_is_exit_two(pictrace, capsys, arguments):
    """With where the usage is told, and no traceback."""
    assert pictrace(*arguments) == 2
    said = capsys.readouterr().err
    assert "--help` shows" in said
    assert "Traceback" not in said


def test_a_pipe_is_written_to_as_it_is(capfd):
    """`--html /dev/stdout` must not replace the device."""
    _console.save("/dev/stdout", "page")

    assert capfd.readouterr().out == "page"
    assert Path("/dev/stdout").is_symlink()


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_shell_can_complete(shell):
    """Typer's own completion knows the commands."""
    variables = {
        "_PICTRACE_COMPLETE": f"complete_{shell}",
        "COMP_WORDS": "pictrace se",
        "COMP_CWORD": "1",
        "_TYPER_COMPLETE_ARGS": "pictrace se",
        "_TYPER_COMPLETE_FISH_ACTION": "get-args",
    }
    code = "import sys; sys.argv[0] = 'pictrace'; from pictrace.cli import main; sys.exit(main())"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=plain(**variables), check=False
    )

    assert "search" in done.stdout


@pytest.mark.parametrize(("raised", "code"), [(BrokenPipeError(), 0), (KeyboardInterrupt(), 130), (EOFError(), 1)])
def test_a_command_that_is_stopped_has_its_own_code(pictrace, shelf, monkeypatch, capfd, raised, code):
    """Whoever went away or said stop, there is no traceback."""
    from pictrace.collection import Collection

    def stop(*_: object) -> None:
        raise raised

    monkeypatch.setattr(Collection, "get", stop)
    stdout = os.dup(1)
    assert pictrace("show", "1", "-c", shelf.collection) == code
    os.dup2(stdout, 1)
    assert "Traceback" not in capfd.readouterr().err


def test_stdin_must_be_piped(shelf):
    """Nobody is left waiting for a picture to be typed."""
    leader, follower = pty.openpty()
    with os.fdopen(follower) as terminal, os.fdopen(leader):
        done = subprocess.run(
            [*PROGRAM, "search", "-", "-c", shelf.collection],
            stdin=terminal, capture_output=True, env=plain(), check=False,
        )  # fmt: skip

    assert done.returncode == 2
    assert b"nothing is piped in" in done.stderr


@pytest.mark.parametrize(
    ("call", "said"),
    [
        ("serve --port", "'--port' requires an argument"),
        ("serve --prot 5001", "--port"),
        ("serve --port abc", "'--port': it must be a valid integer"),
        ("search id:1 --mode psychic", "'psychic' is not one of 'auto'"),
        ("search id:1 -n 0", "it must be greater than or equal to 1"),
        ("search", "missing argument 'QUERY'"),
        ("--prot", "no such option: --prot"),
        ("nothing", "no such command 'nothing'"),
    ],
)
def test_a_slip_in_the_call_is_one_sentence(pictrace, capsys, call, said):
    """In our own words, like every other error, with one more line that says what to do."""
    code = pictrace(*call.split())
    told = capsys.readouterr().err.splitlines()

    assert (code, len(told)) == (2, 2)
    assert told[0].startswith("pictrace: ")
    assert told[0].endswith(" (invalid_parameter)")
    assert said in told[0]
    assert "--help` shows" in told[1]
