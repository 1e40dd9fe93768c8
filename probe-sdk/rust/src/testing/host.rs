//! The host of a test: one firing at a time for each thread, values as handles of it.
//!
//! In: calls of imports by name. Out: words. Never here: what an import means; `import` has the table.

use std::cell::RefCell;
use std::collections::HashMap;

use waspect_abi::{Code, FALSE, Kind, LEN_ASK, NONE, TAG_ERROR, TAG_HANDLE, TAG_INT, TAG_NONE, TRUE};

use super::told::Told;
use super::{Firing, Py, import};
use crate::{Status, Value};

/// An argument of an import, or its result.
///
/// ```
/// # use waspect_probe::testing::{Word, call};
/// # waspect_probe::Firing::new().arg("item", "book").fire(|| {
/// let first = call("probe1", "arg", &mut [Word::I32(0)]).value();
/// let mut room = [0; 8];
/// let size = call("probe1", "str", &mut [Word::V(first), Word::Out(&mut room)]).status();
/// assert_eq!((size.number(), &room[..4]), (4, &b"book"[..]));
/// # });
/// ```
#[derive(Debug)]
pub enum Word<'a> {
    /// A value, 64 bits.
    V(Value),
    /// A number or status of 32 bits.
    I32(i32),
    /// A number of 64 bits.
    I64(i64),
    /// A float.
    F64(f64),
    /// Memory of the probe that the import reads.
    In(&'a [u8]),
    /// Memory of the probe that the import fills.
    Out(&'a mut [u8]),
    /// No result.
    Nothing,
}

/// Of every handle: a test has one firing at a time, and what is of another is stale.
const GENERATION: u64 = 1;

/// What a firing has and has written.
pub(super) struct Host {
    pub(super) call: Firing,
    handles: Vec<Py>,
    pub(super) told: Told,
    pub(super) fields: Vec<(String, Py)>,
    /// Records go to `Told::held`.
    pub(super) speculates: bool,
    pub(super) every: HashMap<i32, i32>,
    pub(super) random: u64,
}

thread_local! {
    static FIRING: RefCell<Option<Host>> = const { RefCell::new(None) };
}

/// Calls an import of the firing that runs on this thread.
///
/// # Panics
/// Outside of one: a probe's function does nothing where nothing fires.
///
/// ```
/// # use waspect_probe::testing::{Word, call};
/// # waspect_probe::Firing::new().arg("item", "book").fire(|| {
/// let n: i32 = call("probe1", "nargs", &mut []).into();
/// assert_eq!(n, 1);
/// # });
/// ```
pub fn call<'a>(module: &str, name: &str, words: &mut [Word<'_>]) -> Word<'a> {
    FIRING.with_borrow_mut(|host| match host {
        Some(host) => import::answer(host, module, name, words),
        None => panic!(
            "`{module}` `{name}` was called outside of a firing; a test fires a probe: `Firing::new().fire(probe)`"
        ),
    })
}

/// What a value of the firing that runs stands for.
///
/// # Panics
/// Outside of a firing.
///
/// ```
/// # use waspect_probe::{Firing, Py, arg, testing::object};
/// # Firing::new().arg("xs", Py::list([1, 2])).fire(|| {
/// assert_eq!(object(arg(0)), Py::list([1, 2]));
/// # });
/// ```
pub fn object(v: Value) -> Py {
    FIRING.with_borrow(|host| host.as_ref().map(|host| host.object(v))).expect("a value outlived its firing")
}

/// Begins a firing; gives the one around it.
pub(super) fn enter(host: Host) -> Option<Host> {
    FIRING.replace(Some(host))
}

/// Ends the firing that runs, and goes on with the one around it.
pub(super) fn leave(before: Option<Host>) -> Host {
    FIRING.replace(before).unwrap_or_else(|| Host::new(Firing::new()))
}

impl Host {
    pub(super) fn new(call: Firing) -> Self {
        let told = Told::default();
        Self {
            call,
            handles: Vec::new(),
            told,
            fields: Vec::new(),
            speculates: false,
            every: HashMap::new(),
            random: 0x9E37_79B9_7F4A_7C15,
        }
    }

    pub(super) fn told(mut self, status: i32) -> Told {
        self.told.status = status;
        self.told.request = self.call.request.unwrap_or_default();
        self.told.slots = self.call.slots;
        self.told.maps = self.call.maps;
        self.told
    }

    /// An object as a value: scalars inline, the rest as a handle.
    pub(super) fn value(&mut self, of: Py) -> Value {
        let kind = of.kind();
        Value::from_bits(match &of {
            Py::None => NONE,
            Py::Bool(b) => [FALSE, TRUE][usize::from(*b)],
            Py::Float(x) => return Value::of_float(*x),
            Py::Error(code) => code.value(),
            Py::Int(n) => match i64::try_from(*n).ok().and_then(Value::of_short) {
                Some(short) => return short,
                None => self.handle(kind, 0, of),
            },
            other => self.handle(kind, other.size().unwrap_or(0), of),
        })
    }

    fn handle(&mut self, kind: Kind, len: usize, of: Py) -> u64 {
        let Ok(index) = u16::try_from(self.handles.len()) else { return Code::Limit.value() };
        self.handles.push(of);
        TAG_HANDLE << 48 | (kind as u64) << 40 | (len as u64).min(LEN_ASK) << 24 | GENERATION << 16 | u64::from(index)
    }

    /// What a value stands for.
    pub(super) fn object(&self, v: Value) -> Py {
        let bits = v.bits();
        match bits >> 48 {
            TAG_NONE if bits == NONE => Py::None,
            TAG_NONE => Py::Bool(bits == TRUE),
            TAG_INT => Py::Int(((bits << 16).cast_signed() >> 16).into()),
            TAG_ERROR => Py::Error(v.error().unwrap_or(Code::Internal)),
            TAG_HANDLE if bits >> 16 & 0xFF == GENERATION => {
                self.handles.get((bits & 0xFFFF) as usize).cloned().unwrap_or(Py::Error(Code::Stale))
            }
            TAG_HANDLE => Py::Error(Code::Stale),
            0xFFFC.. => Py::Error(Code::Stale),
            _ => Py::Float(f64::from_bits(bits)),
        }
    }
}

impl Word<'_> {
    /// As a value.
    ///
    /// ```
    /// # use waspect_probe::{Code, Value, testing::Word};
    /// assert!(Word::V(Value::NONE).value().is_none());
    /// assert_eq!(Word::I32(0).value().error(), Some(Code::Internal));
    /// ```
    pub fn value(self) -> Value {
        if let Self::V(v) = self { v } else { Value::from_bits(Code::Internal.value()) }
    }

    /// As a status.
    ///
    /// ```
    /// # use waspect_probe::{Code, testing::Word};
    /// assert_eq!(Word::I32(-2).status().ok(), Err(Code::Kind));
    /// ```
    pub fn status(self) -> Status {
        if let Self::I32(n) = self { Status(n) } else { Status(Code::Internal.status()) }
    }

    /// As nothing.
    ///
    /// ```
    /// # waspect_probe::testing::Word::Nothing.nothing();
    /// ```
    pub fn nothing(self) {}
}

macro_rules! words {
    ($($type:ty, $word:ident;)*) => {$(
        impl From<$type> for Word<'_> {
            fn from(x: $type) -> Self {
                Self::$word(x)
            }
        }
        impl From<Word<'_>> for $type {
            fn from(word: Word<'_>) -> Self {
                if let Word::$word(x) = word { x } else { panic!("an import gave {word:?}, expected {}", stringify!($type)) }
            }
        }
    )*};
}
words! {
    Value, V;
    i32, I32;
    i64, I64;
    f64, F64;
}
impl From<Word<'_>> for () {
    fn from(_: Word<'_>) {}
}
impl From<Word<'_>> for Status {
    fn from(word: Word<'_>) -> Self {
        word.status()
    }
}
impl<'a> From<&'a str> for Word<'a> {
    fn from(text: &'a str) -> Self {
        Self::In(text.as_bytes())
    }
}
impl<'a> From<&'a [u8]> for Word<'a> {
    fn from(bytes: &'a [u8]) -> Self {
        Self::In(bytes)
    }
}
impl<'a> From<&'a mut [u8]> for Word<'a> {
    fn from(place: &'a mut [u8]) -> Self {
        Self::Out(place)
    }
}
