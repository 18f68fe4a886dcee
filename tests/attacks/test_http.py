"""Attacks through HTTP itself, keys and limits (H01 to H36), against the usual service and one at its defaults.

Heads and framing have many more cases in tests/service/test_framing.py and test_target.py, and slow clients with short
deadlines in test_protocol.py; here a few of each meet the whole service.
"""

import contextlib
import itertools
import json
import re
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from attacks.besieged import SECONDS, C, answers_in, besieged, environment, free_port, heard, together
from fetch.upstream import ok
from photographs import jpeg, noise

MIB = 1 << 20
PICTURE = jpeg(noise(2000))
ADDRESSES = itertools.count(10)


@pytest.fixture(scope="module")
def strict(tmp_path_factory):
    """A service with nothing in it and no setting but that this machine is treated like any other."""
    with besieged(tmp_path_factory.mktemp("strict"), service_limit_loopback="true") as found:
        yield found
        assert found.process.poll() is None


@pytest.fixture
def source():
    """An address of this machine that nobody has asked from."""
    return f"127.0.1.{next(ADDRESSES)}"


@pytest.fixture(scope="module")
def routes(_house):
    """Every method and path of the description, with something in the holes."""
    described = json.loads(_house.ask("GET", "/openapi.json").body)["paths"]
    holes = {"name": "default", "key": "1", "number": "j000001", "path": "page.js"}
    return [
        (method.upper(), re.sub(r"\{(\w+)[^}]*\}", lambda hole: holes[hole[1]], path), path)
        for path, methods in described.items()
        for method in methods
    ]


def test_h01_no_key_no_other_machines(tmp_path):
    environ = environment(tmp_path)
    command = [sys.executable, "-m", "pictrace", "serve", "--host", "::", "--port", str(free_port())]
    done = subprocess.run(
        command, env=environ, cwd=tmp_path / "here", capture_output=True, text=True, timeout=SECONDS, check=False
    )
    assert done.returncode == 6
    assert "Traceback" not in done.stderr


OPEN = {("GET", "/"), ("GET", "/web/{path}"), ("GET", "/healthz"), ("GET", "/readyz"), ("DELETE", "/v1/session")}
SEARCHES = {"search", "search:batch", "compare", "images", "wall", "thumbnail", "proxy", "original", "{key}", "{name}"}


def test_h02_every_route_without_a_right(house, routes):
    """No key, a wrong one, a revoked one: 401. The key for searching changes nothing, begins nothing, sees no jobs."""
    wrong = house.keys["admin"][:-9] + "x" + house.keys["admin"][-8:]
    assert len(routes) > 20
    for method, path, template in routes:
        if (method, template) in OPEN or template.startswith("/web"):
            continue
        for key in (None, wrong, "revoked", "", "a" * 1000):
            answer = house.ask(method, path, key=key)
            assert (answer.status, answer.code) == (401, "unauthenticated"), (method, path, key)
            assert answer.headers["www-authenticate"].startswith("Bearer")
        writes = method in {"PUT", "DELETE"} or (method == "POST" and "/duplicates" in template)
        if writes or "/jobs" in template or template.endswith(("delete", "archives", "metrics", "/plan")):
            assert house.ask(method, path, key="search").code == "forbidden", (method, path)
    for target in (f"{C}/images", f"{C}/archives"):
        assert house.ask("POST", target, PICTURE, key="search", Content_Type="image/jpeg").code == "forbidden"
    assert house.ask("POST", f"{C}/search", {"url": "http://127.0.0.3/"}, key="search").code == "forbidden"
    assert house.ask("GET", "/v1/nothing", key=None).status in {401, 404}
    assert house.ask("GET", "/docs", key=None).status in {401, 404}


DETOURS = [
    *(
        "/docs%2f..%2fv1%2finfo",
        "//v1/info",
        "/v1/../metrics",
        "/healthz/../metrics",
        "/V1/INFO",
        "/v1/info/",
        "/v1/info;x",
    ),
    *("/v1/%2e%2e/metrics", "/v1/info.", "/healthz%2f..%2fmetrics", "/web/../metrics", "/web/%2e%2e/%2e%2e/keys.json"),
    *("/web/..%5c..%5ckeys.json", "/healthz;/../metrics", "/%76%31/info", "/v1/info%00", "/v1/info%20", "/metrics%09"),
    *("/healthz?/../../metrics", "/healthz#/metrics", "/web//etc/passwd", "/web/page.js%00.html"),
]


@pytest.mark.parametrize("target", DETOURS)
def test_h03_no_other_spelling_reaches_a_route(house, target):
    """Refused, or the open route that it says; never what needs a key."""
    for answer in house.say(house.head("GET", target, "Connection: close", key=None)):
        assert answer.status in {400, 401, 404} or answer.json() == {"status": "ok"}, answer


def test_h04_keys_in_the_query(house):
    """Refused, and not to be found in the log, which is looked at after every case."""
    for name in ("api_key", "key", "token", "X-API-Key", "access_token", "%61pi_key"):
        answer = house.ask("GET", f"/v1/info?{name}={house.keys['admin']}", key=None)
        assert answer.status in {400, 401}


HOSTS = {
    "other": "Host: evil.test",
    "none": "X: a",
    "two": "Host: localhost\r\nHost: evil.test",
    "user": "Host: evil.test:80@127.0.0.1",
    "path": "Host: 127.0.0.1/../x",
    "long": f"Host: {'a' * 10240}",
    "list": "Host: localhost, evil.test",
    "port": "Host: localhost:99999",
    "rebound": "Host: evil.test\r\nOrigin: http://evil.test",
    "suffix": "Host: localhost.evil.test",
    "empty": "Host:",
}


@pytest.mark.parametrize("case", HOSTS)
def test_h05_h06_other_hosts(house, case):
    """A page that gives its own name this machine's address gets nothing, not even whether it is alive."""
    for path in ("/healthz", "/v1/info", "/"):
        head = f"GET {path} HTTP/1.1\r\n{HOSTS[case]}\r\nX-API-Key: {house.keys['admin']}\r\nConnection: close\r\n\r\n"
        (answer,) = house.say(head.encode())
        assert (answer.status, answer.code) == (400, "bad_host")


def test_h05_hosts_in_the_first_line(house):
    for target in ("http://evil.test/healthz", "http://localhost/healthz", "evil.test:443", "*"):
        (answer,) = house.say(house.head("GET", target, "Connection: close"))
        assert (answer.status, answer.code) == (400, "bad_host")


PAGES = {
    "origin": {"Origin": "http://evil.test"},
    "null": {"Origin": "null"},
    "site": {"Sec_Fetch_Site": "cross-site"},
    "same site": {"Sec_Fetch_Site": "same-site"},
    "other port": {"Origin": "http://localhost:1"},
}


@pytest.mark.parametrize("case", PAGES)
def test_h07_pages_of_other_sites(house, case):
    """Also with the cookie of a session, which is all that a browser would send along."""
    begun = house.ask("POST", "/v1/session", key=None, Authorization=f"Bearer {house.keys['admin']}")
    cookie = begun.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie
    sent = PAGES[case] | {"Cookie": cookie.partition(";")[0], "Content_Type": "application/json"}
    answer = house.ask("POST", f"{C}/images:delete", b'{"ids": [1]}', key=None, **sent)
    assert (answer.status, answer.code) == (403, "forbidden")


def test_h07_json_that_says_it_is_text(house):
    for kind in ("text/plain", "application/x-www-form-urlencoded"):
        answer = house.ask("POST", f"{C}/images:delete", b'{"ids": [1]}', Content_Type=kind)
        assert answer.status in {400, 403, 415}


def test_h08_no_other_site_is_let_in(house):
    for origin in ("http://evil.test", "null", f"http://localhost:{house.port}"):
        asked = {
            "Origin": origin,
            "Access_Control_Request_Method": "POST",
            "Access_Control_Request_Headers": "x-api-key",
        }
        for method in ("OPTIONS", "GET"):
            answer = house.ask(method, "/v1/info", **asked)
            assert not [name for name in answer.headers if name.startswith("access-control")]


def test_h09_wrong_keys(strict, source, full):
    """Ten from one address; then right ones from there are refused too, and those from elsewhere are not."""
    wrong = "pt_00000000_" + "a" * 43 + "_00000000"
    codes = [strict.ask("GET", "/v1/info", key=wrong, source=source).code for _ in range(1000 if full else 40)]
    assert codes[:10] == ["unauthenticated"] * 10
    assert set(codes[10:]) <= {"rate_limited", "unauthenticated"}
    assert codes.count("unauthenticated") < 10 + len(codes) // 4
    refused = strict.ask("GET", "/v1/info", source=source)
    assert refused.code == "rate_limited"
    assert strict.ask("GET", "/v1/info", source="127.0.2.9").status == 200


def test_h10_addresses_that_are_only_said(strict, source):
    """Nobody here is a proxy, so whatever the header says, it is one client."""
    wrong = "pt_00000000_" + "b" * 43 + "_00000000"
    said = ["1.2.3.4", ", ".join(f"10.0.0.{n}" for n in range(50)), "2001:db8::1", "127.0.0.1", "x" * 500]
    codes = []
    for turn in range(6):
        for place, text in enumerate(said):
            answer = strict.ask(
                "GET", "/v1/info", key=wrong, source=source, X_Forwarded_For=text.replace("1", str(turn + 1))
            )
            codes.append(answer.code)
            assert answer.code in {"unauthenticated", "rate_limited"}, place
    assert codes.count("unauthenticated") < 20


def test_h11_a_burst(strict):
    """Twenty at once and one a second pass; what the others are told to wait is enough."""
    begun = time.monotonic()
    answers = [strict.ask("GET", f"{C}/images", key="search") for _ in range(200)]
    passed = [answer for answer in answers if answer.status == 200]
    assert 15 <= len(passed) <= 21 + time.monotonic() - begun
    refused = [answer for answer in answers if answer.status != 200]
    assert {answer.code for answer in refused} == {"rate_limited"}
    assert sorted(answer.seconds for answer in refused)[len(refused) // 2] < 0.5
    time.sleep(int(refused[-1].headers["retry-after"]))
    assert strict.ask("GET", f"{C}/images", key="search").status == 200


def _slow_head(strict, source):
    with strict.connect(source=source) as line, contextlib.suppress(OSError):
        begun = time.monotonic()
        line.settimeout(1)
        line.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nX: ")
        while time.monotonic() - begun < SECONDS:
            with contextlib.suppress(TimeoutError):
                if line.recv(65536):
                    break
            line.sendall(b"a")
    return time.monotonic() - begun


def _slow_body(strict, source):
    with strict.connect(source=source) as line, contextlib.suppress(OSError):
        begun = time.monotonic()
        line.settimeout(1)
        line.sendall(
            strict.head("POST", f"{C}/search", "Content-Type: image/jpeg", "Content-Length: 100000", key="fast")
        )
        while time.monotonic() - begun < SECONDS:
            with contextlib.suppress(TimeoutError):
                if line.recv(65536):
                    break
            line.sendall(b"a")
    return time.monotonic() - begun


def _silent(strict, source):
    with strict.connect(source=source) as line:
        begun = time.monotonic()
        assert heard(line) == b""
    return time.monotonic() - begun


def test_h12_slow_clients(house, full):
    """Slow heads, bodies and silence are ended after 10, 10 and 10 seconds, many at once; others do not notice."""
    house_keys = dict(house.keys)
    house.keys = house_keys | {"fast": house_keys["admin"]}
    count = 500 if full else 40
    calls = [
        lambda call=call: call(house, "127.0.0.1") for call in (_slow_head, _slow_body, _silent) for _ in range(count)
    ]
    beside = []

    def search():
        time.sleep(2)
        beside.extend(house.search(PICTURE).seconds for _ in range(5))

    found = together(*calls, search)[:-1]
    house.keys = house_keys
    times = [one for one in found if isinstance(one, float)]
    assert len(times) >= len(found) * (0.5 if full else 1)
    assert max(times) < 40
    assert len(beside) == 5
    assert max(beside) < 10


def test_h12_a_client_that_does_not_read(house):
    """Its connection is closed within 30 seconds, and its answer takes no more memory than one."""
    kept = house.ask("POST", f"{C}/images", PICTURE + bytes(24 * MIB), Content_Type="image/jpeg").json()
    line = socket.socket()
    line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    with line:
        line.settimeout(SECONDS)
        line.connect(("127.0.0.1", house.port))
        begun = time.monotonic()
        line.sendall(house.head("GET", kept["links"]["original"]))
        while _is_open(house, line) and time.monotonic() - begun < 2 * SECONDS:
            time.sleep(1)
        assert time.monotonic() - begun < 100
        got = 0
        with contextlib.suppress(OSError):
            while part := line.recv(1 << 20):
                got += len(part)
    assert got < 24 * MIB


def _is_open(house, line):
    """Whether the service's end of a connection is there, from the system's table."""
    ours = line.getsockname()[1]
    rows = [row.split() for row in Path("/proc/net/tcp").read_text(encoding="ascii").splitlines()[1:]]
    wanted = (house.port, ours, "01")
    return wanted in [(int(row[1].split(":")[1], 16), int(row[2].split(":")[1], 16), row[3]) for row in rows]


HEADS = {
    "17 KiB": ("GET /healthz HTTP/1.1", ["Host: localhost", "X: " + "a" * 17408]),
    "200 headers": ("GET /healthz HTTP/1.1", ["Host: localhost", *[f"X-{n}: a" for n in range(200)]]),
    "nul": ("GET /healthz HTTP/1.1", ["Host: localhost", "X: a\0b"]),
    "fold": ("GET /healthz HTTP/1.1", ["Host: localhost", "X: a", " b"]),
    "space": ("GET /healthz HTTP/1.1", ["Host: localhost", "X : a"]),
    "lower case": ("get /healthz HTTP/1.1", ["Host: localhost"]),
    "HTTP/2": ("PRI * HTTP/2.0", ["", "SM"]),
    "long target": ("GET /healthz?" + "a" * 9000 + " HTTP/1.1", ["Host: localhost", "Connection: close"]),
    "bare LF": ("GET /healthz HTTP/1.1\nX: a", ["Host: localhost"]),
    "TLS": ("\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03", []),
    "0.9": ("GET /healthz", []),
}


@pytest.mark.parametrize("case", HEADS)
def test_h13_odd_heads(house, case):
    first, headers = HEADS[case]
    answers = house.say("\r\n".join([first, *headers, "", ""]).encode("latin-1"))
    assert len(answers) == 1
    assert answers[0].code in {"bad_request", "headers_too_large", "uri_too_long"}
    assert answers[0].seconds < 8


SMUGGLERS = {
    "CL.TE": ["Content-Length: 4", "Transfer-Encoding: chunked"],
    "TE.CL": ["Transfer-Encoding: chunked", "Content-Length: 4"],
    "TE.TE": ["Transfer-Encoding: chunked", "Transfer-Encoding: identity"],
    "TE x": ["Transfer-Encoding: xchunked"],
    "TE tab": ["Transfer-Encoding:\tchunked", "Content-Length: 4"],
    "TE vertical": ["Transfer-Encoding: \x0bchunked"],
    "TE fold": ["Transfer-Encoding:", " chunked"],
    "TE space": ["Transfer-Encoding : chunked"],
    "TE quoted": ['Transfer-Encoding: "chunked"'],
    "CL list": ["Content-Length: 4, 4"],
    "CL twice": ["Content-Length: 4", "Content-Length: 4"],
    "CL hex": ["Content-Length: 0x4"],
}


@pytest.mark.parametrize("case", SMUGGLERS)
def test_h14_smuggled_requests(house, case):
    body = b"0\r\n\r\n" + house.head("GET", "/v1/info")
    answers = house.say(house.head("POST", f"{C}/search", "Content-Type: application/json", *SMUGGLERS[case]) + body)
    assert [(answer.status, answer.code) for answer in answers] == [(400, "bad_request")]


def test_h14_garbage_after_a_chunk(house):
    for garbage in (
        b"2\r\n{}x\r\n0\r\n\r\n",
        b"2;a=\n\r\n{}\r\n0\r\n\r\n",
        b"0x2\r\n{}\r\n0\r\n\r\n",
        b"2 \r\n{}\r\n0\r\n\r\n",
    ):
        head = house.head("POST", f"{C}/search", "Content-Type: application/json", "Transfer-Encoding: chunked")
        answers = house.say(head + garbage + house.head("GET", "/v1/info", "Connection: close"))
        assert answers[0].status == 400
        assert all(answer.status != 200 for answer in answers[:1])


def test_h15_other_methods(house, routes):
    allowed = {}
    for method, path, _ in routes:
        allowed.setdefault(path, set()).add(method)
    for path, methods in allowed.items():
        for method in ("OPTIONS", "TRACE", "CONNECT", "PUT", "PROPFIND", "X", "PATCH"):
            if method not in methods:
                answer = house.ask(method, path)
                assert (answer.status, answer.code) == (405, "method_not_allowed"), (method, path)
                assert set(answer.headers["allow"].split(", ")) >= methods


BODIES = {
    "1 MiB": (b'{"url": "' + b"a" * MIB + b'"}', 413),
    "deep": (b'{"a":' * 10_000 + b"1" + b"}" * 10_000, 400),
    "deep list": (b"[" * 100_000, 400),
    "twice": (b'{"id": 1, "id": 2}', 400),
    "NaN": (b'{"id": 1, "min_score": NaN}', 400),
    "Infinity": (b'{"id": 1, "min_score": Infinity}', 400),
    "large number": (b'{"id": 1, "limit": 1' + b"0" * 400 + b"}", 400),
    "long number": (b'{"id": ' + b"9" * 200_000 + b"}", 400),
    "exponent": (b'{"id": 1, "min_score": 1e999}', 400),
    "surrogate": (b'{"url": "http://a.test/\\ud800"}', 400),
    "BOM": (b'\xef\xbb\xbf{"id": 1}', 400),
    "UTF-16": ('{"id": 1}'.encode("utf-16"), 400),
    "prototype": (b'{"id": 1, "__proto__": {"admin": true}}', 400),
    "unknown": (b'{"id": 1, "nothing": 1}', 400),
    "null": (b"null", 400),
    "list": (b"[1]", 400),
    "text": (b'"id"', 400),
    "empty": (b"", 400),
    "two": (b'{"id": 1}{"id": 1}', 400),
    "true": (b'{"id": true}', 400),
    "float": (b'{"id": 1.0}', 400),
    "nul": (b'{"id": 1, "filter": "a = \\u0000"}', 200),
}


@pytest.mark.parametrize("case", BODIES)
def test_h16_json(house, case):
    data, status = BODIES[case]
    answer = house.ask("POST", f"{C}/search", data, Content_Type="application/json")
    assert answer.status in {status, 400}, answer
    assert answer.seconds < 3


OPTIONS = [
    *(
        '"limit": 0',
        '"limit": -1',
        '"limit": 201',
        '"limit": 1000000000',
        '"limit": 1e3',
        '"limit": "5"',
        '"limit": null',
    ),
    *(
        '"limit": 5, "limit": 6',
        '"offset": 1000000000',
        '"offset": -1',
        '"min_score": 2',
        '"min_score": -0.1',
        '"mode": "x"',
    ),
    *('"region": [0, 0, 0, 0]', '"region": [-1, 0, 5, 5]', '"region": [0, 0, 9999999999, 1]', '"region": [1, 2]'),
    *(
        '"region": "1,2,3"',
        '"region": [0.5, 0, 5, 5]',
        '"verify": "yes"',
        '"explain": 1',
        '"top_k": 5',
        '"vector": [1, 2]',
    ),
]


@pytest.mark.parametrize("option", OPTIONS)
def test_h17_h19_options(house, option):
    """Refused, by name; there are no queries by vector at all."""
    answer = house.ask("POST", f"{C}/search", f'{{"id": 1, {option}}}'.encode(), Content_Type="application/json")
    assert (answer.status, answer.code) in {(400, "invalid_parameter"), (400, "bad_request")}


@pytest.mark.parametrize(
    "query",
    ["limit=0", "limit=1e3", "limit=5&limit=6", "min_score=nan", "min_score=inf", "limit=%00", "limit=٥", "x=1"],
)
def test_h17_options_in_the_address(house, query):
    head = house.head(
        "POST", f"{C}/search?{query}".encode().decode("latin-1"), "Content-Type: image/jpeg", "Content-Length: 2"
    )
    answers = house.say(head + b"\xff\xd8", house.head("GET", "/healthz", "Connection: close"))
    assert answers[0].status == 400


FILTERS = [
    *(
        "a = 'x' OR 1=1",
        'a = "x""; DROP TABLE pictures;--"',
        "'; DROP TABLE pictures;--",
        "a = \0",
        "a = ../",
        '{"$ne": 1}',
    ),
    *(
        "a = " + "x" * 10_240,
        "a ~ " + "(a+)+$",
        "(" * 1000,
        "not " * 1000 + "a = 1",
        "`" * 999,
        "a" + ".b" * 500 + " = 1",
    ),
    *(
        "id = 1) UNION SELECT sql FROM sqlite_master",
        "path LIKE '%'",
        "1 = 1",
        "a = 1 --",
        "a = 1e999",
        'path ~ "%_\\"',
    ),
    *(
        "a = 1 and " * 500 + "a = 1",
        "metadata.`$.a') OR 1=1 --` = 1",
        "rowid > 0",
        "sha256 = x'00'",
        "id < 9" + "9" * 300,
    ),
]


@pytest.mark.parametrize("text", FILTERS)
def test_h18_filters(house, text):
    """Refused, or taken as what it says; nobody sees more, and nothing takes long."""
    answer = house.ask("POST", f"{C}/search", {"id": 1, "filter": text})
    assert answer.status == 200 or (answer.status, answer.code) == (400, "invalid_parameter"), answer
    assert answer.seconds < 5
    assert b"CREATE TABLE" not in answer.body


@pytest.mark.parametrize("name", ["..%2f", "a'b", "A", "default.", "x" * 65, "%C3%A4", "default;--", "con", "none"])
def test_h18_collections(house, name):
    for method, body in (("GET", None), ("PUT", None), ("POST", {"id": 1})):
        if method == "PUT" and name in {"con", "none"}:
            continue
        answer = house.ask(method, f"/v1/collections/{name}{'/search' if body else ''}", body)
        assert answer.status in {400, 404, 405}, answer


@pytest.mark.parametrize(
    "text",
    [
        "..",
        "1%20OR%201=1",
        "-1",
        "9999999999999999999",
        "%00",
        "0",
        "01",
        "1.0",
        "%D9%A1",
        "a",
        "281474976710656",
        "99999",
    ],
)
def test_h20_ids(house, text):
    """Foreign, missing and impossible ones are the same refusal, but for spellings that no path may have."""
    for link in ("", "/thumbnail", "/proxy", "/original"):
        answer = house.ask("GET", f"{C}/images/{text}{link}")
        assert answer.status in {400, 404}, answer
    assert house.ask("DELETE", f"{C}/images/{text}").status in {400, 404}


def test_h20_deleted_and_missing_ids_are_told_alike(house):
    kept = house.ask("POST", f"{C}/images", PICTURE, Content_Type="image/jpeg").json()["id"]
    assert house.ask("DELETE", f"{C}/images/{kept}").status == 204
    told = [house.ask("GET", f"{C}/images/{key}").json() for key in (kept, kept + 1)]
    texts = {re.sub(r"\d+", "N", one["detail"]) for one in told}
    assert len(texts) == 1


@pytest.mark.parametrize(
    "asked", ["bytes=" + "0-," * 2000, "bytes=-0", f"bytes={'9' * 100}-", "bytes=0-5,3-9", "bytes=5-1"]
)
def test_h21_ranges(house, asked):
    answer = house.ask("GET", f"{C}/images/1/thumbnail", Range=asked)
    assert answer.status in {200, 206, 416}
    assert answer.seconds < 3


def test_h22_what_served_pictures_carry(house):
    for link, kind in (("thumbnail", "image/jpeg"), ("proxy", "image/jpeg"), ("original", "image/jpeg")):
        answer = house.ask("GET", f"{C}/images/1/{link}")
        assert answer.headers["content-type"] == kind
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "sandbox" in answer.headers["content-security-policy"]
        assert answer.headers["cross-origin-resource-policy"] == "same-origin"
        assert "private" in answer.headers["cache-control"]


@pytest.mark.parametrize(
    "target", ["//evil.test", "/\\evil.test", "/?next=http://evil.test", "/web//evil.test", "/%2f/evil.test"]
)
def test_h23_nobody_is_sent_elsewhere(house, target):
    for answer in house.say(house.head("GET", target, "Connection: close")):
        assert not 300 <= answer.status < 400
        assert "location" not in answer.headers


@pytest.mark.parametrize(
    "text", ["%s%n{0}${jndi:ldap://a.test}", "\x1b[2J", "a" * 5000, "\u2028\u202e", '","status":200,"x":"']
)
def test_h24_what_is_written_to_the_log(house, text):
    """One line, cut and escaped, wherever a client may put it; the log is looked at after every case."""
    said = text.encode("utf-8").decode("latin-1")
    head = house.head("GET", "/v1/nothing", f"User-Agent: {said}", f"X-Request-Id: {said}", "Connection: close")
    for answer in house.say(head):
        assert answer.status in {400, 404}
        assert len(answer.headers["x-request-id"]) == 36


def test_h25_figures_do_not_grow(house, full):
    """Paths, methods and agents that nobody has asked for before make no new series."""
    for method in ("GET", "HEAD", "POST", "PROPFIND"):
        house.ask(method, "/v1/a")
    before = len(house.ask("GET", "/metrics").body.splitlines())
    for n in range(10_000 if full else 100):
        house.ask(["GET", "HEAD", "POST", f"X{'ABCDEFGHIJ'[n % 10]}"][n % 4], f"/v1/r{n}", User_Agent=f"agent {n}")
    assert len(house.ask("GET", "/metrics").body.splitlines()) <= before + 5


def test_h26_what_is_only_for_keys(house):
    for path in ("/metrics", "/openapi.json", "/v1/info"):
        assert house.ask("GET", path, key=None).status == 401
    for path in ("/docs", "/redoc", "/docs/oauth2-redirect"):
        assert house.ask("GET", path, key=None).status in {401, 404}
    assert house.ask("GET", "/metrics", key="search").status == 403


def test_h28_jobs(house, full):
    """Of jobs that are not there nothing is told, ended ones are not cancelled, and what is queued is bounded."""
    assert house.ask("GET", f"{C}/jobs/j999999").code == "not_found"
    assert house.ask("DELETE", f"{C}/jobs/j999999").code == "not_found"
    for number in ("..", "j1%2f..", "j000001.json", "last"):
        assert house.ask("GET", f"{C}/jobs/{number}").status in {400, 404}
    begun = [house.ask("POST", f"{C}/jobs", {"kind": "rebuild"}) for _ in range(1200 if full else 5)]
    assert {answer.status for answer in begun} <= {202, 429}
    for answer in begun:
        if answer.status == 202:
            house.ask("DELETE", f"{C}/jobs/{answer.json()['id']}")
    last = f"{C}/jobs/{[answer for answer in begun if answer.status == 202][-1].json()['id']}"
    _ended(house, last)
    assert house.ask("DELETE", last).code == "conflict"


def _ended(house, place):
    end = time.monotonic() + SECONDS
    while house.ask("GET", place).json()["state"] in {"queued", "running"}:
        assert time.monotonic() < end
        time.sleep(0.1)


def test_h29_more_than_it_can_do(house, full):
    """Whoever does not fit is told so at once, and what fits is answered."""
    answers = together(*[lambda: house.search(PICTURE)] * (400 if full else 150))
    assert {answer.code for answer in answers} <= {"", "overloaded"}
    assert "" in {answer.code for answer in answers}
    assert max(answer.seconds for answer in answers) < 30


def test_h30_stopped_while_it_works(tmp_path, answers, canaries):
    """Uploads, fetches and a slow client: each is answered or refused, the exit code is 0, and nothing lies about."""
    answers["/late"] = lambda server, handler: server.over.wait(2) or handler.wfile.write(ok(PICTURE))
    settings = {"fetch_allow_networks": "127.0.0.3/32", "fetch_allow_ports": canaries[0].port, "service_burst": 1000}
    with besieged(tmp_path, **settings, service_graceful_seconds=5) as one:
        url = {"url": f"http://127.0.0.3:{canaries[0].port}/late"}
        slow = one.connect()
        slow.sendall(one.head("POST", f"{C}/images", "Content-Type: image/jpeg", "Content-Length: 1000") + b"a")
        timer = threading.Timer(0.3, one.process.terminate)
        timer.start()
        uploads = [
            lambda n=n: one.ask("POST", f"{C}/images", jpeg(noise(n)), Content_Type="image/jpeg") for n in range(20)
        ]
        found = together(*uploads, *[lambda: one.ask("POST", f"{C}/search", url)] * 5)
        timer.join()
        assert one.process.wait(SECONDS) == 0
        assert b" 503 " in (told := heard(slow)) or b" 408 " in told or not told
        slow.close()
    for answer in found:
        assert isinstance(answer, OSError | Exception) or answer.code in {
            "",
            "shutting_down",
            "overloaded",
            "source_timeout",
        }
    assert not any((tmp_path / "tmp").iterdir())
    assert not any(tmp_path.glob("data/*/incoming/*"))


def test_h32_old_and_odd_connections(house):
    (answer,) = answers_in(_said(house, b"GET /healthz HTTP/1.0\r\nHost: localhost\r\n\r\n"))
    assert answer.json() == {"status": "ok"}
    for upgrade in ("websocket", "h2c", "TLS/1.3"):
        extra = [
            "Connection: Upgrade",
            f"Upgrade: {upgrade}",
            "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==",
            "Sec-WebSocket-Version: 13",
        ]
        answers = house.say(house.head("GET", "/healthz", *extra), house.head("GET", "/healthz", "Connection: close"))
        assert {answer.status for answer in answers} <= {200, 400, 426}


def test_h32_a_thousand_requests_at_once_on_one_connection(house):
    """Answered in their order, one after the other."""
    count = 1000
    many = house.head("GET", "/healthz", key=None) * (count - 1) + house.head(
        "GET", "/healthz", "Connection: close", key=None
    )
    with house.connect() as line:
        sender = threading.Thread(target=line.sendall, args=(many,))
        sender.start()
        answers = answers_in(heard(line))
        sender.join()
    assert [answer.status for answer in answers] == [200] * count


def _said(house, data):
    with house.connect() as line:
        line.sendall(data)
        return heard(line)


@pytest.mark.parametrize(
    ("extra", "key", "code"),
    [("Content-Length: 999999999", "admin", "payload_too_large"), ("Content-Length: 9", None, "unauthenticated")],
)
def test_h33_who_asks_before_sending(house, extra, key, code):
    head = house.head("POST", f"{C}/search", "Content-Type: image/jpeg", "Expect: 100-continue", extra, key=key)
    raw = _said(house, head)
    assert b"100 Continue" not in raw
    assert [answer.code for answer in answers_in(raw)] == [code]


def test_h34_scraping(strict):
    """Pages and searches are counted, so all of a collection takes its time; beyond 1,000 there are none."""
    keys = {"limit": "200", "cursor": "AAAA"}
    for query in (f"limit={keys['limit']}&cursor={keys['cursor']}", "cursor=" + "A" * 300, "limit=201"):
        assert strict.ask("GET", f"{C}/images?{query}").status in {400, 429}
    assert strict.ask("POST", f"{C}/search", {"id": 1, "offset": 1001}).status in {400, 429}


def test_h35_a_flood_of_one_colour(house):
    """Many pictures alike change nothing about the best match of others, which is looked at after every case."""
    for level in range(30):
        data = jpeg(noise(3).point(lambda value, level=level: min(255, value + level)))
        answer = patiently(lambda data=data: house.ask("POST", f"{C}/images", data, Content_Type="image/jpeg"))
        assert answer.status in {200, 201}
    house.check_golden()


def patiently(ask):
    """The answer, asked for again while there is too much to do."""
    end = time.monotonic() + SECONDS
    while (answer := ask()).code == "overloaded" and time.monotonic() < end:
        time.sleep(int(answer.headers["retry-after"]))
    return answer


def test_h36_deleted_pictures_are_never_found(house, full):
    """Ten at a time: once the answer to a deletion is there, no search that begins afterwards has the picture."""

    def round_trip(seed):
        data = jpeg(noise(5000 + seed))
        key = patiently(lambda: house.ask("POST", f"{C}/images", data, Content_Type="image/jpeg")).json()["id"]
        assert patiently(lambda: house.ask("DELETE", f"{C}/images/{key}")).status == 204
        return key not in [match["id"] for match in patiently(lambda: house.search(data)).json()["results"]]

    for start in range(0, 100 if full else 20, 5):
        assert together(*[lambda seed=seed: round_trip(seed) for seed in range(start, start + 5)]) == [True] * 5
