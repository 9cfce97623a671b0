"""What is done with a document: all that the product does, and what must hold after it."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator
from contextlib import contextmanager

from virtbus.errors import VirtbusError
from virtbus.model.documents import document, kind_of
from virtbus.model.domain import DOMAIN, Domain, apply_defaults
from virtbus_qemu.translate import QemuCapabilities, check, complete, prepare, translate

from .argv import examine
from .hosts import DIRECTORY, answers

MAX_CPU_S = 2.0
"""Of one document, in all its steps; it is some milliseconds, and the bound is for slow hosts."""
UUID = "6695eb01-f6a4-8304-79aa-97f2502e193f"


@contextmanager
def bounded() -> Iterator[None]:
    """Fail when it takes longer than it may."""
    before_s = time.process_time()
    yield
    took_s = time.process_time() - before_s
    assert took_s < MAX_CPU_S, f"it took {took_s:.1f} s"


def survive(text: str | bytes, kind: str = "") -> bool:
    """Read a document, write it and read that: nothing has changed. Whether it was accepted."""
    with bounded():
        try:
            if (kind or kind_of(text)) == "domain":
                domain = _completed_domain(text)
                DOMAIN.check(domain)
                _same(domain)
                return True
            which = document(kind or kind_of(text))
            element = which.read(text)
            written = which.format(element, with_secrets=True)
        except VirtbusError:
            return False
        again = which.parse(written)
        assert again == element, "what was written is another document"
        assert which.format(again, with_secrets=True) == written
        which.apply_defaults(again)
        assert which.format(again, with_secrets=True) == written, "defaults are not idempotent"
        which.format(which.inactive(element))
        return True


def survive_start(text: str | bytes, caps: QemuCapabilities) -> bool:
    """Define and start a domain as far as its command line. Whether there is one."""
    with bounded():
        try:
            domain = _completed_domain(text)
            complete(domain, caps)
            check(domain, caps)
            DOMAIN.check(domain)
        except VirtbusError:
            return False
        again = _same(domain)
        if again is not None:
            complete(again, caps)
            assert DOMAIN.format(again, with_secrets=True) == DOMAIN.format(
                domain, with_secrets=True
            ), "what was completed is completed again"
        try:
            prepared = prepare(domain, caps, DIRECTORY)
            line = translate(prepared.domain, caps, answers(prepared.needs))
        except VirtbusError:
            return False
        if domain.qemu_override is None:  # with it, properties are named by the document
            examine(line, DIRECTORY, _passed_through(domain))
        return True


def _completed_domain(text: str | bytes) -> Domain:
    domain = DOMAIN.parse(text)
    apply_defaults(domain, uuid=UUID, macs=_macs(), genid=UUID)
    return domain


def _macs() -> Iterator[str]:
    return (f"52:54:00:00:00:{number % 256:02x}" for number in itertools.count())


def _same(domain: Domain) -> Domain | None:
    """The domain as it is read again; None when it cannot be written."""
    try:
        written = DOMAIN.format(domain, with_secrets=True)
    except VirtbusError:
        return None
    again = DOMAIN.parse(written)
    assert again == domain, "what was written is another document"
    apply_defaults(again, uuid="", macs=_macs())
    assert DOMAIN.format(again, with_secrets=True) == written, "defaults are not idempotent"
    DOMAIN.format(domain, inactive=True)
    return again


def _passed_through(domain: Domain) -> tuple[str, ...]:
    """The arguments for QEMU that the document holds as such."""
    commandline = domain.qemu_commandline
    return tuple(arg.value for arg in commandline.arg) if commandline else ()
