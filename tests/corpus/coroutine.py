"""Coroutines: awaited, cancelled, timed out, thrown into, closed; async with and async for."""

import asyncio


async def constant(value):
    return value


async def sleeps(value):
    await asyncio.sleep(0)
    return value


async def guarded(log):
    try:
        await asyncio.sleep(60)
    except asyncio.CancelledError:
        log.append("cancelled")
        raise
    finally:
        log.append("finally")


async def swallows():
    try:
        await asyncio.sleep(60)
    except asyncio.CancelledError:
        return "swallowed"


async def bare():
    await asyncio.sleep(60)


async def fails():
    await asyncio.sleep(0)
    raise KeyError("async")


class Manager:
    async def __aenter__(self):
        await asyncio.sleep(0)
        return "entered"

    async def __aexit__(self, kind, value, tb):
        await asyncio.sleep(0)
        return kind is KeyError


class Items:
    def __init__(self, n):
        self.n = n

    def __aiter__(self):
        return self

    async def __anext__(self):
        self.n -= 1
        if self.n < 0:
            raise StopAsyncIteration
        await asyncio.sleep(0)
        return self.n


class Suspends:
    """Awaitable without an event loop."""

    def __await__(self):
        received = yield "suspended"
        return received


async def by_hand(log):
    try:
        log.append(await Suspends())
        log.append(await Suspends())
    finally:
        log.append("finally")
    return "done"


async def by_hand_bare():
    await Suspends()
    await Suspends()


async def manages(fail):
    async with Manager() as m:
        if fail:
            await fails()
        return m
    return "swallowed"


async def iterates():
    return [i async for i in Items(4)], [await sleeps(i) for i in range(3)], {i async for i in Items(2) if i}


async def gathers():
    return await asyncio.gather(sleeps(1), constant(2), fails(), return_exceptions=True)


async def cancels(log):
    task = asyncio.create_task(guarded(log))
    await asyncio.sleep(0)
    task.cancel()
    try:
        await task
    except asyncio.CancelledError:
        log.append("outside")
    other = asyncio.create_task(swallows())
    await asyncio.sleep(0)
    other.cancel()
    log.append(await other)
    early = asyncio.create_task(bare())
    early.cancel()
    await asyncio.wait([early])
    log.append(early.cancelled())
    return log


async def times_out():
    async with asyncio.timeout(0.001):
        await bare()


async def groups():
    async with asyncio.TaskGroup() as group:
        group.create_task(sleeps(1))
        group.create_task(fails())


def scenario_await():
    return asyncio.run(constant(1)), asyncio.run(sleeps(2)), asyncio.run(iterates())


def scenario_gather():
    return [repr(each) for each in asyncio.run(gathers())]


def scenario_with():
    return asyncio.run(manages(False)), asyncio.run(manages(True))


def scenario_fails():
    asyncio.run(fails())


def scenario_cancels():
    return asyncio.run(cancels([]))


def scenario_times_out():
    asyncio.run(times_out())


def scenario_groups():
    asyncio.run(groups())


def scenario_by_hand():
    log = []
    c = by_hand(log)
    seen = [c.send(None), c.send("a")]
    try:
        c.send("b")
    except StopIteration as e:
        seen.append(e.value)
    return seen, log, c.cr_frame


def scenario_thrown_into():
    log = []
    c = by_hand(log)
    c.send(None)
    c.throw(KeyError("thrown"))


def scenario_closed():
    log = []
    c = by_hand(log)
    c.send(None)
    c.close()
    return log


def scenario_closed_bare():
    c = by_hand_bare()
    c.send(None)
    return c.close()


def scenario_closed_unstarted():
    return by_hand([]).close()
