//! Text in a probe's own memory, of a capacity that is known when it is compiled.
//!
//! In: a value, or pieces that are written. Out: `&str`. Never here: an allocation, half a code point.

use core::fmt;

use waspect_abi::Code;

use crate::{Status, Value, sys};

/// At most `N` bytes of text. `write!` into it formats; what does not fit is left out.
///
/// ```
/// # use std::fmt::Write as _;
/// # use waspect_probe::{Firing, Text, arg};
/// # fn f() {
/// let name: Text<16> = arg(0).text().unwrap();
/// assert_eq!(name.as_str(), "Ada");
/// let mut line = Text::<8>::new();
/// let _ = write!(line, "{} items", 1_000);
/// assert_eq!((line.as_str(), line.is_whole()), ("1000 ite", false));
/// # }
/// # Firing::new().arg("x", "Ada").fire(f);
/// ```
#[derive(Clone, Copy)]
pub struct Text<const N: usize> {
    bytes: [u8; N],
    len: usize,
    whole: bool,
}

impl<const N: usize> Text<N> {
    /// No text.
    ///
    /// ```
    /// # use waspect_probe::Text;
    /// assert_eq!(Text::<8>::new().as_str(), "");
    /// ```
    pub const fn new() -> Self {
        Self { bytes: [0; N], len: 0, whole: true }
    }

    /// What is there.
    ///
    /// ```
    /// # use waspect_probe::*;
    /// # Firing::new().arg("name", "Ada").fire(|| {
    /// let name: Text<8> = arg(0).text().unwrap();
    /// assert_eq!(name.as_str(), "Ada");
    /// # });
    /// ```
    pub fn as_str(&self) -> &str {
        self.bytes.get(..self.len).and_then(|bytes| core::str::from_utf8(bytes).ok()).unwrap_or("")
    }

    /// Whether nothing was left out.
    ///
    /// ```
    /// # use waspect_probe::*;
    /// # Firing::new().arg("name", "Ada Lovelace").fire(|| {
    /// let name: Text<3> = arg(0).text().unwrap();
    /// assert_eq!((name.as_str(), name.is_whole()), ("Ada", false));
    /// # });
    /// ```
    pub const fn is_whole(&self) -> bool {
        self.whole
    }

    /// What a function of the host wrote into the bytes it was given; it says how long the whole is.
    pub(crate) fn filled(fill: impl FnOnce(&mut [u8]) -> i32) -> Result<Self, Code> {
        let mut text = Self::new();
        let size = Status(fill(&mut text.bytes)).size()?;
        text.len = size.min(N);
        text.whole = size <= N;
        // The host cuts at a code point, so that what is behind it is zeros of our own.
        while text.len > 0 && !text.whole && core::str::from_utf8(&text.bytes[..text.len]).is_err() {
            text.len -= 1;
        }
        Ok(text)
    }
}

impl<const N: usize> Default for Text<N> {
    fn default() -> Self {
        Self::new()
    }
}

impl<const N: usize> fmt::Write for Text<N> {
    fn write_str(&mut self, s: &str) -> fmt::Result {
        let front = s.floor_char_boundary(N - self.len);
        self.whole &= front == s.len();
        if let (true, Some(place)) = (front > 0, self.bytes.get_mut(self.len..self.len + front)) {
            place.copy_from_slice(&s.as_bytes()[..front]);
            self.len += front;
        }
        Ok(())
    }
}

impl<const N: usize> fmt::Debug for Text<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

impl<const N: usize> fmt::Display for Text<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl<const N: usize> crate::IntoValue for &Text<N> {
    fn into_value(self) -> Value {
        sys::str_new(self.as_str())
    }
}
