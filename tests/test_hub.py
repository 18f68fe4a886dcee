"""hub: files of models are fetched whole and right, or a typed error says why not, and nothing half is ever loaded."""

import dataclasses
import hashlib
import os
import signal
import socket
import struct
import subprocess
import sys
from pathlib import Path

import filelock
import pytest
from fetch.upstream import moved, ok, policy, serving
from hubs import DATA, REVISION, TEXT, TOKENS, address, card, ranged

from pictrace import weights
from pictrace.errors import (
    ConfigurationError,
    FetchError,
    IndexLockedError,
    InvalidUrlError,
    ModelDamagedError,
    ModelMissingError,
    SourceAnswerError,
    SourceNotAllowedError,
    SourceTimeoutError,
    SourceTooLargeError,
    SourceUnreachableError,
    UsageError,
)
from pictrace.hub import ATTEMPTS, Hub
from pictrace.settings import Settings

MINE = card()
PLACE = address(MINE)
PAGE = b"<!doctype html><title>Please sign in</title>"


@pytest.fixture
def models(tmp_path):
    """The user's folder of models, which is made by whoever needs it first."""
    return tmp_path / "models"


@pytest.fixture
def hub(upstream, base, models, tmp_path):
    """Makes a hub with what a test wants different, and an empty cache."""

    def make(*, environ=None, mirrors=(), others=(), limits=None, **different):
        bases = (base, *mirrors)
        given = {"models": str(models), "hub": bases, "fetch": policy(upstream, *others, **(limits or {}))} | different
        return Hub(Settings(**given), environ={"HF_HOME": str(tmp_path / "hf")} | (environ or {}))

    return make


def there(models: Path) -> list[str]:
    """What is in the folder; locks and parts begin with a dot."""
    return sorted(one.name for one in models.iterdir() if one.name != ".pull.lock") if models.exists() else []


def reset(_server, handler):
    """Half of it, then the connection is gone."""
    handler.wfile.write(ok(DATA)[:900_000])
    handler.wfile.flush()
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    handler.connection.close()


def stalled(server, handler):
    """The beginning, then nothing."""
    handler.wfile.write(ok(DATA)[:1000])
    handler.wfile.flush()
    server.over.wait(10)


def test_a_model_is_pulled(hub, answers, models):
    """Through the redirect of a hub, with progress; what was pulled is loaded, and pulled no second time."""
    answers |= {PLACE: moved("/blob"), "/blob": ok(DATA)}
    heard = []
    pulled = hub().pull(MINE, watch=lambda *told: heard.append(told))
    again = hub(hub=("http://127.0.0.1:9",)).pull(MINE)

    assert [(one.file, one.way, one.size) for one in pulled] == [("mine.onnx", "fetched", len(DATA))]
    assert heard[-1] == ("mine.onnx", len(DATA), len(DATA))
    assert weights.content(MINE, models) == DATA
    assert [one.way for one in again] == ["was here"]
    assert there(models) == ["mine.onnx"]


def test_every_file_of_a_model_is_pulled(hub, answers, models):
    """Words need a model of their own and a tokenizer."""
    clip = card(text=True)
    for part, data in zip(clip.files, (DATA, TEXT, TOKENS), strict=True):
        answers[address(part)] = ok(data)
    hub().pull(clip)

    assert there(models) == ["mine.onnx", "mine.text.onnx", "mine.tokenizer"]
    assert weights.state(clip, models) == "here"


def test_what_came_with_pictrace_is_here(hub, upstream, models):
    """Nothing is asked for."""
    pulled = hub().pull(weights.card("lite0"))

    assert [(one.way, one.path.parent) for one in pulled] == [("was here", weights.BUNDLED)]
    assert upstream.hits == 0


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (b"HTTP/1.1 404 No\r\nContent-Length: 6\r\n\r\nsecret", SourceAnswerError),
        (b"HTTP/1.1 403 No\r\nContent-Length: 6\r\n\r\nsecret", SourceAnswerError),
        (b"HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n", SourceAnswerError),
        (ok(PAGE), SourceAnswerError),
        (ok(b"\x08\x07" + b"x" * (len(DATA) - 2)), SourceAnswerError),
        (ok(DATA[:-1]), SourceAnswerError),
        (ok(DATA)[:5000], SourceAnswerError),
        (ok(DATA + b"x"), SourceTooLargeError),
        (b"HTTP/1.1 200 OK\r\n\r\n" + DATA + b"x", SourceTooLargeError),
        (reset, FetchError),
        (stalled, SourceTimeoutError),
        (b"", SourceUnreachableError),
        (moved("http://127.0.0.1/"), SourceNotAllowedError),
        (moved("file:///etc/passwd"), SourceAnswerError),
    ],
    ids=range(14),
)
def test_what_is_not_the_file_is_a_typed_error(hub, answers, models, answer, error):
    """It names file, model and address, and says nothing of what was sent; nothing is there under the name."""
    answers[PLACE] = answer
    with pytest.raises(error, match=r"mine\.onnx of the model mine cannot be had from http") as caught:
        hub(limits={"rate_seconds": 0.2, "total_seconds": 2.0}).pull(MINE)

    assert "secret" not in str(caught.value)
    assert "mine.onnx" not in there(models)
    with pytest.raises(ModelMissingError):
        weights.verified(MINE, models)


def test_a_connection_that_breaks_is_gone_on_with(hub, answers, upstream, models):
    """By the same pull, as long as each attempt brings something; only the rest is asked for."""

    def breaking(server, handler):
        answers[PLACE] = ranged(DATA)
        handler.wfile.write(ok(DATA)[:900_000])

    answers[PLACE] = breaking
    hub().pull(MINE)

    assert weights.content(MINE, models) == DATA
    assert "Range: bytes=" in upstream.heads[1]


def test_a_server_that_always_breaks_is_given_up(hub, answers, upstream):
    """Nobody waits for it for ever."""
    answers[PLACE] = ok(DATA)[:900_000]
    with pytest.raises(SourceAnswerError, match="cut off"):
        hub().pull(MINE)

    # How much of an answer that breaks off is read depends on the machine; one that brings nothing new is the last.
    assert 2 <= upstream.hits <= ATTEMPTS


def test_a_mirror_is_asked_when_the_hub_fails(hub, answers, models):
    """It goes on where the hub stopped."""
    answers[PLACE] = ok(DATA)[:900_000]
    with serving({f"/hf{PLACE}": ranged(DATA)}) as mirror:
        base = f"http://{mirror.server_address[0]}:{mirror.port}/hf/"
        hub(mirrors=[base], others=[mirror]).pull(MINE)

        assert "Range: bytes=" in mirror.heads[0]
    assert weights.content(MINE, models) == DATA


def test_a_mirror_with_another_file_is_passed_over(hub, answers, models):
    """Nothing of what it sent stays."""
    answers[PLACE] = ok(DATA)
    with serving({PLACE: ok(b"\x08" * len(DATA))}) as mirror:
        base = f"http://{mirror.server_address[0]}:{mirror.port}"
        own = hub(others=[mirror])
        Hub(dataclasses.replace(own._settings, hub=(base, *own._settings.hub)), environ={}).pull(MINE)

    assert weights.content(MINE, models) == DATA


def test_a_mirror_that_is_no_url_is_told(hub):
    """A setting is not guessed at."""
    with pytest.raises(InvalidUrlError, match="ftp://mirror"):
        hub(hub=("ftp://mirror",)).pull(MINE)


@pytest.mark.parametrize("different", [{"offline": True}, {"environ": {"HF_HUB_OFFLINE": "1"}}])
def test_nothing_is_asked_while_offline(hub, answers, upstream, models, different):
    """Not even whether there is a connection; what is in the cache is taken."""
    answers[PLACE] = ok(DATA)
    with pytest.raises(ModelMissingError, match="offline") as caught:
        hub(**different).pull(MINE)

    assert upstream.hits == 0
    assert str(models) in caught.value.hint


@pytest.mark.parametrize("inside", [f"blobs/{MINE.sha256}", f"snapshots/{REVISION}/onnx/mine.onnx"])
@pytest.mark.parametrize("variable", ["HF_HUB_CACHE", "HF_HOME", "XDG_CACHE_HOME"])
def test_the_hubs_own_cache_is_used(upstream, hub, models, tmp_path, variable, inside):
    """Offline too; a file that is not the one is not taken."""
    below = {"HF_HUB_CACHE": "", "HF_HOME": "hub", "XDG_CACHE_HOME": "huggingface/hub"}[variable]
    place = tmp_path / "cache" / below / "models--org--clip" / inside
    place.parent.mkdir(parents=True)
    environ = {"HF_HOME": "", variable: str(tmp_path / "cache")}
    place.write_bytes(DATA[:-1] + b"x")
    with pytest.raises(ModelMissingError):
        hub(environ=environ, offline=True).pull(MINE)
    place.write_bytes(DATA)
    pulled = hub(environ=environ, offline=True).pull(MINE)

    assert [one.way for one in pulled] == ["taken from the cache"]
    assert weights.content(MINE, models) == DATA
    assert upstream.hits == 0


def test_a_damaged_file_is_replaced(hub, answers, models):
    """Pulling mends."""
    models.mkdir()
    (models / "mine.onnx").write_bytes(DATA[:-1])
    answers[PLACE] = ok(DATA)
    hub().pull(MINE)

    assert weights.content(MINE, models) == DATA


def test_a_pickle_is_no_model_whatever_its_hash(hub, answers, models):
    """A card may come from whoever made the file."""
    pickle = b"\x80\x04\x95\x1e\x00\x00\x00\x00\x00\x00\x00\x8c\x05posix\x94\x8c\x06system\x94\x93\x94."
    digest = hashlib.sha256(pickle).hexdigest()
    mine = dataclasses.replace(
        MINE, runtime="torch", file="mine.safetensors", sha256=digest, size=len(pickle), text=None
    )
    answers[address(MINE)] = ok(pickle)
    with pytest.raises(ModelDamagedError, match="a pickle"):
        hub().pull(mine)

    assert there(models) == []


def unpinned(**different):
    """A card that does not say which bytes are meant."""
    return dataclasses.replace(MINE, sha256="", size=0, **different)


def test_what_nobody_has_pinned_is_not_pulled_unasked(hub, upstream):
    """The way is told."""
    with pytest.raises(UsageError, match="which bytes") as caught:
        hub().pull(unpinned())

    assert "--trust" in caught.value.hint
    assert upstream.hits == 0


@pytest.mark.parametrize("said", [{"trust": True}, {"sha256": MINE.sha256.upper()}])
def test_what_came_is_pinned_from_then_on(hub, answers, models, said):
    """Trusted, or known by a SHA-256: a card of the user's own says so."""
    answers[PLACE] = ok(DATA)
    pulled = hub().pull(unpinned(), **said)

    assert pulled[0].sha256 == MINE.sha256
    assert weights.card("mine", models) == MINE
    assert weights.content(weights.card("mine", models), models) == DATA
    assert there(models) == ["mine.json", "mine.onnx"]


def test_every_file_that_is_trusted_is_pinned(hub, answers, models):
    """Those that were known already stay as they were."""
    clip = card(text=True)
    tokens = dataclasses.replace(clip.text.tokenizer, sha256="", size=0)
    for part, data in zip(clip.files, (DATA, TEXT, TOKENS), strict=True):
        answers[address(part)] = ok(data)
    hub().pull(dataclasses.replace(clip, text=dataclasses.replace(clip.text, tokenizer=tokens)), trust=True)

    assert weights.card("mine", models) == clip


@pytest.mark.parametrize("sent", [PAGE, b"\n " + PAGE, b'{"error": "gated"}', b"\x80\x04pickle", b"PK\x03\x04"])
def test_trust_ends_where_it_is_no_model(hub, answers, models, sent):
    """A page to sign in to is what one mostly gets instead."""
    answers[PLACE] = ok(sent)
    with pytest.raises(ModelDamagedError):
        hub().pull(unpinned(), trust=True)

    assert there(models) == []


def test_what_is_cut_off_is_not_trusted(hub, answers, models):
    """Half a file has a SHA-256 too."""
    answers[PLACE] = ok(DATA)[:-1]
    with pytest.raises(SourceAnswerError):
        hub().pull(unpinned(), trust=True)

    assert there(models) == []


@pytest.mark.parametrize(
    ("mine", "sha256", "words"),
    [
        (unpinned(), "abc", "'abc' is no SHA-256"),
        (unpinned(), "g" * 64, "is no SHA-256"),
        (MINE, "a" * 64, "not what the card of the model mine lacks"),
    ],
)
def test_a_sha256_is_one_and_needed(hub, mine, sha256, words):
    """A typing mistake is told before anything is fetched."""
    with pytest.raises(UsageError, match=words):
        hub().pull(mine, sha256=sha256)


def test_what_is_published_nowhere_says_what_to_do(hub):
    """There is no address to ask."""
    with pytest.raises(ModelMissingError, match=r"no address of sscd\.onnx") as caught:
        hub().pull(weights.card("sscd"), trust=True)

    assert "models add" in caught.value.hint


def test_two_do_not_pull_at_a_time(hub, models, monkeypatch):
    """They would write into one part."""
    monkeypatch.setattr("pictrace.hub._LOCK_SECONDS", 0)
    models.mkdir()
    with filelock.FileLock(models / ".pull.lock"), pytest.raises(IndexLockedError, match="another process"):
        hub().pull(MINE)


def test_a_folder_that_cannot_be_made_is_told(hub, models):
    """With the setting that names it."""
    models.write_bytes(b"a file")
    with pytest.raises(ConfigurationError, match="cannot be written to") as caught:
        hub().pull(MINE)

    assert "`models`" in caught.value.hint


def test_a_pull_that_was_killed_is_gone_on_with(hub, answers, upstream, models):
    """Nothing of it is loaded before; the next one asks for the rest."""

    def halfway(server, handler):
        handler.wfile.write(ok(DATA)[:900_000])
        handler.wfile.flush()
        server.over.wait(30)

    answers[PLACE] = halfway
    weights.keep(MINE, models)
    own = hub()._settings
    variables = {
        "PICTRACE_MODELS": str(models),
        "PICTRACE_HUB": own.hub[0],
        "PICTRACE_FETCH_ALLOW_NETWORKS": own.fetch.allow_networks[0],
        "PICTRACE_FETCH_ALLOW_PORTS": str(upstream.port),
    }
    command = [sys.executable, "-m", "pictrace", "models", "pull", "mine"]
    part = models / ".mine.onnx.part"
    with subprocess.Popen(command, env=os.environ | variables, stderr=subprocess.DEVNULL) as running:
        while running.poll() is None and not (part.exists() and part.stat().st_size):
            os.sched_yield()
        running.send_signal(signal.SIGKILL)
    assert running.returncode == -signal.SIGKILL
    with pytest.raises(ModelMissingError):
        weights.content(MINE, models)
    answers[PLACE] = ranged(DATA)
    hub().pull(MINE)

    assert "Range: bytes=" in upstream.heads[-1]
    assert weights.content(MINE, models) == DATA


@pytest.mark.parametrize("words", ["setting `hub`", "on no hub"])
def test_who_cannot_reach_the_hub_is_told_of_mirrors_and_the_cache(hub, answers, upstream, words):
    """Which may be all that a machine without a network needs."""
    answers[PLACE] = answers["/own"] = b""
    own = weights.Source(url=f"http://{upstream.server_address[0]}:{upstream.port}/own")
    mine = MINE if "setting" in words else dataclasses.replace(MINE, source=own)

    with pytest.raises(SourceUnreachableError) as caught:
        hub().pull(mine)

    assert words in caught.value.hint
    assert "--offline" in caught.value.hint
