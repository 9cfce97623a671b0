"""-device zpci: what makes a PCI device of s390 one that its guests can find."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator, Sequence

from virtbus.model.domain import Domain
from virtbus.model.domain.addresses.placed import all_placed
from virtbus.model.domain.devices.address import PciAddress, Zpci

from ..words import json_option


def with_zpci(domain: Domain, argv: Sequence[str]) -> list[str]:
    """`argv` with the identifiers of each PCI device that has some, right before the device."""
    functions = dict(_functions(domain))
    if not functions:
        return list(argv)
    words: list[str] = []
    for option, value in itertools.pairwise((*argv, "")):
        if option == "-device" and value.startswith("{"):
            target = json.loads(value).get("id", "")
            if target in functions:
                words += ["-device", _device(functions.pop(target), target)]
        words.append(option)
    return words


def _functions(domain: Domain) -> Iterator[tuple[str, Zpci]]:
    """The identifiers by the names of the devices.

    Those of memory are left to QEMU, as guests have always had them.
    """
    for kind, device in all_placed(domain.devices):
        if kind == "memory":
            continue
        address, alias = device.address, getattr(device, "alias", None)
        if isinstance(address, PciAddress) and address.zpci is not None and alias is not None:
            yield alias.name, address.zpci


def _device(function: Zpci, target: str) -> str:
    return json_option(
        {
            "driver": "zpci",
            "uid": function.uid,
            "fid": function.fid,
            "target": target,
            "id": f"zpci{function.uid}",
        }
    )
