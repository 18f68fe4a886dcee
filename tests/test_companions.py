"""What belongs to a picture goes where it goes, and is never taken for a duplicate of it."""

import pytest

from pictrace.companions import Kind, companions_of


def beside(folder, picture, *names):
    for name in (picture, *names):
        (folder / name).write_bytes(b"x")
    return {one.path.removeprefix(f"{folder}/"): one for one in companions_of(str(folder / picture))}


@pytest.mark.parametrize(
    "name",
    [
        *("IMG_1.xmp", "IMG_1.JPG.xmp", "img_1.AAE", "IMG_1.THM", "IMG_1.json", "IMG_1.JPG.json", "IMG_1.pp3"),
        *("IMG_1.JPG.supplemental-metadata.json", "IMG_1.JPG.supplemental-me.json", "IMG_1.jpg.s.json"),
    ],
)
def test_a_sidecar_is_found_by_its_name(tmp_path, name):
    """As cameras, editors and Google Takeout name them, cut short ones too."""
    found = beside(tmp_path, "IMG_1.JPG", name)

    assert {one: two.kind for one, two in found.items()} == {name: Kind.SIDECAR}


@pytest.mark.parametrize("name", ["IMG_1(1).jpg", "IMG_12.xmp", "IMG_1.JPG.bak", "IMG_1.JPG.other.json", "IMG.xmp"])
def test_other_files_are_nobodys_companions(tmp_path, name):
    """Only what is named after the picture belongs to it."""
    assert beside(tmp_path, "IMG_1.JPG", name) == {}


@pytest.mark.parametrize("name", ["IMG(1).jpg.json", "IMG.jpg(1).json", "IMG.jpg.supplemental-metadata(1).json"])
def test_the_number_of_a_second_one_may_be_anywhere(tmp_path, name):
    """Takeout moves it behind the ending."""
    assert list(beside(tmp_path, "IMG(1).jpg", name)) == [name]


def test_what_belongs_to_a_numbered_picture_is_not_the_first_ones(tmp_path):
    """`a.jpg(1).json` says nothing of `a.jpg`."""
    assert beside(tmp_path, "a.jpg", "a(1).jpg", "a.jpg(1).json") == {}


@pytest.mark.parametrize("ending", ["CR2", "cr3", "NEF", "ARW", "DNG", "ORF", "RAF", "RW2", "PEF", "SRW"])
def test_a_raw_file_of_the_same_stem_is_a_companion(tmp_path, ending):
    """RAW and JPEG of one shot are one picture."""
    found = beside(tmp_path, "a.jpg", f"A.{ending}")

    assert [one.kind for one in found.values()] == [Kind.RAW]


@pytest.mark.parametrize("ending", ["MOV", "mp4"])
def test_a_live_photos_video_is_a_companion(tmp_path, ending):
    """Of HEIC and of JPEG."""
    assert [one.kind for one in beside(tmp_path, "a.heic", f"a.{ending}").values()] == [Kind.VIDEO]


def test_what_two_pictures_have_in_common_names_both(tmp_path):
    """A video belongs to the HEIC and to the JPEG made from it; it goes with the last of them."""
    found = beside(tmp_path, "a.jpg", "a.heic", "a.mov", "a.jpg.xmp")

    assert found["a.mov"].sharers == (f"{tmp_path}/a.heic",)
    assert found["a.jpg.xmp"].sharers == ()
    assert "a.heic" not in found


def test_links_are_nobodys_companions(tmp_path):
    """What they lead to is not beside the picture."""
    (tmp_path / "real").write_bytes(b"x")
    (tmp_path / "a.xmp").symlink_to(tmp_path / "real")

    assert beside(tmp_path, "a.jpg") == {}


def test_a_folder_that_cannot_be_read_has_no_companions(tmp_path):
    """Nothing is there."""
    assert companions_of(str(tmp_path / "none" / "a.jpg")) == []
