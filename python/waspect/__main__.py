"""`python -m waspect …`: becomes the `waspect` binary of this wheel. Never: another one of that name."""

from __future__ import annotations

import os
import sys

from .compiler import installed
from .errors import CompilerMissing


def main() -> None:
    try:
        binary = installed()
    except CompilerMissing as missing:
        sys.exit(f"error: {missing}\nhint: {missing.hint}")
    os.execv(binary, [binary, *sys.argv[1:]])


if __name__ == "__main__":
    main()
