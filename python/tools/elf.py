"""Reads what an ELF file needs to be loaded: shared libraries, and the newest symbol version of each.

In: a 64-bit little-endian ELF file. Out: names. Never: a need for binutils, or a guess about a file that is not ELF.
"""

from __future__ import annotations

import struct
from pathlib import Path
from typing import NamedTuple

DYNAMIC, VERNEED = 6, 0x6FFFFFFE
DT_NEEDED = 1


class Section(NamedTuple):
    kind: int
    link: int
    data: bytes


def sections(image: bytes) -> list[Section]:
    """The section table, in order."""
    if image[:6] != b"\x7fELF\x02\x01":
        raise ValueError("expected a 64-bit little-endian ELF file")
    table, size, count = struct.unpack_from("<Q", image, 40)[0], *struct.unpack_from("<HH", image, 58)
    found = []
    for at in range(table, table + size * count, size):
        _, kind, _, _, offset, length, link = struct.unpack_from("<IIQQQQI", image, at)
        found.append(Section(kind, link, image[offset : offset + length]))
    return found


def text(strings: bytes, at: int) -> str:
    return strings[at : strings.index(b"\0", at)].decode()


def needed(path: Path) -> set[str]:
    """The libraries its dynamic section asks for."""
    table = sections(path.read_bytes())
    return {
        text(table[dynamic.link].data, value)
        for dynamic in table
        if dynamic.kind == DYNAMIC
        for tag, value in struct.iter_unpack("<QQ", dynamic.data)
        if tag == DT_NEEDED
    }


def versions(path: Path) -> set[str]:
    """The symbol versions it asks for: `GLIBC_2.34`."""
    table = sections(path.read_bytes())
    return {name for section in table if section.kind == VERNEED for name in _versions(section, table)}


def _versions(section: Section, table: list[Section]) -> list[str]:
    strings, names, at = table[section.link].data, [], 0
    while True:
        _, count, _, first, following = struct.unpack_from("<HHIII", section.data, at)
        entry = at + first
        for _ in range(count):
            _, _, _, name, step = struct.unpack_from("<IHHII", section.data, entry)
            names.append(text(strings, name))
            entry += step
        if not following:
            return names
        at += following


def glibc(path: Path) -> tuple[int, int]:
    """The oldest glibc it runs on."""
    numbers = [name.removeprefix("GLIBC_").split(".") for name in versions(path) if name.startswith("GLIBC_2")]
    return max(((int(n[0]), int(n[1])) for n in numbers), default=(2, 17))
