"""The commands on a real bus: what they print, in words and in JSON, and how they exit."""

import json
import re
import subprocess
from collections.abc import Iterator
from uuid import UUID

import pytest

from tests.bus.cli_bus import COMMAND, GUEST, URI, WAIT_S, CliBus, cli_bus


@pytest.fixture(scope="module")
def bus() -> Iterator[CliBus]:
    with cli_bus() as started:
        yield started


@pytest.fixture
def guest(bus: CliBus) -> Iterator[str]:
    bus.define("guest")
    yield "guest"
    bus.forget("guest")


def state(bus: CliBus, name: str) -> str:
    found: str = bus.json("state", name)["state"]
    return found


def test_a_life(bus: CliBus) -> None:
    assert bus.ok("define", "-", input=GUEST.format(name="life")).startswith("life: define done")
    assert "now running" in bus.ok("start", "life")
    assert bus.ok("suspend", "life") == "life: suspend done\n"
    assert state(bus, "life") == "paused"
    bus.ok("resume", "life")
    bus.ok("reboot", "life")
    bus.ok("reset", "life")
    bus.ok("send-key", "life", "ctrl", "alt", "delete", "--hold-time-ms", "1")
    bus.ok("shutdown", "life")
    assert state(bus, "life") == "shutoff"
    assert bus.json("rename", "life", "after")["name"] == "after"
    bus.ok("start", "after", "--paused")
    assert state(bus, "after") == "paused"
    bus.ok("destroy", "after")
    bus.ok("undefine", "after")
    assert bus.run("info", "after").returncode == 3


def test_a_transient_domain_is_gone_with_its_end(bus: CliBus) -> None:
    assert bus.json("create", "-", input=GUEST.format(name="brief"))["persistent"] is False
    bus.ok("destroy", "brief")
    assert bus.run("state", "brief").returncode == 3


def test_a_file_is_defined_by_its_name(bus: CliBus) -> None:
    path = bus.directory / "guest.xml"
    path.write_text(GUEST.format(name="filed"))
    bus.ok("define", str(path))
    assert "filed" in bus.ok("list", "--inactive", "--name").split()
    bus.ok("undefine", "filed")


def test_a_domain_is_found_by_uuid_id_and_name(bus: CliBus, guest: str) -> None:
    info = bus.json("info", guest)
    UUID(info["uuid"])
    for word in (info["uuid"], info["uuid"].replace("-", ""), str(info["id"])):
        assert bus.json("info", word)["name"] == guest
    bus.define("12345", start=False)
    try:
        assert bus.json("info", "12345")["name"] == "12345"
    finally:
        bus.forget("12345")


def test_list_filters(bus: CliBus, guest: str) -> None:
    bus.ok("suspend", guest)
    assert [each["name"] for each in bus.json("list", "--state", "paused")] == [guest]
    assert guest not in bus.ok("list", "--inactive", "--name")
    assert bus.json("list", "--autostart") == []
    header, *rows = bus.ok("list", "--active").splitlines()
    assert header.split() == ["Id", "Name", "State", "Reason", "vCPUs", "Memory", "Since"]
    assert any(re.match(r" *\d+ +guest +paused +user +1 +64 MiB", row) for row in rows)


def test_autostart(bus: CliBus, guest: str) -> None:
    bus.ok("autostart", guest)
    assert bus.json("autostart", guest, "--show") == {"autostart": True}
    bus.ok("autostart", guest, "--disable")
    assert bus.ok("autostart", guest, "--show") == "guest: autostart off\n"


def test_metadata(bus: CliBus, guest: str) -> None:
    bus.ok("metadata", guest, "title", "--set", "a title")
    assert bus.ok("metadata", guest, "title") == "a title\n"
    bus.ok("metadata", guest, "description", "--set", "-", input="two\nlines")
    assert bus.json("metadata", guest, "description") == {"text": "two\nlines"}
    element = ("metadata", guest, "element", "--namespace", "http://example.org/x")
    bus.ok(*element, "--key", "x", "--set", "<x:note xmlns:x='http://example.org/x'>hi</x:note>")
    assert "hi" in bus.ok(*element)
    bus.ok(*element, "--remove")
    assert bus.json(*element) == {"text": None}


def test_documents(bus: CliBus, guest: str) -> None:
    assert bus.ok("xml", guest).startswith("<domain type='test' id=")
    assert bus.ok("xml", guest, "--inactive").startswith("<domain type='test'>")
    assert bus.json("xml", guest, "--secret")["xml"].startswith("<domain")
    assert bus.run("--readonly", "xml", guest, "--secret").returncode == 7
    assert bus.ok("host", "capabilities").startswith("<capabilities>")


def test_statistics(bus: CliBus, guest: str) -> None:
    (stats,) = bus.json("stats", guest)
    assert stats["name"] == guest
    assert stats["vcpus"][0]["number"] == 0
    assert {"guest", "test"} <= {each["name"] for each in bus.json("stats")}
    assert bus.ok("stats").splitlines()[0].startswith("Name")
    assert "test" in [each["name"] for each in bus.json("stats", "--published")]
    assert any(line.split()[1:2] == [guest] for line in bus.ok("top").splitlines())
    assert guest in [each["name"] for each in bus.json("top")]


def test_host(bus: CliBus) -> None:
    assert bus.json("host", "info")["uri"] == URI
    assert "memory: " in bus.ok("host", "info")


def test_status_names_those_present_and_those_not_running(bus: CliBus) -> None:
    status = bus.json("status")
    agents = {each["agent"]: each for each in status["agents"]}
    assert agents["test"]["state"] == "present"
    assert agents["test"]["pid"] == bus.pid("test")
    assert agents["test"]["problems"] == []
    assert agents["qemu"]["state"] == "not running"
    assert agents["qemu"]["problems"]
    assert status["broker"]["pid"] == bus.pid("broker")
    assert "test   present" in bus.ok("status")


def test_matrix_without_a_broker_is_what_the_agents_declare() -> None:
    done = subprocess.run(
        [*COMMAND, "matrix", "--json"], capture_output=True, text=True, timeout=WAIT_S, check=True,
        env={"PATH": "/usr/bin:/bin", "VIRTBUS_RUN_DIR": "/nonexistent"},
    )  # fmt: skip
    matrix = json.loads(done.stdout)
    assert {"test", "qemu"} <= set(matrix)
    assert {"virDomainCreate", "virDomainDefineXML", "virDomainSuspend"} <= set(matrix["test"])
    assert matrix["test"] == sorted(set(matrix["test"]))


def test_matrix_of_the_bus_agrees(bus: CliBus) -> None:
    assert "virDomainDestroy" in bus.json("matrix")["test"]
    assert "domain.destroy" in bus.json("matrix", "--operations")["test"]
    assert re.search(r"^virDomainDestroy .*yes", bus.ok("matrix"), re.MULTILINE)


def test_without_a_uri_the_agent_that_is_there_is_taken(bus: CliBus) -> None:
    del bus.environment["VIRTBUS_URI"]
    try:
        assert bus.json("host", "info")["uri"] == URI
    finally:
        bus.environment["VIRTBUS_URI"] = URI


@pytest.mark.parametrize(
    "arguments, status, words",
    [
        ("start nosuch", 3, "no domain with name 'nosuch'"),
        ("start test", 6, "is running"),
        ("define /nonexistent.xml", 2, "No such file"),
        ("-c foo:///bar list", 4, "no agent serves foo:///bar"),
        ("-c nonsense list", 2, "not a connection URI"),
        ("--broker /nonexistent --deadline 1 list", 4, "not reached"),
        ("--readonly destroy test", 7, "needs the grant"),
        ("cancel 00", 2, "no request 00"),
        ("autostart test --show --disable", 2, "give one of them"),
        ("strat test", 2, "did you mean"),
        ("stop test", 2, "did you mean shutdown or destroy?"),
        ("start", 2, "Missing argument"),
        ("list --state asleep", 2, "asleep"),
        ("events --event nothing", 2, "no event nothing"),
    ],
)
def test_failures_say_what_and_exit_as_documented(
    bus: CliBus, arguments: str, status: int, words: str
) -> None:
    done = bus.run(*arguments.split())
    assert done.returncode == status, done
    assert done.stdout == ""
    first, *_, last = done.stderr.splitlines()
    assert first.startswith("error: ") and words in first
    assert last.startswith("next:  ")
    told = json.loads(bus.run(*arguments.split(), "--json").stderr)["error"]
    assert told["exit_status"] == status and words in told["message"]


def test_a_wrong_document_is_refused_with_its_place(bus: CliBus) -> None:
    done = bus.run("define", "-", input="<domain type='test'>\n<nam>x</nam>\n</domain>")
    assert done.returncode == 2, done
    assert done.stderr.startswith("error: ")


def test_a_closed_pipe_is_no_traceback(bus: CliBus) -> None:
    done = subprocess.run(
        ["/bin/sh", "-c", f"{' '.join(COMMAND)} matrix | head -1"],
        capture_output=True, text=True, env=bus.environment, timeout=WAIT_S, check=True,
    )  # fmt: skip
    assert done.stdout.startswith("Function")
    assert done.stderr == ""


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_script(bus: CliBus, shell: str) -> None:
    assert "_VIRTBUS_COMPLETE" in bus.ok("completion", shell)


def test_names_of_domains_are_completed(bus: CliBus, guest: str) -> None:
    bus.environment |= {
        "_VIRTBUS_COMPLETE": "bash_complete",
        "COMP_WORDS": "virtbus start gue",
        "COMP_CWORD": "2",
    }
    try:
        assert bus.run().stdout == f"plain,{guest}\n"
    finally:
        for name in ("_VIRTBUS_COMPLETE", "COMP_WORDS", "COMP_CWORD"):
            del bus.environment[name]
