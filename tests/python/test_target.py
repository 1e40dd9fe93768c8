"""The resolver: from a target to loaded functions, and what it says of names that do not exist.

The application is `apps/shop`. Each case is a row; the checks are `names` and `touched`.
"""

import gc
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE / "apps"), str(HERE)]

import shop.cart  # noqa: E402
import shop.hostile  # noqa: E402
import shop.lazy  # noqa: E402

from doors import _core  # noqa: E402


def names(target):
    return [f"{m}.{q}".replace(".<locals>", "") for m, q, _, _ in _core._find(target)]


FOUND = [
    ("shop.cart.add", ["shop.cart.add"]),
    ("shop.cart:add", ["shop.cart.add"]),
    ("shop.base.imported", ["shop.base.imported"]),
    ("shop.imported", []),
    ("shop.cart.imported", []),
    ("shop.cart.wrapped", ["shop.cart.wrapped"]),
    ("shop.cart.unnamed", ["shop.cart.unnamed"]),
    ("shop.cart.thrice", ["shop.cart.thrice"]),
    ("shop.cart.cached", ["shop.cart.cached"]),
    ("shop.cart.dispatched", ["shop.cart.dispatched"]),
    ("shop.cart._dispatched_int", ["shop.cart._dispatched_int"]),
    ("shop.cart.counted", ["shop.cart.counted"]),
    ("shop.cart.slotted", ["shop.cart.slotted"]),
    ("shop.cart.double", []),
    ("shop.cart.outer.inner", []),
    ("shop.cart.maker.made", ["shop.cart.maker.made"]),
    ("shop.cart.générer", ["shop.cart.générer"]),
    ("shop.cart.g*r", ["shop.cart.générer"]),
    ("shop.cart.coroutine", ["shop.cart.coroutine"]),
    ("shop.cart.Cart.plain", ["shop.cart.Cart.plain"]),
    ("shop.cart.Cart.static", ["shop.cart.Cart.static"]),
    ("shop.cart.Cart.of_class", ["shop.cart.Cart.of_class"]),
    ("shop.cart.Cart.price", ["shop.cart.Cart.price"] * 2),
    ("shop.cart.Cart.slow", ["shop.cart.Cart.slow"]),
    ("shop.cart.Cart.taking", ["shop.cart.Cart.taking"]),
    ("shop.cart.Cart.dispatch", ["shop.cart.Cart.dispatch"]),
    ("shop.cart.Cart._dispatch_int", ["shop.cart.Cart._dispatch_int"]),
    ("shop.cart.Cart.cached_method", ["shop.cart.Cart.cached_method"]),
    ("shop.cart.Cart.__len__", ["shop.cart.Cart.__len__"]),
    ("shop.cart.Cart.Nested.Deeper.method", ["shop.cart.Cart.Nested.Deeper.method"]),
    ("shop.cart.Cart.total", []),
    ("shop.cart.Item.__init__", ["shop.cart.Item.__init__"]),
    ("shop.base.with_wraps.wrapper", ["shop.base.with_wraps.wrapper"]),
    ("shop.base.without_wraps.hidden", ["shop.base.without_wraps.hidden"]),
    ("shop.lazy.real", ["shop.lazy.real"]),
    ("shop.hostile.plain", ["shop.hostile.plain"]),
    ("shop.fake.plain", ["shop.fake.plain"]),
    ("shop.hostile.Owner.behind", ["shop.hostile.Owner.behind"]),
    ("shop.hostile.Watched.method", ["shop.hostile.Watched.method"]),
    ("shop.c*.a*", ["shop.cart.add"]),
    ("shop.*", []),
    ("nowhere.at.all", []),
]


# These live in the namespaces of modules that the target cannot be in: only the collector knows them.
BY_COLLECTOR = {"shop.base.with_wraps.wrapper", "shop.base.without_wraps.hidden"}


@pytest.mark.parametrize("frozen", [False, True], ids=["tracked", "frozen"])
@pytest.mark.parametrize(("target", "expected"), FOUND, ids=[t for t, _ in FOUND])
def test_find(target, expected, frozen):
    # What gc.freeze() put aside (pre-fork servers do that) is reached by the walk alone.
    if frozen and target in BY_COLLECTOR:
        expected = []
    if frozen:
        gc.freeze()
    try:
        assert names(target) == expected
    finally:
        gc.unfreeze()


def test_a_pattern_of_one_part_takes_top_level_functions_only():
    expected = (
        "_dispatched_int add cached coroutine counted dispatched générer maker outer slotted thrice unnamed wrapped"
    )
    assert names("shop.cart.*") == sorted(f"shop.cart.{n}" for n in expected.split())


def test_a_deep_pattern_takes_every_own_function_once():
    found = names("shop.**")
    assert {"shop.base.imported", "shop.cart.Cart.Nested.Deeper.method", "shop.cart.maker.made"} <= set(found)
    assert not [n for n in found if "<" in n]
    assert found == sorted(found)


def test_functions_that_share_code_are_one_group():
    [(_, _, code, functions)] = _core._find("shop.cart.maker.made")
    assert code is shop.cart.first.__code__
    assert set(map(id, functions)) == {id(shop.cart.first), id(shop.cart.second)}


def test_closures_that_live_anywhere_are_found():
    inner, local = shop.cart.outer(1)
    keep = [inner, inner(2)]
    assert names("shop.cart.outer.*") == ["shop.cart.outer.inner"]
    assert names("shop.cart.outer.**") == [
        "shop.cart.outer",
        "shop.cart.outer.Local.method",
        "shop.cart.outer.inner",
        "shop.cart.outer.inner.innermost",
    ]
    assert _core._find("shop.cart.outer.inner")[0][3] == [inner]
    del keep, local


def test_the_main_module_goes_by_both_names(tmp_path):
    (tmp_path / "prog.py").write_text(
        f"import sys; sys.path[:0] = {sys.path[:2]!r}\nfrom doors import _core\ndef f(): pass\n"
        "for t in ('prog.f', '__main__.f'): print([r[0] for r in _core._find(t)])\n"
    )
    got = subprocess.run([sys.executable, "-m", "prog"], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert got.stdout.split() == ["['prog']", "['__main__']"]


@pytest.mark.parametrize("target", ["shop.**", "**", "shop.fake.nothing", "shop.hostile.Watched.func", "shop.lazy.x"])
def test_nothing_of_the_application_runs(target):
    events = []
    shop.hostile.TOUCHED.clear()
    shop.lazy.TOUCHED.clear()
    sys.setprofile(lambda frame, event, arg: events.append((event, frame.f_code.co_qualname)))
    try:
        _core._find(target)
        _core._inner(target)
        _core._explain(target)
    finally:
        sys.setprofile(None)
    assert shop.hostile.TOUCHED == [] and shop.lazy.TOUCHED == []
    assert {e for e in events if e[0] == "call"} == set()
    assert gc.isenabled()


def test_look_alikes_are_named():
    assert ("math.sqrt", "builtin_function_or_method") in _core._not_python("math.sqrt")
    assert _core._not_python("shop.cart.sqrt") == []
    assert _core._find("math.sqrt") == []


EXPLAINED = [
    ("shop.cart.addd", "`shop.cart` is loaded and has no `addd`; did you mean `add`?"),
    ("shop.cartt.add", "`shop` is loaded, `shop.cartt` was never imported; did you mean `cart`?"),
    ("shop.VERSION", "`shop.VERSION` is a str, not a function"),
    ("shop.VERSION.x", "`shop.VERSION` is a str and holds no functions"),
    ("shop.cart", "`shop.cart` is a module, not a function"),
    ("shoop.cart.add", "`shoop` was never imported; did you mean `shop`?"),
    ("qqqqqqqq.f", "`qqqqqqqq` was never imported"),
    ("shop.cart.imported", "`shop.cart.imported` is another function; its own name is `shop.base.imported`"),
    ("shop.cart.double", "`shop.cart.double` is a lambda, which has no name to be found by"),
    ("shop.cart.Cart", "`shop.cart.Cart` is a class, not a function"),
    ("shop.cart.Cart.plane", "`shop.cart.Cart` is loaded and has no `plane`; did you mean `plain`?"),
    ("shop.cart.Cart.total", "`shop.cart.Cart` has no `total` of its own; it inherits `shop.base.Base.total`"),
    ("shop.cart.Base.total", "`shop.cart.Base` is imported from elsewhere; its own name is `shop.base.Base`"),
    (
        "shop.cart.outer.iner",
        "`shop.cart.outer` is a function of `shop.cart` and has no inner function `iner`; did you mean `inner`?",
    ),
    ("shop.cart.outer.inner", "`shop.cart.outer.inner` is an inner function of `shop.cart.outer`"),
    ("math.sqrt", "`math.sqrt` is a builtin_function_or_method, not a function"),
    ("shop.lazy.reel", "`shop.lazy` is loaded and has no `reel`; did you mean `real`?"),
    ("shop.object.x", "`shop.object` is loaded but is no module: a Watched"),
    ("shop.*.x", "no loaded function matches"),
]


@pytest.mark.parametrize(("target", "expected"), EXPLAINED, ids=[t for t, _ in EXPLAINED])
def test_explain(target, expected):
    assert _core._explain(target) == expected


def constant(code, path):
    for index in path:
        code = code.co_consts[index]
    return code


@pytest.mark.parametrize("target", ["outer.inner", "outer.inner.innermost", "outer.Local.method", "maker.made"])
def test_inner_functions_are_found_in_their_holders(target):
    rows = _core._inner(f"shop.cart.{target}")
    assert rows
    for module, qualname, holder, functions, path, code in rows:
        assert (module, qualname.replace(".<locals>", "")) == ("shop.cart", target)
        assert constant(holder, path) is code
        assert all(f.__code__ is holder for f in functions) and functions
    assert getattr(shop.cart, target.split(".")[0]) in [f for r in rows for f in r[3]]


def test_functions_of_finds_every_function_of_a_code():
    code = shop.cart.first.__code__
    gc.freeze()
    try:
        later = shop.cart.maker()
        assert {id(f) for f in _core._functions_of([code])} == {
            id(f) for f in (shop.cart.first, shop.cart.second, later)
        }
    finally:
        gc.unfreeze()
