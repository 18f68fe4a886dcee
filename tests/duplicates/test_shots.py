"""Frames of a burst and companions are no copies; edited copies of a frame are."""

import io

import pytest
from photographs import jpeg, photo
from PIL import Image

from pictrace.collection import Collection
from pictrace.descriptions import shot_of
from pictrace.settings import Settings

TAKEN, FRACTION, MODEL = 0x9003, 0x9291, 0x0110


def frame(moment, fraction="", *, quality=90, model="Camera"):
    """A photograph as a camera writes it."""
    exif = Image.Exif()
    exif[MODEL] = model
    exif.get_ifd(0x8769).update({TAKEN: moment, FRACTION: fraction})
    stream = io.BytesIO()
    photo("coffee.png").save(stream, "JPEG", quality=quality, exif=exif)
    return stream.getvalue()


def groups(folder, files, relation="copy"):
    for name, data in files.items():
        (folder / name).write_bytes(data)
    with Collection(folder / "shots.pictrace", settings=Settings(workers=1, threads=1)) as collection:
        collection.add(folder)
        found = collection.duplicates(relation)
    return sorted(sorted(member.path.rpartition("/")[2] for member in group) for group in found)


def test_frames_of_a_burst_are_no_copies(tmp_path):
    """They look the same and were taken a tenth of a second apart; each has its own edited copy."""
    files = {
        "a.jpg": frame("2026:01:01 10:00:00", "1"),
        "a-small.jpg": frame("2026:01:01 10:00:00", "1", quality=40),
        "b.jpg": frame("2026:01:01 10:00:00", "2", quality=91),
        "b-small.jpg": frame("2026:01:01 10:00:00", "2", quality=41),
    }

    assert groups(tmp_path, files) == [["a-small.jpg", "a.jpg"], ["b-small.jpg", "b.jpg"]]


def test_frames_of_a_burst_are_one_scene(tmp_path):
    """Who asks for scenes wants them together."""
    files = {"a.jpg": frame("2026:01:01 10:00:00"), "b.jpg": frame("2026:01:01 10:00:01", quality=80)}

    assert groups(tmp_path, files, "scene") == [["a.jpg", "b.jpg"]]


def test_a_copy_without_a_date_is_a_copy(tmp_path):
    """Many programs throw away what the camera wrote."""
    files = {"a.jpg": frame("2026:01:01 10:00:00"), "sent.jpg": jpeg(photo("coffee.png"), 60)}

    assert groups(tmp_path, files) == [["a.jpg", "sent.jpg"]]


def test_a_raw_file_and_its_picture_are_companions(tmp_path):
    """Of one name in one folder they are both wanted; a copy under another name is a duplicate."""
    stream = io.BytesIO()
    photo("coffee.png").save(stream, "TIFF")
    files = {"a.dng": stream.getvalue(), "a.jpg": jpeg(photo("coffee.png")), "copy.jpg": jpeg(photo("coffee.png"), 50)}

    assert all(not {"a.dng", "a.jpg"} <= set(group) for group in groups(tmp_path, files))


@pytest.mark.parametrize(
    "data",
    [b"", b"Exif\0\0II*\0", frame("    :  :     :  :  "), frame("0000:00:00 00:00:00"), jpeg(photo("coffee.png"))],
)
def test_no_clock_tells_no_shot(tmp_path, data):
    """Blanks and zeros are no moment."""
    (tmp_path / "odd.jpg").write_bytes(data)

    assert shot_of(str(tmp_path / "odd.jpg")) == ""
