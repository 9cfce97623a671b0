"""QEMU takes every command line that the translation makes, and runs its set-up commands."""

from __future__ import annotations

import asyncio
import contextlib
import json
import shutil
import socket
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from lxml import etree

from tests.conformance.source import SourceMissing, libvirt_source
from tests.unit.qemu.translate_caps import started
from tests.unit.qemu.translate_documents import ACCEPTED
from virtbus.model.domain import (
    apply_defaults,
    check_domain,
    format_domain,
    inactive_domain,
    parse_domain,
)
from virtbus.model.domain.devices.graphics import VncGraphics
from virtbus_qemu.link.probe import probe_now
from virtbus_qemu.translate import (
    CommandLine,
    QemuCapabilities,
    RuntimePaths,
    complete,
    parse_capabilities,
    set_ptys,
    set_vnc_port,
)

TIMEOUT_S = 20.0
EMULATOR = shutil.which("qemu-system-x86_64") or ""
SOCKET_DIRECTORY_BYTES = 80
UUID = "6695eb01-f6a4-8304-79aa-97f2502e193f"


@pytest.fixture(autouse=True)
def _qemu(require_peer: Callable[..., None]) -> None:
    require_peer("qemu-system-x86_64", "install qemu-system-x86")


class Qmp:
    """A monitor spoken to step by step; every wait is bounded by the socket's timeout."""

    def __init__(self, path: Path) -> None:
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(TIMEOUT_S)
        self.socket.connect(str(path))
        self.stream = self.socket.makefile("rw", encoding="utf-8")
        self.greeting = json.loads(self.stream.readline() or "{}")

    def __call__(self, command: str, arguments: dict[str, Any] | None = None) -> Any:
        message: dict[str, Any] = {"execute": command}
        if arguments:
            message["arguments"] = arguments
        self.stream.write(json.dumps(message) + "\n")
        self.stream.flush()
        while True:
            reply = json.loads(self.stream.readline())
            if "return" in reply:
                return reply["return"]
            assert "error" not in reply, (command, reply)

    def close(self) -> None:
        self.stream.close()
        self.socket.close()


@contextlib.contextmanager
def running(argv: tuple[str, ...] | list[str], listener: socket.socket) -> Iterator[Qmp]:
    """QEMU started with that command line, its monitor greeted; ended with the block."""
    path = Path(listener.getsockname())
    process = subprocess.Popen(
        argv,
        pass_fds=[listener.fileno()],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    listener.close()
    try:
        with contextlib.closing(Qmp(path)) as qmp:
            qmp("qmp_capabilities")
            yield qmp
            qmp("quit")
            assert process.wait(TIMEOUT_S) == 0
    except (OSError, ValueError) as error:
        process.kill()
        raise AssertionError(process.communicate(timeout=TIMEOUT_S)[1]) from error
    finally:
        process.kill()
        process.communicate(timeout=TIMEOUT_S)


def listening(directory: Path) -> socket.socket:
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(directory / "monitor"))
    listener.listen(1)
    return listener


@pytest.fixture(scope="module")
def caps() -> QemuCapabilities:
    replies = asyncio.run(probe_now(Path(EMULATOR)))
    return parse_capabilities(EMULATOR, msgspec.structs.asdict(replies))


def linux_image() -> bytes:
    """A kernel of nothing, with the header of Linux' boot protocol 2.12 on it."""
    image = bytearray(64 * 1024)
    image[0x1F1] = 4  # setup sectors
    image[0x1FE:0x200] = b"\x55\xaa"
    image[0x202:0x206] = b"HdrS"
    image[0x206:0x208] = (0x020C).to_bytes(2, "little")
    image[0x211] = 1  # loaded high
    image[0x22C:0x230] = (0x7FFFFFFF).to_bytes(4, "little")  # highest place for the initrd
    image[0x238:0x23C] = (2048).to_bytes(4, "little")  # longest command line
    return bytes(image)


@pytest.fixture
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("g")
    assert len(str(directory)) < SOCKET_DIRECTORY_BYTES
    for name in ("disk.raw", "cd.iso", "initrd"):
        (directory / name).write_bytes(bytes(1024 * 1024))
    (directory / "kernel").write_bytes(linux_image())
    (directory / "floppy.img").write_bytes(bytes(1474560))
    for name in ("code.fd", "vars.fd"):
        (directory / name).write_bytes(bytes(256 * 1024))
    image = str(directory / "disk.qcow2")
    subprocess.run(
        ["qemu-img", "create", "-q", "-f", "qcow2", image, "1M"], check=True, timeout=TIMEOUT_S
    )
    return directory


@pytest.fixture
def listener(files: Path) -> Iterator[socket.socket]:
    with listening(files) as listener:
        yield listener


def command_line(name: str, caps: QemuCapabilities, directory: Path, fd: int) -> CommandLine:
    domain = parse_domain(ACCEPTED[name].replace("{dir}", str(directory)))
    apply_defaults(domain, uuid=UUID, macs=iter(()))
    check_domain(domain)
    runtime = RuntimePaths(monitor_fd=fd, directory=str(directory), now_s=1_700_000_000)
    return started(domain, caps, runtime)


@pytest.mark.parametrize("name", ACCEPTED)
def test_qemu_takes_the_command_line(
    name: str, caps: QemuCapabilities, files: Path, listener: socket.socket
) -> None:
    line = command_line(name, caps, files, listener.fileno())
    with running(line.argv, listener) as qmp:
        for command in line.setup:
            qmp(command.name, command.arguments)
        assert qmp("query-status")["status"] == "prelaunch"
        set_ptys(line.domain, qmp("query-chardev"))
        ptys = [serial for serial in line.domain.devices.serials if serial.type == "pty"]
        assert all(s.source and (s.source.path or "").startswith("/dev/pts/") for s in ptys)
        if line.domain.devices.graphics:
            set_vnc_port(line.domain, qmp("query-vnc"))
            graphics = line.domain.devices.graphics[0]
            assert isinstance(graphics, VncGraphics)
            assert not graphics.autoport or (graphics.port or 0) >= 5900
    check_domain(parse_domain(format_domain(line.domain, with_secrets=True)))


@pytest.mark.parametrize("name", ACCEPTED)
def test_a_completed_document_gives_the_same_hardware(
    name: str, caps: QemuCapabilities, files: Path
) -> None:
    line = command_line(name, caps, files, 7)
    definition = inactive_domain(line.domain)
    text = format_domain(definition, with_secrets=True)
    again = parse_domain(text)
    complete(again, caps)
    assert format_domain(again, with_secrets=True) == text
    runtime = RuntimePaths(monitor_fd=7, directory=str(files), now_s=1_700_000_000)
    assert started(again, caps, runtime).argv == line.argv


@pytest.mark.parametrize("name", ACCEPTED)
def test_documents_are_valid_by_libvirts_schema(
    name: str, caps: QemuCapabilities, files: Path, require_peer: Callable[..., None]
) -> None:
    try:
        source = libvirt_source()
    except SourceMissing as absent:
        require_peer("libvirt's schemas", str(absent), present=False)
        raise
    schema = etree.RelaxNG(etree.parse(source / "src/conf/schemas/domain.rng"))
    live = command_line(name, caps, files, 7).domain
    for inactive in (False, True):
        document = etree.fromstring(format_domain(live, inactive=inactive))
        assert schema.validate(document), schema.error_log
