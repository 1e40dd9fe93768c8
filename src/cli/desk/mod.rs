//! Where others ask for a session: a socket that each observing command answers on, and the asker's side of it.
//!
//! In: what a session is, its reports. Out: answers, while the observation goes on. Never here: a wait of the observation
//! for whoever asks; a peer of another user, but root; a file that says what is not so: the session lives in its
//! operator's process, and nowhere else.

pub(crate) mod ask;
mod serve;
mod tail;

use std::collections::BTreeSet;
use std::os::fd::OwnedFd;
use std::path::PathBuf;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::Context;
use nix::fcntl::OFlag;
use nix::unistd::pipe2;

use crate::control::client::bind;
use crate::control::place::{self, Name, Whose};
use crate::desk::{Answer, Described, Ended, How, Process, Standing};
use crate::report::{Phase, Report, State};
use tail::Tail;

/// What is known of a session before it begins.
pub(crate) struct Session {
    pub(crate) name: Option<String>,
    pub(crate) how: How,
    /// As it was named.
    pub(crate) target: String,
    pub(crate) modules: Vec<String>,
    pub(crate) outputs: Vec<String>,
    /// What probes are known to capture, by name.
    pub(crate) fields: Vec<String>,
}

/// The desk of a session; closed, everything here does nothing.
#[derive(Default)]
pub(crate) struct Desk(Option<Open>);

struct Open {
    path: PathBuf,
    shared: Arc<Shared>,
    /// Who wants to know what was counted.
    askers: Receiver<Sender<Vec<Answer>>>,
    /// Dropping the write end ends the listening thread.
    open: OwnedFd,
    listening: JoinHandle<()>,
}

/// What the observation and those who answer share.
struct Shared {
    room: Mutex<Room>,
    /// The end was asked for.
    is_ending: AtomicBool,
    ended: Mutex<Option<Ended>>,
    has_ended: Condvar,
    /// To the observation.
    totals: Sender<Sender<Vec<Answer>>>,
}

struct Room {
    described: Described,
    tails: Vec<Arc<Tail>>,
}

impl Desk {
    /// Listens from now on. To be called after signals were kept, for there is a thread from here on.
    ///
    /// # Errors
    /// When there is no private place for the socket.
    pub(crate) fn open(session: Session) -> anyhow::Result<Self> {
        let name = Name::own(Whose::Operator)?;
        let path = place::folder()?.join(name.to_string());
        // Of an earlier process with this one's id and start: there is none that runs.
        let _ = std::fs::remove_file(&path);
        let listener = bind(&path).with_context(|| format!("no socket `{}`", path.display()))?;
        listener.set_nonblocking(true)?;
        let (closed, open) = pipe2(OFlag::O_CLOEXEC)?;
        let (totals, askers) = channel();
        let shared = Arc::new(Shared::new(session, name.pid, totals));
        let theirs = Arc::clone(&shared);
        let listening = thread::spawn(move || serve::listen(&listener, &closed, &theirs));
        Ok(Self(Some(Open { path, shared, askers, open, listening })))
    }

    /// The same where an observation nobody can ask for is better than none.
    pub(crate) fn open_if_can(session: Session) -> Self {
        Self::open(session).unwrap_or_else(|e| {
            crate::cli::warn(&format!("other commands cannot ask for this session: {e:#}"), None);
            Self::default()
        })
    }

    /// `session 4711 (shop) loaded into 3 processes`, and the id.
    pub(crate) fn shown(&self) -> Option<(String, u32)> {
        let room = self.0.as_ref()?.shared.room();
        let Described { id, name, processes, .. } = &room.described;
        let name = name.as_ref().map_or_else(String::new, |name| format!(" ({name})"));
        Some((format!("session {id}{name} loaded into {}", processes_of(processes.len())), *id))
    }

    /// Whether somebody asked for the session's end.
    pub(crate) fn is_ending(&self) -> bool {
        self.0.as_ref().is_some_and(|open| open.shared.is_ending.load(Relaxed))
    }

    pub(crate) fn joined(&self, pid: u32, python: &str) {
        let Some(open) = &self.0 else { return };
        let process = Process { pid, python: python.to_owned(), since_ns: now_ns() };
        open.shared.room().described.processes.push(process);
    }

    /// Others are observed no longer: a server that forks for each request ends thousands.
    pub(crate) fn keep(&self, pids: impl FnOnce() -> BTreeSet<u32>) {
        let Some(open) = &self.0 else { return };
        let pids = pids();
        open.shared.room().described.processes.retain(|process| pids.contains(&process.pid));
    }

    /// What the outputs are told.
    pub(crate) fn tell(&self, report: &Report) {
        if let Some(open) = &self.0 {
            open.shared.room().tell(report);
        }
    }

    /// Answers those who want to know what was counted, if there are any.
    pub(crate) fn answer(&self, totals: impl FnOnce() -> Vec<Answer>) {
        let Some(open) = &self.0 else { return };
        let askers: Vec<_> = open.askers.try_iter().collect();
        if askers.is_empty() {
            return;
        }
        let totals = totals();
        // Whoever no longer waits needs none.
        askers.iter().for_each(|asker| drop(asker.send(totals.clone())));
    }

    /// The session is over: nobody finds it any more, and who asked for that is told.
    pub(crate) fn close(&mut self, ended: Ended) {
        let Some(Open { path, shared, askers, open, listening }) = self.0.take() else { return };
        let _ = std::fs::remove_file(path);
        shared.end(ended);
        // Nobody will tell them any more.
        drop(askers);
        drop(open);
        let _ = listening.join();
    }
}

impl Drop for Desk {
    fn drop(&mut self) {
        self.close(Ended::default());
    }
}

impl Shared {
    fn new(session: Session, id: u32, totals: Sender<Sender<Vec<Answer>>>) -> Self {
        let Session { name, how, target, modules, outputs, fields } = session;
        let (since_ns, processes, probes) = (now_ns(), Vec::new(), Vec::new());
        let described =
            Described { id, name, how, target, since_ns, processes, modules, probes, outputs, fields, faults: 0 };
        let room = Mutex::new(Room { described, tails: Vec::new() });
        let (is_ending, ended, has_ended) = (AtomicBool::new(false), Mutex::new(None), Condvar::new());
        Self { room, is_ending, ended, has_ended, totals }
    }

    fn room(&self) -> MutexGuard<'_, Room> {
        locked(&self.room)
    }

    fn end(&self, ended: Ended) {
        *locked(&self.ended) = Some(ended);
        self.has_ended.notify_all();
        self.room().tails.drain(..).for_each(|tail| tail.end());
    }

    /// Waits for the end.
    fn ended(&self) -> Ended {
        let ended = self.has_ended.wait_while(locked(&self.ended), |ended| ended.is_none());
        ended.unwrap_or_else(PoisonError::into_inner).clone().unwrap_or_default()
    }

    /// From here on a tail is told everything; at first what it would have heard that still is so.
    fn begin(&self, tail: &Arc<Tail>) {
        let mut room = self.room();
        room.so_far().iter().for_each(|report| tail.push(&tail::packed(report)));
        if locked(&self.ended).is_some() {
            tail.end();
        } else {
            room.tails.push(Arc::clone(tail));
        }
    }
}

impl Room {
    fn tell(&mut self, report: &Report) {
        match report {
            Report::State(state) => self.note(state),
            Report::Fault(_) => self.described.faults += 1,
            _ => {}
        }
        if self.tails.is_empty() {
            return;
        }
        let packed = tail::packed(report);
        self.tails.iter().for_each(|tail| tail.push(&packed));
    }

    /// A probe that waits in one process and is attached in another is attached.
    fn note(&mut self, new: &State) {
        let State { module, probe, phase, reason, functions } = new.clone();
        let probes = &mut self.described.probes;
        let Some(known) = probes.iter_mut().find(|p| (&p.module, &p.probe) == (&module, &probe)) else {
            probes.push(Standing { module, probe, phase, reason, functions });
            return;
        };
        if phase != Phase::Pending || known.functions == 0 {
            (known.phase, known.reason) = (phase, reason);
        }
        known.functions = known.functions.max(functions);
    }

    /// Processes and probes, as reports.
    fn so_far(&self) -> Vec<Report> {
        let starts = self.described.processes.iter().map(|p| (p.python.clone(), p.pid));
        let starts = starts.map(|(python, pid)| Report::Start(crate::report::Start { python, pid }));
        let states = self.described.probes.iter().cloned();
        let states = states.map(|Standing { module, probe, phase, reason, functions }| {
            Report::State(State { module, probe, phase, reason, functions })
        });
        starts.chain(states).collect()
    }
}

/// `1 process`, `2 processes`.
pub(crate) fn processes_of(n: usize) -> String {
    if n == 1 { "1 process".to_owned() } else { format!("{n} processes") }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The wall clock.
pub(crate) fn now_ns() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_nanos()).unwrap_or(i64::MAX)
}
