"""Code as users write it; it is never run, it must type-check."""

import io
from collections.abc import Mapping
from pathlib import Path
from typing import assert_type

import numpy as np
from PIL import Image

import pictrace
from pictrace import (
    Alignment,
    Answer,
    Collection,
    Failure,
    Match,
    PictraceError,
    Picture,
    PictureRecord,
    Relation,
    Report,
    Settings,
)


def open_and_add() -> None:
    with pictrace.open("photos.pictrace") as collection:
        assert_type(collection, Collection)
        report = collection.add("photos", Path("more.zip"), prune=True, exclude=["*.tmp"])
        assert_type(report, Report)
        assert_type(report.failures, list[Failure])
        assert_type(len(collection), int)
        assert_type([failure.code for failure in report.failures], list[str])


def open_with_a_choice() -> Collection:
    return pictrace.open("photos.pictrace", encoders=["lite0"], index="exact")


def search(collection: Collection) -> None:
    answer = collection.search("query.jpg", limit=5, min_score=0.5, mode="copy", region=(0, 0, 100, 100))
    assert_type(answer, Answer)
    assert_type(answer.matches, tuple[Match, ...])
    assert_type(answer.exhaustive, bool)
    assert_type(answer.recall, float | None)
    for match in answer:
        assert_type(match, Match)
        assert_type(match.path, str | None)
        assert_type(match.paths, tuple[str, ...])
        assert_type(match.score, float)
        assert_type(match.alignment, Alignment | None)
        if match.relation >= Relation.COPY and match.alignment is not None:
            assert_type(match.alignment.query_overlap, float)


def search_with_anything(collection: Collection) -> list[Answer]:
    return [
        collection.search(Path("query.jpg")),
        collection.search(b"\xff\xd8"),
        collection.search(io.BytesIO(b"\xff\xd8")),
        collection.search(Image.new("RGB", (64, 64))),
        collection.search(np.zeros((64, 64, 3), np.uint8)),
        collection.search(Picture.open("query.jpg")),
        collection.search(1),
        collection.search(pictrace.Words("red bicycle")),
        collection.search(pictrace.Blend("at night", plus=(1, "street.jpg"), minus=(pictrace.Words("rain", 0.5),))),
    ]


def look_around(collection: Collection) -> None:
    for record in collection.list(limit=10):
        assert_type(record, PictureRecord)
        assert_type(record.id, int)
        assert_type(record.width * record.height, int)
    for record in collection.list(order="largest", where="width >= 1000 and format = PNG"):
        assert_type(record, PictureRecord)
    assert_type(collection.get(1), PictureRecord)
    assert_type(collection.proxy(1), bytes)
    collection.remove(1, 2)


def compare() -> str:
    match = pictrace.compare("a.jpg", b"\xff\xd8", settings=Settings(threads=1))
    assert_type(match, Match)
    for change in match.changes:
        assert_type(change.numbers, Mapping[str, float])
    return f"{match.relation}: {match.score:.2f}"


def handle(path: str) -> str:
    try:
        picture = Picture.open(path)
    except PictraceError as error:
        assert_type(error.code, str)
        return f"{error.code}: {error} {error.hint}"
    assert_type(picture.sha256, str)
    return pictrace.__version__
