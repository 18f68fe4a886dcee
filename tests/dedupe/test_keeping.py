"""Which file is kept, and the words that say why."""

import os

import numpy as np
import pytest
from copied_files import member, saved
from odd_pictures import photo
from PIL import Image

from pictrace.dedupe.contenders import Contender
from pictrace.dedupe.keeping import DEFAULT, RULES, choose, rules_of
from pictrace.errors import UnknownNameError, UsageError
from pictrace.types import Relation

XMP = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><r xmp:Rating="%d" dc:title="a" exif:GPSLatitude="1"/></x:xmpmeta>'


def name_of(contender):
    return contender.member.path.rpartition("/")[2]


def kept(*contenders, keep=()):
    choice = choose(contenders, rules_of(keep))
    return name_of(choice.kept), choice.reason


def of(path, **changes):
    return Contender(member(path, **changes))


def test_every_rule_says_what_it_prefers():
    """For help and for docs; those of the default are asked in the order of the table."""
    assert all(rule.sentence and rule.name == name for name, rule in RULES.items())
    assert list(DEFAULT)[:3] == ["reference", "favourite", "companion"]


def test_a_protected_file_comes_first(tmp_path):
    """Whatever else speaks for another."""
    large, small = saved(tmp_path / "a.jpg", 640, 480), saved(tmp_path / "b.jpg")

    assert kept(of(large), Contender(member(small), is_protected=True)) == (
        "b.jpg",
        "reference: protected against not protected",
    )


def test_a_rating_is_read_from_a_sidecar(tmp_path):
    """What somebody starred stays."""
    one, other = saved(tmp_path / "a.jpg"), saved(tmp_path / "b.jpg")
    (tmp_path / "b.xmp").write_bytes(XMP % 4)

    assert kept(of(one), of(other)) == ("b.jpg", "favourite: rated 4 against rated 0")


@pytest.mark.parametrize(
    ("name", "content"), [("b.jpg.json", b'{"favorited": true}'), ("b.json", b'{"rating": 5}'), ("b.xmp", XMP % 5)]
)
def test_a_favourite_is_told_in_several_ways(tmp_path, name, content):
    """Google Takeout says it as JSON."""
    one, other = saved(tmp_path / "a.jpg"), saved(tmp_path / "b.jpg")
    (tmp_path / name).write_bytes(content)

    assert kept(of(one), of(other))[0] == "b.jpg"


def test_what_a_list_said_of_a_picture_counts(tmp_path):
    """Metadata of the collection are asked as well as the file."""
    one, other = saved(tmp_path / "a.jpg"), saved(tmp_path / "b.jpg")

    assert kept(of(one), of(other, metadata={"favourite": True}))[0] == "b.jpg"


def test_a_raw_file_beside_it_speaks_for_a_picture(tmp_path):
    """The set stays together."""
    one, other = saved(tmp_path / "a" / "x.jpg"), saved(tmp_path / "b" / "y.jpg")
    other.with_suffix(".CR2").write_bytes(b"raw")

    assert kept(of(one), of(other)) == ("y.jpg", "companion: raw beside it against nothing beside it")


def test_a_cropped_copy_loses_to_the_whole(tmp_path):
    """Even with more pixels."""
    whole, cut = saved(tmp_path / "a.jpg"), saved(tmp_path / "b.jpg", 640, 480)

    assert kept(of(cut, reasons=("cropped",), relation=Relation.COPY, id=2), of(whole)) == (
        "a.jpg",
        "whole: whole against cropped",
    )


def test_a_jpeg_is_kept_rather_than_a_png_of_its_pixels(tmp_path):
    """The PNG was made from it, as Hydrus sees it too."""
    jpeg = saved(tmp_path / "b.jpg")
    Image.open(jpeg).save(tmp_path / "a.png")

    assert kept(of(tmp_path / "a.png"), of(jpeg)) == ("b.jpg", "original: JPEG against PNG made from a lossy file")


def test_a_lossless_original_is_kept_rather_than_a_jpeg_of_it(tmp_path):
    """Where their pixels differ."""
    png, jpeg = saved(tmp_path / "b.png", form="PNG"), saved(tmp_path / "a.jpg", quality=60)

    assert kept(of(jpeg, id=2, relation=Relation.COPY), of(png)) == ("b.png", "original: PNG, lossless against JPEG")


def test_a_small_png_does_not_win_over_a_large_jpeg(tmp_path):
    """A thumbnail is no original for being lossless."""
    png, jpeg = saved(tmp_path / "a.png", 64, 48, form="PNG"), saved(tmp_path / "b.jpg", 640, 480)

    assert kept(of(png), of(jpeg, id=2))[0] == "b.jpg"


def test_a_heif_is_kept_rather_than_its_jpeg_export(tmp_path):
    """By the formats that the collection knows."""
    one, other = saved(tmp_path / "a.heic"), saved(tmp_path / "b.jpg")

    assert kept(of(other, id=2), of(one, format="HEIF", pixel_hash="0"))[0] == "a.heic"


def detailed(side, *, seed=3):
    """Noise with a spectrum like that of photographs, at any size."""
    rng = np.random.default_rng(seed)
    frequency = np.hypot(np.fft.fftfreq(side)[:, None], np.fft.rfftfreq(side)[None, :])
    spectrum = np.fft.rfft2(rng.normal(size=(side, side))) / np.maximum(frequency, 1 / side)
    field = np.fft.irfft2(spectrum, (side, side))
    grey = np.clip(128 + 40 * field / field.std(), 0, 255).astype(np.uint8)
    return Image.fromarray(np.repeat(grey[:, :, None], 3, axis=2))


def test_more_pixels_win(tmp_path):
    """Of an original and what was made smaller from it."""
    detailed(768).save(tmp_path / "b.jpg", quality=90)
    detailed(768).resize((384, 384)).save(tmp_path / "a.jpg", quality=90)
    one, other = of(tmp_path / "a.jpg"), of(tmp_path / "b.jpg", id=2, relation=Relation.COPY)

    assert kept(one, other) == ("b.jpg", "resolution: 768 x 768 against 384 x 384")


def test_pixels_that_come_from_enlarging_do_not(tmp_path):
    """What was enlarged loses to what it was enlarged from."""
    small = detailed(384)
    small.save(tmp_path / "b.jpg", quality=90)
    small.resize((768, 768), Image.Resampling.BICUBIC).save(tmp_path / "a.jpg", quality=90)
    one, other = of(tmp_path / "a.jpg"), of(tmp_path / "b.jpg", id=2, relation=Relation.COPY)

    assert kept(one, other) == ("b.jpg", "resolution: 384 x 384 against enlarged to 768 x 768")


def test_the_better_jpeg_is_kept(tmp_path):
    """Quality is read from the tables of the file."""
    one, other = saved(tmp_path / "a.jpg", quality=60), saved(tmp_path / "b.jpg", quality=92)

    assert kept(of(one), of(other, id=2)) == ("b.jpg", "quality: JPEG quality 92 against JPEG quality 60")


def test_a_rule_can_be_reversed(tmp_path):
    """As by those who want the smaller file."""
    one, other = saved(tmp_path / "a.jpg", quality=60), saved(tmp_path / "b.jpg", quality=92)

    assert kept(of(one), of(other, id=2), keep=["smaller"])[0] == "a.jpg"
    assert kept(of(one), of(other, id=2), keep=["-quality"])[1] == "-quality: JPEG quality 60 against JPEG quality 92"


def test_richer_metadata_are_kept(tmp_path):
    """Date and place above all."""
    exif = Image.Exif()
    exif[0x010F], exif[0x0110] = "maker", "model"
    exif.get_ifd(0x8769)[0x9003] = "2020:01:02 03:04:05"
    exif.get_ifd(0x8825).update({1: "N", 2: (1.0, 2.0, 3.0)})
    one, other = saved(tmp_path / "a.jpg"), saved(tmp_path / "b.jpg", exif=exif)

    name, reason = kept(of(one), of(other))
    assert (name, "with the place" in reason) == ("b.jpg", True)


def test_the_earlier_date_of_taking_is_kept(tmp_path):
    """Where both say one; a PNG's EXIF has no prefix."""
    for name, day in (("a.png", "2021"), ("b.png", "2019")):
        exif = Image.Exif()
        exif[0x010F] = "maker"
        exif.get_ifd(0x8769)[0x9003] = f"{day}:01:02 03:04:05"
        Image.fromarray(photo()).save(tmp_path / name, exif=exif)

    said = kept(of(tmp_path / "a.png"), of(tmp_path / "b.png"))
    assert said == ("b.png", "older: taken 2019-01-02 03:04:05 against taken 2021-01-02 03:04:05")


def test_the_earlier_second_of_writing_is_kept(tmp_path):
    """What differs by less is as old, and the words never say the same of both."""
    one, other = saved(tmp_path / "ab.jpg", seed=1), saved(tmp_path / "abc.jpg", seed=1)
    os.utime(one, ns=(0, other.stat().st_mtime_ns + 5))
    assert kept(of(one), of(other))[0] == "ab.jpg"
    os.utime(other, ns=(0, other.stat().st_mtime_ns - 5_000_000_000))

    assert kept(of(one), of(other)) == (
        "abc.jpg",
        "older: written 2020-09-13 13:26:35 against written 2020-09-13 13:26:40",
    )


def test_the_shorter_path_and_then_the_first_name_decide(tmp_path):
    """So that the choice never depends on the order of the files."""
    paths = [saved(tmp_path / name) for name in ("b.jpg", "a.jpg", "longer.jpg")]
    contenders = [of(path) for path in paths]

    assert kept(*contenders)[0] == kept(*reversed(contenders))[0] == "a.jpg"


def test_the_first_rule_that_tells_two_apart_is_the_reason_of_each(tmp_path):
    """A file that is out is not asked about again."""
    one, other = saved(tmp_path / "a.jpg", 640, 480), saved(tmp_path / "b.jpg")
    last = saved(tmp_path / "longer.jpg", 640, 480)
    choice = choose([of(one), of(other), of(last)], rules_of(["resolution"]))

    assert [(name_of(file), reason.partition(":")[0]) for file, reason in choice.others] == [
        ("b.jpg", "resolution"),
        ("longer.jpg", "path"),
    ]


@pytest.mark.parametrize(("given", "hint"), [("qualty", "'quality'"), ("-pixels", "reference, favourite")])
def test_an_unknown_rule_is_refused_with_a_hint(given, hint):
    """The nearest name, or all of them."""
    with pytest.raises(UnknownNameError) as caught:
        rules_of([given])
    assert hint in caught.value.hint


@pytest.mark.parametrize("given", [["-reference"], ["quality", "-quality"]])
def test_rules_that_make_no_sense_are_refused(given):
    """What is protected is never given up, and no rule is asked twice."""
    with pytest.raises(UsageError):
        rules_of(given)


def test_a_file_that_is_gone_says_nothing(tmp_path):
    """It costs no other file anything."""
    one, other = of(saved(tmp_path / "a.jpg")), of(saved(tmp_path / "b.jpg", 640, 480), id=2)
    (tmp_path / "b.jpg").unlink()

    assert choose([one, other], rules_of()).kept is other
