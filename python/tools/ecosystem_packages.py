"""The packages whose own tests judge waspect, and how their tests are run.

In: nothing. Out: `PACKAGES`; versions and hashes are in `ecosystem-sources.txt`. Never here: a test that is left out
because it fails under probes.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Package:
    """One sdist: the packages it brings, and what pytest is given in its folder."""

    name: str
    modules: tuple[str, ...]
    arguments: tuple[str, ...] = ()
    environment: dict[str, str] = field(default_factory=dict)
    # Of the specs of capturing probes: suites of tens of millions of calls would be captured for hours.
    captures: str = ""
    # Where it is, if not where its sdist was unpacked.
    folder: Path | None = None


PACKAGES = [
    Package("attrs", ("attr", "attrs"), ("--hypothesis-seed=0",)),
    Package("click", ("click",)),
    Package("flask", ("flask",)),
    Package("httpx", ("httpx",)),
    Package("jinja2", ("jinja2",)),
    Package("more-itertools", ("more_itertools",)),
    Package("packaging", ("packaging",), ("--hypothesis-seed=0",)),
    Package("pluggy", ("pluggy",)),
    Package("pytest", ("_pytest", "pytest"), ("testing", "--hypothesis-seed=0"), captures="?rate=1000/s"),
    # Its core: expressions, statements, types, compilers, engines; the tests of its ORM take an hour.
    Package(
        "sqlalchemy",
        ("sqlalchemy",),
        ("test/sql", "test/base", "test/engine"),
        {"DISABLE_SQLALCHEMY_CEXT": "1"},
        captures="?rate=1000/s",
    ),
    # Of six hundred files of tests the ones about expressions.
    Package(
        "sympy",
        ("sympy",),
        tuple(
            f"sympy/core/tests/test_{part}.py"
            for part in ("basic", "expr", "function", "numbers", "facts", "logic", "subs", "cache", "symbol", "power")
        ),
        captures="?rate=1000/s",
    ),
    Package("trio", ("trio",), ("-p", "trio._tests.pytest_plugin", "--pyargs", "trio")),
    Package("werkzeug", ("werkzeug",)),
]
