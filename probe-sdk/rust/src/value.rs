//! Values as a probe holds them: 64 bits, scalars inline, everything else a handle that lasts for the firing.
//!
//! In: bits from the host. Out: kinds, scalars, errors, without a call where the bits tell. Never here: a Python object.

use waspect_abi::{Code, FALSE, Kind, LEN_ASK, NAN, NONE, TAG_ERROR, TAG_HANDLE, TAG_INT, TAG_NONE, TRUE};

use crate::sys;

/// A value of the application, of the host or of the probe itself.
///
/// Errors are values too: every read of one gives it again, so a chain of reads is looked at once, at its end, with
/// [`Value::ok`] or [`Value::error`].
#[derive(Clone, Copy, Debug)]
#[repr(transparent)]
pub struct Value(u64);

impl Value {
    /// None.
    pub const NONE: Self = Self(NONE);

    /// The bits, as docs/ABI.md has them.
    pub const fn bits(self) -> u64 {
        self.0
    }

    /// A value of these bits; the host checks what it is given.
    pub const fn from_bits(bits: u64) -> Self {
        Self(bits)
    }

    pub(crate) const fn of_bool(b: bool) -> Self {
        Self(if b { TRUE } else { FALSE })
    }

    /// An int that fits 48 bits.
    pub(crate) const fn of_short(n: i64) -> Option<Self> {
        if n << 16 >> 16 == n { Some(Self(TAG_INT << 48 | n.cast_unsigned() & 0xFFFF_FFFF_FFFF)) } else { None }
    }

    pub(crate) const fn of_float(x: f64) -> Self {
        Self(if x.is_nan() { NAN } else { x.to_bits() })
    }

    const fn tag(self) -> u64 {
        self.0 >> 48
    }

    /// What it is.
    pub fn kind(self) -> Kind {
        match self.tag() {
            TAG_NONE if self.0 == NONE => Kind::None,
            TAG_NONE => Kind::Bool,
            TAG_INT => Kind::Int,
            TAG_ERROR => Kind::Error,
            TAG_HANDLE.. => Kind::from_number((self.0 >> 40 & 0xFF) as u8).unwrap_or(Kind::Object),
            _ => Kind::Float,
        }
    }

    /// Whether it is None.
    pub const fn is_none(self) -> bool {
        self.0 == NONE
    }

    /// Whether it is a str.
    pub fn is_str(self) -> bool {
        self.kind() == Kind::Str
    }

    /// The error, if it is one.
    pub const fn error(self) -> Option<Code> {
        if self.tag() != TAG_ERROR {
            return None;
        }
        match Code::from_number((self.0 & 0xFF) as u8) {
            None => Some(Code::Internal),
            code => code,
        }
    }

    /// The value, or why there is none.
    ///
    /// # Errors
    /// What the read that made it met.
    pub const fn ok(self) -> Result<Self, Code> {
        match self.error() {
            Some(code) => Err(code),
            None => Ok(self),
        }
    }

    /// An int of at most 64 bits, exactly: neither a bool nor a float.
    pub fn as_int(self) -> Option<i64> {
        if self.tag() == TAG_INT {
            return Some((self.0 << 16).cast_signed() >> 16);
        }
        if self.kind() != Kind::Int {
            return None;
        }
        // Two defaults tell an int apart from none at all.
        let n = sys::int(self, 0);
        (n != 0 || sys::int(self, 1) == 0).then_some(n)
    }

    /// A float, or an int as one.
    pub fn as_float(self) -> Option<f64> {
        match self.kind() {
            Kind::Float if self.tag() < TAG_NONE => Some(f64::from_bits(self.0)),
            Kind::Float | Kind::Int => Some(sys::float(self, f64::NAN)).filter(|x| !x.is_nan()),
            _ => None,
        }
    }

    /// True or False.
    pub const fn as_bool(self) -> Option<bool> {
        match self.0 {
            TRUE => Some(true),
            FALSE => Some(false),
            _ => None,
        }
    }

    /// Python's `len`.
    ///
    /// # Errors
    /// KIND for what has none, and the value itself if it is an error.
    pub fn len(self) -> Result<usize, Code> {
        let inline = self.0 >> 24 & 0xFFFF;
        let sized = matches!(
            self.kind(),
            Kind::Str
                | Kind::Bytes
                | Kind::List
                | Kind::Tuple
                | Kind::Dict
                | Kind::Set
                | Kind::FrozenSet
                | Kind::ByteArray
        );
        if self.tag() == TAG_HANDLE && sized && inline != LEN_ASK {
            return Ok(inline as usize);
        }
        Status(sys::len(self)).size()
    }

    /// Whether [`Value::len`] is 0.
    ///
    /// # Errors
    /// As [`Value::len`].
    pub fn is_empty(self) -> Result<bool, Code> {
        self.len().map(|n| n == 0)
    }
}

/// How a call of the host ended: 0 or a count, or an error below zero.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(transparent)]
pub struct Status(pub(crate) i32);

impl Status {
    /// As the host gave it.
    pub const fn number(self) -> i32 {
        self.0
    }

    /// Nothing, or the error.
    ///
    /// # Errors
    /// What the host said.
    pub fn ok(self) -> Result<(), Code> {
        self.size().map(drop)
    }

    /// The count, or the error.
    pub(crate) fn size(self) -> Result<usize, Code> {
        usize::try_from(self.0).map_err(|_| self.code())
    }

    /// Yes or no, or the error.
    pub(crate) fn truth(self) -> Result<bool, Code> {
        self.size().map(|n| n != 0)
    }

    fn code(self) -> Code {
        u8::try_from(self.0.unsigned_abs()).ok().and_then(Code::from_number).unwrap_or(Code::Internal)
    }
}

/// What a probe may give.
pub trait Outcome {
    /// 0 for fine, below 0 an error of the probe's own.
    fn number(self) -> i32;
}

impl Outcome for i32 {
    fn number(self) -> i32 {
        self
    }
}
impl Outcome for Status {
    fn number(self) -> i32 {
        self.0.min(0)
    }
}
impl Outcome for Result<(), Code> {
    fn number(self) -> i32 {
        self.map_or_else(Code::status, |()| 0)
    }
}

/// The number that an export of [`probe`](macro@crate::probe) gives.
pub fn status(outcome: impl Outcome) -> i32 {
    outcome.number()
}
