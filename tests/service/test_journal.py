"""The lines that the service writes."""

import io
import json
import logging
import threading

import pytest

from pictrace.service._journal import Journal
from pictrace.service.guard import Record

HOSTILE = 'a\r\n{"event": "forged"}\x1b[31m%s{0}${jndi:ldap://x}\x7f\u2028\x9b'


def record(**facts) -> Record:
    """Of an ordinary request, but for these facts."""
    usual = {
        "method": "GET",
        "route": "/v1/things/{id}",
        "status": 200,
        "code": "",
        "seconds": 0.0123,
        "request_id": "4fd9c0e4-6f1a-4f1a-9b1a-111111111111",
        "key_id": "00000000",
        "client": "203.0.113.9",
    }
    return Record(**usual | facts)


def lines_of(*records: Record) -> list[dict]:
    """What is written of them."""
    stream = io.StringIO()
    journal = Journal(stream)
    for one in records:
        journal(one)
    journal.close()
    return [json.loads(line) for line in stream.getvalue().split("\n") if line]


def test_a_request_is_one_line():
    """Of JSON, with the time in UTC."""
    (line,) = lines_of(record())

    assert line.pop("timestamp").endswith("Z")
    assert line == {
        "event": "request",
        "level": "info",
        "method": "GET",
        "route": "/v1/things/{id}",
        "status": 200,
        "code": "",
        "ms": 12.3,
        "request_id": "4fd9c0e4-6f1a-4f1a-9b1a-111111111111",
        "key": "00000000",
        "client": "203.0.113.9",
    }


@pytest.mark.parametrize("text", [HOSTILE, HOSTILE * 10_000])
def test_a_client_forges_no_line(text):
    """Control characters are escaped, and long texts cut."""
    stream = io.StringIO()
    journal = Journal(stream)
    journal(record(method=text))
    journal.close()
    written = stream.getvalue()

    assert written.count("\n") == 1
    assert all(" " <= one <= "~" for one in written.rstrip("\n"))
    assert len(written) < 3000


def test_a_bug_is_told_with_its_place():
    """For whoever mends it."""
    with pytest.raises(ZeroDivisionError) as caught:
        _ = 1 / 0
    (line,) = lines_of(record(status=500, bug=caught.value))

    assert line["level"] == "error"
    assert line["bug"].startswith("ZeroDivisionError")
    assert "test_journal.py" in line["trace"]


class Stuck(io.StringIO):
    """A pipe that nobody reads from."""

    def __init__(self) -> None:
        super().__init__()
        self.entered, self.go_on = threading.Event(), threading.Event()

    def write(self, text: str) -> int:
        self.entered.set()
        self.go_on.wait(10)
        return super().write(text)


def test_a_stream_that_hangs_holds_nobody_up():
    """Lines that are too many are lost, and requests go on."""
    stream = Stuck()
    journal = Journal(stream)
    journal(record())
    stream.entered.wait(10)
    for _ in range(10_100):
        journal(record())
    stream.go_on.set()
    journal.close()
    journal.close()

    assert 10_000 <= stream.getvalue().count("\n") <= 10_001


def test_a_stream_that_was_closed_is_no_error():
    """Nor is one that nobody reads any more."""
    stream = io.StringIO()
    stream.close()
    journal = Journal(stream)
    journal(record())
    journal.close()

    assert not journal._sink._thread.is_alive()


def test_a_traceback_of_another_logger_is_in_its_line():
    """For whoever mends it, and still one line."""
    stream = io.StringIO()
    journal = Journal(stream)
    logger = logging.getLogger("test_journal")
    logger.addHandler(journal.handler())
    try:
        _ = 1 / 0
    except ZeroDivisionError:
        logger.exception("failed")
    logger.handlers.clear()
    journal.close()
    (line,) = [json.loads(line) for line in stream.getvalue().splitlines()]

    assert line["trace"].endswith("ZeroDivisionError: division by zero")


def test_lines_of_other_loggers_look_alike():
    """From warnings on, escaped and cut."""
    stream = io.StringIO()
    journal = Journal(stream)
    logger = logging.getLogger("test_journal")
    logger.addHandler(journal.handler())
    logger.info("nothing")
    logger.warning("said %s", HOSTILE)
    logger.handlers.clear()
    journal.close()
    (line,) = [json.loads(line) for line in stream.getvalue().split("\n") if line]

    assert (line["event"], line["level"]) == ("server", "warning")
    assert line["said"].startswith("said a")
