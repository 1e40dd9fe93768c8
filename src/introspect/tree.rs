//! Objects and whole scopes as bounded trees in the byte form of [`crate::value`].
//!
//! In: an object or a frame, and limits. Out: bytes appended, never more than the budget. Never here: a read that runs
//! code, recursion deeper than the limit, a part that is missing without a mark that says why, what is to be withheld.

use waspect_abi::Kind;

use super::{Child, Introspect, Look, NAME_BYTES_MAX, Told, Walk, Whole};
use crate::limits::Budget;
use crate::policy::Redaction;
use crate::value::{Cut, put};

/// How much of a value is kept. Reaching any of them leaves a [`Cut`] mark.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TreeLimits {
    /// Levels of containers and objects: 0 keeps scalars only, 1 a container of scalars.
    pub depth: usize,
    /// Items, pairs or fields of one container.
    pub items: usize,
    /// Bytes of one str, bytes or big int.
    pub str_bytes: usize,
    /// Bytes of the whole value, marks included; less than [`BUDGET_BYTES_MIN`] counts as that.
    pub budget_bytes: usize,
}

impl TreeLimits {
    /// The limits of a module's budget, of which `left` bytes are left.
    pub fn of(budget: &Budget, left: usize) -> Self {
        let size = |n: u64| usize::try_from(n).unwrap_or(usize::MAX);
        Self {
            depth: size(budget.value_depth_max),
            items: size(budget.value_items_max),
            str_bytes: size(budget.value_str_bytes_max),
            budget_bytes: left,
        }
    }
}

/// Whether what stands under a key is withheld.
pub fn hides_key<I: Introspect>(key: I::Obj, redaction: &Redaction) -> bool {
    match I::look(key) {
        Look::Sized(Kind::Str, _) => {
            I::ascii(key, |ascii| ascii.map(|name| redaction.hides(name))).unwrap_or_else(|| {
                let mut name = Vec::new();
                I::text(key, NAME_BYTES_MAX, &mut name);
                redaction.hides(&name)
            })
        }
        Look::Sized(Kind::Bytes, _) => I::raw(key, |name| redaction.hides(name)),
        _ => false,
    }
}

/// Whether it is a name and its value, of which the name is a secret's: headers are listed so.
pub fn is_secret_pair<I: Introspect>(o: I::Obj, kind: Kind, len: usize, redaction: &Redaction) -> bool {
    len == 2
        && matches!(kind, Kind::Tuple | Kind::List)
        && I::index(o, 0).is_ok_and(|name| hides_key::<I>(name, redaction))
}

/// Whether any of a frame's arguments is withheld.
pub fn hides_any_arg<I: Introspect>(frame: I::Frame, redaction: &Redaction) -> bool {
    let hides = |i| I::arg_name(frame, i, |name| redaction.hides(name)).unwrap_or(false);
    (0..I::arg_count(frame).min(ARGS_MAX)).any(hides)
}

/// Whether the so-manieth of a frame's arguments is withheld: as a walk over them counts, which passes deleted ones over.
pub fn hides_arg<I: Introspect>(frame: I::Frame, nth: usize, redaction: &Redaction) -> bool {
    let is_there = |i: &i32| I::arg(frame, *i).is_ok();
    // Behind the named ones all have one name.
    let i = (0..ARGS_MAX).filter(is_there).nth(nth).unwrap_or(ARGS_MAX);
    I::arg_name(frame, i, |name| redaction.hides(name)).unwrap_or(false)
}

/// No function has so many parameters.
const ARGS_MAX: i32 = 1_024;

/// Whether objects of its class are withheld.
#[cold]
pub fn has_hidden_type<I: Introspect>(o: I::Obj, redaction: &Redaction) -> bool {
    let mut name = String::with_capacity(TYPE_NAME_BYTES);
    I::type_name(o, &mut name);
    redaction.hides_type(&name)
}

/// What a look says something is.
pub fn kind_of(look: Look) -> Kind {
    match look {
        Look::None => Kind::None,
        Look::Bool(_) => Kind::Bool,
        Look::Int(_) | Look::BigInt => Kind::Int,
        Look::Float(_) => Kind::Float,
        Look::Sized(kind, _) | Look::Other(kind) => kind,
    }
}

/// Tag and length of a str.
const STR_HEAD_BYTES: usize = 5;
/// Room for one mark and the smallest value.
pub const BUDGET_BYTES_MIN: usize = 64;
/// Deeper limits count as this: decoding has a bound of its own, and the native stack is somebody else's.
const DEPTH_MAX: usize = 24;
/// A mark: tag, reason, total.
const MARK_BYTES: usize = 10;
/// Most type names fit, so that one allocation serves.
const TYPE_NAME_BYTES: usize = 64;
/// A container is left when less room than this is left for its next item.
const ITEM_BYTES_MIN: usize = 32;

/// Appends one value.
#[inline]
pub fn encode<I: Introspect>(o: I::Obj, limits: &TreeLimits, redaction: &Redaction, out: &mut Vec<u8>) {
    match I::look(o) {
        Look::Int(n) => put::int(out, n),
        Look::None => put::none(out),
        Look::Bool(b) => put::bool(out, b),
        Look::Float(x) => put::float(out, x),
        Look::Sized(Kind::Str, len) if short::<I>(o, len, limits, redaction, out) => {}
        look => Encoder::<I>::new(limits, redaction, out).value(o, look),
    }
}

/// The most frequent text: all ASCII, and nothing of it to cut. Gives whether it was that.
#[inline]
fn short<I: Introspect>(o: I::Obj, len: usize, limits: &TreeLimits, redaction: &Redaction, out: &mut Vec<u8>) -> bool {
    let fits = len <= limits.str_bytes && len <= BUDGET_BYTES_MIN / 2 && !redaction.has_types();
    fits && I::ascii(o, |ascii| {
        let Some(ascii) = ascii else { return false };
        if redaction.finds(ascii) {
            put::redacted(out, Kind::Str);
            return true;
        }
        let at = put::open_str(out);
        out.extend_from_slice(ascii);
        put::close_str(out, at);
        true
    })
}

/// Appends a frame's positionals as a tuple, or its names as a dict.
pub fn encode_whole<I: Introspect>(
    f: I::Frame,
    which: Whole,
    limits: &TreeLimits,
    redaction: &Redaction,
    out: &mut Vec<u8>,
) {
    let kind = if which == Whole::Args { Kind::Tuple } else { Kind::Dict };
    let mut encoder = Encoder::<I>::new(limits, redaction, out);
    let start = encoder.out.len();
    let at = put::open_container(encoder.out, kind);
    encoder.frame = (which == Whole::Args).then_some(f);
    let end = encoder.parts(kind, |visit| I::whole(f, which, visit));
    encoder.close(start, at, end, 0);
}

/// How the walk over a container's parts ended.
struct End {
    count: usize,
    cut: Option<Cut>,
}

struct Encoder<'a, I: Introspect> {
    limits: &'a TreeLimits,
    redaction: &'a Redaction,
    /// Whose arguments the next parts are: their names are its parameters'.
    frame: Option<I::Frame>,
    /// How deep the pair is whose first part is a secret's name.
    pair: Option<usize>,
    out: &'a mut Vec<u8>,
    /// `out` never gets longer than this.
    end: usize,
    /// The containers being written, outermost first.
    path: [Option<I::Obj>; DEPTH_MAX],
    depth: usize,
}

impl<'a, I: Introspect> Encoder<'a, I> {
    fn new(limits: &'a TreeLimits, redaction: &'a Redaction, out: &'a mut Vec<u8>) -> Self {
        let end = out.len().saturating_add(limits.budget_bytes.max(BUDGET_BYTES_MIN));
        Self { limits, redaction, frame: None, pair: None, out, end, path: [None; DEPTH_MAX], depth: 0 }
    }

    /// Bytes left, after every open container has got its mark.
    fn room(&self) -> usize {
        self.end.saturating_sub(self.out.len() + (self.depth + 1) * MARK_BYTES)
    }

    fn value(&mut self, o: I::Obj, look: Look) {
        if self.redaction.has_types() && has_hidden_type::<I>(o, self.redaction) {
            return put::redacted(self.out, kind_of(look));
        }
        match look {
            Look::None => put::none(self.out),
            Look::Bool(b) => put::bool(self.out, b),
            Look::Int(n) => put::int(self.out, n),
            Look::Float(x) => put::float(self.out, x),
            Look::BigInt => self.big(o),
            Look::Sized(Kind::Str, _) => self.text(o),
            Look::Sized(Kind::Bytes | Kind::ByteArray, len) => self.raw(o, len),
            Look::Sized(kind, len) => self.nested(o, kind, len),
            Look::Other(kind @ (Kind::Object | Kind::Exception)) => self.nested(o, kind, 0),
            // Scalars that have fields: as deep as any scalar.
            Look::Other(kind @ (Kind::Complex | Kind::Decimal | Kind::DateTime)) => self.object(o, kind),
            Look::Other(kind) => self.opaque(o, kind),
        }
    }

    /// Bytes of text or content that fit, and the reason when that is less than wanted.
    fn fitting(&self) -> (usize, Cut) {
        let room = self.room().saturating_sub(8);
        if room < self.limits.str_bytes { (room, Cut::Budget) } else { (self.limits.str_bytes, Cut::Bytes) }
    }

    fn text(&mut self, o: I::Obj) {
        let (max, why) = self.fitting();
        let start = self.out.len();
        let at = put::open_str(self.out);
        let whole = I::text(o, max, self.out);
        if self.redaction.finds(self.out.get(start + STR_HEAD_BYTES..).unwrap_or_default())
            || !whole && self.is_cut_inside(o, max)
        {
            self.out.truncate(start);
            return put::redacted(self.out, Kind::Str);
        }
        put::close_str(self.out, at);
        if !whole {
            self.mark(start, why, I::ascii(o, |ascii| ascii.map_or(0, <[u8]>::len)));
        }
    }

    fn raw(&mut self, o: I::Obj, len: usize) {
        let (max, why) = self.fitting();
        let redaction = self.redaction;
        if I::raw(o, |bytes| redaction.finds(&bytes[..bytes.len().min(max.saturating_add(Redaction::BEYOND))])) {
            return put::redacted(self.out, Kind::Bytes);
        }
        if len > max {
            put::cut(self.out, why, len as u64);
        }
        I::raw(o, |bytes| put::bytes(self.out, &bytes[..bytes.len().min(max)]));
    }

    fn big(&mut self, o: I::Obj) {
        let (max, why) = self.fitting();
        let mut magnitude = Vec::new();
        let (negative, whole) = I::big(o, max, &mut magnitude);
        if !whole {
            put::cut(self.out, why, 0);
        }
        put::big_int(self.out, negative, &magnitude);
    }

    /// A thing with nothing inside to show: what it is, and its own name where it has one.
    fn opaque(&mut self, o: I::Obj, kind: Kind) {
        let mut name = String::with_capacity(TYPE_NAME_BYTES);
        if !I::own_name(o, &mut name) {
            I::type_name(o, &mut name);
        }
        put::opaque(self.out, kind, self.short(&name));
    }

    /// The front of a name that fits.
    fn short<'n>(&self, name: &'n str) -> &'n str {
        &name[..name.floor_char_boundary(self.room().saturating_sub(16))]
    }

    fn nested(&mut self, o: I::Obj, kind: Kind, len: usize) {
        let ancestors = &self.path[..self.depth];
        if ancestors.iter().flatten().any(|ancestor| I::same(*ancestor, o)) {
            return self.stub(o, kind, Cut::Cycle, len);
        }
        if self.depth == self.limits.depth.min(DEPTH_MAX) {
            return self.stub(o, kind, Cut::Depth, len);
        }
        self.path[self.depth] = Some(o);
        self.depth += 1;
        match kind {
            Kind::Object | Kind::Exception => self.object(o, kind),
            _ => self.container(o, kind, len),
        }
        self.depth -= 1;
    }

    /// In place of something that is not entered: what it is.
    fn stub(&mut self, o: I::Obj, kind: Kind, why: Cut, len: usize) {
        put::cut(self.out, why, len as u64);
        let mut name = String::with_capacity(TYPE_NAME_BYTES);
        I::type_name(o, &mut name);
        put::opaque(self.out, kind, self.short(&name));
    }

    fn container(&mut self, o: I::Obj, kind: Kind, len: usize) {
        let start = self.out.len();
        let at = put::open_container(self.out, kind);
        self.pair = is_secret_pair::<I>(o, kind, len, self.redaction).then_some(self.depth);
        let mut end = self.parts(kind, |visit| I::children(o, visit));
        self.pair = None;
        if end.cut.is_none() && end.count < len {
            end.cut = Some(Cut::Items);
        }
        self.close(start, at, end, len);
    }

    fn object(&mut self, o: I::Obj, kind: Kind) {
        let start = self.out.len();
        let mut name = String::with_capacity(TYPE_NAME_BYTES);
        I::type_name(o, &mut name);
        let at = put::open_object(self.out, self.short(&name));
        let end = self.parts(kind, |visit| I::children(o, visit));
        if end.count == 0 && end.cut.is_none() {
            self.out.truncate(start);
            return put::opaque(self.out, kind, self.short(&name));
        }
        self.close(start, at, end, 0);
    }

    /// Ends what was opened at `start`, whose count is at `at`.
    fn close(&mut self, start: usize, at: usize, end: End, total: usize) {
        put::close(self.out, at, end.count);
        if let Some(why) = end.cut {
            self.mark(start, why, total);
        }
    }

    /// Puts a mark before what was written from `start` on.
    fn mark(&mut self, start: usize, why: Cut, total: usize) {
        let end = self.out.len();
        put::cut(self.out, why, total as u64);
        self.out[start..].rotate_right(MARK_BYTES);
        debug_assert_eq!(self.out.len(), end + MARK_BYTES);
    }

    fn parts(&mut self, kind: Kind, walk: impl FnOnce(&mut dyn FnMut(Child<'_, I::Obj>) -> Walk)) -> End {
        let mut end = End { count: 0, cut: None };
        walk(&mut |child| {
            end.cut = self.full(end.count, &child);
            if end.cut.is_some() {
                return Walk::Stop;
            }
            self.part(kind, end.count, child);
            end.count += 1;
            Walk::On
        });
        end
    }

    /// Why the next part cannot be written.
    fn full(&self, count: usize, child: &Child<'_, I::Obj>) -> Option<Cut> {
        let name = if let Child::Field(name, _) | Child::Told(name, _) = child { name.len() } else { 0 };
        if count == self.limits.items {
            return Some(Cut::Items);
        }
        (self.room() < 2 * ITEM_BYTES_MIN + name).then_some(Cut::Budget)
    }

    /// A field inside a dict (of locals, globals, kwargs) is a pair with a str key.
    fn part(&mut self, kind: Kind, count: usize, child: Child<'_, I::Obj>) {
        match child {
            Child::Item(o) => {
                // What an argument holds are no arguments.
                let frame = self.frame.take();
                let named = frame.is_some_and(|frame| hides_arg::<I>(frame, count, self.redaction));
                self.shown(o, named || count == 1 && self.pair == Some(self.depth));
                self.frame = frame;
            }
            Child::Pair(key, value) => {
                self.end -= ITEM_BYTES_MIN;
                self.value(key, I::look(key));
                self.end += ITEM_BYTES_MIN;
                self.shown(value, hides_key::<I>(key, self.redaction));
            }
            Child::Field(name, value) => {
                if kind == Kind::Dict {
                    put::str(self.out, name)
                } else {
                    put::name(self.out, name)
                }
                self.shown(value, self.redaction.hides(name.as_bytes()));
            }
            Child::Told(name, told) => {
                put::name(self.out, name);
                self.told(told);
            }
        }
    }

    /// A part, or what kind of thing is withheld.
    fn shown(&mut self, o: I::Obj, hidden: bool) {
        let look = I::look(o);
        if hidden { put::redacted(self.out, kind_of(look)) } else { self.value(o, look) }
    }

    /// Whether a secret begins before the cut and ends behind it.
    fn is_cut_inside(&self, o: I::Obj, max: usize) -> bool {
        let mut more = Vec::new();
        I::text(o, max.saturating_add(Redaction::BEYOND), &mut more);
        self.redaction.finds(&more)
    }

    fn told(&mut self, told: Told<'_>) {
        let text = match told {
            Told::Float(x) => return put::float(self.out, x),
            Told::Text(text) => text,
        };
        let (max, why) = self.fitting();
        if text.len() > max {
            put::cut(self.out, why, text.len() as u64);
        }
        put::str(self.out, &text[..text.floor_char_boundary(max)]);
    }
}
