"""Programs to be entered while they run, each in one state, each keeping an account of its own results.

In: a state's name, for some a length in seconds. Out: `ready` in the first line once the state is reached; at SIGUSR1
and at SIGTERM, which ends it, a JSON object in a line: the rounds done, what was wrong in them, if anything was, and
whether this program's own functions are what they were; at SIGUSR2 also what it holds. Never: a package beside the
standard library, but for the states named after one; an end by itself.

A round's results are known beforehand: sums of floats bit by bit, digests, the errno of calls that must fail, sleeps
that must not be short, exit codes of children, counts of signals.
"""

from __future__ import annotations

import asyncio
import atexit
import errno
import gc
import hashlib
import http.client
import http.server
import json
import math
import os
import select
import signal
import socket
import subprocess
import sys
import threading
import time

# Sleeps end late on a busy machine, but never early.
SLEEP, SLEEP_MAX = 0.02, 30


class Account:
    """What was done, and what came out wrong."""

    def __init__(self):
        self.rounds, self.wrong = 0, []

    def expect(self, what, found, expected):
        if found != expected:
            self.wrong.append(f"{what}: {found!r}, expected {expected!r}")
        self.rounds += 1

    def slept(self, what, began, least=SLEEP):
        took = time.monotonic() - began
        if not least <= took < SLEEP_MAX:
            self.wrong.append(f"{what}: {took} s, expected {least}")
        self.rounds += 1


account = Account()
# What they were before anybody came.
OWN = {function: function.__code__ for function in vars(Account).values() if hasattr(function, "__code__")}


def told(own, *, all_of_it=False):
    """The account, in one line and one write; what is held, once garbage is gone."""
    said = {"rounds": account.rounds, "wrong": account.wrong[:20]}
    said["clean"] = all(function.__code__ is code for function, code in OWN.items())
    if all_of_it:
        gc.collect()
        said |= {"objects": len(gc.get_objects()), "atexit": atexit._ncallbacks()}
    # A forked child has its parent's handlers, and nothing to say.
    if os.getpid() == own:
        os.write(1, json.dumps(said).encode() + b"\n")


# --- pieces of work whose results are known


def floats():
    total = 0.0
    for i in range(1, 400):
        total += math.sin(i) * math.sqrt(i) / (i % 7 + 0.3)
    return total.hex()


def digest():
    text = b"waspect"
    for _ in range(40):
        text = hashlib.sha256(text).digest()
    return text.hex()


def structures():
    rows = [{"id": i, "name": "n" * (i % 50), "pad": bytearray(1000 * (i % 30))} for i in range(60)]
    text = json.dumps([{k: v for k, v in row.items() if k != "pad"} for row in rows])
    rows.append(rows)
    del rows
    return len(json.loads(text)), sum(len(row["name"]) for row in json.loads(text))


def failing():
    """The errno of three calls that fail."""
    found = []
    for call in (lambda: os.open("/nowhere/at/all", os.O_RDONLY), lambda: os.close(-1), lambda: os.kill(-(2**31), 0)):
        try:
            call()
        except OSError as error:
            found.append(error.errno)
    return found


WORK = (floats, digest, structures, failing)
KNOWN = {work: work() for work in WORK}
assert KNOWN[failing][:2] == [errno.ENOENT, errno.EBADF]


def work(*kinds):
    for kind in kinds or WORK:
        account.expect(kind.__name__, kind(), KNOWN[kind])


def forever(function, *arguments):
    while True:
        function(*arguments)


def in_threads(count, function, *arguments):
    for _ in range(count):
        threading.Thread(target=forever, args=(function, *arguments), daemon=True).start()


# --- states: each runs until SIGTERM


def sleep():
    while True:
        for seconds in (SLEEP, 10 * SLEEP):
            began = time.monotonic()
            time.sleep(seconds)
            account.slept("sleep", began, seconds)
        work(floats, failing)


def sleep_long():
    while True:
        time.sleep(3600)
        account.wrong.append("an hour's sleep ended")


def waits():
    """`select`, `poll`, `epoll` and a socket with a timeout, on something that never comes."""
    ours, _theirs = socket.socketpair()
    ours.settimeout(SLEEP)
    poll, epoll = select.poll(), select.epoll()
    poll.register(ours, select.POLLIN)
    epoll.register(ours.fileno(), select.EPOLLIN)
    calls = {
        "select": lambda: select.select([ours], [], [], SLEEP),
        "poll": lambda: poll.poll(1000 * SLEEP),
        "epoll": lambda: epoll.poll(SLEEP),
        "recv": lambda: receive(ours),
    }
    while True:
        for name, call in calls.items():
            began = time.monotonic()
            account.expect(name, bool(any(call())), False)
            # Milliseconds are rounded in the kernel.
            account.slept(name, began, SLEEP - 0.002)


def receive(ours):
    try:
        return ours.recv(1)
    except TimeoutError:
        return b""


def wait_for_ever():
    ours, _theirs = socket.socketpair()
    while True:
        account.expect("select", select.select([ours], [], []), None)


def join():
    def worker():
        while True:
            began = time.monotonic()
            time.sleep(SLEEP)
            account.slept("sleep", began)

    thread = threading.Thread(target=worker, daemon=True)
    thread.start()
    thread.join()


def cpu():
    while True:
        work(floats)


def malloc():
    while True:
        work(structures, failing)
        gc.collect()


def threads():
    in_threads(4, work)
    while True:
        work()


def long_calls(seconds=2.0):
    """The interpreter's lock is held so long at a time, outside of its loop."""
    began, probe = time.monotonic(), 2_000_000
    sum(range(probe))
    n = int(probe * float(seconds) / (time.monotonic() - began))
    while True:
        account.expect("sum", sum(range(n)), n * (n - 1) // 2)


def hashing():
    """Vector registers in use, in other libraries' code, without the interpreter's lock."""
    block = bytes(range(256)) * 40_000
    kinds = {name: hashlib.new(name, block).hexdigest() for name in ("sha256", "sha512", "md5", "blake2b")}

    def once():
        for name, known in kinds.items():
            account.expect(name, hashlib.new(name, block).hexdigest(), known)

    in_threads(1, once)
    forever(once)


def tasks():
    async def one(n):
        total = 0
        for i in range(20):
            began = time.monotonic()
            await asyncio.sleep(SLEEP / 10)
            account.slept("asyncio.sleep", began, SLEEP / 10 - 0.002)
            total += i * n
        return total

    async def rounds():
        while True:
            found = await asyncio.gather(*(one(n) for n in range(50)))
            account.expect("gather", found, [190 * n for n in range(50)])
            work(floats)

    asyncio.run(rounds())


def fork():
    while True:
        child = os.fork()
        if child == 0:
            os._exit(7 if floats() == KNOWN[floats] else 8)
        account.expect("child", os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), 7)
        done = subprocess.run(["/bin/sh", "-c", "echo out; exit 5"], stdout=subprocess.PIPE, check=False)
        account.expect("program", (done.returncode, done.stdout), (5, b"out\n"))


def signals():
    """A timer fires all the time; none of its signals may stay away for long."""
    arrived = 0

    def count(*_):
        nonlocal arrived
        arrived += 1

    signal.signal(signal.SIGALRM, count)
    signal.setitimer(signal.ITIMER_REAL, 0.002, 0.002)
    while True:
        before, began = arrived, time.monotonic()
        while arrived == before and time.monotonic() - began < SLEEP_MAX:
            work(floats)
            time.sleep(0.001)
        account.expect("signals came", arrived > before, True)


def serving():
    """A threaded HTTP server, and two clients in the same process."""

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self):
            body = f"{self.path} {floats()}".encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    clients(server.server_address[1])
    server.serve_forever()


def flask():
    """The same of Flask and its own server."""
    import logging

    from flask import Flask
    from werkzeug.serving import make_server

    logging.getLogger("werkzeug").disabled = True
    app = Flask(__name__)
    app.add_url_rule("/<path:rest>", view_func=lambda rest: f"/{rest} {floats()}")
    server = make_server("127.0.0.1", 0, app, threaded=True)
    clients(server.port)
    server.serve_forever()


def uvicorn():
    """The same of a bare ASGI application."""
    import uvicorn

    async def app(scope, receive, send):
        if scope["type"] == "http":
            body = f"{scope['path']} {floats()}".encode()
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": body})

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_level="critical", lifespan="off"))
    # SIGTERM is ours.
    server.install_signal_handlers = lambda: None
    clients(port)
    asyncio.run(server._serve() if hasattr(server, "_serve") else server.serve())


def clients(port):
    def client(own):
        began = time.monotonic()
        for n in range(10**9):
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=SLEEP_MAX)
            try:
                for m in range(20):
                    path = f"/{own}/{n}/{m}"
                    connection.request("GET", path)
                    account.expect("answer", connection.getresponse().read().decode(), f"{path} {KNOWN[floats]}")
            except ConnectionRefusedError:
                # The server is only starting.
                account.expect("a server", time.monotonic() - began < SLEEP_MAX, True)
                time.sleep(SLEEP)
            finally:
                connection.close()

    for own in range(2):
        threading.Thread(target=client, args=(own,), daemon=True).start()


STATES = {
    "sleep": sleep,
    "select": waits,
    "join": join,
    "cpu": cpu,
    "malloc": malloc,
    "mtcpu": threads,
    "longc": long_calls,
    "asyncio": tasks,
    "flask": flask,
    "uvicorn": uvicorn,
    "fork": fork,
    "hashing": hashing,
    "signals": signals,
    "serving": serving,
    "sleep_long": sleep_long,
    "wait_for_ever": wait_for_ever,
}


def main(state, *length):
    own = os.getpid()

    def end(*_):
        # Nothing is raised: a handler may run where exceptions are ignored. Other threads may be anywhere.
        told(own)
        os._exit(0)

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGUSR1, lambda *_: told(own))
    signal.signal(signal.SIGUSR2, lambda *_: told(own, all_of_it=True))
    print("ready", flush=True)
    STATES[state](*length)


if __name__ == "__main__":
    main(*sys.argv[1:])
