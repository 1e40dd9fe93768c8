//! The rewriter from outside: tables survive a round trip, made-up functions come out whole, noise is refused.
//!
//! In: generated tables and code. Out: nothing. Never here: an interpreter; `tests/python/test_rewrite.py` has those.

use proptest::prelude::*;
use waspect::bytecode::{
    Const, Image, RewriteError, Rewritten, Shape, Version,
    exc::{self, Range, Ranges},
    is_function,
    lines::{self, Lines, Location, Span},
    rewrite,
};

const FUNCTION: u32 = 0x3;
const HOOK_AT: u32 = 5;

fn image<'a>(code: &'a [u8], line_table: &'a [u8], exception_table: &'a [u8]) -> Image<'a> {
    Image {
        code,
        line_table,
        exception_table,
        stack_size: 1,
        first_line: 1,
        flags: FUNCTION,
        parameters: 3,
        const_count: HOOK_AT,
    }
}

fn location() -> impl Strategy<Value = Option<Location>> {
    let column = || prop_oneof![0..200_u32, any::<u16>().prop_map(u32::from)];
    let span = (prop_oneof![Just(0), 0..5000_u32], column(), column());
    let span = span.prop_map(|(lines, column, end_column)| Span { lines, column, end_column });
    let line = prop_oneof![-5..5_i32, 0..100_000_i32];
    let location = (line, proptest::option::of(span)).prop_map(|(line, span)| Location { line, span });
    proptest::option::of(location)
}

fn ranges() -> impl Strategy<Value = Vec<Range>> {
    let step = (0..300_u32, 1..70_000_u32, 0..1_000_000_u32, 0..40_u32, any::<bool>());
    proptest::collection::vec(step, 0..20).prop_map(|steps| {
        let mut at = 0;
        let range = |(gap, length, target, depth, lasti)| {
            let start = at + gap;
            at = start + length;
            Range { start, end: at, target, depth, lasti }
        };
        steps.into_iter().map(range).collect()
    })
}

/// Ranges that touch and agree are one entry.
fn joined(ranges: &[Range]) -> Vec<Range> {
    let mut out: Vec<Range> = Vec::new();
    for &range in ranges {
        match out.last_mut() {
            Some(last) if Range { start: last.start, end: last.end, ..range } == *last && last.end == range.start => {
                last.end = range.end;
            }
            _ => out.push(range),
        }
    }
    out
}

/// The code of `def f(a, b, c)` around a body of one-unit instructions, all of which every version has by its number.
fn function(version: &Version, body: &[(u8, u8)]) -> Vec<u8> {
    let mut code = vec![by_python(version, RESUME), 0];
    for &(opcode, argument) in body {
        code.extend([opcode, argument]);
    }
    code.extend([by_python(version, LOAD_CONST), 0, by_python(version, RETURN_VALUE), 0]);
    code
}

/// An opcode's number on 3.11, 3.12 and 3.13.
type Numbers = [u8; 3];
const RESUME: Numbers = [151, 151, 149];
const LOAD_CONST: Numbers = [100, 100, 83];
const LOAD_FAST: Numbers = [124, 124, 85];
const RETURN_VALUE: Numbers = [83, 83, 36];
const NOP: Numbers = [9, 9, 30];
const JUMP_FORWARD: Numbers = [110, 110, 79];
const DELETE_SUBSCR: Numbers = [61, 61, 9];
const STORE_SUBSCR: Numbers = [60, 60, 39];

fn by_python(version: &Version, numbers: Numbers) -> u8 {
    numbers[usize::from(version.python().1) - 11]
}

fn shape() -> impl Strategy<Value = Shape> {
    prop_oneof![Just(Shape::Entry), Just(Shape::Token)]
}

fn version() -> impl Strategy<Value = &'static Version> {
    (0..Version::all().len()).prop_map(|i| &Version::all()[i])
}

proptest! {
    #[test]
    fn line_tables_survive(runs in proptest::collection::vec((1..40_u32, location()), 0..30), first in -3..1000_i32) {
        let mut writer = lines::Writer::with_capacity(0, first);
        for &(units, location) in &runs {
            writer.push(units, location);
        }
        let table = writer.finish();
        let mut read = Lines::new(&table, first);
        let mut unit = 0;
        for (units, location) in runs {
            for _ in 0..units {
                prop_assert_eq!(read.at(unit)?, location);
                unit += 1;
            }
        }
        prop_assert_eq!(read.at(unit)?, None);
    }

    #[test]
    fn exception_tables_survive(ranges in ranges()) {
        let mut writer = exc::Writer::with_capacity(0);
        for &range in &ranges {
            writer.push(range);
        }
        let table = writer.finish();
        let read: Result<Vec<_>, _> = Ranges::new(&table).collect();
        prop_assert_eq!(read?, joined(&ranges));
    }

    #[test]
    fn noise_never_panics(
        version in version(), shape in shape(), code: Vec<u8>, lines: Vec<u8>, exceptions: Vec<u8>, want: Vec<u16>,
    ) {
        let _ = rewrite(version, &image(&code, &lines, &exceptions), shape, &want);
        let mut code = code;
        code.splice(0..0, [by_python(version, RESUME), 0]);
        let _ = rewrite(version, &image(&code, &lines, &exceptions), shape, &[]);
    }

    #[test]
    fn noise_in_tables_never_panics(version in version(), shape in shape(), lines: Vec<u8>, exceptions: Vec<u8>) {
        let code = function(version, &[(by_python(version, NOP), 0); 60]);
        let _ = rewrite(version, &image(&code, &lines, &[]), shape, &[0]);
        let _ = rewrite(version, &image(&code, &[], &exceptions), shape, &[0]);
    }

    /// The rewriter holds its result against the original itself: here it must succeed.
    #[test]
    fn functions_come_out_whole(
        version in version(), shape in shape(), jumps in proptest::collection::vec((any::<bool>(), any::<u8>()), 0..300),
    ) {
        let count = jumps.len();
        let body: Vec<_> = jumps.iter().enumerate().map(|(i, &(jump, by))| {
            // A jump ends at one of the units behind it, the last of which is the return's.
            if jump { (by_python(version, JUMP_FORWARD), by.min((count - i) as u8)) } else { (by_python(version, NOP), by) }
        }).collect();
        let code = function(version, &body);
        let rewritten = rewrite(version, &image(&code, &[], &[]), shape, &[])?;
        prop_assert!(rewritten.code.len() > code.len());
    }
}

fn check_entry(want: &[u16], expected: &[(Numbers, u8)], consts: &[Const]) {
    for version in Version::all() {
        let code = function(version, &[]);
        let Rewritten { code: found, consts: appended, .. } =
            rewrite(version, &image(&code, &[], &[]), Shape::Entry, want).unwrap();
        let expected: Vec<u8> = expected.iter().flat_map(|&(n, argument)| [by_python(version, n), argument]).collect();
        // STORE_SUBSCR has a cache behind it.
        assert_eq!(found[2..2 + expected.len()], expected, "{:?}", version.python());
        assert_eq!(appended, consts);
    }
}

#[test]
fn entry_shapes() {
    let hook = (LOAD_CONST, 5);
    check_entry(&[], &[hook, (LOAD_CONST, 6), (DELETE_SUBSCR, 0)], &[Const::Hook, Const::EmptyTuple]);
    check_entry(&[2], &[hook, (LOAD_FAST, 2), (DELETE_SUBSCR, 0)], &[Const::Hook]);
    check_entry(&[0, 2], &[(LOAD_FAST, 2), hook, (LOAD_FAST, 0), (STORE_SUBSCR, 0)], &[Const::Hook]);
}

#[test]
fn unknown_versions_are_refused() {
    for version in Version::all() {
        let (major, minor) = version.python();
        assert!(matches!(Version::find(major, minor, 1), Err(RewriteError::Version(3, _, 1))));
    }
    let message = Version::find(3, 99, 3495).unwrap_err().to_string();
    assert!(message.contains("CPython 3.99") && message.contains("3.11 with 3495"), "{message}");
}

#[test]
fn only_functions_are_rewritten() {
    assert!(is_function(FUNCTION) && is_function(0x23) && !is_function(0x1) && !is_function(0));
    let version = &Version::all()[0];
    let code = function(version, &[]);
    let module = Image { flags: 0, ..image(&code, &[], &[]) };
    assert_eq!(rewrite(version, &module, Shape::Token, &[]), Err(RewriteError::NotAFunction(0)));
}
