"""The command that answers over HTTP: serve."""

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from pictrace.cli._console import tell, write
from pictrace.cli._options import CollectionOption

if TYPE_CHECKING:
    from pictrace.settings import Settings

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
    samples: Annotated[bool, typer.Option("--samples", help="Index photographs that come with PicTrace.")] = False,
    browse: Annotated[bool, typer.Option("--open/--no-open", help="Show the page in a browser.")] = False,
) -> None:
    """Serve the web page and the HTTP API, until Ctrl-C.

    Nobody but this machine can reach it unless you say so, and then only with a key: see `pictrace keys`.
    """
    from pictrace.errors import ConfigurationError
    from pictrace.service.app import Service
    from pictrace.service.server import Journal, Server
    from pictrace.settings import load

    settings = load(collection=collection, service_host=host, service_port=port)
    sources = _sources(folders or [], settings, samples=samples)
    journal = Journal(sys.stderr)
    # At a terminal, lines for machines would only hide what is said to people; mistakes are told all the same.
    watchers = [lambda record: journal(record) if record.bug or not sys.stderr.isatty() else None]
    service = Service(settings, folders=sources, watchers=watchers)
    server = Server(service, settings, watchers=watchers, stopping=service.stopping)
    url = server.url.replace("127.0.0.1", "localhost")
    write(
        f"PicTrace: {url} (Ctrl-C ends it)" if server.address[0] not in _ANY else f"PicTrace: port {server.address[1]}"
    )
    sys.stdout.flush()
    if browse:
        typer.launch(url)
    try:
        server.run()
    except ConfigurationError:
        if service.failure is not None:
            raise service.failure from None
        raise
    tell("ended; what was indexed is kept, and jobs go on at the next start")


def _sources(folders: Sequence[str], settings: "Settings", *, samples: bool) -> list[str]:
    """What to index, as absolute paths, each looked at before anything listens."""
    from pathlib import Path

    from pictrace.demo import samples as put_samples
    from pictrace.sources.opening import open_source
    from pictrace.sources.reading import resolved

    found = [resolved(folder) for folder in folders]
    if samples:
        place = Path(settings.collection_path).with_name("samples")
        put_samples(place)
        found.append(str(place))
    for one in found:
        open_source(one, settings.limits)
    return found
