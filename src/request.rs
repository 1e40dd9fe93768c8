//! The request store: what probes keep for one request, wherever the request goes.
//!
//! In: copies of values, by session and name. Out: the copies. Bounded by number and bytes. Never here: where the running
//! request is kept (`introspect` knows), or a reference into the application.

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

use crate::limits;

/// One request as one context sees it.
#[derive(Debug)]
pub struct Scope {
    number: u32,
    /// Shared by all copies.
    run: Rc<Run>,
    values: RefCell<Vec<Value>>,
    bytes: Cell<u64>,
}

/// What all contexts of a request have in common.
#[derive(Debug)]
struct Run {
    /// Whether it still goes on.
    open: Cell<bool>,
    /// What sessions hold back of it until they know whether they want it; what that is, they know.
    held: RefCell<Vec<(u32, Rc<dyn Any>)>>,
}

/// A value's place: names of one session are nobody else's.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Key {
    pub session: u32,
    pub name: u32,
}

#[derive(Clone, Debug)]
struct Value {
    key: Key,
    kept: Kept,
}

/// Scalars as the guest has them, the rest as bytes.
#[derive(Clone, Debug)]
pub enum Kept {
    Bits(u64),
    /// An int that the guest's own form has no room for.
    Int(i64),
    Bytes(Rc<[u8]>),
}

/// How a request begins.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Opening {
    /// One of its own, whatever runs: a server begins with it.
    Fresh,
    /// The one that runs, if one does; else one of its own.
    Joined,
    /// One of its own that begins with what the running one keeps.
    Child,
}

/// The store has no room for the value.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Full;

impl Scope {
    /// A request that keeps nothing yet.
    pub fn fresh() -> Self {
        Self::with(Vec::new(), 0)
    }

    /// What begins inside `running`; `None` where that one is gone on with.
    pub fn opened(how: Opening, running: Option<&Self>) -> Option<Self> {
        // A request that has ended is nobody's parent: a connection's next one may begin where it was left.
        match (how, running.filter(|scope| scope.is_open())) {
            (Opening::Joined, Some(_)) => None,
            (Opening::Child, Some(parent)) => Some(Self::with(parent.values.borrow().clone(), parent.bytes.get())),
            _ => Some(Self::fresh()),
        }
    }

    fn with(values: Vec<Value>, bytes: u64) -> Self {
        let run = Rc::new(Run { open: Cell::new(true), held: RefCell::default() });
        Self { number: next_number(), run, values: RefCell::new(values), bytes: Cell::new(bytes) }
    }

    /// The same request for another context, which goes its own way from here.
    #[must_use]
    pub fn copied(&self) -> Self {
        let values = RefCell::new(self.values.borrow().clone());
        Self { number: self.number, run: self.run.clone(), values, bytes: self.bytes.clone() }
    }

    /// What the request is called by; never 0.
    pub fn number(&self) -> u32 {
        self.number
    }

    fn is_open(&self) -> bool {
        self.run.open.get()
    }

    /// The request has ended. What it keeps can still be read where it is still known; what is held back of it is gone.
    pub fn close(&self) {
        self.run.open.set(false);
        self.run.held.take();
    }

    /// What a session holds back of the request.
    #[inline]
    pub fn held(&self, session: u32) -> Option<Rc<dyn Any>> {
        let held = self.run.held.borrow();
        held.iter().find(|(other, _)| *other == session).map(|(_, held)| held.clone())
    }

    /// A session begins to hold back, unless it does already; false where the request has ended.
    pub fn hold(&self, session: u32, begin: impl FnOnce() -> Rc<dyn Any>) -> bool {
        if self.is_open() && self.held(session).is_none() {
            self.run.held.borrow_mut().push((session, begin()));
        }
        self.is_open()
    }

    /// A session holds back no more; gives what it held.
    pub fn let_go(&self, session: u32) -> Option<Rc<dyn Any>> {
        let mut held = self.run.held.borrow_mut();
        let at = held.iter().position(|(other, _)| *other == session)?;
        Some(held.remove(at).1)
    }

    /// What was kept under a name.
    #[inline]
    pub fn get(&self, key: Key) -> Option<Kept> {
        let values = self.values.borrow();
        values.iter().find(|value| value.key == key).map(|value| value.kept.clone())
    }

    /// Keeps a value in place of the one before.
    ///
    /// # Errors
    /// When it does not fit; then the one before stays.
    #[inline]
    pub fn set(&self, key: Key, kept: Kept) -> Result<(), Full> {
        let mut values = self.values.borrow_mut();
        let at = values.iter().position(|value| value.key == key);
        let before = at.map_or(0, |at| values[at].kept.bytes());
        let bytes = self.bytes.get() - before + kept.bytes();
        if bytes > limits::REQUEST_BYTES_MAX || at.is_none() && values.len() as u64 >= limits::REQUEST_VALUES_MAX {
            return Err(Full);
        }
        self.bytes.set(bytes);
        match at {
            Some(at) => values[at].kept = kept,
            None => values.push(Value { key, kept }),
        }
        Ok(())
    }
}

impl Kept {
    fn bytes(&self) -> u64 {
        match self {
            Self::Bits(_) | Self::Int(_) => 8,
            Self::Bytes(bytes) => bytes.len() as u64,
        }
    }
}

fn next_number() -> u32 {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    match NEXT.fetch_add(1, Relaxed).wrapping_add(1) {
        0 => next_number(),
        number => number,
    }
}
