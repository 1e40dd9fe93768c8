"""The interpreter's start, where the variable `WASPECT` asks for it: see `waspect.prepared`.

In: the environment. Out: a process that operators can reach. Never: anything without the variable, or with `WASPECT=0`.

`waspect.pth` leads here up to Python 3.14, `waspect.start` from 3.15 on.
"""


def start():
    """Called by `site`."""
    import os  # noqa: PLC0415 — loaded by now

    if os.environ.get("WASPECT", "0") not in {"", "0"}:
        from waspect import prepared  # noqa: PLC0415 — nothing is loaded that nobody asked for

        prepared.start()
