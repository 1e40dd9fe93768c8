"""`waspect top` in a terminal that operators have: a session of tmux, as over ssh, in the smallest size supported.

In: tmux, the binary and the agent of this environment, and the web application of `test_top.py`. Out: nothing. Never: a
look at the bytes; tmux says what it shows.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

import running
from asking import until
from test_top import PATIENCE, Application

pytestmark = [pytest.mark.once, pytest.mark.usefixtures("may_trace")]


@pytest.fixture(autouse=True, scope="module")
def _has_tmux() -> None:
    if shutil.which("tmux") is None:
        pytest.skip("no tmux here; Debian: apt install tmux")


class Tmux:
    """A server with one session, of no user's settings."""

    def __init__(self, folder: Path, *line: str):
        self.socket = os.fspath(folder / "tmux")
        environment = running.environment(TERM="xterm-256color", LC_ALL="C.UTF-8", NO_COLOR="1")
        shown = f"{shlex.join(line)}; echo 'it ended with' $?; exec cat"
        size = ["-x", "80", "-y", "24"]
        self.tell("-f", "/dev/null", "new-session", "-d", *size, shown, env=environment)

    def tell(self, *words: str, **options) -> str:
        line = ["tmux", "-S", self.socket, *words]
        return subprocess.run(line, capture_output=True, text=True, check=True, timeout=PATIENCE, **options).stdout

    def press(self, *keys: str) -> None:
        self.tell("send-keys", *keys)

    def shows(self, what: str) -> re.Match[str]:
        def found() -> re.Match[str] | None:
            return re.search(what, self.text(), re.MULTILINE)

        try:
            return until(found, PATIENCE)
        except AssertionError:
            raise AssertionError(f"{what!r} was not shown:\n{self.text()}") from None

    def text(self) -> str:
        return self.tell("capture-pane", "-p")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.tell("kill-server")


def test_a_function_is_found_watched_and_let_go(tmp_path):
    application = Application(tmp_path)
    try:
        with Tmux(tmp_path, running.BINARY, "top", str(application.pid)) as tmux:
            tmux.shows("Nothing is instrumented yet")
            tmux.press("i")
            tmux.press("-l", "orders.pri")
            tmux.shows(r"^ *> orders\.price$")
            tmux.press("Enter")
            assert application.line() == "probed"
            tmux.shows(r"^ *>? ?orders\.price +\d+ +[\d.]+ +\d+\S+s +\d+\S+s +[1-9]\d* +\S+% +live")
            tmux.press("Enter")
            tmux.shows(r"count \d+, mean")
            tmux.press("Escape")
            tmux.shows("FUNCTION")
            tmux.press("?")
            tmux.shows("instrument")
            tmux.press("Escape")
            tmux.shows("FUNCTION")
            tmux.press("d")
            assert application.line() == "clean"
            tmux.shows("is as it was before")
            assert all(len(row) <= 80 for row in tmux.text().splitlines())
            tmux.press("q")
            # The screen that was there before, and the program's code.
            tmux.shows("^it ended with 0$")
            assert "FUNCTION" not in tmux.text()
    finally:
        application.end()
