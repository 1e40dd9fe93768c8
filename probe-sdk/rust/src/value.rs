//! Values as a probe holds them: 64 bits, scalars inline, everything else a handle that lasts for the firing.
//!
//! In: bits from the host. Out: kinds, scalars, errors, without a call where the bits tell. Never here: a Python object.

use waspect_abi::{Code, FALSE, Kind, LEN_ASK, NAN, NONE, TAG_ERROR, TAG_HANDLE, TAG_INT, TAG_NONE, TRUE};

use crate::sys;

/// A value of the application, of the host or of the probe itself.
///
/// Errors are values too: every read of one gives it again, so a chain of reads is looked at once, at its end, with
/// [`Value::ok`] or [`Value::error`].
///
/// ```
/// # use waspect_probe::*;
/// # Firing::new().arg("user", Py::object("shop.User", [("name", "Ada")])).fire(|| {
/// let last = get!("user.basket.items").at(-1);
/// assert_eq!(last.error(), Some(Code::Absent)); // the first read that failed
/// assert!(get!("user.name").ok().is_ok());
/// # });
/// ```
#[derive(Clone, Copy, Debug)]
#[repr(transparent)]
pub struct Value(u64);

impl Value {
    /// None.
    ///
    /// ```
    /// # use waspect_probe::*;
    /// # Firing::new().fire(|| {
    /// assert!(Value::NONE.is_none());
    /// # });
    /// ```
    pub const NONE: Self = Self(NONE);

    /// The bits, as docs/ABI.md has them.
    ///
    /// ```
    /// # use waspect_probe::*;
    /// # Firing::new().arg("x", 7).fire(|| {
    /// assert_eq!(arg(0).bits(), 0xFFF9_0000_0000_0007);
    /// # });
    /// ```
    pub const fn bits(self) -> u64 {
        self.0
    }

    /// A value of these bits; the host checks what it is given.
    ///
    /// ```
    /// # use waspect_probe::*;
    /// # Firing::new().fire(|| {
    /// assert_eq!(Value::from_bits(0xFFF9_0000_0000_0007).as_int(), Some(7));
    /// # });
    /// ```
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
    ///
    /// ```
    /// # use waspect_probe::*;
    /// # Firing::new().arg("user", Py::object("shop.User", [("name", "Ada")])).fire(|| {
    /// assert_eq!(arg(0).kind(), Kind::Object);
    /// assert_eq!(arg(9).kind(), Kind::Error);
    /// # });
    /// ```
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
    ///
    /// ```
    /// # use waspect_probe::*;
    /// # Firing::new().arg("x", ()).fire(|| {
    /// assert!(arg(0).is_none() && !arg(9).is_none());
    /// # });
    /// ```
    pub const fn is_none(self) -> bool {
        self.0 == NONE
    }

    /// Whether it is a str.
    ///
    /// ```
    /// # use waspect_probe::*;
    /// # Firing::new().arg("name", "Ada").fire(|| {
    /// assert!(arg(0).is_str());
    /// # });
    /// ```
    pub fn is_str(self) -> bool {
        self.kind() == Kind::Str
    }

    /// The error, if it is one.
    ///
    /// ```
    /// # use waspect_probe::*;
    /// # Firing::new().arg("user", Py::object("shop.User", [("name", "Ada")])).fire(|| {
    /// assert_eq!(get!("user.age").error(), Some(Code::Absent));
    /// # });
    /// ```
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
    ///
    /// ```
    /// # use waspect_probe::*;
    /// fn named() -> Result<(), Code> {
    ///     let name = get!("user.name").ok()?;
    ///     capture!(name);
    ///     Ok(())
    /// }
    /// # assert_eq!(Firing::new().fire(named).status, Code::Absent.status());
    /// ```
    pub const fn ok(self) -> Result<Self, Code> {
        match self.error() {
            Some(code) => Err(code),
            None => Ok(self),
        }
    }

    /// An int of at most 64 bits, exactly: neither a bool nor a float.
    ///
    /// ```
    /// # use waspect_probe::*;
    /// # Firing::new().arg("n", -3).arg("x", 1.5).arg("b", true).fire(|| {
    /// assert_eq!(arg(0).as_int(), Some(-3));
    /// assert_eq!((arg(1).as_int(), arg(2).as_int()), (None, None));
    /// # });
    /// ```
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
    ///
    /// ```
    /// # use waspect_probe::*;
    /// # Firing::new().arg("n", 3).arg("x", 1.5).fire(|| {
    /// assert_eq!((arg(0).as_float(), arg(1).as_float()), (Some(3.0), Some(1.5)));
    /// # });
    /// ```
    pub fn as_float(self) -> Option<f64> {
        match self.kind() {
            Kind::Float if self.tag() < TAG_NONE => Some(f64::from_bits(self.0)),
            Kind::Float | Kind::Int => Some(sys::float(self, f64::NAN)).filter(|x| !x.is_nan()),
            _ => None,
        }
    }

    /// True or False.
    ///
    /// ```
    /// # use waspect_probe::*;
    /// # Firing::new().arg("b", true).arg("n", 1).fire(|| {
    /// assert_eq!((arg(0).as_bool(), arg(1).as_bool()), (Some(true), None));
    /// # });
    /// ```
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
    ///
    /// ```
    /// # use waspect_probe::*;
    /// # Firing::new().arg("xs", Py::list([10, 20, 30])).arg("n", 7).fire(|| {
    /// assert_eq!((arg(0).len(), arg(1).len()), (Ok(3), Err(Code::Kind)));
    /// # });
    /// ```
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
    ///
    /// ```
    /// # use waspect_probe::*;
    /// # Firing::new().arg("s", "").fire(|| {
    /// assert_eq!(arg(0).is_empty(), Ok(true));
    /// # });
    /// ```
    pub fn is_empty(self) -> Result<bool, Code> {
        self.len().map(|n| n == 0)
    }
}

/// How a call of the host ended: 0 or a count, or an error below zero.
///
/// ```
/// # use waspect_probe::*;
/// # Firing::new().fire(|| {
/// let status: Status = log(Level::Info, "seen");
/// assert_eq!(status.ok(), Ok(()));
/// # });
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(transparent)]
pub struct Status(pub(crate) i32);

impl Status {
    /// As the host gave it.
    ///
    /// ```
    /// # use waspect_probe::*;
    /// # Firing::new().fire(|| {
    /// assert_eq!(map_del!("stock", "book").number(), 0); // there was no such key
    /// # });
    /// ```
    pub const fn number(self) -> i32 {
        self.0
    }

    /// Nothing, or the error.
    ///
    /// # Errors
    /// What the host said.
    ///
    /// ```
    /// # use waspect_probe::*;
    /// # Firing::new().fire(|| {
    /// assert_eq!(field("", 1).ok(), Err(Code::Range)); // a field has a name
    /// # });
    /// ```
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
///
/// ```
/// # use waspect_probe::*;
/// fn told() -> Status {
///     capture!(args = get!("args"))
/// }
/// fn checked() -> Result<(), Code> {
///     get!("arg0").ok().map(drop)
/// }
/// assert_eq!(Firing::new().fire(told).status, 0);
/// assert_eq!(Firing::new().fire(checked).status, -1); // ABSENT: a fault of the probe's own
/// ```
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
///
/// ```
/// # use waspect_probe::*;
/// assert_eq!(status(Err(Code::Range)), -9);
/// assert_eq!(status(Ok(())), 0);
/// ```
pub fn status(outcome: impl Outcome) -> i32 {
    outcome.number()
}
