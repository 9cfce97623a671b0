"""What share of each corpus must pass, in percent; a corpus that is not here is only reported."""

TARGETS = {
    "generic": 98,
    "backup": 98,
    "network": 98,
    "network-port": 98,
    "filter": 98,
    "filter-binding": 98,
    "pool": 98,
    "volume": 98,
    "secret": 98,
    "node-device": 98,
    "interface": 98,
    "snapshot": 98,
    "checkpoint": 98,
    "qemu-xml-x86_64-latest": 95,
    "qemu-xml-other-archs": 85,
    "qemu-refused": 95,
    "qemu-args-x86_64-latest": 50,
    "relaxng": 100,
}
