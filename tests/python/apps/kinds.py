"""Functions of every kind, each with a call that says what it does."""

import asyncio
import functools


def plain(a, b=2):
    return a + b


def raising(a):
    raise ValueError(a)


def recursive(n):
    return n and n + recursive(n - 1)


def keyword_only(*, a):
    return a


def positional_only(a, /, b):
    return a - b


def rest(a, *args, **kwargs):
    return a, args, kwargs


def cell(a):
    return (lambda: a)()


def generator(a):
    got = yield a
    yield got
    return "done"


def unguarded(a):
    yield a
    yield a


def delegating(a):
    return (yield from generator(a))


async def coroutine(a):
    await asyncio.sleep(0)
    return a


async def agenerator(a):
    yield a
    await asyncio.sleep(0)
    yield a + 1


def wraps(function):
    @functools.wraps(function)
    def wrapper(*args, **kwargs):
        return function(*args, **kwargs)

    return wrapper


@wraps
def wrapped(a):
    return a


@wraps
@wraps
def twice(a):
    return a


@functools.lru_cache
def cached(a):
    return a


def outer(a):
    def inner(b):
        def innermost(c):
            return a + b + c

        return innermost

    return inner


early = outer(1)


def maker():
    def made(a):
        return a

    return made


first, second = maker(), maker()


def class_maker():
    class Local:
        def method(self, a):
            return a

    return Local


class Kinds:
    def method(self, a):
        return a

    @staticmethod
    def static(a):
        return a

    @classmethod
    def of_class(cls, a):
        return a

    @property
    def prop(self):
        return "got"

    @prop.setter
    def prop(self, value):
        self.value = value

    @functools.cached_property
    def slow(self):
        return "slow"

    def taking(self, a, b):
        return a, b

    with_one = functools.partialmethod(taking, 1)

    def __init__(self, a=0):
        self.a = a

    def __getitem__(self, a):
        return a

    def __call__(self, a):
        return a

    class Nested:
        class Deeper:
            def method(self, a):
                return a


class Child(Kinds):
    def method(self, a):
        return super().method(a)
