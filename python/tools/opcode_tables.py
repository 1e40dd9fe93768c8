"""Writes the opcode facts of the interpreter that runs it, as Rust.

In: the standard library's own `dis` and `opcode`. Out: `src/bytecode/tables/v3_NN.rs` in this repository, or standard
output with `--stdout`. Never here: a judgement about what an opcode means; the rules live in `src/bytecode`.

    python3.12 python/tools/opcode_tables.py
"""

import dis
import importlib.util
import opcode
import pathlib
import sys

TABLES = pathlib.Path(__file__).resolve().parents[2] / "src" / "bytecode" / "tables"
MAJOR, MINOR = sys.version_info[:2]
# Never seen in `co_code`: the interpreter's own rewriting of a running function, the padding behind an opcode, and
# what only the compiler knows.
HIDDEN = ("INSTRUMENTED_", "CACHE", "RESERVED", "INTERPRETER_EXIT", "ENTER_EXECUTOR")


def caches(name: str, number: int) -> int:
    entries = opcode._inline_cache_entries  # type: ignore[attr-defined]
    return int(entries.get(name, 0) if isinstance(entries, dict) else entries[number])


def jump(name: str, number: int) -> str:
    if number in dis.hasjabs:
        raise SystemExit(f"`{name}` jumps to an absolute place, expected relative jumps only")
    if number not in dis.hasjrel:
        return "Stay"
    # END_ASYNC_FOR jumps back from 3.14 on, whatever its name says.
    return "Back" if "BACKWARD" in name or name == "END_ASYNC_FOR" else "Forward"


def rows() -> list[str]:
    known = [(number, name) for name, number in dis.opmap.items() if number < 256 and not name.startswith(HIDDEN)]
    return [
        f'    ({number}, "{name}", {caches(name, number)}, {jump(name, number)}),' for number, name in sorted(known)
    ]


def table() -> str:
    magic = int.from_bytes(importlib.util.MAGIC_NUMBER[:2], "little")
    origin = "written by `python/tools/opcode_tables.py`; not edited by hand."
    return "\n".join(
        [
            f"//! Opcode facts of CPython {MAJOR}.{MINOR}, {origin}",
            "",
            "use super::{",
            "    Jump::{Back, Forward, Stay},",
            "    Row,",
            "};",
            "",
            f"pub(super) const MAGIC: u16 = {magic};",
            "",
            "pub(super) const ROWS: &[Row] = &[",
            *rows(),
            "];",
            "",
        ]
    )


if __name__ == "__main__":
    if "--stdout" in sys.argv[1:]:
        sys.stdout.write(table())
    else:
        (TABLES / f"v{MAJOR}_{MINOR}.rs").write_text(table())
