"""Programs that serve under `waspect run`, and clients that ask them all at once.

In: probes as rows, a serving program, the application beside it. Out: its port, then the JSONL records. Never here: an
address off this machine.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import socket
import subprocess
import sys
import textwrap
import time
from concurrent.futures import ThreadPoolExecutor

from probing import wat
from running import BINARY

CLIENTS, ROUNDS = 8, 12


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


@contextlib.contextmanager
def served(tmp_path, probes, program, **modules):
    """A program under `waspect run` that serves on its first argument; gives the port, then the JSONL records."""
    for name, text in modules.items():
        (tmp_path / f"{name}.py").write_text(textwrap.dedent(text))
    module, script, out = tmp_path / "probe.wat", tmp_path / "serve.py", tmp_path / "out.jsonl"
    module.write_text(wat(probes))
    script.write_text(textwrap.dedent(program))
    port = free_port()
    command = [BINARY, "run", "--budget", "share=100%", "-p", str(module), "-o", f"jsonl:{out}"]
    command += ["--python", sys.executable, "--"]
    process = subprocess.Popen([*command, str(script), str(port)], stderr=subprocess.PIPE, text=True)
    lines = []
    try:
        wait_for(port, process)
        yield port, lines
    finally:
        process.terminate()
        _, err = process.communicate(timeout=30)
    assert out.exists(), err
    lines.extend(json.loads(line) for line in out.read_text().splitlines())


def wait_for(port, process):
    for _ in range(600):
        assert process.poll() is None, process.communicate()
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.1)
    raise TimeoutError


def ask(port, marks, path=None):
    """One connection, kept alive, that asks for each mark in turn."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    answers = []
    for mark in marks:
        connection.request("GET", f"/{path}" if path is not None else f"/anything/{mark}", headers={"User-Agent": mark})
        with connection.getresponse() as answer:
            answers.append(answer.read())
            assert answer.status == 200, answers[-1]
    connection.close()
    return answers


def ask_all(port, rounds=ROUNDS, path=None):
    marks = [[f"m{client}-{turn}" for turn in range(rounds)] for client in range(CLIENTS)]
    with ThreadPoolExecutor(CLIENTS) as pool:
        list(pool.map(lambda own: ask(port, own, path), marks))
    return {mark for own in marks for mark in own}


def agree(lines, marks):
    """Every record's value is that of its own request, and every request has an id of its own."""
    rows = [line for line in lines if line["type"] == "record"]
    seen = [(row["fields"]["own"], row["fields"]["kept"]) for row in rows if row["fields"]["own"] in marks]
    assert {own for own, _ in seen} == marks
    assert all(own == kept for own, kept in seen)
    ids = {}
    for row in rows:
        if row["fields"]["own"] in marks:
            assert row["request"] is not None
            ids.setdefault((row["pid"], row["request"]), set()).add(row["fields"]["own"])
    assert all(len(owners) == 1 for owners in ids.values()) and len(ids) == len(marks)
