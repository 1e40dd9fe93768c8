"""Runs commands at the same time, and fails if one does.

In: commands, each as one argument. Out: what they print, as it comes; exit 1 if any failed. Never: a command that still
runs when this has ended.
"""

from __future__ import annotations

import shlex
import subprocess
import sys


def main(commands: list[str]) -> int:
    running = [subprocess.Popen(shlex.split(command)) for command in commands]
    try:
        codes = [process.wait() for process in running]
    except KeyboardInterrupt:
        # A terminal's interrupt reached them too.
        for process in running:
            process.wait()
        return 130
    return int(any(codes))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
