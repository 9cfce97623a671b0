"""What a document says to one hypervisor in its own words, in the namespaces of libvirt."""

from collections.abc import Iterator
from typing import Annotated, Literal, TypeAlias

from msgspec import field

from ..engine.declare import Attr, Child, Children, Element, Name, Needed

ShareType: TypeAlias = Literal["none", "netns", "name", "pid"]


class Argument(Element, kw_only=True):
    """<arg>: one word of the command line."""

    value: Needed[str]


class Environment(Element, kw_only=True):
    """<env>: a variable of the emulator's process."""

    name: Needed[str]
    value: Attr[str] = None

    def problems(self) -> Iterator[str]:
        """A name of letters, digits and underscores."""
        name = self.name
        if not (name.replace("_", "a").isascii() and name.replace("_", "a").isalnum()):
            yield f"'{name}' is not a variable's name"
        elif name[0].isdecimal():
            yield f"'{name}' begins with a digit"


class QemuCommandLine(Element):
    """<qemu:commandline>."""

    arg: Annotated[Children[Argument], Name("qemu:arg")] = field(default_factory=list)
    env: Annotated[Children[Environment], Name("qemu:env")] = field(default_factory=list)


class Capability(Element, kw_only=True):
    """<add>, <del>: a capability that the emulator is taken to have, or not to have."""

    capability: Needed[str]


class QemuCapabilityChanges(Element):
    """<qemu:capabilities>."""

    add: Annotated[Children[Capability], Name("qemu:add")] = field(default_factory=list)
    delete: Annotated[Children[Capability], Name("qemu:del")] = field(default_factory=list)


class Property(Element, kw_only=True):
    """<property>: one property of a device, set or taken away."""

    name: Needed[str]
    type: Needed[Literal["string", "signed", "unsigned", "bool", "remove"]]
    value: Attr[str] = None

    def problems(self) -> Iterator[str]:
        """A value that fits the type."""
        if self.type == "remove":
            if self.value is not None:
                yield f"property '{self.name}' is removed, and has a value"
        elif self.value is None:
            yield f"property '{self.name}' has no value"
        elif self.type == "bool" and self.value not in ("true", "false"):
            yield f"property '{self.name}' is neither true nor false"
        elif self.type in ("signed", "unsigned"):
            digits = self.value.removeprefix("-" if self.type == "signed" else "")
            if not (digits.isascii() and digits.isdecimal()):
                yield f"property '{self.name}' is not a number"


class Frontend(Element):
    """<frontend>: what the guest sees of the device."""

    property: Annotated[Children[Property], Name("qemu:property")] = field(default_factory=list)


class DeviceOverride(Element, kw_only=True):
    """<device>: of that alias."""

    alias: Needed[str]
    frontend: Annotated[Child[Frontend], Name("qemu:frontend")] = None

    def problems(self) -> Iterator[str]:
        """Something is overridden; of a property told twice the last holds."""
        if self.frontend is None or not self.frontend.property:
            yield f"nothing is overridden of device '{self.alias}'"


class QemuOverride(Element):
    """<qemu:override>."""

    device: Annotated[Children[DeviceOverride], Name("qemu:device")] = field(default_factory=list)

    def problems(self) -> Iterator[str]:
        """Each device once."""
        aliases = [device.alias for device in self.device]
        if len(aliases) != len(set(aliases)):
            yield "a device is given more than once"


class QemuDeprecation(Element, kw_only=True):
    """<qemu:deprecation>: what the emulator does with what it is about to drop."""

    behavior: Needed[Literal["none", "omit", "reject", "crash"]]


class SharedNamespace(Element, kw_only=True):
    """<sharenet>, <shareipc>, <shareuts>: a container's, a process's, or a named one."""

    type: Needed[ShareType]
    value: Needed[str]


class LxcNamespaces(Element):
    """<lxc:namespace>: namespaces shared instead of made."""

    sharenet: Annotated[Child[SharedNamespace], Name("lxc:sharenet")] = None
    shareipc: Annotated[Child[SharedNamespace], Name("lxc:shareipc")] = None
    shareuts: Annotated[Child[SharedNamespace], Name("lxc:shareuts")] = None


class XenCommandLine(Element):
    """<xen:commandline>."""

    arg: Annotated[Children[Argument], Name("xen:arg")] = field(default_factory=list)


class BhyveCommandLine(Element):
    """<bhyve:commandline>."""

    arg: Annotated[Children[Argument], Name("bhyve:arg")] = field(default_factory=list)
