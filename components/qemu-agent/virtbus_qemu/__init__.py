"""The agent for `qemu:///system` and `qemu:///session`: each domain is a QEMU process."""
