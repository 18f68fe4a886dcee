"""From a picture to its trace: the part done where it was decoded, and the part done where the models live."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from pictrace import keypoints
from pictrace.encoders import Encoder, encode, load
from pictrace.encoders import pdq as hashes
from pictrace.errors import MissingExtraError, ModelError, PictraceError, RecipeMismatchError, UnknownNameError
from pictrace.picture import DECODER_VERSION, Picture
from pictrace.prepared import Kinds, Prepared
from pictrace.recipe import DEFERRED, EncoderStamp, Recipe
from pictrace.settings import Limits, Runtime, modules_of
from pictrace.types import FEATURE_DTYPE, FEATURE_SPACE, PROXY_SIDE, Metric, Rows, Trace

ENCODERS = ("lite0", "pdq")
INDEX = "hnsw"
"""What a new collection is made with, and pictures outside of any are compared by."""

SIGNALS = ("identity", "pdq", "embedding", "geometry", "structure")
"""The signals of a new collection, in the order in which they run: cheap ones first, each on those before it."""

TARGET = PROXY_SIDE + PROXY_SIDE // 4
"""Large JPEGs are decoded reduced to no less than this: above the proxy's side, so that it stays sharp."""

PART = 0.55
"""Share of each side that a part of a query has. Of 250 pictures pasted into others at 0.45 of their width, 0.49 are
among the 80 nearest of the whole, and among the 20 nearest of one of five parts 0.98 with 0.5 and 0.94 with 0.6; of
pictures turned by 25 degrees 0.95 to 0.98 are nearest to the middle."""

ABSENT = (ModelError, UnknownNameError, MissingExtraError)
"""What is raised where an encoder, its model or what runs it is not here."""

_ANY_SIZE = Limits(min_side=1)
"""For parts of a picture that was let in already, however thin."""


def prepare(picture: Picture, encoders: Sequence[Encoder], *, features: bool = True) -> Prepared:
    """Everything that can be computed from the pixels alone; without `features` the local ones are put off."""
    facts = _facts(picture, hashes.quality_and_hash(picture)[0], features=features)
    return Prepared(facts, {encoder.name: encoder.prepare(picture) for encoder in encoders})


def _facts(picture: Picture, quality: int, *, features: bool = True) -> dict[str, Any]:
    return {
        "sha256": picture.sha256,
        "pixel_hash": picture.pixel_hash,
        "format": picture.format,
        "width": picture.width,
        "height": picture.height,
        "size": picture.size,
        "quality": quality,
        "features": keypoints.extract(picture.grey) if features else np.empty(0, FEATURE_DTYPE),
        "proxy": picture.proxy(),
    }


def kinds_of(encoders: Sequence[Encoder]) -> Kinds:
    """What `prepare` gives for each encoder, whatever the picture."""
    grey = Picture.open(np.zeros((16, 16), np.uint8))
    inputs = {encoder.name: encoder.prepare(grey) for encoder in encoders}
    return {name: (array.dtype, array.shape) for name, array in inputs.items()}


def finish(batch: Sequence[Prepared], encoders: Sequence[Encoder]) -> list[Trace]:
    """The traces of a batch, each model run once for all of it."""
    rows = {
        encoder.name: encoder.encode_prepared(np.stack([one.inputs[encoder.name] for one in batch]))
        for encoder in encoders
        if batch
    }
    return [
        Trace(rows={name: found[place : place + 1] for name, found in rows.items()}, **one.facts)
        for place, one in enumerate(batch)
    ]


def of_query(picture: Picture, encoders: Sequence[Encoder]) -> Trace:
    """The trace of a picture to search with: its perceptual hash in all eight turns and mirror images.

    What the models make of it, and the features of its mirror image, come from a thread beside this one.
    """
    _ = picture.grey  # and the frame, which everything else is made from as well
    models = [encoder for encoder in encoders if not isinstance(encoder, hashes.Encoder)]
    with ThreadPoolExecutor(1, "pictrace-query") as beside:
        rows = beside.submit(lambda: {encoder.name: encode(encoder, [picture]) for encoder in models})
        mirrored = beside.submit(keypoints.mirrored, picture.grey)
        quality, turns = hashes.variants(picture)
        facts = _facts(picture, quality)
    facts["coded_quality"] = picture.coded_quality
    hashed = {one.name: turns for one in encoders if isinstance(one, hashes.Encoder)}
    return Trace(rows={**rows.result(), **hashed}, mirrored=mirrored.result(), **facts)


def with_variants(trace: Trace) -> Trace:
    """A stored trace as one to search with; the turns of its hash, if it has one, come from its proxy."""
    if hashes.Encoder.name not in trace.rows:
        return trace
    turns = hashes.variants(Picture.of_proxy(trace.proxy))[1]
    return replace(trace, rows={**trace.rows, hashes.Encoder.name: turns})


def parts_of(picture: Picture, encoders: Sequence[Encoder]) -> dict[str, Rows]:
    """Rows of the query's middle and four corners, one for each part, of the encoders that see more than edges.

    What was pasted into a larger picture fills one of them at least halfway, and what grew corners by being turned
    fills the middle.
    """
    height, width = picture.frame.shape[:2]
    high, wide = max(1, round(PART * height)), max(1, round(PART * width))
    low, right = height - high, width - wide
    corners = [(low // 2, right // 2), (0, 0), (0, right), (low, 0), (low, right)]
    cut = (np.ascontiguousarray(picture.frame[y : y + high, x : x + wide]) for y, x in corners)
    parts = [Picture.open(part, limits=_ANY_SIZE) for part in cut]
    return {one.name: encode(one, parts) for one in encoders if one.space.metric is Metric.COSINE}


def details_of(query: Picture | Trace) -> Rows:
    """Many local features of a query, `(n, 38)` uint8, to look for things inside of it by; a trace has only a proxy."""
    picture = query if isinstance(query, Picture) else Picture.of_proxy(query.proxy)
    features = keypoints.extract_many(picture.detail)
    return features.view(np.uint8).reshape(len(features), FEATURE_SPACE.columns)


def identity_of(picture: Picture) -> Trace:
    """The trace of a picture for telling whether it is exactly another one: hashes and nothing that takes long."""
    return Trace(
        sha256=picture.sha256,
        pixel_hash=picture.pixel_hash,
        format=picture.format,
        width=picture.width,
        height=picture.height,
        size=picture.size,
        quality=0,
        rows={},
        features=np.empty(0, FEATURE_DTYPE),
        proxy=b"",
    )


def with_features(trace: Trace) -> Trace:
    """A trace whose local features were put off, with them: from its proxy, which is nearly as good."""
    return trace if len(trace.features) else replace(trace, features=features_of(trace.proxy))


def features_of(proxy: bytes) -> npt.NDArray[np.void]:
    """The local features of a picture of which only the proxy is at hand."""
    return keypoints.extract(Picture.of_proxy(proxy).grey)


def recipe_of(encoders: Sequence[Encoder], *, index: str, defer_features: bool = False) -> Recipe:
    """The recipe of a new collection with these encoders."""
    stamps = tuple(
        EncoderStamp(encoder.name, encoder.version, str(encoder.space.metric), encoder.space.width)
        for encoder in encoders
    )
    features = DEFERRED if defer_features else keypoints.VERSION
    return Recipe(stamps, index, SIGNALS, features, DECODER_VERSION)


def complete(recipe: Recipe) -> Recipe:
    """The recipe of a collection that has its local features now."""
    return replace(recipe, features=keypoints.VERSION)


def load_encoders(names: Sequence[str], runtime: Runtime) -> list[Encoder]:
    """One encoder per name, in that order; none loads its model before it is needed."""
    return [load(name, runtime) for name in names]


def probe(encoder: Encoder) -> None:
    """Nothing, if an encoder can make rows here, which loads its model.

    Raises:
        ModelMissingError: the model's file is not there.
        ModelDamagedError: the model's file is not the one that its card names.
    """
    encode(encoder, [Picture.open(np.zeros((16, 16), np.uint8))])


def fitted(trace: Trace, encoders: Sequence[Encoder]) -> Trace:
    """A trace to be stored with one row of each of these encoders and no others; what it lacks is made of its proxy."""
    if trace.rows.keys() == {encoder.name for encoder in encoders}:
        return trace
    lacking = [encoder for encoder in encoders if encoder.name not in trace.rows]
    picture = Picture.of_proxy(trace.proxy) if lacking else None
    made = {encoder.name: encode(encoder, [picture]) for encoder in lacking if picture is not None}
    rows = {**trace.rows, **made}
    return replace(trace, rows={encoder.name: rows[encoder.name] for encoder in encoders})


def check_version(stamp: EncoderStamp, encoder: Encoder) -> None:
    """Nothing, if an encoder makes the rows that a stamp stands for.

    Raises:
        RecipeMismatchError: it is of another version.
    """
    theirs = (stamp.version, stamp.metric, stamp.width)
    if theirs != (encoder.version, str(encoder.space.metric), encoder.space.width):
        ours = f"this PicTrace has {encoder.version}"
        if stamp.version == encoder.version:
            width, metric = encoder.space.width, encoder.space.metric
            ours = f"and so is the one here, but with rows of {width} ({metric}), not of {stamp.width} ({stamp.metric})"
        raise RecipeMismatchError(
            f"the collection's {stamp.name} is of version {stamp.version}, {ours}",
            hint=f"`pictrace spaces renew {stamp.name}` makes its rows anew, or open the collection with the PicTrace "
            "that made it",
        )


def encoders_of(recipe: Recipe, load: Callable[[str], Encoder]) -> list[Encoder]:
    """The encoders that a collection is searched by, each loaded by its name.

    Raises:
        RecipeMismatchError: this PicTrace has another version of one of them, of the features or the decoder, or there
            is none yet.
        UnknownNameError: one is not here.
        ModelError: the model of one is not here.
        MissingExtraError: what runs one is not installed.
    """
    encoders, lost = encoders_at_hand(recipe, load)
    for error in lost.values():
        raise error
    return encoders


def encoders_at_hand(recipe: Recipe, load: Callable[[str], Encoder]) -> tuple[list[Encoder], dict[str, PictraceError]]:
    """Those of them that are here, and by their names what is wrong with the others.

    Raises:
        RecipeMismatchError: as `encoders_of`.
        UnknownNameError: one is a module of somebody's own that is not loaded.
        PictraceError: none is here; it is what is wrong with the first.
    """
    if not recipe.active:
        names = ", ".join(stamp.name for stamp in recipe.filling)
        raise RecipeMismatchError(
            f"the collection cannot be searched yet: its rows of {names} are being made anew",
            hint="`pictrace spaces` says how far that is",
        )
    encoders: list[Encoder] = []
    lost: dict[str, PictraceError] = {}
    for stamp in recipe.active:
        try:
            encoders.append(load(stamp.name))
        except ABSENT as error:
            if isinstance(error, UnknownNameError) and modules_of([stamp.name]):
                raise  # a module that this program was not told to load, and not a model that is gone
            lost[stamp.name] = error
            continue
        check_version(stamp, encoders[-1])
    features = DEFERRED if recipe.features == DEFERRED else keypoints.VERSION
    versions = [("features", recipe.features, features), ("decoder", recipe.decoder, DECODER_VERSION)]
    for name, theirs, ours in versions:
        if theirs != ours:
            raise RecipeMismatchError(
                f"the collection's {name} is of version {theirs}, this PicTrace has {ours}",
                hint="open it with the PicTrace that made it, or index its pictures into a new collection",
            )
    if not encoders:
        raise next(iter(lost.values()))
    return encoders, lost
