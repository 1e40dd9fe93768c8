//! Text to [`Spec`]: the grammar of `docs/ABI.md`, "Attach points", complete and strict.
//!
//! In: an export's name or an operator's argument. Out: a [`Spec`], or the byte at which it stops being one.
//! Never here: leniency. What is reserved for later is recognised and refused by name.

use std::str::FromStr;

use super::{Options, Point, Problem, Spec, SpecError, Target, mangle, options};
use crate::{NAME_BYTES_MAX, TICK_NS_MIN};

/// Providers and what follows them, known and not there yet.
const PROVIDERS_LATER: &[&str] = &["line", "py", "exc"];
const POINTS_LATER: &[&str] = &["yield", "resume"];

impl FromStr for Spec {
    type Err = SpecError;

    /// Parses the plain spelling `fn:a.b:entry` or the identifier spelling `probe_fn_a_b_entry`.
    fn from_str(text: &str) -> Result<Self, SpecError> {
        whole(text)?;
        match text.strip_prefix(mangle::PREFIX) {
            Some(_) => plain(&mangle::unmangle(text)?),
            None => plain(text),
        }
    }
}

/// What can be said of the text before its parts are looked at.
fn whole(text: &str) -> Result<(), SpecError> {
    if text.len() > NAME_BYTES_MAX {
        return Err(SpecError::new(text, 0, Problem::Long { found: text.len(), max: NAME_BYTES_MAX }));
    }
    match text.char_indices().find(|(_, c)| c.is_whitespace() || c.is_control()) {
        Some((at, c)) => Err(SpecError::new(text, at, Problem::Space(c))),
        None => Ok(()),
    }
}

fn plain(text: &str) -> Result<Spec, SpecError> {
    let (rest, tag) = match text.split_once('#') {
        Some((rest, tag)) => (rest, Some(parse_tag(text, tag)?)),
        None => (text, None),
    };
    let (place, options) = match rest.split_once('?') {
        Some((place, opts)) => (place, Some(opts)),
        None => (rest, None),
    };
    let (target, point) = parse_place(text, place)?;
    let options = options.map_or(Ok(Options::default()), |opts| options::parse(text, opts))?;
    let at_options = offset(text, rest) + place.len();
    if options.min_ns.is_some() && point == Point::Entry {
        return Err(SpecError::new(text, at_options, Problem::MinAtEntry));
    }
    if !point.has_call() && options != (Options { fuel: options.fuel, ..Options::default() }) {
        return Err(SpecError::new(text, at_options, Problem::OnlyFuel(point.name())));
    }
    Ok(Spec { target, point, options, tag })
}

/// `begin`, `end`, `tick:5s`; `None` is another provider.
fn parse_callless(text: &str, place: &str) -> Option<Result<Point, SpecError>> {
    let (provider, rest) = place.split_once(':').map_or((place, None), |(provider, rest)| (provider, Some(rest)));
    let at = provider.len();
    Some(match (provider, rest) {
        ("begin", None) => Ok(Point::Begin),
        ("end", None) => Ok(Point::End),
        ("begin" | "end", Some(rest)) => Err(expected_at(text, at, "nothing after `begin` or `end`", rest)),
        ("tick", None) => Err(expected_at(text, at, "`:` and a duration such as `5s`", "")),
        ("tick", Some(rest)) => match options::duration(rest).filter(|&ns| ns >= TICK_NS_MIN) {
            Some(ns) => Ok(Point::Tick(ns)),
            None => Err(expected_at(text, at + 1, "a duration such as `5s`, from `1ms` on", rest)),
        },
        _ => return None,
    })
}

/// `begin`, `end`, `tick:DURATION`, or `fn:TARGET:POINT`; a colon inside the target is the border of module and function, and only a way to write a dot.
fn parse_place(text: &str, place: &str) -> Result<(Target, Point), SpecError> {
    if let Some(point) = parse_callless(text, place) {
        return Ok((Target { parts: Vec::new() }, point?));
    }
    let rest = parse_provider(text, place)?;
    let Some((target, point)) = rest.rsplit_once(':') else {
        let expected = "`:` and a point after the target";
        return Err(expected_at(text, text.len().min(place.len()), expected, ""));
    };
    let point = parse_point(text, point)?;
    Ok((Target::parse(text, target)?, point))
}

fn parse_provider<'a>(text: &str, place: &'a str) -> Result<&'a str, SpecError> {
    let (provider, rest) = place.split_once(':').map_or((place, None), |(p, rest)| (p, Some(rest)));
    let refuse = |problem| Err(SpecError::new(text, 0, problem));
    match (provider, rest) {
        ("fn", Some(rest)) => Ok(rest),
        ("fn", None) => Err(expected_at(text, place.len(), "`:` after the provider", "")),
        (name, _) if PROVIDERS_LATER.contains(&name) => refuse(Problem::ProviderNotYet(name.to_owned())),
        (name, _) => refuse(Problem::Provider(name.to_owned())),
    }
}

fn parse_point(text: &str, point: &str) -> Result<Point, SpecError> {
    if let Some(&known) = Point::ALL.iter().find(|p| p.name() == point) {
        return Ok(known);
    }
    let name = point.to_owned();
    let later = POINTS_LATER.contains(&point) || is_offset(point);
    let problem = if later { Problem::PointNotYet(name) } else { Problem::Point(name) };
    Err(SpecError::new(text, offset(text, point), problem))
}

/// `entry+3`, `exit+12`.
fn is_offset(point: &str) -> bool {
    let digits = point.strip_prefix("entry+").or_else(|| point.strip_prefix("exit+"));
    digits.is_some_and(|d| !d.is_empty() && d.bytes().all(|b| b.is_ascii_digit()))
}

fn parse_tag(text: &str, tag: &str) -> Result<String, SpecError> {
    let expected = "a tag of letters, digits, `_`, `.` or `-`";
    let bad = tag.char_indices().find(|(_, c)| !(c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-')));
    match bad {
        None if !tag.is_empty() => Ok(tag.to_owned()),
        None => Err(expected_at(text, offset(text, tag), expected, "")),
        Some((i, c)) => Err(expected_at(text, offset(text, tag) + i, expected, &c.to_string())),
    }
}

pub(super) fn expected_at(text: &str, at: usize, expected: &'static str, found: &str) -> SpecError {
    SpecError::new(text, at, Problem::Expected { expected, found: found.to_owned() })
}

/// Where `part`, a slice of `text`, begins in it.
pub(super) fn offset(text: &str, part: &str) -> usize {
    (part.as_ptr() as usize).saturating_sub(text.as_ptr() as usize).min(text.len())
}
