"""encoders._hdf5: no dataset of a file of weights is anywhere else."""

import numpy as np
import pytest

from pictrace.encoders._hdf5 import refers_outside

h5py = pytest.importorskip("h5py")


def stored_elsewhere(file, secret):
    file["layer"].create_dataset("w", shape=(4,), dtype="u1", external=[(str(secret), 0, 4)])


def put_together_elsewhere(file, secret):
    layout = h5py.VirtualLayout(shape=(4,), dtype="u1")
    layout[:] = h5py.VirtualSource(str(secret), "w", shape=(4,))
    file["layer"].create_virtual_dataset("w", layout)


def led_elsewhere(file, secret):
    file["layer"]["w"] = h5py.ExternalLink(str(secret), "/w")


def led_around(file, secret):
    del secret
    file["layer"]["w"] = h5py.SoftLink("/")


@pytest.fixture
def made(tmp_path):
    """A file of weights in groups, to which something may be done."""

    def make(change=None):
        path = tmp_path / "weights.h5"
        with h5py.File(path, "w") as file:
            file.create_group("layer").create_dataset("kernel", data=np.ones((3, 3), np.float32))
            if change:
                change(file, tmp_path / "secret")
        return path

    return make


@pytest.mark.parametrize("change", [stored_elsewhere, put_together_elsewhere, led_elsewhere, led_around])
def test_what_is_kept_elsewhere_is_found(made, change) -> None:
    """By its name, before it is read."""
    assert refers_outside(made(change)) == "/layer/w"


def test_plain_weights_are_whole(made) -> None:
    """Groups of datasets, and a group in itself too."""

    def turn(file, secret):
        del secret
        file["layer"]["again"] = file["/"]

    assert refers_outside(made()) == ""
    assert refers_outside(made(turn)) == ""


def test_what_is_no_hdf5_is_told(made) -> None:
    """As h5py tells it."""
    path = made()
    path.write_bytes(path.read_bytes()[:100])

    with pytest.raises(OSError, match="file"):
        refers_outside(path)
