//! [`Introspect`] over plain data: the same contract without an interpreter, for tests, fuzzing and replay.
//!
//! In: [`FakeObj`]s and frames put into this thread's arena. Out: what a probe would see of them. Never here: unsafe,
//! sharing between threads (each has its own arena), an object that goes away before [`reset`].

use std::cell::RefCell;
use std::rc::Rc;

use waspect_abi::{Code, Kind};

use super::{Child, Introspect, Key, Look, NAME_BYTES_MAX, Spot, Waiting, Walk, Whole, compare};
use crate::request::{Opening, Scope};

/// An object's number in this thread's arena.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub struct Ref(u32);

/// A frame's number in this thread's arena.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub struct FrameRef(u32);

/// What an object is.
#[derive(Clone, PartialEq, Debug)]
pub enum FakeObj {
    None,
    Bool(bool),
    Int(i64),
    /// Sign, and magnitude in little-endian bytes.
    BigInt(bool, Vec<u8>),
    Float(f64),
    Str(String),
    Bytes(Vec<u8>),
    List(Vec<Ref>),
    Tuple(Vec<Ref>),
    Set(Vec<Ref>),
    FrozenSet(Vec<Ref>),
    Dict(Vec<(Ref, Ref)>),
    Object(Fields),
    /// As an object, but of an exception's kind; `args` is one of the fields.
    Exception(Fields),
    /// A class, function, module …: kind, and its own name.
    Named(Kind, String),
}

/// An object's class and what it has.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Fields {
    pub type_name: String,
    pub fields: Vec<(String, Ref)>,
    /// Attributes that only code could read: properties, descriptors.
    pub code_attrs: Vec<String>,
    /// Has a `__getattr__`: what is not there is CODE instead of ABSENT.
    pub hooked: bool,
}

/// A call, as a hook would find it.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct FakeFrame {
    /// Positional parameters in order; `None` = deleted.
    pub args: Vec<(String, Option<Ref>)>,
    /// Elements of `*rest`.
    pub rest: Vec<Ref>,
    pub kwargs: Vec<(String, Ref)>,
    /// Variables that are not parameters.
    pub locals: Vec<(String, Ref)>,
    pub closure: Vec<(String, Ref)>,
    pub globals: Vec<(String, Ref)>,
    pub line: i32,
    pub module: String,
    pub qualname: String,
    pub file: String,
    /// Of the frame in which a task's coroutine begins: the task's name. The task of the frames below waits for it.
    pub task: Option<String>,
}

#[derive(Default)]
struct Arena {
    objects: Vec<FakeObj>,
    frames: Vec<FakeFrame>,
}

thread_local! {
    static ARENA: RefCell<Arena> = RefCell::default();
    static REQUEST: RefCell<Option<Rc<Scope>>> = const { RefCell::new(None) };
}

/// Begins a request, or ends the one that runs.
pub fn request(how: Option<Opening>) {
    REQUEST.with_borrow_mut(|request| match how {
        None => *request = None,
        Some(how) => {
            if let Some(opened) = Scope::opened(how, request.as_deref()) {
                *request = Some(Rc::new(opened));
            }
        }
    });
}

/// Puts an object into the arena.
pub fn put(object: FakeObj) -> Ref {
    ARENA.with_borrow_mut(|arena| {
        arena.objects.push(object);
        Ref(number(arena.objects.len() - 1))
    })
}

/// Changes an object: the way to make cycles, and to change arguments between entry and exit.
pub fn set(at: Ref, object: FakeObj) {
    ARENA.with_borrow_mut(|arena| {
        if let Some(old) = arena.objects.get_mut(at.0 as usize) {
            *old = object;
        }
    });
}

/// Puts a frame into the arena.
pub fn put_frame(frame: FakeFrame) -> FrameRef {
    ARENA.with_borrow_mut(|arena| {
        arena.frames.push(frame);
        FrameRef(number(arena.frames.len() - 1))
    })
}

/// Empties this thread's arena.
pub fn reset() {
    ARENA.with_borrow_mut(|arena| *arena = Arena::default());
    request(None);
}

fn number(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

/// A copy, so that visitors may look at the arena again; what is not there is `None`.
fn get(o: Ref) -> FakeObj {
    ARENA.with_borrow(|arena| arena.objects.get(o.0 as usize).cloned()).unwrap_or(FakeObj::None)
}

fn frame(f: FrameRef) -> FakeFrame {
    ARENA.with_borrow(|arena| arena.frames.get(f.0 as usize).cloned()).unwrap_or_default()
}

/// Plain data in place of an interpreter.
#[derive(Clone, Copy, Debug)]
pub enum Fake {}

impl Introspect for Fake {
    type Obj = Ref;
    type Frame = FrameRef;
    type Name = String;

    /// The frame put last is the one that runs.
    fn here() -> Option<FrameRef> {
        ARENA.with_borrow(|arena| arena.frames.len().checked_sub(1).map(|last| FrameRef(number(last))))
    }
    fn class(o: Ref) -> Ref {
        let mut name = String::new();
        Self::type_name(o, &mut name);
        put(FakeObj::Named(Kind::Type, name))
    }
    fn message(o: Ref) -> Result<Ref, Code> {
        let FakeObj::Exception(fields) = get(o) else { return Err(Code::Kind) };
        let args = fields.fields.iter().find(|(name, _)| name == "args").ok_or(Code::Absent)?.1;
        let FakeObj::Tuple(items) = get(args) else { return Err(Code::Absent) };
        let first = *items.first().ok_or(Code::Absent)?;
        if matches!(get(first), FakeObj::Str(_)) { Ok(first) } else { Err(Code::Absent) }
    }
    fn depth(f: FrameRef) -> i32 {
        i32::try_from(f.0).unwrap_or(i32::MAX)
    }
    fn task_name() -> Option<String> {
        None
    }
    fn request() -> Option<Rc<Scope>> {
        REQUEST.with_borrow(Clone::clone)
    }
    fn own_request() -> Option<Rc<Scope>> {
        Self::request()
    }
    fn thread_name() -> Option<String> {
        Some("MainThread".to_owned())
    }
    fn is_name(name: &String, text: &str) -> bool {
        name == text
    }

    fn name(text: &str) -> String {
        text.to_owned()
    }

    fn passing(text: &str) -> String {
        text.to_owned()
    }

    fn as_key(o: Ref) -> Result<Key<Ref, String>, Code> {
        Ok(match get(o) {
            FakeObj::None => Key::None,
            FakeObj::Bool(b) => Key::Int(i64::from(b)),
            FakeObj::Int(n) => Key::Int(n),
            FakeObj::BigInt(negative, magnitude) => Key::Big(negative, magnitude),
            FakeObj::Float(x) => Key::Float(x),
            FakeObj::Str(_) => Key::Str(o),
            FakeObj::Bytes(bytes) => Key::Bytes(bytes),
            FakeObj::Tuple(items) => Key::Tuple(items.into_iter().map(Self::as_key).collect::<Result<_, _>>()?),
            FakeObj::List(_) | FakeObj::Set(_) | FakeObj::FrozenSet(_) | FakeObj::Dict(_) => return Err(Code::Kind),
            _ => return Err(Code::Code),
        })
    }

    fn get(o: Ref, key: &Key<Ref, String>) -> Result<Ref, Code> {
        let FakeObj::Dict(pairs) = get(o) else { return Err(Code::Kind) };
        pairs.iter().find(|(k, _)| is_key(*k, key)).map(|(_, value)| *value).ok_or(Code::Absent)
    }

    fn has(o: Ref, key: &Key<Ref, String>) -> Result<bool, Code> {
        match get(o) {
            FakeObj::Dict(pairs) => Ok(pairs.iter().any(|(k, _)| is_key(*k, key))),
            FakeObj::Set(items) | FakeObj::FrozenSet(items) => Ok(items.iter().any(|k| is_key(*k, key))),
            _ => Err(Code::Kind),
        }
    }

    fn positions(o: Ref) -> Result<Kind, Code> {
        match Self::look(o) {
            Look::Sized(kind @ (Kind::Str | Kind::Bytes | Kind::List | Kind::Tuple), _) => Ok(kind),
            _ => Err(Code::Kind),
        }
    }

    fn membership(o: Ref) -> Result<Kind, Code> {
        Self::positions(o)
    }

    fn points(o: Ref, from: usize, n: usize, out: &mut Vec<u8>) {
        if let FakeObj::Str(s) = get(o) {
            out.extend_from_slice(s.chars().skip(from).take(n).collect::<String>().as_bytes());
        }
    }

    fn address(o: Ref) -> u64 {
        u64::from(o.0)
    }

    fn builtin(kind: Kind) -> Option<Ref> {
        use Kind::{Bool, ByteArray, Bytes, Dict, Float, FrozenSet, Int, List, None as Nothing, Set, Str, Tuple};
        let one = matches!(
            kind,
            Nothing | Bool | Int | Float | Str | Bytes | ByteArray | List | Tuple | Dict | Set | FrozenSet
        );
        let name = if kind == Nothing { "NoneType" } else { kind.name() };
        one.then(|| put(FakeObj::Named(Kind::Type, name.to_owned())))
    }

    fn look(o: Ref) -> Look {
        match get(o) {
            FakeObj::None => Look::None,
            FakeObj::Bool(b) => Look::Bool(b),
            FakeObj::Int(n) => Look::Int(n),
            FakeObj::BigInt(..) => Look::BigInt,
            FakeObj::Float(x) => Look::Float(x),
            FakeObj::Str(s) => Look::Sized(Kind::Str, s.chars().count()),
            FakeObj::Bytes(b) => Look::Sized(Kind::Bytes, b.len()),
            FakeObj::List(items) => Look::Sized(Kind::List, items.len()),
            FakeObj::Tuple(items) => Look::Sized(Kind::Tuple, items.len()),
            FakeObj::Set(items) => Look::Sized(Kind::Set, items.len()),
            FakeObj::FrozenSet(items) => Look::Sized(Kind::FrozenSet, items.len()),
            FakeObj::Dict(pairs) => Look::Sized(Kind::Dict, pairs.len()),
            FakeObj::Object(_) => Look::Other(Kind::Object),
            FakeObj::Exception(_) => Look::Other(Kind::Exception),
            FakeObj::Named(kind, _) => Look::Other(kind),
        }
    }

    fn same(a: Ref, b: Ref) -> bool {
        a == b
    }

    fn text(o: Ref, max: usize, out: &mut Vec<u8>) -> bool {
        let FakeObj::Str(s) = get(o) else { return true };
        let front = &s[..s.floor_char_boundary(max)];
        out.extend_from_slice(front.as_bytes());
        front.len() == s.len()
    }

    fn ascii<R>(o: Ref, read: impl FnOnce(Option<&[u8]>) -> R) -> R {
        match get(o) {
            FakeObj::Str(s) if s.is_ascii() => read(Some(s.as_bytes())),
            _ => read(None),
        }
    }

    fn raw<R>(o: Ref, read: impl FnOnce(&[u8]) -> R) -> R {
        if let FakeObj::Bytes(b) = get(o) { read(&b) } else { read(&[]) }
    }

    fn big(o: Ref, max: usize, out: &mut Vec<u8>) -> (bool, bool) {
        let FakeObj::BigInt(negative, magnitude) = get(o) else { return (false, true) };
        out.extend_from_slice(&magnitude[..magnitude.len().min(max)]);
        (negative, magnitude.len() <= max)
    }

    fn type_name(o: Ref, out: &mut String) {
        let name = match get(o) {
            FakeObj::Object(it) | FakeObj::Exception(it) => it.type_name,
            FakeObj::Named(kind, _) => kind.name().to_owned(),
            _ => builtin_name(Self::look(o)).to_owned(),
        };
        out.push_str(&name[..name.floor_char_boundary(NAME_BYTES_MAX)]);
    }

    fn own_name(o: Ref, out: &mut String) -> bool {
        let FakeObj::Named(_, name) = get(o) else { return false };
        out.push_str(&name[..name.floor_char_boundary(NAME_BYTES_MAX)]);
        true
    }

    fn attr(o: Ref, name: &String) -> Result<Ref, Code> {
        let (FakeObj::Object(it) | FakeObj::Exception(it)) = get(o) else { return Err(Code::Absent) };
        if it.code_attrs.contains(name) {
            return Err(Code::Code);
        }
        by_name(&it.fields, name).map_err(|code| if it.hooked { Code::Code } else { code })
    }

    fn key(o: Ref, name: &String) -> Result<Ref, Code> {
        let FakeObj::Dict(pairs) = get(o) else { return Err(Code::Kind) };
        let is_key = |key: Ref| matches!(get(key), FakeObj::Str(s) if s == *name);
        pairs.iter().find(|(key, _)| is_key(*key)).map(|(_, value)| *value).ok_or(Code::Absent)
    }

    fn index(o: Ref, i: i64) -> Result<Ref, Code> {
        match get(o) {
            FakeObj::List(items) | FakeObj::Tuple(items) => at(&items, i),
            FakeObj::Dict(pairs) => {
                let is_key = |key: Ref| match get(key) {
                    FakeObj::Int(n) => n == i,
                    FakeObj::Bool(b) => i64::from(b) == i,
                    _ => false,
                };
                pairs.iter().find(|(key, _)| is_key(*key)).map(|(_, value)| *value).ok_or(Code::Absent)
            }
            _ => Err(Code::Kind),
        }
    }

    fn children(o: Ref, visit: &mut dyn FnMut(Child<'_, Ref>) -> Walk) {
        match get(o) {
            FakeObj::List(items) | FakeObj::Tuple(items) | FakeObj::Set(items) | FakeObj::FrozenSet(items) => {
                walk(items.into_iter().map(Child::Item), visit);
            }
            FakeObj::Dict(pairs) => walk(pairs.into_iter().map(|(key, value)| Child::Pair(key, value)), visit),
            FakeObj::Object(it) | FakeObj::Exception(it) => fields(&it.fields, visit),
            _ => {}
        }
    }

    fn arg(f: FrameRef, i: i32) -> Result<Ref, Code> {
        let frame = frame(f);
        let rest = frame.rest.iter().map(|value| Some(*value));
        let all: Vec<_> = frame.args.iter().map(|(_, value)| *value).chain(rest).collect();
        at(&all, i64::from(i))?.ok_or(Code::Absent)
    }

    fn arg_name<R>(f: FrameRef, i: i32, read: impl FnOnce(&[u8]) -> R) -> Option<R> {
        let frame = frame(f);
        let i = if i < 0 { i + Self::arg_count(f) } else { i };
        let name = frame.args.get(usize::try_from(i).ok()?).map_or("rest", |(name, _)| name.as_str());
        Some(read(name.as_bytes()))
    }

    fn arg_count(f: FrameRef) -> i32 {
        let frame = frame(f);
        i32::try_from(frame.args.len() + frame.rest.len()).unwrap_or(i32::MAX)
    }

    fn local(f: FrameRef, name: &String) -> Result<Ref, Code> {
        by_name(&locals(&frame(f)), name)
    }
    fn closure(f: FrameRef, name: &String) -> Result<Ref, Code> {
        by_name(&frame(f).closure, name)
    }
    fn global(f: FrameRef, name: &String) -> Result<Ref, Code> {
        by_name(&frame(f).globals, name)
    }

    fn whole(f: FrameRef, which: Whole, visit: &mut dyn FnMut(Child<'_, Ref>) -> Walk) {
        let frame = frame(f);
        match which {
            Whole::Args => {
                let bound = frame.args.iter().filter_map(|(_, value)| *value);
                walk(bound.chain(frame.rest.iter().copied()).map(Child::Item), visit);
            }
            Whole::Kwargs => fields(&frame.kwargs, visit),
            Whole::Locals => fields(&locals(&frame), visit),
            Whole::Globals => fields(&frame.globals, visit),
        }
    }

    fn line(f: FrameRef) -> i32 {
        frame(f).line
    }
    fn line_bytes(_: FrameRef) -> usize {
        0
    }
    fn caller(f: FrameRef) -> Option<FrameRef> {
        f.0.checked_sub(1).map(FrameRef)
    }
    fn spot(f: FrameRef, what: Spot, max: usize, out: &mut Vec<u8>) -> bool {
        let frame = frame(f);
        let text = match what {
            Spot::Module => frame.module,
            Spot::Qualname => frame.qualname,
            Spot::File => frame.file,
        };
        let front = text.floor_char_boundary(max);
        out.extend_from_slice(&text.as_bytes()[..front]);
        front == text.len()
    }
    fn task_root() -> Option<FrameRef> {
        std::iter::successors(Self::here(), |f| Self::caller(*f)).find(|f| frame(*f).task.is_some())
    }
    fn waiters(visit: &mut dyn FnMut(Waiting<'_, FrameRef>) -> Walk) {
        let mut at = Self::task_root();
        while let Some(root) = at {
            let below = || std::iter::successors(Self::caller(root), |f| Self::caller(*f));
            let Some((end, next)) = below().enumerate().find(|(_, f)| frame(*f).task.is_some()) else { return };
            let name = frame(next).task.unwrap_or_default();
            let steps = [Waiting::Link, Waiting::Task(&name)].into_iter();
            let mut steps = steps.chain(below().take(end + 1).map(Waiting::Frame));
            if steps.any(|step| visit(step) == Walk::Stop) {
                return;
            }
            at = Some(next);
        }
    }
}

/// Whether a key of a table equals the one that is looked for.
fn is_key(k: Ref, key: &Key<Ref, String>) -> bool {
    match (get(k), key) {
        (FakeObj::None, Key::None) => true,
        (FakeObj::Int(n), Key::Int(m)) => n == *m,
        (FakeObj::Bool(b), Key::Int(m)) => i64::from(b) == *m,
        (FakeObj::Float(x), Key::Int(m)) => compare::int_float(*m, x).is_some_and(std::cmp::Ordering::is_eq),
        (FakeObj::Int(n), Key::Float(x)) => compare::int_float(n, *x).is_some_and(std::cmp::Ordering::is_eq),
        (FakeObj::BigInt(n, x), Key::Float(y)) => compare::is_float(n, &x, *y),
        (FakeObj::Float(x), Key::Big(m, y)) => compare::is_float(*m, y, x),
        (FakeObj::Bool(b), Key::Float(x)) => f64::from(u8::from(b)).total_cmp(x).is_eq(),
        (FakeObj::Float(x), Key::Float(y)) => x.partial_cmp(y).is_some_and(std::cmp::Ordering::is_eq),
        (FakeObj::BigInt(n, x), Key::Big(m, y)) => n == *m && x == *y,
        (FakeObj::Str(s), Key::Name(name)) => s == *name,
        (FakeObj::Str(_), Key::Str(o)) => get(k) == get(*o),
        (FakeObj::Bytes(x), Key::Bytes(y)) => x == *y,
        (FakeObj::Tuple(items), Key::Tuple(keys)) => {
            items.len() == keys.len() && items.iter().zip(keys).all(|(item, key)| is_key(*item, key))
        }
        _ => false,
    }
}

fn builtin_name(look: Look) -> &'static str {
    match look {
        Look::None => "NoneType",
        Look::Bool(_) => "bool",
        Look::Int(_) | Look::BigInt => "int",
        Look::Float(_) => "float",
        Look::Sized(kind, _) | Look::Other(kind) => kind.name(),
    }
}

fn at<T: Copy>(items: &[T], i: i64) -> Result<T, Code> {
    let i = if i < 0 { i.checked_add_unsigned(items.len() as u64) } else { Some(i) };
    i.and_then(|i| items.get(usize::try_from(i).ok()?)).copied().ok_or(Code::Absent)
}

fn by_name(all: &[(String, Ref)], name: &str) -> Result<Ref, Code> {
    all.iter().find(|(n, _)| n == name).map(|(_, value)| *value).ok_or(Code::Absent)
}

/// Parameters that are bound, then variables, then free variables.
fn locals(frame: &FakeFrame) -> Vec<(String, Ref)> {
    let args = frame.args.iter().filter_map(|(name, value)| Some((name.clone(), (*value)?)));
    args.chain(frame.locals.iter().cloned()).chain(frame.closure.iter().cloned()).collect()
}

fn walk<'a>(mut parts: impl Iterator<Item = Child<'a, Ref>>, visit: &mut dyn FnMut(Child<'_, Ref>) -> Walk) {
    let _ended = parts.try_for_each(|part| (visit(part) == Walk::On).then_some(()));
}

fn fields(all: &[(String, Ref)], visit: &mut dyn FnMut(Child<'_, Ref>) -> Walk) {
    walk(all.iter().map(|(name, value)| Child::Field(name, *value)), visit);
}
