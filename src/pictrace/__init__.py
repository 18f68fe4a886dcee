"""Find pictures by picture: which of yours are related to an image, how, how sure, and which part of them.

    import pictrace

    with pictrace.open("holiday.pictrace") as collection:
        collection.add("Pictures")
        for match in collection.search("crop.jpg"):
            print(match.relation, match.score, match.path)

What is listed in `__all__` is the public interface; each name is loaded when it is first used.
"""

import importlib
from typing import TYPE_CHECKING, Any

from pictrace._version import __version__

if TYPE_CHECKING:
    import os
    from collections.abc import Sequence

    from pictrace.blends import Blend, Example, Words
    from pictrace.collection import Collection
    from pictrace.comparison import compare
    from pictrace.duplicates.groups import Group
    from pictrace.errors import PictraceError
    from pictrace.ingest import Report
    from pictrace.picture import Picture
    from pictrace.results import Answer, Failure, Match, PictureRecord
    from pictrace.settings import Settings
    from pictrace.types import Alignment, Relation

__all__ = [
    "Alignment",
    "Answer",
    "Blend",
    "Collection",
    "Example",
    "Failure",
    "Group",
    "Match",
    "PictraceError",
    "Picture",
    "PictureRecord",
    "Relation",
    "Report",
    "Settings",
    "Words",
    "__version__",
    "compare",
    "open",
]

_HOMES = {
    "Alignment": "types",
    "Answer": "results",
    "Blend": "blends",
    "Collection": "collection",
    "Example": "blends",
    "Failure": "results",
    "Group": "duplicates.groups",
    "Match": "results",
    "PictraceError": "errors",
    "Picture": "picture",
    "PictureRecord": "results",
    "Relation": "types",
    "Report": "ingest",
    "Settings": "settings",
    "Words": "blends",
    "compare": "comparison",
}


def open(  # noqa: A001 - pictrace.open reads as gzip.open does
    path: "str | os.PathLike[str]",
    *,
    settings: "Settings | None" = None,
    encoders: "Sequence[str]" = (),
    index: str = "",
) -> "Collection":
    """The collection in a folder, by custom called `NAME.pictrace`; `add` makes one that is not there.

    A new one is made with `encoders` (by default `lite0` and `pdq`) and `index` (by default `hnsw`); one that is there
    with others is refused by the first call that needs it.
    Without `settings` the process is set up by the environment and `pictrace.toml`, as the command line is.
    A damaged or foreign folder is told of by the first call that needs it.

    Raises:
        UnknownNameError: there is no encoder or index of that name.
        UsageError: the path is a URL.
        ConfigurationError: a setting in the environment or in `pictrace.toml` is unknown or does not fit.
    """
    from pictrace.collection import Collection
    from pictrace.settings import load

    chosen = load() if settings is None else settings
    return Collection(path, settings=chosen, encoders=encoders, index=index)


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return list(__all__)
