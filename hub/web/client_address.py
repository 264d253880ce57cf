"""The network address a request comes from; the word of a proxy counts only if the proxy is a configured one."""

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from aiohttp import web

LOCAL = "local"  # a unix socket has no address


class ClientAddress:
    """Finds out who is behind the trusted proxies. `proxies` are networks such as `10.0.0.0/8`."""

    def __init__(self, proxies: Sequence[str]) -> None:
        self._proxies = [ip_network(proxy, strict=False) for proxy in proxies]

    def __call__(self, request: web.Request) -> str:
        """The address as a key of limits: an IPv4 address, or the /64 of an IPv6 address."""
        address = _parsed(request.remote or "")
        if address is None:
            return LOCAL
        hops = ",".join(request.headers.getall("X-Forwarded-For", ())).split(",")
        for hop in reversed(hops):
            if not self._is_proxy(address):
                break
            before = _parsed(hop.strip())
            if before is None:
                break
            address = before
        return _key(address)

    def _is_proxy(self, address: IPv4Address | IPv6Address) -> bool:
        return any(address.version == proxy.version and address in proxy for proxy in self._proxies)


def _parsed(text: str) -> IPv4Address | IPv6Address | None:
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return (address.ipv4_mapped or address) if isinstance(address, IPv6Address) else address


def _key(address: IPv4Address | IPv6Address) -> str:
    return str(address) if isinstance(address, IPv4Address) else str(ip_network((address, 64), strict=False))
