"""What every test of the products starts from: the installed binary, and a cache that belongs to the test run alone.

In: the environment under `.venv/` whose Python runs the tests, with the wheel installed. Out: fixtures. Never: the
sources of the package, or the user's own cache.
"""

from __future__ import annotations

import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "python" / "tools"))


@pytest.fixture(scope="session")
def waspect() -> Path:
    """The `waspect` binary that this environment's wheel installed."""
    return Path(sysconfig.get_path("scripts")) / "waspect"


@pytest.fixture(scope="session")
def wheel() -> Path:
    (found,) = (ROOT / "dist").glob("waspect-*.whl")
    return found


@pytest.fixture(scope="session", autouse=True)
def cache_home(tmp_path_factory):
    """Artifacts compiled by tests go to a folder of this run."""
    folder = tmp_path_factory.mktemp("cache")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(folder))
        yield folder


@pytest.fixture(scope="session")
def may_trace(cache_home):
    """Some sandboxes let nobody look into another process; there is nothing to see there."""
    import attaching

    with attaching.Target("sleep") as target:
        line = [attaching.BINARY, "attach", str(target.pid), "-e", "begin { }", "--for", "1ms"]
        said = subprocess.run(line, stderr=subprocess.PIPE, env=attaching.environment(), check=False, timeout=60).stderr
    if b"may not be entered" in said:
        pytest.skip(said.decode())
