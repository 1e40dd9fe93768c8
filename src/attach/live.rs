//! A live session inside the target: its guests and its outlet, until it is detached.
//!
//! In: artifacts and budgets. Out: guests ready to fire. In a forked child: a segment of its own, handed over at the
//! first firing. Never here: a thread, a descriptor that stays open.

use std::cell::{Cell, OnceCell, RefCell};
use std::collections::HashMap;
use std::os::fd::OwnedFd;
use std::rc::Rc;
use std::sync::atomic::Ordering::Relaxed;

use pyo3::Python;

use super::gil::Gil;
use super::moments::Ticks;
use crate::engine::{self, EngineError};
use crate::frames::{Load, LoadModule};
use crate::guest::{Guest, GuestError, Watch};
use crate::host;
use crate::introspect::cpython::CPython;
use crate::limits;
use crate::outlet::Outlet;
use crate::policy::{Policy, PolicyError};
use crate::segment::{SegmentError, header};

/// Why a session does not come to life.
#[derive(Debug, thiserror::Error)]
pub enum LiveError {
    #[error(transparent)]
    Segment(#[from] SegmentError),
    #[error("`{module}`: {source}")]
    Engine { module: String, source: EngineError },
    #[error("`{module}`: {source}")]
    Guest { module: String, source: GuestError },
    #[error("`{module}`: {source}")]
    Policy { module: String, source: PolicyError },
}

impl LiveError {
    /// What to do about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Guest { source, .. } => source.hint(),
            Self::Policy { source, .. } => Some(source.hint().to_owned()),
            _ => None,
        }
    }

    /// Of the load path.
    pub fn stage(&self) -> &'static str {
        if let Self::Policy { .. } = self { "policy" } else { "engine" }
    }
}

/// Takes a forked child's segment to whoever drains, none where the session is over; false when nobody does. The number is
/// the session's `order`.
pub type Rejoin = Box<dyn Fn(Option<OwnedFd>, u64) -> bool>;

/// A session's running half.
pub struct Live {
    pub outlet: Rc<Outlet>,
    pub guests: Vec<Rc<RefCell<Guest<CPython>>>>,
    /// Load order among sessions.
    pub order: u64,
    pub(super) ticks: Ticks,
    pub policy: Policy,
    /// Functions that a pattern means and the policy does not let be probed: module, probe, name.
    pub(super) left_out: RefCell<HashMap<Box<str>, u64>>,
    rejoin: Rejoin,
    stopped: Cell<bool>,
    /// Its functions have been given back.
    detached: Cell<bool>,
    /// Its `end` has fired.
    pub(super) ended: Cell<bool>,
}

/// Every live session of the process.
static ALL: Gil<RefCell<Vec<Rc<Live>>>> = Gil::new(RefCell::new(Vec::new()));
static ORDER: Gil<Cell<u64>> = Gil::new(Cell::new(0));
/// The shares of time of all their probes.
static WATCH: Gil<OnceCell<Rc<Watch>>> = Gil::new(OnceCell::new());

impl Live {
    /// Brings a session's modules to life; gives the segment's descriptor for whoever drains.
    ///
    /// # Errors
    /// When there is no memory, or an artifact is not for this engine.
    pub fn new(py: Python<'_>, load: &Load, rejoin: Rejoin) -> Result<(Rc<Self>, OwnedFd), LiveError> {
        if crate::thread::is_forked() {
            // Before there is a session that is no parent's.
            settle_fork(py);
        }
        session(load)?;
        let (outlet, fd) = Outlet::new(load.ledger_bytes, load.ring_bytes)?;
        let outlet = Rc::new(outlet);
        let mut guests = Vec::new();
        for module in &load.modules {
            guests.push(Rc::new(RefCell::new(guest(&outlet, module, &load.policy)?)));
        }
        let bytes = load.modules.iter().map(|module| module.budget.bytes_per_second).max().unwrap_or(0);
        outlet.set_bytes_per_second(bytes.max(limits::BYTES_PER_SECOND_PROCESS));
        let watch = WATCH.get(py).get_or_init(Rc::default);
        guests.iter().for_each(|guest| guest.borrow_mut().watched(watch));
        let order = ORDER.get(py).replace(ORDER.get(py).get() + 1);
        let ticks = Ticks::new(&guests, outlet.clock.mono_now());
        let [stopped, detached, ended] = [false; 3].map(Cell::new);
        let (policy, left_out) = (load.policy.clone(), RefCell::default());
        let live = Rc::new(Self { outlet, guests, order, ticks, policy, left_out, rejoin, stopped, detached, ended });
        crate::thread::watch_forks();
        ALL.get(py).borrow_mut().push(live.clone());
        Ok((live, fd))
    }

    /// Ends the session: nothing of it fires any more.
    pub fn end(self: &Rc<Self>, py: Python<'_>) {
        self.stopped.set(true);
        ALL.get(py).borrow_mut().retain(|other| !Rc::ptr_eq(other, self));
        leave(py, self);
    }

    /// Its functions are given back from here on; false where they have been.
    pub(super) fn begin_detaching(&self) -> bool {
        !self.detached.replace(true)
    }

    /// Whether nothing more is to fire, by this side's or the operator's will.
    #[inline]
    pub fn is_stopped(&self) -> bool {
        self.stopped.get() || self.outlet.stopped()
    }

    /// Goes on in a forked child with a segment of its own. Without one it is silent: what is mapped is the parent's.
    fn settle_fork(&self) -> bool {
        if self.is_stopped() {
            (self.rejoin)(None, self.order);
            return self.fall_silent();
        }
        let parents = self.outlet.words();
        let inherited = self.outlet.inherit();
        let own = inherited.is_ok();
        if !(self.rejoin)(inherited.ok(), self.order) {
            self.stopped.set(true);
            parents.at(header::UNOBSERVED).fetch_add(1, Relaxed);
        }
        own || self.fall_silent()
    }

    fn fall_silent(&self) -> bool {
        self.stopped.set(true);
        self.outlet.ledger.close();
        false
    }
}

/// What a session asks for besides its modules.
fn session(load: &Load) -> Result<(), LiveError> {
    let rate = load.policy.asked("events_per_second_process", load.events_per_second);
    let asked = rate.and_then(|()| load.policy.asked("ring_bytes", load.ring_bytes));
    asked.map_err(|source| LiveError::Policy { module: "the session".to_owned(), source })
}

fn guest(outlet: &Rc<Outlet>, module: &LoadModule, policy: &Policy) -> Result<Guest<CPython>, LiveError> {
    let manifest = &module.artifact.manifest;
    let name = || manifest.name.clone();
    let refused = |source| LiveError::Policy { module: name(), source };
    policy.module(manifest, &module.budget).map_err(refused)?;
    let (engine, code) =
        engine::load(&module.artifact).map_err(|source| LiveError::Engine { module: name(), source })?;
    // What the machine code really asks for, whatever is written beside it.
    code.imports().try_for_each(|import| policy.import(import.module(), import.name())).map_err(refused)?;
    let linked = host::link::<CPython>(&engine, outlet, manifest, module.budget, policy).map_err(GuestError::from);
    let guest = linked.and_then(|linked| Guest::new(&engine, &code, linked, manifest));
    let mut guest = guest.map_err(|source| LiveError::Guest { module: name(), source })?;
    guest.on_torn(super::renew::ask);
    Ok(guest)
}

fn leave(py: Python<'_>, live: &Live) {
    WATCH.get(py).get().iter().for_each(|watch| watch.leave(&live.outlet));
}

/// The window of time that passes may be over though nothing fires.
pub fn pass(py: Python<'_>, live: &Live) {
    WATCH.get(py).get().iter().for_each(|watch| watch.pass(live.outlet.clock.mono_now()));
}

/// The live session of that `order`.
pub fn find(py: Python<'_>, order: u64) -> Option<Rc<Live>> {
    ALL.get(py).borrow().iter().find(|live| live.order == order).cloned()
}

/// Every live session of the process, as it is now.
pub(super) fn all(py: Python<'_>) -> Vec<Rc<Live>> {
    ALL.get(py).borrow().clone()
}

/// This process is a forked child: every session goes on with a segment of its own, and nothing of the parent's counts.
#[cold]
pub fn settle_fork(py: Python<'_>) {
    crate::thread::settle_fork();
    super::registry::each_point(py, super::point::Point::forget_calls);
    let all = all(py);
    for live in all.iter().filter(|live| !live.settle_fork()) {
        super::registry::each_point(py, |point| point.forget(live));
        // What is mapped there is the parent's.
        leave(py, live);
    }
    if let (Some(watch), Some(live)) = (WATCH.get(py).get(), all.first()) {
        watch.restart(live.outlet.clock.mono_now());
    }
    super::renew::after_fork(py, &all);
}
