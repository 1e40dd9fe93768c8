"""Code put through the rewriter, and what a program shows of itself.

In: code objects, corpus modules. Out: the same instrumented, and outcomes and events that compare equal when nothing
that a program can see has changed. Never here: an assertion.
"""

import gc
import pathlib
import sys
import types
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from doors import _core

CORPUS = pathlib.Path(__file__).resolve().parents[1] / "corpus"
FUNCTION = 0x3  # CO_OPTIMIZED | CO_NEWLOCALS
VARARGS, VARKEYWORDS = 0x4, 0x8


# ---- code


def parameters(code: types.CodeType) -> int:
    rest = bool(code.co_flags & VARARGS) + bool(code.co_flags & VARKEYWORDS)
    return code.co_argcount + code.co_kwonlyargcount + rest


def functions(code: types.CodeType) -> Iterator[types.CodeType]:
    """Every function's code in a module's, functions in functions and methods included."""
    for const in code.co_consts:
        if isinstance(const, types.CodeType):
            if const.co_flags & FUNCTION == FUNCTION:
                yield const
            yield from functions(const)


def rewrite_tree(code: types.CodeType, one: Callable[[types.CodeType], types.CodeType]) -> types.CodeType:
    """A module's code with `one` done to every function's."""
    consts = tuple(rewrite_tree(c, one) if isinstance(c, types.CodeType) else c for c in code.co_consts)
    if any(new is not old for new, old in zip(consts, code.co_consts, strict=True)):
        code = code.replace(co_consts=consts)
    return one(code) if code.co_flags & FUNCTION == FUNCTION else code


# ---- hooks


@dataclass(eq=False)
class Hook:
    """A hook in Python: slower than a native one and seen by tracers, but it may be asked what it saw."""

    entries: int = 0
    returns: int = 0
    raises: int = 0
    abandoned: int = 0
    handed: list[Any] = field(default_factory=list)
    keep: bool = False

    def _enter(self, what: Any) -> None:
        self.entries += 1
        if self.keep:
            self.handed.append(what)

    def __getitem__(self, wanted: Any) -> "Token":
        self._enter(wanted)
        return Token(self)

    def __delitem__(self, wanted: Any) -> None:
        self._enter(wanted)

    def __setitem__(self, first: Any, second: Any) -> None:
        self._enter((first, second))


class Token:
    __slots__ = ("ended", "hook")

    def __init__(self, hook: Hook) -> None:
        self.hook = hook
        self.ended = False

    def __getitem__(self, value: Any) -> Any:
        self.hook.returns += 1
        self.ended = True
        return value

    def __delitem__(self, exception: BaseException) -> None:
        self.hook.raises += isinstance(exception, BaseException)
        self.ended = True

    def __del__(self) -> None:
        if not self.ended:
            self.hook.abandoned += 1


@dataclass
class Splice:
    """One way to instrument: a shape, and how many of the parameters are wanted (`None`: all)."""

    shape: str
    want: int | None
    hook: Hook = field(default_factory=Hook)

    def __str__(self) -> str:
        return f"{self.shape}-{'all' if self.want is None else self.want}"

    def __call__(self, code: types.CodeType) -> types.CodeType:
        count = parameters(code)
        want = None if self.want is None else list(range(min(self.want, count)))
        return _core._rewrite(code, self.hook, self.shape, want)


def native(code: types.CodeType) -> types.CodeType:
    """The product's own hooks, through a function made for the purpose."""
    cells = tuple(types.CellType() for _ in code.co_freevars)
    function = types.FunctionType(code, {}, closure=cells)
    _core._instrument(function)
    return function.__code__


# ---- corpus modules


def corpus() -> dict[str, str]:
    """The families by name, as source."""
    return {path.stem: path.read_text(encoding="utf-8") for path in sorted(CORPUS.glob("*.py"))}


def long_jumps(sizes: range) -> str:
    """Functions whose jumps are just short of another prefix: the exits before the returns make them need it."""
    texts = []
    for size in sizes:
        filler = "\n".join("            x = a" for _ in range(size))
        texts.append(f"""
def long_{size}(a, n):
    for i in range(n):
        try:
            if i == a:
                return i
            if not a:
                raise ValueError(i)
            if a == 2 * n:
                continue
{filler}
            if i > a + n:
                return x
        except ValueError:
            if n == 2:
                return "caught"
    return "end"

def scenario_long_{size}():
    return [long_{size}(a, n) for a in range(4) for n in range(4)]
""")
    return "".join(texts)


def load(source: str, name: str, one: Callable[[types.CodeType], types.CodeType] | None = None) -> dict[str, Any]:
    """A module run from source, instrumented before its first instruction."""
    filename = str(CORPUS / f"{name}.py")
    code = compile(source, filename, "exec", dont_inherit=True)
    if one is not None:
        code = rewrite_tree(code, one)
    namespace = {"__name__": name, "__file__": filename}
    exec(code, namespace)
    return namespace


def scenarios(namespace: dict[str, Any]) -> dict[str, Callable[[], Any]]:
    return {name: value for name, value in namespace.items() if name.startswith("scenario_")}


# ---- what a program shows


def outcome(call: Callable[[], Any]) -> tuple[Any, ...]:
    """What a call returns, or raises: type, arguments, every frame's line and columns, cause and context."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return "returned", call()
    except BaseException as e:
        return "raised", described(e, skip=1)


def described(e: BaseException | None, skip: int = 0) -> Any:
    if e is None:
        return None
    inner = [described(each) for each in e.exceptions] if isinstance(e, BaseExceptionGroup) else []
    frames = list(traceback(e))[skip:]
    return type(e).__name__, str(e), frames, described(e.__cause__), described(e.__context__), inner


def traceback(e: BaseException) -> Iterator[tuple[Any, ...]]:
    tb = e.__traceback__
    while tb is not None:
        code = tb.tb_frame.f_code
        yield code.co_qualname, tb.tb_lineno, list(code.co_positions())[tb.tb_lasti // 2]
        tb = tb.tb_next


def profiled(call: Callable[[], Any], filename: str) -> tuple[Any, list[Any]]:
    """The outcome under `sys.setprofile`, and every event of the module's frames."""
    events: list[Any] = []

    def profile(frame: types.FrameType, event: str, arg: Any) -> None:
        if frame.f_code.co_filename == filename:
            shown = arg.__qualname__ if event.startswith("c_") else type(arg).__name__
            events.append((event, frame.f_code.co_qualname, frame.f_lineno, shown))

    gc.collect()
    sys.setprofile(profile)
    try:
        result = outcome(call)
    finally:
        sys.setprofile(None)
    return result, events


def traced(call: Callable[[], Any], filename: str) -> tuple[Any, list[Any]]:
    """The outcome under `sys.settrace`, and every event of the module's frames with the names of their locals."""
    events: list[Any] = []

    def trace(frame: types.FrameType, event: str, arg: Any) -> Any:
        if frame.f_code.co_filename != filename:
            return None
        shown = arg[0].__name__ if event == "exception" else type(arg).__name__
        events.append((event, frame.f_code.co_qualname, frame.f_lineno, shown, tuple(sorted(frame.f_locals))))
        return trace

    gc.collect()
    sys.settrace(trace)
    try:
        result = outcome(call)
    finally:
        sys.settrace(None)
    return result, events
