"""Files from other machines, for everybody who asks the service for one."""

import threading
from collections.abc import Iterator, Sequence
from typing import Any

from pictrace.errors import ForbiddenError
from pictrace.fetch import Fetcher
from pictrace.settings import Settings


class Fetching:
    """The service's one way to other machines, opened when it is first needed."""

    def __init__(self, settings: Settings) -> None:
        self._policy = settings.fetch
        self._fetcher: Fetcher | None = None
        self._opening = threading.Lock()

    def get(self, url: str) -> bytes:
        """The file at a URL.

        Raises:
            FetchError: it cannot be fetched, or may not.
            ForbiddenError: nothing is fetched here.
        """
        return self._open().get(url).data

    def many(self, urls: Sequence[str]) -> Iterator[tuple[str, Any]]:
        """Each URL with what was fetched, or the error."""
        return self._open().many(urls)

    def close(self) -> None:
        """Ends everything that is under way."""
        with self._opening:
            if self._fetcher is not None:
                self._fetcher.close()
            self._fetcher = None

    def _open(self) -> Fetcher:
        if not self._policy.enabled:
            raise ForbiddenError("this service fetches nothing", hint="upload the picture instead")
        with self._opening:
            if self._fetcher is None:
                self._fetcher = Fetcher(self._policy)
            return self._fetcher
