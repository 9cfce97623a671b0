"""The runtime that every agent runs on: an agent is a `Driver` and the words it translates.

The runtime owns what all agents have in common: the link to the broker, the checking of requests,
who may do what, deadlines, cancel, change slots, the journal, publication, the store, streams,
settings and logs. A driver finds, checks, translates, acts and answers.
"""

from .defining import DefiningDriver
from .driver import Driver, handles
from .host import Host
from .main import run
from .settings import AgentSettings
from .stream import Stream

__all__ = ["AgentSettings", "DefiningDriver", "Driver", "Host", "Stream", "handles", "run"]
