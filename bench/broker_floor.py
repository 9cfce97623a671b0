"""What the broker alone costs: READ from its cache and REQUEST through it, with raw peers.

    python bench/broker_floor.py [--clients 16] [--seconds 2] [--json]

Client and agent speak frames on blocking sockets, so what is measured is the broker, and two (READ)
or four (REQUEST) passages of a UNIX socket. Latencies: one client, one at a time. Rate: that many
client processes, each one at a time.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.synchronize import Event
from pathlib import Path
from typing import Any

import zmq

from virtbus.wire.frames import (
    VERSION,
    AgentHello,
    Header,
    Kind,
    decode_header,
    encode_body,
    encode_header,
    make_index,
)
from virtbus.wire.sockets import Role, open_socket

ROUTE = "test:///default"
KEY = "state/domain/1"
ID = b"i" * 16
VALUE = b"v" * 300
TIMEOUT_MS = 10_000
WARM_UP = 500


def connected(run_dir: Path, role: Role) -> zmq.Socket[Any]:
    """A blocking socket on the broker's read-write door."""
    socket = open_socket(zmq.Context.instance(), role)
    socket.rcvtimeo = TIMEOUT_MS
    socket.connect(f"ipc://{run_dir}/requests")
    return socket


def serve_as_agent(run_dir: Path, ready: Event) -> None:
    """Register, publish one value, and answer each request at once."""
    socket = connected(run_dir, Role.AGENT)
    hello = AgentHello(agent="floor", version="1", pid=os.getpid(), routes=(ROUTE,), operations=())
    header = Header(VERSION, Kind.HELLO, os.urandom(16), epoch=1)
    socket.send_multipart([encode_header(header), encode_body(hello)])
    socket.recv_multipart()
    index, blob = make_index({KEY: VALUE})
    sync = Header(VERSION, Kind.SYNC, route=ROUTE, name="state/domain/", number=1, epoch=1)
    socket.send_multipart([encode_header(sync), index, blob])
    ready.set()
    while True:
        asked = decode_header(socket.recv_multipart()[0])
        if asked.kind == Kind.REQUEST:
            reply = Header(VERSION, Kind.REPLY, ticket=asked.ticket, epoch=1)
            socket.send_multipart([encode_header(reply), VALUE])
        elif asked.kind == Kind.PING:
            socket.send_multipart([encode_header(Header(VERSION, Kind.PONG))])


@contextmanager
def running_broker(broker: list[str]) -> Iterator[Path]:
    """A broker with one agent, in a directory of its own; says where."""
    with tempfile.TemporaryDirectory() as directory:
        run_dir = Path(directory) / "run"
        process = subprocess.Popen([*broker, "--run-dir", str(run_dir)], stderr=subprocess.DEVNULL)
        ready = multiprocessing.Event()
        agent = multiprocessing.Process(target=serve_as_agent, args=(run_dir, ready), daemon=True)
        try:
            agent.start()
            if not ready.wait(TIMEOUT_MS / 1000):
                raise TimeoutError("the broker did not welcome the agent in 10 s")
            time.sleep(0.1)
            yield run_dir
        finally:
            agent.terminate()
            agent.join()
            process.terminate()
            process.wait(10)


def latencies_us(run_dir: Path, message: list[bytes], count: int) -> list[float]:
    """Round trips, one at a time."""
    socket = connected(run_dir, Role.CLIENT)
    taken = []
    for _ in range(count + WARM_UP):
        begin_ns = time.perf_counter_ns()
        socket.send_multipart(message)
        socket.recv_multipart()
        taken.append((time.perf_counter_ns() - begin_ns) / 1000)
    socket.close(0)
    return taken[WARM_UP:]


def ask_until(run_dir: Path, message: list[bytes], seconds: float, total: Any) -> None:
    """A client of the rate: asks one at a time, adds its count to the total."""
    socket = connected(run_dir, Role.CLIENT)
    count, until_s = 0, time.monotonic() + seconds
    while time.monotonic() < until_s:
        socket.send_multipart(message)
        socket.recv_multipart()
        count += 1
    with total.get_lock():
        total.value += count


def rate_per_s(run_dir: Path, message: list[bytes], clients: int, seconds: float) -> float:
    """Answers per second to that many processes."""
    total = multiprocessing.Value("q", 0)
    arguments = (run_dir, message, seconds, total)
    asking = [multiprocessing.Process(target=ask_until, args=arguments) for _ in range(clients)]
    for process in asking:
        process.start()
    for process in asking:
        process.join()
    return int(total.value) / seconds


def pss_kib(run_dir: Path) -> int:
    """Memory of the broker that holds the run directory."""
    pid = (run_dir / "broker.lock").read_text().strip()
    rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
    return next(int(line.split()[1]) for line in rollup.splitlines() if line.startswith("Pss:"))


def measure(broker: list[str], clients: int, seconds: float) -> dict[str, float]:
    """All figures of one broker."""
    read = [encode_header(Header(VERSION, Kind.READ, ID, ROUTE, KEY))]
    ask = [encode_header(Header(VERSION, Kind.REQUEST, ID, ROUTE, "domain.info", 5000)), b"\x80"]
    figures: dict[str, float] = {}
    with running_broker(broker) as run_dir:
        figures["pss_kib"] = pss_kib(run_dir)
        for name, message in (("read", read), ("request", ask)):
            taken = latencies_us(run_dir, message, 3000)
            figures[f"{name}_p50_us"] = round(statistics.median(taken), 1)
            figures[f"{name}_p99_us"] = round(statistics.quantiles(taken, n=100)[98], 1)
            figures[f"{name}_rate_per_s"] = round(rate_per_s(run_dir, message, clients, seconds))
    return figures


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--clients", type=int, default=16)
    parser.add_argument("--seconds", type=float, default=2.0)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    broker = [sys.executable, "-m", "virtbus_broker"]
    figures = measure(broker, options.clients, options.seconds)
    if options.json:
        print(json.dumps(figures))
    else:
        for name, value in figures.items():
            print(f"{name:20} {value:10}")


if __name__ == "__main__":
    main()
