"""The document as QEMU's options, one file per family of devices."""
