"""The command that fills a collection: index."""

import json
import sys
from collections.abc import Sequence
from typing import Annotated, Any

import typer

from pictrace.cli._console import check_free, opened, save, tell, write, write_json
from pictrace.cli._options import CollectionOption, JsonOption

_LISTED = 10
_LONGEST_PATH = 1000

SourcesArgument = Annotated[
    list[str],
    typer.Argument(
        metavar="SOURCE...", help="Folders, ZIP or tar archives, lists of URLs (.txt, .csv, .jsonl), or pictures."
    ),
]
PruneOption = Annotated[bool, typer.Option("--prune", help="Forget pictures of these sources that are gone.")]
ExcludeOption = Annotated[
    list[str] | None, typer.Option("--exclude", metavar="GLOB", help="Names to leave out; may be repeated.")
]
WorkersOption = Annotated[
    int | None, typer.Option("--workers", min=0, help="Processes that decode; 0 is one per core.")
]
DeferOption = Annotated[
    bool,
    typer.Option(
        "--defer-features",
        help="Put the local features of a new collection off until `rebuild`: quicker now, slower searches.",
    ),
]
EncoderOption = Annotated[
    list[str] | None,
    typer.Option(
        "--encoder", metavar="NAME", help="An encoder of a new collection, lite0 and pdq by default; may be repeated."
    ),
]
IndexOption = Annotated[
    str | None, typer.Option("--index", metavar="NAME", help="The index of a new collection, hnsw by default.")
]
FailuresOption = Annotated[
    str | None, typer.Option("--failures", metavar="FILE", help="Write failed inputs here, as JSON lines.")
]


def index(  # noqa: PLR0913 - one parameter per option
    sources: SourcesArgument,
    *,
    collection: CollectionOption = None,
    prune: PruneOption = False,
    exclude: ExcludeOption = None,
    workers: WorkersOption = None,
    defer_features: DeferOption = False,
    encoder: EncoderOption = None,
    index_name: IndexOption = None,
    as_json: JsonOption = False,
    failures: FailuresOption = None,
) -> None:
    """Put pictures into a collection, or bring it up to date with its sources.

    Unchanged pictures are passed over, so the same command again is quick and goes on where it was stopped.
    The pictures themselves are only read, and stay where they are.
    """
    from pictrace.cli._progress import progress
    from pictrace.settings import modules_of

    check_free(failures, like='{"path": ')
    with opened(collection, workers=workers, encoders=encoder or (), index=index_name or "") as target:
        kept = exclude or []
        limits = target.settings.limits
        with progress(lambda: _count(sources, kept, limits), quiet=as_json) as watcher:
            report = target.add(*sources, prune=prune, exclude=kept, defer_features=defer_features, progress=watcher)
    if failures is not None:
        save(failures, "".join(f"{json.dumps(one.to_dict())}\n" for one in report.failures))
    _tell_failures(report.failures, as_json=as_json)
    if as_json:
        write_json({**report.to_dict(), "failures": len(report.failures)})
    else:
        write(_summary(report))
    if own := modules_of(encoder or ()):
        tell(f"searches load {', '.join(own)} if PICTRACE_PLUGINS={','.join(own)} or the setting `plugins` says so")
    raise typer.Exit(1 if report.failures else 0)


def _count(sources: Sequence[str], exclude: Sequence[str], limits: Any) -> int:
    from pictrace.sources.opening import open_source

    return sum(
        1
        for path in sources
        for _ in open_source(path, limits, exclude=exclude, known=lambda _: True).items()
    )  # fmt: skip


def _tell_failures(failures: Sequence[Any], *, as_json: bool) -> None:
    from pictrace._brief import shortened
    from pictrace.words import counted, shown

    if as_json:
        for failure in failures:
            write_json(failure.to_dict(), file=sys.stderr)
        return
    for failure in failures[:_LISTED]:
        tell(f"{shown(shortened(failure.path, _LONGEST_PATH))}: {shown(failure.detail)} ({failure.code})")
    if len(failures) > _LISTED:
        tell(f"and {len(failures) - _LISTED:,} more; --failures FILE keeps them all")
    if failures:
        tell(f"{counted(len(failures), 'input')} could not be used")


def _summary(report: Any) -> str:
    from pictrace.words import counted

    parts = [f"{report.added:,} new", f"{report.unchanged:,} unchanged"]
    if report.known:
        parts.append(f"{report.known:,} already there by other names")
    if report.replaced:
        parts.append(f"{report.replaced:,} replaced")
    if report.moved:
        parts.append(f"{report.moved:,} moved")
    if report.failures:
        parts.append(f"{len(report.failures):,} failed")
    gone = len(report.vanished)
    if report.pruned:
        parts.append(f"{report.pruned:,} gone and forgotten")
    elif gone:
        parts.append(f"{gone:,} gone and kept (--prune forgets them)")
    return f"{counted(report.done, 'picture')} in {report.seconds:.1f} s: {', '.join(parts)}"
