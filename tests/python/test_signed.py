"""Signed modules as an operator meets them: keys, files, and who is let in where signatures are required.

In: keys and modules made here, policies. Out: a failure where what nobody signed is loaded, or a key can be read or
taken. Never here: a look at how it is done.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import waspect
from running import BINARY
from waspect import hogtrace

PROBE = "fn:*.work:entry { capture(arg0); }"
APP = "def work(n):\n    return n\n\nwork(7)\nprint('done')\n"
OTHER = 54_321


def run(here: Path, *args: str, user: int | None = None) -> subprocess.CompletedProcess[str]:
    own = {k: v for k, v in os.environ.items() if k not in {"WASPECT_POLICY", "PYTHONPATH", "VIRTUAL_ENV"}}
    own["XDG_CACHE_HOME"] = str(here / f"cache-{user}")
    return subprocess.run(
        [BINARY, *args], cwd=here, env=own, capture_output=True, text=True, timeout=120, check=False, user=user
    )


def done(here: Path, *args: str) -> subprocess.CompletedProcess[str]:
    ran = run(here, *args)
    assert ran.returncode == 0, ran.stderr
    return ran


@pytest.fixture
def here(tmp_path: Path) -> Path:
    """Two keys, a signed module and one that is not, and a policy that trusts the first key."""
    (tmp_path / "app.py").write_text(APP)
    (tmp_path / "work.probe").write_text(PROBE)
    lines = [done(tmp_path, "keygen", name).stdout.strip() for name in ("alice", "mallory")]
    (tmp_path / "p.toml").write_text(f'require_signed = true\n[keys]\nalice = "{lines[0]}"\n')
    done(tmp_path, "sign", "--key", "alice.key", "work.probe", "-o", "good.wasm")
    done(tmp_path, "sign", "--key", "mallory.key", "work.probe", "-o", "bad.wasm")
    changed = bytearray((tmp_path / "good.wasm").read_bytes())
    changed[changed.index(b"arg0") + 3] = ord("1")
    (tmp_path / "changed.wasm").write_bytes(changed)
    return tmp_path


def test_keys_are_their_users_alone(here: Path) -> None:
    modes = [oct((here / name).stat().st_mode & 0o777) for name in ("alice.key", "alice.pub")]
    assert modes == ["0o600", "0o644"]
    secret = (here / "alice.key").read_text()
    again = run(here, "keygen", "alice")
    assert again.returncode == 2
    assert "`alice.key` is there already" in again.stderr
    assert (here / "alice.key").read_text() == secret
    (here / "bob.pub").write_text("mine\n")
    assert run(here, "keygen", "bob").returncode == 2
    assert not (here / "bob.key").exists(), "half a pair"
    told = json.loads(done(here, "keygen", "--json", "carol").stdout)
    assert told["key"] == (here / "carol.pub").read_text().strip()
    assert (here / "carol.key").read_text().strip() not in json.dumps(told)


def test_links_are_not_followed(here: Path) -> None:
    victim = here / "victim"
    for name in ("eve.key", "fay.pub"):
        (here / name).symlink_to(victim)
    for name in ("eve", "fay"):
        ran = run(here, "keygen", name)
        assert ran.returncode == 2
        assert "is there already" in ran.stderr
    assert not victim.exists()
    (here / "link.key").symlink_to(here / "alice.key")
    ran = run(here, "sign", "--key", "link.key", "good.wasm")
    assert ran.returncode == 2
    assert "the key `link.key` is a symbolic link" in ran.stderr


# What is wrong with a file of a key, and what `sign` says.
KEYS = [
    (lambda key: key.chmod(0o640), "has mode 640, expected nothing for group and others"),
    (lambda key: key.chmod(0o604), "hint: `chmod 600 alice.key`"),
    (lambda key: key.write_text(key.with_suffix(".pub").read_text()), "expected a secret key, found a public one"),
    (lambda key: key.write_text("ed25519-secret:00"), "expected a secret key, `ed25519-secret:`"),
    (lambda key: key.write_text("ed25519-secret:" + "0" * 64), "expected a secret key"),
    (lambda key: (key.unlink(), os.mkfifo(key, 0o600)), "the key `alice.key` is no file"),
    (lambda key: (key.unlink(), key.mkdir(0o700)), "the key `alice.key` is no file"),
    (lambda key: key.unlink(), "there is no key `alice.key`"),
]


@pytest.mark.parametrize(("spoil", "says"), KEYS)
def test_a_key_that_somebody_else_could_have(here: Path, spoil, says: str) -> None:
    before = (here / "good.wasm").read_bytes()
    spoil(here / "alice.key")
    ran = run(here, "sign", "--key", "alice.key", "good.wasm")
    assert ran.returncode == 2
    assert says in ran.stderr
    assert (here / "good.wasm").read_bytes() == before


def test_another_users_key(here: Path) -> None:
    """Root may read it, and still does not sign by it."""
    if os.geteuid() == 0:
        os.chown(here / "alice.key", OTHER, OTHER)
        ran = run(here, "sign", "--key", "alice.key", "good.wasm")
        assert ran.returncode == 2
        assert f"belongs to user {OTHER}, expected 0" in ran.stderr
    mode = (here / "mallory.key").stat().st_mode & 0o077
    assert mode == 0


def test_signing_again_changes_nothing_and_others_stay(here: Path) -> None:
    first = (here / "good.wasm").read_bytes()
    done(here, "sign", "--key", "alice.key", "good.wasm")
    assert (here / "good.wasm").read_bytes() == first
    done(here, "sign", "--key", "mallory.key", "good.wasm")
    both = json.loads(done(here, "inspect", "--json", "--policy", "p.toml", "good.wasm").stdout)["signed"]
    assert [one["holds"] for one in both] == [True, True]
    assert {one["name"] for one in both} == {"alice", None}
    told = json.loads(done(here, "sign", "--json", "--key", "alice.key", "good.wasm").stdout)
    assert len(told["signed"]) == 2
    # A signature that does not hold any more goes.
    told = json.loads(done(here, "sign", "--json", "--key", "mallory.key", "changed.wasm").stdout)
    assert [one["holds"] for one in told["signed"]] == [True]
    assert run(here, "sign", "--key", "alice.key", "work.probe").returncode == 2


def test_inspect_and_check_say_who(here: Path) -> None:
    def said(*args: str) -> str:
        return done(here, *args).stdout

    key = json.loads(said("inspect", "--json", "good.wasm"))["signed"][0]["key"]
    assert f"signed by key {key}\n" in said("inspect", "good.wasm")
    assert f"signed by alice ({key})\n" in said("inspect", "--policy", "p.toml", "good.wasm")
    assert f", signed by alice ({key})\n" in said("check", "--policy", "p.toml", "good.wasm")
    assert f", a signature of key {key} does not hold\n" in said("check", "changed.wasm")
    assert json.loads(said("inspect", "--json", "work.probe"))["signed"] == []


# A module, and what a policy that requires signatures says of it; nothing where it is taken.
MODULES = [
    ("good.wasm", ""),
    ("work.probe", "the module is not signed, and `require_signed` is set (p.toml:1)"),
    ("bad.wasm", "whom `[keys]` does not list, and `require_signed` is set (p.toml:1)"),
    ("changed.wasm", "the module is not what `alice` signed, and `require_signed` is set (p.toml:1)"),
]


@pytest.mark.parametrize(("module", "says"), MODULES)
def test_where_signatures_are_required(here: Path, module: str, says: str) -> None:
    ran = run(here, "run", "-p", module, "--policy", "p.toml", "--python", sys.executable, "app.py")
    assert says in ran.stderr, ran.stderr
    assert (ran.returncode, ran.stdout) == ((2, "") if says else (0, "done\n"))
    checked = run(here, "check", "--policy", "p.toml", module)
    assert checked.returncode == (1 if says else 0)
    assert says in checked.stderr
    if says:
        with pytest.raises(waspect.PolicyError, match="`require_signed` is set") as refused:
            waspect.load(here / module, policy=here / "p.toml")
        assert refused.value.hint
    else:
        waspect.load(here / module, policy=here / "p.toml").detach()


def test_text_and_places_are_nobodys(here: Path) -> None:
    ran = run(here, "run", "-e", PROBE, "--policy", "p.toml", "--python", sys.executable, "app.py")
    assert ran.returncode == 2
    assert "a program given as text, as to `-e`, is signed by nobody" in ran.stderr
    spec = "fn:*.work:entry"
    with pytest.raises(waspect.PolicyError, match="signed, but placed by `at`") as refused:
        waspect.load(here / "good.wasm", {spec: "fn:os.getenv:entry"}, policy=here / "p.toml")
    assert "waspect sign --at" in str(refused.value.hint)
    done(here, "sign", "--key", "alice.key", "good.wasm", "-o", "moved.wasm", "--at", f"{spec}=fn:*.play:entry")
    with waspect.load(here / "moved.wasm", policy=here / "p.toml") as session:
        assert [link["probe"] for link in session.links] == ["fn:*.play:entry"]


def test_an_artifact_keeps_its_signatures(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(here / "cache-None"))
    for module, is_good in [("good.wasm", True), ("bad.wasm", False)]:
        done(here, "compile", module, "-o", "made.cwasm")
        if is_good:
            waspect.load(here / "made.cwasm", policy=here / "p.toml").detach()
        else:
            with pytest.raises(waspect.PolicyError, match="does not list"):
                waspect.load(here / "made.cwasm", policy=here / "p.toml")


def test_hogtrace_is_held_to_the_policy_of_its_process(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = "fn:a.b:entry { capture(password); }"

    def captured() -> object:
        password = "hunter2"  # noqa: F841 — the program reads it
        made = hogtrace.compile(program)
        return hogtrace.execute_probe(made, made.probes[0], sys._getframe(), hogtrace.RequestLocalStore())

    (here / "loose.toml").write_text('[redact]\nallow = ["password"]\n')
    (here / "tight.toml").write_text('[imports]\ndeny = ["probe1.get"]\n')
    assert "hunter2" not in str(captured())
    monkeypatch.setenv("WASPECT_POLICY", str(here / "loose.toml"))
    assert "hunter2" in str(captured())
    for policy, says in [("tight", "is denied by"), ("p", "the module is not signed"), ("none", "cannot be read")]:
        monkeypatch.setenv("WASPECT_POLICY", str(here / f"{policy}.toml"))
        with pytest.raises(hogtrace.CompilationError, match=says):
            hogtrace.compile(program)
