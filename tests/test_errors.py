"""What an error tells is bounded, and travels whole."""

import pickle

import pytest

from pictrace.errors import ArchiveUnsafeError, PictraceError, SourceNotAllowedError
from pictrace.results import Failure

LONG = "http://a.example/" + "x" * 10_000


@pytest.mark.parametrize("kind", [PictraceError, ArchiveUnsafeError, SourceNotAllowedError])
def test_a_message_is_short_whatever_it_names(kind):
    """The sentence around a long name stays."""
    error = kind(f"{LONG} is refused: it ends too early", hint="x" * 10_000)

    assert len(str(error)) == len(error.to_dict()["detail"]) == 300
    assert str(error).startswith("http://a.example/xxx")
    assert str(error).endswith("xxx is refused: it ends too early")
    assert len(error.hint) == 4000


def test_short_messages_are_as_they_were_written():
    """Line ends and whatever else is in them too; who prints them escapes that."""
    assert str(PictraceError("a\n\x1b[31m is wrong")) == "a\n\x1b[31m is wrong"


def test_an_error_travels_with_its_hint():
    """As between processes."""
    error = pickle.loads(pickle.dumps(ArchiveUnsafeError("a" * 999, hint="b")))  # noqa: S301 - ours

    assert (type(error), len(str(error)), error.hint) == (ArchiveUnsafeError, 300, "b")


def test_a_failure_is_as_short_as_an_error():
    """Its path is what it is about, and stays whole."""
    failure = Failure(LONG, "list_invalid", f"line 3: {LONG} is no URL")

    assert (failure.path, len(failure.detail)) == (LONG, 300)
    assert failure.detail.endswith("xxx is no URL")
