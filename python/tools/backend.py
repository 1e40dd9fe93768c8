"""`pip install .`: a build backend that asks make for the wheel and hands it over.

In: pip's request. Out: the file name of the wheel in the folder pip named. Never: a second way to build.
"""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def build_wheel(wheel_directory: str, config_settings: object = None, metadata_directory: str | None = None) -> str:
    missing = [tool for tool in ("make", "cargo") if shutil.which(tool) is None]
    if missing:
        raise SystemExit(f"waspect is built from Rust: install {' and '.join(missing)}, or install a wheel")
    subprocess.run(["make", "--silent", "wheel"], cwd=ROOT, check=True)
    (wheel,) = (ROOT / "dist").glob("waspect-*.whl")
    shutil.copy(wheel, wheel_directory)
    return wheel.name
