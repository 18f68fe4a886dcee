"""Records as columns, at the edges of what columns hold."""

import pytest

from pictrace.catalogs import _records
from pictrace.errors import UsageError
from pictrace.testing._samples import place, trace
from pictrace.types import Location


@pytest.mark.parametrize("value", [None, "text", 7, 0.5])
def test_what_is_no_blob_has_no_checksum(value):
    """A damaged file turns blobs into other things, which must differ, not crash."""
    assert _records.crc_of_data(1, value) == -1


@pytest.mark.parametrize(("left", "right"), [(1, 2), (1, -1), (1 << 48 | 1, 2 << 48 | 1)])
def test_a_blob_passes_under_its_own_number_only(left, right):
    """The same bytes in another row have another checksum."""
    assert _records.crc_of_data(left, b"same") != _records.crc_of_data(right, b"same")


@pytest.mark.parametrize("identity", [None, (0, 0), ((1 << 64) - 1, 1 << 63), (7, (1 << 63) - 1)])
def test_every_identity_of_a_file_comes_back(identity):
    """Device and inode are unsigned, SQLite's integers are not."""
    kept = Location("/a", "/", 1, -5, identity)

    assert _records.location_of(_records.location_fields(3, kept)) == kept


@pytest.mark.parametrize("metadata", [{"at": float("nan")}, {"tags": {1}}, {"by": b"me"}, {"by": "\ud800"}])
def test_metadata_that_is_no_json_is_refused(metadata):
    """What could not be read back by any other program is not written."""
    with pytest.raises(UsageError, match="plain JSON"):
        _records.picture_fields(1, trace(1, metadata=metadata), "now")


def test_fields_are_told_apart():
    """Moving a character from one field to the next changes the checksum."""
    fields = _records.location_fields(1, place("a"))

    assert _records.crc_of_fields(["ab", "c"]) != _records.crc_of_fields(["a", "bc"])
    assert _records.crc_of_fields(fields) != _records.crc_of_fields((*fields[:-1], None))
