"""The products as they ship: what the extensions need, what the wheel holds, what a fresh environment gets from it."""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import elf
import wheel as tool

AGENT_BYTES_MAX = 2_000_000
IMPORT_MS_MAX = 5
# Crates of the compiler; `cranelift-entity` and `-bitset` are plain containers that the runtime uses too.
COMPILER = [b"cranelift-codegen", b"cranelift_codegen", b"cranelift-frontend", b"regalloc2", b"wasmtime-cranelift"]
AGENT_LIBRARIES = {"libc.so.6", "libm.so.6", "libgcc_s.so.1", "ld-linux-x86-64.so.2", "ld-linux-aarch64.so.1"}


@pytest.fixture(scope="module")
def unpacked(wheel, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)
    return folder


@pytest.fixture(scope="module")
def agents(unpacked) -> list[Path]:
    return sorted((unpacked / "waspect").glob("_core.*.so"))


@pytest.fixture(scope="module")
def fresh(wheel, tmp_path_factory) -> Path:
    """The `bin` of a new environment that has the wheel and nothing else."""
    folder = tmp_path_factory.mktemp("fresh")
    said([sys.executable, "-m", "venv", folder])
    said([folder / "bin" / "python", "-m", "pip", "install", "--quiet", "--no-index", wheel])
    return folder / "bin"


def said(command: list[str | Path], **options) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True, **options).stdout.strip()


def inside(path: Path) -> str:
    return f"waspect/{path.relative_to(tool.PACKAGE)}"


def test_the_agent_for_this_python_is_there(agents):
    assert tool.extension(f"3.{sys.version_info.minor}") in [agent.name for agent in agents]


@pytest.mark.once
def test_agents_have_no_compiler(agents):
    found = [(agent.name, name) for agent in agents for name in COMPILER if name in agent.read_bytes()]
    assert found == []


@pytest.mark.once
def test_agents_need_only_the_c_library(agents):
    assert {agent.name: elf.needed(agent) - AGENT_LIBRARIES for agent in agents} == {a.name: set() for a in agents}


@pytest.mark.once
def test_agents_are_small(agents, record_property):
    sizes = {agent.name: agent.stat().st_size for agent in agents}
    for name, size in sizes.items():
        record_property(name, size)
        print(f"{name}: {size / 1e6:.2f} MB")
    assert max(sizes.values()) <= AGENT_BYTES_MAX


@pytest.mark.once
def test_wheel_holds_what_it_should(wheel, agents):
    stem = f"waspect-{tool.version()}"
    names = set(zipfile.ZipFile(wheel).namelist())
    package = set(map(inside, tool.PACKAGE.rglob("*.py"))) | {"waspect/_core.pyi", "waspect/py.typed"}
    info = {f"{stem}.dist-info/{name}" for name in ("METADATA", "WHEEL", "RECORD", "licenses/LICENSE")}
    start = {"waspect_start.py", "waspect.pth", "waspect.start"}
    assert names == package | info | start | {f"waspect/{a.name}" for a in agents} | {f"{stem}.data/scripts/waspect"}


@pytest.mark.once
def test_wheel_has_no_dependency(unpacked):
    (metadata,) = unpacked.glob("*.dist-info/METADATA")
    assert "Requires-Dist" not in metadata.read_text()


@pytest.mark.once
def test_record_tells_the_truth(wheel):
    with zipfile.ZipFile(wheel) as archive:
        (record,) = [name for name in archive.namelist() if name.endswith("/RECORD")]
        rows = list(csv.reader(io.StringIO(archive.read(record).decode())))
        assert {row[0] for row in rows} == set(archive.namelist())
        for name, digest, size in rows:
            if name != record:
                data = archive.read(name)
                found = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
                assert (digest, size) == (f"sha256={found}", str(len(data)))


@pytest.mark.once
def test_wheel_is_the_same_for_the_same_inputs(wheel, agents, tmp_path):
    again = tool.assemble([tool.PACKAGE / agent.name for agent in agents], tmp_path)
    assert (again.name, again.read_bytes()) == (wheel.name, wheel.read_bytes())


def test_a_fresh_environment_has_the_command_and_the_package(fresh):
    version = f"waspect {tool.version()}"
    assert said([fresh / "waspect", "--version"]) == version
    assert said([fresh / "python", "-m", "waspect", "--version"]) == version
    assert said([fresh / "python", "-c", "import waspect; print('waspect', waspect.__version__)"]) == version


def test_import_is_quick_and_brings_nothing_slow(fresh):
    script = (
        "import sys, time; known = set(sys.modules); began = time.process_time(); import waspect; "
        "print((time.process_time() - began) * 1e3, *sorted(set(sys.modules) - known))"
    )
    runs = [said([fresh / "python", "-I", "-c", script]).split() for _ in range(9)]
    assert min(float(run[0]) for run in runs) <= IMPORT_MS_MAX
    assert {name.partition(".")[0] for name in runs[0][1:]} <= {"waspect", "__future__"}


@pytest.mark.parametrize("name", ["no_such_command", "--no-such-option"])
def test_python_m_waspect_is_the_binary_itself(waspect, name):
    direct = subprocess.run([waspect, name], capture_output=True, check=False)
    through = subprocess.run([sys.executable, "-m", "waspect", name], capture_output=True, check=False)
    assert (through.returncode, through.stdout, through.stderr) == (direct.returncode, direct.stdout, direct.stderr)
