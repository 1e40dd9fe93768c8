//! A call stack for people: a line for each frame, the innermost first.
//!
//! In: a value. Out: its lines, if it is a stack. Never here: how far they are indented; a control character.

use super::text::clean;
use crate::value::Value;

/// A stack's lines; nothing for any other value. Of one that was cut the last line says so.
pub fn lines(v: &Value) -> Option<Vec<String>> {
    match v {
        Value::Stack(frames) => Some(frames.iter().map(frame).collect()),
        Value::Cut(why, _, inner) => {
            let mut lines = lines(inner)?;
            lines.push(format!("…<{}>", why.name()));
            Some(lines)
        }
        _ => None,
    }
}

fn frame(v: &Value) -> String {
    match v {
        Value::Str(text) => clean(text).into_owned(),
        other => super::text::value(other, super::text::Unit::Plain),
    }
}
