"""Objects of well-known types show what they are worth; look-alikes are ordinary objects.

In: the extension's testing door. Out: decoded trees. Never here: a probe.
"""

import collections
import dataclasses
import datetime
import decimal
import enum
import types

import attrs
import numpy
import pandas
import pydantic
import pytest

import hostile
from reads import core, nothing_ran, tree  # noqa: F401

D = decimal.Decimal
UTC = datetime.UTC


def zone(**offset):
    return datetime.timezone(datetime.timedelta(**offset))


class Silent(datetime.tzinfo):
    def utcoffset(self, _):
        hostile.CALLS.append("utcoffset")

    dst = tzname = utcoffset


NUMBERS = [
    *(numpy.dtype(f"{sign}int{bits}").type(n) for bits in (8, 16, 32, 64) for sign, n in (("", -5), ("u", 5))),
    numpy.longlong(-7),
    numpy.ulonglong(7),
    numpy.int64(-(2**63)),
    numpy.uint64(2**64 - 1),
    numpy.uint64(2**63),
    numpy.float32(1.5),
    numpy.float64(-0.1),
    numpy.bool_(True),
    numpy.bool_(False),
    type("Mine", (numpy.float64,), {})(2.5),
]


@pytest.mark.parametrize("number", NUMBERS, ids=lambda n: f"{type(n).__name__} {n}")
def test_numpy_scalars_are_plain(number):
    shown = tree(number)
    assert (type(shown), shown) == (type(number.item()), number.item())


DECIMALS = (
    "0 -0 1.50 0.00 1E+3 -1.5E-9 0.000001 0.0000001 0E-7 0E+2 "
    "123456789012345678901234567890.5 NaN -NaN123 sNaN sNaN7 Infinity -Infinity 10000000000000000000 1E+999999 -12.5"
)


@pytest.mark.parametrize("text", [*DECIMALS.split(), "1" + "0" * 399, "0." + "7" * 400])
def test_decimals(text):
    assert tree(D(text)) == ("$object", "decimal.Decimal", {"value": str(D(text))})


def test_decimals_are_bounded():
    assert tree(D("-" + "1234567890" * 1000))[2] == {"value": f"-1.{('1234567890' * 40)[1:]}…E+9999"}
    cut = tree(D("7" * 100), str_bytes=10)[2]["value"]
    assert cut[:2] == ("$cut", "bytes") and "7" * 10 in cut


TIMES = [
    datetime.date(1, 2, 3),
    datetime.date(9999, 12, 31),
    datetime.datetime(2026, 1, 2, 3, 4, 5),
    datetime.datetime(2026, 1, 2, 3, 4, 5, 6, UTC),
    datetime.datetime(2026, 1, 2, tzinfo=zone(hours=-3, minutes=-30)),
    datetime.datetime(2026, 1, 2, tzinfo=zone(seconds=3661, microseconds=5)),
    datetime.time(3, 4),
    datetime.time(3, 4, 5, 999999, zone(hours=5, minutes=45)),
    pandas.Timestamp("2026-01-01 02:03:04"),
    hostile.loud_subclass(datetime.datetime, 2026, 1, 2),
]


@pytest.mark.parametrize("time", TIMES, ids=lambda t: type(t).__name__)
def test_times(time):
    base = next(c for c in type(time).__mro__ if c.__module__ == "datetime")
    expected = base.isoformat(time)
    hostile.CALLS.clear()
    assert tree(time)[2] == {"value": expected}


def test_other_time_zones_are_not_asked():
    assert tree(datetime.datetime(2026, 1, 2, tzinfo=Silent()))[2] == {"value": "2026-01-02T00:00:00"}


DURATIONS = {
    "PT0S": {},
    "PT90.5S": {"seconds": 90.5},
    "-PT0.000001S": {"microseconds": -1},
    "PT86399999913600S": {"days": 999999999},
}


@pytest.mark.parametrize("text", DURATIONS)
def test_durations(text):
    assert tree(datetime.timedelta(**DURATIONS[text])) == ("$object", "datetime.timedelta", {"value": text})


class Colour(enum.Enum):
    RED = 1


@dataclasses.dataclass(slots=True)
class Data:
    x: int = 1


@attrs.define
class Attrs:
    x: int = 1


class Model(pydantic.BaseModel):
    x: int = 1


FIELDS = {
    "complex": (lambda: 1 - 2j, {"real": 1.0, "imag": -2.0}),
    "numpy complex": (lambda: numpy.complex128(1 + 2j), {"real": 1.0, "imag": 2.0}),
    "array": (lambda: numpy.zeros((2, 3)), {"shape": "(2, 3)", "dtype": "float64"}),
    "array of one": (lambda: numpy.zeros(3, "int8"), {"shape": "(3,)", "dtype": "int8"}),
    "array of none": (lambda: numpy.array(True), {"shape": "()"}),
    "enum": (lambda: Colour.RED, {"_name_": "RED", "_value_": 1}),
    "dataclass": (Data, {"x": 1}),
    "attrs": (Attrs, {"x": 1}),
    "pydantic": (Model, {"x": 1}),
}


@pytest.mark.parametrize("case", FIELDS)
def test_fields(case):
    make, expected = FIELDS[case]
    shown = tree(make())
    assert shown[0] == "$object" and shown[2].items() >= expected.items()


def test_told_objects_are_as_deep_as_scalars():
    assert tree([D(1)], depth=1) == [("$object", "decimal.Decimal", {"value": "1"})]


def test_mapping_proxies_are_their_mapping():
    assert tree(types.MappingProxyType({"a": 1})) == {"a": 1}
    assert tree(types.MappingProxyType(collections.UserDict(a=1)))[0] == "$opaque"


ALIKE = ["decimal.Decimal", "datetime.datetime", "numpy.int64", "numpy.ndarray", "datetime.timezone"]


@pytest.mark.parametrize("name", ALIKE)
def test_look_alikes_are_ordinary(name):
    module, short = name.split(".")
    body = hostile.namespace("__str__", "__repr__", "__eq__", "__hash__", "__index__", "__int__")
    slots = tuple(
        "abcdefghijk"[: (getattr(globals().get(module, datetime), short, datetime.time).__basicsize__ - 16) // 8]
    )
    for qualname in (short, name):
        alike = type(qualname, (), {**body, "__module__": module, "__slots__": slots})()
        assert core._look(alike) == ("object", None)
        assert tree(alike)[0] == "$opaque"


def test_loud_subclasses_stay_quiet():
    assert tree(hostile.loud_subclass(D, "1.5"))[2] == {"value": "1.5"}
    assert tree(hostile.loud_subclass(complex, 1j))[2] == {"real": 0.0, "imag": 1.0}
