"""Async generators: driven, sent to, thrown into, closed, left half way, cancelled."""

import asyncio


async def count(n):
    for i in range(n):
        await asyncio.sleep(0)
        yield i


async def echo(log):
    received = None
    try:
        while True:
            received = yield received
            log.append(received)
    except KeyError:
        yield "caught"
    finally:
        log.append("finally")


async def waits(log):
    try:
        yield 1
        await asyncio.sleep(60)
        yield 2
    finally:
        log.append("finally")


async def fails():
    yield 1
    raise KeyError("late")


async def drives():
    return [i async for i in count(3)], {i: i async for i in count(2)}


async def sends():
    log = []
    g = echo(log)
    seen = [await g.asend(None), await g.asend("a"), await g.athrow(KeyError("in"))]
    try:
        await g.asend(None)
    except StopAsyncIteration:
        seen.append("stopped")
    return seen, log


async def closes():
    log = []
    g = waits(log)
    seen = [await anext(g)]
    await g.aclose()
    seen.append(await anext(g, "closed"))
    bare = count(3)
    seen.append(await anext(bare))
    await bare.aclose()
    unstarted = count(3)
    await unstarted.aclose()
    return seen, log


async def leaves():
    async for i in count(5):
        if i == 2:
            return i


async def cancelled():
    log = []

    async def consumes():
        async for i in waits(log):
            log.append(i)

    task = asyncio.create_task(consumes())
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.wait([task])
    return log, task.cancelled()


async def late():
    return [i async for i in fails()]


def scenario_drive():
    return asyncio.run(drives())


def scenario_send():
    return asyncio.run(sends())


def scenario_close():
    return asyncio.run(closes())


def scenario_leave():
    return asyncio.run(leaves())


def scenario_cancelled():
    return asyncio.run(cancelled())


def scenario_late():
    asyncio.run(late())
