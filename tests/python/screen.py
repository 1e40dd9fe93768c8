"""A terminal that shows what is written to it: enough of one to see whether a line was lost.

In: bytes as a program writes them. Out: the rows on the screen and those that scrolled off its upper end. Never: a
control sequence that is passed over without being known.
"""

from __future__ import annotations

import re
from collections.abc import Callable

SEQUENCE = re.compile(r"\x1b\[(\??)([0-9;]*)([A-Za-z])|\x1b([78D])|([\r\n])|([^\x1b\r\n])")
# Modes: drawings at once, the wrap, the cursor, the other screen.
MODES = {"2026", "7", "25", "1049"}


class Screen:
    """Columns and rows, a cursor, a scrolling region."""

    def __init__(self, columns: int, rows: int):
        self.columns, self.height = columns, rows
        self.cells = [[" "] * columns for _ in range(rows)]
        self.gone: list[str] = []
        self.row = self.column = 0
        self.top, self.bottom = 0, rows - 1
        self.kept = (0, 0)
        self.wraps = True
        self.drawings = 0
        self.cursor_is_shown = True
        # What is beneath, while a program has the whole screen.
        self.beneath: list[list[str]] | None = None

    def feed(self, data: bytes) -> Screen:
        at, text = 0, data.decode()
        while at < len(text):
            match = SEQUENCE.match(text, at)
            assert match, f"unknown: {text[at : at + 20]!r}"
            at = match.end()
            private, numbers, final, short, control, char = match.groups()
            if final:
                self.sequence(private, numbers, final)
            elif short or control:
                self.simple(short or control)
            else:
                self.put(char)
        return self

    def rows(self) -> list[str]:
        return ["".join(row).rstrip() for row in self.cells]

    def all(self) -> list[str]:
        return self.gone + self.rows()

    def put(self, char: str) -> None:
        if self.column == self.columns:
            if self.wraps:
                self.column = 0
                self.down()
            else:
                self.column -= 1
        self.cells[self.row][self.column] = char
        self.column += 1

    def down(self) -> None:
        if self.row != self.bottom:
            self.row = min(self.row + 1, self.height - 1)
            return
        line = self.cells.pop(self.top)
        if self.top == 0:
            self.gone.append("".join(line).rstrip())
        self.cells.insert(self.bottom, [" "] * self.columns)

    def simple(self, what: str) -> None:
        if what == "7":
            self.kept = (self.row, self.column)
        elif what == "8":
            self.row, self.column = self.kept
        elif what == "\r":
            self.column = 0
        else:
            self.down()

    def sequence(self, private: str, numbers: str, final: str) -> None:
        if private:
            assert numbers in MODES, numbers
            self.drawings += (numbers, final) == ("2026", "h")
            if numbers == "7":
                self.wraps = final == "h"
            if numbers == "25":
                self.cursor_is_shown = final == "h"
            if numbers == "1049":
                self.turn(final == "h")
            return
        known: dict[str, Callable[[list[int]], None]] = {
            "A": self.up,
            "H": self.go,
            "J": self.erase,
            "K": self.erase_line,
            "m": lambda _: None,
            "r": self.region,
        }
        known[final]([int(n) for n in numbers.split(";") if n])

    def turn(self, to_other: bool) -> None:
        """To the other screen, or back to what was there before."""
        if to_other and self.beneath is None:
            self.beneath, self.cells = self.cells, [[" "] * self.columns for _ in range(self.height)]
        elif not to_other and self.beneath is not None:
            self.cells, self.beneath = self.beneath, None

    def up(self, numbers: list[int]) -> None:
        self.row = max(self.row - (numbers or [1])[0], self.top if self.row >= self.top else 0)

    def go(self, numbers: list[int]) -> None:
        row, column = numbers or [1, 1]
        # What was drawn for a larger screen stays on this one, as on any.
        self.row, self.column = min(row, self.height) - 1, min(column, self.columns) - 1

    def erase(self, numbers: list[int]) -> None:
        assert numbers in ([], [2])
        if numbers:
            self.cells = [[" "] * self.columns for _ in range(self.height)]
            return
        self.erase_row(self.row, self.column)
        for row in range(self.row + 1, self.height):
            self.erase_row(row, 0)

    def erase_line(self, numbers: list[int]) -> None:
        assert numbers == [2]
        self.erase_row(self.row, 0)

    def erase_row(self, row: int, column: int) -> None:
        self.cells[row][column:] = [" "] * (self.columns - column)

    def region(self, numbers: list[int]) -> None:
        top, bottom = numbers or [1, self.height]
        self.top, self.bottom = top - 1, bottom - 1
        self.row = self.column = 0
