"""One file: what is asked, what is refused, and every way in which a server can misbehave."""

import gzip
import ssl
import struct
import threading
from pathlib import Path

import aiohttp
import pytest
from fetch.upstream import ALLOWED, moved, ok, policy, serving

from pictrace.errors import (
    FetchError,
    SourceAnswerError,
    SourceNotAllowedError,
    SourceTimeoutError,
    SourceTooLargeError,
    SourceUnreachableError,
    UsageError,
)
from pictrace.fetch import Fetcher
from pictrace.fetch._address import Reach
from pictrace.settings import FetchPolicy


@pytest.fixture
def fetcher(upstream):
    """One that may ask the upstream and nobody else."""
    with Fetcher(policy(upstream, file_bytes=100_000)) as one:
        yield one


def test_a_file_comes(fetcher, base, answers):
    """The positive control: its bytes, where it is from, and what the server calls it."""
    answers["/a.jpg?x=1"] = ok(b"picture")

    fetched = fetcher.get(f"{base}/a.jpg?x=1#part")

    assert (fetched.data, fetched.url, fetched.content_type) == (b"picture", f"{base}/a.jpg?x=1", "image/jpeg")
    assert "picture" not in repr(fetched)


def test_the_request_says_nothing_of_us(fetcher, base, upstream, answers):
    """Neither cookies nor credentials, and no wish for anything packed."""
    answers["/"] = ok(b"x", "Set-Cookie: a=b; Path=/")
    for _ in range(2):
        fetcher.get(f"{base}/")
    names = [line.partition(":")[0] for line in upstream.heads[1].split("\r\n")[1:] if line]

    assert names == ["Host", "Accept", "Accept-Encoding", "User-Agent", "Connection"]
    assert "Accept-Encoding: identity" in upstream.heads[1]


def test_the_environment_has_no_say(canary, upstream, answers, base, tmp_path, monkeypatch):
    """Proxies and a file with passwords are not looked at."""
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{canary.port}")
    (tmp_path / "netrc").write_text(f"machine {ALLOWED} login a password secret\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    answers["/"] = ok()
    with Fetcher(policy(upstream)) as fetcher:
        fetcher.get(f"{base}/")

    assert "Authorization" not in upstream.heads[0]


@pytest.mark.parametrize(
    "place",
    [
        "http://127.0.0.1:{port}/",
        "http://0.0.0.0:{port}/",
        "http://[::ffff:127.0.0.1]:{port}/",
        "http://[::ffff:7f00:1]:{port}/",
        "http://①②⑦.⓪.⓪.①:{port}/",
        "http://127。0。0。1:{port}/",
        "http://localhost:{port}/",
        "http://127.0.0.1.:{port}/",
    ],
)
def test_the_canary_is_not_reached(fetcher, canary, place):
    """By none of the spellings that a client takes for this machine."""
    with pytest.raises(SourceNotAllowedError):
        fetcher.get(place.format(port=canary.port))


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize(
    "place",
    [
        "http://127.0.0.1:{port}/",
        "//127.0.0.1:{port}/",
        "http://[::ffff:127.0.0.1]:{port}/",
        "http://[64:ff9b::7f00:1]:{port}/",
        "http://169.254.169.254/",
        "http://localhost:{port}/",
        "http://{allowed}:22/",
    ],
)
def test_a_redirect_is_judged_like_a_first_address(fetcher, canary, base, answers, status, place):
    """Whatever kind of redirect it is."""
    answers["/"] = moved(place.format(port=canary.port, allowed=ALLOWED), status)

    with pytest.raises(SourceNotAllowedError):
        fetcher.get(f"{base}/")


@pytest.mark.parametrize(
    "answer",
    [
        moved("http://0x7f000001:{port}/"),
        moved("http://127.1:{port}/"),
        moved("/\\127.0.0.1:{port}/"),
        moved("http://a@127.0.0.1:{port}/"),
        moved("http://{allowed}@127.0.0.1:{port}/"),
        moved("file:///etc/passwd"),
        moved("ftp://127.0.0.1/"),
        moved("data:image/png;base64,AAAA"),
        moved("javascript:alert(1)"),
        moved("http://[::1"),
        moved("/a b"),
        moved("/" + "a" * 3000),
        moved("/é"),
        moved("/a\r\nLocation: http://127.0.0.1:{port}/"),
        b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\n\r\n",
        moved("/a\0b"),
    ],
)
def test_a_redirect_to_nowhere_is_an_error_of_the_source(fetcher, canary, base, answers, answer):
    """To what is no URL, to two places, or to none."""
    text = answer.decode().replace("{port}", str(canary.port)).replace("{allowed}", ALLOWED)
    answers["/"] = text.encode()

    with pytest.raises(SourceAnswerError):
        fetcher.get(f"{base}/")


def test_three_redirects_are_followed(fetcher, base, upstream, answers):
    """Relative ones too; the result says where it ended."""
    answers |= {"/": moved("/b/c"), "/b/c": moved("d"), "/b/d": moved(f"{base}/e"), "/e": ok()}

    assert fetcher.get(f"{base}/").url == f"{base}/e"
    assert upstream.paths == ["/", "/b/c", "/b/d", "/e"]


@pytest.mark.parametrize("places", [("/1", "/2", "/3", "/4"), ("/1", "/", "/1", "/"), ("/", "/", "/", "/")])
def test_more_redirects_are_not(fetcher, base, upstream, answers, places):
    """Chains, circles, and what points to itself."""
    for here, there in zip(("/", *places), places, strict=False):
        answers[here] = moved(there)

    with pytest.raises(SourceAnswerError, match="the server sends on more than 3 times"):
        fetcher.get(f"{base}/")
    assert upstream.hits == 4


BROKEN = {
    "no HTTP": b"picture",
    "HTTP/0.9": b"<html>secret</html>",
    "other protocol": b"SSH-2.0-secret\r\n",
    "bad status": b"HTTP/1.1 2xx OK\r\n\r\n",
    "cut off": ok(b"x" * 50).replace(b": 50", b": 150"),
    "more than its length": ok(b"secret").replace(b": 6", b": 3"),
    "cut off in a chunk": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n40\r\nabc",
    "no last chunk": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n",
    "bad chunk": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nabc\r\n0\r\n\r\n",
    "negative length": b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\nabc",
    "two lengths": b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd",
    "length and chunks": ok(b"3\r\nabc\r\n0\r\n\r\n", "Transfer-Encoding: chunked"),
    "a large header": b"HTTP/1.1 200 OK\r\nA: " + b"a" * (1 << 20) + b"\r\n\r\n",
    "many headers": b"HTTP/1.1 200 OK\r\n" + b"A: a\r\n" * 10_000 + b"\r\n",
    "NUL in a header": b"HTTP/1.1 200 OK\r\nA: a\0b\r\nContent-Length: 0\r\n\r\n",
    "gzip": ok(gzip.compress(bytes(1 << 20)), "Content-Encoding: gzip"),
    "br": ok(b"x", "Content-Encoding: br"),
    "zstd": ok(b"x", "Content-Encoding: zstd"),
    "gzip twice": ok(gzip.compress(gzip.compress(bytes(9))), "Content-Encoding: gzip, gzip"),
    "packed transfer": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
    **{str(status): ok(b"secret").replace(b"200", str(status).encode()) for status in (204, 206, 300, 304)},
    **{str(status): ok(b"secret").replace(b"200", str(status).encode()) for status in (400, 401, 403, 404, 500, 503)},
}


@pytest.mark.parametrize("kind", BROKEN)
def test_an_answer_that_is_not_the_file_is_told_without_quoting_it(fetcher, base, answers, kind):
    """Broken, cut off, packed, or an error: nothing of it is in the message."""
    answers["/"] = BROKEN[kind]

    with pytest.raises(FetchError) as caught:
        fetcher.get(f"{base}/")
    assert caught.value.code == "source_error"
    assert "secret" not in str(caught.value) + caught.value.hint


def test_an_empty_file_is_a_file(fetcher, base, answers):
    """That it is no picture is for others to say."""
    answers["/"] = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nContent-Type: \xff\r\n\r\n"
    fetched = fetcher.get(f"{base}/")

    assert (fetched.data, fetched.content_type) == (b"", "application/octet-stream")


@pytest.mark.parametrize(("size", "fits"), [(99_999, True), (100_000, True), (100_001, False)])
def test_files_have_a_limit(fetcher, base, answers, size, fits):
    """It is as exact without a length as with one."""
    answers["/said"] = ok(bytes(size))
    answers["/unsaid"] = b"HTTP/1.1 200 OK\r\n\r\n" + bytes(size)
    for path in ("/said", "/unsaid"):
        if fits:
            assert len(fetcher.get(base + path).data) == size
        else:
            with pytest.raises(SourceTooLargeError, match="more than the 100,000 bytes allowed"):
                fetcher.get(base + path)


def test_a_file_that_says_it_is_too_large_is_not_read(fetcher, base, answers):
    """Its first byte need not even come."""
    answers["/"] = lambda server, handler: (
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 10000000000\r\n\r\n"),
        server.over.wait(10),
    )

    with pytest.raises(SourceTooLargeError):
        fetcher.get(f"{base}/")


@pytest.mark.parametrize("head", [b"", b"Transfer-Encoding: chunked\r\n"])
def test_an_endless_file_is_given_up(fetcher, base, answers, head):
    """Little more than the limit is read."""
    sent = []

    def endless(server, handler):
        handler.wfile.write(b"HTTP/1.1 200 OK\r\n" + head + b"\r\n")
        try:
            while not server.over.is_set():
                handler.wfile.write(b"400\r\n" + bytes(1024) + b"\r\n" if head else bytes(1024))
                sent.append(1)
        finally:
            done.set()

    done = threading.Event()
    answers["/"] = endless
    with pytest.raises(SourceTooLargeError):
        fetcher.get(f"{base}/")

    assert done.wait(10)
    assert len(sent) < 1024 * 8  # what the buffers of two sockets hold, beyond the 98 of the limit


def dribble(server, handler):
    """One byte after the other, as slowly as it takes."""
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
    while not server.over.wait(0.02):
        handler.wfile.write(b"x")


def silence(server, _handler):
    """Nothing, ever."""
    server.over.wait(10)


def half(server, handler):
    """A header that never ends."""
    handler.wfile.write(b"HTTP/1.1 200 OK\r\n")
    server.over.wait(10)


@pytest.mark.parametrize(
    ("answer", "limits"),
    [
        (silence, {"total_seconds": 0.2}),
        (dribble, {"total_seconds": 0.2}),
        (dribble, {"rate_seconds": 0.2}),
        (
            lambda server, handler: (handler.wfile.write(b"HTTP/1.1 200 OK\r\n"), silence(server, handler)),
            {"total_seconds": 0.2},
        ),
    ],
    ids=["silent", "slow", "below the rate", "half a header"],
)
def test_what_takes_too_long_is_given_up(upstream, base, answers, answer, limits):
    """In all, or by its rate."""
    answers["/"] = answer

    with Fetcher(policy(upstream, **limits)) as fetcher, pytest.raises(SourceTimeoutError):
        fetcher.get(f"{base}/")


def test_what_is_fast_enough_may_take_several_spans(upstream, base, answers):
    """The rate is taken anew in each."""
    many = threading.Event()

    def steady(server, handler):
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n")
        for _ in range(20):
            many.wait(0.02)
            handler.wfile.write(b"x")

    answers["/"] = steady
    with Fetcher(policy(upstream, rate_seconds=0.1, least_rate=1)) as fetcher:
        assert fetcher.get(f"{base}/").data == b"x" * 20


def reset(_server, handler):
    """Hangs up hard."""
    handler.connection.setsockopt(1, 13, struct.pack("ii", 1, 0))  # SO_LINGER of none
    handler.connection.close()


def test_a_server_that_hangs_up_is_unreachable(fetcher, base, answers):
    """As is one without an answer."""
    answers |= {"/reset": reset, "/nothing": b""}
    for path in ("/reset", "/nothing"):
        with pytest.raises(SourceUnreachableError):
            fetcher.get(base + path)


def test_a_closed_port_is_unreachable():
    """The hint says what to look at."""
    with serving({}) as gone:
        rules = policy(gone)
    with Fetcher(rules) as other, pytest.raises(SourceUnreachableError) as caught:
        other.get(f"http://{ALLOWED}:{rules.allow_ports[0]}/")

    assert caught.value.hint == "is the name right, and the server up?"


def test_certificates_are_verified(upstream):
    """One that nobody vouches for is not trusted, and no setting changes that."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(Path(__file__).with_name("self_signed.pem"))
    upstream.socket = context.wrap_socket(upstream.socket, server_side=True)
    with Fetcher(policy(upstream)) as fetcher, pytest.raises(SourceUnreachableError) as caught:
        fetcher.get(f"https://{ALLOWED}:{upstream.port}/")

    assert isinstance(caught.value.__cause__, aiohttp.ClientConnectorCertificateError)
    assert upstream.heads == []


@pytest.mark.parametrize(
    "found",
    [
        ["127.0.0.1"],
        ["127.0.0.3", "127.0.0.1"],
        ["127.0.0.1", "127.0.0.3"],
        ["127.0.0.3", "::1"],
        ["127.0.0.3", "::ffff:127.0.0.1"],
        ["127.0.0.3", "fe80::1%lo"],
        ["127.0.0.3", "nonsense"],
        ["127.0.0.3", "169.254.169.254"],
        [f"127.0.0.3{' ' * n}" for n in range(65)],
    ],
    ids=lambda found: found[-1],
)
def test_one_refused_answer_refuses_the_name(canary, upstream, found):
    """All addresses of a host must be allowed; not even the allowed ones are asked."""
    with Fetcher(policy(upstream), resolve=lambda _: found) as fetcher, pytest.raises(SourceNotAllowedError):
        fetcher.get(f"http://mixed.example:{upstream.port}/")

    assert upstream.hits == 0


def test_names_are_asked_for_by_name(upstream, answers):
    """The server hears the name, while the connection goes to the address that was judged."""
    answers["/"] = ok()
    with Fetcher(policy(upstream), resolve=lambda _: [ALLOWED]) as fetcher:
        fetcher.get(f"http://Good.Example.:{upstream.port}/")

    assert f"Host: good.example:{upstream.port}\r\n" in upstream.heads[0]


@pytest.mark.parametrize("flips", [1, 10])
def test_a_name_that_changes_its_mind_never_reaches_the_canary(canary, upstream, answers, flips):
    """Every other request, or after some: each connection is judged anew, and none is used twice."""
    answers["/"] = ok()
    asked = []

    def rebinding(host):
        asked.append(host)
        return [ALLOWED if len(asked) // flips % 2 else "127.0.0.1"]

    got = []
    with Fetcher(policy(upstream), resolve=rebinding) as fetcher:
        for _ in range(40):
            try:
                got.append(fetcher.get(f"http://rebinding.example:{upstream.port}/").data)
            except SourceNotAllowedError:
                got.append(None)

    assert (len(asked), got.count(b"picture"), upstream.hits) == (40, 20, 20)


def test_a_name_without_addresses_is_unreachable(upstream):
    """As one that nobody knows."""

    def unknown(host):
        raise OSError(-2, "Name or service not known")

    for resolve in (unknown, lambda _: []):
        with Fetcher(policy(upstream), resolve=resolve) as fetcher, pytest.raises(SourceUnreachableError):
            fetcher.get(f"http://unknown.example:{upstream.port}/")


def test_a_slow_name_server_holds_nobody_up(upstream, answers):
    """It takes a thread of its own, and at most as long as a connection may."""
    answers["/"] = ok()
    over = threading.Event()

    def slow(host):
        over.wait(10)
        return [ALLOWED]

    limits = policy(upstream, connect_seconds=0.2)
    with Fetcher(limits, resolve=slow) as fetcher:
        with pytest.raises(SourceTimeoutError):
            fetcher.get(f"http://slow.example:{upstream.port}/")
        assert fetcher.get(f"http://{ALLOWED}:{upstream.port}/").data == b"picture"
        over.set()


def test_whoever_answers_is_looked_at_before_a_word_is_said(upstream, base, monkeypatch):
    """Should a connection end elsewhere than it was meant to, nothing is sent."""
    answers = iter([True, True])
    monkeypatch.setattr(Reach, "admits", lambda _self, _ip: next(answers, False))
    with Fetcher(policy(upstream)) as fetcher, pytest.raises(SourceNotAllowedError):
        fetcher.get(f"{base}/")

    assert upstream.heads == []


def test_the_socket_is_guarded_by_itself(upstream, base, monkeypatch):
    """Should the check of the URL miss an address, no connection is made to it."""
    answers = iter([True])
    monkeypatch.setattr(Reach, "admits", lambda _self, _ip: next(answers, False))
    with Fetcher(policy(upstream)) as fetcher, pytest.raises(SourceNotAllowedError):
        fetcher.get(f"{base}/")

    assert upstream.hits == 0


def test_fetching_can_be_switched_off(canary, upstream, base):
    """The text is that of every refusal."""
    rules = FetchPolicy(enabled=False, allow_networks=("127.0.0.3/32",), allow_ports=(upstream.port,))
    with Fetcher(rules) as fetcher, pytest.raises(SourceNotAllowedError) as caught:
        fetcher.get(f"{base}/")

    assert caught.value.to_dict() == SourceNotAllowedError().to_dict()
    assert upstream.hits == 0


def test_a_closed_fetcher_says_so():
    """Closing twice is fine."""
    fetcher = Fetcher()
    fetcher.close()
    fetcher.close()

    with pytest.raises(UsageError, match="this fetcher is closed"):
        fetcher.get("http://example.com/")


def test_closing_ends_what_is_under_way(upstream, base, answers):
    """Whoever waits is told."""
    started = threading.Event()
    answers["/"] = lambda server, _: (started.set(), server.over.wait(10))
    told = []

    def wait():
        try:
            fetcher.get(f"{base}/")
        except UsageError as error:
            told.append(str(error))

    with Fetcher(policy(upstream)) as fetcher:
        waiting = threading.Thread(target=wait)
        waiting.start()
        assert started.wait(10)
    waiting.join(10)

    assert told == ["this fetcher is closed"]
