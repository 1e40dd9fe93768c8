//! `probe1.get`, `arg`, `nargs`, `retval`, `exception`: reads of the probed call.
//!
//! In: a path prepared at load, a position. Out: values, or why there is none. Never here: a read that runs code; every
//! step goes through `introspect`.

use waspect_abi::{Code, Kind, NONE};

use super::{HIDES, HostBudget, Ref, State, values};
use crate::introspect::tree::{has_hidden_type, is_secret_pair};
use crate::introspect::{Child, Introspect, Look, Walk, Whole};
use crate::path::{Path, Root, Step};
use crate::policy::Redaction;

/// A path with its names interned: one per import.
pub(super) struct PathSite<I: Introspect> {
    root: RootSite<I>,
    steps: Vec<StepSite<I::Name>>,
}

enum RootSite<I: Introspect> {
    Arg(i32),
    Itself(I::Name),
    /// `args` or `kwargs`: the local of that name if there is one, else the whole.
    LocalOr(I::Name, Whole),
    Whole(Whole),
    Local(I::Name),
    Global(I::Name),
    Closure(I::Name),
    Retval,
    Exception,
    ExcType,
    ExcMessage,
    Context(crate::path::Context),
    /// Some name in it is a secret's: known at load, and nothing is read.
    Withheld,
}

/// One step with its name prepared.
pub(super) enum StepSite<N> {
    Attr(N),
    Key(N),
    Index(i64),
    /// Its name is a secret's.
    Withheld,
}

/// What a path has reached.
pub(super) enum Reached<O> {
    Object(O),
    Whole(Whole),
    Value(u64),
}

impl<I: Introspect> PathSite<I> {
    /// A path with its names made by `name`: interned at load, passing while firing.
    pub(super) fn prepare(path: &Path, name: fn(&str) -> I::Name, redaction: &Redaction) -> Self {
        let root = match &path.root {
            Root::Local(text) | Root::Global(text) | Root::Closure(text) if redaction.hides(text.as_bytes()) => {
                RootSite::Withheld
            }
            Root::Arg(i) => RootSite::Arg(*i),
            Root::Itself => RootSite::Itself(name("self")),
            Root::Args => RootSite::LocalOr(name("args"), Whole::Args),
            Root::Kwargs => RootSite::LocalOr(name("kwargs"), Whole::Kwargs),
            Root::Local(text) => RootSite::Local(name(text)),
            Root::Locals => RootSite::Whole(Whole::Locals),
            Root::Globals => RootSite::Whole(Whole::Globals),
            Root::Global(text) => RootSite::Global(name(text)),
            Root::Closure(text) => RootSite::Closure(name(text)),
            Root::Retval => RootSite::Retval,
            Root::Exception => RootSite::Exception,
            Root::ExcType => RootSite::ExcType,
            Root::ExcMessage => RootSite::ExcMessage,
            Root::Context(what) => RootSite::Context(*what),
        };
        Self { root, steps: prepare_steps(&path.steps, name, redaction) }
    }

    /// One that leads nowhere.
    pub(super) fn withheld() -> Self {
        Self { root: RootSite::Withheld, steps: Vec::new() }
    }
}

pub(super) fn prepare_steps<N>(steps: &[Step], name: fn(&str) -> N, redaction: &Redaction) -> Vec<StepSite<N>> {
    let steps = steps.iter().map(|step| match step {
        Step::Attr(text) | Step::Key(text) if redaction.hides(text.as_bytes()) => StepSite::Withheld,
        Step::Attr(text) => StepSite::Attr(name(text)),
        Step::Key(text) => StepSite::Key(name(text)),
        Step::Index(i) => StepSite::Index(*i),
    });
    steps.collect()
}

impl<I: Introspect> State<I> {
    /// A positional argument: from the hook's hand where it has it, else from the frame's current slots.
    #[inline(always)]
    pub(super) fn arg(&mut self, i: i32) -> u64 {
        match self.arg_object(i) {
            Ok(o) => self.object(o),
            Err(code) => code.value(),
        }
    }

    #[inline(always)]
    fn arg_object(&self, i: i32) -> Result<I::Obj, Code> {
        let hides = self.firing.function & HIDES != 0;
        for (position, value) in self.firing.passed {
            if position == i
                && !hides
                && let Some(o) = value
            {
                return Ok(o);
            }
        }
        let frame = self.here().ok_or_else(|| self.no_call())?;
        match &self.given {
            Some(_) => self.given_arg(frame, i),
            None if hides => self.named_arg(frame, i),
            None => I::arg(frame, i),
        }
    }

    /// Of a function that has parameters with a secret's name.
    #[cold]
    fn named_arg(&self, frame: I::Frame, i: i32) -> Result<I::Obj, Code> {
        if I::arg_name(frame, i, |name| self.shared.redaction.hides(name)).unwrap_or(false) {
            return Err(Code::Denied);
        }
        I::arg(frame, i)
    }

    /// In a frame that was handed over, a local `args` that has elements is what its owner calls the arguments.
    #[cold]
    fn given_arg(&self, frame: I::Frame, i: i32) -> Result<I::Obj, Code> {
        let args = I::local(frame, &self.shared.args);
        let has_elements = |args: &I::Obj| matches!(I::look(*args), Look::Sized(Kind::Tuple | Kind::List, _));
        args.ok().filter(has_elements).map_or_else(|| self.named_arg(frame, i), |args| I::index(args, i.into()))
    }

    pub(super) fn arg_count(&self) -> i32 {
        self.here().map_or(0, I::arg_count)
    }

    pub(super) fn retval(&mut self) -> u64 {
        let outcome = self.outcome(1);
        self.given(outcome)
    }

    /// The exception of a raise; None on a return.
    pub(super) fn exception(&mut self) -> u64 {
        if self.firing.point == 1 {
            return NONE;
        }
        let outcome = self.outcome(2);
        self.given(outcome)
    }

    fn outcome(&self, point: u8) -> Result<I::Obj, Code> {
        if self.firing.point == point { self.firing.outcome.ok_or(Code::Internal) } else { Err(Code::Point) }
    }

    fn given(&mut self, result: Result<I::Obj, Code>) -> u64 {
        match result {
            Ok(o) => self.object(o),
            Err(code) => code.value(),
        }
    }

    /// A whole path.
    pub(super) fn get(&mut self, site: usize) -> Result<u64, HostBudget> {
        let shared = self.shared.clone();
        let Some(path) = shared.paths.get(site) else { return Ok(Code::Internal.value()) };
        self.follow(path)
    }

    /// From a path's root to its end.
    pub(super) fn follow(&mut self, path: &PathSite<I>) -> Result<u64, HostBudget> {
        let reached = self.root(&path.root).and_then(|root| walk::<I>(root, &path.steps, &self.shared.redaction));
        self.arrive(reached)
    }

    /// What was reached, as the guest's value.
    pub(super) fn arrive(&mut self, reached: Result<Reached<I::Obj>, Code>) -> Result<u64, HostBudget> {
        match reached {
            Ok(Reached::Object(o)) => Ok(self.object(o)),
            Ok(Reached::Value(v)) => self.charge(0).map(|()| v),
            Ok(Reached::Whole(which)) => self.whole(which),
            Err(code) => Ok(code.value()),
        }
    }

    fn whole(&mut self, which: Whole) -> Result<u64, HostBudget> {
        let kind = if which == Whole::Args { waspect_abi::Kind::Tuple } else { waspect_abi::Kind::Dict };
        let n = values::whole_len::<I>(which);
        self.charge(n)?;
        Ok(self.handle(Ref::Whole(which), kind, n))
    }

    fn root(&mut self, root: &RootSite<I>) -> Result<Reached<I::Obj>, Code> {
        let frame = || self.here().ok_or_else(|| self.no_call());
        let object = match root {
            RootSite::Arg(i) => self.arg_object(*i)?,
            RootSite::Itself(name) if self.given.is_some() => I::local(frame()?, name)?,
            RootSite::Itself(_) => self.arg_object(0)?,
            RootSite::LocalOr(name, which) => match I::local(frame()?, name) {
                Ok(o) => o,
                Err(_) => return Ok(Reached::Whole(*which)),
            },
            RootSite::Whole(_) if !self.has_call() => return Err(self.no_call()),
            RootSite::Whole(which) => return Ok(Reached::Whole(*which)),
            RootSite::Local(name) => I::local(frame()?, name)?,
            RootSite::Global(name) => I::global(frame()?, name)?,
            RootSite::Closure(name) => I::closure(frame()?, name)?,
            RootSite::Retval => self.outcome(1)?,
            RootSite::Exception if self.firing.point == 1 => return Ok(Reached::Value(NONE)),
            RootSite::Exception => self.outcome(2)?,
            RootSite::ExcType => I::class(self.outcome(2)?),
            RootSite::ExcMessage => I::message(self.outcome(2)?)?,
            RootSite::Withheld => return Err(Code::Denied),
            RootSite::Context(what) => return Ok(Reached::Value(self.context(*what).unwrap_or(Code::Limit.value()))),
        };
        Ok(Reached::Object(object))
    }
}

pub(super) fn walk<I: Introspect>(
    from: Reached<I::Obj>,
    steps: &[StepSite<I::Name>],
    redaction: &Redaction,
) -> Result<Reached<I::Obj>, Code> {
    let mut at = from;
    for step in steps {
        at = Reached::Object(match at {
            // What it is of may be withheld by its class; nothing inside is shown either.
            Reached::Object(o) if redaction.has_types() && has_hidden_type::<I>(o, redaction) => {
                return Err(Code::Denied);
            }
            Reached::Object(o) => step_object::<I>(o, step, redaction)?,
            Reached::Whole(which) => step_whole::<I>(which, step, redaction)?,
            Reached::Value(v) if v >> 48 == waspect_abi::TAG_ERROR => return Ok(Reached::Value(v)),
            Reached::Value(_) => return Err(Code::Kind),
        });
    }
    Ok(at)
}

#[inline]
fn step_object<I: Introspect>(o: I::Obj, step: &StepSite<I::Name>, redaction: &Redaction) -> Result<I::Obj, Code> {
    match step {
        StepSite::Attr(name) => I::attr(o, name),
        StepSite::Key(name) => I::key(o, name),
        StepSite::Index(i) => index::<I>(o, *i, redaction),
        StepSite::Withheld => Err(Code::Denied),
    }
}

/// An item by position; of a pair, what stands behind a secret's name is withheld: headers are listed so.
pub(super) fn index<I: Introspect>(o: I::Obj, i: i64, redaction: &Redaction) -> Result<I::Obj, Code> {
    match I::look(o) {
        Look::Sized(kind, len) if matches!(i, 1 | -1) && is_secret_pair::<I>(o, kind, len, redaction) => {
            Err(Code::Denied)
        }
        _ => I::index(o, i),
    }
}

pub(super) fn step_whole<I: Introspect>(
    which: Whole,
    step: &StepSite<I::Name>,
    redaction: &Redaction,
) -> Result<I::Obj, Code> {
    let frame = I::here().ok_or(Code::Absent)?;
    match (which, step) {
        (Whole::Args, StepSite::Index(i)) => {
            let i = i32::try_from(*i).map_err(|_| Code::Absent)?;
            if I::arg_name(frame, i, |name| redaction.hides(name)).unwrap_or(false) {
                return Err(Code::Denied);
            }
            I::arg(frame, i)
        }
        (_, StepSite::Withheld) => Err(Code::Denied),
        (_, StepSite::Key(name)) => key_of_whole::<I>(which, name),
        _ => Err(Code::Kind),
    }
}

pub(super) fn key_of_whole<I: Introspect>(which: Whole, name: &I::Name) -> Result<I::Obj, Code> {
    let frame = I::here().ok_or(Code::Absent)?;
    match which {
        Whole::Locals => I::local(frame, name),
        Whole::Globals => I::global(frame, name),
        Whole::Kwargs => kwarg::<I>(frame, name),
        Whole::Args => Err(Code::Kind),
    }
}

/// A frame whose `**` parameter has another name than `kwargs`.
fn kwarg<I: Introspect>(frame: I::Frame, name: &I::Name) -> Result<I::Obj, Code> {
    let mut found = Err(Code::Absent);
    I::whole(frame, Whole::Kwargs, &mut |child| match child {
        Child::Field(text, o) if I::is_name(name, text) => {
            found = Ok(o);
            Walk::Stop
        }
        _ => Walk::On,
    });
    found
}

/// A dynamic argument number from the guest.
pub(super) fn dynamic_arg<I: Introspect>(state: &mut State<I>, i: i32) -> u64 {
    if i >= 0 {
        return state.arg(i);
    }
    let count = state.arg_count();
    values::result(count.checked_add(i).filter(|i| *i >= 0).ok_or(Code::Absent).map(|i| state.arg(i)))
}
