"""A database of one table, which takes its time for what is written."""

from __future__ import annotations

import time

STOCK = {"apple": 100, "melon": 3, "truffle": 0}


class Gone(ConnectionError):
    """The database went away."""


def query(sql, *parameters):
    if sql.startswith("INSERT"):
        time.sleep(0.002)
        return 1
    if sql.startswith("DELETE"):
        raise Gone("server closed the connection")
    return STOCK.get(parameters[0], 0)
