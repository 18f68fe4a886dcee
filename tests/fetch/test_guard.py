"""The guard at the socket: the last word before a packet leaves."""

import ipaddress
import socket

import pytest

from pictrace.fetch import _guard
from pictrace.fetch._address import Reach
from pictrace.fetch._guard import Guard, RefusedError, is_own
from pictrace.fetch._names import resolve

INFO = (socket.AF_INET, socket.SOCK_STREAM, 0, "")


def test_a_socket_is_opened_for_what_may_be_asked():
    """It is not connected yet."""
    guard = Guard(Reach(networks=(ipaddress.ip_network("127.0.0.3/32"),)))
    with guard.open_socket((*INFO, ("127.0.0.3", 80))) as one:
        assert one.family == socket.AF_INET


@pytest.mark.parametrize(
    "address", ["127.0.0.1", "::1", "169.254.169.254", "fe80::1%lo", "::ffff:10.0.0.1", "name", ""]
)
def test_no_socket_is_opened_for_anything_else(address):
    """Nor for what is no address at all."""
    with pytest.raises(RefusedError):
        Guard(Reach()).open_socket((*INFO, (address, 80)))


@pytest.mark.parametrize(("address", "is_ours"), [("127.0.0.1", True), ("::1", True), ("127.0.0.3", False)])
def test_own_addresses_are_those_this_machine_speaks_from(address, is_ours):
    """Found without sending anything."""
    assert is_own(ipaddress.ip_address(address)) == is_ours


def test_public_addresses_of_this_machine_are_not_asked(monkeypatch):
    """Also wrapped, unless their network is allowed."""
    monkeypatch.setattr(_guard, "is_own", lambda ip: str(ip) == "8.8.8.8")
    asked = ["8.8.8.8", "::ffff:8.8.8.8", "64:ff9b::8.8.8.8", "8.8.4.4"]
    allowed = Guard(Reach(networks=(ipaddress.ip_network("8.8.8.8/32"),)))

    assert [Guard(Reach()).admits(one) for one in asked] == [False, False, False, True]
    assert [allowed.admits(one) for one in asked[:2]] == [True, True]


def test_names_are_resolved_by_the_system():
    """To all addresses of either kind."""
    assert "127.0.0.1" in resolve("localhost")
