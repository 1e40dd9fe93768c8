"""The demo: httpbin, unmodified, served twice: plain, and under `waspect run` with `slow_calls` and `exceptions`.

In: the `waspect` binary, cargo with the wasm target, and a Python that has httpbin and waitress. Out: what waspect
showed (histograms, records, counts, summary), whether every answer was the same byte for byte, and what the probes
cost; exit 0 if all holds. Never: a request off this machine, or an answer that may differ by itself.
"""

from __future__ import annotations

import argparse
import http.client
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
# Built here first, from `probes/`: cargo's own folders stay apart from those of the agent.
PROBES = ["slow_calls", "exceptions"]
BUILD_FOLDER = ROOT / "target" / "probes"
ROUNDS = 12
START_SECONDS_MAX, STOP_SECONDS_MAX = 60, 30
# What the demo is to show: of `slow_calls`, and of `exceptions`.
SHOWN = ["latency_ns", "httpbin.core.delay_response", "duration_ns", "httpbin.core.random_bytes ValueError"]
# What the server adds of its own, by the clock.
HEADERS_IGNORED = {"date"}
# The application sees the same client and the same host, whichever server answers.
HEADERS = {"Host": "httpbin.test", "User-Agent": "waspect-demo", "Accept": "*/*", "Cookie": "flavour=plain"}
SLOW = ["/delay/0.01", "/delay/0.02"]
FAST = [
    "/html", "/json", "/xml", "/robots.txt", "/deny", "/encoding/utf8", "/forms/post", "/image/svg", "/image/png",
    "/get?shape=round", "/anything/a/b?n=1&n=2", "/headers", "/ip", "/user-agent", "/cookies", "/cache/60",
    "/base64/d2FzcGVjdA==", "/bytes/64?seed=7", "/stream-bytes/64?seed=7&chunk_size=16", "/range/256", "/stream/3",
    "/status/418", "/status/204", "/links/4/1", "/deflate", "/basic-auth/user/secret", "/response-headers?a=b",
    "/etag/abc", "/redirect-to?url=/get", "/bearer", "/no-such-page",
]  # fmt: skip
# Values that httpbin does not expect: it raises, and answers 500. Once each, since it logs a traceback each time.
RAISING = ["/bytes/8?seed=none", "/bytes/9?seed=none", "/stream-bytes/8?chunk_size=many"]
POSTS = {"/post": b"colour=green&size=3", "/anything": b'{"cart": [1, 2, 3]}'}


class Answer(NamedTuple):
    """What may not change under a probe."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes


class Server(NamedTuple):
    process: subprocess.Popen[bytes]
    port: int
    output: Path


def main() -> int:
    options = arguments()
    with tempfile.TemporaryDirectory(prefix="waspect-demo-") as folder:
        modules = [arg for name in PROBES for arg in ("-p", built(options.waspect, name))]
        run = ["run", *modules, "--python", options.python, "--"]
        print("$ waspect", *run, *application(0), flush=True)
        with (
            serve([options.python], Path(folder, "plain")) as plain,
            serve([options.waspect, *run], Path(folder, "probed")) as probed,
        ):
            different, times = compare(plain.port, probed.port)
        shown = probed.output.read_text(errors="replace")
    print(shown)
    return verdict(different, times, shown, probed.process.returncode)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="httpbin under load, with and without a probe")
    parser.add_argument("--waspect", required=True, help="the binary, out of the wheel")
    parser.add_argument("--python", required=True, help="a Python that has httpbin and waitress, but no waspect")
    options = parser.parse_args()
    # Not resolved: a virtual environment is known by the path of its link.
    options.waspect, options.python = str(Path(options.waspect).absolute()), str(Path(options.python).absolute())
    return options


def built(waspect: str, name: str) -> str:
    """Where the module of a probe is; building shows what cargo says, and ends the demo where it cannot be done."""
    module = f"target/probes/{name}.wasm"
    BUILD_FOLDER.mkdir(parents=True, exist_ok=True)
    command = ["build", f"probes/{name}", "-o", module]
    print("$ waspect", *command, flush=True)
    done = subprocess.run(
        [waspect, *command], cwd=ROOT, env=os.environ | {"CARGO_TARGET_DIR": str(BUILD_FOLDER)}, check=False
    )
    if done.returncode:
        sys.exit(f"probes/{name} was not built")
    return module


def application(port: int) -> list[str]:
    return ["-m", "waitress", f"--listen=127.0.0.1:{port or 'PORT'}", "--threads=4", "httpbin:app"]


@contextmanager
def serve(command: list[str], output: Path) -> Iterator[Server]:
    """The application under a command, in a process group of its own, ended as Ctrl-C in a terminal would."""
    port = free_port()
    with output.open("wb") as out:
        process = subprocess.Popen(
            [*command, *application(port)], cwd=ROOT, stdin=subprocess.DEVNULL, stdout=out, stderr=out, process_group=0
        )
        try:
            wait_until_up(process, port, output)
            yield Server(process, port, output)
        finally:
            stop(process)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def wait_until_up(process: subprocess.Popen[bytes], port: int, output: Path) -> None:
    deadline = time.monotonic() + START_SECONDS_MAX
    while time.monotonic() < deadline and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    sys.exit(f"the server did not start: {process.args!r}\n{output.read_text(errors='replace')}")


def stop(process: subprocess.Popen[bytes]) -> None:
    """To the one process, which passes it on; the group would get it twice. Only the last resort goes to all."""
    ways: tuple[Callable[[], object], ...] = (
        lambda: process.send_signal(signal.SIGINT),
        process.terminate,
        lambda: os.killpg(process.pid, signal.SIGKILL),
    )
    for way in ways:
        if process.poll() is None:
            way()
        try:
            process.wait(STOP_SECONDS_MAX)
        except subprocess.TimeoutExpired:
            continue
        return


def compare(plain: int, probed: int) -> tuple[list[str], list[tuple[float, float]]]:
    """Asks both servers the same, in turn; gives the requests answered differently, and the seconds each took."""
    different, times = [], []
    connections = [http.client.HTTPConnection("127.0.0.1", port, timeout=30) for port in (plain, probed)]
    usual: list[tuple[str, bytes | None]] = [*((path, None) for path in SLOW + FAST), *POSTS.items()]
    for turn in range(ROUNDS):
        for path, body in [*usual, *((path, None) for path in RAISING if turn == 0)]:
            (expected, first), (found, second) = (timed(connection, path, body) for connection in connections)
            times.append((first, second))
            if found != expected:
                different.append(f"{path}: found {found}, expected {expected}")
    for connection in connections:
        connection.close()
    return different, times


def timed(connection: http.client.HTTPConnection, path: str, body: bytes | None) -> tuple[Answer, float]:
    began = time.perf_counter()
    connection.request("GET" if body is None else "POST", path, body, HEADERS)
    response = connection.getresponse()
    content = response.read()
    took = time.perf_counter() - began
    headers = [(name, value) for name, value in response.getheaders() if name.lower() not in HEADERS_IGNORED]
    return Answer(response.status, headers, content), took


def verdict(different: list[str], times: list[tuple[float, float]], shown: str, status: int | None) -> int:
    plain, probed = (median(column) * 1e6 for column in zip(*times, strict=True))
    cost = median(b - a for a, b in times) * 1e6
    words = " ".join(shown.split())
    missing = [word for word in SHOWN if word not in words]
    print(f"answers   {len(times) - len(different)} of {len(times)} the same, byte for byte")
    print(
        f"request   {plain:.0f} µs plain, {probed:.0f} µs probed (medians); {cost:+.0f} µs each (median of differences)"
    )
    for line in different[:5]:
        print(f"different {line}")
    for word in missing:
        print(f"missing   nothing above tells of `{word}`")
    if status:
        print(f"status    waspect ended with {status}, expected 0")
    return int(bool(different or missing or status))


if __name__ == "__main__":
    sys.exit(main())
