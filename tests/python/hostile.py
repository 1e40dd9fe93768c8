"""Objects whose every special method records that it ran, and raises.

In: nothing. Out: classes, and CALLS, which must stay empty whatever is read. Never here: a test.
"""

CALLS = []


def armed(name):
    """A method that must never run."""

    def method(*args, **kwargs):
        CALLS.append(name)
        raise RuntimeError(f"{name} ran")

    method.__name__ = name
    return method


SPECIAL = [
    "__eq__",
    "__ne__",
    "__lt__",
    "__gt__",
    "__le__",
    "__ge__",
    "__hash__",
    "__len__",
    "__iter__",
    "__next__",
    "__bool__",
    "__index__",
    "__int__",
    "__float__",
    "__complex__",
    "__repr__",
    "__str__",
    "__format__",
    "__bytes__",
    "__contains__",
    "__getitem__",
    "__missing__",
    "__call__",
    "__dir__",
    "__sizeof__",
    "__length_hint__",
    "__reversed__",
    "__instancecheck__",
    "__subclasscheck__",
    "__get__",
    "__add__",
    "__neg__",
    "__enter__",
    "__exit__",
    "__del__",
    "__reduce__",
    "__reduce_ex__",
    "__copy__",
    "__fspath__",
    "__await__",
    "__aiter__",
    "__anext__",
    "__class_getitem__",
    "__mro_entries__",
]


def namespace(*names):
    """A class body full of armed methods."""
    return {name: armed(name) for name in names}


class Loud(type):
    """A metaclass that looks attributes up in its own way."""

    __getattribute__ = armed("meta __getattribute__")
    __getattr__ = armed("meta __getattr__")
    __eq__ = armed("meta __eq__")
    __hash__ = armed("meta __hash__")
    __instancecheck__ = armed("meta __instancecheck__")
    __subclasscheck__ = armed("meta __subclasscheck__")
    __repr__ = armed("meta __repr__")


QUIET_AT_DEATH = [name for name in SPECIAL if name != "__del__"]

#: every special method but those that look attributes up
Special = type("Special", (), namespace(*QUIET_AT_DEATH))


def make_special():
    special = Special()
    object.__setattr__(special, "x", 1)
    return special


#: also `__getattribute__`, `__getattr__`
Everything = type("Everything", (), namespace("__getattribute__", "__getattr__", *QUIET_AT_DEATH))


def make_everything():
    everything = Everything()
    object.__setattr__(everything, "x", 1)
    return everything


class OnlyGetattr:
    __getattr__ = armed("__getattr__")

    def __init__(self):
        self.x = 1


class Descriptor:
    """A data descriptor."""

    __get__ = armed("__get__")
    __set__ = armed("__set__")


class NonData:
    """A descriptor that the instance's own attribute comes before."""

    __get__ = armed("non-data __get__")


class Computed:
    y = 7
    prop = property(armed("property"))
    data = Descriptor()
    nondata = NonData()
    shadowed = NonData()

    def __init__(self):
        self.__dict__["x"] = 1
        self.__dict__["shadowed"] = 2
        self.__dict__["data"] = 3

    def method(self):
        CALLS.append("method")

    klass = classmethod(armed("classmethod"))
    static = staticmethod(armed("staticmethod"))


class OfLoud(metaclass=Loud):
    attribute = 1

    def __init__(self):
        self.x = 1


class LoudKey(str):
    """A str whose comparison is the application's business."""

    loud = False

    def __eq__(self, other):
        if LoudKey.loud:
            CALLS.append("key __eq__")
            raise RuntimeError("key __eq__ ran")
        return str.__eq__(self, other)

    def __hash__(self):
        if LoudKey.loud:
            CALLS.append("key __hash__")
            raise RuntimeError("key __hash__ ran")
        return str.__hash__(self)


class QuietKey(str):
    """A str that compares as one."""


class Colliding:
    """Not a str, but with a str's hash."""

    def __init__(self, text):
        self.hash = hash(text)

    def __hash__(self):
        return self.hash

    def __eq__(self, other):
        if LoudKey.loud:
            CALLS.append("colliding __eq__")
            raise RuntimeError("colliding __eq__ ran")
        return self is other


def loud_subclass(base, *args):
    """An instance of a subclass of a builtin that overrides everything that can be."""
    skip = {"__del__", "__get__", "__next__"}
    body = namespace(*(name for name in SPECIAL if name not in skip))
    return type(f"Loud{base.__name__}", (base,), body)(*args)
