"""libvirt's own test data against our documents and our QEMU command lines.

The data is fetched when it is wanted (`source`), never kept in this tree. A case is
what libvirt's tests say about one input (`cases`); it goes through the product's own
steps (`pipeline`), and what comes out is compared exactly but for what has no meaning
(`xml_compare`, `args_compare`).
"""
