"""A program's text, as far as HogTrace's interface shows it: its points in order, and positional captures by number.

In: the text of a program that compiles, or of any other. Out: points; the same text with a name for each capture.
Never: an opinion on whether it is right.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

_TOKEN = re.compile(
    r"""
    (?P<blank> (?<![^\n])[^\S\n]*//[^\n]* | [^\S\n]+ | \n | \#[^\n]* | /\*.*?(?:\*/|\Z) )
  | (?P<text> "(?:\\.|[^"\\])*" | '(?:\\.|[^'\\])*' )
  | (?P<word> \w+ )
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


_OURS = frozenset(
    {"cpu", "depth", "elapsed", "file", "line", "module", "pid", "qualname", "request", "task", "thread", "tid"}
)
# From, to, and what stands there instead.
_Edit = tuple[int, int, str]


def is_empty(source: str) -> bool:
    return all(token.kind == "blank" for token in _tokens(source))


def points(source: str) -> list[Point]:
    """Every point, in the order of the text."""
    found: list[Point] = []
    for header, body in _clauses(source):
        front, predicate = _split(header)
        found += [Point(*_parts("".join(token.text for token in spec)), predicate, body) for spec in _specs(front)]
    return found


def adapted(source: str) -> str:
    """The same program for the compiler, which is to attach nothing.

    Captures by position get the names that HogTrace gives them (`arg0`, `arg1`, …), a path of one part gets more, and
    what stands behind `entry+` is left out: nothing depends on where a probe belongs. Names that only the language has
    are those of locals.
    """
    tokens = [token for token in _tokens(source) if token.kind != "blank"]
    specs = [spec for header, _ in _clauses(source) for spec in _specs(_split(header)[0])]
    edits = [edit for spec in specs for edit in _widened(spec)]
    edits += [*_names(tokens), *_locals(tokens, {token.start for spec in specs for token in spec})]
    parts, done = list[str](), 0
    for start, end, text in sorted(edits):
        parts += [source[done:start], text]
        done = end
    return "".join([*parts, source[done:]])


def _clauses(source: str) -> Iterator[tuple[list[_Token], str]]:
    """Each clause's tokens before its body, and the body's text."""
    header: list[_Token] = []
    depth = start = 0
    for token in _tokens(source):
        if token.text == "{":
            start, depth = (start if depth else token.start), depth + 1
        elif token.text == "}" and depth:
            depth -= 1
            if not depth:
                yield header, source[start : token.start + 1]
                header = []
        elif not depth:
            header.append(token)


def _tokens(source: str) -> Iterator[_Token]:
    for match in _TOKEN.finditer(source):
        yield _Token(match.lastgroup, match[0], match.start())


def _specs(front: list[_Token]) -> list[list[_Token]]:
    specs: list[list[_Token]] = [[]]
    for token in front:
        if token.text == ",":
            specs.append([])
        elif token.kind != "blank":
            specs[-1].append(token)
    return specs


def _widened(spec: list[_Token]) -> Iterator[_Edit]:
    texts = [token.text for token in spec]
    if texts.count(":") == 2 and "." not in texts:
        yield spec[2].start, spec[2].start, "**."
    if texts[-2:-1] == ["+"] and texts[-1].isdecimal():
        yield spec[-2].start, spec[-1].start + len(texts[-1]), ""


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
    return (specifier, re.split("[?#+]", target)[0]) if specifier else ("", spec)


def _names(tokens: list[_Token]) -> Iterator[_Edit]:
    for i, token in enumerate(tokens[:-1]):
        is_call = token.kind == "word" and token.text in {"capture", "send"} and tokens[i + 1].text == "("
        if is_call and (i == 0 or tokens[i - 1].text in {"{", "}", ";"}):
            yield from _arguments(tokens[i + 2 :])


def _locals(tokens: list[_Token], elsewhere: set[int]) -> Iterator[_Edit]:
    before = ""
    for token, following in pairwise(tokens):
        is_read = before not in {".", "$", "@"} and following.text not in {"=", "("}
        if token.text in _OURS and is_read and token.start not in elsewhere:
            yield token.start, token.start + len(token.text), f'locals["{token.text}"]'
        before = token.text


def _arguments(tokens: list[_Token]) -> Iterator[_Edit]:
    """Names for the arguments that have none."""
    number = depth = 0
    is_first = True
    for token, following in pairwise(tokens):
        if not depth and token.text in _CLOSING:
            return
        if is_first and not (token.kind == "word" and following.text == "="):
            yield token.start, token.start, f"arg{number}="
        is_first = not depth and token.text == ","
        number += is_first
        depth += (token.text in _OPENING) - (token.text in _CLOSING)
