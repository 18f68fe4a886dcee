"""The checks that others call on their own parts."""

import subprocess
import sys

import pytest

import pictrace.testing
from pictrace.catalogs.sqlite import Catalog
from pictrace.errors import UsageError
from pictrace.testing._expect import expect, refuses


class Forgetful(Catalog):
    """A catalog that loses proxies."""

    def proxy(self, key):
        return super().proxy(key)[1:]


@pytest.mark.parametrize("name", pictrace.testing.__all__)
def test_every_check_is_there(name):
    """Each name that is promised can be called."""
    assert callable(getattr(pictrace.testing, name))


def test_other_names_are_not_there():
    """Nothing is made up for a name that is misspelt."""
    with pytest.raises(AttributeError, match="check_everything"):
        _ = pictrace.testing.check_everything


def test_importing_the_checks_loads_no_heavy_library():
    """A check of catalogs needs no image library."""
    code = "import sys, pictrace.testing.catalog; print({'cv2', 'onnxruntime', 'PIL'} & set(sys.modules))"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert found.stdout == "set()\n"


def test_a_broken_promise_is_named(tmp_path):
    """Whoever checks a catalog learns which promise it broke."""
    paths = iter(str(tmp_path / f"{number}.pictrace") for number in range(99))

    with pytest.raises(AssertionError, match="a proxy comes back as it was put"):
        pictrace.testing.check_catalog(Forgetful, lambda: next(paths))


def test_what_should_be_refused_must_be():
    """A check that waits for an error fails without one."""
    with (
        pytest.raises(AssertionError, match="odd numbers are refused"),
        refuses(UsageError, "odd numbers are refused"),
    ):
        expect(True, "nothing happens")
