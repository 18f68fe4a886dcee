"""Attacks through URLs (S01 to S50): whoever may give one reaches public addresses and what is allowed, nobody else.

Everything beyond loopback is a canary here, so a packet to an address that must not be asked is a hit.
"""

import contextlib
import gzip
import json
import ssl
import threading
import time
from pathlib import Path

import pytest
from attacks.besieged import SECONDS, C, environment, pictrace, together
from attacks.conftest import needs_network
from fetch.upstream import moved, ok
from photographs import jpeg, noise

pytestmark = pytest.mark.usefixtures("internet")

REFUSED = {"invalid_url", "source_not_allowed"}
BROKEN = {"source_not_allowed", "source_error", "source_unreachable"}

ADDRESSES = {
    "S01": ["127.0.0.1:P/x.jpg"],
    "S02": ["localhost:P/x.jpg", "LOCALHOST:P/", "localhost.:P/", "a.localhost:P/", "a.b.localhost.:P/"],
    "S03": ["0.0.0.0:P/", "0:P/", "0x0:P/"],
    "S04": ["127.1:P/", "127.0.1:P/", "127.255.255.254:P/"],
    "S05": ["2130706433:P/"],
    "S06": ["0x7f000001:P/", "0x7f.1:P/", "0x7F.0x0.0x0.0x1:P/", "0X7F000001:P/"],
    "S07": ["017700000001:P/", "0177.0.0.1:P/", "00000177.1:P/", "127.000.000.001:P/"],
    "S08": ["[::1]:P/", "[::]:P/", "[0:0:0:0:0:0:0:1]:P/"],
    "S09": ["[::ffff:127.0.0.1]:P/", "[::ffff:7f00:1]:P/"],
    "S10": ["[::127.0.0.1]:P/", "[::ffff:0:127.0.0.1]:P/"],
    "S11": ["[64:ff9b::7f00:1]:P/", "[64:ff9b::a9fe:a9fe]/", "[64:ff9b:1::7f00:1]:P/"],
    "S12": ["[2002:7f00:1::]:P/", "[2001:0:4136:e378:8000:63bf:80ff:fffe]/", "[2001:db8::5efe:7f00:1]/"],
    "S13": ["[fe80::1%25lo]:P/", "[fe80::1%lo]:P/", "[fe80::1]/", "[fec0::1]/", "[fd00:ec2::254]/"],
    "S14": [
        *("169.254.169.254/latest/meta-data/", "169.254.170.2/v2/credentials", "100.100.100.200/", "168.63.129.16/"),
        "192.0.0.192/",
    ],
    "S15": ["10.0.0.1/", "172.16.0.1/", "172.31.255.255/", "192.168.0.1/", "100.64.0.1/", "100.127.255.255/"],
    "S16": ["224.0.0.1/", "239.255.255.250:1900/", "255.255.255.255/", "240.0.0.1/", "[ff02::1]/", "[ff0e::1]/"],
    "S17": [
        *("192.0.2.1/", "198.18.0.1/", "203.0.113.1/", "192.88.99.1/", "[3fff::1]/", "[5f00::1]/", "[100::1]/"),
        "[100:0:0:1::1]/",
    ],
    "S18": ["①②⑦.⓪.⓪.①:P/", "127。0。0。1:P/", "ｌｏｃａｌｈｏｓｔ:P/"],
    "S20": [
        *("127.0.0.1:P\\@example.com/", "example.com\\@127.0.0.1:P/", "127.0.0.1:P#@example.com/"),
        "127.0.0.1:P?@example.com/",
    ],
    "S24": [f"127.0.0.3:{port}/" for port in ("22", "25", "6379", "0", "65536", "80:80", "-1", "+80", "٨٠")],
    "S48": ["127.0.0.1:HOUSE/v1/collections/default/images/1/original", "198.51.100.1:80/", "[2001:db8:f::1]/"],
}
"""Of each group what follows `http://`; P is the canary's port, HOUSE that of the service."""

UNCLEAR = {
    "S19": ["http://example.com@127.0.0.1:P/", "http://127.0.0.1:P@example.com/", "http://user:pass@example.com/"],
    "S21": ["//127.0.0.1:P/", "http:127.0.0.1:P/", "http:///127.0.0.1:P/", "/x.jpg", "127.0.0.1:P/x", "?"],
    "S22": [
        *("file:///etc/passwd", "ftp://127.0.0.1/", "gopher://127.0.0.1:P/_x", "dict://127.0.0.1:11211/stat"),
        *("data:image/png;base64,AAAA", "javascript:alert(1)", "jar:http://x!/", "blob:x"),
        "HTTP+UNIX://%2fvar%2frun%2fdocker.sock/",
    ],
    "S23": [
        *(" http://127.0.0.1:P/", "http://exa\tmple.com/", "http://a.test/\nX: y", "http://a.test/\r\nX: y"),
        *("http://a.test/\0", "http://a%00.test/", "http://127.0.0.1%00.test:P/", f"http://a.test/{'x' * 10240}"),
        *(f"http://{'a.' * 1500}test/", f"http://{'a' * 64}.test/", "http://xn--0.test/", "http://a.test/\ud800"),
    ],
}


@pytest.fixture
def give(house):
    """Gives a URL to both addresses that take one, and returns their answers."""

    def give(url):
        return [house.ask("POST", f"{C}/{place}", {"url": url}) for place in ("search", "images")]

    return give


@pytest.fixture
def base(port):
    """Where the allowed upstream is."""
    return f"http://127.0.0.3:{port}"


def test_s00_the_allowed_address_is_fetched(give, base):
    """Positive control: without it, every refusal could be a broken fetcher."""
    assert [answer.status for answer in give(f"{base}/x.jpg")] == [200, 200]


@needs_network
def test_s00_public_addresses_are_reached(house, canaries, names):
    """Positive control for names, for NAT64 with a public address inside, and for the network of these tests."""
    names["public.test"] = lambda kind, _: ["93.184.216.34"] if kind == "A" else []
    for host in ("public.test", "93.184.216.34", "[64:ff9b::808:808]"):
        assert house.ask("POST", f"{C}/search", {"url": f"http://{host}/x.jpg"}).status == 200
    asked = sum((canary.places for canary in canaries), start=type(canaries[0].places)())
    assert asked == {"93.184.216.34": 2, "64:ff9b::808:808": 1}


@pytest.mark.parametrize("group", ADDRESSES)
def test_addresses_that_must_not_be_asked(house, give, port, group):
    for text in ADDRESSES[group]:
        for answer in give("http://" + text.replace(":P", f":{port}").replace("HOUSE", str(house.port))):
            assert answer.code in REFUSED, (text, answer)
            assert answer.status == (400 if answer.code == "invalid_url" else 403)


@pytest.mark.parametrize("group", UNCLEAR)
def test_what_is_no_clear_url(give, port, group):
    for text in UNCLEAR[group]:
        for answer in give(text.replace(":P", f":{port}")):
            assert answer.status == 400, (text, answer)
            assert answer.code in {"invalid_url", "invalid_parameter", "bad_request"}


NAMED = {
    "S25": lambda _kind, _n: ["127.0.0.1"],
    "S25 v6": lambda kind, _n: ["::1"] if kind == "AAAA" else [],
    "S25 far": lambda kind, _n: ["169.254.169.254"] if kind == "A" else [],
    "S26": lambda kind, _n: ["127.0.0.3", "127.0.0.1"] if kind == "A" else [],
    "S26 public": lambda kind, _n: ["93.184.216.34", "10.0.0.1"] if kind == "A" else [],
    "S27": lambda kind, _n: ["127.0.0.3"] if kind == "A" else ["::1"],
    "S27 public": lambda kind, _n: ["93.184.216.34"] if kind == "A" else ["fd00:ec2::254"],
}


@needs_network
@pytest.mark.parametrize("group", NAMED)
def test_names_with_an_address_that_must_not_be_asked(give, port, names, canaries, group):
    """One refused answer refuses the name: not even the allowed ones are asked."""
    host = group.replace(" ", "-").lower() + ".test"
    names[host] = lambda kind, n: [one for one in NAMED[group](kind, n) if (":" in one) == (kind == "AAAA")]
    for answer in give(f"http://{host}:{port}/x.jpg"):
        assert (answer.status, answer.code) == (403, "source_not_allowed")
        assert not any(canary.places for canary in canaries)


@needs_network
def test_s28_a_name_that_changes_its_mind(house, port, names, canaries, full):
    """Every other answer is a refused address, and none is kept."""
    names["rb.test"] = lambda kind, n: [] if kind == "AAAA" else [["127.0.0.1", "127.0.0.3"][n % 2]]
    url = {"url": f"http://rb.test:{port}/x.jpg"}
    found = {house.ask("POST", f"{C}/search", url).status for _ in range(200 if full else 40)}
    assert found == {200, 403}
    assert canaries[0].places["127.0.0.3"] > 0


@needs_network
def test_s29_no_connection_outlives_its_judgement(house, port, names, canaries, full):
    count = 50 if full else 10
    names["rb2.test"] = lambda kind, n: [] if kind == "AAAA" else ["127.0.0.3" if n <= count else "127.0.0.1"]
    url = {"url": f"http://rb2.test:{port}/x.jpg"}
    found = [house.ask("POST", f"{C}/search", url).status for _ in range(2 * count)]
    assert found == [200] * count + [403] * count
    assert canaries[0].places == {"127.0.0.3": count}


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_s30_s31_redirects_to_what_must_not_be_asked(give, base, port, answers, status):
    places = [one for group in ("S01", "S06", "S09", "S11", "S14") for one in ADDRESSES[group]]
    places = [f"//127.0.0.1:{port}/"] + [f"http://{one.replace(':P', f':{port}')}" for one in places]
    for place in places if status == 302 else places[:2]:
        answers["/go"] = moved(place, status)
        for answer in give(f"{base}/go"):
            assert answer.code in BROKEN, (place, answer)


ODD_REDIRECTS = {
    "backslash": "/\\127.0.0.1:{port}/",
    "two": "http://127.0.0.3:{port}/x.jpg\r\nLocation: http://127.0.0.1:{port}/",
    "user": "http://127.0.0.3:{port}@127.0.0.1:{port}/",
    "none": "",
    "S32 file": "file:///etc/passwd",
    "S32 data": "data:image/png;base64,AAAA",
    "S32 ftp": "ftp://127.0.0.1/",
    "S32 javascript": "javascript:alert(1)",
}


@pytest.mark.parametrize("group", ODD_REDIRECTS)
def test_s31_s32_redirects_to_no_clear_place(give, base, port, answers, group):
    answers["/go"] = moved(ODD_REDIRECTS[group].format(port=port))
    for answer in give(f"{base}/go"):
        assert answer.status in {403, 502}
        assert answer.code in BROKEN


def test_s33_redirects_without_end(give, base, answers, canaries):
    def further(_server, handler):
        handler.wfile.write(moved(f"/more{'a' * len(canaries[0].heads)}"))

    answers |= {f"/{n}": moved(f"/{n + 1}") for n in range(4)} | {"/a": moved("/b"), "/b": moved("/a")}
    answers |= {f"/more{'a' * n}": further for n in range(20)}
    for start in ("/0", "/a", "/more"):
        canaries[0].heads.clear()
        for answer in give(base + start):
            assert (answer.status, answer.code) == (502, "source_error")
        assert len(canaries[0].heads) == 8


def test_s34_s35_s36_nothing_of_anybody_is_sent_along(house, base, answers, canaries):
    """The environment of the service names a proxy, its home has a password for the upstream, and a cookie was set."""
    answers["/baked"] = ok(jpeg(noise(1)), "Set-Cookie: a=b; Path=/")
    for _ in range(2):
        headers = {"Cookie": "mine=1", "Referer": "http://a.test/"}
        assert house.ask("POST", f"{C}/search", {"url": f"{base}/baked"}, **headers).status == 200
    sent = "".join(canaries[0].heads).lower()
    assert len(canaries[0].heads) == 2
    assert not [name for name in ("cookie", "authorization", "x-api-key", "referer", "x-forwarded") if name in sent]


def _drip(server, handler):
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\nContent-Length: 10000\r\n\r\n")
    with contextlib.suppress(OSError):
        while not server.over.wait(1):
            handler.wfile.write(b"\xff")


def _silent(server, handler):
    server.over.wait(30)


def _reset(_server, handler):
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
    handler.connection.setsockopt(1, 13, b"\1\0\0\0\0\0\0\0")  # SO_LINGER of no seconds: a reset


def test_s37_s38_slow_and_silent_upstreams(house, base, answers):
    """All of them at once, with other searches meanwhile; at most ten seconds and what a busy machine adds."""
    answers |= {"/drip": _drip, "/silent": _silent, "/reset": _reset}
    urls = [f"{base}/drip", f"{base}/silent", f"{base}/reset", f"https://127.0.0.3:{base.rpartition(':')[2]}/silent"]
    # Of one host two are fetched at a time, so these are two rounds.
    found = together(*[lambda url=url: house.ask("POST", f"{C}/search", {"url": url}) for url in urls])
    assert {answer.code for answer in found} <= {"source_timeout", "source_error", "source_unreachable"}
    assert "source_timeout" in {answer.code for answer in found}
    assert max(answer.seconds for answer in found) < 35


def _endless(head):
    def send(_server, handler):
        handler.wfile.write(b"HTTP/1.1 200 OK\r\n" + head)
        block = b"x" * 65536
        chunk = b"%x\r\n%s\r\n" % (len(block), block) if b"chunked" in head else block
        for _ in range(1000):
            handler.server.sent = getattr(handler.server, "sent", 0) + len(block)
            handler.wfile.write(chunk)

    return send


HUGE = {
    "S39": b"Content-Length: 10000000000\r\n\r\n",
    "S40 chunked": b"Transfer-Encoding: chunked\r\n\r\n",
    "S40 no length": b"Connection: close\r\n\r\n",
}


@pytest.mark.parametrize("group", HUGE)
def test_s39_s40_endless_answers(house, base, answers, canaries, group):
    """No more is read than the limit of 25 MiB and what is in the system's buffers."""
    canaries[0].sent = 0
    answers["/huge"] = _endless(HUGE[group])
    answer = house.ask("POST", f"{C}/search", {"url": f"{base}/huge"})
    assert (answer.status, answer.code) == (502, "source_too_large")
    assert canaries[0].sent < (16 << 20 if group == "S39" else 40 << 20)


def _head(*lines, body=b""):
    return "\r\n".join(["HTTP/1.1 200 OK", *lines, "", ""]).encode("latin-1") + body


_PICTURE = jpeg(noise(3))
_LENGTH = f"Content-Length: {len(_PICTURE)}"
PACKED = gzip.compress(gzip.compress(b"\0" * (64 << 20), 9), 9)
WRONG = {
    **{
        f"S41 {name}": _head(f"Content-Encoding: {name}", f"Content-Length: {len(PACKED)}", body=PACKED)
        for name in ("gzip", "br", "zstd", "gzip, gzip", "deflate")
    },
    "S42 large header": _head("X: " + "a" * (1 << 20), _LENGTH, body=_PICTURE),
    "S42 many headers": _head(*[f"X{n}: a" for n in range(10_000)], _LENGTH, body=_PICTURE),
    "S42 nul": _head("X: a\0b", _LENGTH, body=_PICTURE),
    "S42 0.9": _PICTURE,
    "S42 both": _head("Transfer-Encoding: chunked", _LENGTH, body=b"0\r\n\r\n" + _PICTURE),
    "S43 html": ok(b"<html>secret</html>"),
    "S43 json": ok(b'{"secret": 1}'),
    "S43 svg": ok(b'<svg xmlns="http://www.w3.org/2000/svg"><text>secret</text></svg>'),
    "S43 empty": ok(b""),
    **{
        f"S43 {status}": f"HTTP/1.1 {status} secret\r\nContent-Length: 6\r\n{extra}\r\nsecret".encode()
        for status, extra in (
            (204, ""),
            (206, ""),
            (404, ""),
            (500, ""),
            (401, 'WWW-Authenticate: Basic realm="secret"\r\n'),
        )
    },
    "S44": _head(f"Content-Length: {len(_PICTURE) + 100}", body=_PICTURE),
}


@pytest.mark.parametrize("group", WRONG)
def test_s41_to_s44_answers_that_are_not_the_file(give, base, answers, group):
    answers["/wrong"] = WRONG[group]
    for answer in give(f"{base}/wrong"):
        expected = {"source_error", "source_unreachable", "source_too_large", "not_an_image", "unsupported_format"}
        assert answer.code in expected, answer
        assert answer.status in {415, 422, 502}
        assert b"secret" not in answer.body


class _Slowly:
    """Takes half a second for a picture, and counts how many wait for one at a time."""

    def __init__(self) -> None:
        self.busy = self.peak = 0
        self.counting = threading.Lock()

    def __call__(self, _server, handler) -> None:
        with self.counting:
            self.busy += 1
            self.peak = max(self.peak, self.busy)
        time.sleep(0.5)
        with self.counting:
            self.busy -= 1
        handler.wfile.write(ok(_PICTURE))


def test_s45_two_connections_to_one_host(house, base, answers, full):
    answers["/slowly"] = slowly = _Slowly()
    calls = [lambda: house.ask("POST", f"{C}/search", {"url": f"{base}/slowly"})] * (100 if full else 24)
    found = together(*calls)
    assert slowly.peak <= 2
    assert {answer.code for answer in found} <= {"", "overloaded", "source_timeout"}


@needs_network
def test_s45_sixteen_connections_in_all(house, names, port, answers, full):
    answers["/slowly"] = slowly = _Slowly()
    count = 1000 if full else 48
    names |= {f"h{n}.test": lambda kind, _: ["93.184.216.34"] if kind == "A" else [] for n in range(count)}
    urls = [f"http://h{n}.test:{port}/slowly" for n in range(count)]
    found = together(*[lambda url=url: house.ask("POST", f"{C}/search", {"url": url}) for url in urls])
    assert slowly.peak <= 16
    assert {answer.code for answer in found} <= {"", "overloaded", "source_timeout", "source_unreachable"}


def test_s46_a_slow_url_holds_nobody_up(house, base, golden, answers):
    """While thirty wait for it, searches are as quick as the machine."""
    answers["/silent"] = _silent
    alone = max(house.search(golden).seconds for _ in range(5))
    begun = time.monotonic()
    calls = [lambda: house.ask("POST", f"{C}/search", {"url": f"{base}/silent"})] * 30
    *_, beside = together(*calls, lambda: [time.sleep(1)] and [house.search(golden).seconds for _ in range(5)])
    assert max(beside) < max(10 * alone, 5)
    assert time.monotonic() - begun < SECONDS


def test_s47_refusals_tell_nothing(house, port):
    """The same text for each reason; closed and open ports of a refused address cannot be told apart."""
    urls = [
        f"http://127.0.0.1:{port}/",
        "http://127.0.0.1/",
        "http://10.0.0.1/",
        "http://127.0.0.3:22/",
        "http://localhost/",
    ]
    told, times = set(), []
    for url in urls * 5:
        answer = house.ask("POST", f"{C}/search", {"url": url})
        told.add(json.dumps({k: v for k, v in answer.json().items() if k != "request_id"}))
        times.append(answer.seconds)
    assert len(told) == 1
    assert sorted(times)[len(times) // 2] < 1


TYPES = ['["http://a.test/"]', "1", "null", "{}", "true", '""']


@pytest.mark.parametrize("text", [*TYPES])
def test_s49_what_is_no_text(house, text):
    for place in ("search", "images"):
        answer = house.ask("POST", f"{C}/{place}", f'{{"url": {text}}}'.encode(), Content_Type="application/json")
        assert (answer.status, answer.code) == (400, "invalid_parameter")


@pytest.mark.parametrize(
    "text", ['{"url": "http://a.test/", "url": "http://127.0.0.1/"}', '{"url": "http://a.test/", "id": 1}', "{}"]
)
def test_s49_two_sources_or_none(house, text):
    for place in ("search", "images"):
        answer = house.ask("POST", f"{C}/{place}", text.encode(), Content_Type="application/json")
        assert answer.status == 400


def _tls(_server, handler):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(Path(__file__).parents[1] / "fetch" / "self_signed.pem")
    with contextlib.suppress(OSError), context.wrap_socket(handler.connection, server_side=True) as line:
        line.recv(4096)
        line.sendall(ok(_PICTURE))


def test_s50_certificates_are_verified(house, base, canaries, monkeypatch):
    """One that vouches for itself; expired ones, other names and old versions are the same refusal of the library's."""
    monkeypatch.setattr(canaries[0].RequestHandlerClass, "handle", lambda handler: _tls(handler.server, handler))
    answer = house.ask("POST", f"{C}/search", {"url": base.replace("http", "https") + "/x.jpg"})
    assert (answer.status, answer.code) == (502, "source_unreachable")
    answer = house.ask("POST", f"{C}/search", {"url": base.replace("http", "https") + "/x.jpg", "verify_tls": False})
    assert (answer.status, answer.code) == (400, "invalid_parameter")


def test_lists_of_the_command_line_are_judged_alike(tmp_path, port, canaries):
    """`pictrace index` of a list with an example of each group: one is fetched, and the canary is not asked."""
    texts = [f"http://{ones[0]}" for ones in ADDRESSES.values()] + [ones[0] for ones in UNCLEAR.values()]
    lines = [one.strip().replace(":P", f":{port}").replace("HOUSE", "5000") for one in texts]
    lines.append(f"http://127.0.0.3:{port}/x.jpg")
    settings = {"fetch_allow_networks": "127.0.0.3/32", "fetch_allow_ports": f"80,{port}"}
    environ = environment(tmp_path, **settings)
    place = tmp_path / "urls.txt"
    place.write_text("\n".join(lines), encoding="utf-8")
    done = pictrace(tmp_path, "index", str(place), "--json", environ=environ)
    assert done.returncode == 1, done
    assert "Traceback" not in done.stderr
    assert [dict(canary.places) for canary in canaries if canary.places] == [{"127.0.0.3": 1}]
