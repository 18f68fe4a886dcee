"""Names that clients give: shown, never followed."""

import pytest

from pictrace.errors import NotFoundError
from pictrace.service.names import base, collection, shown


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("a.jpg", "a.jpg"), ("/etc/passwd", "passwd"), ("..\\..\\a.jpg", "a.jpg"), ("C:\\x\\a.jpg", "a.jpg"),
        ("", "upload"), ("..", "upload"), ("a/", "upload"), ("a\x00\x1b[31m\u202eb.jpg", "a[31mb.jpg"),
        ("e\u0301.jpg", "\xe9.jpg"), ("  a.jpg ", "a.jpg"), ("a\udcffb", "ab"), ("\u200f", "upload"),
    ],
)  # fmt: skip
def test_a_file_is_called_by_its_last_part(given, kept):
    """Without what steers terminals or paths."""
    assert base(given) == kept


@pytest.mark.parametrize(
    ("given", "kept"),
    [("a/b.jpg", "a/b.jpg"), ("../../b.jpg", "b.jpg"), ("/a//./b", "a/b"), ("a\\b", "a/b"), (".../b", "b")],
)
def test_a_member_keeps_its_folders(given, kept):
    """But for those that lead anywhere."""
    assert shown(given) == kept


@pytest.mark.parametrize("length", [254, 255, 256, 5000])
@pytest.mark.parametrize("letter", ["a", "é", "🐈"])
def test_a_long_name_keeps_its_ending(letter, length):
    """In whole characters, at most 255 bytes of them."""
    kept = base(letter * length + ".jpg")

    assert len(kept.encode()) <= 255
    assert kept.endswith(f"{letter}.jpg")


def test_an_ending_that_is_none_is_cut():
    """As any other part."""
    assert base("a." + "b" * 300) == "a." + "b" * 253


@pytest.mark.parametrize("name", ["a", "default", "a-b_0", "x" * 64])
def test_good_names_of_collections(name):
    """They come back."""
    assert collection(name) == name


@pytest.mark.parametrize("name", ["", "x" * 65, "A", "a.b", "..", "a/b", "é", "a\n", "٣"])
def test_no_collection_has_another_name(name):
    """So there is none."""
    with pytest.raises(NotFoundError):
        collection(name)
