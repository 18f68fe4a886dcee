"""Names are asked for aside: nobody waits for a resolver longer than for a connection, least of all the end."""

import subprocess
import sys
import threading

import pytest
from fetch.upstream import policy

from pictrace.errors import SourceTimeoutError, SourceUnreachableError
from pictrace.fetch import Fetcher

PROGRAM = """
import threading
from pictrace.errors import SourceTimeoutError
from pictrace.fetch import Fetcher
from pictrace.settings import FetchPolicy
with Fetcher(FetchPolicy(connect_seconds=0.1), resolve=lambda _: threading.Event().wait()) as fetcher:
    try:
        fetcher.get("http://slow.example/")
    except SourceTimeoutError:
        print("slow", flush=True)
"""


def test_a_program_ends_while_a_resolver_is_asked():
    """Its answer interests nobody any more."""
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, timeout=30, check=False)

    assert (done.returncode, done.stdout, done.stderr) == (0, "slow\n", "")


def test_few_names_are_asked_for_at_a_time(upstream):
    """However many there are; those that wait are given up in time, and the next ones get their turn."""
    asked, over = [], threading.Event()

    def slow(host):
        asked.append(host)
        over.wait(20)
        raise OSError

    limits = policy(upstream, connect_seconds=0.1, connections=8)
    with Fetcher(limits, resolve=slow, pauses=()) as fetcher:
        results = list(fetcher.many(f"http://host{number}.example:{upstream.port}/" for number in range(20)))
        count = len(asked)
        over.set()

    assert (len(results), {type(one) for _, one in results}, count) == (20, {SourceTimeoutError}, 8)


def test_a_name_that_is_no_name_is_unreachable(upstream):
    """Some are told apart only where they are encoded."""

    def encoded(host):
        raise UnicodeError

    with Fetcher(policy(upstream), resolve=encoded) as fetcher, pytest.raises(SourceUnreachableError):
        fetcher.get(f"http://odd.example:{upstream.port}/")
