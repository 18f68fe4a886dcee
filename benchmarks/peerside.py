"""One method of somebody else's over a list of files; run by peers.py in the environment of the peers.

    python peerside.py METHOD LIST OUTPUT

LIST has one path a line; OUTPUT becomes an .npz with `rows` (one for each file; uint8 bits of a hash, or float32) and
`seconds`, which reading and hashing took. Nothing of PicTrace is imported here.
"""

import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np


def pdq(paths: Sequence[str]) -> np.ndarray:
    """Facebook's hash, 256 bits, by its Python package, with images as OpenCV reads them."""
    import cv2
    import pdqhash

    return np.stack([pdqhash.compute(cv2.cvtColor(cv2.imread(path), cv2.COLOR_BGR2RGB))[0] for path in paths])


def phash(paths: Sequence[str]) -> np.ndarray:
    """The 64 bits of the ImageHash package."""
    import imagehash
    from PIL import Image

    return np.stack([imagehash.phash(Image.open(path)).hash.ravel() for path in paths])


def imagededup(paths: Sequence[str]) -> np.ndarray:
    """The 64 bits of imagededup's PHash."""
    from imagededup.methods import PHash

    hasher = PHash(verbose=False)
    return np.stack([_bits(hasher.encode_image(image_file=path)) for path in paths])


def perception(paths: Sequence[str]) -> np.ndarray:
    """The 64 bits of perception's PHash."""
    from perception.hashers import PHash

    hasher = PHash()
    return np.stack([_bits(hasher.compute(path, hash_format="hex")) for path in paths])


def opencv_phash(paths: Sequence[str]) -> np.ndarray:
    """OpenCV's own PHash, 64 bits."""
    import cv2

    return _opencv(cv2.img_hash.PHash.create(), paths)


def opencv_blockmean(paths: Sequence[str]) -> np.ndarray:
    """OpenCV's block means, 968 bits: overlapping blocks, mode 1."""
    import cv2

    return _opencv(cv2.img_hash.BlockMeanHash.create(1), paths)


def fastdup(paths: Sequence[str]) -> np.ndarray:
    """The 576 numbers of fastdup's own model, of unit length."""
    import fastdup

    with tempfile.TemporaryDirectory() as room:
        listed = Path(room, "files.txt")
        listed.write_text("\n".join(paths))
        work = str(Path(room, "work"))
        fastdup.run(str(listed), work_dir=work, run_mode=1, num_threads=2, verbose=0)
        names, rows = fastdup.load_binary_feature(str(Path(work, "atrain_features.dat")), d=576)
    place = {str(Path(name).resolve()): number for number, name in enumerate(names)}
    rows = np.stack([rows[place[str(Path(path).resolve())]] for path in paths]).astype(np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def _opencv(hasher: object, paths: Sequence[str]) -> np.ndarray:
    import cv2

    return np.unpackbits(np.stack([hasher.compute(cv2.imread(path))[0] for path in paths]), axis=1)


def _bits(text: str) -> np.ndarray:
    return np.unpackbits(np.frombuffer(bytes.fromhex(text), np.uint8))


METHODS: dict[str, Callable[[Sequence[str]], np.ndarray]] = {
    "pdq": pdq,
    "phash": phash,
    "imagededup": imagededup,
    "perception": perception,
    "opencv_phash": opencv_phash,
    "opencv_blockmean": opencv_blockmean,
    "fastdup": fastdup,
}


if __name__ == "__main__":
    method, listing, output = sys.argv[1:]
    files = Path(listing).read_text().splitlines()
    METHODS[method](files[:2])  # what is loaded once, is not counted
    clock = time.perf_counter()
    rows = METHODS[method](files)
    seconds = time.perf_counter() - clock
    if rows.dtype != np.float32:
        rows = rows.astype(np.uint8)
    np.savez(output, rows=rows, seconds=seconds)
