//! The processes that are in, and the sessions that are in them.
//!
//! In: processes that join. Out: who they are, what they count. Never here: a wait: questions are asked by whoever borrows a
//! process's connection.

use std::sync::{Arc, Mutex};

use super::session::{Place, Session};
use crate::cli::attach::members::Members;
use crate::control::client::Joined;
use crate::control::standing::Standing;
use crate::report::Record;

/// A connection to one process. A forked child has one for each session it came with.
#[derive(Clone)]
pub(super) struct Process {
    /// Of the connection.
    pub(super) number: u64,
    pub(super) pid: u32,
    /// As it sees itself.
    own_pid: u32,
    standing: Arc<Mutex<Standing>>,
    /// Whether it has all sessions that there are.
    pub(super) is_welcomed: bool,
}

impl Process {
    /// Asks it something: one question at a time.
    pub(super) fn ask<T>(&self, question: impl FnOnce(&mut Standing) -> T) -> T {
        let mut standing = self.standing.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        question(&mut standing)
    }

    /// A session's place in it.
    pub(super) fn place(&self, number: u64) -> Place {
        Place { connection: self.number, own_pid: self.own_pid, number }
    }

    /// Whether it has closed the connection. One that is being asked has not.
    pub(super) fn is_gone(&self) -> bool {
        self.standing.try_lock().is_ok_and(|standing| standing.is_closed())
    }

    /// Asks it for the end of everything, unless it is being asked something else, which the end of this process ends.
    pub(super) fn ask_back(&self) {
        if let Ok(standing) = self.standing.try_lock() {
            standing.ask_back();
        }
    }
}

#[derive(Default)]
pub(super) struct Crowd {
    pub(super) processes: Vec<Process>,
    pub(super) sessions: Vec<Session>,
    pub(super) records: Vec<Record>,
    pub(super) said: Vec<String>,
    pub(super) over: Option<String>,
    has_begun: bool,
    last: u64,
}

impl Crowd {
    /// One connection of each process.
    pub(super) fn each(&self) -> Vec<Process> {
        let mut each: Vec<Process> = Vec::new();
        for process in self.processes.iter().filter(|process| !process.is_gone()) {
            if !each.iter().any(|known| known.pid == process.pid) {
                each.push(process.clone());
            }
        }
        each
    }

    pub(super) fn session(&mut self, name: &str) -> Option<&mut Session> {
        self.sessions.iter_mut().find(|session| session.name == name)
    }

    /// Takes up what all processes wrote.
    pub(super) fn round(&mut self) {
        let (records, said) = (&mut self.records, &mut self.said);
        self.sessions.iter_mut().for_each(|session| session.round(records, said));
    }

    /// Lets go of who is gone.
    pub(super) fn retire(&mut self) {
        let said = &mut self.said;
        self.sessions.iter_mut().for_each(|session| session.retire(said));
        self.processes.retain(|process| !process.is_gone());
    }

    /// A forked child brings a session that its parent has; of one that was taken out since, nothing is kept, which ends it.
    fn adopt(&mut self, joined: Joined, standing: Standing) {
        let (Some((number, segment)), Some(parent)) = (&joined.session, joined.hello.forked_from) else { return };
        let is_it = |place: &Place| place.own_pid == parent.pid && place.number == *number;
        let Some(at) = self.sessions.iter().position(|session| session.places.iter().any(is_it)) else { return };
        if let Err(e) = self.sessions[at].join(joined.pid, segment) {
            return self.said.push(format!("process {} cannot be observed: {e}", joined.pid));
        }
        let process = self.add(&joined, standing);
        self.sessions[at].places.push(process.place(*number));
    }

    fn add(&mut self, joined: &Joined, standing: Standing) -> Process {
        self.last += 1;
        let standing = Arc::new(Mutex::new(standing));
        let (pid, own_pid) = (joined.pid, joined.hello.pid);
        // What came while a child was forked is given to it later, once.
        let process = Process { number: self.last, pid, own_pid, standing, is_welcomed: false };
        self.processes.push(process.clone());
        process
    }
}

impl Members for Crowd {
    fn join(&mut self, mut joined: Joined) {
        self.has_begun = true;
        let Some(standing) = joined.standing.take() else { return };
        if joined.hello.forked_from.is_some() {
            return self.adopt(joined, standing);
        }
        self.add(&joined, standing);
    }

    fn has_begun(&self) -> bool {
        self.has_begun
    }

    fn is_held(&self) -> bool {
        self.processes.iter().any(|process| !process.is_gone())
    }

    fn holds(&self, pid: u32) -> bool {
        self.processes.iter().any(|process| process.pid == pid && !process.is_gone())
    }
}
