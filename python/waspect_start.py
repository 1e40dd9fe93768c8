"""The interpreter's start, where the variable `WASPECT` asks for it: see `waspect.prepared`.

In: the environment. Out: a process that operators can reach. Never: anything without the variable, or with `WASPECT=0`.

`waspect.pth` leads here up to Python 3.14, `waspect.start` from 3.15 on.
"""


def start() -> None:
    """Called by `site`."""
    import os  # noqa: PLC0415 — loaded by now
    import sys  # noqa: PLC0415

    if os.environ.get("WASPECT", "0") in {"", "0"}:
        return
    try:
        from waspect import prepared  # noqa: PLC0415 — nothing is loaded that nobody asked for

        prepared.start()
    except Exception as why:
        # Said, and no more: the program starts. A subinterpreter belongs to a process that is prepared already.
        if sys.stderr is not None and "subinterpreter" not in str(why):
            sys.stderr.write(f"waspect: this process cannot be reached: {why}\n")
