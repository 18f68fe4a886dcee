"""Large files: gone on with, checked, and never half there."""

import errno
import hashlib
import os
import re
from pathlib import Path

import pytest
from fetch.upstream import Upstream, moved, ok, policy

from pictrace.errors import FetchError, InsufficientStorageError, SourceAnswerError, SourceTooLargeError
from pictrace.fetch import Fetcher

DATA = bytes(range(256)) * 4000
"""A megabyte: more than is on its way at any moment, so that a part of it is kept."""
SHA256 = hashlib.sha256(DATA).hexdigest()


def ranged(server: Upstream, handler) -> None:
    """Answers as a server does that knows ranges."""
    match = re.search(r"Range: bytes=(\d+)-", server.heads[-1])
    start = int(match[1]) if match else 0
    if start >= len(DATA):
        handler.wfile.write(b"HTTP/1.1 416 No\r\nContent-Length: 0\r\n\r\n")
    elif match:
        said = f"Content-Range: bytes {start}-{len(DATA) - 1}/{len(DATA)}"
        handler.wfile.write(ok(DATA[start:], said).replace(b"200 OK", b"206 Partial"))
    else:
        handler.wfile.write(ok(DATA))


@pytest.fixture
def target(tmp_path):
    """Where the file is to be."""
    return tmp_path / "model.onnx"


@pytest.fixture
def part(target):
    """Where its bytes are until then."""
    return target.with_name(".model.onnx.part")


@pytest.fixture
def take(upstream, base, target):
    """Fetches the file, with what a test wants different."""

    def take(path="/", *, size_limit=1 << 20, **options):
        with Fetcher(policy(upstream, file_bytes=10)) as fetcher:
            fetcher.to_file(base + path, target, sha256=SHA256, size_limit=size_limit, **options)

    return take


def test_a_file_is_there_whole(take, answers, target):
    """Above the limit for pictures, through redirects, with progress up to the end, and alone in its folder."""
    answers |= {"/": moved("/b"), "/b": ok(DATA)}
    heard = []
    take(progress=lambda done, total: heard.append((done, total)))

    assert target.read_bytes() == DATA
    assert heard[-1] == (len(DATA), len(DATA))
    assert [one.name for one in target.parent.iterdir()] == ["model.onnx"]


@pytest.mark.parametrize("start", [1, 1000, len(DATA) - 1])
def test_what_came_before_is_gone_on_with(take, answers, upstream, target, part, start):
    """Only the rest is asked for, and counted on top."""
    answers["/"] = ranged
    part.write_bytes(DATA[:start])
    heard = []
    take(progress=lambda done, total: heard.append((done, total)))

    assert target.read_bytes() == DATA
    assert f"Range: bytes={start}-\r\n" in upstream.heads[0]
    assert (upstream.hits, heard[-1]) == (1, (len(DATA), len(DATA)))


def test_a_file_that_was_cut_off_is_gone_on_with(take, answers, target, part):
    """The first attempt fails and leaves nothing under the name, the second brings the rest."""
    answers["/"] = ok(DATA)[:900_000]
    with pytest.raises(SourceAnswerError, match="cut off"):
        take()
    kept = part.stat().st_size
    assert not target.exists()
    answers["/"] = ranged
    take()

    assert target.read_bytes() == DATA
    assert 0 < kept < 900_000


def test_a_whole_part_needs_no_network(take, upstream, target, part):
    """Killed between the last byte and the name."""
    part.write_bytes(DATA)
    take()

    assert target.read_bytes() == DATA
    assert upstream.hits == 0


def test_a_server_without_ranges_sends_all_of_it(take, answers, target, part):
    """The part is then begun anew."""
    answers["/"] = ok(DATA)
    part.write_bytes(b"x" * 5)
    take()

    assert target.read_bytes() == DATA


def test_a_part_that_is_too_long_is_begun_anew(take, answers, upstream, target, part):
    """The server says that nothing comes after it."""
    answers["/"] = ranged
    part.write_bytes(b"x" * len(DATA))
    take()

    assert target.read_bytes() == DATA
    assert upstream.hits == 2


@pytest.mark.parametrize("said", ["bytes 0-9/10", "bytes 50-60/61", "nonsense"])
def test_another_range_than_asked_for_is_refused(take, answers, target, part, said):
    """It would end up in the wrong place."""
    answers["/"] = ok(DATA, f"Content-Range: {said}").replace(b"200", b"206")
    part.write_bytes(DATA[:5])
    with pytest.raises(SourceAnswerError):
        take()

    assert part.read_bytes() == DATA[:5]
    assert not target.exists()


@pytest.mark.parametrize("wrong", [b"", b"x" * len(DATA), DATA + b"x"])
def test_another_file_is_not_kept(take, answers, target, wrong):
    """Its SHA-256 decides; what was there before stays."""
    answers["/"] = ok(wrong)
    target.write_bytes(b"old")
    with pytest.raises(SourceAnswerError, match="not the file that was asked for"):
        take()

    assert {one.name: one.read_bytes() for one in target.parent.iterdir()} == {"model.onnx": b"old"}


def test_a_part_of_another_file_is_not_kept(take, answers, target, part):
    """The next attempt begins anew."""
    answers["/"] = ranged
    part.write_bytes(b"x" * 1000)
    with pytest.raises(SourceAnswerError):
        take()
    take()

    assert target.read_bytes() == DATA


@pytest.mark.parametrize("answer", [b"HTTP/1.1 404 No\r\n\r\nsecret", b"HTTP/1.1 500 No\r\n\r\n", b"", b"no HTTP"])
def test_no_file_leaves_nothing(take, answers, target, answer):
    """Errors are typed."""
    answers["/"] = answer
    with pytest.raises(FetchError):
        take()

    assert list(target.parent.iterdir()) == []


@pytest.mark.parametrize("answer", [ok(DATA), b"HTTP/1.1 200 OK\r\n\r\n" + DATA])
@pytest.mark.parametrize("limit", [len(DATA) - 1, len(DATA)])
def test_its_size_has_a_limit(take, answers, target, answer, limit):
    """Whether the server says it before or not; nothing is kept of what is larger."""
    answers["/"] = answer
    if limit == len(DATA):
        take(size_limit=limit)
    else:
        with pytest.raises(SourceTooLargeError):
            take(size_limit=limit)

    assert [one.name for one in target.parent.iterdir()] == (["model.onnx"] if limit == len(DATA) else [])


def test_a_part_beyond_the_limit_is_begun_anew(take, answers, target, part):
    """The file that was meant has become smaller, or the limit has."""
    answers["/"] = ok(DATA)
    part.write_bytes(b"x" * (1 << 20))
    take()

    assert target.read_bytes() == DATA


def test_a_full_disk_is_told(take, answers, target):
    """As everywhere else; what came is kept for when there is room."""
    answers["/"] = ok(DATA)

    def fill(_done, _total):
        raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(InsufficientStorageError, match=r"the disk is full: model\.onnx could not be written"):
        take(progress=fill)
    assert not target.exists()


def test_no_link_is_written_through(take, answers, target, part, tmp_path):
    """Whoever may write to the folder gets nothing overwritten by it."""
    answers["/"] = ok(DATA)
    (tmp_path / "other").write_bytes(b"mine")
    part.symlink_to(tmp_path / "other")
    take()

    assert (tmp_path / "other").read_bytes() == b"mine"
    assert target.read_bytes() == DATA


def test_a_pipe_is_no_part(take, answers, target, part):
    """Nobody waits for what somebody may write to it."""
    os.mkfifo(part)
    answers["/"] = ok(DATA)
    take()

    assert target.read_bytes() == DATA


def test_a_file_that_nobody_knows_is_begun_anew(answers, upstream, base, target, part):
    """Two halves might be of two files; it is whole or an error all the same."""
    part.write_bytes(DATA[:5])
    with Fetcher(policy(upstream)) as fetcher:
        answers["/"] = ok(DATA)[:900_000]
        with pytest.raises(SourceAnswerError, match="cut off"):
            fetcher.to_file(base + "/", target, sha256="", size_limit=1 << 20)
        assert not target.exists()
        answers["/"] = ranged
        fetcher.to_file(base + "/", target, sha256="", size_limit=1 << 20)

    assert target.read_bytes() == DATA
    assert "Range" not in "".join(upstream.heads)


def test_whoever_watches_can_stop_it(take, answers, target, part):
    """What came is kept, and nothing is left open."""
    answers["/"] = ok(DATA)

    def stop(_done, _total):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        take(progress=stop)

    assert not target.exists()
    assert DATA.startswith(Path(part).read_bytes())
