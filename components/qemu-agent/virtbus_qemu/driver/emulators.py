"""Which emulators there are, and what they can do: asked once, kept while they stay the same."""

from __future__ import annotations

import asyncio
import platform
from pathlib import Path

import msgspec

from virtbus.agent import Host
from virtbus.errors import HypervisorFailed, Unsupported
from virtbus_qemu.link import RunAs, find_emulators, probe
from virtbus_qemu.link.kvm import kvm_verdict
from virtbus_qemu.link.probe import EMULATOR_PREFIX
from virtbus_qemu.translate import QemuCapabilities, parse_capabilities

from .settings import QemuSettings


class Emulators:
    """The host's emulators; each is probed when it is first needed."""

    def __init__(self, host: Host[QemuSettings], run_as: RunAs | None) -> None:
        self._run_as = run_as
        self._cache = host.directories.cache / "qemu"
        path = host.settings.emulator_path
        self._files = find_emulators(path.split(":") if path else None)
        self._known: dict[Path, asyncio.Task[QemuCapabilities]] = {}
        self._kvm: asyncio.Task[bool] | None = None
        self._host = host

    def find(self, emulator: str | None, arch: str | None) -> Path:
        """The emulator of that path, or the one for that architecture (default: the host's).

        Raises Unsupported if the host does not have it.
        """
        if emulator is not None:
            wanted = Path(emulator)
            if wanted in self._files:
                return wanted
            raise Unsupported(
                f"{emulator} is not among the emulators of this host "
                f"({', '.join(map(str, self._files)) or 'none'}); its folder can be added to "
                "the setting emulator_path",
                feature=emulator,
            )
        name = EMULATOR_PREFIX + (arch or platform.machine()).replace("i686", "i386")
        for file in self._files:
            if file.name == name:
                return file
        raise Unsupported(f"{name} is not installed on this host", feature=name)

    async def capabilities(self, file: Path) -> QemuCapabilities:
        """What an emulator can do. Raises HypervisorFailed if it cannot be asked."""
        task = self._known.get(file)
        if task is None or (task.done() and (task.cancelled() or task.exception())):
            task = asyncio.get_running_loop().create_task(self._probe(file))
            self._known[file] = task
        return await asyncio.shield(task)

    async def all(self) -> list[QemuCapabilities]:
        """What all emulators that answer can do, and whether KVM works."""
        found: list[QemuCapabilities] = []
        for file in self._files:
            try:
                found.append(await self.with_kvm(await self.capabilities(file)))
            except HypervisorFailed as error:
                self._host.log.warning("an emulator is left out", reason=str(error))
        return found

    async def with_kvm(self, caps: QemuCapabilities) -> QemuCapabilities:
        """The capabilities with what a real guest under KVM has shown."""
        if caps.arch != platform.machine():
            return caps
        if self._kvm is None:
            self._kvm = asyncio.get_running_loop().create_task(self._try_kvm(Path(caps.emulator)))
        return msgspec.structs.replace(caps, kvm_usable=await asyncio.shield(self._kvm))

    async def _probe(self, file: Path) -> QemuCapabilities:
        replies = await probe(file, self._cache, run_as=self._run_as)
        return parse_capabilities(str(file), msgspec.structs.asdict(replies))

    async def _try_kvm(self, file: Path) -> bool:
        verdict = await kvm_verdict(file, self._cache, run_as=self._run_as)
        if not verdict.works:
            self._host.log.info("KVM is not used", reason=verdict.reason)
        return verdict.works
