"""Assembles the one wheel: the binary as a script, the package, one extension per CPython side by side.

In: `target/cli/waspect`, `python/waspect/` with the extensions asked for, pyproject.toml, Cargo.toml, LICENSE. Out:
`dist/waspect-VERSION-py3-none-manylinux_*.whl`, the same bytes for the same inputs. Never: a build, a dependency, a
library that a manylinux machine need not have.
"""

from __future__ import annotations

import base64
import hashlib
import platform
import shutil
import subprocess
import sys
import tempfile
import tomllib
import zipfile
from pathlib import Path

import elf

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "python" / "waspect"
BINARY = ROOT / "target" / "cli" / "waspect"
EPOCH = (1980, 1, 1, 0, 0, 0)
# What every manylinux machine has (PEP 600), of which we want as little as this.
LIBRARIES = {"libc.so.6", "libm.so.6", "libgcc_s.so.1", "libpthread.so.0", "libdl.so.2", "librt.so.1"}
# The oldest glibc that the toolchain itself promises.
GLIBC_MIN = (2, 17)


def main(minors: list[str]) -> int:
    extensions = [PACKAGE / extension(minor) for minor in minors]
    wheel = assemble(extensions, ROOT / "dist")
    print(f"{wheel.relative_to(ROOT)}: {wheel.stat().st_size / 1e6:.1f} MB, CPython {' '.join(minors)}")
    return 0


def extension(minor: str) -> str:
    """File name of the extension for one CPython: `3.12` → `_core.cpython-312-x86_64-linux-gnu.so`."""
    return f"_core.cpython-{minor.replace('.', '')}-{platform.machine()}-linux-gnu.so"


def version() -> str:
    return str(tomllib.loads((ROOT / "Cargo.toml").read_text())["workspace"]["package"]["version"])


def assemble(extensions: list[Path], folder: Path) -> Path:
    """Writes the wheel into the folder, in place of any older one."""
    tag = f"py3-none-{platform_tag([BINARY, *extensions])}"
    stem = f"waspect-{version()}"
    files = contents(extensions, stem, tag)
    files[f"{stem}.dist-info/RECORD"] = (record(files, stem), 0o644)
    folder.mkdir(exist_ok=True)
    for old in folder.glob("waspect-*.whl"):
        old.unlink()
    path = folder / f"{stem}-{tag}.whl"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, (data, mode) in files.items():
            archive.writestr(entry(name, mode), data, compresslevel=9)
    return path


def platform_tag(binaries: list[Path]) -> str:
    """`manylinux_2_34_x86_64`: the oldest glibc that has every symbol asked for."""
    for binary in binaries:
        foreign = {n for n in elf.needed(binary) - LIBRARIES if not n.startswith("ld-linux")}
        if foreign:
            raise SystemExit(f"`{binary.name}` needs {', '.join(sorted(foreign))}, expected only {sorted(LIBRARIES)}")
    major, minor = max([GLIBC_MIN, *map(elf.glibc, binaries)])
    return f"manylinux_{major}_{minor}_{platform.machine()}"


def contents(extensions: list[Path], stem: str, tag: str) -> dict[str, tuple[bytes, int]]:
    """Every file but RECORD, by its name in the archive, with its mode; metadata last, as the format advises."""
    sources = sorted(p for p in PACKAGE.rglob("*") if p.suffix in {".py", ".pyi"} or p.name == "py.typed")
    files = {f"waspect/{p.relative_to(PACKAGE).as_posix()}": (p.read_bytes(), 0o644) for p in sources}
    files |= {f"waspect/{p.name}": (p.read_bytes(), 0o755) for p in extensions}
    files |= {name: (data, 0o644) for name, data in start().items()}
    files[f"{stem}.data/scripts/waspect"] = (without_debug_info(BINARY), 0o755)
    files[f"{stem}.dist-info/licenses/LICENSE"] = ((ROOT / "LICENSE").read_bytes(), 0o644)
    files[f"{stem}.dist-info/METADATA"] = (metadata().encode(), 0o644)
    lines = ["Wheel-Version: 1.0", "Generator: waspect wheel.py", "Root-Is-Purelib: false", f"Tag: {tag}", ""]
    files[f"{stem}.dist-info/WHEEL"] = ("\n".join(lines).encode(), 0o644)
    return files


def start() -> dict[str, bytes]:
    """What has `site` prepare a process that asks for it. A look at one variable is all that other processes pay."""
    asked = 'import os; os.environ.get("WASPECT", "0") not in {"", "0"} and __import__("waspect_start").start()\n'
    return {
        "waspect_start.py": (PACKAGE.parent / "waspect_start.py").read_bytes(),
        "waspect.pth": asked.encode(),
        # PEP 829: read from 3.15 on, and by nobody before.
        "waspect.start": b"waspect_start:start\n",
    }


def without_debug_info(binary: Path) -> bytes:
    """Line tables stay in `target/`; users download the rest."""
    strip = shutil.which("strip")
    if strip is None:
        print("`strip` is not installed (package `binutils`): the wheel carries line tables", file=sys.stderr)
        return binary.read_bytes()
    with tempfile.NamedTemporaryFile() as stripped:
        subprocess.run([strip, "--strip-debug", "-o", stripped.name, binary], check=True)
        return Path(stripped.name).read_bytes()


def metadata() -> str:
    """The METADATA file: pyproject.toml's `project` table and the README."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    head = {
        "Metadata-Version": "2.4",
        "Name": project["name"],
        "Version": version(),
        "Summary": project["description"],
        "License-Expression": project["license"],
        "License-File": "LICENSE",
        "Requires-Python": project["requires-python"],
    }
    lines = [f"{key}: {value}" for key, value in head.items()]
    lines += [f"Classifier: {value}" for value in project["classifiers"]]
    lines += [f"Project-URL: {name}, {url}" for name, url in project["urls"].items()]
    lines += ["Description-Content-Type: text/markdown; charset=UTF-8", "", (ROOT / project["readme"]).read_text()]
    return "\n".join(lines)


def record(files: dict[str, tuple[bytes, int]], stem: str) -> bytes:
    """`name,sha256=…,size` of each file; RECORD itself has neither."""
    rows = [f"{name},sha256={digest(data)},{len(data)}" for name, (data, _) in files.items()]
    return "\n".join([*rows, f"{stem}.dist-info/RECORD,,", ""]).encode()


def digest(data: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()


def entry(name: str, mode: int) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name, EPOCH)
    info.create_system = 3
    info.external_attr = (0o100000 | mode) << 16
    info.compress_type = zipfile.ZIP_DEFLATED
    return info


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
