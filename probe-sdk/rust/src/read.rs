//! Reads inside values, and arithmetic on them: what the host does for a probe, as methods.
//!
//! In: values. Out: values, answers, text in the probe's memory. Never here: a call of the application's code; what would
//! need one is the error CODE.

use core::cmp::Ordering;
use core::ops::{Add, Div, Mul, Neg, Rem, Sub};

use waspect_abi::Code;

use crate::{IntoValue, Status, Text, Value, sys};

/// How much of a tree is taken: what is 0 is as the budget says.
///
/// ```
/// # use waspect_probe::Limits;
/// let flat = Limits { depth: 1, items: 10, str_bytes: 64 };
/// assert_eq!(flat.number(), 1 | 10 << 8 | 64 << 20);
/// ```
#[derive(Clone, Copy, Default, Debug)]
pub struct Limits {
    /// Levels of containers, at most 255.
    pub depth: u8,
    /// Items of each container, at most 4095.
    pub items: u16,
    /// Bytes of each str, at most 4095.
    pub str_bytes: u16,
}

impl Limits {
    /// As the imports take it.
    ///
    /// ```
    /// # use waspect_probe::Limits;
    /// assert_eq!(Limits { depth: 2, ..Limits::default() }.number(), 2);
    /// ```
    pub fn number(self) -> i32 {
        i32::from(self.depth) | i32::from(self.items.min(0xFFF)) << 8 | i32::from(self.str_bytes.min(0xFFF)) << 20
    }
}

impl Value {
    /// Python's truth of builtin kinds; objects are true, errors false.
    ///
    /// ```
    /// # use waspect_probe::*;
    /// # Firing::new().arg("s", "").arg("n", 1).fire(|| {
    /// assert!(!arg(0).is_truthy() && arg(1).is_truthy());
    /// # });
    /// ```
    pub fn is_truthy(self) -> bool {
        sys::truthy(self) > 0
    }

    /// A copy of a str, as much of it as fits.
    ///
    /// # Errors
    /// KIND for what is no str, and the value itself if it is an error.
    ///
    /// ```
    /// # use waspect_probe::*;
    /// # Firing::new().arg("name", "Ada").fire(|| {
    /// let name = arg(0).text::<16>().unwrap();
    /// assert_eq!(name.as_str(), "Ada");
    /// assert_eq!(Value::NONE.text::<16>().err(), Some(Code::Kind));
    /// # });
    /// ```
    pub fn text<const N: usize>(self) -> Result<Text<N>, Code> {
        Text::filled(|place| sys::str_copy(self, place))
    }

    /// One line as Python would write it, with objects by their type: `<shop.User>`.
    ///
    /// # Errors
    /// The value itself if it is an error.
    ///
    /// ```
    /// # use waspect_probe::*;
    /// # Firing::new().arg("xs", Py::list([10, 20, 30])).fire(|| {
    /// assert_eq!(arg(0).shown::<64>().unwrap().as_str(), "[10, 20, 30]");
    /// # });
    /// ```
    pub fn shown<const N: usize>(self) -> Result<Text<N>, Code> {
        Text::filled(|place| sys::show(self, place))
    }

    /// Copies bytes as far as there is room, and gives how many there are.
    ///
    /// # Errors
    /// KIND for what is no bytes or bytearray.
    ///
    /// ```
    /// # use waspect_probe::*;
    /// # Firing::new().arg("body", &b"abcd"[..]).fire(|| {
    /// let mut front = [0; 2];
    /// assert_eq!(arg(0).bytes(&mut front), Ok(4));
    /// assert_eq!(&front, b"ab");
    /// # });
    /// ```
    pub fn bytes(self, to: &mut [u8]) -> Result<usize, Code> {
        Status(sys::bytes(self, to)).size()
    }

    /// Writes a MessagePack tree of it as far as there is room, and gives how long the whole is.
    ///
    /// # Errors
    /// The value itself if it is an error.
    ///
    /// ```
    /// # use waspect_probe::*;
    /// # Firing::new().arg("pair", Py::dict([("x", 1)])).fire(|| {
    /// let mut tree = [0; 64];
    /// let n = arg(0).snapshot(&mut tree, Limits::default()).unwrap();
    /// assert_eq!(&tree[..n], b"\x81\xa1x\x01");
    /// assert_eq!(arg(9).snapshot(&mut tree, Limits::default()), Err(Code::Absent));
    /// # });
    /// ```
    pub fn snapshot(self, to: &mut [u8], limits: Limits) -> Result<usize, Code> {
        Status(sys::snapshot(self, to, limits.number())).size()
    }

    /// Whether it is exactly this text; what is no str is not.
    ///
    /// # Errors
    /// LIMIT for text that is too long to compare.
    ///
    /// ```
    /// # use waspect_probe::*;
    /// # Firing::new().arg("name", "Ada").fire(|| {
    /// assert_eq!((arg(0).is_text("Ada"), Value::NONE.is_text("Ada")), (Ok(true), Ok(false)));
    /// # });
    /// ```
    pub fn is_text(self, text: &str) -> Result<bool, Code> {
        Status(sys::str_eq(self, text)).truth()
    }

    /// Whether a str begins with this.
    ///
    /// # Errors
    /// KIND for what is no str, LIMIT for text that is too long to search.
    ///
    /// ```
    /// # use waspect_probe::*;
    /// # Firing::new().arg("path", "/cart/7").fire(|| {
    /// assert_eq!(arg(0).starts_with("/cart/"), Ok(true));
    /// # });
    /// ```
    pub fn starts_with(self, text: &str) -> Result<bool, Code> {
        Status(sys::str_test(self, text, 0)).truth()
    }

    /// Whether a str ends with this.
    ///
    /// # Errors
    /// As [`Value::starts_with`].
    ///
    /// ```
    /// # use waspect_probe::*;
    /// # Firing::new().arg("file", "a.png").fire(|| {
    /// assert_eq!(arg(0).ends_with(".png"), Ok(true));
    /// # });
    /// ```
    pub fn ends_with(self, text: &str) -> Result<bool, Code> {
        Status(sys::str_test(self, text, 1)).truth()
    }

    /// Whether a str has this inside.
    ///
    /// # Errors
    /// As [`Value::starts_with`].
    ///
    /// ```
    /// # use waspect_probe::*;
    /// # Firing::new().arg("sql", "SELECT 1").fire(|| {
    /// assert_eq!(arg(0).has_text("SELECT"), Ok(true));
    /// assert_eq!(Value::NONE.has_text("SELECT"), Err(Code::Kind));
    /// # });
    /// ```
    pub fn has_text(self, text: &str) -> Result<bool, Code> {
        Status(sys::str_test(self, text, 2)).truth()
    }

    /// xxh64 with seed 0 of a str's UTF-8; 0 for no str.
    ///
    /// ```
    /// # use waspect_probe::*;
    /// # Firing::new().arg("s", "").arg("n", 1).fire(|| {
    /// assert_eq!(arg(0).text_hash(), 0xEF46_DB37_51D8_E999);
    /// assert_eq!(arg(1).text_hash(), 0);
    /// # });
    /// ```
    pub fn text_hash(self) -> u64 {
        sys::str_hash(self).cast_unsigned()
    }

    /// Its class, as a value.
    ///
    /// ```
    /// # use waspect_probe::*;
    /// # Firing::new().arg("user", Py::object("shop.User", [("name", "Ada")])).fire(|| {
    /// count!("classes", arg(0).class());
    /// # });
    /// ```
    pub fn class(self) -> Self {
        sys::class(self)
    }

    /// The qualified name of its class, `shop.User`, as a value.
    ///
    /// ```
    /// # use waspect_probe::*;
    /// # Firing::new().arg("user", Py::object("shop.User", [("name", "Ada")])).fire(|| {
    /// assert_eq!(arg(0).type_name().is_text("shop.User"), Ok(true));
    /// # });
    /// ```
    pub fn type_name(self) -> Self {
        sys::type_name(self)
    }

    /// A number that is the object's own while it lives, under a secret of the process; an error is its code below zero.
    ///
    /// ```
    /// # use waspect_probe::*;
    /// # Firing::new().arg("user", Py::object("shop.User", [("name", "Ada")])).fire(|| {
    /// assert_eq!(arg(0).ident(), arg(0).ident());
    /// assert_eq!(arg(9).ident(), Code::Absent.status().into());
    /// # });
    /// ```
    pub fn ident(self) -> i64 {
        sys::ident(self)
    }

    /// Whether both are one object.
    ///
    /// # Errors
    /// The first that is an error.
    ///
    /// ```
    /// # use waspect_probe::*;
    /// # Firing::new().arg("user", Py::object("shop.User", [("name", "Ada")])).fire(|| {
    /// assert_eq!(arg(0).is(arg(0)), Ok(true));
    /// assert_eq!(arg(0).is(arg(9)), Err(Code::Absent));
    /// # });
    /// ```
    pub fn is(self, other: Self) -> Result<bool, Code> {
        Status(sys::is(self, other)).truth()
    }

    /// Whether both are equal, as builtin kinds are.
    ///
    /// # Errors
    /// CODE where equality is the application's, LIMIT for what is too long.
    ///
    /// ```
    /// # use waspect_probe::*;
    /// # Firing::new().arg("n", 7).fire(|| {
    /// assert_eq!(arg(0).equals(7), Ok(true));
    /// assert_eq!(arg(0).equals("7"), Ok(false));
    /// assert_eq!(arg(9).equals(7), Err(Code::Absent));
    /// # });
    /// ```
    pub fn equals(self, other: impl IntoValue) -> Result<bool, Code> {
        Status(sys::eq(self, other.into_value())).truth()
    }

    /// The order of numbers, text and sequences; none for what has no order, or is an error.
    ///
    /// An error is never less: the import answers it with the error's code below zero, and ABSENT is -1, as less is. So
    /// both sides are looked at before it is asked, and whoever wants the error takes it from [`Value::ok`].
    ///
    /// ```
    /// use core::cmp::Ordering;
    /// # use waspect_probe::*;
    /// # Firing::new().arg("price", 7).fire(|| {
    /// assert_eq!(arg(0).compare(9.5), Some(Ordering::Less));
    /// assert_eq!(arg(0).compare("9.5"), None); // no order
    /// assert_eq!((arg(9).compare(1), arg(0).compare(arg(9))), (None, None)); // absent, so not less
    /// # });
    /// ```
    pub fn compare(self, other: impl IntoValue) -> Option<Ordering> {
        let other = other.into_value();
        // An error's status may look like an order: ABSENT is -1. Of two values that are none, -1 is always an order.
        if self.error().or(other.error()).is_some() {
            return None;
        }
        match sys::cmp(self, other) {
            -1 => Some(Ordering::Less),
            0 => Some(Ordering::Equal),
            1 => Some(Ordering::Greater),
            _ => None,
        }
    }

    /// Python's `item in self`.
    ///
    /// # Errors
    /// KIND for what is no builtin container, CODE where it is the application's.
    ///
    /// ```
    /// # use waspect_probe::*;
    /// # Firing::new().arg("xs", Py::list([10, 20, 30])).fire(|| {
    /// assert_eq!(arg(0).contains(20), Ok(true));
    /// assert_eq!(Value::NONE.contains(20), Err(Code::Kind));
    /// # });
    /// ```
    pub fn contains(self, item: impl IntoValue) -> Result<bool, Code> {
        Status(sys::within(item.into_value(), self)).truth()
    }

    /// An attribute, by a name that is computed; [`attr!`](crate::attr!) is for one that is not.
    ///
    /// ```
    /// # use waspect_probe::*;
    /// # Firing::new().arg("user", Py::object("shop.User", [("name", "Ada")])).fire(|| {
    /// assert_eq!(arg(0).attr("name").is_text("Ada"), Ok(true));
    /// # });
    /// ```
    pub fn attr(self, name: &str) -> Self {
        sys::attr(self, name)
    }

    /// An item by key.
    ///
    /// ```
    /// # use waspect_probe::*;
    /// # Firing::new().arg("stock", Py::dict([("book", 3)])).fire(|| {
    /// assert_eq!(arg(0).item("book").as_int(), Some(3));
    /// # });
    /// ```
    pub fn item(self, key: impl IntoValue) -> Self {
        sys::item(self, key.into_value())
    }

    /// An item by position, from the end if negative.
    ///
    /// ```
    /// # use waspect_probe::*;
    /// # Firing::new().arg("xs", Py::list([10, 20, 30])).fire(|| {
    /// assert_eq!((arg(0).at(0).as_int(), arg(0).at(-1).as_int()), (Some(10), Some(30)));
    /// # });
    /// ```
    pub fn at(self, i: i32) -> Self {
        sys::at(self, i)
    }

    /// What stands between two positions; `i32::MAX` is the end.
    ///
    /// ```
    /// # use waspect_probe::*;
    /// # Firing::new().arg("xs", Py::list([10, 20, 30])).fire(|| {
    /// assert_eq!(arg(0).slice(1, i32::MAX).len(), Ok(2));
    /// # });
    /// ```
    pub fn slice(self, from: i32, to: i32) -> Self {
        sys::slice(self, from, to)
    }

    /// Steps that are computed; [`path!`](macro@crate::path) is for those that are not.
    ///
    /// ```
    /// # use waspect_probe::*;
    /// # Firing::new().arg("user", Py::object("shop.User", [("name", "Ada")])).fire(|| {
    /// assert_eq!(arg(0).path(".name").len(), Ok(3));
    /// # });
    /// ```
    pub fn path(self, steps: &str) -> Self {
        sys::path(self, steps)
    }

    /// Keys and values of a dict, positions and items of a sequence or set, names and fields of an object.
    ///
    /// ```
    /// # use waspect_probe::{Firing, Py, arg};
    /// # fn f() {
    /// let total: i64 = arg(0).entries().filter_map(|(_, price)| price.as_int()).sum();
    /// assert_eq!(total, 30);
    /// # }
    /// # Firing::new().arg("prices", Py::dict([("a", 10), ("b", 20)])).fire(f);
    /// ```
    pub fn entries(self) -> Entries {
        Entries { of: self, next: 0 }
    }

    /// As an int: of a float its whole part, of text its decimal.
    ///
    /// ```
    /// # use waspect_probe::*;
    /// # Firing::new().arg("s", "42").arg("x", 7.9).fire(|| {
    /// assert_eq!((arg(0).to_int().as_int(), arg(1).to_int().as_int()), (Some(42), Some(7)));
    /// assert_eq!(Value::NONE.to_int().error(), Some(Code::Kind));
    /// # });
    /// ```
    pub fn to_int(self) -> Self {
        sys::to_int(self)
    }

    /// As a float.
    ///
    /// ```
    /// # use waspect_probe::*;
    /// # Firing::new().arg("s", "1.5").fire(|| {
    /// assert_eq!(arg(0).to_float().as_float(), Some(1.5));
    /// # });
    /// ```
    pub fn to_float(self) -> Self {
        sys::to_float(self)
    }

    /// As a str.
    ///
    /// ```
    /// # use waspect_probe::*;
    /// # Firing::new().arg("n", 7).fire(|| {
    /// assert_eq!(arg(0).to_str().is_text("7"), Ok(true));
    /// # });
    /// ```
    pub fn to_str(self) -> Self {
        sys::to_str(self)
    }
}

/// Keys and values, in order. See [`Value::entries`].
///
/// ```
/// # use waspect_probe::*;
/// # Firing::new().arg("xs", Py::list([10, 20, 30])).fire(|| {
/// let mut entries = arg(0).entries();
/// let (position, item) = entries.next().unwrap();
/// assert_eq!((position.as_int(), item.as_int()), (Some(0), Some(10)));
/// assert_eq!(arg(9).entries().count(), 0); // of an error, nothing
/// # });
/// ```
#[derive(Clone, Debug)]
pub struct Entries {
    of: Value,
    next: i32,
}

impl Iterator for Entries {
    type Item = (Value, Value);

    fn next(&mut self) -> Option<Self::Item> {
        let key = sys::entry_key(self.of, self.next).ok().ok()?;
        let value = sys::entry_val(self.of, self.next);
        self.next += 1;
        Some((key, value))
    }
}

/// Python's arithmetic; a result beyond 64 bits and a division by zero are the error RANGE, other kinds KIND.
macro_rules! operators {
    ($($operator:ident $method:ident;)*) => {$(
        impl<T: IntoValue> $operator<T> for Value {
            type Output = Self;
            fn $method(self, other: T) -> Self {
                sys::$method(self, other.into_value())
            }
        }
    )*};
}
operators! {
    Add add;
    Sub sub;
    Mul mul;
    Div div;
    Rem rem;
}

impl Neg for Value {
    type Output = Self;
    fn neg(self) -> Self {
        sys::neg(self)
    }
}
