"""Names lead to what may be asked for by them, and nowhere else."""

import pytest

from pictrace import registry
from pictrace.errors import UnknownNameError


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("encoders", "pictrace"),
        ("encoders", "pictrace.encoders"),
        ("encoders", "pictrace.encoders.lite0"),
        ("indexes", "pictrace.indexes"),
        ("indexes", "pictrace.indexes.exact"),
        ("signals", "pictrace.signals"),
        ("signals", "pictrace.signals.identity"),
        ("catalogs", "pictrace.catalogs"),
    ],
)
def test_a_path_into_pictrace_is_no_name(kind, name):
    """A collection may name anything, also what only says how an encoder looks."""
    with pytest.raises(UnknownNameError, match="part of PicTrace"):
        registry.load(kind, name)
