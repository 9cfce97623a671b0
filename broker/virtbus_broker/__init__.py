"""The broker of virtbus: the one process at which clients and agents meet (PROTOCOL.md).

`core` decides, without sockets or clock, from `routes`, `pending` and `cache`; `shell` waits.
"""

__version__ = "0.1.0"
