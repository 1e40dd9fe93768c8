//! Text for a terminal that has no more than ASCII: our signs as one ASCII character each, so that columns stay.
//!
//! In: text. Out: ASCII. Never here: a change of width, for what the application's text takes is kept too.

use std::io::{self, Write};

use unicode_width::UnicodeWidthChar;

/// The same text in ASCII. Bars are of `@`; less than half of one is `-`.
pub fn text(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            c if c.is_ascii() => out.push(c),
            '█' | '▉' | '▊' | '▋' | '▌' => out.push('@'),
            '▍' | '▎' | '▏' => out.push('-'),
            'µ' => out.push('u'),
            '…' => out.push('~'),
            '⋮' => out.push(':'),
            '≥' => out.push('>'),
            '∞' => out.push('i'),
            other => (0..other.width().unwrap_or(0)).for_each(|_| out.push('?')),
        }
    }
    out
}

/// A writer of such text.
pub struct Ascii<W>(W);

impl<W: Write> Ascii<W> {
    pub const fn new(out: W) -> Self {
        Self(out)
    }
}

impl<W: Write> Write for Ascii<W> {
    /// What is written in one piece is whole characters: formatting and `write_all` give `str`s as they are.
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write_all(text(&String::from_utf8_lossy(bytes)).as_bytes())?;
        Ok(bytes.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}
