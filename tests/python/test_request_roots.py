"""Where requests begin by themselves, run for real: each server, framework and task queue that `attach::roots` names.

In: an application under a server, eight clients at once. Out: what one function sets is read in the others of the same
request and never in another's; request ids are distinct; nothing in the program refers to a request that has ended.
Never here: a change to the server or the framework.
"""

from __future__ import annotations

import sys
import time

import pytest

from probing import wat
from running import run
from serving import agree, ask, ask_all, served

PROBES = {"fn:app.note:entry": "set:v", "fn:app.read:entry": "own=arg0 kept=req:v"}
ROUNDS = 3

# What every application has. `left` tells how many contexts still have a request, the one that asks aside.
APP = """
import contextvars, gc, time
def note(mark): pass
def read(mark): pass
def requests(context):
    return [value for var, value in context.items() if var.name == "waspect.request" and value is not None]
def left():
    own = requests(contextvars.copy_context())
    gc.collect()
    contexts = [one for one in gc.get_objects() if type(one) is contextvars.Context]
    return sum(value not in own for one in contexts for value in requests(one))
def sync(path, mark):
    if path == "/left": return str(left())
    note(mark)
    time.sleep(0.003)
    read(mark)
    return "done"
"""

WSGI = """
def app(environ, start_response):
    path, mark = environ["PATH_INFO"], environ.get("HTTP_USER_AGENT")
    text = sync(path, mark)
    start_response("200 OK", [("content-type", "text/plain")])
    def body():
        if path != "/left": read(mark)
        yield text.encode()
    return body()
"""

FLASK = """
import flask
app = flask.Flask("app")
@app.get("/")
@app.get("/<path:path>")
def answer(path=""):
    return sync("/" + path, flask.request.headers.get("user-agent"))
"""

DJANGO = """
import django.conf
from django.http import HttpResponse
from django.urls import re_path
def answer(request):
    return HttpResponse(sync(request.path, request.headers.get("user-agent")))
async def answer_async(request):
    text = await asynchronous(request.path, request.headers.get("user-agent"))
    return HttpResponse(text)
urlpatterns = [re_path("async", answer_async), re_path("", answer)]
django.conf.settings.configure(ROOT_URLCONF="app", ALLOWED_HOSTS=["*"])
django.setup()
"""
DJANGO_WSGI = DJANGO + "from django.core.wsgi import get_wsgi_application\napp = get_wsgi_application()\n"
DJANGO_ASGI = DJANGO + "from django.core.asgi import get_asgi_application\napp = get_asgi_application()\n"

# Tasks, threads and what is done when the answer is away all belong to the request.
ASYNC = """
import asyncio
async def inner(mark):
    await asyncio.sleep(0.001)
    read(mark)
async def asynchronous(path, mark):
    if path == "/left": return str(left())
    note(mark)
    await asyncio.gather(inner(mark), inner(mark))
    await asyncio.to_thread(read, mark)
    read(mark)
    return "done"
"""

ASGI = """
async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        read("lifespan")
        while True:
            what = (await receive())["type"]
            await send({"type": what + ".complete"})
            if what == "lifespan.shutdown": return
    mark = dict(scope["headers"]).get(b"user-agent", b"").decode()
    text = await asynchronous(scope["path"], mark)
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": text.encode()})
    if scope["path"] != "/left": read(mark)
"""

FASTAPI = """
import contextlib, fastapi
@contextlib.asynccontextmanager
async def lifespan(app):
    read("lifespan")
    yield
app = fastapi.FastAPI(lifespan=lifespan)
async def depends(request: fastapi.Request):
    mark = request.headers.get("user-agent")
    note(mark)
    return mark
@app.get("/async")
async def answer_async(mark: str = fastapi.Depends(depends)):
    return await asynchronous("/async", mark)
@app.get("/{path:path}")
def answer(path: str, later: fastapi.BackgroundTasks, mark: str = fastapi.Depends(depends)):
    if path == "left": return fastapi.Response(str(left()))
    read(mark)
    time.sleep(0.003)
    later.add_task(read, mark)
    return {"done": mark}
"""


def gunicorn(kind, **options):
    return f"""
    import sys
    from gunicorn.app.base import BaseApplication
    class Served(BaseApplication):
        def load_config(self):
            options = dict(bind=f"127.0.0.1:{{sys.argv[1]}}", worker_class={kind!r}, loglevel="critical", **{options!r})
            for name, value in options.items(): self.cfg.set(name, value)
        def load(self):
            import app
            return app.app
    Served().run()
    """


HYPERCORN = """
import asyncio, sys, app
from hypercorn.asyncio import serve
from hypercorn.config import Config
config = Config()
config.bind, config.errorlog, config.keep_alive_timeout = [f"127.0.0.1:{sys.argv[1]}"], None, 0.3
asyncio.run(serve(app.app, config))
"""

UVICORN = "import sys, app, uvicorn\nuvicorn.run(app.app, port=int(sys.argv[1]), log_level='critical', http='h11')"

SERVERS = {
    "gunicorn sync": gunicorn("sync"),
    "gunicorn gthread": gunicorn("gthread", threads=8),
    "gunicorn gevent": gunicorn("gevent"),
    "gunicorn gevent_pywsgi": gunicorn("gevent_pywsgi"),
    "gunicorn asgi": gunicorn("asgi"),
    "gunicorn eventlet": gunicorn("eventlet"),
    "hypercorn": HYPERCORN,
    "uvicorn": UVICORN,
    "uvicorn httptools": UVICORN.replace("h11", "httptools"),
    "waitress": """
    import sys, app, waitress
    waitress.serve(app.app, listen=f"127.0.0.1:{sys.argv[1]}", threads=8, _quiet=True)
    """,
    "wsgiref": """
    import sys, app
    from socketserver import ThreadingMixIn
    from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server
    class Server(ThreadingMixIn, WSGIServer): daemon_threads, request_queue_size = True, 64
    class Quiet(WSGIRequestHandler):
        def log_message(self, *args): pass
    make_server("127.0.0.1", int(sys.argv[1]), app.app, Server, Quiet).serve_forever()
    """,
    "werkzeug": """
    import logging, sys, app
    from werkzeug.serving import run_simple
    logging.getLogger("werkzeug").setLevel("CRITICAL")
    run_simple("127.0.0.1", int(sys.argv[1]), app.app, threaded=True)
    """,
    "gevent": """
    from gevent import monkey; monkey.patch_all()
    import sys, app
    from gevent.pywsgi import WSGIServer
    WSGIServer(("127.0.0.1", int(sys.argv[1])), app.app, log=None, error_log=None).serve_forever()
    """,
    "eventlet": """
    import eventlet; eventlet.monkey_patch()
    import sys, app, eventlet.wsgi
    eventlet.wsgi.server(eventlet.listen(("127.0.0.1", int(sys.argv[1]))), app.app, log_output=False)
    """,
}

NOT_WSGI = {"gunicorn asgi", "gunicorn eventlet", "uvicorn", "uvicorn httptools"}

# Server, application, path, how often each request reads.
ROWS = [
    *((server, WSGI, "", 2) for server in SERVERS if server not in NOT_WSGI),
    ("gunicorn gthread", FLASK, "", 1),
    ("gunicorn gthread", DJANGO_WSGI, "", 1),
    ("wsgiref", DJANGO_WSGI, "", 1),
    ("gunicorn asgi", ASGI, "", 5),
    ("hypercorn", ASGI, "", 5),
    ("uvicorn", ASGI, "", 5),
    ("uvicorn httptools", ASGI, "", 5),
    ("uvicorn", DJANGO_ASGI, "", 1),
    ("uvicorn", DJANGO_ASGI, "async", 4),
    ("uvicorn", FASTAPI, "", 2),
    ("uvicorn", FASTAPI, "async", 4),
    ("hypercorn", FASTAPI, "", 2),
]
if sys.version_info < (3, 12):  # whose gunicorn is from before it had one and dropped the other
    ROWS = [row if row[0] != "gunicorn asgi" else ("gunicorn eventlet", WSGI, "", 2) for row in ROWS]
NAMES = {WSGI: "wsgi", FLASK: "flask", DJANGO_WSGI: "django", DJANGO_ASGI: "django", ASGI: "asgi", FASTAPI: "fastapi"}


@pytest.mark.parametrize(("server", "app", "path", "reads"), ROWS, ids=lambda x: NAMES.get(x, x))
def test_requests_of_a_server(tmp_path, server, app, path, reads):
    with served(tmp_path, PROBES, SERVERS[server], app=APP + ASYNC + app) as (port, lines):
        marks = ask_all(port, ROUNDS, path)
        # Timers that were cancelled keep their contexts until their time comes.
        for pause in (0, 0.1, 0.5, 1, 2):
            time.sleep(pause)
            (left,) = ask(port, ["last"], "left")
            if left == b"0":
                break
    assert left == b"0"
    agree(lines, marks)
    kept = [row["fields"] for row in lines if row["type"] == "record"]
    assert len([row for row in kept if row["own"] in marks]) == reads * len(marks)
    outside = [row["request"] for row in lines if row["type"] == "record" and row["fields"]["own"] == "lifespan"]
    assert outside == [None] * len(outside)


# --- task queues

TASK_PROBES = {
    "fn:jobs.note:entry": "set:v",
    "fn:jobs.read:entry": "own=arg0 kept=req:v",
    "fn:jobs.told:entry": "left=arg0",
}

JOBS = """
import os, signal
from celery import Celery
tasks = Celery("jobs")
folder = os.path.join(os.path.dirname(os.path.abspath(__file__)), "queue")
os.makedirs(folder, exist_ok=True)
tasks.conf.broker_transport_options = dict(data_folder_in=folder, data_folder_out=folder, control_folder=folder)
tasks.conf.update(task_ignore_result=True, worker_hijack_root_logger=False, broker_connection_retry_on_startup=True)
def told(count): pass
@tasks.task
def work(mark):
    sync("", mark)
    inside.apply(args=(mark,))
    inside(mark)
@tasks.task
def inside(mark):
    read(mark)
@tasks.task
def stop(pid):
    told(left())
    os.kill(pid, signal.SIGTERM)
"""

WORKER = """
import jobs
jobs.tasks.conf.broker_url = {broker!r}
for n in range(24): jobs.work.delay(f"t{{n}}")
jobs.stop.apply_async(args=(os.getpid(),), countdown=1)
jobs.tasks.worker_main(["--quiet", "worker", "--pool={pool}", "--concurrency={n}", "--without-gossip",
                       "--without-mingle", "--without-heartbeat", "--loglevel=critical"])
"""

EAGER = """
import jobs, waspect
jobs.tasks.conf.task_always_eager = True
for n in range(24): jobs.work.delay(f"t{n}")
with waspect.request():
    jobs.note("caller's")
    jobs.inside.delay("within")
    jobs.inside.apply(args=("within",))
    jobs.read("within")
jobs.told(jobs.left())
"""


def worked(tmp_path, program):
    """The records of a program that does the work 24 times, those of nothing else first; none may be left open."""
    (tmp_path / "jobs.py").write_text(APP + JOBS)
    done = run(tmp_path, program, probe=wat(TASK_PROBES))
    rows = done.of("record")
    assert [row["fields"]["left"] for row in rows if "left" in row["fields"]] == [0], done.err
    rows = [row for row in rows if "own" in row["fields"]]
    marks = {f"t{n}" for n in range(24)}
    agree(rows, marks)
    assert sum(row["fields"]["own"] in marks for row in rows) == 24 * 3
    return [row for row in rows if row["fields"]["own"] not in marks]


@pytest.mark.parametrize(
    ("pool", "n", "broker"),
    [
        ("solo", 1, "memory://"),
        ("threads", 8, "memory://"),
        ("solo", 1, "filesystem://"),
        ("prefork", 2, "filesystem://"),
    ],
)
def test_tasks_of_a_worker(tmp_path, pool, n, broker):
    assert worked(tmp_path, WORKER.format(pool=pool, n=n, broker=broker)) == []


def test_eager_tasks(tmp_path):
    """A task that runs where it is asked for: a request of its own, or the caller's."""
    within = worked(tmp_path, EAGER)
    assert [row["fields"]["kept"] for row in within] == ["caller's"] * 3
    assert len({row["request"] for row in within}) == 1
