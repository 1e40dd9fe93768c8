//! A prepared process: one that an operator reaches without the right to trace it.
//!
//! In: the user's folder for sockets. Out: a socket there; each operator who knocks is met where it says. Never
//! here: a thread while nobody knocks; a handler put over one that the application set; a descriptor touched that the
//! application closed and has in use for something else.
//!
//! Nothing waits on the socket. Who knocks sends `SIGURG` too, which a process ignores by default; its handler is Python's, so
//! that the main thread takes what is in the queue between two bytecodes, and each guest gets a thread of its own.

use std::cell::RefCell;
use std::ffi::OsString;
use std::fs::{self, Permissions};
use std::io;
use std::mem::MaybeUninit;
use std::net::Shutdown;
use std::os::fd::{FromRawFd, IntoRawFd, OwnedFd, RawFd};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::process;

use nix::fcntl::{FcntlArg, fcntl};
use nix::libc::{self, SIGURG};
use pyo3::exceptions::{PyOSError, PyRuntimeError};
use pyo3::prelude::*;
use pyo3::types::{PyCFunction, PyDict};

use super::{boot, lease};
use crate::attach::gil::Gil;
use crate::control::agent;
use crate::thread;

/// Descriptors below are left to the application, which may count on the lowest being free.
const DESCRIPTOR_MIN: RawFd = 200;

/// A socket that this process, or one that it was forked from, listens on.
struct Listening {
    by: u32,
    listener: UnixListener,
    held: lease::Held,
    path: PathBuf,
}

impl Listening {
    fn is_here(&self) -> bool {
        self.by == process::id() && self.held.is_ours(lease::socket(&self.listener))
    }

    /// Closes what is still ours.
    fn end(self) {
        if !self.held.is_ours(lease::socket(&self.listener)) {
            let _theirs = self.listener.into_raw_fd();
        }
    }
}

static LISTENING: Gil<RefCell<Option<Listening>>> = Gil::new(RefCell::new(None));

/// Lets operators reach this process by a socket in a folder that is its user's alone; gives the socket's path. A second time does
/// nothing more.
#[pyfunction]
pub(super) fn _listen(py: Python<'_>, folder: OsString) -> PyResult<OsString> {
    // As text: a path would import `pathlib`.
    listening(py, Path::new(&folder)).map(PathBuf::into_os_string)
}

fn listening(py: Python<'_>, folder: &Path) -> PyResult<PathBuf> {
    if let Some(known) = known(py) {
        return Ok(known);
    }
    if !folder.is_absolute() {
        return Err(PyOSError::new_err("the folder for the socket is no absolute path"));
    }
    // Before there is a socket: both look whether there is one.
    if hear(py)? {
        let in_child = PyDict::new(py);
        in_child.set_item("after_in_child", handler(py, in_child_of)?)?;
        py.import("posix")?.call_method("register_at_fork", (), Some(&in_child))?;
        boot::register_at_exit(py, &handler(py, leave)?)?;
    }
    listen(py, folder).map_err(|e| PyOSError::new_err(e.to_string()))
}

/// The handler of SIGURG, once it was set: it stays, and does nothing where nobody listens.
static HEARS: Gil<RefCell<Option<Py<PyAny>>>> = Gil::new(RefCell::new(None));

/// Sets the handler; gives whether that is new.
fn hear(py: Python<'_>) -> PyResult<bool> {
    let signal = py.import("_signal")?;
    let now = signal.call_method1("getsignal", (SIGURG,))?;
    if HEARS.get(py).borrow().as_ref().is_some_and(|own| now.is(own)) {
        return Ok(false);
    }
    if !now.eq(0)? || is_handled() {
        return Err(PyRuntimeError::new_err("SIGURG has a handler of the application's; expected none"));
    }
    let own = handler(py, take_in)?;
    // Only the main thread may, and says so.
    signal.call_method1("signal", (SIGURG, &own))?;
    Ok(HEARS.get(py).borrow_mut().replace(own.into_any().unbind()).is_none())
}

/// Whether there is a handler of which Python does not know.
fn is_handled() -> bool {
    let mut now = MaybeUninit::<libc::sigaction>::zeroed();
    // SAFETY: nothing is set; what is filled in is a local of the right type.
    let asked = unsafe { libc::sigaction(SIGURG, std::ptr::null(), now.as_mut_ptr()) };
    // SAFETY: zeroed is a valid value, and the call filled it.
    asked == 0 && unsafe { now.assume_init() }.sa_sigaction > libc::SIG_IGN
}

fn handler(py: Python<'_>, work: fn(Python<'_>)) -> PyResult<Bound<'_, PyCFunction>> {
    PyCFunction::new_closure(py, None, None, move |args, _| work(args.py()))
}

/// The path, where this very process listens already.
fn known(py: Python<'_>) -> Option<PathBuf> {
    let all = LISTENING.get(py).borrow();
    all.as_ref().filter(|own| own.is_here()).map(|own| own.path.clone())
}

fn listen(py: Python<'_>, folder: &Path) -> io::Result<PathBuf> {
    let path = folder.join(name()?);
    // Of this process before it became another program.
    let _ = fs::remove_file(&path);
    let listener = high(UnixListener::bind(&path)?.into())?;
    // The folder keeps others out; the process's umask, which is one for all threads, is left alone.
    fs::set_permissions(&path, Permissions::from_mode(0o600))?;
    listener.set_nonblocking(true)?;
    let held = lease::Held::of(&listener);
    let own = Listening { by: process::id(), listener, held, path: path.clone() };
    LISTENING.get(py).borrow_mut().replace(own).into_iter().for_each(Listening::end);
    Ok(path)
}

/// `PID-START.sock`: a process id that was used again is no mistake. `control::place` reads it.
fn name() -> io::Result<String> {
    let stat = fs::read_to_string("/proc/self/stat")?;
    // `PID (name) STATE …`, and the name may hold anything, brackets too. The 22nd field is the 20th from there.
    let start = stat.rsplit(')').next().and_then(|rest| rest.split_whitespace().nth(19));
    Ok(format!("{}-{}.sock", process::id(), start.unwrap_or_default()))
}

/// The same socket under a high number, where there is one.
fn high(socket: OwnedFd) -> io::Result<UnixListener> {
    match fcntl(&socket, FcntlArg::F_DUPFD_CLOEXEC(DESCRIPTOR_MIN)) {
        // SAFETY: the number was just made, and nobody else knows it.
        Ok(number) => Ok(unsafe { OwnedFd::from_raw_fd(number) }.into()),
        Err(_) => Ok(socket.into()),
    }
}

/// Somebody knocked: on the main thread, between two bytecodes.
fn take_in(py: Python<'_>) {
    let all = LISTENING.get(py).borrow();
    let Some(own) = all.as_ref().filter(|own| own.is_here()) else { return };
    while let Ok((guest, _)) = own.listener.accept() {
        // Without a thread the guest sees its connection closed.
        let _ = thread::start(lease::STACK_BYTES, Box::new(move || welcome(&guest)));
    }
}

fn welcome(guest: &UnixStream) {
    let met = agent::invited(guest).and_then(|socket| {
        // None while the interpreter ends.
        Python::try_attach(|py| boot::meet(py, &socket)).unwrap_or(Ok(()))
    });
    if let Err(why) = met {
        let _ = agent::excuse(guest, &why);
    }
    // Also where a child that was forked meanwhile has it.
    let _ = guest.shutdown(Shutdown::Both);
}

/// A forked child is reached by a socket of its own; its parent's is closed here.
fn in_child_of(py: Python<'_>) {
    lease::disown(py);
    let inherited = LISTENING.get(py).borrow_mut().take();
    if let Some(inherited) = inherited {
        let folder = inherited.path.parent().map(Path::to_owned);
        inherited.end();
        let _ = folder.map(|folder| listen(py, &folder));
    }
}

/// At the program's end.
fn leave(py: Python<'_>) {
    let all = LISTENING.get(py).borrow();
    if let Some(own) = all.as_ref().filter(|own| own.by == process::id()) {
        let _ = fs::remove_file(&own.path);
    }
}
