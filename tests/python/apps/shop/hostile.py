"""Everything here notes that it was touched. Nobody may."""

import sys
import types

TOUCHED = []


class Meta(type):
    def __getattribute__(cls, name):
        TOUCHED.append(("metaclass", name))
        return super().__getattribute__(name)

    def __instancecheck__(cls, instance):
        TOUCHED.append(("instancecheck",))
        return True

    def __subclasscheck__(cls, subclass):
        TOUCHED.append(("subclasscheck",))
        return True

    def mro(cls):
        return super().mro()


class Watched(metaclass=Meta):
    def method(self):
        return 1

    def __getattribute__(self, name):
        TOUCHED.append(("instance", name))
        return super().__getattribute__(name)

    @property
    def func(self):
        TOUCHED.append(("property", "func"))

    @property
    def __wrapped__(self):
        TOUCHED.append(("property", "__wrapped__"))

    def __eq__(self, other):
        TOUCHED.append(("eq",))
        return True

    def __hash__(self):
        TOUCHED.append(("hash",))
        return 1

    @property
    def __class__(self):
        TOUCHED.append(("class",))
        return types.FunctionType


class Descriptor:
    def __get__(self, instance, owner=None):
        TOUCHED.append(("descriptor",))

    def __set__(self, instance, value):
        TOUCHED.append(("descriptor set",))


class HasDescriptor:
    func = Descriptor()
    dispatcher = Descriptor()
    __wrapped__ = Descriptor()


class Property(property):
    def __getattribute__(self, name):
        TOUCHED.append(("property subclass", name))
        return super().__getattribute__(name)


class Owner:
    @Property
    def behind(self):
        return 1


class Key(str):
    """Collides with a name and notes comparisons."""

    def __eq__(self, other):
        TOUCHED.append(("key", other))
        return str.__eq__(self, other)

    def __hash__(self):
        return hash("__name__")


watched = Watched()
described = HasDescriptor()


class Module(types.ModuleType):
    def __getattribute__(self, name):
        TOUCHED.append(("module", name))
        return super().__getattribute__(name)

    def __getattr__(self, name):
        TOUCHED.append(("module getattr", name))
        raise AttributeError(name)


def plain():
    return watched


fake = Module("shop.fake")
fake.__dict__["plain"] = types.FunctionType(plain.__code__, fake.__dict__)
fake.__dict__["odd"] = 1
fake.__dict__[Key("odd key")] = 2
sys.modules["shop.fake"] = fake
sys.modules["shop.object"] = watched
del TOUCHED[:]
