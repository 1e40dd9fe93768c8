"""What other modules of the shop import."""

import functools


def imported():
    return "base"


def with_wraps(function):
    @functools.wraps(function)
    def wrapper(*args, **kwargs):
        return function(*args, **kwargs)

    return wrapper


def without_wraps(function):
    def hidden(*args, **kwargs):
        return function(*args, **kwargs)

    return hidden


class Counted:
    """A decorator that is an object."""

    def __init__(self, function):
        functools.update_wrapper(self, function)
        self.count = 0

    def __call__(self, *args, **kwargs):
        self.count += 1
        return self.__wrapped__(*args, **kwargs)


class Slotted:
    """A decorator that keeps its function in a slot."""

    __slots__ = ("func",)

    def __init__(self, function):
        self.func = function


class Base:
    def total(self):
        return 0
