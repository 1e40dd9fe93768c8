"""Reads of whatever there is, compared with Python's own, and at moments when objects are half made.

In: the standard library's objects. Out: agreement. Never here: a chosen example.
"""

import collections
import gc
import sys
import threading

from reads import (  # noqa: F401
    ABSENT,
    CODE,
    Plain,
    core,
    nothing_ran,
    ok,
)

LIBRARY = [
    "argparse",
    "array",
    "ast",
    "asyncio",
    "base64",
    "calendar",
    "collections",
    "concurrent.futures",
    "configparser",
    "contextlib",
    "csv",
    "ctypes",
    "dataclasses",
    "datetime",
    "decimal",
    "difflib",
    "dis",
    "email.message",
    "enum",
    "fractions",
    "functools",
    "hashlib",
    "heapq",
    "html.parser",
    "http.client",
    "http.server",
    "inspect",
    "io",
    "ipaddress",
    "itertools",
    "json",
    "logging.config",
    "multiprocessing",
    "numbers",
    "operator",
    "pathlib",
    "pickle",
    "platform",
    "queue",
    "random",
    "re",
    "sched",
    "selectors",
    "shelve",
    "shutil",
    "socket",
    "sqlite3",
    "ssl",
    "statistics",
    "string",
    "struct",
    "subprocess",
    "tempfile",
    "threading",
    "traceback",
    "types",
    "typing",
    "unittest.mock",
    "urllib.request",
    "uuid",
    "weakref",
    "xml.dom.minidom",
    "xml.etree.ElementTree",
    "zipfile",
    "zoneinfo",
]


def everything():
    """Every tracked object after importing much of the standard library, and what is right inside it."""
    for name in LIBRARY:
        __import__(name)
    seen = {}
    # CPython 3.12.1 gives out what this module has freed, and breaks when it is given back.
    broken = sys.modules.get("_asyncio")
    for obj in gc.get_objects():
        for inner in (obj, *gc.get_referents(obj)) if obj is not broken else ():
            seen[id(inner)] = inner
    seen.pop(id(broken), None)
    return list(seen.values())


def names_of(obj):
    """Names worth asking for: the instance's, some of the class's, one that nothing has."""
    own = []
    if type(obj).__dictoffset__:
        own = [r for r in gc.get_referents(obj) if type(r) is dict][:1]
        own = [key for d in own for key in list(d)[:5]]
    of_class = [name for cls in type(obj).__mro__[:3] for name in list(cls.__dict__)[-4:]]
    return [n for n in (*own, *of_class, "__class__", "__doc__", "no_such_name") if type(n) is str and n.isidentifier()]


def test_reads_agree_with_python_over_the_standard_library():
    """What is given is what `getattr` gives; what is said to be absent, `getattr` does not find either."""
    readers, verdicts = {}, collections.Counter()
    for obj in everything():
        for name in names_of(obj):
            reader = readers.setdefault(name, core.Reader("." + name))
            verdict = reader.can(obj)
            verdicts[verdict] += 1
            if verdict == "OK":
                assert reader.gives(obj, getattr(obj, name)) == "SAME", (type(obj), name)
            elif verdict == "ABSENT":
                assert not hasattr(obj, name), (type(obj), name)
    assert verdicts["OK"] > 50_000 and verdicts["ABSENT"] > 50_000
    assert set(verdicts) == {"OK", "ABSENT", "CODE"}


def test_trees_of_everything():
    for obj in everything():
        bytes_, _ = core._encode(obj, depth=4, budget_bytes=2_000)
        assert len(bytes_) <= 2_000


def test_items_agree_with_python_over_the_standard_library():
    readers = {}
    for obj in everything():
        if type(obj) is dict:
            keys = [k for k in list(obj)[:20] if type(k) is str and "]" not in k and '"' not in k and k.isprintable()]
            paths = [(f'["{key}"]', obj[key]) for key in keys]
            paths += [(f"[{key}]", obj[key]) for key in list(obj)[:20] if type(key) is int and abs(key) < 2**63]
        elif type(obj) in (list, tuple) and obj:
            paths = [("[0]", obj[0]), ("[-1]", obj[-1])]
        else:
            continue
        for path, expected in paths:
            reader = readers.setdefault(path, core.Reader(path))
            assert reader.gives(obj, expected) == "SAME", (obj, path)


# --- awkward moments


def seen_in_the_middle(obj):
    """Every read there is; what it gives matters less here than that it ends."""
    core._encode(obj, depth=5), core._look(obj)
    return [core._read(obj, path) for path in (".x", ".__class__", '["k"]', "[0]", "[-1]")]


def test_list_while_it_is_sorted():
    items = [3, 1, 2]
    seen = []
    items.sort(key=lambda n: (seen.append(core._read(items, "[0]")), n)[1])
    assert seen == [ABSENT] * 3 and core._read(items, "[0]") == ok(1)


def test_dict_while_a_key_is_compared():
    seen = []

    class Key:
        def __hash__(self):
            return hash("k")

        def __eq__(self, other):
            seen.append(seen_in_the_middle(table))
            return False

    table = {"k": 1}
    table[Key()] = 2
    del table["k"]
    assert seen and core._read(table, '["k"]') == CODE


def test_class_while_it_is_made():
    seen = []

    class Meta(type):
        def mro(cls):
            seen.append(seen_in_the_middle(cls))
            return super().mro()

    class Named:
        def __set_name__(self, owner, name):
            seen.append(seen_in_the_middle(owner))

    class Made(metaclass=Meta):
        x = Named()

        def __init_subclass__(cls):
            seen.append(seen_in_the_middle(cls))

    class Sub(Made):
        pass

    Sub.__bases__ = (Made,)
    assert len(seen) >= 4


def test_object_while_it_dies():
    seen = []

    class Dying:
        def __init__(self):
            self.x, self.me = 1, self

        def __del__(self):
            seen.append(seen_in_the_middle(self)[0])

    Dying()
    gc.collect()
    assert seen == [ok(1)]


def test_tuple_while_it_is_filled():
    seen = []

    def filling():
        yield 1
        for obj in gc.get_objects():
            if type(obj) is tuple and len(obj) == 10:
                seen.append(seen_in_the_middle(obj))  # noqa: PERF401 — one look at a time, in this frame
        yield 2

    tuple(filling())
    assert seen


def test_object_without_values_yet():
    class Fresh:
        def __new__(cls):
            fresh = super().__new__(cls)
            seen.append(seen_in_the_middle(fresh)[0])
            return fresh

    seen = []
    Fresh()
    assert seen == [ABSENT]


def test_threads_read_and_change_at_once():
    interval = sys.getswitchinterval()
    shared, table, stop = Plain(), {}, []
    read = core.Reader(".x")

    def changing():
        i = 0
        while not stop:
            i += 1
            shared.x = i
            setattr(shared, f"a{i % 50}", i)
            table[i % 97] = table[str(i % 89)] = i
            if i % 7 == 0:
                shared.__dict__  # noqa: B018 — looking at it is what makes it
                vars(shared).pop(f"a{i % 50}", None)
                table.pop(i % 97, None)
            if i % 1_000 == 0:
                Plain.y = i
                table.clear()

    sys.setswitchinterval(1e-5)
    threads = [threading.Thread(target=changing) for _ in range(3)]
    try:
        for thread in threads:
            thread.start()
        for _ in range(20_000):
            assert read(shared)[0] == "OK"
            core._encode(shared), core._encode(table), core._read(table, "[5]"), core._read(shared, ".y")
    finally:
        stop.append(True)
        for thread in threads:
            thread.join()
        sys.setswitchinterval(interval)
        if hasattr(Plain, "y"):
            del Plain.y
