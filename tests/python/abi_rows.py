"""The imports of docs/ABI.md.

In: the document. Out: module, name, types of each. Never here: a second list of imports.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

_ABI = (Path(__file__).resolve().parents[2] / "docs" / "ABI.md").read_text()
_ROW = re.compile(
    r"^\| `(?P<name>[^`]+)` \|(?: (?P<arg>[^|]+) \|)? `\((?P<params>[^)]*)\)->(?P<result>[^`]+)` \| .* \|$"
)
# What stands for an import's name where the name is an argument.
_NAMES = {"path": "arg0.x", "key": "x", "the text": "text", "path from a value, `.user[0]`": '.x["x"][0]'}
_LINEAR = "latency,0,10,1"
TYPES = {"V": "i64", "i32": "i32", "i64": "i64", "f64": "f64"}


class Row(NamedTuple):
    """One import: `result` is empty where it gives nothing."""

    module: str
    name: str
    params: tuple[str, ...]
    result: str

    @property
    def title(self) -> str:
        return self.name if self.module == "probe1" else self.module


def rows() -> Iterator[Row]:
    """Every import there is, families first."""
    for section, is_family in (("families", True), ("functions", False)):
        text = _ABI.split(f"<!-- begin {section} -->")[1].split(f"<!-- end {section} -->")[0]
        for row in filter(None, map(_ROW.match, text.splitlines())):
            params = tuple(part for part in row["params"].split(",") if part)
            result = "" if row["result"] == "()" else row["result"]
            name = _NAMES.get((row["arg"] or "").strip(), _LINEAR) if is_family else row["name"]
            yield Row(row["name"] if is_family else "probe1", name, params, result)
