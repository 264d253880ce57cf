"""Egress: HTTP to addresses that people typed in, and never into the hub's own networks."""

import ipaddress
import socket
from collections.abc import Sequence
from typing import Any

import aiohttp

PORTS = frozenset({80, 443})
NAT64 = ipaddress.ip_network("64:ff9b::/96")
TRANSLATED = (NAT64, ipaddress.ip_network("64:ff9b:1::/48"))

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class AddressRefused(OSError):
    """The hub does not connect there: an address of its own networks, or a port that is not the web's."""


def vet(host: str, port: int, allowed: Sequence[Network] = ()) -> None:
    """Refuse an address that is about to be connected to, unless a setting allows its network.

    The address itself is looked at, whatever name or notation led to it. Raises `AddressRefused`.
    """
    address = _unwrapped(ipaddress.ip_address(host.partition("%")[0]))
    if any(address in network for network in allowed):
        return
    if port not in PORTS or not address.is_global or address.is_multicast:
        raise AddressRefused(f"{address} port {port} is not a public web address")


def guarded_session(allowed: Sequence[Network], timeout_s: float) -> aiohttp.ClientSession:
    """A session whose every connection is vetted at the moment it is made. It reads no proxy from the environment."""

    def open_socket(info: tuple[Any, ...]) -> socket.socket:
        family, kind, protocol, _, address = info
        vet(str(address[0]), int(address[1]), allowed)
        return socket.socket(family, kind, protocol)

    # Connections are not kept: a kept one would be used again without a look at where it leads.
    connector = aiohttp.TCPConnector(socket_factory=open_socket, force_close=True, use_dns_cache=False)
    return aiohttp.ClientSession(
        connector=connector,
        timeout=aiohttp.ClientTimeout(total=timeout_s),
        trust_env=False,
        cookie_jar=aiohttp.DummyCookieJar(),
    )


def _unwrapped(address: Address) -> Address:
    """The IPv4 address inside an IPv6 one, where that is what it stands for."""
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return address.ipv4_mapped
        if address.sixtofour is not None:
            return address.sixtofour
        if any(address in network for network in TRANSLATED):
            return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address
