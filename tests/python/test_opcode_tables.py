"""The opcode tables in the tree are what each interpreter on this machine says of itself."""

import os
import pathlib
import shutil
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
TOOL = ROOT / "python" / "tools" / "opcode_tables.py"
TABLES = sorted((ROOT / "src" / "bytecode" / "tables").glob("v3_*.rs"))

# Asks every interpreter there is.
pytestmark = pytest.mark.once


def interpreters(minor: str) -> list[str]:
    """Every CPython of that version under `$PYENV_ROOT` or on PATH."""
    home = pathlib.Path(os.environ.get("PYENV_ROOT", "~/.pyenv")).expanduser()
    found = map(str, home.glob(f"versions/3.{minor}.*/bin/python3.{minor}"))
    on_path = shutil.which(f"python3.{minor}")
    runs = [path for path in [*found, on_path] if path and answers(path)]
    return sorted(set(runs))


def answers(path: str) -> bool:
    """A version manager's shim may stand for an interpreter that is not selected."""
    return subprocess.run([path, "-c", ""], capture_output=True, check=False).returncode == 0


@pytest.mark.parametrize("table", TABLES, ids=lambda path: path.stem)
def test_table_is_the_interpreters_own(table):
    minor = table.stem.removeprefix("v3_")
    found = interpreters(minor)
    if not found:
        pytest.skip(f"no CPython 3.{minor} on this machine to compare with")
    for path in found:
        said = subprocess.run([path, str(TOOL), "--stdout"], capture_output=True, text=True, check=True).stdout
        assert said == table.read_text(), path
