"""Which network addresses the product may call on behalf of a user's configuration. Free of Django and of I/O."""

import ipaddress
import socket
from functools import lru_cache
from typing import Final, TypeAlias
from urllib.parse import urlsplit

from .errors import AppError

IPAddress: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address

# Instance metadata services that live in ranges which are otherwise merely private.
_METADATA: Final = frozenset(map(ipaddress.ip_address, ("100.100.100.200", "fd00:ec2::254")))
_NAT64: Final = ipaddress.IPv6Network("64:ff9b::/96")
_SITE_LOCAL: Final = ipaddress.IPv6Network("fec0::/10")
# Services that read whatever a connection brings: databases and caches. Below 1024 only the web's own ports.
_REFUSED_PORTS: Final = frozenset({1433, 1521, 2049, 2375, 3306, 5432, 6379, 9042, 11211, 27017})
_WEB_PORTS: Final = frozenset({80, 443})


class AddressBlocked(AppError):
    """One sentence for every reason, so that nobody can map the inner network by the answers."""

    code = "address_blocked"
    default_message = (
        "This address is not allowed: only http and https addresses that this server's settings permit can be called."
    )


def parse(host: str) -> IPAddress | None:
    """The IP address a host writes, in any form the system's resolver takes (decimal, octal, hex, short)."""
    text = host.strip("[]").partition("%")[0]
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        pass
    try:
        return ipaddress.IPv4Address(socket.inet_aton(text))
    except (OSError, ValueError):
        return None


def is_allowed(address: str, port: int, *, private_allowed: bool) -> bool:
    """Whether a connection to `address` may be opened.

    Args:
        address: an IP address as getaddrinfo returns it, with or without a zone.
        private_allowed: loopback and private networks are allowed (model servers of one's own); link-local,
            metadata, multicast and unspecified addresses never are.
    """
    ip = parse(address)
    if ip is None:
        return False
    ip = _embedded(ip)
    if ip in _METADATA or ip.is_link_local or ip.is_multicast or ip.is_unspecified:
        return False
    if private_allowed:
        return ip.is_loopback or not ip.is_reserved
    return ip.is_global and not ip.is_reserved and ip not in _SITE_LOCAL and _is_web_port(port)


@lru_cache(1024)  # the hot path asks for the same few addresses again and again
def check_url(url: str, *, private_allowed: bool) -> None:
    """Refuses a URL that can be refused without looking up its name; the rest is checked at each connection.

    Raises:
        AddressBlocked: not http(s), no host, a user name in it, or a forbidden address or port.
    """
    try:
        parts = urlsplit(url.strip())
        port = parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError as error:
        raise AddressBlocked from error
    host = parts.hostname
    if parts.scheme not in {"http", "https"} or not host or parts.username is not None:
        raise AddressBlocked
    literal = parse(host)
    if literal is not None and not is_allowed(str(literal), port, private_allowed=private_allowed):
        raise AddressBlocked
    if not private_allowed and (not _is_web_port(port) or _is_local_name(host)):
        raise AddressBlocked


def _embedded(ip: IPAddress) -> IPAddress:
    """The IPv4 address an IPv6 address stands for (mapped, 6to4, NAT64), else the address itself."""
    if isinstance(ip, ipaddress.IPv4Address):
        return ip
    if ip in _NAT64:
        return ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
    return ip.ipv4_mapped or ip.sixtofour or ip


def _is_web_port(port: int) -> bool:
    return port in _WEB_PORTS or (port >= 1024 and port not in _REFUSED_PORTS)


def _is_local_name(host: str) -> bool:
    name = host.rstrip(".")
    return name == "localhost" or name.endswith((".localhost", ".internal", ".local"))
