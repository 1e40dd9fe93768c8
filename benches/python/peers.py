"""The peers: other ways to have something run at every call of a function, each of them doing nothing.

In: an environment with the packages of python/tools/requirements-peers.txt, and its list of those that could not be
installed. Out: variants to be timed in the same turns as the probes, and by name what is left out and why. Never here:
a peer that is timed without having been seen to run.
"""

from __future__ import annotations

import functools
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import CodeType

import meter
import subjects

Function = Callable[..., object]
MINOR = f"{sys.version_info.major}.{sys.version_info.minor}"
DEFAULT = Path(__file__).resolve().parents[2] / ".venv" / f"peers-{MINOR}"
# A call that takes microseconds needs no ten thousand of them.
SLOW_CALLS = 1_000
TOOL = 3


@dataclass
class Made:
    """A function with a peer on it, and what of the peer must be seen to run when it is called."""

    function: Function
    runs: CodeType | None = None
    before: Function = meter._nothing
    after: Function = meter._nothing
    calls: int = meter.BLOCK_CALLS


@dataclass
class Peers:
    """What can be timed, by name, and why the rest cannot."""

    variants: dict[str, meter.Variant] = field(default_factory=dict)
    skipped: dict[str, str] = field(default_factory=dict)


def find(environment: Path = DEFAULT) -> Peers:
    """Every peer of this interpreter, those without a package too."""
    sys.path.extend(str(folder) for folder in environment.glob("lib/python*/site-packages"))
    refused = _refused(environment)
    peers = Peers()
    for name, (package, make) in PEERS.items():
        try:
            made = make()
            _see(name, made)
        except (ImportError, AttributeError) as error:
            peers.skipped[name] = refused.get(package, str(error))
        else:
            peers.variants[name] = meter.Variant(name, made.function, made.after, made.before, made.calls)
    return peers


def _refused(environment: Path) -> dict[str, str]:
    """What `make` wrote: a package and why it could not be installed, one a line."""
    file = environment / "refused"
    lines = file.read_text().splitlines() if file.is_file() else []
    return {name: f"not installed: {why}" for name, _, why in (line.partition("\t") for line in lines)}


def _see(name: str, made: Made) -> None:
    """Calls it once. What does not run costs nothing: then there is nothing to show."""
    seen: set[CodeType] = set()
    sys.setprofile(lambda frame, _event, _argument: seen.add(frame.f_code))
    try:
        made.function(*meter.ARGUMENTS)
    finally:
        sys.setprofile(None)
    if made.runs and made.runs not in seen:
        raise SystemExit(f"`{name}` does not run when its function is called")


def _wraps() -> Made:
    function = subjects.alone()

    @functools.wraps(function)
    def wrapper(*args, **kwargs):
        return function(*args, **kwargs)

    return Made(wrapper, wrapper.__code__)


def _wrapt() -> Made:
    import wrapt  # noqa: PLC0415

    def through(wrapped, instance, args, kwargs):
        return wrapped(*args, **kwargs)

    return Made(wrapt.decorator(through)(subjects.alone()), through.__code__)


def _setprofile() -> Made:
    """For all of the process: so it is on during its own blocks and no longer."""

    def callback(frame, event, argument):
        pass

    return Made(
        subjects.alone(), before=functools.partial(sys.setprofile, callback), after=lambda: sys.setprofile(None)
    )


def _monitoring() -> Made:
    """Start and return of one code object."""
    if sys.version_info < (3, 12):
        raise AttributeError("`sys.monitoring` came with 3.12")
    ran = []
    monitoring, function = sys.monitoring, subjects.alone()
    events = monitoring.events
    monitoring.use_tool_id(TOOL, "bench")
    for event in (events.PY_START, events.PY_RETURN):
        monitoring.register_callback(TOOL, event, lambda *_: ran.append(1))
    monitoring.set_local_events(TOOL, function.__code__, events.PY_START | events.PY_RETURN)
    function(*meter.ARGUMENTS)
    if len(ran) != 2:
        raise SystemExit(f"`sys.monitoring` called back {len(ran)} times, expected 2")

    def start(code, offset):
        pass

    def end(code, offset, value):
        pass

    monitoring.register_callback(TOOL, events.PY_START, start)
    monitoring.register_callback(TOOL, events.PY_RETURN, end)
    return Made(function)


def _ddtrace() -> None:
    """Nothing but the parts that are asked for: no agent is looked for, nothing is sent."""
    for name in ("DD_TRACE_ENABLED", "DD_INSTRUMENTATION_TELEMETRY_ENABLED", "DD_REMOTE_CONFIGURATION_ENABLED"):
        os.environ[name] = "false"


def _inject_hook() -> Made:
    _ddtrace()
    from ddtrace.internal.bytecode_injection import inject_hook  # noqa: PLC0415

    def hook(argument):
        pass

    function = subjects.alone()
    inject_hook(function, hook, function.__code__.co_firstlineno + 1, None)
    return Made(function, hook.__code__)


def _wrapping_context() -> Made:
    _ddtrace()
    from ddtrace.internal.wrapping.context import WrappingContext  # noqa: PLC0415

    class Context(WrappingContext):
        def __enter__(self):
            return super().__enter__()

        def __return__(self, value):
            return super().__return__(value)

    function = subjects.alone()
    Context(function).wrap()
    return Made(function, Context.__enter__.__code__, calls=SLOW_CALLS)


def _wasmtime() -> Made:
    import wasmtime  # noqa: PLC0415

    store = wasmtime.Store(wasmtime.Engine())
    module = wasmtime.Module(store.engine, '(module (func (export "f")))')
    export = wasmtime.Instance(store, module, []).exports(store)["f"]

    def hook(a, b):
        export(store)

    return Made(subjects.with_hook(hook), hook.__code__, calls=SLOW_CALLS)


def _extism() -> Made:
    import extism  # noqa: PLC0415
    import wasmtime  # noqa: PLC0415

    code = wasmtime.wat2wasm('(module (func (export "f") (result i32) i32.const 0))')
    plugin = extism.Plugin(bytes(code))

    def hook(a, b):
        plugin.call("f", b"")

    return Made(subjects.with_hook(hook), hook.__code__, calls=SLOW_CALLS)


# Name, the package it takes, and how it is made.
PEERS: dict[str, tuple[str, Callable[[], Made]]] = {
    "ddtrace `inject_hook`, Python no-op": ("ddtrace", _inject_hook),
    "`sys.monitoring`, start + return": ("", _monitoring),
    "`functools.wraps` wrapper": ("", _wraps),
    "wrapt decorator": ("wrapt", _wrapt),
    "`sys.setprofile`, call + return": ("", _setprofile),
    "ddtrace `WrappingContext`": ("ddtrace", _wrapping_context),
    "wasmtime-py, an empty export": ("wasmtime", _wasmtime),
    "extism, an empty plugin call": ("extism", _extism),
}
