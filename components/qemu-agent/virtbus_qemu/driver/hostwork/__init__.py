"""What is done on the host before a guest starts, by what the guest needs; one file a subject."""

from .devices import find_devices
from .memory import hugepage_folders
from .networks import Queues, open_queues
from .servers import start_servers
from .storage import find_storage

__all__ = [
    "Queues",
    "find_devices",
    "find_storage",
    "hugepage_folders",
    "open_queues",
    "start_servers",
]
