//! Reads of the application's objects that run no Python code: the contract, over CPython or over plain data.
//!
//! In: objects and frames, borrowed for one firing. Out: scalars, text, children, and [`Code`]s for what cannot be read
//! without running code. Never here: a call into the application or the standard library, a kept reference, a
//! materialised `__dict__`, a cached UTF-8 copy, an allocation of a Python object but for a context's first write to a
//! request.

use std::rc::Rc;

use waspect_abi::{Code, Kind};

use crate::request::Scope;

pub mod compare;
#[cfg(feature = "python")]
#[expect(unsafe_code, reason = "the only room that reads CPython's memory")]
pub mod cpython;
pub mod fake;
#[cfg(feature = "doors")]
pub mod testing;
pub mod tree;

/// Frames counted at most for `$depth`.
pub const DEPTH_MAX: i32 = 10_000;

/// What one look at an object tells: scalars whole, everything else by kind and size.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Look {
    None,
    Bool(bool),
    Int(i64),
    /// An int beyond 64 bits.
    BigInt,
    Float(f64),
    /// Has a `len` that is known without running code (str in code points, bytes, containers).
    Sized(Kind, usize),
    Other(Kind),
}

/// One thing inside a container or object.
#[derive(Clone, Copy, Debug)]
pub enum Child<'a, O> {
    Item(O),
    Pair(O, O),
    Field(&'a str, O),
    /// A field that is no object of its own.
    Told(&'a str, Told<'a>),
}

/// What a known object tells of itself.
#[derive(Clone, Copy, Debug)]
pub enum Told<'a> {
    Float(f64),
    Text(&'a str),
}

impl From<Told<'_>> for crate::value::Value {
    fn from(told: Told<'_>) -> Self {
        match told {
            Told::Float(x) => Self::Float(x),
            Told::Text(text) => Self::Str(text.to_owned()),
        }
    }
}

/// What to look up by: only what hashes and compares without code. `N` is a prepared name.
#[derive(Debug)]
pub enum Key<O, N> {
    None,
    /// An int, or the bool that equals it.
    Int(i64),
    /// Sign, and magnitude in little-endian bytes.
    Big(bool, Vec<u8>),
    Float(f64),
    /// A str of the application.
    Str(O),
    Name(N),
    Bytes(Vec<u8>),
    Tuple(Vec<Key<O, N>>),
}

/// A key as a backend has it.
pub type KeyOf<I> = Key<<I as Introspect>::Obj, <I as Introspect>::Name>;

/// Tuples inside tuples of a key, and the items of all of them.
pub const KEY_DEPTH_MAX: usize = 4;
pub const KEY_ITEMS_MAX: usize = 64;
/// Bytes of a key that is bytes or a big int.
pub const KEY_BYTES_MAX: usize = crate::limits::KEY_BYTES_MAX as usize;

/// Which whole the guest asked for; none exists as an object of its own.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Whole {
    /// All positionals, `self` and the elements of `*rest` included.
    Args,
    /// The `**kwargs` of the frame, by name.
    Kwargs,
    Locals,
    Globals,
}

/// What can be told of what a frame runs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Spot {
    Module,
    Qualname,
    File,
}

/// What comes up on the way through the tasks that wait for the running one.
#[derive(Clone, Copy, Debug)]
pub enum Waiting<'a, F> {
    /// One more thing is about to be looked at.
    Link,
    /// A task, by name; its frames follow.
    Task(&'a str),
    /// A suspended frame, the innermost of its task first.
    Frame(F),
}

/// What kind of walk a visitor wants next.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Walk {
    On,
    Stop,
}

/// Names longer than this are cut: type names, field names.
pub const NAME_BYTES_MAX: usize = crate::limits::NAME_BYTES_MAX as usize;

/// The reads. `Obj` is a borrowed handle that is valid until the firing ends; nothing here owns or releases.
pub trait Introspect: 'static {
    type Obj: Copy + PartialEq + 'static;
    /// A probed frame, as the hook found it.
    type Frame: Copy + PartialEq + 'static;
    /// A name prepared at load: interned, with this read site's own cache. Kept by link-time closures, so it is `Sync`.
    type Name: Send + Sync + 'static;

    /// The frame that the running hook was spliced into.
    fn here() -> Option<Self::Frame>;
    /// The object's class.
    fn class(o: Self::Obj) -> Self::Obj;
    /// The first of an exception's `args`, if it is exactly a str.
    ///
    /// # Errors
    /// ABSENT, or KIND for no exception.
    fn message(o: Self::Obj) -> Result<Self::Obj, Code>;
    /// How many Python frames are below this one, at most [`DEPTH_MAX`].
    fn depth(f: Self::Frame) -> i32;
    /// The running thread's name, as `threading` has it.
    fn thread_name() -> Option<String>;
    /// The name of the asyncio task that runs; none outside of any.
    fn task_name() -> Option<String>;
    /// The request that runs; none outside of any.
    fn request() -> Option<Rc<Scope>>;
    /// The same to write to: where the context has it from another, a copy that replaces it. None also without memory.
    fn own_request() -> Option<Rc<Scope>>;

    /// What reads took since this was last asked, beyond what their callers could know beforehand; in units of fuel.
    #[inline]
    fn steps() -> u64 {
        0
    }

    /// Prepares a name. Load path: may allocate.
    fn name(text: &str) -> Self::Name;
    /// The same on the fire path: no Python object is made, and nothing of CPython's is asked but a hash.
    fn passing(text: &str) -> Self::Name;
    /// Whether a prepared name spells this text.
    fn is_name(name: &Self::Name, text: &str) -> bool;

    fn look(o: Self::Obj) -> Look;
    /// An int that is at hand without looking further: the commonest value a predicate asks for.
    #[inline(always)]
    fn short(_: Self::Obj) -> Option<i32> {
        None
    }
    /// `self`-identity of two handles.
    fn same(a: Self::Obj, b: Self::Obj) -> bool;
    /// Appends a str's UTF-8 (lone surrogates as U+FFFD), at most `max` bytes cut at a code point. Gives whether it was
    /// whole. Not a str: nothing appended, true.
    fn text(o: Self::Obj, max: usize, out: &mut Vec<u8>) -> bool;
    /// Lends the content of a str that is all ASCII, without a copy; `None` for any other.
    fn ascii<R>(o: Self::Obj, read: impl FnOnce(Option<&[u8]>) -> R) -> R;
    /// Lends the content of bytes or bytearray; empty for anything else.
    fn raw<R>(o: Self::Obj, read: impl FnOnce(&[u8]) -> R) -> R;
    /// An int beyond 64 bits: sign, and up to `max` little-endian bytes of magnitude. Gives whether it was whole.
    fn big(o: Self::Obj, max: usize, out: &mut Vec<u8>) -> (bool, bool);
    /// The class's qualified name, `pkg.Cart`; builtins without module. At most [`NAME_BYTES_MAX`].
    fn type_name(o: Self::Obj, out: &mut String);
    /// The qualified name of what is itself a class, function, module or coroutine. Gives whether it has one.
    fn own_name(o: Self::Obj, out: &mut String) -> bool;

    /// # Errors
    /// ABSENT, CODE (a property, `__getattr__`, …), KIND.
    fn attr(o: Self::Obj, name: &Self::Name) -> Result<Self::Obj, Code>;
    /// `o["name"]`.
    ///
    /// # Errors
    /// ABSENT, CODE (an overridden `__getitem__`, a key with code), KIND.
    fn key(o: Self::Obj, name: &Self::Name) -> Result<Self::Obj, Code>;
    /// `o[i]` of list, tuple, and dicts with int keys; negative from the end.
    ///
    /// # Errors
    /// As [`Introspect::key`].
    fn index(o: Self::Obj, i: i64) -> Result<Self::Obj, Code>;
    /// An object as a key to look up by.
    ///
    /// # Errors
    /// CODE where its hash is the application's business, KIND where it has none, LIMIT where it is too large.
    fn as_key(o: Self::Obj) -> Result<KeyOf<Self>, Code>
    where
        Self: Sized;
    /// `o[key]` of a dict.
    ///
    /// # Errors
    /// As [`Introspect::key`].
    fn get(o: Self::Obj, key: &KeyOf<Self>) -> Result<Self::Obj, Code>
    where
        Self: Sized;
    /// `key in o` of a dict, set or frozenset.
    ///
    /// # Errors
    /// CODE (an overridden `__contains__`, a key with code), KIND, LIMIT.
    fn has(o: Self::Obj, key: &KeyOf<Self>) -> Result<bool, Code>
    where
        Self: Sized;
    /// Whether positions of a str, bytes, bytearray, list or tuple are read as the builtin reads them.
    ///
    /// # Errors
    /// CODE (an overridden `__getitem__`), KIND for anything else.
    fn positions(o: Self::Obj) -> Result<Kind, Code>;
    /// Whether `in` asks the builtin's own code, of str, bytes, list and tuple.
    ///
    /// # Errors
    /// CODE (an overridden `__contains__`), KIND for anything else.
    fn membership(o: Self::Obj) -> Result<Kind, Code>;
    /// Appends `n` code points of a str from the `from`-th on, as UTF-8.
    fn points(o: Self::Obj, from: usize, n: usize, out: &mut Vec<u8>);
    /// A number that is the object's own while it lives. It never leaves the host.
    fn address(o: Self::Obj) -> u64;
    /// The builtin class of a kind, where it has exactly one.
    fn builtin(kind: Kind) -> Option<Self::Obj>;
    /// The items, pairs or fields, in order, until the visitor stops. Object fields: instance dict and slots. Work is
    /// bounded: a table that is mostly holes may end before its `len`.
    fn children(o: Self::Obj, visit: &mut dyn FnMut(Child<'_, Self::Obj>) -> Walk);

    /// A positional parameter's current value, then the elements of `*rest`; negative = from the end.
    ///
    /// # Errors
    /// ABSENT: no such argument, or deleted.
    fn arg(f: Self::Frame, i: i32) -> Result<Self::Obj, Code>;
    fn arg_count(f: Self::Frame) -> i32;
    /// Lends the name of the parameter that `arg` reads: of the elements of `*rest`, its own. Nothing where there is none.
    fn arg_name<R>(f: Self::Frame, i: i32, read: impl FnOnce(&[u8]) -> R) -> Option<R>;
    /// A local by name: parameters, variables, cells seen through.
    ///
    /// # Errors
    /// ABSENT: no such local, or not bound now.
    fn local(f: Self::Frame, name: &Self::Name) -> Result<Self::Obj, Code>;
    /// A free variable by name.
    ///
    /// # Errors
    /// ABSENT.
    fn closure(f: Self::Frame, name: &Self::Name) -> Result<Self::Obj, Code>;
    /// A module global by name.
    ///
    /// # Errors
    /// ABSENT.
    fn global(f: Self::Frame, name: &Self::Name) -> Result<Self::Obj, Code>;
    /// The parts of a whole, in order.
    fn whole(f: Self::Frame, which: Whole, visit: &mut dyn FnMut(Child<'_, Self::Obj>) -> Walk);
    /// The line the frame stands at; below zero where its code says none.
    fn line(f: Self::Frame) -> i32;
    /// The line at which a frame's code begins.
    fn first_line(_: Self::Frame) -> i32 {
        -1
    }
    /// The line at which an exception came up in a frame; below zero where that is not known.
    fn raised_line(_: Self::Frame, _exception: Self::Obj) -> i32 {
        -1
    }
    /// Bytes of the table that `line` may read through.
    fn line_bytes(f: Self::Frame) -> usize;
    /// The Python frame that called this one: C code and what has not begun yet passed over.
    fn caller(f: Self::Frame) -> Option<Self::Frame>;
    /// Appends one of a frame's names, at most `max` bytes of UTF-8. Gives whether it was whole; nothing of what is not there.
    fn spot(f: Self::Frame, what: Spot, max: usize, out: &mut Vec<u8>) -> bool;
    /// The frame in which the running task's own coroutine begins.
    fn task_root() -> Option<Self::Frame> {
        None
    }
    /// The tasks that wait for the running one, the nearest first, as far as they can be told without code.
    fn waiters(_: &mut dyn FnMut(Waiting<'_, Self::Frame>) -> Walk) {}
}
