//! Where requests begin in programs that know nothing of waspect: servers, frameworks, task queues, executors.
//!
//! In: a session whose modules ask for requests. Out: links of ours on those functions, by the same way as any probe's.
//! Never here: a firing, a count, an import.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use pyo3::Python;

use super::gil::Gil;
use super::live::Live;
use crate::introspect::Introspect;
use crate::introspect::cpython::{CPython, context};
use crate::limits::WORK_ITEMS_MAX;
use crate::request::Opening;

/// What a call of the function does to requests.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Role {
    /// The maker of a work item: the item belongs to the request that runs.
    Submits,
    /// Runs a work item, in its request.
    Works,
    /// Inside a server's request it belongs to that; else one begins.
    Application,
    /// `scope=request`: one begins inside the one that runs.
    Child,
    /// One begins, whatever was before: what the server's loop last did belongs to another.
    Server,
}

/// Functions at which a request begins, or is handed to a thread.
pub(super) const ROOTS: &[(&str, Role)] = &[
    ("wsgiref.handlers.BaseHandler.run", Role::Server),
    ("waitress.task.WSGITask.execute", Role::Server),
    ("gunicorn.workers.sync.SyncWorker.handle_request", Role::Server),
    ("gunicorn.workers.gthread.ThreadWorker.handle_request", Role::Server),
    ("gunicorn.workers.base_async.AsyncWorker.handle_request", Role::Server),
    ("gevent.pywsgi.WSGIHandler.handle_one_response", Role::Server),
    ("uvicorn.protocols.http.h11_impl.RequestResponseCycle.run_asgi", Role::Server),
    ("uvicorn.protocols.http.httptools_impl.RequestResponseCycle.run_asgi", Role::Server),
    ("gunicorn.asgi.protocol.ASGIProtocol._handle_http_request", Role::Server),
    ("eventlet.wsgi.HttpProtocol.handle_one_response", Role::Server),
    ("werkzeug.serving.WSGIRequestHandler.run_wsgi", Role::Server),
    ("hypercorn.app_wrappers.ASGIWrapper.__call__", Role::Server),
    ("hypercorn.app_wrappers.WSGIWrapper.handle_http", Role::Server),
    ("celery.app.trace.trace_task", Role::Server),
    ("celery.app.trace.fast_trace_task", Role::Server),
    ("celery.app.task.Task.apply", Role::Application),
    ("celery.app.task.Task.__call__", Role::Application),
    ("flask.app.Flask.__call__", Role::Application),
    ("flask.app.Flask.wsgi_app", Role::Application),
    ("django.core.handlers.wsgi.WSGIHandler.__call__", Role::Application),
    ("django.core.handlers.asgi.ASGIHandler.__call__", Role::Application),
    ("starlette.applications.Starlette.__call__", Role::Application),
    ("fastapi.applications.FastAPI.__call__", Role::Application),
    ("concurrent.futures.thread._WorkItem.__init__", Role::Submits),
    ("concurrent.futures.thread._WorkItem.run", Role::Works),
];

/// A root of one session.
#[derive(Clone)]
pub(super) struct Root {
    pub live: Rc<Live>,
    pub role: Role,
}

/// Requests of work items that wait for their thread, by the items' addresses: making an item is what settles its entry.
static CARRIED: Gil<RefCell<Option<HashMap<usize, context::Owned>>>> = Gil::new(RefCell::new(None));

/// At a function's entry; gives what its exit must undo.
#[cold]
pub(super) fn enter(py: Python<'_>, role: Role) -> Option<Box<context::Entered>> {
    let entered = match role {
        Role::Submits => {
            submit(py);
            None
        }
        Role::Works => take(py).and_then(|carried| context::enter(&carried)),
        Role::Application => begin(Opening::Joined),
        Role::Child => context::open(Opening::Child),
        Role::Server => begin(Opening::Fresh),
    };
    entered.map(Box::new)
}

fn begin(how: Opening) -> Option<context::Entered> {
    if is_lifespan() { None } else { context::open(how) }
}

/// An ASGI application is also called once for as long as the server runs, which is nobody's request.
fn is_lifespan() -> bool {
    let scope = CPython::here().and_then(|frame| CPython::arg(frame, 1).ok());
    let kind = scope.and_then(|scope| CPython::key(scope, &CPython::passing("type")).ok());
    kind.is_some_and(|kind| CPython::ascii(kind, |text| text == Some(b"lifespan".as_slice())))
}

/// The address of the running method's `self`.
fn own_address() -> Option<usize> {
    CPython::arg(CPython::here()?, 0).ok().map(|item| item.as_ptr() as usize)
}

fn submit(py: Python<'_>) {
    let Some(item) = own_address() else { return };
    let request = context::carried();
    let mut all = CARRIED.get(py).borrow_mut();
    let all = all.get_or_insert_default();
    // Making an item also settles what one that never ran has left at this address.
    match request.filter(|_| (all.len() as u64) < WORK_ITEMS_MAX) {
        Some(request) => drop(all.insert(item, request)),
        None => drop(all.remove(&item)),
    }
}

fn take(py: Python<'_>) -> Option<context::Owned> {
    CARRIED.get(py).borrow_mut().as_mut()?.remove(&own_address()?)
}
