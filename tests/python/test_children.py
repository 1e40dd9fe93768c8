"""Python programs that a program under `waspect run` starts: observed like itself, unless they are to be left alone.

In: the binary and the agent of this environment. Out: nothing. Never: a child of which only the probes tell.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import running
from test_fork import wait_for

SHOP = "def hit(n): return n\n"
PROBE = "fn:shop.hit:entry { @hits = count(); }"
# Calls `hit` so often, in a child too, and prints how often that was in all.
HOWS = {
    "subprocess": (2, "subprocess.run(child, check=True)"),
    "with a copied environment": (2, "subprocess.run(child, check=True, env={**os.environ, 'MORE': '1'})"),
    "through a shell": (2, "subprocess.run(shlex.join(child), shell=True, check=True)"),
    "a grandchild": (3, "subprocess.run([sys.executable, '-c', grand], check=True)"),
    "exec in a forked child": (3, "p = os.fork() or (shop.hit(0), os.execv(sys.executable, child)); os.waitpid(p, 0)"),
    "exec of the program": (2, "sys.stdout.flush(); os.execv(sys.executable, child)"),
    "posix_spawn": (2, "os.waitpid(os.posix_spawn(sys.executable, child, os.environ), 0)"),
    "a pool that spawns": (3, "with mp.get_context('spawn').Pool(2) as pool: pool.map(shop.hit, range(20))"),
    # One of its workers may have done all there was.
    "a pool of a fork server": (3, "with mp.get_context('forkserver').Pool(2) as pool: pool.map(shop.hit, range(20))"),
}
APP = """
import os, shlex, subprocess, sys, multiprocessing as mp, shop
child = [sys.executable, '-c', 'import shop; [shop.hit(n) for n in range(20)]']
grand = f'import subprocess, shop; shop.hit(1); subprocess.run({child!r}, check=True)'
if __name__ == '__main__':
    [shop.hit(n) for n in range(5)]
    HOW
    print(sys.path)
"""


def run(folder: Path, *args: str, **env: str | None) -> tuple[int, str, list[dict]]:
    """Exit code, what was printed, and what was reported of a program."""
    line = [running.BINARY, "run", "--budget", "share=100%", "-e", PROBE, "-o", "jsonl:out"]
    line += ["--python", sys.executable, *args]
    done = subprocess.run(
        line, cwd=folder, env=running.environment(**env), capture_output=True, text=True, check=False, timeout=120
    )
    assert not done.stderr, done.stderr
    return done.returncode, done.stdout, [json.loads(line) for line in (folder / "out").read_text().splitlines()]


def written(folder: Path, how: str) -> None:
    (folder / "shop.py").write_text(SHOP)
    (folder / "app.py").write_text(APP.replace("HOW", HOWS[how][1]))


def hits(lines: list[dict]) -> int:
    return sum(line["value"] for line in lines if line["type"] == "aggregation")


@pytest.mark.parametrize("how", HOWS)
def test_children_count_with_the_program(how, tmp_path):
    written(tmp_path, how)
    code, _, lines = run(tmp_path, "app.py", PYTHONPATH=str(tmp_path))
    extra = {"a grandchild": 1, "exec in a forked child": 1}.get(how, 0)
    assert (code, hits(lines)) == (0, 25 + extra)
    starts = [line["pid"] for line in lines if line["type"] == "start"]
    # Helpers of `multiprocessing` that run nothing of the program's are left alone.
    assert len(starts) == HOWS[how][0] or (how == "a pool of a fork server" and len(starts) == 4), lines


@pytest.mark.parametrize("how", HOWS)
def test_children_are_left_alone_if_asked(how, tmp_path):
    written(tmp_path, how)
    code, out, lines = run(tmp_path, "--no-children", "app.py", PYTHONPATH=str(tmp_path))
    alone = subprocess.run(
        [sys.executable, "app.py"],
        cwd=tmp_path,
        env=running.environment(PYTHONPATH=str(tmp_path)),
        capture_output=True,
        text=True,
        check=True,
    )
    assert (code, out) == (0, alone.stdout)
    assert hits(lines) == 5 + (how == "exec in a forked child")


# Each ends as it would have without waspect.
STRANGERS = {
    "isolated": "[sys.executable, '-I', '-c', 'print(1)']",
    "without site": "[sys.executable, '-S', '-c', 'print(1)']",
    "another Python": "['OTHER', '-c', 'print(1)']",
    "no Python": "['/bin/echo', '1']",
}


@pytest.mark.parametrize("which", STRANGERS)
def test_children_that_cannot_be_observed_run_as_ever(which, tmp_path):
    others = sorted(Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv").glob("versions/3.[689]*/bin/python3"))
    if which == "another Python" and not others:
        pytest.skip("no older Python under PYENV_ROOT or ~/.pyenv")
    line = STRANGERS[which].replace("OTHER", str(others[0]) if others else "")
    (tmp_path / "app.py").write_text(f"import subprocess, sys\nprint(subprocess.run({line}, capture_output=True))")
    code, out, _ = run(tmp_path, "app.py")
    assert code == 0 and "returncode=0, stdout=b'1\\n', stderr=b''" in out, out


def test_a_child_that_outlives_the_observation_starts_as_ever(tmp_path):
    """What it finds on its search path is gone."""
    (tmp_path / "app.py").write_text(
        "import os, subprocess, sys, time\n"
        "if os.fork(): os._exit(0)\n"
        "while os.path.isdir(os.environ['PYTHONPATH']): time.sleep(0.01)\n"
        "done = subprocess.run([sys.executable, '-c', 'print(1)'], capture_output=True)\n"
        "open('new', 'w').write(repr(done)); os.rename('new', 'done')\n"
    )
    assert run(tmp_path, "app.py")[0] == 0
    done = tmp_path / "done"
    wait_for(done)
    assert "returncode=0, stdout=b'1\\n', stderr=b''" in done.read_text()


def test_a_child_whose_environment_forbids_it_is_left_alone(tmp_path):
    written(tmp_path, "subprocess")
    app = tmp_path / "app.py"
    app.write_text(app.read_text().replace("run(child, check=True)", "run(child, env={**os.environ, 'WASPECT': '0'})"))
    code, _, lines = run(tmp_path, "app.py", PYTHONPATH=str(tmp_path))
    assert (code, hits(lines)) == (0, 5)


def test_what_children_look_for_lies_where_nobody_else_can_put_anything(tmp_path):
    """It may be looked for after it is gone, by children of root too."""
    code = "import os; found = os.stat(os.path.dirname(os.environ['PYTHONPATH'].split(':')[0]))"
    code += "; print(found.st_mode & 0o777, found.st_uid)"
    done, out, _ = run(tmp_path, "-c", code)
    assert (done, out.split()) == (0, [str(0o700), str(os.geteuid())])
