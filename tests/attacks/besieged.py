"""A service that runs as users run it, in folders of its own, and what must hold of it whatever was done to it."""

import contextlib
import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

C = "/v1/collections/default"
SECONDS = 60.0
"""After which a case has failed; nothing waits for that long otherwise. Machines that run this are busy ones."""

_LEAKS = re.compile(rb'Traceback|File "/|site-packages|sqlite3\.|/root/|/home/|/tmp/|Errno|0x[0-9a-f]{8}')
_CONTROL = re.compile(rb"[\x00-\x09\x0b-\x1f\x7f-\x9f]")
_MORE_BYTES = 512 << 20
_MORE_OPEN = (11, 5)
"""Files and threads: two readers of the catalog more than at first may have been needed at once, three files each."""

_SEAL = ".local/share/pictrace/jobs.key"


@dataclass(frozen=True)
class Answer:
    """What came back for one request."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    seconds: float = 0.0

    @property
    def code(self) -> str:
        """The code of a refusal, empty where it is none."""
        return self.json()["code"] if self.status >= 400 else ""

    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Besieged:
    """The process, its keys and what it was like before anything was done to it."""

    root: Path
    port: int
    keys: Mapping[str, str]
    process: subprocess.Popen[bytes]
    ids: list[str] = field(default_factory=list)
    before: dict[str, Any] = field(default_factory=dict)
    _heard: int = 0

    def ask(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        key: str | None = "admin",
        source: str = "127.0.0.1",
        **headers: str,
    ) -> Answer:
        """One request and its answer; a `dict` is sent as JSON, and `_` in names of headers is `-`."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if key is not None:
            sent["X-API-Key"] = self.keys.get(key, key)
        if isinstance(body, dict | list):
            body, sent = json.dumps(body).encode(), {"Content-Type": "application/json"} | sent
        begun = time.monotonic()
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=SECONDS, source_address=(source, 0))
        with contextlib.closing(line):
            line.request(method, path, body, sent | {"Connection": "close"})
            got = line.getresponse()
            content = got.read()
        told = {name.lower(): value for name, value in got.getheaders()}
        answer = Answer(got.status, told, content, time.monotonic() - begun)
        self.judge(answer, method)
        return answer

    def say(self, *parts: bytes, pause: float = 0.0, seconds: float = SECONDS) -> list[Answer]:
        """All answers to bytes as they are, until the service closes the connection."""
        with self.connect(seconds) as line:
            begun = time.monotonic()
            with contextlib.suppress(ConnectionError):
                for part in parts:
                    line.sendall(part)
                    time.sleep(pause)
            raw = heard(line)
        answers = answers_in(raw, time.monotonic() - begun)
        for answer in answers:
            self.judge(answer)
        return answers

    def connect(self, seconds: float = SECONDS, source: str = "127.0.0.1") -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), seconds, source_address=(source, 0))

    def head(self, method: str, path: str, *headers: str, key: str | None = "admin") -> bytes:
        """A request's head; `Host` and the key are there already."""
        lines = [f"{method} {path} HTTP/1.1", f"Host: localhost:{self.port}"]
        if key is not None:
            lines.append(f"X-API-Key: {self.keys.get(key, key)}")
        return "\r\n".join([*lines, *headers, "", ""]).encode("latin-1")

    def judge(self, answer: Answer, method: str = "GET") -> None:
        """No answer is a mistake of the service, or says more than it should; refusals are problem documents."""
        assert answer.status != 500, answer
        assert "server" not in answer.headers
        self.ids.append(answer.headers["x-request-id"])
        if answer.status < 400 or method == "HEAD":
            return
        assert not _LEAKS.search(answer.body + repr(answer.headers).encode()), answer
        assert answer.headers["content-type"] == "application/problem+json"
        told = answer.json()
        assert told["status"] == answer.status
        assert told["request_id"] == answer.headers["x-request-id"]
        assert len(told["detail"]) <= 300
        if answer.status in {429, 503}:
            assert int(answer.headers["retry-after"]) > 0

    def search(self, data: bytes, *, key: str = "admin", **headers: str) -> Answer:
        return self.ask("POST", f"{C}/search", data, key=key, **{"Content_Type": "image/jpeg"} | headers)

    def pictures(self) -> int:
        return int(self.ask("GET", C).json()["pictures"])

    def all_ids(self) -> set[int]:
        return set(self.ask("GET", f"{C}/wall").json()["ids"])

    def remember(self, golden: bytes) -> None:
        """Takes down what must not change."""
        found = self.search(golden).json()["results"][0]["id"]
        self.before = {
            "golden": (golden, found),
            "ids": self.all_ids(),
            "rss": self._bytes("VmRSS"),
            "open": self._open(),
        }

    def settle(self) -> None:
        """Waits until nothing is under way."""
        end = time.monotonic() + SECONDS
        while b"pictrace_requests_inside 0.0" not in self.ask("GET", "/metrics").body:
            assert time.monotonic() < end
            time.sleep(0.1)

    def restore(self) -> None:
        """Pictures that a case was right to add are gone again."""
        self.settle()
        added = sorted(self.all_ids() - self.before["ids"])
        for start in range(0, len(added), 1000):
            self.ask("POST", f"{C}/images:delete", {"ids": added[start : start + 1000]})

    def check(self) -> None:
        """What holds after every case."""
        assert self.process.poll() is None
        health = self.ask("GET", "/healthz", key=None)
        assert health.status == 200
        assert health.seconds < 5
        assert self._bytes("VmHWM") < self.before["rss"] + _MORE_BYTES
        assert self.all_ids() == self.before["ids"]
        self.check_golden()
        self._check_files()
        self._check_open()
        self._check_log()

    def check_golden(self) -> None:
        """The golden query has the match that it always had."""
        golden, found = self.before["golden"]
        assert self.search(golden).json()["results"][0]["id"] == found

    def _check_files(self) -> None:
        end = time.monotonic() + 15
        while any((self.root / "tmp").iterdir()) or any(self.root.glob("data/*/incoming/*")):
            assert time.monotonic() < end, list((self.root / "tmp").iterdir())
            time.sleep(0.1)
        assert {one.name for one in self.root.iterdir()} == {
            "data",
            "home",
            "tmp",
            "here",
            "log",
            "keys.json",
            "keys.json.lock",
        }
        assert not any((self.root / "here").iterdir())
        home = self.root / "home"
        there = {str(one.relative_to(home)) for one in home.rglob("*") if not one.is_dir()}
        # The secret by which a service knows its own jobs is kept with the user's data.
        assert there - {f"{_SEAL}{end}" for end in ("", ".lock")} == {".netrc"}

    def _check_open(self) -> None:
        end = time.monotonic() + 30
        most = [before + more for before, more in zip(self.before["open"], _MORE_OPEN, strict=True)]
        while any(now > bound for now, bound in zip(self._open(), most, strict=True)):
            assert time.monotonic() < end, (self._open(), self.before["open"])
            time.sleep(0.1)

    def _check_log(self) -> None:
        """One line of JSON for each answer, without control characters or keys."""
        wanted, self.ids = self.ids, []
        end = time.monotonic() + 10
        while True:
            raw = (self.root / "log").read_bytes()[self._heard :]
            told = [json.loads(line).get("request_id") for line in raw.splitlines()] if raw.endswith(b"\n") else []
            missing = [one for one in wanted if told.count(one) != 1]
            if not missing:
                break
            assert time.monotonic() < end, (missing, raw[-4000:])
            time.sleep(0.05)
        self._heard += len(raw)
        assert not _CONTROL.search(raw), raw
        assert not any(key.encode() in raw for key in self.keys.values())

    def _bytes(self, name: str) -> int:
        text = Path(f"/proc/{self.process.pid}/status").read_text(encoding="ascii")
        return int(re.search(rf"^{name}:\s+(\d+) kB$", text, re.MULTILINE)[1]) << 10  # type: ignore[index]

    def _open(self) -> tuple[int, int]:
        place = Path(f"/proc/{self.process.pid}")
        return len(list((place / "fd").iterdir())), len(list((place / "task").iterdir()))


def heard(line: socket.socket) -> bytes:
    """All that comes until the other side closes."""
    found = b""
    with contextlib.suppress(ConnectionResetError):
        while part := line.recv(1 << 16):
            found += part
    return found


def answers_in(raw: bytes, seconds: float = 0.0) -> list[Answer]:
    """The answers in a row, each with its length said."""
    found = []
    while raw:
        head, _, rest = raw.partition(b"\r\n\r\n")
        lines = head.decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:])}
        status, length = int(lines[0].split()[1]), int(headers.get("content-length", len(rest)))
        if status >= 200:
            found.append(Answer(status, headers, rest[:length], seconds))
        else:
            length = 0
        raw = rest[length:]
    return found


def form(*files: tuple[str, str, bytes], boundary: str = "", **fields: str) -> tuple[bytes, str]:
    """A form of files, each with its disposition's tail and media type, and of text fields; and its media type."""
    boundary = boundary or uuid.uuid4().hex
    edge = f"--{boundary}\r\n".encode()
    parts = [
        edge + f'Content-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in fields.items()
    ]
    for tail, kind, data in files:
        said = f"Content-Type: {kind}\r\n" if kind else ""
        head = f'Content-Disposition: form-data; name="image"; {tail}\r\n{said}\r\n'
        parts.append(edge + head.encode("utf-8", "surrogateescape") + data + b"\r\n")
    return b"".join(parts) + f"--{boundary}--\r\n".encode(), f"multipart/form-data; boundary={boundary}"


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def pictrace(root: Path, *arguments: str, environ: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """The command, as a user of that home runs it."""
    command = [sys.executable, "-m", "pictrace", *arguments]
    return subprocess.run(
        command, env=dict(environ), cwd=root / "here", capture_output=True, text=True, timeout=120, check=False
    )


def environment(root: Path, **settings: object) -> dict[str, str]:
    """Folders of its own and these settings, and a proxy and a password file that nobody may use."""
    for name in ("data", "home", "tmp", "here"):
        (root / name).mkdir(exist_ok=True)
    (root / "home" / ".netrc").write_text("machine 127.0.0.3 login somebody password secret\n", encoding="ascii")
    (root / "home" / ".netrc").chmod(0o600)
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "LC_ALL") if name in os.environ}
    ours = {
        "HOME": str(root / "home"),
        "TMPDIR": str(root / "tmp"),
        "PYTHONDONTWRITEBYTECODE": "1",
        "PICTRACE_COLLECTION": str(root / "data" / "default.pictrace"),
        "PICTRACE_SERVICE_COLLECTIONS": str(root / "data"),
        "PICTRACE_SERVICE_KEYS": str(root / "keys.json"),
    }
    return kept | ours | {f"PICTRACE_{name.upper()}": str(value) for name, value in settings.items()}


@contextlib.contextmanager
def besieged(root: Path, folder: Path | None = None, *, proxy: str = "", **settings: object) -> Iterator[Besieged]:
    """A service with an admin's key, one for searching and one that was revoked, and the folder's pictures indexed."""
    environ = environment(root, **settings)
    if folder is not None:
        done = pictrace(root, "index", str(folder), environ=environ)
        assert done.returncode == 0, done.stderr
    keys = {}
    for name, rights in {"admin": "admin", "search": "search", "index": "index", "revoked": "admin"}.items():
        keys[name] = pictrace(root, "keys", "add", name, "--rights", rights, environ=environ).stdout.strip()
    pictrace(root, "keys", "revoke", keys["revoked"].split("_")[1], environ=environ)
    port = free_port()
    proxies = dict.fromkeys(("http_proxy", "HTTP_PROXY", "ALL_PROXY", "HTTPS_PROXY"), proxy)
    command = [sys.executable, "-m", "pictrace", "serve", "--port", str(port)]
    with (root / "log").open("wb") as log:
        process = subprocess.Popen(
            command,
            env=environ | proxies,
            cwd=root / "here",
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=log,
        )
    found = Besieged(root, port, keys, process)
    try:
        _wait_until_ready(found)
        yield found
    finally:
        process.send_signal(signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(SECONDS)
        process.kill()
        process.wait()


def _wait_until_ready(found: Besieged) -> None:
    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        assert found.process.poll() is None, (found.root / "log").read_text(encoding="utf-8")
        with contextlib.suppress(OSError):
            if found.ask("GET", "/readyz", key=None).status == 200:
                return
        time.sleep(0.1)
    raise AssertionError("the service was not ready in time")


def together(*calls: Any) -> list[Any]:
    """What calls return that are made at the same time."""
    results: list[Any] = [None] * len(calls)

    def keep(place: int) -> None:
        try:
            results[place] = calls[place]()
        except (OSError, http.client.HTTPException, AssertionError) as error:
            results[place] = error

    threads = [threading.Thread(target=keep, args=(place,)) for place in range(len(calls))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results
