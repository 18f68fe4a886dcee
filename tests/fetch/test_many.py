"""Lists of URLs: many at a time, few to one host, and few bodies in memory."""

import itertools
import ssl
import threading
import time
from pathlib import Path

import pytest
from fetch.upstream import ALLOWED, ok, policy, serving

from pictrace.errors import FetchError, SourceUnreachableError, UsageError
from pictrace.fetch import Fetched, Fetcher


def names(count, port):
    """So many URLs, each of a host of its own."""
    return [f"http://host{number}.example:{port}/" for number in range(count)]


def here(_host):
    """The resolver that knows the upstream for every name."""
    return [ALLOWED]


def test_each_url_comes_back_once_with_its_file_or_its_error(upstream, base, answers):
    """Invalid and refused ones among them, however often one is listed."""
    answers |= {"/a": ok(b"a"), "/b": ok(b"b")}
    urls = [f"{base}/a", "no URL", f"{base}/b", f"{base}/c", "http://127.0.0.1/", f"{base}/a"]
    with Fetcher(policy(upstream)) as fetcher:
        results = list(fetcher.many(iter(urls)))

    told = sorted((url, one.data if isinstance(one, Fetched) else one.code) for url, one in results)
    codes = [b"a", "invalid_url", b"b", "source_error", "source_not_allowed", b"a"]
    assert sorted(map(str, told)) == sorted(map(str, zip(urls, codes, strict=True)))


def test_a_list_of_mistakes_comes_to_its_end(upstream):
    """However long it is."""
    with Fetcher(policy(upstream)) as fetcher:
        results = list(fetcher.many(["no URL"] * 600))

    assert {error.code for _, error in results} == {"invalid_url"}
    assert len(results) == 600


def test_progress_is_told_in_order(upstream, base, answers):
    """How many are done, and which is the latest."""
    answers["/"] = ok()
    heard = []
    with Fetcher(policy(upstream)) as fetcher:
        results = list(fetcher.many([f"{base}/"] * 5, progress=lambda done, url: heard.append((done, url))))

    assert heard == [(number, url) for number, (url, _) in enumerate(results, 1)]


def test_sixteen_are_under_way_at_a_time(upstream, answers):
    """No fewer: each waits until all of the first sixteen are there."""
    meeting = threading.Barrier(16, timeout=10)

    def meet(_server, handler):
        meeting.wait()
        handler.wfile.write(ok())

    answers["/"] = meet
    with Fetcher(policy(upstream), resolve=here) as fetcher:
        results = [one for _, one in fetcher.many(names(48, upstream.port))]

    assert all(isinstance(one, Fetched) for one in results)
    assert upstream.peak == 16


def test_two_go_to_one_host_at_a_time(upstream, base, answers):
    """Though many are asked for, in one list or by many threads; each takes its time."""
    answers["/"] = lambda _server, handler: time.sleep(0.005) or handler.wfile.write(ok())
    with Fetcher(policy(upstream)) as fetcher:
        list(fetcher.many([f"{base}/"] * 50))
        threads = [threading.Thread(target=fetcher.get, args=[f"{base}/"]) for _ in range(20)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(10)

    assert (upstream.hits, upstream.peak) == (70, 2)


def test_a_slow_host_does_not_hold_up_the_others(upstream, answers):
    """Others are fetched past its place in the list."""
    answers |= {"/": ok(), "/slow": lambda server, handler: (others.wait(10), handler.wfile.write(ok()))}
    others = threading.Event()
    slow = [f"http://slow.example:{upstream.port}/slow"] * 20
    with Fetcher(policy(upstream), resolve=here) as fetcher:
        results = fetcher.many([*slow, *names(30, upstream.port)])
        first = [url for url, _ in itertools.islice(results, 30)]
        others.set()
        rest = [url for url, _ in results]

    assert set(first) == set(names(30, upstream.port))
    assert rest == slow


def test_no_more_is_fetched_than_can_be_taken(upstream, answers):
    """An endless list is drawn as its results are taken, and what is left over is given up."""
    answers["/"] = ok()
    urls = (f"http://host{number}.example:{upstream.port}/" for number in itertools.count())
    with Fetcher(policy(upstream, connections=4), resolve=here) as fetcher:
        results = fetcher.many(urls)
        list(itertools.islice(results, 10))
        results.close()

    assert 10 <= upstream.hits <= 14


@pytest.mark.parametrize(("failures", "comes"), [(1, True), (2, True), (3, False)])
def test_a_network_that_fails_is_tried_twice_more(upstream, base, answers, failures, comes):
    """The third failure counts."""
    left = itertools.count(1)
    answers["/"] = lambda _, handler: next(left) > failures and handler.wfile.write(ok())
    with Fetcher(policy(upstream), pauses=(0, 0)) as fetcher:
        ((_, result),) = fetcher.many([f"{base}/"])

    assert isinstance(result, Fetched if comes else SourceUnreachableError)
    assert upstream.hits == min(failures + 1, 3)


@pytest.mark.parametrize(
    "answer", [b"HTTP/1.1 503 Busy\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nx", b"no HTTP"]
)
def test_an_answer_is_an_answer(upstream, base, answers, answer):
    """What a server said wrongly is not asked again."""
    answers["/"] = answer
    with Fetcher(policy(upstream), pauses=(0, 0)) as fetcher:
        ((_, result),) = fetcher.many([f"{base}/"])

    assert isinstance(result, FetchError)
    assert upstream.hits == 1


def test_a_certificate_is_judged_once(upstream):
    """It will not be better in a second."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(Path(__file__).with_name("self_signed.pem"))
    upstream.socket = context.wrap_socket(upstream.socket, server_side=True)
    asked = []

    def resolve(host):
        asked.append(host)
        return [ALLOWED]

    with Fetcher(policy(upstream), resolve=resolve, pauses=(0, 0)) as fetcher:
        ((_, result),) = fetcher.many([f"https://a.example:{upstream.port}/"])

    assert (result.code, len(asked)) == ("source_unreachable", 1)


def test_all_attempts_together_have_one_deadline(upstream, base, answers):
    """A pause that is longer than it is not waited for."""
    answers["/"] = b""
    with Fetcher(policy(upstream, total_seconds=0.2), pauses=(60,)) as fetcher:
        ((_, result),) = fetcher.many([f"{base}/"])

    assert (result.code, upstream.hits) == ("source_timeout", 1)


def test_a_single_file_is_asked_for_once(upstream, base):
    """Whoever waits for it decides about another attempt."""
    with serving({"/": b""}) as failing:
        with Fetcher(policy(failing), pauses=(0, 0)) as fetcher, pytest.raises(SourceUnreachableError):
            fetcher.get(f"http://{ALLOWED}:{failing.port}/")

        assert failing.hits == 1


def test_closing_ends_a_list(upstream, base, answers):
    """It does not look like a short list."""
    answers["/"] = ok()
    with Fetcher(policy(upstream)) as fetcher:
        results = fetcher.many([f"{base}/"] * 9)
        next(results)

    with pytest.raises(UsageError, match="closed"):
        list(results)
