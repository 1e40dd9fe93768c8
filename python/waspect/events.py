"""The shapes of what a session tells: each is the Python form of one line of JSONL, with Python values in `fields`.

In: nothing. Out: types only; nothing here is imported unless a type checker or a reader asks for it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal, TypedDict

State = Literal["pending", "attached", "throttled", "disarmed", "failed", "detached"]


class Budget(TypedDict, total=False):
    """What one module may spend, by the names of `waspect limits` or the short ones of `--budget`.

    What bounds one firing, and faults, can only be lowered; rates and the share of time are the loader's to raise.
    Sizes may be text (`"4M"`), a share is a part of the time that passes: `0.005`, or `"0.5%"`.
    """

    fuel_per_fire: int
    events_per_second: int
    bytes_per_second: int | str
    time_share_max: float | str
    faults_to_disarm: int
    out_of_fuel_to_disarm: int
    fuel: int
    events: int
    bytes: int | str
    share: float | str
    faults: int
    out_of_fuel: int
    record_bytes_max: int
    value_depth_max: int
    value_items_max: int
    value_str_bytes_max: int


class Record(TypedDict):
    """What a probe captured and emitted."""

    type: Literal["record"]
    module: str
    ts_ns: int
    mono_ns: int
    pid: int
    tid: int
    thread: str | None
    task: str | None
    request: str | None
    probe: str
    fn: str
    point: str
    fields: Mapping[str, object]


class Row(TypedDict):
    """One key of a print."""

    key: Sequence[object]
    value: object


class Print(TypedDict):
    """What an aggregation held in this process when a probe printed it, highest first."""

    type: Literal["print"]
    module: str
    ts_ns: int
    mono_ns: int
    pid: int
    probe: str
    name: str
    kind: str
    rows: Sequence[Row]
    left_off: int


class Fault(TypedDict):
    """A firing that did not finish."""

    type: Literal["fault"]
    module: str
    probe: str
    kind: str
    side: Literal["guest", "host"]
    where: str | None


class Log(TypedDict):
    """A line a probe wrote."""

    type: Literal["log"]
    module: str
    probe: str
    level: str
    text: str


class StateChange(TypedDict):
    """A probe began or ceased to do something, and why."""

    type: Literal["state"]
    module: str
    probe: str
    state: State
    reason: str
    functions: int


Event = Record | Print | Fault | Log | StateChange


class Aggregation(TypedDict):
    """One key of one aggregation; `value` is a number, the parts of a summary, or the list of a `top`."""

    type: Literal["aggregation"]
    module: str
    name: str
    kind: str
    key: Sequence[object]
    value: float | Mapping[str, object] | Sequence[Sequence[object]]


class Function(TypedDict):
    """Calls of one function, whichever modules probe it: `entries = returns + raises + abandoned + live`.

    The last four are known only where this session has an exit point.
    """

    type: Literal["function"]
    module: None
    fn: str
    entries: int
    returns: int | None
    raises: int | None
    abandoned: int | None
    live: int | None


class Summary(TypedDict):
    """A probe's account."""

    type: Literal["summary"]
    module: str
    probe: str
    firings: int
    rejected: int
    records: int
    faults: Mapping[str, int]
    drops: Mapping[str, int]
    fuel: int
    mean_ns: int | None
    p99_ns: int | None
    sampled: int
    host_bytes: int
    record_bytes: int
    share: float | None
    state: State | None
    reason: str | None


class Ledger(TypedDict):
    """How often a full ledger refused something; there only where it did."""

    type: Literal["ledger"]
    module: None
    refused: int


class Link(TypedDict):
    """Where one probe is attached now."""

    module: str
    probe: str
    state: State
    reason: str
    functions: Sequence[str]
