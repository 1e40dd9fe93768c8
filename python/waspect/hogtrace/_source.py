"""A program's text, as far as HogTrace's interface shows it: its points in order, and positional captures by number.

In: the text of a program that compiles, or of any other. Out: points; the same text with a name for each capture. Never:
an opinion on whether it is right.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

_TOKEN = re.compile(
    r"""
    (?P<blank> (?<![^\n])[^\S\n]*//[^\n]* | [^\S\n]+ | \n | \#[^\n]* | /\*.*?(?:\*/|\Z) )
  | (?P<text> "(?:\\.|[^"\\])*" | '(?:\\.|[^'\\])*' )
  | (?P<word> [^\W\d]\w* )
  | (?P<sign> [=!<>]= | . )
    """,
    re.VERBOSE | re.DOTALL,
)
_OPENING, _CLOSING = frozenset("([{"), frozenset(")]}")


@dataclass(frozen=True, slots=True)
class Point:
    """One point of a clause, with what the clause does there."""

    specifier: str
    target: str
    predicate: str
    body: str


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str | None
    text: str
    start: int


def is_empty(source: str) -> bool:
    return all(token.kind == "blank" for token in _tokens(source))


def points(source: str) -> list[Point]:
    """Every point, in the order of the text."""
    found: list[Point] = []
    header: list[_Token] = []
    depth = start = 0
    for token in _tokens(source):
        if token.text == "{":
            start, depth = (start if depth else token.start), depth + 1
        elif token.text == "}" and depth:
            depth -= 1
            if not depth:
                found += _clause(header, source[start : token.start + 1])
                header = []
        elif not depth:
            header.append(token)
    return found


def with_names(source: str) -> str:
    """Captures by position get the names that HogTrace gives them: `arg0`, `arg1`, …"""
    tokens = [token for token in _tokens(source) if token.kind != "blank"]
    parts, done = [], 0
    for at, name in _nameless(tokens):
        parts += [source[done:at], f"{name}="]
        done = at
    return "".join([*parts, source[done:]])


def _tokens(source: str) -> Iterator[_Token]:
    for match in _TOKEN.finditer(source):
        yield _Token(match.lastgroup, match[0], match.start())


def _clause(header: list[_Token], body: str) -> list[Point]:
    front, predicate = _split(header)
    specs = "".join(token.text for token in front if token.kind != "blank").split(",")
    return [Point(*_parts(spec), predicate, body) for spec in specs]


def _split(header: list[_Token]) -> tuple[list[_Token], str]:
    """The points, without the budget before them, and the predicate's text."""
    depth, front = 0, list[_Token]()
    for i, token in enumerate(header):
        if token.text == "/" and not depth and not _in_options(front):
            text = "".join(token.text for token in header[i:])
            return front, text.strip().strip("/").strip()
        if token.text == "@" and not front:
            continue
        depth += (token.text in _OPENING) - (token.text in _CLOSING)
        front.append(token)
        if token.text == ")" and not depth:
            front.clear()
    return front, ""


def _in_options(front: list[_Token]) -> bool:
    """`?rate=50/s` is no predicate."""
    for token in reversed(front):
        if token.kind == "blank" or token.text == ",":
            return False
        if token.text == "?":
            return True
    return False


def _parts(spec: str) -> tuple[str, str]:
    _, _, rest = spec.partition(":")
    specifier, _, target = rest.rpartition(":")
    return (specifier, re.split("[?#]", target)[0]) if specifier else ("", spec)


def _nameless(tokens: list[_Token]) -> Iterator[tuple[int, str]]:
    """Where arguments without a name begin, and which number they have."""
    for i, token in enumerate(tokens[:-1]):
        is_call = token.kind == "word" and token.text in {"capture", "send"} and tokens[i + 1].text == "("
        if is_call and (i == 0 or tokens[i - 1].text in {"{", "}", ";"}):
            yield from _arguments(tokens[i + 2 :])


def _arguments(tokens: list[_Token]) -> Iterator[tuple[int, str]]:
    number = depth = 0
    is_first = True
    for i, token in enumerate(tokens):
        if not depth and token.text in _CLOSING:
            return
        if is_first and not (token.kind == "word" and i + 1 < len(tokens) and tokens[i + 1].text == "="):
            yield token.start, f"arg{number}"
        is_first = not depth and token.text == ","
        number += is_first
        depth += (token.text in _OPENING) - (token.text in _CLOSING)
