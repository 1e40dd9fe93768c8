"""A service of two processes, asyncio with threads, for `python/tools/soak.py` to probe.

In: a listening socket as descriptor 3. Out: for each line `N` the line `answer(N)`, known to whoever asks; at SIGTERM
each worker says in a line of JSON whether its functions are its own. Never: an end by itself, anything of waspect.
"""

from __future__ import annotations

import asyncio
import gc
import itertools
import json
import os
import signal
import socket

WORKERS = 2
serials = itertools.count()


def price(n):
    return n * 3 + 1


def refuse(n):
    raise ValueError(n)


def items(n):
    yield n
    yield n + 1


def numbered(serial, n):
    """Called once for each answer, with another number each time."""
    return n


async def total(n):
    await asyncio.sleep(0)
    return sum(items(n)) + await asyncio.to_thread(price, n)


async def handle(n):
    try:
        refuse(n)
    except ValueError as error:
        n = error.args[0]
    return numbered(next(serials), await total(n))


def answer(n):
    """What `handle` gives, told beforehand."""
    return 2 * n + 1 + n * 3 + 1


OWN = {f: f.__code__ for f in (price, refuse, items, numbered, total, handle)}


async def serve(reader, writer):
    while line := await reader.readline():
        writer.write(b"%d\n" % await handle(int(line)))
        await writer.drain()
    writer.close()


async def worker():
    server = await asyncio.start_server(serve, sock=socket.socket(fileno=3))
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, end)
    async with server:
        await server.serve_forever()


def end():
    gc.collect()
    told = {"pid": os.getpid(), "clean": all(f.__code__ is code for f, code in OWN.items()), "answers": next(serials)}
    os.write(1, json.dumps(told).encode() + b"\n")
    os._exit(0)


def main():
    workers = []
    for _ in range(WORKERS):
        if (pid := os.fork()) == 0:
            asyncio.run(worker())
        workers.append(pid)
    signal.signal(signal.SIGTERM, lambda *_: [os.kill(pid, signal.SIGTERM) for pid in workers])
    os.write(1, json.dumps(workers).encode() + b"\n")
    for pid in workers:
        os.waitpid(pid, 0)


if __name__ == "__main__":
    main()
