"""Where a request really comes from."""

from ipaddress import IPv6Address, IPv6Network, ip_address

from django.conf import settings
from django.http import HttpRequest

UNKNOWN = "0.0.0.0"  # noqa: S104 - not bound to; it stands for "no address" (a unix socket)


def peer_network(request: HttpRequest) -> str:
    """The client's address: IPv4 whole, IPv6 as its /64, since one client commonly owns all of that.

    `X-Forwarded-For` is believed for as many hops as TRUSTED_PROXY_COUNT says; RFC 7239 section 8.1 says why.
    """
    hops = [request.META.get("REMOTE_ADDR", "")]
    if settings.TRUSTED_PROXY_COUNT:
        hops = [*request.META.get("HTTP_X_FORWARDED_FOR", "").split(","), *hops]
    trusted = min(settings.TRUSTED_PROXY_COUNT, len(hops) - 1)
    return _network(hops[-1 - trusted])


def _network(text: str) -> str:
    try:
        address = ip_address(text.strip())
    except ValueError:
        return UNKNOWN
    if not isinstance(address, IPv6Address):
        return str(address)
    if address.ipv4_mapped:
        return str(address.ipv4_mapped)
    return str(IPv6Network((address, 64), strict=False).network_address)
