"""What cosines of an encoder that nobody has measured are taken to mean, tried on encoders for which it is known.

    python benchmarks/strangers.py --data FOLDER

FOLDER holds photographs in folders by source, `corel1k` among them with a hundred of each class in order. Four
embeddings are tried: `lite0` by its calibration and as if it had none, the averages of its last layer, which are all
positive as those of classic networks, and the colours of a grid of eight by eight, which are worth little. `class` is
the share of pairs of Corel's classes among the pairs that are called alike, `found` the share of pairs of one class
that are, `strangers` the share of pairs across sources. Needs the extra `onnx`.
"""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
from measured import machine

RESULT = Path(__file__).parent / "results/strangers.json"
EACH = 160
CLASSES = 10


def embeddings(pictures: list[Any]) -> dict[str, Any]:
    """Rows `(n, columns)` of length 1 by the embedding's name."""
    import onnx
    import onnxruntime

    from pictrace import weights

    squares = np.stack([one.squashed(224) for one in pictures])
    model = onnx.load_from_string(weights.content(weights.card("lite0")))
    model.graph.output.append(onnx.helper.make_tensor_value_info("features", onnx.TensorProto.FLOAT, ["n", 1280]))
    session = onnxruntime.InferenceSession(model.SerializeToString())
    parts = [session.run(["rows", "features"], {"pixels": squares[at : at + 8]}) for at in range(0, len(squares), 8)]
    grid = np.stack([one.squashed(8).reshape(-1) for one in pictures]).astype(np.float32) + 1
    found = {
        "lite0": np.concatenate([rows for rows, _ in parts]),
        "averages": np.concatenate([averages for _, averages in parts]),
        "colours": grid,
    }
    return {name: rows / np.linalg.norm(rows, axis=1, keepdims=True) for name, rows in found.items()}


def tried(rows: Any, sources: Any, classes: Any, *, calibrated: bool) -> dict[str, float]:
    """What becomes of all pairs of one embedding."""
    from pictrace.backgrounds import ALIKE, Strangers

    strangers = Strangers.of(rows)
    if strangers is None:
        sys.exit("the folder has too few pictures")
    cosines = rows @ rows.T
    alike = cosines >= (ALIKE if calibrated else strangers.alike)
    upper = np.triu(np.ones_like(alike), 1).astype(bool)
    corel = upper & (classes[:, None] >= 0) & (classes[None] >= 0)
    same = corel & (classes[:, None] == classes[None])
    foreign = upper & (sources[:, None] != sources[None])
    return {
        "middle": round(strangers.middle, 3),
        "alike": round(ALIKE if calibrated else strangers.alike, 3),
        "class": round(float((alike & same).sum() / max(1, (alike & corel).sum())), 3),
        "found": round(float((alike & same).sum() / same.sum()), 3),
        "strangers": round(float((alike & foreign).sum() / foreign.sum()), 4),
    }


def opened(folder: Path) -> tuple[list[Any], Any, Any]:
    """Pictures, the number of each one's source, and its class in Corel or -1."""
    from pictrace.picture import Picture

    random = np.random.default_rng(1)
    pictures, sources, classes = [], [], []
    for number, source in enumerate(sorted(one for one in folder.iterdir() if one.is_dir())):
        files = sorted(one for one in source.rglob("*") if one.suffix.lower() in {".jpg", ".jpeg"})
        for at in random.permutation(len(files))[:EACH]:
            pictures.append(Picture.open(files[at], target=640))
            sources.append(number)
            is_classed = source.name == "corel1k"
            classes.append(int(files[at].stem) // 100 if is_classed and files[at].stem.isdigit() else -1)
    return pictures, np.array(sources), np.array(classes)


def main() -> None:
    """Prints the figures and writes them down."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    given = parser.parse_args()
    if not (given.data / "corel1k").is_dir():
        sys.exit(f"{given.data} has no folder corel1k; see the documentation of this script")
    pictures, sources, classes = opened(given.data)
    found = embeddings(pictures)
    figures = {"lite0, calibrated": tried(found["lite0"], sources, classes, calibrated=True)}
    figures |= {name: tried(rows, sources, classes, calibrated=False) for name, rows in found.items()}
    print(json.dumps(figures, indent=1))
    RESULT.write_text(json.dumps({"machine": machine(), "pictures": len(pictures), **figures}, indent=1) + "\n")


if __name__ == "__main__":
    main()
