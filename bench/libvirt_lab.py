"""A private libvirtd from Debian's packages, started fairly, next to nothing of the host's.

Monolithic libvirtd and virtlogd run by hand (no systemd needed) in mount and
network namespaces of their own, over private copies of libvirt's directories,
under a sub-reaper. Without the sub-reaper libvirt's destroy and crash figures
would include PID 1's delay. Settings are libvirt's defaults, except: QEMU as
root, no security driver, no cgroups, no authentication.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from pathlib import Path

from bench.lab.processes import ROOT, BenchError, ServedClient, end_process, wait_for_path
from bench.manager import Manager

PACKAGES = ("libvirt-daemon", "libvirt-daemon-driver-qemu", "python3-libvirt", "qemu-system-x86")
DEBIAN_PYTHON = "/usr/bin/python3"
DIRECTORIES = (
    "etc/libvirt",
    "var/lib/libvirt",
    "var/cache/libvirt",
    "var/log/libvirt",
    "run/libvirt",
)
QEMU_CONF = """\
user = "root"
group = "root"
security_driver = "none"
cgroup_controllers = [ ]
namespaces = [ ]
"""
LIBVIRTD_CONF = """\
unix_sock_group = "root"
unix_sock_rw_perms = "0700"
auth_unix_ro = "none"
auth_unix_rw = "none"
log_outputs = "3:stderr"
"""
USER_ENTRIES = {
    "passwd": "libvirt-qemu:x:64055:64055::/var/lib/libvirt:/usr/sbin/nologin\n",
    "group": "libvirt-qemu:x:64055:\n",
}
"""libvirtd looks this user up even when it runs QEMU as another; only seen in its namespace."""


class PeerAbsent(Exception):
    """libvirt cannot be had here; the message says why."""


def missing_packages() -> list[str]:
    """Those of PACKAGES that dpkg does not know as installed."""
    return [name for name in PACKAGES if not _installed(name)]


def _installed(package: str) -> bool:
    query = ["dpkg-query", "-W", "-f", "${db:Status-Status}", package]
    answer = subprocess.run(query, capture_output=True, text=True, check=False, timeout=30)
    return answer.returncode == 0 and answer.stdout == "installed"


def ensure_packages() -> None:
    """Returns with libvirt installed; installs it when root on Debian, else raises PeerAbsent."""
    if shutil.which("dpkg-query") is None:
        raise PeerAbsent("libvirt is compared from Debian's packages, and this is no Debian")
    if os.geteuid() != 0:
        raise PeerAbsent("a private libvirtd needs root (namespaces, qemu:///system)")
    missing = missing_packages()
    if not missing:
        return
    _apt_get("update")
    answer = _apt_get("install", "-y", "--no-install-recommends", *missing)
    if answer.returncode != 0:
        reason = (answer.stderr.strip().splitlines() or ["no message"])[-1]
        raise PeerAbsent(f"cannot install {', '.join(missing)}: {reason}")


def _apt_get(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["apt-get", "-q", "-o", "DPkg::Lock::Timeout=300", *arguments],
        env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )


class LibvirtLab(Manager):
    """A running libvirtd of its own and a connected client."""

    label = "libvirt"

    def __init__(self, root: Path) -> None:
        ensure_packages()
        super().__init__(root)
        self._make_directories()
        self._client = ServedClient(
            [DEBIAN_PYTHON, "-m", "bench.clients.libvirt_client", self.uri],
            root / "client.log",
            {"PYTHONPATH": str(ROOT)},
        )
        self._libvirtd = self._virtlogd = 0
        try:
            self._virtlogd = self._daemon("virtlogd")
            wait_for_path(self.root / "run/libvirt/virtlogd-sock")
            self.launch()
            self.versions: dict[str, str] = self._client.call("connect")
        except (BenchError, TimeoutError) as error:
            self._client.close()
            self.reaper.close()
            raise PeerAbsent(f"libvirtd does not answer ({error}); see {root}/*.log") from error

    @property
    def uri(self) -> str:
        """What a libvirt client opens to reach this daemon."""
        return f"qemu+unix:///system?socket={self.root}/run/libvirt/libvirt-sock"

    @property
    def client(self) -> ServedClient:
        """The client under Debian's Python."""
        return self._client

    def pid(self, role: str) -> int:
        """libvirtd, whatever the role."""
        return self._libvirtd

    def launch(self) -> None:
        """Starts libvirtd."""
        self._libvirtd = self._daemon("libvirtd")

    def close(self) -> None:
        """Ends client, daemons and guests."""
        try:
            self._client.close()
            end_process(self._libvirtd, signal.SIGTERM)
            end_process(self._virtlogd, signal.SIGTERM)
        finally:
            self.reaper.close()

    def _make_directories(self) -> None:
        """Fresh ones, but for the cache: probing QEMU is not what a row measures."""
        for name in DIRECTORIES:
            if name != "var/cache/libvirt":
                shutil.rmtree(self.root / name, ignore_errors=True)
            (self.root / name).mkdir(parents=True, exist_ok=True)
            Path("/", name).mkdir(parents=True, exist_ok=True)  # where it is bound over
        (self.root / "var/log/libvirt/qemu").mkdir(exist_ok=True)
        settings = self.root / "etc/libvirt"
        (settings / "qemu.conf").write_text(QEMU_CONF, encoding="ascii")
        (settings / "libvirtd.conf").write_text(LIBVIRTD_CONF, encoding="ascii")
        (settings / "virtlogd.conf").write_text("", encoding="ascii")
        for name, entry in USER_ENTRIES.items():
            lines = Path("/etc", name).read_text(encoding="utf-8")
            (self.root / "etc" / name).write_text(lines + entry, encoding="utf-8")

    def _daemon(self, name: str) -> int:
        enter = [str(ROOT / "bench/lab/in_namespace.sh"), str(self.root)]
        config = ["--config", f"/etc/libvirt/{name}.conf"]
        pid_file = ["--pid-file", f"/run/libvirt/{name}.pid"]
        return self.reaper.spawn(
            [*enter, f"/usr/sbin/{name}", *config, *pid_file], self.root / f"{name}.log"
        )
