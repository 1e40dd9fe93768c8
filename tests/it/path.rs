//! Paths: text in, canonical text or a refusal out.

use proptest::prelude::*;
use waspect::path::{Path, parse_steps};

fn check(text: &str, expected: &str) {
    let found = text.parse::<Path>().map_or_else(|e| e.to_string(), |path| path.to_string());
    assert!(found.starts_with(expected), "`{text}`\n   gave {found}\nexpected {expected}");
}

#[test]
fn accepted() {
    for (text, canonical) in [
        ("arg0", "arg0"),
        ("arg12.user.email", "arg12.user.email"),
        ("arg0.data[0][\"value\"]", "arg0.data[0][\"value\"]"),
        ("arg0['it\\'s']", "arg0[\"it's\"]"),
        ("arg0[\"first name\"][-1]", "arg0[\"first name\"][-1]"),
        ("self.items", "self.items"),
        ("args[1]", "args[1]"),
        ("kwargs[\"x\"]", "kwargs[\"x\"]"),
        ("user.name", "local.user.name"),
        ("local.args", "local.args"),
        ("argument", "local.argument"),
        ("arg", "local.arg"),
        ("arg1x", "local.arg1x"),
        ("locals", "locals"),
        ("globals[\"DEBUG\"]", "globals[\"DEBUG\"]"),
        ("global.DEBUG", "global.DEBUG"),
        ("closure.cell[0]", "closure.cell[0]"),
        ("retval[\"status\"]", "retval[\"status\"]"),
        ("exception.args[0]", "exception.args[0]"),
        ("exc.type", "exc.type"),
        ("exc.message", "exc.message"),
        ("$elapsed", "$elapsed"),
        ("$request", "$request"),
        ("arg0[\"\\n\\u{1b}\"]", "arg0[\"\\n\\u{1b}\"]"),
    ] {
        check(text, canonical);
        check(canonical, canonical);
    }
}

#[test]
fn refused() {
    for (text, expected) in [
        ("", "expected a root such as `arg0`, `retval` or a local's name at byte 0 of path ``"),
        ("arg01", "expected an argument number up to 65535 without leading zeros at byte 0"),
        ("arg70000", "expected an argument number up to 65535"),
        ("arg0.", "expected an attribute's name after `.` at byte 5"),
        ("arg0.1", "expected an attribute's name after `.` at byte 5"),
        ("arg0[", "expected a whole number or a quoted key at byte 5"),
        ("arg0[x]", "expected a whole number or a quoted key at byte 5"),
        ("arg0[01]", "expected a whole number"),
        ("arg0[-0]", "expected a whole number"),
        ("arg0[99999999999999999999]", "expected a whole number"),
        ("arg0[0", "expected `]` at byte 6"),
        ("arg0[\"x]", "expected the closing quote of a key at byte 8"),
        ("arg0[\"x\\q\"]", "expected an escape: `\\\\`"),
        ("arg0[\"\\u{110000}\"]", "expected an escape"),
        ("arg0[\"\\u{+41}\"]", "expected an escape"),
        ("arg0[\"a\nb\"]", "expected an escape such as `\\n` for a control character at byte 7"),
        ("arg0 .x", "expected `.name`, `[\"key\"]` or `[number]` at byte 4"),
        ("exc.text", "expected `.type` or `.message` after `exc`"),
        ("exc", "expected `.type` or `.message` after `exc`"),
        ("local", "expected `.` and a local's name after `local` at byte 5"),
        ("global[\"x\"]", "expected `.` and a global's name after `global` at byte 6"),
        ("$elapse", "expected `$pid`, `$tid`"),
        ("1x", "expected a root"),
        ("arg0()", "expected `.name`"),
    ] {
        check(text, expected);
    }
}

#[test]
fn relative() {
    let steps = parse_steps(".user[\"email\"][0]").expect("steps");
    assert_eq!(steps.iter().map(ToString::to_string).collect::<String>(), ".user[\"email\"][0]");
    assert!(parse_steps("").is_err());
    assert!(parse_steps("user").is_err());
}

proptest! {
    #[test]
    fn keys_round_trip(key in "\\PC{0,20}|[\\x00-\\x7f]{0,20}") {
        let path: Path = format!("arg0[{key:?}]").parse().expect("a path");
        prop_assert_eq!(path.to_string().parse::<Path>().expect("canonical"), path);
    }

    #[test]
    fn any_text_is_answered(text in "(arg0)?[\\PC\\n]{0,30}") {
        if let Err(e) = text.parse::<Path>() {
            prop_assert!(e.at <= text.len());
        }
    }
}
