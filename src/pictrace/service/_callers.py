"""Who asks, what they may do, and how often."""

import ipaddress
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

from starlette.requests import cookie_parser
from starlette.types import Scope

from pictrace.errors import (
    BadRequestError,
    ConfigurationError,
    ForbiddenError,
    RateLimitedError,
    UnauthenticatedError,
)
from pictrace.service import _scope
from pictrace.service._rates import Buckets, whole_seconds
from pictrace.service.keys import RIGHTS, Key, KeyStore
from pictrace.service.sessions import COOKIE, Sessions
from pictrace.settings import ServicePolicy


@dataclass(frozen=True)
class Caller:
    """Whoever sent a request: `key_id` is empty without a key, `name` is what is counted as one client."""

    key_id: str
    name: str
    rights: frozenset[str]
    _take: Callable[[str, int, int], None] = field(repr=False, compare=False)
    _now: Callable[[], frozenset[str]] = field(repr=False, compare=False)

    def has(self, right: str) -> bool:
        """Whether they may do that; an empty right is everybody's."""
        return not right or right in self.rights

    def require(self, right: str) -> None:
        """Nothing, if they may do that.

        Raises:
            ForbiddenError: they may not.
        """
        if not self.has(right):
            raise ForbiddenError(f"this needs the right {right!r}", hint="use a key that has it")

    def is_welcome(self) -> bool:
        """Whether they may still do all that they could when they asked: keys are revoked, and sessions end."""
        try:
            return self.rights <= self._now()
        except ConfigurationError:  # the file of keys is damaged, and lets nobody in
            return False

    def spend(self, cost: int, *, fetches: int = 0) -> None:
        """Counts work that the request turns out to be, in requests and in URLs that are fetched.

        Raises:
            RateLimitedError: that is too much for now.
        """
        self._take(self.name, cost, fetches)


class Admission:
    """Decides who a request is from, by key and address, and counts what they ask for."""

    def __init__(
        self,
        policy: ServicePolicy,
        keys: KeyStore,
        *,
        sessions: Sessions | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._keys = keys
        self._sessions = sessions or Sessions()
        self._limit_loopback = policy.limit_loopback
        self._proxies = [ipaddress.ip_network(text) for text in policy.trusted_proxies]
        self._is_insecure = policy.insecure_no_auth
        self._is_local = _scope.is_loopback(policy.host)
        self._requests = Buckets(policy.rate_per_minute, burst=policy.burst, clock=clock)
        self._fetches = Buckets(policy.fetches_per_minute, burst=policy.fetches_per_minute, clock=clock)
        failures = policy.auth_failures_per_minute
        self._failures = Buckets(failures, burst=failures, clock=clock)

    def address(self, scope: Scope) -> str:
        """The client's address."""
        return _scope.client(scope, self._proxies)

    def is_secure(self, scope: Scope) -> bool:
        """Whether the client came over TLS."""
        return _scope.is_secure(scope, self._proxies)

    def caller(self, scope: Scope, *, needs_key: bool) -> Caller:
        """Who asks. Where no key is needed none is looked at, and where none was ever made everybody may do all.

        Raises:
            UnauthenticatedError: no key, or a wrong one.
            RateLimitedError: too many wrong ones, or too many requests without one.
            BadRequestError: several keys.
            ConfigurationError: the file of keys cannot be read.
        """
        address = self.address(scope)
        name = _scope.network(address)
        now = partial(self._rights_now, scope)
        take = _nothing if _scope.is_loopback(address) and not self._limit_loopback else self._take
        if not needs_key:
            return Caller("", name, frozenset(), take, now)
        if self._is_open(scope, address):
            return Caller("", name, frozenset(RIGHTS), take, now)
        sent = _key_text(scope)
        text = sent or self._sessions.key(_session(scope))
        if text is None:
            take(name, 1, 0)
            raise UnauthenticatedError("a key is needed", hint="send it in X-API-Key or Authorization: Bearer")
        key = self._key(text, name, is_guess=bool(sent))
        return Caller(key.id, f"key {key.id}", _rights(key), self._take, now)

    def _rights_now(self, scope: Scope) -> frozenset[str]:
        """What the sender of a request that was let in may do by now; nothing is counted.

        Raises:
            ConfigurationError: the file of keys cannot be read.
        """
        if self._is_open(scope, self.address(scope)):
            return frozenset(RIGHTS)
        text = _key_text(scope) or self._sessions.key(_session(scope))
        key = self._keys.found(text) if text else None
        return _rights(key) if key else frozenset()

    def _is_open(self, scope: Scope, address: str) -> bool:
        """Whether everybody may do everything: on one's own machine while no key was ever made.

        A proxy on this machine brings strangers in from outside.
        """
        if not (self._is_insecure or self._is_local) or not self._keys.is_empty:
            return False
        is_forwarded = any(_scope.values(scope, name) for name in ("x-forwarded-for", "forwarded"))
        is_near = address == _scope.NOBODY or _scope.is_loopback(address)
        return self._is_insecure or (is_near and not is_forwarded)

    def _key(self, text: str, name: str, *, is_guess: bool) -> Key:
        _refuse_for(self._failures.wait(name), "too many wrong keys came from this address")
        key = self._keys.found(text)
        if key is None:
            # The page of a key that was revoked meanwhile guesses nothing, however many pictures it asks for.
            if is_guess:
                self._failures.take(name)
            raise UnauthenticatedError("this key is not valid", hint="it may be mistyped, revoked or expired")
        return key

    def _take(self, name: str, cost: int, fetches: int) -> None:
        # Neither is taken unless both can be.
        _refuse_for(self._fetches.wait(name, fetches) if fetches else 0.0, "too many URLs to fetch")
        _refuse_for(self._requests.take(name, cost) if cost else 0.0, "too many requests")
        if fetches:
            self._fetches.take(name, fetches)


def _rights(key: Key) -> frozenset[str]:
    return frozenset(right for right in RIGHTS if key.has(right))


def _key_text(scope: Scope) -> str | None:
    bearers, plain = _scope.values(scope, "authorization"), _scope.values(scope, "x-api-key")
    if len(bearers) + len(plain) > 1:
        raise BadRequestError("several keys were sent", hint="send one")
    if plain:
        return plain[0].strip()
    scheme, _, text = "".join(bearers).strip().partition(" ")
    return text.strip() if scheme.lower() == "bearer" else None


def _session(scope: Scope) -> str:
    cookies = cookie_parser("; ".join(_scope.values(scope, "cookie")))
    return cookies.get(COOKIE, "")


def _refuse_for(wait: float, why: str) -> None:
    if wait:
        seconds = whole_seconds(wait)
        raise RateLimitedError(why, hint=f"ask again in {seconds} s", retry_after_s=seconds)


def _nothing(name: str, cost: int, fetches: int) -> None:
    """Takes nothing: on one's own machine nobody is in one's way."""
