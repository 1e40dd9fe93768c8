"""Loads the agent into an interpreter that `waspect run` started, or a child of it, then leaves no trace of how.

In: the file `boot` beside this one: the folder of the agents, the socket where the operator waits, the folder where
others may knock, whether children are observed, and, if it was set, the PYTHONPATH of the operator, separated by NUL.
Out: the agent, loaded and greeted; `sys.path` and `sys.modules` as they would have been, and the environment too where
children are not observed. Never: an import of anything that the interpreter has not imported itself by now; a program
that starts although its probes were not loaded; a child of it that does not start because of them.
"""

import os
import sys


def _settings(here):
    with open(here + "/boot", "rb") as file:
        return [os.fsdecode(part) for part in file.read().split(b"\0")]


def _leave_environment(search_path):
    """Puts the one variable back that lets this file be found."""
    if search_path:
        os.environ["PYTHONPATH"] = search_path[0]
    else:
        del os.environ["PYTHONPATH"]


def _leave_path(here):
    """The same for what an interpreter makes of it."""
    while here in sys.path:
        sys.path.remove(here)
    sys.path_importer_cache.pop(here, None)
    del sys.modules["sitecustomize"]


def _load(path):
    """The extension at a path, not registered anywhere."""
    import _frozen_importlib
    import _frozen_importlib_external
    import _imp

    name = "waspect._core"
    if name in sys.modules:
        # Prepared by its own environment: two agents in a process would not know of each other's probes.
        return sys.modules[name]
    loader = _frozen_importlib_external.ExtensionFileLoader(name, path)
    spec = _frozen_importlib.ModuleSpec(name, loader, origin=path)
    before = list(sys.modules)
    module = _imp.create_dynamic(spec)
    _imp.exec_dynamic(module)
    _forget([new for new in sys.modules if new not in before])
    return module


def _forget(names):
    """Modules that only loading brought in: the extension itself, and with `-X dev` on 3.11 the codec of its name."""
    for name in names:
        del sys.modules[name]
        package, _, child = name.rpartition(".")
        if package == "encodings":
            _forget_codec(child)
        elif package in sys.modules:
            vars(sys.modules[package]).pop(child, None)


def _forget_codec(name):
    """So that the application's first use imports it, as it would have."""
    encodings, codecs = sys.modules["encodings"], sys.modules["codecs"]
    vars(encodings).pop(name, None)
    encodings._cache.pop(name, None)
    # Registering anew empties the cache of lookups.
    codecs.unregister(encodings.search_function)
    codecs.register(encodings.search_function)


def _is_program(here):
    """The first to come is the program, the others are its children."""
    try:
        os.unlink(here + "/first")
    except OSError:
        return False
    return True


def _boot(here, agents, socket, folder, children, *search_path):
    if not children:
        _leave_environment(search_path)
    is_program = _is_program(here)
    if not is_program and (_is_tracker() or os.environ.get("WASPECT") == "0"):
        return
    try:
        agent = _load(agents + "/_core" + _suffix())
        agent._boot(socket, not is_program)
    except BaseException as error:
        if is_program:
            # The operator reads this, says it and ends with 2: no program runs unobserved.
            with open(here + "/failed", "w", encoding="utf-8", errors="replace") as file:
                file.write("%s: %s" % (type(error).__name__, error))
            os._exit(2)
        return
    # Without a folder, or a free signal, others have to trace it.
    if folder:
        _listen(agent, folder)


def _listen(agent, folder):
    try:  # noqa: SIM105 -- `contextlib` is not imported by now
        agent._listen(folder)
    except Exception:
        pass


def _is_tracker():
    """A helper of `multiprocessing` that runs nothing of the program's."""
    return any("multiprocessing.resource_tracker" in word for word in sys.orig_argv[1:4])


def _suffix():
    """Of this interpreter's extensions; a child may run another than the program."""
    import _imp

    return _imp.extension_suffixes()[0]


def _run():
    here = os.path.dirname(__file__)
    _leave_path(here)
    # A subinterpreter takes over the search path of the first, which has the agent already. Where children are
    # observed it finds the variable too, and loads nothing: an agent belongs to one interpreter.
    # A child may run a Python for which there is no agent.
    if sys.version_info >= (3, 11) and os.environ.get("PYTHONPATH", "").split(":")[0] == here:
        _boot(here, *_settings(here))


_run()

# The application's own `sitecustomize`, if it has one. `site` treats what this raises as it would have without us: an
# ImportError that names `sitecustomize` means that there is none.
import sitecustomize  # noqa: E402, F401
