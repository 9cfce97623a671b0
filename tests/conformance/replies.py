"""A QEMU's recorded words: the answers by command and arguments, as one that runs would give."""

from __future__ import annotations

import contextlib
import json
import re
from pathlib import Path
from typing import Any

import msgspec

from virtbus_qemu.translate import QemuCapabilities, parse_capabilities

EMULATOR = "/usr/bin/qemu-system-{arch}"

_FILE = re.compile(r"caps_(?P<version>[0-9.]+)_(?P<arch>[a-z0-9_]+)(?P<variant>\+\w+)?")


class NotRecorded(Exception):
    """The recording has no such question."""


class Refused(Exception):
    """The emulator answered with an error; its text."""


class Replies:
    """Answers of one recording; of a question that was asked twice, the first or a later one."""

    def __init__(self, text: bytes) -> None:
        self._answers: dict[tuple[str, str], list[dict[str, Any]]] = {}
        messages = [msgspec.json.decode(part) for part in text.split(b"\n\n") if part.strip()]
        for question, answer in zip(messages[::2], messages[1::2], strict=True):
            if question.get("id") != answer.get("id") or "execute" not in question:
                raise ValueError(f"question and answer do not belong together: {question}")
            key = _key(question["execute"], question.get("arguments"))
            self._answers.setdefault(key, []).append(answer)

    def ask(self, command: str, arguments: dict[str, Any] | None = None, *, time: int = 0) -> Any:
        """What `command` returned; raises NotRecorded, or Refused with the emulator's error."""
        answers = self._answers.get(_key(command, arguments))
        if not answers:
            raise NotRecorded(command)
        answer = answers[min(time, len(answers) - 1)]
        if "error" in answer:
            raise Refused(answer["error"].get("desc", ""))
        return answer["return"]

    def ask_all(self, command: str) -> list[tuple[dict[str, Any], Any]]:
        """The arguments and answers of all questions by that command that did not fail."""
        return [
            (json.loads(arguments), answers[0]["return"])
            for (name, arguments), answers in self._answers.items()
            if name == command and "return" in answers[0]
        ]


def _key(command: str, arguments: dict[str, Any] | None) -> tuple[str, str]:
    return command, json.dumps(arguments or {}, sort_keys=True)


def find_recording(folder: Path, arch: str, version: str, variant: str = "") -> Path:
    """The recording of that emulator, with "latest" the newest; raises LookupError."""
    found = {}
    for path in folder.glob("caps_*.replies"):
        match = _FILE.fullmatch(path.stem)
        if match and match["arch"] == arch and (match["variant"] or "") == variant:
            found[tuple(map(int, match["version"].split(".")))] = path
    if version == "latest" and found:
        return found[max(found)]
    wanted = tuple(map(int, version.split("."))) if version != "latest" else ()
    if wanted not in found:
        raise LookupError(f"no recording of QEMU {version} for {arch}{variant}")
    return found[wanted]


_OPTIONAL = {
    "tpm_models": "query-tpm-models",
    "tpm_types": "query-tpm-types",
    "sev": "query-sev-capabilities",
    "sgx": "query-sgx-capabilities",
    "gic": "query-gic-capabilities",
}


def capabilities_of(replies: Replies, arch: str) -> QemuCapabilities:
    """Our record of a recorded emulator, by the product's own reading of its words."""
    kvm = replies.ask("query-kvm")
    types = replies.ask("qom-list-types")
    told: dict[str, Any] = {
        "version": replies.ask("query-version"),
        "target": replies.ask("query-target"),
        **_by_accelerator(replies),
        "schema": replies.ask("query-qmp-schema"),
        "options": replies.ask("query-command-line-options"),
        "devices": types,
        "objects": types,
        "properties": _properties(replies),
    }
    for field, query in _OPTIONAL.items():
        with contextlib.suppress(NotRecorded, Refused):  # as the probe: some targets lack them
            told[field] = replies.ask(query)
    usable = bool(kvm["present"] and kvm["enabled"])
    return parse_capabilities(EMULATOR.format(arch=arch), told, kvm_usable=usable)


def _by_accelerator(replies: Replies) -> dict[str, Any]:
    """Machines and CPU models: what an emulator that has KVM was asked twice, with KVM first."""
    told: dict[str, Any] = {}
    asked = {"machines": "query-machines", "cpu_definitions": "query-cpu-definitions"}
    for field, query in asked.items():
        with contextlib.suppress(NotRecorded, Refused):  # not every target has CPU models
            told[field] = replies.ask(query, time=1)
            told[f"{field}_kvm"] = replies.ask(query)
    return told


def _properties(replies: Replies) -> dict[str, list[str]]:
    """The names of the properties of each device and object that was asked about."""
    return {
        arguments["typename"]: [each["name"] for each in answer]
        for query in ("device-list-properties", "qom-list-properties")
        for arguments, answer in replies.ask_all(query)
    }
