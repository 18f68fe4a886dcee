"""The command that answers over HTTP: serve."""

import sys
import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pictrace.cli._console import tell, write
from pictrace.cli._options import CollectionOption

if TYPE_CHECKING:
    from pictrace.service.server import Journal
    from pictrace.settings import Settings

_PACE_S = 5.0
_ANY = ("0.0.0.0", "::")  # noqa: S104 - names to be told apart, nothing is bound here


def serve(
    folders: Annotated[
        list[str] | None,
        typer.Argument(metavar="[SOURCE]…", help="Folders or archives to index, while the page is there already."),
    ] = None,
    *,
    collection: CollectionOption = None,
    host: Annotated[
        str | None, typer.Option("--host", metavar="ADDRESS", help="Where to listen; 127.0.0.1 by default.")
    ] = None,
    port: Annotated[int | None, typer.Option("--port", help="Port to listen on; 5000 by default.")] = None,
    samples: Annotated[
        bool, typer.Option("--samples", help="Index photographs that come with PicTrace, in a collection of their own.")
    ] = False,
    browse: Annotated[bool, typer.Option("--open/--no-open", help="Show the page in a browser.")] = False,
) -> None:
    """Serve the web page and the HTTP API, until Ctrl-C.

    Nobody but this machine can reach it unless you say so, and then only with a key: see `pictrace keys`.
    """
    from dataclasses import replace
    from pathlib import Path

    from pictrace.errors import ConfigurationError
    from pictrace.service.app import Service
    from pictrace.service.server import Journal, Server
    from pictrace.settings import load

    settings = load(collection=collection, service_host=host, service_port=port)
    if samples and not settings.collection:
        # Photographs to try things with do not belong among anybody's own.
        settings = replace(settings, collection=str(Path(settings.collection_path).with_name("samples.pictrace")))
    sources = _sources(folders or [], settings, samples=samples)
    journal = Journal(sys.stderr)
    # At a terminal, lines for machines would only hide what is said to people; mistakes are told all the same.
    watchers = [lambda record: journal(record) if record.bug or not sys.stderr.isatty() else None]

    def ready() -> None:
        write(f"PicTrace is at {where} (Ctrl-C ends it)")
        sys.stdout.flush()
        if browse:
            typer.launch(url)

    service = Service(settings, folders=sources, watchers=watchers, follow=_Progress(journal), ready=ready)
    server = Server(service, settings, journal=journal, stopping=service.stopping)
    url = server.url.replace("127.0.0.1", "localhost")
    where = f"port {server.address[1]} of every address" if server.address[0] in _ANY else url
    try:
        server.run()
    except ConfigurationError:
        if service.failure is not None:
            raise service.failure from None
        raise
    tell("ended; what was indexed is kept, and jobs go on at the next start")


_WITHOUT_NEW = frozenset({"duplicates", "apply", "undo"})
"""Jobs that bring no pictures."""


class _Progress:
    """Tells how far jobs are: in sentences at a terminal, else as lines of the journal."""

    def __init__(self, journal: "Journal") -> None:
        self._journal = journal
        self._told = time.monotonic()

    def __call__(self, collection: str, name: str, data: Mapping[str, Any]) -> None:
        """A job has got on; every few seconds, and at its end, that is told."""
        is_over = data.get("ended") is not None
        if name != "job" or (time.monotonic() - self._told < _PACE_S and not is_over) or data["state"] == "queued":
            return
        self._told = time.monotonic()
        if sys.stderr.isatty():
            tell(_sentence(data))
        else:
            facts = ("id", "kind", "state", "done", "total", "added", "known", "failed", "rate", "eta_seconds")
            self._journal.note("job", collection=collection, **{fact: data[fact] for fact in facts})


def _sentence(job: Mapping[str, Any]) -> str:
    from pictrace.words import shown

    name = shown(job["name"])
    if job["ended"] is None:
        of = f" of {job['total']:,}" if job["total"] else ""
        left = f", {job['eta_seconds']:.0f} s left" if job["eta_seconds"] else ""
        return f"{name}: {job['done']:,}{of}, {job['rate']:.0f} per second{left}"
    failed = f", {job['failed']:,} could not be used" if job["failed"] else ""
    if job["kind"] in _WITHOUT_NEW:
        return f"{name}: {job['state']}{failed}"
    return f"{name}: {job['state']}, {job['added']:,} new, {job['known']:,} known{failed}"


def _sources(folders: Sequence[str], settings: "Settings", *, samples: bool) -> list[str]:
    """What to index, as absolute paths, each looked at before anything listens."""
    from pathlib import Path

    from pictrace.demo import samples as put_samples
    from pictrace.sources.opening import open_source
    from pictrace.sources.reading import resolved

    found = [resolved(folder) for folder in folders]
    if samples:
        place = Path(settings.collection_path).with_name("sample photographs")
        put_samples(place)
        found.append(str(place))
    for one in found:
        open_source(one, settings.limits)
    return found
