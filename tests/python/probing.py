"""Sessions in this process: probes written as rows, and what they counted and recorded.

In: a dict of spec to what the probe does. Out: a session, and its counts and records as plain values. Never here: an
assertion, a sleep.

What a probe does is words: `a=arg0` captures a path as the field `a` and emits; `count` counts by function; `keep` sets
the slot `k` to `arg0`; `k=kept` captures the slot; `set:k` and `add:k` set or add `arg0` in the request (`set:k:PATH`
another path), `a=req:k` captures it; `trap`, `spin` and `fail` go wrong. Nothing at all: it only fires.
"""

from __future__ import annotations

import gc
import re
import subprocess
import sys
import textwrap
from pathlib import Path

import waspect

CALLS = {
    "elapsed": '(import "probe1" "elapsed" (func $elapsed (result i64)))',
    "emit": '(import "probe1" "emit" (func $emit (result i32)))',
    "count": '(import "probe1.count" "calls" (func $count (param i64)))',
    "keep": '(import "probe1.slot.set" "k" (func $keep (param i64) (result i32)))',
    "kept": '(import "probe1.slot" "k" (func $kept (result i64)))',
}
INT = (
    "(func $int (param i64) (result i64) (i64.or (i64.const 0xFFF9_0000_0000_0000) "
    "(i64.and (local.get 0) (i64.const 0xFFFF_FFFF_FFFF))))"
)


def wat(probes):
    """The module with these probes: an import for each word that is used."""
    imports, functions = {}, []

    def path(text):
        if text in {"kept", "elapsed"}:
            imports[text] = CALLS[text]
            return "(call $int (call $elapsed))" if text == "elapsed" else f"(call ${text})"
        if text.startswith("req:"):
            name = text.replace("req:", "$req_")
            imports[name] = f'(import "probe1.req" "{text[4:]}" (func {name} (result i64)))'
            return f"(call {name})"
        name = "$get_" + re.sub(r"\W", "_", text)
        text = text.replace('"', '\\"')
        imports[name] = f'(import "probe1.get" "{text}" (func {name} (result i64)))'
        return f"(call {name})"

    def one(word):
        if word in {"trap", "spin", "fail"}:
            return {"trap": "(unreachable)", "spin": "(loop (br 0))", "fail": "(i32.const -1) (return)"}[word]
        if word == "count":
            imports["count"] = CALLS["count"]
            return f"(call $count {path('$fn')})"
        if word == "keep":
            imports["keep"] = CALLS["keep"]
            return f"(drop (call $keep {path('arg0')}))"
        if word[:4] in {"set:", "add:"}:
            verb, key, what = (*word.split(":", 2), "arg0")[:3]
            name, gives = f"{verb}_{key}", "i32" if verb == "set" else "i64"
            imports[name] = f'(import "probe1.req.{verb}" "{key}" (func ${name} (param i64) (result {gives})))'
            return f"(drop (call ${name} {path(what)}))"
        field, what = word.split("=", 1)
        imports["$" + field] = f'(import "probe1.field" "{field}" (func ${field} (param i64)))'
        return f"(call ${field} {path(what)})"

    for spec, does in probes.items():
        body = [one(word) for word in does.split()]
        if "=" in does:
            imports["emit"] = CALLS["emit"]
            body.append("(drop (call $emit))")
        functions.append(f'(func (export "{spec}") (result i32) {" ".join(body)} (i32.const 0))')
    return "(module\n" + "\n".join([*imports.values(), INT, *functions]) + ")"


def load(probes, **options):
    # Tests loop hotter than a process whose time is to be kept; those about that say so.
    options["budget"] = {"share": 1} | options.get("budget", {})
    return waspect.load(wat(probes).encode(), **options)


def counts(session):
    """By function: entries, returns, raises, abandoned, live."""
    names = ("entries", "returns", "raises", "abandoned", "live")
    return {s["fn"]: tuple(s[n] for n in names) for s in session.stats() if s["type"] == "function"}


def summaries(session):
    return {s["probe"]: s for s in session.stats() if s["type"] == "summary"}


def firings(session):
    return {probe: s["firings"] for probe, s in summaries(session).items()}


def events(session, kind):
    return [e for e in session.events(timeout=0) if e["type"] == kind]


def records(session):
    """Probe, point, fields."""
    return [(r["probe"], r["point"], dict(r["fields"])) for r in events(session, "record")]


def balanced(session):
    gc.collect()
    for fn, (entries, returns, raises, abandoned, live) in counts(session).items():
        assert returns is None or entries == returns + raises + abandoned + live, fn
        assert live is None or live >= 0, fn
    return counts(session)


def alone(program, seconds=60):
    """The lines that a program of its own prints; it starts with all of this and `kinds`."""
    folder = Path(__file__).parent
    prelude = f"""
import sys; sys.path[:0] = {[str(folder), str(folder / "apps"), *sys.path[1:]]!r}
import gc, kinds
from probing import *
load({{'fn:no.thing:entry': ''}}).detach()
"""
    command = [sys.executable, "-c", prelude + textwrap.dedent(program)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=seconds, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()
