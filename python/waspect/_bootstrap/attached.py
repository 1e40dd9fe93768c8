"""Loads the agent into an interpreter that runs, for `waspect attach`.

In: `agent`, the path of the extension, and `socket`, the path where the operator waits, as bytes. Out: the operator's
session, loaded. Never: an import of anything that the interpreter does not have in itself; a name left anywhere.
"""

import _frozen_importlib
import _frozen_importlib_external
import _imp
import sys


def _extension(path):
    """The application's own, where it has one: two agents in a process would not know of each other's probes."""
    name = "waspect._core"
    known = sys.modules.get(name)
    if known is not None:
        return known
    loader = _frozen_importlib_external.ExtensionFileLoader(name, path)
    module = _imp.create_dynamic(_frozen_importlib.ModuleSpec(name, loader, origin=path))
    _imp.exec_dynamic(module)
    return module


_extension(agent)._attach(socket.decode("utf-8", "surrogateescape"))
