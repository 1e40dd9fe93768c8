"""Functions and methods of every kind."""

import dataclasses
import functools
from math import sqrt  # noqa: F401  a builtin of another module

from shop.base import Base, Counted, Slotted, imported, with_wraps, without_wraps  # noqa: F401

VERSION = "2"
double = lambda x: 2 * x  # noqa: E731
native = len


def add(x, y=1):
    return x + y


@with_wraps
def wrapped(x):
    return x


@without_wraps
def unnamed(x):
    return x


@with_wraps
@without_wraps
@with_wraps
def thrice(x):
    return x


@functools.lru_cache
def cached(x):
    return x


@functools.singledispatch
def dispatched(x):
    return "object"


@dispatched.register
def _dispatched_int(x: int):
    return "int"


@Counted
def counted(x):
    return x


@Slotted
def slotted(x):
    return x


partial = functools.partial(add, 1)


def outer(x):
    def inner(y):
        def innermost(z):
            return x + y + z

        return innermost

    class Local:
        def method(self):
            return inner

    return inner, Local


def maker():
    def made():
        return 1

    return made


first, second = maker(), maker()


def générer():
    yield 1


async def coroutine():
    return [x for x in (1, 2)]


class Cart(Base):
    def plain(self):
        return 1

    @staticmethod
    def static():
        return 2

    @classmethod
    def of_class(cls):
        return 3

    @property
    def price(self):
        return 4

    @price.setter
    def price(self, value):
        pass

    @functools.cached_property
    def slow(self):
        return 5

    def taking(self, x):
        return x

    with_two = functools.partialmethod(taking, 2)

    @functools.singledispatchmethod
    def dispatch(self, x):
        return x

    @dispatch.register
    def _dispatch_int(self, x: int):
        return -x

    @functools.lru_cache  # noqa: B019
    def cached_method(self):
        return 6

    def __len__(self):
        return 7

    class Nested:
        class Deeper:
            def method(self):
                return 8


bound = Cart().plain


@dataclasses.dataclass
class Item:
    name: str
