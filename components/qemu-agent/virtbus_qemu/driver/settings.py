"""Settings of the qemu-agent."""

from __future__ import annotations

from virtbus.agent import AgentSettings
from virtbus_qemu.translate.runtime import ScreenSettings


class QemuSettings(AgentSettings, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Settings of the qemu-agent, beside those of every agent.

    `user` is whom guests run as where the agent is root ("" is the first of virtbus-qemu,
    libvirt-qemu and nobody that exists); `emulator_path` are the folders searched for
    qemu-system-*, separated by ":" ("" is PATH). `screens` is a table of the file, for all
    guests' screens.
    """

    user: str = ""
    emulator_path: str = ""
    screens: ScreenSettings = ScreenSettings()
