"""-chardev: QEMU's end of a line, in every form."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias

from virtbus.model.domain.devices.character_source import (
    CharacterBackend,
    CharacterSource,
    CharacterType,
    Log,
)

from ..capabilities import QemuCapabilities
from ..passed import set_path, set_words
from ..runtime import RuntimePaths
from ..words import invalid, json_option, keyed, unsupported

MAX_SOCKET_PATH_BYTES = 107
_Words: TypeAlias = dict[str, str | int | bool | None]


class Lines:
    """What all lines of one guest have in common."""

    def __init__(self, caps: QemuCapabilities, runtime: RuntimePaths, sets: dict[str, int]) -> None:
        self.caps = caps
        self.runtime = runtime
        self.sets = sets

    def options(
        self,
        alias: str,
        kind: CharacterType,
        line: CharacterBackend,
        *,
        parallel: bool = False,
        spice: str = "vdagent",
    ) -> Iterator[str]:
        """The -chardev "char" + `alias` of a device, and the options it needs before it."""
        name = f"char{alias}"
        source = line.source or CharacterSource()
        words = self._words(alias, kind, line, source, spice=spice)
        if kind == "tcp" and (self.runtime.line_tls if source.tls is None else source.tls):
            words["tls_creds"] = f"obj{name}_tls0"
            yield from ("-object", self._tls(f"obj{name}_tls0", listens=source.mode == "bind"))
        for role in ("source", "log"):
            yield from set_words(f"{alias}-{role}", self.sets, self.runtime)
        if line.log is not None:
            log = self._file(f"{alias}-log", line.log)
            words["logfile"], words["logappend"] = log["path"], log["append"]
        yield from ("-chardev", keyed(_head(kind, parallel=parallel), id=name, **words))

    def _words(
        self,
        alias: str,
        kind: CharacterType,
        line: CharacterBackend,
        source: CharacterSource,
        *,
        spice: str,
    ) -> _Words:
        match kind:
            case "null" | "vc" | "pty" | "stdio":
                return {}
            case "file":
                return self._file(f"{alias}-source", source)
            case "pipe" | "dev":
                return {"path": _absolute(source.path or "", "source")}
            case "unix":
                return self.unix(source, fd=self.runtime.fds.get(f"{alias}-source"))
            case "tcp":
                return self._tcp(line, source)
            case "udp":
                return _udp(line)
            case "spicevmc":
                return {"name": spice}
            case "spiceport" | "dbus":
                return {"name": source.channel}
            case "qemu-vdagent":
                return _vdagent(source)
            case "nmdm":
                raise unsupported("source", "type 'nmdm'", line.line)

    def _file(self, name: str, file: CharacterSource | Log) -> _Words:
        """A file: what the agent opened is as it should be, and only added to."""
        path = file.path if isinstance(file, CharacterSource) else file.file
        append = True if name in self.sets else file.append
        return {
            "path": set_path(name, self.sets, _absolute(path or "", "source")),
            "append": append,
        }

    def unix(self, source: CharacterSource, *, fd: int | None = None, wait: bool = False) -> _Words:
        """A socket on this host; listening, QEMU inherits it as `fd` where there is one."""
        path = _absolute(source.path or "", "source")
        if len(path.encode()) > MAX_SOCKET_PATH_BYTES:
            raise invalid("source", f"a socket's path has at most {MAX_SOCKET_PATH_BYTES} bytes")
        server: _Words = {}
        if source.mode == "bind":
            server = {"server": True, "wait": None if wait else False}
        if fd is not None and source.mode == "bind":
            return {"fd": fd, **server}
        return {"path": path, **server, **self._reconnect(source)}

    def _tcp(self, line: CharacterBackend, source: CharacterSource) -> _Words:
        protocol = (line.protocol.type if line.protocol else None) or "raw"
        if protocol not in ("raw", "telnet"):
            raise unsupported("protocol", f"'{protocol}'", line.line)
        return {
            "host": source.host or "",
            "port": source.service or "",
            "telnet": True if protocol == "telnet" else None,
            "server": True if source.mode == "bind" else None,
            "wait": False if source.mode == "bind" else None,
            **self._reconnect(source),
        }

    def _reconnect(self, source: CharacterSource) -> _Words:
        again = source.reconnect
        if again is None or again.enabled is None:
            return {}
        timeout_s = (again.timeout_s or 0) if again.enabled else 0
        if self.caps.has("chardev-reconnect-ms"):
            return {"reconnect_ms": timeout_s * 1000}
        return {"reconnect": timeout_s}

    def _tls(self, name: str, *, listens: bool) -> str:
        return json_option(
            {
                "qom-type": "tls-creds-x509",
                "id": name,
                "dir": self.runtime.line_tls_directory,
                "endpoint": "server" if listens else "client",
                "verify-peer": self.runtime.line_tls_verify if listens else True,
            }
        )


def _head(kind: CharacterType, *, parallel: bool) -> str:
    if kind == "dev":
        return "parallel" if parallel else "serial"
    return "socket" if kind in ("unix", "tcp") else kind


def _udp(line: CharacterBackend) -> _Words:
    there = next((s for s in line.sources if s.mode != "bind"), CharacterSource())
    here = next((s for s in line.sources if s.mode == "bind"), CharacterSource())
    return {
        "host": there.host or "",
        "port": there.service or "",
        "localaddr": here.host or "",
        "localport": here.service or "0",
    }


def _vdagent(source: CharacterSource) -> _Words:
    return {
        "name": "vdagent",
        "clipboard": source.clipboard.copypaste if source.clipboard else None,
        "mouse": source.mouse.mode == "client" if source.mouse else None,
    }


def _absolute(path: str, element: str) -> str:
    if not path.startswith("/"):
        raise invalid(element, "expected an absolute path")
    return path
