//! The fleet as it is: processes entered as `attach` enters them, sessions loaded and unloaded over their connections.
//!
//! In: targets. Out: a [`Fleet`]. Never here: a process asked for what its shared memory says; a session that outlives this.

mod crowd;
mod session;

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread::sleep;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::anyhow;

use super::fleet::{Fleet, Found, Refused, Slow, Snapshot};
use super::program::{counting, recording};
use crate::cli::asked::Asked;
use crate::cli::attach::group::Group;
use crate::cli::attach::members::Members;
use crate::cli::attach::wanted::Wanted;
use crate::cli::held;
use crate::cli::observe::modules::program;
use crate::cli::signals::die_by;
use crate::cli::target;
use crate::control::client;
use crate::drain::is_gone;
use crate::frames::LoadModule;
use crate::limits::Budget;
use crate::policy::Policy;
use crate::spec::Target;
use crowd::{Crowd, Process};
use session::{Kind, Session};

/// So many names are looked at, at most.
const NAMES_MAX: u32 = 100;
/// Between two looks at processes that are being entered.
const REST: Duration = Duration::from_millis(20);
/// Between two looks for processes that ended.
const RETIRE_EVERY: Duration = Duration::from_secs(1);
/// A process whose sessions end gets so long to put its functions back; one that is busy does it when it can.
const PUT_BACK_MAX: Duration = Duration::from_millis(900);

pub(super) struct Live {
    started: Instant,
    /// Of each program.
    budget: Budget,
    group: Mutex<Group>,
    /// Borrowed for moments only.
    crowd: Mutex<Crowd>,
    retired: Mutex<Instant>,
    policy: Policy,
}

impl Live {
    /// Enters the processes; comes back when the first is in.
    ///
    /// # Errors
    /// When none can be entered.
    pub(super) fn enter(
        wanted: Wanted,
        found: Vec<target::Found>,
        asked: &Asked,
        (budget, policy): (Budget, Policy),
    ) -> anyhow::Result<Self> {
        let mut group = Group::new(wanted, found, client::Asked::ToStay(None));
        let mut crowd = Crowd::default();
        while !crowd.has_begun() {
            group.step(&mut crowd)?;
            if let Some(signal) = asked.wait(REST) {
                // A process that is being entered stays as it was.
                group.remove();
                die_by(signal);
            }
        }
        let started = Instant::now();
        let (group, crowd, retired) = (Mutex::new(group), Mutex::new(crowd), Mutex::new(started));
        Ok(Self { started, budget, policy, group, crowd, retired })
    }

    /// Loads a program of the operator's own.
    ///
    /// # Errors
    /// When no process takes it.
    pub(super) fn give(&self, name: &str, module: LoadModule) -> anyhow::Result<()> {
        let session = Session::new(name, Kind::Given, module, &self.policy);
        let session = self.load(session).map_err(|why| anyhow!("probe `{name}` does not load: {why}"))?;
        self.crowd().sessions.push(session);
        Ok(())
    }

    /// Ends everything: gives what did not end in time.
    pub(super) fn close(&self) -> Option<String> {
        locked(&self.group).remove();
        let mut waiting: Vec<Process> = self.crowd().processes.clone();
        waiting.iter().for_each(Process::ask_back);
        let late = Instant::now() + PUT_BACK_MAX;
        loop {
            waiting.retain(|process| !process.is_gone() && !is_gone(process.pid));
            if waiting.is_empty() {
                return None;
            }
            if Instant::now() >= late {
                break;
            }
            sleep(Duration::from_millis(2));
        }
        let pids: Vec<String> = waiting.iter().map(|process| process.pid.to_string()).collect();
        Some(format!(
            "process {} did not let go of the interpreter yet: nothing fires there any more, and its functions are put back \
             as soon as it does",
            pids.join(", ")
        ))
    }

    fn crowd(&self) -> MutexGuard<'_, Crowd> {
        locked(&self.crowd)
    }

    /// Loads a session into every process that is in. What some refuse is said, where others take it.
    fn load(&self, mut session: Session) -> Result<Session, String> {
        let processes = self.crowd().each();
        let mut failed = Vec::new();
        for process in &processes {
            if let Err(why) = put(&mut session, process) {
                failed.push(why);
            }
        }
        match failed.first() {
            Some(first) if session.places.is_empty() => return Err(first.clone()),
            None if processes.is_empty() => return Err("no process is left".into()),
            _ => self.crowd().said.extend(failed),
        }
        Ok(session)
    }

    /// Takes a session out of every process.
    fn unload(&self, session: &Session) -> Result<(), String> {
        let processes = self.crowd().processes.clone();
        let mut failed = None;
        for place in &session.places {
            let process = processes.iter().find(|process| process.number == place.connection);
            let Some(process) = process.filter(|process| !process.is_gone()) else { continue };
            if let Err(e) = process.ask(|standing| standing.unload(place.number)) {
                failed = Some(format!("process {}: {e}", process.pid));
            }
        }
        failed.map_or(Ok(()), Err)
    }

    /// Forgets a session; it is taken out of the processes afterwards.
    fn forget(&self, is_meant: impl Fn(&Session) -> bool) -> Vec<Session> {
        let mut crowd = self.crowd();
        crowd.sessions.extract_if(.., |session| is_meant(session)).collect()
    }

    fn compile(&self, name: &str, kind: Kind, text: &str) -> Result<Session, String> {
        let module = program(name, text, self.budget).map_err(|e| format!("{e:#}"))?;
        Ok(Session::new(name, kind, module, &self.policy))
    }

    /// Gives a process what all others have. A forked child has some of it already, and brings it itself.
    fn welcome_one(&self, process: &Process) {
        let has = process.ask(|standing| standing.list()).unwrap_or_default();
        let names: Vec<String> = self.crowd().sessions.iter().map(|session| session.name.clone()).collect();
        for name in names {
            let load = self.crowd().session(&name).map(|session| (session.load(), session.module_name().to_owned()));
            let Some((load, module)) = load else { continue };
            if has.iter().any(|seen| seen.modules.contains(&module)) {
                continue;
            }
            let answer = process.ask(|standing| standing.load(load));
            let mut crowd = self.crowd();
            match (answer, crowd.session(&name)) {
                (Ok(Ok((number, segment))), Some(session)) => {
                    session.places.push(process.place(number));
                    if let Err(e) = session.join(process.pid, &segment) {
                        crowd.said.push(format!("process {} cannot be observed: {e}", process.pid));
                    }
                }
                // Taken out meanwhile.
                (Ok(Ok((number, _))), None) => {
                    drop(crowd);
                    let _ = process.ask(|standing| standing.unload(number));
                }
                (Ok(Err(refusal)), _) => crowd.said.push(format!("process {}: {}", process.pid, refusal.message)),
                (Err(e), _) => crowd.said.push(format!("process {}: {e}", process.pid)),
            }
        }
    }
}

/// What a session is called that records a function's slow calls.
fn watching(function: &str) -> String {
    format!("slow calls of {function}")
}

fn locked<T>(of: &Mutex<T>) -> MutexGuard<'_, T> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Loads a session into one process.
fn put(session: &mut Session, process: &Process) -> Result<(), String> {
    let load = session.load();
    match process.ask(|standing| standing.load(load)) {
        Ok(Ok((number, segment))) => {
            session.places.push(process.place(number));
            session.join(process.pid, &segment).map_err(|e| format!("process {}: {e}", process.pid))
        }
        Ok(Err(refusal)) => Err(match refusal.hint {
            Some(hint) => format!("process {}: {} ({hint})", process.pid, refusal.message),
            None => format!("process {}: {}", process.pid, refusal.message),
        }),
        Err(e) => Err(format!("process {}: {e}", process.pid)),
    }
}

impl Fleet for Live {
    fn find(&self, text: &str) -> Result<Found, String> {
        let mut all = Found::default();
        let processes = self.crowd().each();
        let text = &text.trim().replace(':', ".");
        for process in processes {
            let found = process.ask(|standing| standing.find(text, NAMES_MAX));
            let found = found.map_err(|e| format!("process {}: {e}", process.pid))?;
            all.more = all.more.max(found.more);
            all.names.extend(found.names);
        }
        all.names.sort_by(|a, b| (a.len(), a).cmp(&(b.len(), b)));
        all.names.dedup();
        let over = all.names.len().saturating_sub(NAMES_MAX as usize) as u64;
        all.names.truncate(NAMES_MAX as usize);
        all.more += over;
        Ok(all)
    }

    fn instrument(&self, name: &str, wait: bool) -> Result<(), Refused> {
        let refused = |why| Refused { why, may_come: false };
        let is_there = self.crowd().session(name).is_some();
        if is_there {
            return Err(refused(format!("`{name}` is instrumented already")));
        }
        let session = self.compile(name, Kind::Counting, &counting(name)).map_err(refused)?;
        let mut session = self.load(session).map_err(refused)?;
        let mut said = Vec::new();
        session.round(&mut Vec::new(), &mut said);
        self.crowd().said.extend(said);
        let is_one = name.parse::<Target>().is_ok_and(|target| target.is_exact());
        if let Some(why) = session.waits().filter(|_| is_one && !wait).map(str::to_owned) {
            self.unload(&session).map_err(refused)?;
            return Err(Refused { why, may_come: true });
        }
        self.crowd().sessions.push(session);
        Ok(())
    }

    fn remove(&self, name: &str) -> Result<(), String> {
        let functions = self.crowd().session(name).map(Session::seen);
        let functions = functions.ok_or_else(|| format!("`{name}` is not instrumented"))?;
        let watching: Vec<String> = functions.iter().map(|seen| watching(&seen.function)).collect();
        let taken = self.forget(|session| session.name == name || watching.contains(&session.name));
        taken.iter().try_for_each(|session| self.unload(session))
    }

    fn watch(&self, slow: Option<&Slow>) -> Result<(), String> {
        let before = self.forget(|session| session.kind == Kind::Watching);
        before.iter().try_for_each(|session| self.unload(session))?;
        let Some(slow) = slow else { return Ok(()) };
        let session = self.load(self.compile(&watching(&slow.function), Kind::Watching, &recording(slow))?)?;
        self.crowd().sessions.push(session);
        Ok(())
    }

    fn welcome(&self) {
        let new = |process: &&mut Process| !process.is_welcomed;
        let next = || {
            let mut crowd = self.crowd();
            let process = crowd.processes.iter_mut().find(new)?;
            process.is_welcomed = true;
            Some(process.clone())
        };
        while let Some(process) = next() {
            self.welcome_one(&process);
        }
    }

    fn tend(&self) {
        let mut group = locked(&self.group);
        let mut crowd = self.crowd();
        if let Err(e) = group.step(&mut *crowd) {
            crowd.said.push(format!("{e:#}"));
        }
        if crowd.over.is_none() {
            crowd.over = group.over(&*crowd);
        }
        crowd.round();
        let mut retired = locked(&self.retired);
        if retired.elapsed() >= RETIRE_EVERY {
            *retired = Instant::now();
            crowd.retire();
        }
    }

    fn snapshot(&self) -> Snapshot {
        let mut crowd = self.crowd();
        crowd.round();
        let ts_ns = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos();
        let mut processes: Vec<u32> = crowd.each().iter().map(|process| process.pid).collect();
        processes.sort_unstable();
        let mut said = std::mem::take(&mut crowd.said);
        said.extend(held::taken());
        Snapshot {
            at: self.started.elapsed(),
            ts_ns: i64::try_from(ts_ns).unwrap_or(i64::MAX),
            processes,
            functions: crowd.sessions.iter_mut().flat_map(Session::seen).collect(),
            records: std::mem::take(&mut crowd.records),
            said,
            over: crowd.over.clone(),
        }
    }
}
