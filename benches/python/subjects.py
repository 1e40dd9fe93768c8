"""What is timed: functions, and the probes on them.

In: nothing. Out: the module `subjects_of_bench` with one function for each probe, and each probe as WAT. Never here: a
measurement.
"""

from __future__ import annotations

import sys
import types
import warnings
from collections.abc import Callable

MODULE = "subjects_of_bench"
_FUNCTION = "def {name}(a, b):\n    return a\n"
# The string stands where the hook will be: a constant that is called, as a tool that injects calls writes it.
_HOOKED = "def {name}(a, b):\n    'hook'(a, b)\n    return a\n"


def module() -> types.ModuleType:
    """A module with a function for each probe, all of the same code."""
    made = types.ModuleType(MODULE)
    for name in ("untouched", "detached", *PROBES):
        exec(compile(_FUNCTION.format(name=name), f"{MODULE}.py", "exec"), made.__dict__)
    sys.modules[MODULE] = made
    return made


def thousand(name: str, count: int = 1_000) -> types.ModuleType:
    """A module of functions to attach to, made one by one: a source of all of them would leave room behind."""
    made = types.ModuleType(name)
    for i in range(count):
        exec(compile(_FUNCTION.format(name=f"f{i}"), f"{name}.py", "exec"), made.__dict__)
    sys.modules[name] = made
    return made


def alone() -> Callable[..., object]:
    """A function of the same code, for others to put something on."""
    names: dict[str, Callable[..., object]] = {}
    exec(compile(_FUNCTION.format(name="f"), f"{MODULE}.py", "exec"), names)
    return names["f"]


def noop(a, b):
    pass


def with_hook(hook: Callable[..., object] = noop) -> Callable[..., object]:
    """The same function with a call of `hook(a, b)` at its entry, callee in a constant."""
    names: dict[str, Callable[..., object]] = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SyntaxWarning)
        exec(_HOOKED.format(name="f"), names)
    function = names["f"]
    consts = function.__code__.co_consts
    function.__code__ = function.__code__.replace(co_consts=tuple(hook if c == "hook" else c for c in consts))
    return types.FunctionType(function.__code__, globals())


def _entry(name: str, imports: str, body: str) -> str:
    return f'(module {imports} (func (export "fn:{MODULE}.{name}:entry") {body}))'


def empty(target: str) -> str:
    """A probe that does nothing at the entry of `target`."""
    return f'(module (func (export "fn:{target}:entry")))'


_ARG = '(import "probe1.get" "arg{i}" (func $arg (result i64)))'
_CAPTURE = """
  (import "probe1.field" "x" (func $field (param i64)))
  (import "probe1" "emit" (func $emit (result i32)))"""
_LATENCY = """(module
  (import "probe1" "elapsed" (func $elapsed (result i64)))
  {fn}
  (import "probe1.quantize" "latency_ns" (func $add (param i64 f64)))
  (func (export "fn:{module}.{name}:exit") (call $add ({key}) (f64.convert_i64_s (call $elapsed)))))"""
_FN = '(import "probe1.get" "$fn" (func $fn (result i64)))'
_NONE = "i64.const 0xFFF8000000000000"
# `arg0 > 100`, as a compiler of probes writes it: the tag of a short int, then its bits.
_IS_LARGE = """
  (local $v i64)
  (if (i64.eq (i64.shr_u (local.tee $v (call $arg)) (i64.const 48)) (i64.const 0xFFF9))
    (then (if (i64.gt_s (i64.shr_s (i64.shl (local.get $v) (i64.const 16)) (i64.const 16)) (i64.const 100))
      (then (drop (call $emit))))))"""
_REQ = '(import "probe1.req" "k" (func $req (result i64)))'
_REQ_SET = '(import "probe1.req.set" "k" (func $set (param i64) (result i32)))'
_EMIT = "(call $field (call $arg)) (drop (call $emit))"

# By the name of the function that each is on.
PROBES = {
    "empty": empty(f"{MODULE}.empty"),
    "predicate": _entry("predicate", _ARG.format(i=0) + _CAPTURE, _IS_LARGE),
    "capture_int": _entry("capture_int", _ARG.format(i=0) + _CAPTURE, _EMIT),
    "capture_str": _entry("capture_str", _ARG.format(i=1) + _CAPTURE, _EMIT),
    "req_set": _entry("req_set", _ARG.format(i=0) + _REQ_SET, "(drop (call $set (call $arg)))"),
    "req_get": _entry("req_get", _REQ, "(drop (call $req))"),
    "latency": _LATENCY.format(module=MODULE, name="latency", fn="", key=_NONE),
    "latency_by_fn": _LATENCY.format(module=MODULE, name="latency_by_fn", fn=_FN, key="call $fn"),
}
