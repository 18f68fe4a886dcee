"""The calls of imagededup: the same shapes, with copies that its hashes do not find."""

import json
import shutil

import pytest
from photographs import jpeg, photo

from pictrace.edits import cropped, mirrored
from pictrace.errors import UsageError
from pictrace.imagededup import CNN, DHash, Encodings, PHash


@pytest.fixture(scope="module")
def pictures(tmp_path_factory):
    """A photograph, its crop and its mirror image, another one alone, and a copy in a folder below."""
    folder = tmp_path_factory.mktemp("pictures")
    (folder / "whole.jpg").write_bytes(jpeg(photo("coffee.png")))
    (folder / "crop.jpg").write_bytes(jpeg(cropped(0.05)(photo("coffee.png"))))
    (folder / "mirror.jpg").write_bytes(jpeg(mirrored(photo("coffee.png"))))
    (folder / "alone.jpg").write_bytes(jpeg(photo("chelsea.png")))
    (folder / "below").mkdir()
    shutil.copy(folder / "whole.jpg", folder / "below" / "same.jpg")
    return folder


@pytest.fixture(scope="module")
def hasher(tmp_path_factory):
    """One that remembers."""
    return PHash(collection=tmp_path_factory.mktemp("kept") / "kept.pictrace")


def test_every_file_has_its_duplicates(hasher, pictures):
    """Those without any have an empty list."""
    found = hasher.find_duplicates(image_dir=str(pictures))

    assert {name: sorted(others) for name, others in found.items()} == {
        "whole.jpg": ["crop.jpg", "mirror.jpg"],
        "crop.jpg": ["mirror.jpg", "whole.jpg"],
        "mirror.jpg": ["crop.jpg", "whole.jpg"],
        "alone.jpg": [],
    }


def test_scores_are_pairs(hasher, pictures):
    """Name and score, the surest first."""
    found = hasher.find_duplicates(image_dir=pictures, scores=True)["whole.jpg"]

    assert {name for name, _ in found} == {"crop.jpg", "mirror.jpg"}
    assert all(0.5 < score <= 1 for _, score in found)
    assert [score for _, score in found] == sorted((score for _, score in found), reverse=True)


def test_folders_below_are_told_by_their_paths(hasher, pictures):
    """As imagededup does with `recursive`."""
    found = hasher.find_duplicates(image_dir=pictures, recursive=True)

    assert "below/same.jpg" in found["whole.jpg"]


def test_a_folder_is_what_a_link_leads_to(hasher, pictures, tmp_path):
    """As temporary folders of macOS are; its pictures are no fewer."""
    (tmp_path / "link").symlink_to(pictures)

    assert hasher.find_duplicates(image_dir=tmp_path / "link") == hasher.find_duplicates(image_dir=pictures)
    assert len(hasher.find_duplicates_to_remove(image_dir=tmp_path / "link")) == 2


def test_one_of_each_stays(hasher, pictures):
    """What is to be removed leaves a file of every picture, and not the worse one."""
    assert sorted(hasher.find_duplicates_to_remove(image_dir=pictures)) in (
        ["crop.jpg", "mirror.jpg"],
        ["crop.jpg", "whole.jpg"],
    )


def test_what_stays_is_among_those_asked_about(tmp_path):
    """A copy in another folder that the same collection knows is no reason to remove the only one here."""
    for name in ("here", "there"):
        (tmp_path / name).mkdir()
        (tmp_path / name / f"{name}.jpg").write_bytes(jpeg(photo("coffee.png"), 80 + len(name)))
    hasher = PHash(collection=tmp_path / "kept.pictrace")
    hasher.find_duplicates(image_dir=tmp_path / "there")

    assert hasher.find_duplicates_to_remove(image_dir=tmp_path / "here") == []


def test_encodings_stand_for_their_folder(hasher, pictures):
    """What `encode_images` gave can be searched, and holds hashes."""
    encodings = hasher.encode_images(image_dir=pictures)

    assert isinstance(encodings, Encodings)
    assert {len(code) for code in encodings.values()} == {64}
    assert hasher.find_duplicates(encoding_map=encodings) == hasher.find_duplicates(image_dir=pictures)


def test_an_outfile_holds_what_is_returned(hasher, pictures, tmp_path):
    """As JSON."""
    found = hasher.find_duplicates(image_dir=pictures, outfile=str(tmp_path / "out.json"))

    assert json.loads((tmp_path / "out.json").read_text()) == found


@pytest.mark.parametrize("kind", [DHash, CNN])
def test_thresholds_of_hashes_are_passed_over_aloud(kind, pictures):
    """Nobody should believe that one still holds."""
    with pytest.warns(UserWarning, match="passed over"):
        kind().find_duplicates(image_dir=pictures / "below", max_distance_threshold=12)


@pytest.mark.parametrize(
    "given",
    [{}, {"encoding_map": {"a.jpg": "9f"}}, {"image_dir": "nowhere"}, {"image_dir": ".", "sleep": 1}],
    ids=str,
)
def test_nonsense_is_refused(hasher, given):
    """With a hint."""
    with pytest.raises(UsageError) as caught:
        hasher.find_duplicates(**given)

    assert caught.value.hint
