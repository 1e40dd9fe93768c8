"""Requests under servers and frameworks that know nothing of waspect: one answer's values are never another's.

In: httpbin under waitress and wsgiref, a Starlette application under uvicorn, our own wrappers. Out: what probes set in
one function and read in another. Never here: an address off this machine.
"""

from __future__ import annotations

import asyncio
import socket
import subprocess
import sys
import textwrap

import waspect
from probing import load, records, wat
from serving import agree, ask, ask_all, served


def test_httpbin_under_waitress(tmp_path):
    """Unmodified: set where the server makes the environment, read in the view and where the answer is sent."""
    mark = '["HTTP_USER_AGENT"]'
    probes = {
        "fn:waitress.task.WSGITask.get_environment:return": f"set:v:retval{mark}",
        "fn:httpbin.core.view_anything:entry": "view=req:v",
        "fn:werkzeug.wrappers.response.Response.get_wsgi_response:entry": f"own=arg1{mark} kept=req:v",
    }
    program = """
    import sys, httpbin, waitress
    waitress.serve(httpbin.app, listen=f"127.0.0.1:{sys.argv[1]}", threads=8, _quiet=True)
    """
    with served(tmp_path, probes, program) as (port, lines):
        marks = ask_all(port)
    rows = [line for line in lines if line["type"] == "record"]
    agree([row for row in rows if "own" in row["fields"]], marks)
    own = {row["request"]: row["fields"]["own"] for row in rows if "own" in row["fields"]}
    view = {row["request"]: row["fields"]["view"] for row in rows if "view" in row["fields"]}
    assert view == own


def test_starlette_under_uvicorn(tmp_path):
    probes = {
        "fn:__main__.note:entry": "set:v",
        "fn:__main__.read:entry": "own=arg0 kept=req:v",
    }
    program = """
    import asyncio, sys, uvicorn
    from starlette.applications import Starlette
    from starlette.concurrency import run_in_threadpool
    from starlette.responses import PlainTextResponse
    from starlette.routing import Route
    def note(mark): pass
    def read(mark): pass
    async def inner(mark):
        await asyncio.sleep(0.001)
        read(mark)
    async def answer(request):
        mark = request.headers["user-agent"]
        note(mark)
        await asyncio.sleep(0.002)
        read(mark)
        await asyncio.gather(inner(mark), inner(mark))
        await run_in_threadpool(read, mark)
        await asyncio.get_running_loop().run_in_executor(None, read, mark)
        return PlainTextResponse("x" * 200_000)
    app = Starlette(routes=[Route("/anything/{mark}", answer)])
    uvicorn.run(app, port=int(sys.argv[1]), log_level="critical")
    """
    with served(tmp_path, probes, program) as (port, lines):
        marks = ask_all(port)
    agree(lines, marks)
    assert len([line for line in lines if line["type"] == "record"]) == 5 * len(marks)


def test_pipelined_requests_stay_apart(tmp_path):
    """A server begins the next request of a connection inside the task of the one before."""
    probes = {"fn:__main__.note:entry": "add:v", "fn:__main__.read:entry": "own=arg0 kept=req:v"}
    program = """
    import sys, uvicorn
    def note(n): pass
    def read(mark): pass
    async def app(scope, receive, send):
        if scope["type"] != "http": return
        note(1)
        read(scope["path"])
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"1")]})
        await send({"type": "http.response.body", "body": b"x"})
    uvicorn.run(app, port=int(sys.argv[1]), log_level="critical", http="h11")
    """
    connect = socket.create_connection
    with served(tmp_path, probes, program) as (port, lines), connect(("127.0.0.1", port), timeout=10) as s:
        s.sendall(b"".join(b"GET /%d HTTP/1.1\r\nHost: x\r\n\r\n" % n for n in range(20)))
        got = b""
        while got.count(b"200 OK") < 20:
            got += s.recv(65536)
    seen = {row["fields"]["own"]: row["fields"]["kept"] for row in lines if row["type"] == "record"}
    assert seen == {f"/{n}": 1 for n in range(20)}


def test_wsgiref_covers_the_body(tmp_path):
    probes = {"fn:__main__.note:entry": "set:v", "fn:__main__.read:entry": "own=arg0 kept=req:v"}
    program = """
    import sys
    from wsgiref.simple_server import WSGIRequestHandler, make_server
    def note(mark): pass
    def read(mark): pass
    def app(environ, start_response):
        mark = environ["HTTP_USER_AGENT"]
        note(mark)
        start_response("200 OK", [])
        def body():
            read(mark)
            yield b"x"
        return body()
    class Quiet(WSGIRequestHandler):
        def log_message(self, *args): pass
    make_server("127.0.0.1", int(sys.argv[1]), app, handler_class=Quiet).serve_forever()
    """
    with served(tmp_path, probes, program) as (port, lines):
        ask(port, ["a"])
        ask(port, ["b"])
    agree(lines, {"a", "b"})


def test_greenlets_stay_apart(tmp_path):
    """A greenlet has a context of its own, which begins empty."""
    probes = {
        "fn:__main__.handle:entry?scope=request": "",
        "fn:__main__.note:entry": "set:v",
        "fn:__main__.read:entry": "own=arg0 kept=req:v",
    }
    program = """
    import contextvars, gevent, sys, waspect
    def note(mark): pass
    def read(mark): pass
    def child(mark):
        read(mark)
        note(mark + " child")
    def handle(mark):
        note(mark)
        gevent.sleep(0.001)
        read(mark)
        gevent.spawn(child, mark).join()
        gevent.spawn(contextvars.copy_context().run, child, mark).join()
        read(mark)
    with waspect.load(sys.argv[1]) as session:
        gevent.joinall([gevent.spawn(handle, f"g{i}") for i in range(50)])
        rows = [e["fields"] for e in session.events(timeout=0) if e["type"] == "record"]
    assert len(rows) == 200, len(rows)
    assert sum(row["kept"] is None for row in rows) == 50
    assert all(row["kept"] in {row["own"], None} for row in rows), rows
    """
    module, script = tmp_path / "probe.wat", tmp_path / "greenlets.py"
    module.write_text(wat(probes))
    script.write_text(textwrap.dedent(program))
    done = subprocess.run([sys.executable, script, module], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr


# --- what the program wraps itself

OWN = {"fn:test_request_servers.note:entry": "set:v", "fn:test_request_servers.look:entry": "own=arg0 kept=req:v"}


def note(mark):
    return mark


def look(mark):
    return mark


def seen(session):
    return [(fields["own"], fields["kept"]) for _, _, fields in records(session)]


def test_with_request():
    with load(OWN) as session:
        with waspect.request():
            note("outer")
            with waspect.request():
                look("inherits")
                note("inner")
            look("outer")
        look("out")
    assert seen(session) == [("inherits", "outer"), ("outer", "outer"), ("out", None)]


def test_wsgi_wrapper():
    def lazy(environ, start_response):
        note(environ["mark"])

        def body():
            look(environ["mark"])
            yield b"x"

        return body()

    def whole(environ, start_response):
        note(environ["mark"])
        look(environ["mark"])
        return [b"whole"]

    with load(OWN) as session:
        one, two = (waspect.wsgi(lazy)({"mark": mark}, None) for mark in ("one", "two"))
        assert list(two) + list(one) == [b"x", b"x"]
        [body.close() for body in (one, two)]
        assert waspect.wsgi(whole)({"mark": "three"}, None) == [b"whole"]
        look("out")
    assert seen(session) == [("two", "two"), ("one", "one"), ("three", "three"), ("out", None)]


def test_asgi_wrapper():
    async def app(scope, receive, send):
        note(scope["n"])
        await asyncio.sleep(0.001)
        look(scope["n"])

    async def main():
        wrapped = waspect.asgi(app)
        await asyncio.gather(*(wrapped({"type": "http", "n": n}, None, None) for n in range(20)))
        await wrapped({"type": "lifespan", "n": "all"}, None, None)
        look("out")

    with load(OWN) as session:
        asyncio.run(main())
    assert dict(seen(session)) == {"out": None, "all": None, **{n: n for n in range(20)}}


def test_no_roots_for_sessions_that_ask_for_no_request():
    from concurrent.futures import thread

    run = thread._WorkItem.run
    own = run.__code__
    with load({"fn:test_request_servers.note:entry": "count"}):
        assert run.__code__ is own
    with load(OWN):
        assert run.__code__ is not own
    assert run.__code__ is own
