"""Programs of the probe language on the command line and from Python: checked, laid out, built, loaded.

In: programs as text, the shop of `apps/store`. Out: what is said and made. Never here: what a program does; that is
`docs/LANGUAGE.md`, which is run.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

import waspect
from running import BINARY, environment

APPS = Path(__file__).parent / "apps"
sys.path.insert(0, str(APPS))
GOOD = "fn:kinds.plain:exit { @calls[fn] = count(); }"
BAD = "fn:kinds.plain:exit { @calls[fn] = count(; }"
LONG = "(" * 10_000 + "1" + ")" * 10_000


def run(*arguments: str, given: str = "") -> subprocess.CompletedProcess[str]:
    command = [BINARY, *arguments]
    return subprocess.run(
        command, input=given, cwd=APPS, env=environment(), capture_output=True, text=True, timeout=60, check=False
    )


AGAINST = {
    "fn:store.cart.checkout:exit": (0, "store.cart.checkout"),
    "fn:store.**.add:entry": (0, "store.cart.Cart.add"),
    "fn:store.cart.chekout:exit": (1, "did you mean `store.cart.checkout`?"),
    "fn:store.nothing.at.all:exit": (1, "means no function of `store.cart`"),
}


@pytest.mark.parametrize("spec", AGAINST)
def test_specs_are_held_against_a_package(spec):
    done = run("check", "-e", f"{spec} {{ @ = count(); }}", "--against", "store.cart", "--python", sys.executable)
    code, said = AGAINST[spec]
    assert done.returncode == code and said in done.stdout + done.stderr


POSITIONS = {
    "fn:store.cart.checkout:exit { capture(arg0); }": None,
    "fn:store.cart.checkout:exit { capture(arg0, arg7); }": "`arg7` is beyond the positional parameters of `store",
    "fn:store.**:entry { capture(arg99); }": "`arg99` is beyond the positional parameters of each of",
}


@pytest.mark.parametrize("text", POSITIONS)
def test_positions_are_held_against_a_package(text):
    command = ["check", "-e", text, "--against", "store.cart", "--python", sys.executable]
    done, said = run(*command), POSITIONS[text]
    assert done.returncode == 0 and (said in done.stderr if said else "warning" not in done.stderr)
    found = json.loads(run(*command, "--json").stdout)
    assert [one["severity"] for one in found] == (["warning"] if said else [])


@pytest.mark.once
def test_an_editor_is_told_both_of_two_places():
    done = run("check", "-e", "fn:a.b:exit { @n = count(); @n[1] = count(); }", "--json")
    (found,) = json.loads(done.stdout)
    assert (found["start"]["column"], found["other"]["start"]["column"], found["other"]["is"]) == (29, 15, "before")


@pytest.mark.once
def test_an_editor_is_told_ranges():
    done = run("check", "-e", BAD, "--json")
    (found,) = json.loads(done.stdout)
    assert (done.returncode, found["severity"], found["start"]) == (1, "error", {"line": 1, "column": 42})


@pytest.mark.once
def test_what_is_laid_out_stays_so():
    once = run("fmt", "-", given="fn:a.b:entry{capture(x=arg0)  ;}#c")
    again = run("fmt", "--check", "-", given=once.stdout)
    assert (once.returncode, again.returncode) == (0, 0), again.stderr


@pytest.mark.once
def test_a_built_program_is_a_module(tmp_path):
    source, module = tmp_path / "q.probe", tmp_path / "q.wasm"
    source.write_text(GOOD)
    assert run("build", str(source), "-o", str(module)).returncode == 0
    assert module.read_bytes().startswith(b"\0asm")


@pytest.mark.parametrize("how", ["text", "file"])
def test_a_program_is_loaded_as_any_module(how, tmp_path):
    import kinds

    (tmp_path / "q.probe").write_text(GOOD)
    with waspect.load(GOOD.encode() if how == "text" else tmp_path / "q.probe") as session:
        kinds.plain(1)
        (counted,) = session.aggregations()
    assert (counted["name"], counted["value"]) == ("calls", 1)


# What HogTrace lets through: code, and work without end.
ESCAPES = {
    "exec": "fn:kinds.plain:entry { exec('import os'); }",
    "eval": "fn:kinds.plain:entry { capture(x = eval('1')); }",
    "nesting": f"fn:kinds.plain:entry / {LONG} / {{ }}",
    "work": "fn:kinds.plain:entry { " + "capture(locals); " * 20_000 + "}",
}


@pytest.mark.parametrize("name", ESCAPES)
def test_what_would_escape_is_a_mistake(name, tmp_path):
    (tmp_path / "q.probe").write_text(ESCAPES[name])
    done = run("check", str(tmp_path / "q.probe"))
    assert done.returncode == 1 and done.stderr.startswith("error: ")
    with pytest.raises(waspect.ProbeError):
        waspect.load(tmp_path / "q.probe")
