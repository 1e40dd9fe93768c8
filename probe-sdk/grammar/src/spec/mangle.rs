//! The identifier spelling: `probe_fn_shop_cart_add_1item_entry` is `fn:shop.cart.add_item:entry`.
//!
//! In: either spelling. Out: the other. Never here: a look at what the words mean; `parse` does that.
//!
//! `_` separates, `_1` is `_`, `_2` is `*`, `_3` is `+`, `_4` is `#`. No part of a target starts with a digit, so a
//! separator is never taken for an escape.

use super::parse::expected_at;
use super::{Point, Spec, SpecError, options};
use crate::NAME_BYTES_MAX;

/// What marks an export as written this way.
pub(super) const PREFIX: &str = "probe_";

/// The plain spelling of an identifier.
///
/// # Errors
/// When it lacks the prefix, or holds an escape that stands for nothing.
pub fn unmangle(text: &str) -> Result<String, SpecError> {
    let Some(body) = text.strip_prefix(PREFIX) else {
        return Err(expected_at(text, 0, "the prefix `probe_`", text));
    };
    let (words, tag) = decode(text, body)?;
    let last = words.len() - 1;
    let plain = match words.as_slice() {
        [word] => match word.strip_prefix("tick") {
            Some(duration) if !duration.is_empty() => format!("tick:{duration}"),
            _ => word.clone(),
        },
        [provider, point] => format!("{provider}:{point}"),
        _ => format!("{}:{}:{}", words[0], words[1..last].join("."), words[last]),
    };
    Ok(match tag {
        Some(tag) => format!("{plain}#{tag}"),
        None => plain,
    })
}

/// The words between separators, never none, and the tag, in which a separator is a dot.
fn decode(text: &str, body: &str) -> Result<(Vec<String>, Option<String>), SpecError> {
    let mut words = vec![String::new()];
    let mut in_tag = false;
    let mut chars = body.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        let escape = if c == '_' { chars.next_if(|(_, d)| d.is_ascii_digit()) } else { None };
        match (c, escape) {
            ('_', Some((_, '4'))) if !in_tag => {
                in_tag = true;
                words.push(String::new());
            }
            ('_', Some((_, digit))) => {
                push(&mut words, escaped(digit).ok_or_else(|| bad_escape(text, PREFIX.len() + at, digit))?);
            }
            ('_', None) if !in_tag => words.push(String::new()),
            ('_', None) => push(&mut words, '.'),
            (c, _) => push(&mut words, c),
        }
    }
    let tag = if in_tag { words.pop() } else { None };
    Ok((words, tag))
}

fn push(words: &mut [String], c: char) {
    if let Some(word) = words.last_mut() {
        word.push(c);
    }
}

fn bad_escape(text: &str, at: usize, digit: char) -> SpecError {
    expected_at(text, at, "`_1` for `_`, `_2` for `*`, `_3` for `+` or `_4` for `#`", &format!("_{digit}"))
}

fn escaped(digit: char) -> Option<char> {
    match digit {
        '1' => Some('_'),
        '2' => Some('*'),
        '3' => Some('+'),
        '4' => Some('#'),
        _ => None,
    }
}

/// The identifier for a spec; `None` when it has options or a tag that no identifier can hold, or would be too long for a name.
pub fn mangle(spec: &Spec) -> Option<String> {
    if spec.options.to_string() != "" {
        return None;
    }
    let mut out = PREFIX.to_owned();
    if spec.point.has_call() {
        out.push_str("fn_");
        for part in &spec.target.parts {
            encode(&mut out, &part.to_string());
            out.push('_');
        }
    }
    out.push_str(spec.point.name());
    if let Point::Tick(ns) = spec.point {
        out.push_str(&options::duration_text(ns));
    }
    if let Some(tag) = &spec.tag {
        out.push_str("_4");
        encode_tag(&mut out, tag)?;
    }
    (out.len() <= NAME_BYTES_MAX).then_some(out)
}

fn encode(out: &mut String, part: &str) {
    for c in part.chars() {
        match c {
            '_' => out.push_str("_1"),
            '*' => out.push_str("_2"),
            c => out.push(c),
        }
    }
}

/// A dot before a digit would read as an escape, a hyphen as nothing.
fn encode_tag(out: &mut String, tag: &str) -> Option<()> {
    let mut chars = tag.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '_' => out.push_str("_1"),
            '.' if chars.peek().is_some_and(char::is_ascii_digit) => return None,
            '.' => out.push('_'),
            '-' => return None,
            c => out.push(c),
        }
    }
    Some(())
}
