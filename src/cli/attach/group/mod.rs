//! The processes of one session: which are in, which are being entered, which come later.
//!
//! In: what was named, looked for again each second; what agents say. Out: those that joined. Never here: a process entered
//! twice for one session: a child forked from one that is in has the probes already, and comes by itself when one fires.

mod inherited;

use std::collections::{BTreeMap, HashSet, VecDeque};
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use anyhow::anyhow;

use super::entry::{Entry, Excuse, Heard, Place, Way};
use super::members::Members;
use super::said::Said;
use super::wanted::Wanted;
use crate::cli::observe::could_not_join;
use crate::cli::observe::outputs::warn;
use crate::cli::target::{Found, processes};
use crate::control::client::Asked;
use crate::inject::{InjectError, has_ended};
use inherited::Segments;

/// How often is looked for new processes.
const SEARCH_EVERY: Duration = Duration::from_secs(1);
/// Where none is left it is looked so soon whether there is another.
const SEARCH_SOON: Duration = Duration::from_millis(200);
/// So many are entered at the same time.
const ENTERING_MAX: usize = 4;
/// A process that is younger may be about to become another program, in its parent's own memory even.
const SETTLED: Duration = Duration::from_millis(300);
/// An agent that was loaded has taken the session by then, or its greeting has failed.
const COMING_MAX: Duration = Duration::from_secs(32);
/// One that was not loaded has said why.
const SAYING_MAX: Duration = Duration::from_millis(100);

pub(in crate::cli) struct Group {
    wanted: Arc<Wanted>,
    asked: Asked,
    places: Vec<Place>,
    members: BTreeMap<i32, Member>,
    waiting: VecDeque<Found>,
    entering: Vec<Entry>,
    /// Entered, or not, and not heard of yet.
    ended: Vec<Ended>,
    /// The processes that joined, as they are seen from here.
    joined: HashSet<u32>,
    segments: Segments,
    /// Why agents did not load.
    excuses: Vec<Excuse>,
    said: Said,
    search: Option<JoinHandle<Vec<Found>>>,
    searched: Instant,
}

struct Member {
    found: Found,
    state: State,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Coming,
    In,
    /// It cannot be entered, or let the probes go.
    Out,
    /// It cannot be entered now.
    Later,
}

struct Ended {
    pid: i32,
    result: anyhow::Result<Way>,
    since: Instant,
}

impl Group {
    pub(in crate::cli) fn new(wanted: Wanted, found: Vec<Found>, asked: Asked) -> Self {
        let said = Said::of(found.len());
        let mut group = Self {
            wanted: Arc::new(wanted),
            asked,
            places: Vec::new(),
            members: BTreeMap::new(),
            waiting: VecDeque::new(),
            entering: Vec::new(),
            ended: Vec::new(),
            joined: HashSet::new(),
            segments: Segments::default(),
            excuses: Vec::new(),
            said,
            search: None,
            searched: Instant::now(),
        };
        group.take(found);
        group
    }

    /// Does what there is to do, without waiting.
    ///
    /// # Errors
    /// When no process could be entered.
    pub(in crate::cli) fn step(&mut self, members: &mut dyn Members) -> anyhow::Result<()> {
        let heard: Vec<Heard> = self.places.iter().flat_map(Place::heard).collect();
        self.hear(heard, members);
        self.enter();
        self.settle();
        // Before that it may be the word of one that is being entered.
        if !self.is_busy() {
            self.tell_excuses();
        }
        if self.wanted.is_group() {
            self.look_again(members);
        }
        if members.has_begun() {
            if !self.is_busy() || self.said.is_late() {
                self.said.tell();
            }
            return Ok(());
        }
        let failed = if self.is_busy() { None } else { self.said.none_entered() };
        failed.map_or(Ok(()), Err)
    }

    /// Why there is nothing more to observe.
    pub(in crate::cli) fn over(&mut self, members: &dyn Members) -> Option<String> {
        if self.is_busy() {
            return None;
        }
        if self.members.keys().all(|pid| has_ended(*pid)) {
            return if self.wanted.is_group() { self.over_for_good() } else { Some(self.all_ended()) };
        }
        let lost = !self.wanted.is_group() && members.has_begun() && !members.is_held();
        lost.then(|| {
            let pids = self.members.keys().filter(|pid| !has_ended(**pid));
            named(pids, "goes on without the probes: it runs", "go on without the probes: each runs")
                + " another program now, or closed the connection"
        })
    }

    /// Hears what is still under way. Nobody is waited for that is only being entered.
    pub(in crate::cli) fn finish(&mut self, members: &mut dyn Members) {
        let last: Vec<Heard> = self.places.drain(..).flat_map(Place::finish).collect();
        self.hear(last, members);
        self.tell_excuses();
        self.said.tell();
    }

    /// Where this command ends without coming back.
    pub(in crate::cli) fn remove(&self) {
        self.places.iter().for_each(Place::remove);
    }

    /// Whether it is known of each process that was found whether it is in.
    pub(super) fn is_settled(&self) -> bool {
        !self.is_busy()
    }

    fn is_busy(&self) -> bool {
        !(self.waiting.is_empty() && self.entering.is_empty() && self.ended.is_empty())
    }

    fn hear(&mut self, heard: Vec<Heard>, members: &mut dyn Members) {
        for heard in heard {
            match heard {
                Heard::Joined(joined) => {
                    joined.session.iter().for_each(|(_, segment)| self.segments.add(segment));
                    self.joined.insert(joined.pid);
                    members.join(joined);
                }
                Heard::Excused(excuse) => self.excuses.push(excuse),
            }
        }
    }

    /// What was said by others than those that were entered.
    fn tell_excuses(&mut self) {
        self.excuses.drain(..).for_each(|Excuse { pid, why }| warn(&could_not_join(pid, &why)));
    }

    /// Takes new processes in: to be entered, unless they have the probes.
    fn take(&mut self, found: Vec<Found>) {
        for found in found {
            if self.is_known(&found) || self.is_coming(found.parent) || self.segments.are_in(found.pid) {
                continue;
            }
            if self.wanted.is_group() && processes::age(&found) < SETTLED {
                // Soon enough.
                let now = Instant::now();
                self.searched = now.checked_sub(SEARCH_EVERY - SETTLED).unwrap_or(now);
                continue;
            }
            self.waiting.push_back(found.clone());
            self.members.insert(found.pid, Member { found, state: State::Coming });
        }
    }

    fn is_known(&self, found: &Found) -> bool {
        let member = self.members.get(&found.pid).filter(|member| member.found.started == found.started);
        member.is_some_and(|member| member.state != State::Later)
    }

    /// Whether it is being entered: then it is not known yet whether a child of its was forked before or after.
    fn is_coming(&self, pid: i32) -> bool {
        self.entering.iter().any(|entry| entry.pid == pid) || self.ended.iter().any(|ended| ended.pid == pid)
    }

    fn enter(&mut self) {
        while self.entering.len() < ENTERING_MAX {
            let Some(found) = self.waiting.pop_front() else { break };
            self.joined.remove(&found.pid.unsigned_abs());
            match Entry::begin(found.pid, &self.asked, &mut self.places) {
                Ok(entry) => self.entering.push(entry),
                Err(error) => self.fail(found.pid, error),
            }
        }
        for entry in self.entering.extract_if(.., |entry| entry.is_over()) {
            self.ended.push(Ended { pid: entry.pid, result: entry.end(), since: Instant::now() });
        }
    }

    /// Finds out what came of those that were entered.
    fn settle(&mut self) {
        for Ended { pid, result, since } in std::mem::take(&mut self.ended) {
            let most = if result.is_ok() { COMING_MAX } else { SAYING_MAX };
            match result {
                result if self.joined.contains(&pid.unsigned_abs()) => {
                    self.set(pid, State::In);
                    result.iter().for_each(|way| self.said.entered(pid, *way));
                }
                result if since.elapsed() < most => match self.excuse(pid) {
                    Some(why) => self.fail(pid, why),
                    None if has_ended(pid) => self.fail(pid, InjectError::Gone { pid }.into()),
                    None => self.ended.push(Ended { pid, result, since }),
                },
                Ok(_) => {
                    self.fail(pid, anyhow!("process {pid} loaded the agent, which did not come to meet this command"))
                }
                Err(error) => self.fail(pid, error),
            }
        }
    }

    /// What that process's agent said, else one of which is not known whose it is.
    fn excuse(&mut self, pid: i32) -> Option<anyhow::Error> {
        let of = |whose: Option<u32>| self.excuses.iter().position(|excuse| excuse.pid == whose);
        let at = of(Some(pid.unsigned_abs())).or_else(|| of(None))?;
        Some(self.excuses.remove(at).why)
    }

    fn set(&mut self, pid: i32, state: State) {
        self.members.get_mut(&pid).into_iter().for_each(|member| member.state = state);
    }

    fn fail(&mut self, pid: i32, error: anyhow::Error) {
        let is_passing = matches!(
            error.downcast_ref(),
            Some(
                InjectError::NotInitialised { .. }
                    | InjectError::Changed { .. }
                    | InjectError::Stopped { .. }
                    | InjectError::Traced { .. }
            )
        );
        self.set(pid, if is_passing { State::Later } else { State::Out });
        self.said.failed(pid, error);
    }

    /// Looks for new processes, on a thread of its own: what is observed is not kept waiting by many processes to look at.
    fn look_again(&mut self, members: &dyn Members) {
        if let Some(search) = self.search.take_if(|search| search.is_finished()) {
            let found = search.join().unwrap_or_default();
            self.let_go(&found, members);
            self.take(found);
        }
        if self.search.is_none() && self.searched.elapsed() >= SEARCH_EVERY {
            let (wanted, known) = (Arc::clone(&self.wanted), self.known());
            self.search = Some(thread::spawn(move || wanted.again(&known)));
            self.searched = Instant::now();
        }
    }

    /// Everything known that may still run: members, and those that came by themselves.
    fn known(&mut self) -> Vec<Found> {
        self.members.retain(|pid, member| member.state == State::Coming || !has_ended(*pid));
        self.joined.retain(|pid| i32::try_from(*pid).is_ok_and(|pid| !has_ended(pid)));
        let forked = self.joined.iter().filter_map(|pid| i32::try_from(*pid).ok());
        let forked = forked.filter(|pid| !self.members.contains_key(pid)).filter_map(processes::one);
        let members = self.members.values().map(|member| member.found.clone());
        members.chain(forked.map(|process| Found::from(&process))).collect()
    }

    /// Those that run another program now are as new; one that only ended the session shall be without it.
    fn let_go(&mut self, found: &[Found], members: &dyn Members) {
        for Found { pid, .. } in found {
            let is_in = self.members.get(pid).is_some_and(|member| member.state == State::In);
            if !is_in || members.holds(pid.unsigned_abs()) {
                continue;
            }
            if self.segments.are_in(*pid) {
                warn(&format!("process {pid} goes on without the probes: it closed the connection"));
                self.set(*pid, State::Out);
            } else {
                self.members.remove(pid);
            }
        }
    }

    fn over_for_good(&mut self) -> Option<String> {
        if self.searched.elapsed() < SEARCH_SOON || self.search.is_some() {
            return None;
        }
        let known = self.known();
        let found = self.wanted.again(&known);
        self.searched = Instant::now();
        if found.is_empty() {
            return Some(format!("no process of {} is left", self.wanted.shown()));
        }
        self.take(found);
        None
    }

    fn all_ended(&self) -> String {
        named(self.members.keys(), "has ended", "have ended")
    }
}

/// `process 12 ONE`, `processes 12, 13 MANY`
fn named<'a>(pids: impl Iterator<Item = &'a i32>, one: &str, many: &str) -> String {
    let pids: Vec<String> = pids.map(i32::to_string).collect();
    match pids.as_slice() {
        [pid] => format!("process {pid} {one}"),
        _ => format!("processes {} {many}", pids.join(", ")),
    }
}
