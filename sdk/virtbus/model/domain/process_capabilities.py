"""<capabilities> of <features>: what a container's processes may do."""

from typing import Literal

from ..engine.declare import Attr, Child, Element
from ..engine.values import OnOff


class ProcessCapability(Element):
    """One of the kernel's capabilities, kept (on) or taken away (off)."""

    state: Attr[OnOff] = None

    def defaults(self) -> None:
        """To name it is to keep it."""
        if self.state is None:
            self.state = True


class ProcessCapabilities(Element):
    """<capabilities>: the policy, and the exceptions from it by the kernel's names."""

    policy: Attr[Literal["default", "allow", "deny"]] = None
    audit_control: Child[ProcessCapability] = None
    audit_write: Child[ProcessCapability] = None
    block_suspend: Child[ProcessCapability] = None
    chown: Child[ProcessCapability] = None
    dac_override: Child[ProcessCapability] = None
    dac_read_search: Child[ProcessCapability] = None
    fowner: Child[ProcessCapability] = None
    fsetid: Child[ProcessCapability] = None
    ipc_lock: Child[ProcessCapability] = None
    ipc_owner: Child[ProcessCapability] = None
    kill: Child[ProcessCapability] = None
    lease: Child[ProcessCapability] = None
    linux_immutable: Child[ProcessCapability] = None
    mac_admin: Child[ProcessCapability] = None
    mac_override: Child[ProcessCapability] = None
    mknod: Child[ProcessCapability] = None
    net_admin: Child[ProcessCapability] = None
    net_bind_service: Child[ProcessCapability] = None
    net_broadcast: Child[ProcessCapability] = None
    net_raw: Child[ProcessCapability] = None
    setgid: Child[ProcessCapability] = None
    setfcap: Child[ProcessCapability] = None
    setpcap: Child[ProcessCapability] = None
    setuid: Child[ProcessCapability] = None
    sys_admin: Child[ProcessCapability] = None
    sys_boot: Child[ProcessCapability] = None
    sys_chroot: Child[ProcessCapability] = None
    sys_module: Child[ProcessCapability] = None
    sys_nice: Child[ProcessCapability] = None
    sys_pacct: Child[ProcessCapability] = None
    sys_ptrace: Child[ProcessCapability] = None
    sys_rawio: Child[ProcessCapability] = None
    sys_resource: Child[ProcessCapability] = None
    sys_time: Child[ProcessCapability] = None
    sys_tty_config: Child[ProcessCapability] = None
    syslog: Child[ProcessCapability] = None
    wake_alarm: Child[ProcessCapability] = None

    def defaults(self) -> None:
        """The policy is told."""
        self.policy = self.policy or "default"
