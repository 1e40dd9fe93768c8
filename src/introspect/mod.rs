//! Reads of the application's objects that run no Python code: the contract, over CPython or over plain data.
//!
//! In: objects and frames, borrowed for one firing. Out: scalars, text, children, and [`Code`]s for what cannot be read
//! without running code. Never here: a call into the application or the standard library, a kept reference, a
//! materialised `__dict__`, a cached UTF-8 copy, an allocation of a Python object.

use waspect_abi::{Code, Kind};

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
    type Frame: Copy + 'static;
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

    /// Prepares a name. Load path: may allocate.
    fn name(text: &str) -> Self::Name;
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
    /// The items, pairs or fields, in order, until the visitor stops. Object fields: instance dict and slots. Work is
    /// bounded: a table that is mostly holes may end before its `len`.
    fn children(o: Self::Obj, visit: &mut dyn FnMut(Child<'_, Self::Obj>) -> Walk);

    /// A positional parameter's current value, then the elements of `*rest`; negative = from the end.
    ///
    /// # Errors
    /// ABSENT: no such argument, or deleted.
    fn arg(f: Self::Frame, i: i32) -> Result<Self::Obj, Code>;
    fn arg_count(f: Self::Frame) -> i32;
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
    /// The line the frame stands at.
    fn line(f: Self::Frame) -> i32;
}
