"""What is chosen for files, and still is after a stop."""

import pytest
from made_groups import group, member

from pictrace.dedupe import picks
from pictrace.dedupe.picks import FILE, Pick, Picks

ONE, TWO = member(1), member(2)


def put(chosen: Picks, **given: Pick | None) -> None:
    files = {"_1": ONE, "_2": TWO}
    chosen.put({(files[name].path, files[name].sha256): pick for name, pick in given.items()})


def test_picks_outlive_the_process(tmp_path):
    """The later one holds, and one that was taken back is gone."""
    put(Picks(tmp_path), _1=Pick.KEEP, _2=Pick.REMOVE)
    put(Picks(tmp_path), _1=Pick.REMOVE, _2=None)
    again = Picks(tmp_path)

    assert (again.of(ONE), again.of(TWO), len(again)) == (Pick.REMOVE, None, 1)


def test_another_picture_at_the_path_has_none(tmp_path):
    """What was chosen was chosen of what was there then."""
    chosen = Picks(tmp_path)
    put(chosen, _1=Pick.REMOVE)

    assert chosen.of(member(2, "/p/1.jpg")) is None


def test_a_group_is_settled_once_all_files_are(tmp_path):
    """But for those that are only compared against."""
    chosen = Picks(tmp_path)
    found = group(ONE, TWO, member(3, reference=True))
    put(chosen, _1=Pick.KEEP)
    before = chosen.is_settled(found)
    put(chosen, _2=Pick.REMOVE)

    assert (before, chosen.is_settled(found)) == (False, True)


@pytest.mark.parametrize(
    "junk", [b'["/p/2.jpg", "00', b"{}\n", b'[1, "a", "keep"]\n', b"\xff\n", b'["a", "b", "no"]\n']
)
def test_a_damaged_line_costs_itself(tmp_path, junk):
    """Also one that a kill cut off, with another one after it."""
    put(Picks(tmp_path), _1=Pick.KEEP)
    with (tmp_path / FILE).open("ab") as file:
        file.write(junk)
    put(Picks(tmp_path), _2=Pick.KEEP)
    again = Picks(tmp_path)

    assert (again.of(ONE), again.of(TWO)) == (Pick.KEEP, Pick.KEEP)


def test_the_file_does_not_grow_for_ever(tmp_path, monkeypatch):
    """Lines that say nothing any more go."""
    monkeypatch.setattr(picks, "_SPARE", -1000)
    chosen = Picks(tmp_path)
    for pick in (Pick.KEEP, Pick.REMOVE, Pick.KEEP):
        put(chosen, _1=pick)

    assert len((tmp_path / FILE).read_text().split()) == 3  # a path, a hash and a pick
    assert Picks(tmp_path).of(ONE) is Pick.KEEP


def test_a_link_in_its_place_is_not_followed(tmp_path):
    """Nothing is written elsewhere."""
    (tmp_path / "other").touch()
    (tmp_path / FILE).symlink_to(tmp_path / "other")
    with pytest.raises(OSError, match=FILE):
        put(Picks(tmp_path), _1=Pick.KEEP)

    assert (tmp_path / "other").read_bytes() == b""
