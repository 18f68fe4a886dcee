"""How the service is served: uvicorn with a protocol of ours, until it is told to stop."""

import contextlib
import ctypes
import logging
import math
import signal
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from types import FrameType

import uvicorn
from starlette.types import ASGIApp
from uvicorn.server import HANDLED_SIGNALS

from pictrace.errors import ConfigurationError
from pictrace.service import _scope
from pictrace.service._journal import Journal
from pictrace.service._protocol import protocol
from pictrace.service.guard import Record
from pictrace.service.keys import KeyStore
from pictrace.settings import Settings

__all__ = ["Journal", "Server", "serve"]

_TOLD_ALREADY = (
    "Exception in ASGI application",
    "ASGI callable returned",
    "Invalid HTTP request",
    "Unsupported upgrade",
    "No supported WebSocket",
    "Application startup failed",
)
"""What uvicorn says of requests, each of which has its line already, and of a start that failed."""

_OF_FORMS = "python_multipart"
"""Whatever this library says is about forms that are refused, in numbers that a client chooses."""

_ARENA_MAX, _ARENAS = -8, 2
"""mallopt(3)."""


def serve(
    app: ASGIApp, settings: Settings, *, journal: Journal, watchers: Sequence[Callable[[Record], object]] = ()
) -> None:
    """Serves a guarded application at `service.host` and `service.port`, until SIGTERM or SIGINT.

    Raises:
        ConfigurationError: other machines could come in without a key, or the port cannot be listened on.
    """
    Server(app, settings, journal=journal, watchers=watchers).run()


def use_few_arenas() -> None:
    """Keeps glibc from giving every thread a heap of its own, for the whole process; nothing happens elsewhere.

    Searches run in many short threads, and each heap keeps what the largest of them needed, some 50 MB: a service that
    had 255 MB at first had 752 after a few hundred searches.
    """
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).mallopt(_ARENA_MAX, _ARENAS)


class Server:
    """A service that listens; connections are answered once it runs.

    Args:
        app: the application, behind its `Guard`.
        settings: `service` says where to listen and what clients may ask for.
        journal: told of what is refused before it is a request, and of what uvicorn says; best the guard's own. It
            is closed when the service has stopped.
        watchers: more that are told of those refusals.
        port: another port than that of the settings; 0 is any that is free, and `address` says which.
        stopping: called once it is told to stop, before requests that are under way have ended.

    Raises:
        ConfigurationError: other machines could come in without a key, or the port cannot be listened on.
    """

    def __init__(
        self,
        app: ASGIApp,
        settings: Settings,
        *,
        journal: Journal,
        watchers: Sequence[Callable[[Record], object]] = (),
        port: int | None = None,
        stopping: Callable[[], object] = lambda: None,
    ) -> None:
        policy = settings.service
        check_is_closed(settings)
        self._journal = journal
        self._socket = listening(policy.host, policy.port if port is None else port)
        self.address: tuple[str, int] = self._socket.getsockname()[:2]
        config = uvicorn.Config(
            app,
            http=protocol(policy, (journal, *watchers)),
            ws="none",
            loop="asyncio",
            lifespan="on",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            forwarded_allow_ips="",
            timeout_keep_alive=policy.keep_alive_seconds,  # type: ignore[arg-type]  # any number
            timeout_graceful_shutdown=math.ceil(policy.graceful_seconds),
        )
        self._server = _Uvicorn(config)
        self._server.stopping = stopping

    @property
    def url(self) -> str:
        """What a browser on this machine opens."""
        host, port = self.address
        return f"http://{f'[{host}]' if ':' in host else host}:{port}"

    def run(self) -> None:
        """Answers until `stop`, SIGTERM or SIGINT; then requests may end for `graceful_seconds`.

        Raises:
            ConfigurationError: the application does not start.
        """
        use_few_arenas()
        try:
            with _told_to(self._journal):
                self._server.run(sockets=[self._socket])
        except SystemExit as error:
            raise ConfigurationError("the service does not start", hint="the lines before say why") from error
        finally:
            self._socket.close()
            self._journal.close()

    def stop(self) -> None:
        """Ends `run` from another thread."""
        self._server.should_exit = True
        self._server.stopping()


class _Uvicorn(uvicorn.Server):
    """uvicorn, which ends well when it is told to end, instead of by the signal that told it."""

    stopping: Callable[[], object]

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """The signal that ends it; a second one does not wait for requests."""
        super().handle_exit(sig, frame)
        self.stopping()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Signals stop the server while it runs, and mean what they meant afterwards."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        former = {one: signal.signal(one, self.handle_exit) for one in HANDLED_SIGNALS}
        try:
            yield
        finally:
            for one, handler in former.items():
                signal.signal(one, handler)


@contextlib.contextmanager
def _told_to(journal: Journal) -> Iterator[None]:
    """What any part of the program has to say is written to the journal: its lines of JSON are all there is to read."""
    root, handler = logging.getLogger(), journal.handler()
    handler.addFilter(_is_news)
    root.addHandler(handler)
    try:
        yield
    finally:
        root.removeHandler(handler)


def _is_news(record: logging.LogRecord) -> bool:
    return not record.name.startswith(_OF_FORMS) and not record.getMessage().startswith(_TOLD_ALREADY)


def check_is_closed(settings: Settings) -> None:
    """Nothing, if only this machine can come in without a key, or everybody is meant to.

    Raises:
        ConfigurationError: others could, or nobody could come in at all.
    """
    policy = settings.service
    if policy.insecure_no_auth or _scope.is_loopback(policy.host):
        return
    if not KeyStore(settings.keys_path).has_active:
        raise ConfigurationError(
            f"{policy.host} is reached by other machines, and there is no key",
            hint="make one with `pictrace keys add NAME --rights search`, or listen on 127.0.0.1",
        )


def listening(host: str, port: int) -> socket.socket:
    """A socket that listens there.

    Raises:
        ConfigurationError: there is no such address here, or its port is in use or not for us.
    """
    made: socket.socket | None = None
    try:
        family, kind, number, _, address = socket.getaddrinfo(
            host.strip("[]"), port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        made = socket.socket(family, kind, number)
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind(address)
        made.listen()
    except (OSError, UnicodeError) as error:
        if made is not None:
            made.close()
        reason = (isinstance(error, OSError) and error.strerror) or "no address"
        raise ConfigurationError(
            f"port {port} of {host} cannot be listened on: {reason.lower()}",
            hint="end what uses it, or choose another one with --port or the setting service.port",
        ) from error
    return made
