"""Which addresses belong together: networks, their prefixes, ranges within them."""

from __future__ import annotations

import socket

from .addresses import family_of

MAX_RANGE = 65536
"""Addresses that one range may hold."""


def number(address: str) -> int:
    """An address, as `addresses.IpText` accepts it, as a number."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    return int.from_bytes(socket.inet_pton(family, address), "big")


def bits_of(address: str) -> int:
    """How many bits an address of that family has."""
    return 128 if ":" in address else 32


def mask_bits(netmask: str) -> int | None:
    """The number of leading ones; None when there are ones behind a zero."""
    zeros = (1 << bits_of(netmask)) - 1 - number(netmask)
    return None if zeros & (zeros + 1) else bits_of(netmask) - zeros.bit_length()


def natural_prefix(address: str) -> int | None:
    """The prefix of a network that gives none: by the class of an IPv4 address, or 64.

    None for IPv4 addresses that no network can have.
    """
    value = number(address)
    if value == 0:
        return 0
    if family_of(address) == "ipv6":
        return 64
    first = value >> 24
    return 8 if first < 128 else 16 if first < 192 else 24 if first < 224 else None


def same_network(one: str, other: str, prefix: int) -> bool:
    """Whether two addresses of one family are in one network of that prefix."""
    if family_of(one) != family_of(other) or prefix > bits_of(one):
        return False
    shift = bits_of(one) - prefix
    return number(one) >> shift == number(other) >> shift


def range_problem(start: str, end: str) -> str | None:
    """What is wrong with a range of addresses by itself, in words."""
    what = f"range {start} - {end}"
    if family_of(start) != family_of(end):
        return f"{what} is of two families"
    first, last = number(start), number(end)
    if last < first:
        return f"{what} is reversed"
    apart = first >> 16 != last >> 16 if family_of(start) == "ipv6" else last - first >= MAX_RANGE
    return f"{what} is too large" if apart else None


def range_problem_within(start: str, end: str, network: str, prefix: int | None) -> str | None:
    """What is wrong with a range that must be within a network, in words."""
    what = f"range {start} - {end}"
    if prefix is None or prefix > bits_of(network):
        return f"{what}: network {network} has no sound prefix"
    if not all(same_network(address, network, prefix) for address in (start, end)):
        return f"{what} is not within network {network}/{prefix}"
    if family_of(network) == "ipv4":
        hosts = (1 << (32 - prefix)) - 1
        if number(start) & hosts == 0:
            return f"{what} begins with the address of network {network}/{prefix}"
        if number(end) & hosts == hosts:
            return f"{what} ends with the broadcast address of network {network}/{prefix}"
    return range_problem(start, end)
