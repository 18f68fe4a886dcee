"""encoders._once: what is loaded is loaded once, by whichever of several threads was first."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from small_models import small_card, small_onnx

from pictrace import weights
from pictrace.encoders import _onnx, load
from pictrace.encoders._once import Once
from pictrace.settings import Runtime

THREADS = 4


class Loading:
    """Counts how often it is loaded; the first to load waits for a second, if one can come."""

    def __init__(self) -> None:
        self.second = threading.Event()
        self.loaded = 0

    @Once
    def model(self) -> object:
        """The model."""
        self.loaded += 1
        if self.loaded > 1:
            self.second.set()
        self.second.wait(0.1)
        return object()

    @Once
    def session(self) -> object:
        """What needs the model."""
        return self.model

    @Once
    def damaged(self) -> object:
        """What cannot be loaded."""
        self.loaded += 1
        raise ValueError("no file")


def test_threads_that_ask_together_load_once() -> None:
    """And get the same, whichever way they came."""
    loading = Loading()
    with ThreadPoolExecutor(THREADS) as threads:
        found = set(threads.map(lambda at: loading.session if at % 2 else loading.model, range(2 * THREADS)))

    assert (loading.loaded, len(found)) == (1, 1)


def test_objects_have_each_their_own() -> None:
    """One is not kept waiting by another, nor given its model."""
    assert Loading().model is not Loading().model
    assert Loading.model.__doc__ == "The model."


def test_what_could_not_be_loaded_is_tried_again() -> None:
    """Its file may have come meanwhile."""
    loading = Loading()
    for _ in range(2):
        with pytest.raises(ValueError, match="no file"):
            _ = loading.damaged

    assert loading.loaded == 2


def test_several_first_searchers_open_one_session(tmp_path, monkeypatch) -> None:
    """Of hundreds of megabytes, sometimes."""
    opened, session_of = [], _onnx.session_of
    monkeypatch.setattr(_onnx, "session_of", lambda *args, **named: opened.append(1) or session_of(*args, **named))
    small_card(tmp_path, small_onnx(), name="mine")
    encoder = load("onnx:mine", Runtime(threads=1, models=str(tmp_path), provider="cpu"))
    together = threading.Barrier(THREADS)

    def search(_: int) -> None:
        together.wait()
        encoder.encode_prepared(weights.reference_pictures(64))

    with ThreadPoolExecutor(THREADS) as threads:
        list(threads.map(search, range(THREADS)))

    assert opened == [1]
