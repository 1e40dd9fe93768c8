//! Reads of the call and inside objects: paths, attributes, items, entries.
//!
//! In: a firing, an object, names and keys. Out: objects, or the error that the host would give. Never here: a property
//! that is evaluated.

use waspect_abi::Code;
use waspect_grammar::path::{Context, Path, Root, Step};

use super::compute::equal;
use super::{Firing, Py};

impl Firing {
    fn positional(&self) -> Vec<Py> {
        self.args.iter().map(|(_, value)| value.clone()).chain(self.rest.iter().cloned()).collect()
    }

    pub(super) fn arg_count(&self) -> i32 {
        i32::try_from(self.args.len() + self.rest.len()).unwrap_or(i32::MAX)
    }

    pub(super) fn positional_at(&self, i: i32) -> Result<Py, Code> {
        nth(&self.positional(), i.into())
    }

    pub(super) fn named_local(&self, name: &str) -> Result<Py, Code> {
        by_name(&self.args, name).or_else(|_| by_name(&self.locals, name)).or_else(|_| by_name(&self.closure, name))
    }

    pub(super) fn named_global(&self, name: &str) -> Result<Py, Code> {
        by_name(&self.globals, name)
    }

    pub(super) fn returned(&self) -> Result<Py, Code> {
        self.retval.clone().ok_or(Code::Point)
    }

    /// None at a return, POINT at an entry.
    pub(super) fn raised(&self) -> Result<Py, Code> {
        match (&self.exception, &self.retval) {
            (Some(raised), _) => Ok(raised.clone()),
            (None, Some(_)) => Ok(Py::None),
            (None, None) => Err(Code::Point),
        }
    }

    pub(super) fn read(&self, path: &Path) -> Result<Py, Code> {
        let from = self.root(&path.root)?;
        path.steps.iter().try_fold(from, |of, step| stepped(&of, step))
    }

    fn root(&self, root: &Root) -> Result<Py, Code> {
        let dict = |all: &[(String, Py)]| Py::Dict(all.iter().map(|(k, v)| (Py::Str(k.clone()), v.clone())).collect());
        match root {
            Root::Arg(i) => self.positional_at(*i),
            Root::Itself => self.positional_at(0),
            Root::Args => by_name(&self.args, "args").or_else(|_| Ok(Py::Tuple(self.positional()))),
            Root::Kwargs => by_name(&self.args, "kwargs").or_else(|_| Ok(dict(&self.kwargs))),
            Root::Local(name) => self.named_local(name),
            Root::Locals => Ok(dict(&[self.args.as_slice(), &self.locals, &self.closure].concat())),
            Root::Globals => Ok(dict(&self.globals)),
            Root::Global(name) => self.named_global(name),
            Root::Closure(name) => by_name(&self.closure, name),
            Root::Retval => self.returned(),
            Root::Exception => self.raised(),
            Root::ExcType => self.raised().map(|raised| class(&raised)),
            Root::ExcMessage => message(&self.raised()?),
            Root::Context(what) => Ok(self.context(*what)),
        }
    }

    pub(super) fn context(&self, what: Context) -> Py {
        let (module, qualname) = self.function.rsplit_once('.').unwrap_or(("", &self.function));
        match what {
            Context::Pid => 1.into(),
            Context::Tid => 1.into(),
            Context::Thread => self.thread.as_str().into(),
            Context::Task => self.task.as_deref().map_or(Py::None, Py::from),
            Context::Request => {
                if self.request.is_some() {
                    "r-1".into()
                } else {
                    Py::None
                }
            }
            Context::Fn => self.function.as_str().into(),
            Context::Qualname => qualname.into(),
            Context::Module => module.into(),
            Context::File => self.file.as_str().into(),
            Context::Line => self.line.into(),
            Context::Now | Context::Mono => 1_000_000_000_000_i64.into(),
            Context::Elapsed => self.elapsed_ns.into(),
            Context::Depth => i64::try_from(self.stack.len()).unwrap_or(0).into(),
            Context::Cpu => 0.into(),
        }
    }

    /// The function and who called it.
    pub(super) fn frames(&self) -> Vec<String> {
        std::iter::once(self.function.clone()).chain(self.stack.iter().cloned()).collect()
    }
}

pub(super) fn stepped(of: &Py, step: &Step) -> Result<Py, Code> {
    match step {
        Step::Attr(name) => attribute(of, name),
        Step::Key(key) => item(of, &Py::Str(key.clone()), Code::Kind),
        Step::Index(i) => match of {
            Py::Dict(_) => item(of, &Py::from(*i), Code::Kind),
            other => at(other, *i),
        },
    }
}

pub(super) fn attribute(of: &Py, name: &str) -> Result<Py, Code> {
    match of {
        Py::Object(it) | Py::Exception(it) if it.properties.iter().any(|property| property == name) => Err(Code::Code),
        Py::Object(it) | Py::Exception(it) => by_name(&it.fields, name),
        Py::Error(code) => Err(*code),
        // A short int or float lies in the guest's own bits, which have nothing to step into.
        Py::None | Py::Bool(_) | Py::Float(_) => Err(Code::Kind),
        Py::Int(n) if i64::try_from(*n).is_ok_and(|n| n << 16 >> 16 == n) => Err(Code::Kind),
        _ => Err(Code::Absent),
    }
}

/// An item by any key; `other` is the error of what is no container.
pub(super) fn item(of: &Py, key: &Py, other: Code) -> Result<Py, Code> {
    match (of, key) {
        (Py::Error(code), _) | (_, Py::Error(code)) => Err(*code),
        (Py::Dict(_), Py::List(_) | Py::Dict(_) | Py::Set(_)) => Err(Code::Kind),
        (Py::Dict(_), Py::Object(_) | Py::Exception(_)) => Err(Code::Code),
        (Py::Dict(pairs), _) => {
            pairs.iter().find(|(k, _)| equal(k, key) == Ok(true)).map(|(_, v)| v.clone()).ok_or(Code::Absent)
        }
        (_, Py::Int(i)) => i64::try_from(*i).map_err(|_| Code::Absent).and_then(|i| at(of, i)),
        (_, Py::Bool(b)) => at(of, i64::from(*b)),
        _ => Err(other),
    }
}

/// An item by position.
pub(super) fn at(of: &Py, i: i64) -> Result<Py, Code> {
    match of {
        Py::List(items) | Py::Tuple(items) => nth(items, i),
        Py::Stack(frames) => nth(frames, i).map(Py::Str),
        Py::Str(s) => nth(&s.chars().collect::<Vec<_>>(), i).map(|c| Py::Str(c.into())),
        Py::Bytes(bytes) => nth(bytes, i).map(|b| Py::Int(b.into())),
        Py::Dict(_) => item(of, &Py::from(i), Code::Kind),
        Py::Error(code) => Err(*code),
        _ => Err(Code::Kind),
    }
}

/// What stands between two positions, as Python slices.
pub(super) fn slice(of: &Py, from: i32, to: i32) -> Result<Py, Code> {
    fn part<T: Clone>(all: &[T], from: i32, to: i32) -> Vec<T> {
        let len = i64::try_from(all.len()).unwrap_or(i64::MAX);
        let place = |i: i32| {
            usize::try_from(if i < 0 { (i64::from(i) + len).max(0) } else { i64::from(i).min(len) }).unwrap_or(0)
        };
        all.get(place(from)..place(to)).map_or_else(Vec::new, <[T]>::to_vec)
    }
    Ok(match of {
        Py::List(items) => Py::List(part(items, from, to)),
        Py::Tuple(items) => Py::Tuple(part(items, from, to)),
        Py::Stack(frames) => Py::Stack(part(frames, from, to)),
        Py::Bytes(bytes) => Py::Bytes(part(bytes, from, to)),
        Py::Str(s) => Py::Str(part(&s.chars().collect::<Vec<_>>(), from, to).into_iter().collect()),
        Py::Error(code) => return Err(*code),
        _ => return Err(Code::Kind),
    })
}

/// Keys and values, in order.
pub(super) fn entries(of: &Py) -> Result<Vec<(Py, Py)>, Code> {
    let counted = |items: &[Py]| (0i64..).map(Py::from).zip(items.iter().cloned()).collect();
    Ok(match of {
        Py::Dict(pairs) => pairs.clone(),
        Py::List(items) | Py::Tuple(items) | Py::Set(items) | Py::FrozenSet(items) => counted(items),
        Py::Stack(frames) => counted(&frames.iter().map(|frame| Py::Str(frame.clone())).collect::<Vec<_>>()),
        Py::Object(it) | Py::Exception(it) => it.fields.iter().map(|(k, v)| (Py::Str(k.clone()), v.clone())).collect(),
        Py::Error(code) => return Err(*code),
        _ => return Err(Code::Kind),
    })
}

/// Whether a builtin container has it.
pub(super) fn contains(of: &Py, item: &Py) -> Result<bool, Code> {
    match (item, of) {
        (Py::Error(code), _) | (_, Py::Error(code)) => Err(*code),
        (_, Py::List(items) | Py::Tuple(items)) => {
            for own in items {
                if equal(item, own)? {
                    return Ok(true);
                }
            }
            Ok(false)
        }
        (_, Py::Stack(frames)) => Ok(frames.iter().any(|frame| *item == Py::Str(frame.clone()))),
        (Py::List(_) | Py::Dict(_) | Py::Set(_), Py::Dict(_) | Py::Set(_) | Py::FrozenSet(_)) => Err(Code::Kind),
        (Py::Object(_) | Py::Exception(_), Py::Dict(_) | Py::Set(_) | Py::FrozenSet(_)) => Err(Code::Code),
        (_, Py::Dict(pairs)) => Ok(pairs.iter().any(|(k, _)| equal(k, item) == Ok(true))),
        (_, Py::Set(items) | Py::FrozenSet(items)) => Ok(items.iter().any(|own| equal(own, item) == Ok(true))),
        _ => Err(Code::Kind),
    }
}

pub(super) fn class(of: &Py) -> Py {
    match of {
        Py::Error(code) => Py::Error(*code),
        other => Py::Named(waspect_abi::Kind::Type, other.type_name().to_owned()),
    }
}

/// The first of what it was raised with, if that is a str.
fn message(raised: &Py) -> Result<Py, Code> {
    match raised {
        Py::Exception(it) => match by_name(&it.fields, "args").map(|args| at(&args, 0)) {
            Ok(Ok(text @ Py::Str(_))) => Ok(text),
            _ => Err(Code::Absent),
        },
        Py::Error(code) => Err(*code),
        _ => Err(Code::Kind),
    }
}

fn nth<T: Clone>(all: &[T], i: i64) -> Result<T, Code> {
    let i = if i < 0 { i.checked_add_unsigned(all.len() as u64) } else { Some(i) };
    i.and_then(|i| all.get(usize::try_from(i).ok()?)).cloned().ok_or(Code::Absent)
}

fn by_name(all: &[(String, Py)], name: &str) -> Result<Py, Code> {
    all.iter().find(|(n, _)| n == name).map(|(_, value)| value.clone()).ok_or(Code::Absent)
}
