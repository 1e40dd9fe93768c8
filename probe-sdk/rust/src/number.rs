//! What may stand where a value or a number is wanted: numbers, text, tuples, options.
//!
//! In: a Rust value. Out: a [`Value`], or an `f64`. Never here: a rounding that nobody asked for.

use core::time::Duration;

use waspect_abi::Code;

use crate::value::Value;
use crate::{Status, sys};

/// What can be captured, kept, and used as a key.
///
/// ```
/// # use waspect_probe::*;
/// # fn f() {
/// count!("calls", ("GET", 200, true)); // a tuple of a text, a number and a bool
/// count!("calls", arg(0).text::<8>().as_ref().map_err(|code| *code)); // a Result: the text, or the error
/// assert!(None::<i64>.into_value().is_none());
/// assert_eq!(u64::MAX.into_value().error(), Some(Code::Range));
/// # }
/// # assert_eq!(Firing::new().fire(f).count("calls", Py::Tuple(vec!["GET".into(), 200.into(), true.into()])), 1);
/// ```
pub trait IntoValue {
    /// The same as the host sees it.
    ///
    /// ```
    /// # use waspect_probe::*;
    /// # Firing::new().fire(|| {
    /// assert_eq!(7.into_value().as_int(), Some(7));
    /// # });
    /// ```
    fn into_value(self) -> Value;
}

/// What can be summed up, averaged and put into a histogram. Of a value that is no number, NaN, which is in no bucket.
///
/// ```
/// # use waspect_probe::*;
/// # fn f() {
/// quantize!("seconds", (), core::time::Duration::from_micros(2)); // in nanoseconds
/// sum!("prices", (), arg(0));
/// assert!(Value::NONE.into_number().is_nan());
/// # }
/// # assert_eq!(Firing::new().arg("price", 2.5).fire(f).numbers("prices", ()), [2.5]);
/// ```
pub trait IntoNumber {
    /// As a float.
    ///
    /// ```
    /// # use waspect_probe::IntoNumber;
    /// assert_eq!(7_i64.into_number(), 7.0);
    /// ```
    fn into_number(self) -> f64;
}

macro_rules! ints {
    ($($int:ty),*) => {$(
        impl IntoValue for $int {
            fn into_value(self) -> Value {
                // Beyond 64 signed bits there is nothing that an import would take.
                i64::try_from(self).map_or(Value::from_bits(Code::Range.value()), int)
            }
        }
        impl IntoNumber for $int {
            fn into_number(self) -> f64 {
                self as f64
            }
        }
    )*};
}
ints!(i8, u8, i16, u16, i32, u32, i64, u64, isize, usize);

fn int(n: i64) -> Value {
    Value::of_short(n).unwrap_or_else(|| sys::int_new(n))
}

impl IntoValue for Value {
    fn into_value(self) -> Value {
        self
    }
}
impl IntoValue for bool {
    fn into_value(self) -> Value {
        Value::of_bool(self)
    }
}
impl IntoValue for f64 {
    fn into_value(self) -> Value {
        Value::of_float(self)
    }
}
/// Nothing is None, as a key: no key.
impl IntoValue for () {
    fn into_value(self) -> Value {
        Value::NONE
    }
}
impl IntoValue for &str {
    fn into_value(self) -> Value {
        sys::str_new(self)
    }
}
impl IntoValue for &[u8] {
    fn into_value(self) -> Value {
        sys::bytes_new(self)
    }
}
impl<T: IntoValue> IntoValue for Option<T> {
    fn into_value(self) -> Value {
        self.map_or(Value::NONE, T::into_value)
    }
}
impl<T: IntoValue> IntoValue for Result<T, Code> {
    fn into_value(self) -> Value {
        self.map_or_else(|code| Value::from_bits(code.value()), T::into_value)
    }
}
impl IntoValue for Status {
    fn into_value(self) -> Value {
        self.number().into_value()
    }
}
/// In nanoseconds.
impl IntoValue for Duration {
    fn into_value(self) -> Value {
        i64::try_from(self.as_nanos()).map_err(|_| Code::Range).into_value()
    }
}
impl<A: IntoValue, B: IntoValue> IntoValue for (A, B) {
    fn into_value(self) -> Value {
        sys::tuple2(self.0.into_value(), self.1.into_value())
    }
}
impl<A: IntoValue, B: IntoValue, C: IntoValue> IntoValue for (A, B, C) {
    fn into_value(self) -> Value {
        sys::tuple3(self.0.into_value(), self.1.into_value(), self.2.into_value())
    }
}
impl<A: IntoValue, B: IntoValue, C: IntoValue, D: IntoValue> IntoValue for (A, B, C, D) {
    fn into_value(self) -> Value {
        sys::tuple4(self.0.into_value(), self.1.into_value(), self.2.into_value(), self.3.into_value())
    }
}

impl IntoNumber for f64 {
    fn into_number(self) -> f64 {
        self
    }
}
impl IntoNumber for Value {
    fn into_number(self) -> f64 {
        self.as_float().unwrap_or(f64::NAN)
    }
}
/// In nanoseconds.
impl IntoNumber for Duration {
    fn into_number(self) -> f64 {
        self.as_nanos() as f64
    }
}
