"""<devices>: all that hangs on the machine, in the order libvirt writes it."""

from typing import Annotated

from msgspec import field

from ...engine.declare import Child, Children, Element, Name, Value
from .audio import Audio
from .character import Channel, Console, Parallel, Serial
from .controller import Controller
from .disk import Disk
from .filesystem import Filesystem
from .graphics import Graphics
from .hostdev import Hostdev
from .hostdev_caps import NetCapability
from .input import Input
from .interface import Interface
from .iommu import Iommu
from .lease import Lease
from .memory import MemoryDevice
from .panic import Panic
from .redirdev import RedirDev, RedirFilter
from .rng import Rng
from .shmem import Shmem
from .small import Crypto, Hub, MemBalloon, NvramDevice, Pstore, Watchdog
from .smartcard import Smartcard
from .sound import Sound
from .spice import SpiceGraphics
from .tpm import Tpm
from .video import Video
from .vsock import Vsock

__all__ = ["Devices", "NetCapability", "SpiceGraphics"]  # modules of kinds a reader chooses


class Devices(Element):
    """<devices>."""

    emulator: Value[str] = None
    disks: Annotated[Children[Disk], Name("disk")] = field(default_factory=list)
    controllers: Annotated[Children[Controller], Name("controller")] = field(default_factory=list)
    leases: Annotated[Children[Lease], Name("lease")] = field(default_factory=list)
    filesystems: Annotated[Children[Filesystem], Name("filesystem")] = field(default_factory=list)
    interfaces: Annotated[Children[Interface], Name("interface")] = field(default_factory=list)
    smartcards: Annotated[Children[Smartcard], Name("smartcard")] = field(default_factory=list)
    serials: Annotated[Children[Serial], Name("serial")] = field(default_factory=list)
    parallels: Annotated[Children[Parallel], Name("parallel")] = field(default_factory=list)
    consoles: Annotated[Children[Console], Name("console")] = field(default_factory=list)
    channels: Annotated[Children[Channel], Name("channel")] = field(default_factory=list)
    inputs: Annotated[Children[Input], Name("input")] = field(default_factory=list)
    tpms: Annotated[Children[Tpm], Name("tpm")] = field(default_factory=list)
    graphics: Annotated[Children[Graphics], Name("graphics")] = field(default_factory=list)
    sounds: Annotated[Children[Sound], Name("sound")] = field(default_factory=list)
    audios: Annotated[Children[Audio], Name("audio")] = field(default_factory=list)
    videos: Annotated[Children[Video], Name("video")] = field(default_factory=list)
    hostdevs: Annotated[Children[Hostdev], Name("hostdev")] = field(default_factory=list)
    redirdevs: Annotated[Children[RedirDev], Name("redirdev")] = field(default_factory=list)
    redirfilter: Child[RedirFilter] = None
    hubs: Annotated[Children[Hub], Name("hub")] = field(default_factory=list)
    watchdogs: Annotated[Children[Watchdog], Name("watchdog")] = field(default_factory=list)
    memballoon: Child[MemBalloon] = None
    rngs: Annotated[Children[Rng], Name("rng")] = field(default_factory=list)
    nvram: Child[NvramDevice] = None
    panics: Annotated[Children[Panic], Name("panic")] = field(default_factory=list)
    shmems: Annotated[Children[Shmem], Name("shmem")] = field(default_factory=list)
    memories: Annotated[Children[MemoryDevice], Name("memory")] = field(default_factory=list)
    cryptos: Annotated[Children[Crypto], Name("crypto")] = field(default_factory=list)
    iommu: Child[Iommu] = None
    vsock: Child[Vsock] = None
    pstore: Child[Pstore] = None
