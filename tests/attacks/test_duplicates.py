"""Attacks through what may touch files: choices, plans, and decisions that come in bulk (H37 to H41)."""

import hashlib
import json

import pytest
from attacks.besieged import C

HERE = f"{C}/duplicates"
NOWHERE = "0" * 16
LINES = "application/x-ndjson"
MIB = 1 << 20


@pytest.fixture(autouse=True)
def files(folder):
    """Every file of the folder that is served is the same afterwards, byte for byte."""
    before = digests(folder)
    yield
    assert digests(folder) == before


def digests(folder):
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(folder.iterdir())}


ELSEWHERE = (
    *("/etc/passwd", "../../etc/passwd", "/proc/self/environ", "/dev/zero", "keys.json", "", "/", "\x00", "a\x00b"),
    *("/" + "a" * 8191, "a" * 9000, "file:///etc/passwd", "\\\\host\\share", "C:\\windows", "~/.ssh/id_rsa", "-rf"),
)


@pytest.mark.parametrize("path", ELSEWHERE)
def test_h37_files_elsewhere_are_not_chosen(house, path):
    """Nor accepted, with a plan that is none."""
    picked = house.ask("PUT", f"{HERE}/picks", {"picks": [{"id": 1, "path": path, "pick": "remove"}]})
    assert picked.code in {"not_found", "invalid_parameter"}
    applied = house.ask("POST", f"{HERE}/apply", {"plan": NOWHERE, "accepted": [path]})
    assert applied.code in {"not_found", "invalid_parameter"}
    plan = house.ask("POST", f"{HERE}/plan", {}).json()
    assert (plan["files"], plan["groups"]) == (0, 0)


PLANS = (
    "../../../keys",
    "..%2f..%2fkeys",
    "/etc/passwd",
    "last",
    "",
    "0" * 15,
    "0" * 17,
    "0" * 15 + "G",
    "0" * 15 + "\n",
)


@pytest.mark.parametrize("number", PLANS)
@pytest.mark.parametrize("target", ["apply", "undo"])
def test_h38_plans_have_numbers(house, target, number):
    """No path leads to another file, and none comes with the request."""
    assert house.ask("POST", f"{HERE}/{target}", {"plan": number}).code == "invalid_parameter"
    given = {"format": "pictrace-plan", "version": 1, "groups": []}
    assert house.ask("POST", f"{HERE}/{target}", {"plan": given}).code == "invalid_parameter"


@pytest.mark.parametrize("target", ["plan", "apply", "undo", "accept", "picks"])
@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_h39_pages_of_other_sites_touch_no_file(house, target, site):
    """With a key that they were given, or with the cookie of somebody who signed in."""
    session = house.ask("POST", "/v1/session", key=None, Authorization=f"Bearer {house.keys['admin']}")
    cookie = session.headers["set-cookie"].partition(";")[0]
    method = "PUT" if target == "picks" else "POST"
    foreign = {"Origin": "https://evil.test", "Sec_Fetch_Site": site, "Content_Type": "application/json"}
    for key, more in ((None, {"Cookie": cookie}), ("admin", {})):
        for headers in (foreign, {**foreign, "Origin": "null"}):
            assert house.ask(method, f"{HERE}/{target}", b"{}", key=key, **headers, **more).code == "forbidden"
    silent = {"Sec_Fetch_Site": site, "Content_Type": "text/plain", "Cookie": cookie}
    assert house.ask(method, f"{HERE}/{target}", b"{}", key=None, **silent).code == "forbidden"


@pytest.mark.parametrize("key", ["search", "index"])
@pytest.mark.parametrize("target", ["plan", "apply", "undo"])
def test_h40_only_who_may_delete_plans(house, target, key):
    """Whatever the request says; also what was planned is only told to who may delete."""
    assert house.ask("POST", f"{HERE}/{target}", {"plan": NOWHERE}, key=key).code == "forbidden"
    assert house.ask("GET", f"{HERE}/plan", key=key).code == "forbidden"


LINE = json.dumps(
    {
        "kind": "pictrace-decision",
        "one": "0" * 64,
        "other": "1" * 64,
        "one_pixels": "2" * 64,
        "other_pixels": "3" * 64,
        "verdict": "both",
        "at": "2026-11-29T18:00:00+00:00",
        "note": "",
    }
)
BULK = {
    "garbage": b"\xff" * MIB,
    "blank": b"\n" * MIB,
    "deep": b"[" * MIB,
    "long": b'{"note": "' + b"a" * MIB + b'"}',
    "the last is bad": (LINE + "\n").encode() * 2000 + b"{}\n",
    "no time": LINE.replace("2026-11-29T18:00:00+00:00", "1").encode(),
    "a name more": LINE.replace('"note": ""', '"note": "", "__proto__": {}').encode(),
    "one picture": LINE.replace("1" * 64, "0" * 64).encode(),
}


@pytest.mark.parametrize("case", BULK)
def test_h41_decisions_in_bulk(house, case):
    """All of them or none, and soon."""
    answer = house.ask("PUT", f"{C}/decisions", BULK[case], Content_Type=LINES)
    assert answer.code in {"invalid_parameter", "bad_request"}
    assert answer.seconds < 10
    assert house.ask("GET", f"{C}/decisions").json()["count"] == 0
