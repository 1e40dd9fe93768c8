"""Coroutines and tasks: a call is one call, however often it waits and wherever it is cancelled.

Each case is a program that says itself what it called; the probes must say the same. In: programs. Out: agreement.
Never: a network.
"""

from __future__ import annotations

import pytest

from running import alone, run

PROGRAMS = {
    "a thousand tasks": """
import asyncio
async def hit(n=0):
    await asyncio.sleep(0); await asyncio.sleep(0)
    return n
async def main(): return sum(await asyncio.gather(*(hit(i) for i in range(1000))))
print(asyncio.run(main())); say(1000)
""",
    "cancelled": """
import asyncio
async def hit(n=0):
    try: await asyncio.sleep(100)
    finally: done.append(n)
done = []
async def main():
    tasks = [asyncio.create_task(hit(i)) for i in range(300)]
    await asyncio.sleep(0)
    for t in tasks: t.cancel()
    print(sum(isinstance(r, asyncio.CancelledError) for r in await asyncio.gather(*tasks, return_exceptions=True)))
asyncio.run(main()); say(300); print(len(done))
""",
    "cancelled before they began": """
import asyncio
async def hit(n=0): pass
async def main():
    tasks = [asyncio.create_task(hit(i)) for i in range(100)]
    for t in tasks: t.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    await hit()
asyncio.run(main()); say(1)
""",
    "timed out": """
import asyncio
async def hit(n=0): await asyncio.sleep(100)
async def main():
    for i in range(20):
        try:
            async with asyncio.timeout(0.001): await hit(i)
        except TimeoutError: pass
asyncio.run(main()); say(20)
""",
    "asynchronous generators": """
import asyncio
async def hit(n=0):
    try:
        for i in range(n): await asyncio.sleep(0); yield i
    finally: await asyncio.sleep(0)
async def main():
    for n in range(50):
        async for i in hit(10):
            if i == n % 10: break
    g = hit(3); await anext(g); await g.aclose()
    g = hit(3); await anext(g)
    try: await g.athrow(ValueError)
    except ValueError: pass
asyncio.run(main()); say(52)
""",
    "left behind by the loop": """
import asyncio
async def hit(n=0): await asyncio.Event().wait()
async def main():
    main.tasks = [asyncio.create_task(hit(i)) for i in range(50)]
    await asyncio.sleep(0)
asyncio.run(main()); say(50)
""",
    "in executors": """
import asyncio, concurrent.futures
async def main():
    loop = asyncio.get_running_loop()
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        print(sum(await asyncio.gather(*(loop.run_in_executor(pool, hit, i) for i in range(500)))))
    print(sum(await asyncio.gather(*(asyncio.to_thread(hit, i) for i in range(100)))))
asyncio.run(main()); say(600)
""",
    "loops in threads": """
import asyncio, threading
async def hit(n=0): await asyncio.sleep(0); return n
async def main(): await asyncio.gather(*(hit(i) for i in range(100)))
threads = [threading.Thread(target=lambda: asyncio.run(main())) for _ in range(8)]
[t.start() for t in threads]; [t.join() for t in threads]
say(800)
""",
    "a server and its clients": """
import asyncio
async def hit(reader, writer):
    writer.write(await reader.readline()); await writer.drain(); writer.close()
async def main():
    server = await asyncio.start_server(hit, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async def ask(i):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"%d\\n" % i); got = await reader.readline(); writer.close()
        return int(got)
    print(sum(await asyncio.gather(*(ask(i) for i in range(100)))))
    server.close(); await asyncio.sleep(0)
asyncio.run(main()); say(100)
""",
    "forked under a loop": """
import asyncio
async def hit(n=0): await asyncio.sleep(0); return n
async def main():
    await hit()
    if (p := os.fork()) == 0:
        for i in range(7):
            try: hit(i).send(None)
            except StopIteration: pass
        say(7); os._exit(0)
    wait(p); await hit()
asyncio.run(main()); say(2)
""",
    "debug mode": """
import asyncio, logging
async def hit(n=0): await asyncio.sleep(0); return n
async def main(): return await asyncio.gather(*(hit(i) for i in range(50)))
print(asyncio.run(main(), debug=True)); say(50)
""",
}


@pytest.mark.parametrize("program", PROGRAMS.values(), ids=PROGRAMS)
def test_counts_are_exact_and_the_program_is_as_it_was(tmp_path, program):
    probed = run(tmp_path, program)
    truth = sum(probed.truth().values())
    f = probed.function("hit")
    assert sum(probed.counted("entries").values()) == f["entries"] == truth, probed.err
    assert sum(probed.counted("exits").values()) == f["returns"] + f["raises"]
    probed.check_balance()
    plain = alone(tmp_path)
    assert (probed.code, probed.out, probed.err) == (plain.returncode, plain.stdout, plain.stderr)
