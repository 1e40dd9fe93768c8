"""Compiling from inside an application: the binary runs, and the application cannot tell.

Each case is a script of its own, because it looks at what is the whole process's: children, signals, descriptors.
"""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

PROBE = """
(module
  (import "probe1.count" "calls" (func $count (param i64)))
  (func (export "fn:shop.cart.add:entry") (call $count (i64.const 0xfff8000000000000))))
"""

PROLOGUE = """
import ctypes, os, resource, signal, sys, threading, time
from waspect import _core, compiler

PROBE = open(sys.argv[1], "rb").read()
seen = []
signal.signal(signal.SIGCHLD, lambda number, frame: seen.append(number))

def compile():
    return _core.compile(compiler.find(), PROBE, "p.wat", [])

def no_child(options=0):
    try:
        found = os.waitpid(-1, options | os.WNOHANG)
    except ChildProcessError:
        return True
    raise AssertionError(found)
"""


@pytest.fixture
def run(tmp_path: Path):
    """Runs a script with the prologue in a fresh interpreter; it must end well and print `done`."""

    def run(body: str, **options: object) -> None:
        probe = tmp_path / "p.wat"
        probe.write_text(PROBE)
        script = PROLOGUE + textwrap.dedent(body) + "\nprint('done')\n"
        env = {**os.environ, "XDG_CACHE_HOME": str(tmp_path)}
        ended = subprocess.run(
            [sys.executable, "-c", script, probe],
            env=env,
            check=False,
            capture_output=True,
            text=True,
            timeout=60,
            **options,
        )
        assert (ended.returncode, ended.stdout) == (0, "done\n"), ended.stderr

    return run


def test_no_child_and_no_signal(run) -> None:
    run("""
        assert no_child()
        for _ in range(10):
            assert len(compile()) > 10_000
            assert no_child() and no_child(0x40000000)   # __WALL: not even one that is not told of
        time.sleep(0.1)
        assert seen == []
    """)


def test_a_wait_for_any_child_in_another_thread_finds_only_its_own(run) -> None:
    run("""
        own = os.posix_spawn("/bin/sleep", ["sleep", "0.5"], {})
        found = []
        waiter = threading.Thread(target=lambda: found.append(os.waitpid(-1, 0)[0]))
        waiter.start()
        compile()
        waiter.join()
        assert found == [own]
        assert seen == [signal.SIGCHLD]
    """)


def test_process_1_and_subreapers_get_no_orphan(run) -> None:
    run("""
        PR_SET_CHILD_SUBREAPER = 36
        assert ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0
        for _ in range(3):
            compile()
            assert no_child()
        time.sleep(0.1)
        assert seen == [] and no_child()
    """)


def test_where_children_are_ignored(run) -> None:
    run("""
        signal.signal(signal.SIGCHLD, signal.SIG_IGN)
        assert compile() == compile()
    """)


def test_without_standard_streams(run) -> None:
    run("""
        keep = os.dup(1)
        for stream in 0, 1, 2:
            os.close(stream)
        first = compile()
        os.dup2(keep, 1)
        assert first == compile()
    """)


def test_other_threads_run_meanwhile(run) -> None:
    run("""
        count, stop = 0, False
        def spin():
            global count
            while not stop:
                count += 1
        thread = threading.Thread(target=spin)
        thread.start()
        before = count
        compile()
        assert count - before > 1000
        stop = True
        thread.join()
    """)


def test_signals_and_fork_handlers_of_the_application_do_not_run_in_a_copy(run) -> None:
    run("""
        ran = []
        os.register_at_fork(before=lambda: ran.append("before"), after_in_child=lambda: ran.append("child"))
        wakeup, end = os.pipe()
        os.set_blocking(end, False)
        signal.set_wakeup_fd(end)
        fds = sorted(os.listdir("/proc/self/fd"))
        for _ in range(5):
            compile()
        assert ran == [] and seen == []
        assert sorted(os.listdir("/proc/self/fd")) == fds
        os.set_blocking(wakeup, False)
        try:
            raise AssertionError(os.read(wakeup, 100))
        except BlockingIOError:
            pass
        assert signal.pthread_sigmask(signal.SIG_BLOCK, []) == set()
    """)


def test_a_fork_at_the_wrong_moment_does_not_hold_it_up(run) -> None:
    run("""
        stop = False
        children = []
        def fork():
            while not stop:
                pid = os.fork()
                if pid == 0:
                    time.sleep(3)
                    os._exit(0)
                children.append(pid)
                time.sleep(0.001)
        thread = threading.Thread(target=fork)
        thread.start()
        start = time.monotonic()
        for _ in range(10):
            compile()
        took = time.monotonic() - start
        stop = True
        thread.join()
        for pid in children:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
        assert took < 3, took
    """)


def test_a_refusal_raises_its_stage(run) -> None:
    run("""
        from waspect.errors import CompileError, ModuleError, SpecError
        for source, at, expected in [
            (b"(module", [], ModuleError),
            (b"garbage", [], ModuleError),
            (PROBE, ["other=fn:x"], SpecError),
        ]:
            try:
                _core.compile(compiler.find(), source, "p.wat", at)
            except expected as e:
                assert str(e)
            else:
                raise AssertionError(source)
        try:
            _core.compile("/nowhere/waspect", PROBE, "p.wat", [])
        except CompileError as e:
            assert "127" in str(e)
        else:
            raise AssertionError
        assert seen == [] and no_child()
    """)
