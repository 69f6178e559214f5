"""Tells a caller's address from its proxies': forwarded headers count only from known peers."""

from __future__ import annotations

import hmac
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

Network = IPv4Network | IPv6Network
_REMEMBERED: Final = 1_024


def is_within(address: str, networks: Sequence[Network]) -> bool:
    """Tell whether an address belongs to one of the networks."""
    parsed = read_address(address)
    return parsed is not None and any(parsed in network for network in networks)


class Peers:
    """The proxies that stand in front of this server.

    Args:
        proxies: Their addresses; empty when callers connect directly.
        secret: Whoever sends it is one of them, from any address; "" for none.
        over_unix: All come over a Unix socket, which only who may open it can do: proxies.
    """

    def __init__(
        self, proxies: Sequence[Network] = (), *, secret: str = "", over_unix: bool = False
    ) -> None:
        self._proxies = tuple(proxies)
        self._secret = secret.encode()
        self._over_unix = over_unix
        self._is_proxy = lru_cache(maxsize=_REMEMBERED)(self._look_up)

    def find_caller(self, peer: str | None, forwarded: str, secret: str = "") -> str | None:
        """Return the address of whoever called.

        Args:
            peer: Who connected; None when that is not known, as over a Unix socket.
            forwarded: X-Forwarded-For, "" when it was not sent. Each proxy appended whom it
                saw, so it is read from its end, and only as far as our own proxies wrote it.
            secret: What the peer sent to prove itself, "" for nothing. A wrong one changes
                nothing: else a caller behind a proxy of ours could make itself pass for it.
        """
        if not self._is_ours(peer) and not self._is_secret(secret):
            return peer
        caller = peer
        for hop in reversed(forwarded.split(",")):
            address = read_address(hop)
            if address is None:
                return caller
            caller = str(address)
            if not self._is_proxy(caller):
                return caller
        return caller

    def is_believed(self, peer: str | None, secret: str | None) -> bool:
        """Tell whether what a peer says of the request before it is taken for true.

        Args:
            peer: Who connected; None when that is not known, as over a Unix socket.
            secret: What it sent to prove itself, if anything. A wrong one proves the contrary.
        """
        if secret is not None and self._secret:
            return self._is_secret(secret)
        return self._is_ours(peer)

    def _is_secret(self, secret: str) -> bool:
        return bool(self._secret) and hmac.compare_digest(secret.encode("latin-1"), self._secret)

    def _is_ours(self, peer: str | None) -> bool:
        if peer is None:
            # Over TCP, too, when the caller hung up at once: nobody knows who that was.
            return self._over_unix
        return bool(self._proxies) and self._is_proxy(peer)

    def _look_up(self, address: str) -> bool:
        return is_within(address, self._proxies)


def read_address(hop: str) -> IPv4Address | IPv6Address | None:
    """Read an address as proxies write it, with or without a port; None when it is none."""
    text = hop.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ip_address(text)
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address
