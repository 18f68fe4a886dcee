"""Learns the visual words that ship in src/pictrace/models: 256 groups of 256 typical ORB descriptors each.

    python scripts/learn_words.py PICTURES

Learned on the pictures of the folder whose path hashes into the fitting half, so that benchmarks/local.py, which
searches for those of the other half, never meets what was learned on. For development only.
"""

import argparse
import hashlib
import io
import json
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt

from pictrace import keypoints
from pictrace.errors import PictureError
from pictrace.picture import Picture

SETS = ("photos", "distractors", "corel1k", "holidays_805", "museum")
GROUPS = 256
WORDS = 256
ROUNDS = 10
SAMPLE = 1500
"""Descriptors per group that the groups are learned from; the words of a group are learned from all of its own."""

MODELS = Path(__file__).parents[1] / "src" / "pictrace" / "models"
Bytes = npt.NDArray[np.uint8]


def in_fitting_half(path: Path) -> bool:
    """Whether a picture is learned from: by the hash of its name and folder, as everywhere in benchmarks/."""
    return hashlib.sha256(f"{path.parent.name}/{path.name}".encode()).digest()[0] % 2 == 0


def descriptors(folder: Path) -> Iterator[Bytes]:
    """The descriptors `(n, 32)` of each picture to learn from."""
    for name in SETS:
        for path in sorted((folder / name).rglob("*")):
            if path.suffix.lower() in {".jpg", ".jpeg", ".png"} and in_fitting_half(path):
                try:
                    yield keypoints.extract(Picture.open(path).grey)["descriptor"]
                except PictureError as error:
                    print(f"{path.name} is left out: {error}", file=sys.stderr)


def signs(packed: Bytes) -> npt.NDArray[np.float32]:
    """Bits as -1 and 1, `(n, 256)`: their product falls as the Hamming distance grows."""
    return np.unpackbits(packed, axis=1).astype(np.float32) * 2 - 1


def assigned(packed: Bytes, centres: Bytes) -> npt.NDArray[np.intp]:
    """Which centre each descriptor is nearest to."""
    towards = np.ascontiguousarray(signs(centres).T)
    parts = range(0, len(packed), 1 << 16)
    return np.concatenate([(signs(packed[start : start + (1 << 16)]) @ towards).argmax(axis=1) for start in parts])


def learned(packed: Bytes, count: int, random: np.random.Generator) -> Bytes:
    """Centres `(count, 32)` by k-majority: each bit of a centre is that of most of its descriptors.

    Grana et al., A fast approach for integrating ORB descriptors in the bag of words model, 2013,
    https://doi.org/10.1117/12.2008460
    """
    centres = packed[random.choice(len(packed), count, replace=len(packed) < count)]
    for _ in range(ROUNDS):
        nearest = assigned(packed, centres)
        order, sizes = np.argsort(nearest, kind="stable"), np.bincount(nearest, minlength=count)
        ends = np.cumsum(sizes)
        for number in np.flatnonzero(sizes):
            own = packed[order[ends[number] - sizes[number] : ends[number]]]
            ties = random.uniform(-0.1, 0.1, 256)
            centres[number] = np.packbits(signs(own).sum(axis=0) + ties > 0)
        empty = np.flatnonzero(sizes == 0)
        centres[empty] = packed[random.integers(len(packed), size=len(empty))]
    return centres


def main() -> None:
    """Writes words.npy and its card."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("pictures", type=Path)
    folder = parser.parse_args().pictures
    random = np.random.default_rng(7)
    found = list(descriptors(folder))
    packed = np.concatenate(found)
    print(f"{len(packed):,} descriptors of {len(found):,} pictures")
    sample = packed[random.choice(len(packed), min(len(packed), GROUPS * SAMPLE), replace=False)]
    groups = learned(sample, GROUPS, random)
    nearest = assigned(packed, groups)
    words = [learned(packed[nearest == number], WORDS, random) for number in range(GROUPS)]
    table = np.concatenate([groups[:, None], np.stack(words)], axis=1)
    file = io.BytesIO()
    np.save(file, table, allow_pickle=False)
    (MODELS / "words.npy").write_bytes(file.getvalue())
    card = {
        "name": "words",
        "file": "words.npy",
        "origin": f"learned by scripts/learn_words.py from {len(packed):,} ORB descriptors ({keypoints.VERSION}) of "
        f"{len(found):,} photographs in public data sets; centres of many descriptors, no picture can be made of them",
        "revision": "1",
        "licence": "Apache-2.0",
        "sha256": hashlib.sha256(file.getvalue()).hexdigest(),
        "size": len(file.getvalue()),
    }
    (MODELS / "words.json").write_text(json.dumps(card, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
