"""Code that has not run yet: every way a module's code comes to life, and what its first call sees.

Each row is a small application, how it is started, what it prints (`rewritten` where the watch came first) and what
the watch was told. The interpreter under test has `pending/sitecustomize.py`.
"""

import py_compile
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

HERE = Path(__file__).parent
HIT = 'def hit(): return "original"\nprint(hit())\n'


def start(where, *command, stdin=None):
    """stdout words, stderr words."""
    env = {"PYTHONPATH": str(HERE / "pending"), "PYTHONDONTWRITEBYTECODE": "1", "PATH": "/usr/bin:/bin"}
    done = subprocess.run(
        [sys.executable, *command],
        cwd=where,
        env=env,
        check=False,
        input=stdin,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.split(), done.stderr.split()


@pytest.fixture
def app(tmp_path):
    files = {
        "app.py": HIT,
        "mod.py": HIT,
        "pkg/__init__.py": HIT,
        "pkg/sub.py": HIT,
        "pkg/__main__.py": HIT,
        "ns/mod.py": HIT,
        "bare.py": HIT,
        "side.py": HIT,
        "dir/__main__.py": HIT,
        "classes.py": 'class A:\n class B:\n  def hit(self): return "original"\nprint(A.B().hit())\n'
        'def outer():\n def hit(): return "original"\n return hit\nprint(outer()())\n',
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    py_compile.compile(str(tmp_path / "bare.py"), cfile=str(tmp_path / "bare.pyc"))
    (tmp_path / "bare.py").unlink()
    with zipfile.ZipFile(tmp_path / "app.zip", "w") as z:
        z.writestr("__main__.py", "import zipped\n" + HIT)
        z.writestr("zipped.py", HIT)
    return tmp_path


IMPORTS = [
    ("plain", "import mod", 1, "code+mod loaded+mod"),
    ("package", "import pkg.sub", 2, "code+pkg loaded+pkg code+pkg.sub loaded+pkg.sub"),
    ("namespace", "import ns.mod", 1, "loaded+ns code+ns.mod loaded+ns.mod"),
    ("without source", "import bare", 1, "code+bare loaded+bare"),
    ("zip", "import sys; sys.path.append('app.zip'); import zipped", 1, "code+zipped loaded+zipped"),
    ("reload", "import mod, importlib; importlib.reload(mod)", 2, "code+mod loaded+mod code+mod loaded+mod"),
    (
        "from a file",
        "import importlib.util as u; s = u.spec_from_file_location('side', 'mod.py'); "
        "m = u.module_from_spec(s); s.loader.exec_module(m)",
        1,
        "code+side",
    ),
    (
        "lazy",
        "import sys, importlib.util as u; s = u.find_spec('mod'); s.loader = u.LazyLoader(s.loader); "
        "m = u.module_from_spec(s); sys.modules['mod'] = m; s.loader.exec_module(m); m.hit",
        1,
        "code+mod",
    ),
    ("run_module", "import runpy; runpy.run_module('mod')", 1, "code+mod"),
    ("run_module as", "import runpy; runpy.run_module('mod', run_name='again')", 1, "code+mod+again"),
    ("run_path", "import runpy; runpy.run_path('app.py', run_name='again')", 1, "code+again"),
    (
        "run_path of a zip",
        "import runpy; runpy.run_path('app.zip', run_name='again')",
        2,
        "code+again code+zipped loaded+zipped",
    ),
    ("frozen", "import __hello__; __hello__.main()", -1, ""),
    ("own loader", "import hook; import hooked", 0, "loaded+hooked"),
]


@pytest.mark.parametrize(("program", "hits", "seen"), [r[1:] for r in IMPORTS], ids=[r[0] for r in IMPORTS])
def test_imports(app, program, hits, seen):
    (app / "hook.py").write_text(
        "import sys, importlib.abc, importlib.machinery as m\n"
        "class L(importlib.abc.Loader):\n"
        "  def exec_module(self, module): exec('hit = 1', module.__dict__)\n"
        "class F:\n"
        "  def find_spec(self, name, path, target=None): return m.ModuleSpec(name, L()) if name == 'hooked' else None\n"
        "sys.meta_path.insert(0, F())\n"
    )
    out, err = start(app, "-c", program)
    assert out == (["rewritten"] * hits if hits >= 0 else ["Hello", "world!"])
    assert err == ["code+__main__", *seen.split()]


STARTS = [
    ("script", ["app.py"], None, ["rewritten"], "code+__main__"),
    ("command", ["-c", HIT], None, ["rewritten"], "code+__main__"),
    ("stdin", ["-"], HIT, ["rewritten"], "code+__main__"),
    ("nested", ["classes.py"], None, ["rewritten"] * 2, "code+__main__"),
    ("compiled", ["bare.pyc"], None, ["rewritten"], "code+__main__"),
    ("directory", ["dir"], None, ["rewritten"], "code+__main__"),
    ("zip", ["app.zip"], None, ["rewritten"] * 2, "code+__main__ code+zipped loaded+zipped"),
    ("module", ["-m", "mod"], None, ["rewritten"], "code+mod+__main__"),
    (
        "package",
        ["-m", "pkg"],
        None,
        ["rewritten"] * 2,
        "code+pkg loaded+pkg code+pkg.__main__+__main__",
    ),
]


@pytest.mark.parametrize(("command", "stdin", "out", "seen"), [r[1:] for r in STARTS], ids=[r[0] for r in STARTS])
def test_starts(app, command, stdin, out, seen):
    assert start(app, *command, stdin=stdin) == (out, seen.split())


SHOW = """
import sys, dis
print("none" if sys.getprofile() is None else "set")
def f(): return 1
for _ in range(100): f()
codes = [sys._getframe().f_code, f.__code__, dis.dis.__code__]
names = [i.opname for c in codes for i in dis.get_instructions(c, adaptive=True)]
print("instrumented" if any(n.startswith("INSTRUMENTED") for n in names) else "clean")
calls = []
sys.setprofile(lambda frame, event, arg: calls.append(event))
f()
sys.setprofile(None)
print(calls[0])
"""


@pytest.mark.parametrize("how", ["script", "module"])
def test_no_residue_and_profilers_work_after(app, how):
    (app / "mod.py").write_text(SHOW)
    out, _ = start(app, *(["mod.py"] if how == "script" else ["-m", "mod"]))
    assert out == ["none", "clean", "call"]


def test_the_profiler_of_the_standard_library_works_after(app):
    out, _ = start(app, "-m", "cProfile", "app.py")
    assert "hit)" in " ".join(out) or any("hit" in word for word in out)


def test_threads_importing_at_once(app):
    for i in range(30):
        (app / f"t{i}.py").write_text('import mod, pkg.sub\ndef hit(): return "original"\nHITS = hit()\n')
    program = (
        "import threading, sys\n"
        "def work():\n  for i in range(30): __import__(f't{i}')\n"
        "threads = [threading.Thread(target=work) for _ in range(8)]\n"
        "[t.start() for t in threads]; [t.join() for t in threads]\n"
        "print({sys.modules[f't{i}'].HITS for i in range(30)})\n"
    )
    out, _ = start(app, "-c", program)
    assert out == ["rewritten"] * 3 + ["{'rewritten'}"]


def test_a_failing_import_fails_as_before(app):
    (app / "mod.py").write_text('def hit(): return "original"\nraise ValueError(hit())\n')
    program = (
        "import traceback\ntry: import mod\nexcept ValueError as e:\n"
        "  print(e, len(traceback.extract_tb(e.__traceback__)))\n"
        "try: import mod.nothing\nexcept ValueError as e: print(e)\n"
    )
    out, _ = start(app, "-c", program)
    assert out == ["rewritten", "2", "rewritten"]


def test_pytest_rewriting_assertions_is_told_as_loaded(app):
    (app / "mod.py").write_text("def test_hit():\n    assert hit() == 'original'\ndef hit():\n    return 'original'\n")
    out, err = start(app, "-m", "pytest", "-q", "-p", "no:cacheprovider", "mod.py")
    assert "passed" in out and "loaded+mod" in err


PENDING = str(HERE / "pending" / "sitecustomize.py")


def start_after(where, site_lines, *command):
    """stdout words, stderr words; `site_lines` run after the watch was installed and before the program starts."""
    (where / "sitecustomize.py").write_text(
        f"import runpy\nnamespace = {{'__name__': 'sitecustomize', '__file__': {PENDING!r}}}\n"
        f"exec(compile(open({PENDING!r}).read(), {PENDING!r}, 'exec'), namespace)\n{site_lines}\n"
    )
    env = {"PYTHONPATH": str(where), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        [sys.executable, *command], cwd=where, env=env, check=False, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.split(), done.stderr.split()


def test_site_code_before_the_script_does_not_trip_it(app):
    # A .pth line is an `exec` in site's namespace; a second site module is a module like any other.
    lines = "exec('def hit(): return \"original\"')\nimport mod"
    out, err = start_after(app, lines, "app.py")
    assert out == ["rewritten"] * 2
    assert err == ["code+mod", "loaded+mod", "code+__main__"]


def test_a_profiler_set_before_the_script_wins(app):
    # It took the place of the one that waits; the script's functions are then found once they are loaded.
    (app / "app.py").write_text("import sys; print(sys.getprofile().__name__)\n" + HIT)
    out, err = start_after(app, "import sys\ndef theirs(*event): pass\nsys.setprofile(theirs)", "app.py")
    assert out == ["theirs", "original"] and err[0].startswith("<function")


def test_arming_twice_is_refused_while_a_profiler_is_set(app):
    lines = "import sys\nsys.setprofile(print)\nok = namespace['_core']._arm_script()\nsys.setprofile(None)\nprint(ok)"
    assert start_after(app, lines, "-c", "")[0][-1] == "False"


def test_a_thread_that_runs_a_main_of_its_own_does_not_end_the_wait(app):
    lines = (
        "import threading, runpy\n"
        "t = threading.Thread(target=runpy.run_module, args=('mod',), kwargs={'run_name': '__main__'})\n"
        "t.start(); t.join()"
    )
    (app / "app.py").write_text(HIT + "import sys; print(sys.getprofile())\n")
    out, err = start_after(app, lines, "app.py")
    assert out == ["rewritten", "rewritten", "None"] and err == ["code+mod+__main__", "code+__main__"]
