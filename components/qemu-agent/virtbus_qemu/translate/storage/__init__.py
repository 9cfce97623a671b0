"""Storage sources as QEMU's block nodes: chains of images, protocols, secrets."""
