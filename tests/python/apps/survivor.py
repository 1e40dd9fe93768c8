"""Functions of every kind for `surviving.py` to call, with results that are known.

In: numbers. Out: numbers and text made of them. Never: a function that nobody accounts for, anything of waspect.
"""

import asyncio

# What `paused` does in the middle: a row puts a switch of its own kind here.
PAUSE = [lambda: None]
# How far the next two came.
DEEPEST = [0]


def plain(n):
    return n * 2


def raising(n):
    raise KeyError(n)


def recursive(n):
    return n and 1 + recursive(n - 1)


def paused(n):
    PAUSE[0]()
    return n + 1


def outer(n):
    def inner(n):
        return n + 3

    return inner(n + 1)


def generator(n):
    got = yield n
    yield got
    return n


def delegating(n):
    return (yield from generator(n))


class Thing:
    def __init__(self, n):
        self.n = n

    def method(self, n):
        return self.n * n

    @classmethod
    def of_class(cls, n):
        return cls.__name__ * n

    @staticmethod
    def static(n):
        return -n

    @property
    def prop(self):
        n = self.n
        return n

    def __getitem__(self, n):
        return [n]


class Awaitable:
    def __await__(self):
        return (yield "waiting")


async def coroutine(n):
    return await Awaitable() + n


async def sleeping(n):
    await asyncio.sleep(0.001)
    return n


async def agenerator(n):
    yield n
    await asyncio.sleep(0)
    yield n + 1


async def failing(n):
    await asyncio.sleep(0)
    raise ValueError(n)


async def cancelled(n):
    await asyncio.sleep(3600)


def endless(n):
    DEEPEST[0] = n
    return endless(n + 1)


def through_c(n):
    """A frame of C between any two of Python."""
    DEEPEST[0] = n
    return sorted([n], key=lambda n: through_c(n + 1))
