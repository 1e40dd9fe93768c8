//! `probe1.path`, `probe1.attr`, `probe1.key`, and `get path attr local global`: from a value to what is inside it.
//!
//! In: a value and steps, prepared at load or while firing. Out: values, or why there is none. Never here: text kept for ever
//! (what was asked while firing is remembered up to a bound), a step that runs code.

use std::collections::HashMap;
use std::rc::Rc;

use waspect_abi::Code;

use super::frame::{PathSite, Reached, StepSite, prepare_steps, walk};
use super::values::Operand;
use super::{HostBudget, Ref, Shared, State};
use crate::introspect::Introspect;
use crate::limits::{self, ASKED_NAMES_MAX};
use crate::path::{Path, Step, parse_steps};
use crate::policy::Policy;

/// The steps of one `probe1.path`, `.attr` or `.key` import.
pub(super) type Route<I> = Vec<StepSite<<I as Introspect>::Name>>;

/// What text from guest memory was understood as.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Form {
    Path,
    Steps,
    Attr,
    Local,
    Global,
}

enum Prepared<I: Introspect> {
    Path(PathSite<I>),
    Steps(Route<I>),
}

type Known<I> = HashMap<(Form, Box<[u8]>), Rc<Prepared<I>>>;

/// What a module asked by text, by content; all of it is forgotten when it gets too much.
pub(super) struct Asked<I: Introspect> {
    known: Known<I>,
}

impl<I: Introspect> Default for Asked<I> {
    fn default() -> Self {
        Self { known: HashMap::new() }
    }
}

/// KIND: not a path, or not text. LIMIT: longer than any name may be.
fn prepare<I: Introspect>(form: Form, bytes: &[u8], shared: &Shared<I>) -> Result<Prepared<I>, Code> {
    if bytes.len() as u64 > limits::NAME_BYTES_MAX {
        return Err(Code::Limit);
    }
    let text = std::str::from_utf8(bytes).map_err(|_| Code::Kind)?;
    if !shared.allows(form, text) {
        return Ok(match form {
            Form::Steps | Form::Attr => Prepared::Steps(vec![StepSite::Withheld]),
            Form::Path | Form::Local | Form::Global => Prepared::Path(PathSite::withheld()),
        });
    }
    let redaction = &shared.redaction;
    let path = |path: &Path| Prepared::Path(PathSite::prepare(path, I::passing, redaction));
    let steps = |steps: &[Step]| Prepared::Steps(prepare_steps(steps, I::passing, redaction));
    let root = |root| path(&Path { root, steps: Vec::new() });
    Ok(match form {
        Form::Path => path(&text.parse::<Path>().map_err(|_| Code::Kind)?),
        Form::Steps => steps(&parse_steps(text).map_err(|_| Code::Kind)?),
        Form::Attr => steps(&[Step::Attr(text.to_owned())]),
        Form::Local => root(crate::path::Root::Local(text.to_owned())),
        Form::Global => root(crate::path::Root::Global(text.to_owned())),
    })
}

impl<I: Introspect> Shared<I> {
    /// Whether the rules for imports allow what was asked by text: as the import that it could have been.
    fn allows(&self, form: Form, text: &str) -> bool {
        let Some(rules) = &self.rules else { return true };
        let global = || ["global.", text].concat();
        match form {
            Form::Path => rules.import("probe1.get", text),
            Form::Steps => rules.import("probe1.path", text),
            Form::Attr => rules.import("probe1.attr", text),
            Form::Local => rules.import("probe1.get", text),
            Form::Global => rules.import("probe1.get", &global()),
        }
        .is_ok()
    }

    pub(super) fn has_rules(&self) -> bool {
        self.rules.is_some()
    }

    /// The same of a key.
    pub(super) fn allows_key(&self, key: &[u8]) -> bool {
        let key = |rules: &Policy| rules.import("probe1.key", &String::from_utf8_lossy(key)).is_ok();
        self.rules.as_ref().is_none_or(key)
    }
}

impl<I: Introspect> State<I> {
    fn asked(&mut self, form: Form, bytes: &[u8]) -> Result<Rc<Prepared<I>>, Code> {
        let key = (form, bytes.into());
        if let Some(known) = self.asked.known.get(&key) {
            return Ok(known.clone());
        }
        let prepared = Rc::new(prepare(form, bytes, &self.shared)?);
        if self.asked.known.len() as u64 >= ASKED_NAMES_MAX {
            self.asked.known.clear();
        }
        self.asked.known.insert(key, prepared.clone());
        Ok(prepared)
    }

    /// From the frame, or from `v`, along what the guest's text says.
    pub(super) fn ask(&mut self, form: Form, v: u64, text: Result<&[u8], Code>) -> Result<u64, HostBudget> {
        if let Operand::Error(code) = self.operand(v) {
            return Ok(code.value());
        }
        match text.and_then(|text| self.asked(form, text)) {
            Err(code) => Ok(code.value()),
            Ok(prepared) => match &*prepared {
                Prepared::Path(path) => self.follow(path),
                Prepared::Steps(steps) => self.steps(v, steps),
            },
        }
    }

    pub(super) fn route(&mut self, number: usize, v: u64) -> Result<u64, HostBudget> {
        let shared = self.shared.clone();
        shared.routes.get(number).map_or(Ok(Code::Internal.value()), |steps| self.steps(v, steps))
    }

    /// From a value along steps. What lies in the guest's own bits, and text, has nothing to step into.
    fn steps(&mut self, v: u64, steps: &[StepSite<I::Name>]) -> Result<u64, HostBudget> {
        self.charge(steps.len())?;
        let from = match self.operand(v) {
            Operand::Ref(Ref::Object(o)) => Reached::Object(o),
            Operand::Ref(Ref::Whole(which)) => Reached::Whole(which),
            Operand::Ref(Ref::Stored(at)) => return self.steps_in_copy(at, steps),
            Operand::Error(code) => return Ok(code.value()),
            _ => return Ok(Code::Kind.value()),
        };
        let reached = walk::<I>(from, steps, &self.shared.redaction);
        self.arrive(reached)
    }
}
