"""Policy and redaction as an operator and a program meet them.

In: a program that logs a user in, probes that read all they can, policy files. Out: a failure where a secret is in what
leaves, or where a rule does not hold. Never here: a look at how it is done.
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

SECRET = "hunter2-is-no-word"
CARD = "4111 1111 1111 1111"
TOKEN = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ1c2VyLTQyIn0.c2lnbmF0dXJlLXBhcnQ"

# A real login: the secret is an argument, a keyword, an attribute, a key, a header, a local, and in a value.
APP = f"""
import hashlib, sys

class Credentials:
    def __init__(self, user, password):
        self.user, self.password = user, password

class Account:
    __slots__ = ("name", "api_key")
    def __init__(self, name, api_key):
        self.name, self.api_key = name, api_key

SECRET_KEY = {SECRET!r}

def login(user, password, /, *rest, form, **extra):
    token = hashlib.sha256(password.encode()).hexdigest()[:4] + password
    note = "card " + {CARD!r}
    def inner():
        return token
    return {{"user": user, "session": [token], "ok": len(inner()) > 0, "note": note, "blob": {TOKEN!r}}}

def headers(scope):
    return scope["headers"]

def fail(password):
    raise ValueError({CARD!r})

def get_token(n):
    return n

def main():
    secret = {SECRET!r}
    account = Account("ann", secret)
    for _ in range(3):
        form = {{"user": "ann", "Password": secret, "nested": [Credentials("ann", secret), account]}}
        result = login("ann", secret, 1, 2, form=form, api_key=secret, color="blue")
        assert result["ok"] and secret in result["session"][0]
        headers({{"headers": [(b"authorization", b"Bearer " + secret.encode()), (b"accept", b"*/*")], "token": secret}})
        try:
            fail(secret)
        except ValueError as error:
            assert str(error) == {CARD!r}
        get_token(7)
"""
PROGRAM = APP + "\nmain()\nprint('done')\n"

READS = """
fn:*.login:entry { capture(args, kwargs, locals, arg0, arg1, form, extra, g = globals["SECRET_KEY"]); }
fn:*.login:exit { capture(args, retval, locals, token, note, r = retval["session"], j = retval["blob"]); }
fn:*.login:return { capture(n = retval["note"]); }
fn:*.login:exit { @by[arg1, retval["note"], note] = count(); @top = top(note); @pw[password] = count(); }
fn:*.headers:exit { capture(retval, scope, s = scope["token"], h = retval[0][1], first = retval[0]); }
fn:*.fail:raise { capture(exc.message, exception, password); }
fn:*.get_token:return { capture(retval, arg0); }
"""


def clean(text: str | bytes) -> None:
    text = text if isinstance(text, bytes) else text.encode()
    for secret in (SECRET, CARD, TOKEN, SECRET[2:], CARD.replace(" ", "")):
        assert secret.encode() not in text, f"{secret} left"


def run(here: Path, *args: str, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    own = {k: v for k, v in os.environ.items() if k not in {"WASPECT_POLICY", "PYTHONPATH", "VIRTUAL_ENV"}}
    command = [BINARY, *args]
    return subprocess.run(
        command, cwd=here, env=own | (env or {}), capture_output=True, text=True, timeout=120, check=False
    )


@pytest.fixture
def here(tmp_path: Path) -> Path:
    (tmp_path / "app.py").write_text(PROGRAM)
    (tmp_path / "reads.probe").write_text(READS)
    return tmp_path


def under(
    here: Path, *args: str, probe: str = "reads.probe", env: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    return run(
        here,
        "run",
        "-p",
        probe,
        "-o",
        "terminal",
        "-o",
        "jsonl:out.jsonl",
        "--python",
        sys.executable,
        *args,
        "app.py",
        env=env,
    )


def records(here: Path, name: str) -> list[dict]:
    lines = [json.loads(line) for line in (here / "out.jsonl").read_text().splitlines()]
    return [line["fields"] for line in lines if line["type"] == "record" and f".{name}:" in line["probe"]]


def test_nothing_of_a_secret_leaves(here: Path) -> None:
    done = under(here)
    assert done.returncode == 0, done.stderr
    assert done.stdout == "done\n"
    clean(done.stderr)
    clean((here / "out.jsonl").read_text())
    entry, leave = (next(x for x in records(here, "login") if field in x) for field in ("form", "retval"))
    hidden = {"$redacted": "str"}
    assert entry["args"] == {"$tuple": ["ann", hidden, 1, 2]}
    assert entry["arg0"] == "ann"
    assert entry["arg1"] == {"$error": "DENIED"}
    assert entry["kwargs"] == {"api_key": hidden, "color": "blue"}
    assert entry["g"] == {"$error": "DENIED"}
    assert entry["form"]["user"] == "ann"
    assert entry["form"]["Password"] == hidden
    assert entry["form"]["nested"][0] == {"$type": "__main__.Credentials", "user": "ann", "password": hidden}
    assert entry["form"]["nested"][1] == {"$type": "__main__.Account", "api_key": hidden, "name": "ann"}
    assert leave["retval"]["session"] == {"$redacted": "list"}
    assert leave["retval"]["note"] == hidden
    assert leave["retval"]["blob"] == hidden
    assert leave["r"] == leave["token"] == {"$error": "DENIED"}
    assert leave["j"] == leave["note"] == hidden
    assert [x["n"] for x in records(here, "login") if "n" in x] == [hidden] * 3
    (shown, *_) = records(here, "headers")
    assert shown["scope"]["headers"] == [
        {"$tuple": [{"$bytes": "YXV0aG9yaXphdGlvbg=="}, {"$redacted": "bytes"}]},
        {"$tuple": [{"$bytes": "YWNjZXB0"}, {"$bytes": "Ki8q"}]},
    ]
    assert shown["s"] == shown["h"] == {"$error": "DENIED"}
    (failed, *_) = records(here, "fail")
    assert failed["password"] == {"$error": "DENIED"}
    # What a function is called says nothing of what it gives.
    assert records(here, "get_token")[0] == {"retval": 7, "arg0": 7}


def test_what_a_policy_takes_off_the_list_is_seen(here: Path) -> None:
    (here / "p.toml").write_text('[redact]\nallow = ["*"]\n[redact.patterns]\npayment_card = false\njwt = false\n')
    done = under(here, "--policy", "p.toml")
    assert done.returncode == 0, done.stderr
    entry, leave = (next(x for x in records(here, "login") if field in x) for field in ("form", "retval"))
    assert entry["arg1"] == SECRET
    assert leave["note"] == f"card {CARD}"


def test_types_and_names_of_ones_own(here: Path) -> None:
    (here / "p.toml").write_text('[redact]\nnames = ["color"]\ntypes = ["*.Credentials"]\n')
    done = under(here, env={"WASPECT_POLICY": "p.toml"})
    assert done.returncode == 0, done.stderr
    entry = records(here, "login")[0]
    assert entry["kwargs"]["color"] == {"$redacted": "str"}
    assert entry["form"]["nested"][0] == {"$redacted": "object"}


@pytest.mark.parametrize("limit", ["events_per_second_process", "events_per_second", "bytes_per_second"])
def test_maxima_below_the_usual_refuse_nothing(here: Path, limit: str) -> None:
    """Who asks for no rate gets what the policy lets it have."""
    (here / "p.toml").write_text(f"[limits]\n{limit} = 2000\n")
    done = under(here, "--policy", "p.toml")
    assert done.returncode == 0, done.stderr
    assert records(here, "login")


# A policy, and what `run` and `check` say of it.
REFUSED = [
    ('[imports]\ndeny = ["probe1.get retval*"]\n', "is denied by `probe1.get retval*` (p.toml:2)"),
    ('[imports]\nallow = ["probe1.get arg0"]\n', "on no list of what is allowed (p.toml:2)"),
    ("[imports\n", "p.toml:1: "),
    ('[redact]\nname = ["x"]\n', "p.toml:2: unknown field `name`"),
]


@pytest.mark.parametrize(("policy", "says"), REFUSED)
def test_refusals_name_the_rule_and_its_line(here: Path, policy: str, says: str) -> None:
    (here / "p.toml").write_text(policy)
    done = under(here, "--policy", "p.toml")
    assert done.returncode == 2
    assert done.stdout == ""
    assert says in done.stderr
    checked = run(here, "check", "--policy", "p.toml", "reads.probe")
    assert checked.returncode in {1, 2}
    assert says in checked.stderr


def test_functions_that_may_not_be_probed(here: Path) -> None:
    (here / "p.toml").write_text('[probe]\ndeny = ["**.login", "**.headers"]\n')
    (here / "one.probe").write_text("fn:__main__.login:entry { capture(arg0); }")
    done = under(here, "--policy", "p.toml", probe="one.probe")
    assert done.returncode == 2
    assert "a probe on `__main__.login` is denied by `**.login` (p.toml:2)" in done.stderr
    (here / "all.probe").write_text("fn:__main__.*:entry { @n[fn] = count(); }")
    done = under(here, "--policy", "p.toml", probe="all.probe")
    assert done.returncode == 0, done.stderr
    lines = [json.loads(line) for line in (here / "out.jsonl").read_text().splitlines()]
    counted = {line["key"][0]: line["value"] for line in lines if line["type"] == "aggregation"}
    assert counted == {"__main__.main": 1, "__main__.fail": 3, "__main__.get_token": 3}
    reasons = [line["reason"] for line in lines if line["type"] == "state"]
    assert any("2 functions are left out: a probe on `__main__." in reason for reason in reasons), reasons


@pytest.fixture
def app(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "loginapp.py").write_text(APP)
    monkeypatch.syspath_prepend(tmp_path)
    import loginapp

    yield loginapp
    del sys.modules["loginapp"]


def segments() -> bytes:
    """What every shared memory of this process holds."""
    whole = b""
    for entry in Path("/proc/self/map_files").iterdir():
        if "memfd:" in str(entry.readlink()):
            start, end = (int(part, 16) for part in entry.name.split("-"))
            with Path("/proc/self/mem").open("rb") as memory:
                memory.seek(start)
                whole += memory.read(end - start)
    return whole


def test_nothing_of_a_secret_is_in_the_segment(app) -> None:
    with waspect.load(READS.replace("fn:*.", "fn:loginapp.").encode()) as session:
        app.main()
        held = segments()
        events, stats = list(session.events(timeout=0)), session.stats()
        counted = session.aggregations()
    assert len(held) > 1 << 20
    assert b"ann" in held
    clean(held)
    clean(repr((events, stats, counted)))
    assert any("DENIED" in repr(event) for event in events)


def test_a_policy_in_python(app, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    policy = tmp_path / "p.toml"
    probe = b"fn:loginapp.login:entry { capture(arg1); }"

    def first(**given: object) -> object:
        with waspect.load(probe, **given) as session:
            app.main()
            return next(event["fields"]["arg1"] for event in session.events(timeout=0) if event["type"] == "record")

    policy.write_text('[redact]\nallow = ["password"]\n')
    assert first(policy=policy) == SECRET
    assert first() != SECRET
    monkeypatch.setenv("WASPECT_POLICY", str(policy))
    assert first() == SECRET
    policy.write_text('[imports]\ndeny = ["probe1.get"]\n')
    with pytest.raises(waspect.PolicyError, match=r"denied by `probe1.get` \(.*p.toml:2\)"):
        waspect.load(probe)
    policy.write_text("[limits]\nfuel_per_fire = 500\n")
    with pytest.raises(waspect.PolicyError, match="above the 500 that the policy allows"):
        waspect.load(probe, budget={"fuel_per_fire": 501})
    policy.write_text("[what]\n")
    with pytest.raises(waspect.PolicyError, match=r"p\.toml:1: unknown field"):
        waspect.load(probe)
    policy.unlink()
    with pytest.raises(waspect.PolicyError, match="cannot be read"):
        waspect.load(probe)
