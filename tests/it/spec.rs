//! Specs: text in, canonical text or a refusal out; targets against names of functions.

use proptest::prelude::*;
use waspect::spec::{Spec, Target, mangle, unmangle};

/// Canonical spelling, or the error with its hint behind ` | `.
fn check(text: &str, expected: &str) {
    let found = match text.parse::<Spec>() {
        Ok(spec) => spec.to_string(),
        Err(e) => match e.hint() {
            Some(hint) => format!("{e} | {hint}"),
            None => e.to_string(),
        },
    };
    assert!(found.starts_with(expected), "`{text}`\n   gave {found}\nexpected {expected}");
}

#[test]
fn accepted() {
    for (text, canonical) in [
        ("fn:shop.cart.add:entry", "fn:shop.cart.add:entry"),
        ("fn:shop.cart:Cart.add:exit", "fn:shop.cart.Cart.add:exit"),
        ("fn:shop.**.add_*:return", "fn:shop.**.add_*:return"),
        ("fn:**:raise", "fn:**:raise"),
        ("fn:a.f.<locals>.g:entry", "fn:a.f.g:entry"),
        ("fn:größe.größer:entry", "fn:größe.größer:entry"),
        ("fn:a.b:entry?sample=0.01", "fn:a.b:entry?sample=0.01"),
        ("fn:a.b:exit?min=5ms", "fn:a.b:exit?min=5ms"),
        ("fn:a.b:exit?min=1500us", "fn:a.b:exit?min=1500us"),
        ("fn:a.b:exit?min=1.5ms", "fn:a.b:exit?min=1500us"),
        ("fn:a.b:exit?min=60s", "fn:a.b:exit?min=1m"),
        ("fn:a.b:exit?min=0ns", "fn:a.b:exit?min=0ns"),
        ("fn:a.b:entry?rate=50/s", "fn:a.b:entry?rate=50/s"),
        ("fn:a.b:entry?rate=0.5/s", "fn:a.b:entry?rate=0.5/s"),
        ("fn:a.b:entry?every=100&sample=1", "fn:a.b:entry?sample=1&every=100"),
        ("fn:a.b:entry?prio=-3&fuel=2000&scope=request#x", "fn:a.b:entry?prio=-3&fuel=2000&scope=request#x"),
        (
            "fn:myapp.*.q_1:exit?sample=0.01&rate=50/s&min=5ms#hot",
            "fn:myapp.*.q_1:exit?sample=0.01&rate=50/s&min=5ms#hot",
        ),
        ("fn:a.b:entry#v1.2-x_Y", "fn:a.b:entry#v1.2-x_Y"),
        ("probe_fn_myapp_db_create_1user_entry", "fn:myapp.db.create_user:entry"),
        ("probe_fn_myapp_Cls__1_1init_1_1_entry", "fn:myapp.Cls.__init__:entry"),
        ("probe_fn_a__2_2_f_1_exit_42", "fn:a.**.f_:exit#2"),
        ("probe_fn_a_f_exit_4v_x_1y", "fn:a.f:exit#v.x_y"),
        ("begin", "begin"),
        ("end#last", "end#last"),
        ("tick:1500ms?fuel=7#slow", "tick:1500ms?fuel=7#slow"),
        ("tick:60s", "tick:1m"),
        ("probe_begin", "begin"),
        ("probe_end_4a", "end#a"),
        ("probe_tick5s", "tick:5s"),
    ] {
        check(text, canonical);
        check(canonical, canonical);
    }
}

#[test]
fn refused_places() {
    for (text, expected) in [
        ("", "expected provider `fn`, `begin`, `end` or `tick`, found nothing at byte 0 of spec `` | a spec is"),
        ("fn", "expected `:` after the provider, found nothing at byte 2"),
        (
            "fm:a.b:entry",
            "expected provider `fn`, `begin`, `end` or `tick`, found `fm` at byte 0 of spec `fm:a.b:entry` | did you mean `fn`?",
        ),
        (
            "line:a/b.py:42",
            "provider `line` is not supported yet at byte 0 of spec `line:a/b.py:42` | providers of this version",
        ),
        ("begin:", "expected nothing after `begin` or `end`, found nothing at byte 5"),
        ("end:a.b", "expected nothing after `begin` or `end`, found `a.b` at byte 3"),
        ("tick", "expected `:` and a duration such as `5s`, found nothing at byte 4"),
        ("tick:", "expected a duration such as `5s`, from `1ms` on, found nothing at byte 5"),
        ("tick:5", "expected a duration such as `5s`, from `1ms` on, found `5` at byte 5"),
        ("tick:999us", "expected a duration such as `5s`, from `1ms` on, found `999us` at byte 5"),
        (
            "begin?rate=1/s",
            "expected no option but `fuel` at `begin` at byte 5 of spec `begin?rate=1/s` | there is no call",
        ),
        ("tick:1s?fuel=5&prio=1", "expected no option but `fuel` at `tick` at byte 7"),
        (
            "beginn",
            "expected provider `fn`, `begin`, `end` or `tick`, found `beginn` at byte 0 of spec `beginn` | did you mean `begin`?",
        ),
        ("py:gc:start", "provider `py` is not supported yet"),
        ("exc:ValueError", "provider `exc` is not supported yet"),
        ("fn:a.b", "expected `:` and a point after the target, found nothing at byte 6"),
        ("fn:a.b:", "expected point `entry`, `exit`, `return` or `raise`, found nothing at byte 7"),
        (
            "fn:a.b:enter",
            "expected point `entry`, `exit`, `return` or `raise`, found `enter` at byte 7 of spec `fn:a.b:enter` | did you mean `entry`?",
        ),
        (
            "fn:shop.cart:add",
            "expected point `entry`, `exit`, `return` or `raise`, found `add` at byte 13 of spec `fn:shop.cart:add` | a spec is",
        ),
        (
            "fn:a.b:yield",
            "point `yield` is not supported yet at byte 7 of spec `fn:a.b:yield` | points of this version",
        ),
        ("fn:a.b:resume", "point `resume` is not supported yet"),
        ("fn:a.b:entry+3", "point `entry+3` is not supported yet"),
        ("fn:a.b:exit+12", "point `exit+12` is not supported yet"),
        ("fn:a.b:exit+", "expected point `entry`, `exit`, `return` or `raise`, found `exit+`"),
        ("probe_fn_a_b_entry_33", "point `entry+3` is not supported yet"),
        ("fn::entry", "expected a name, `*` or `**` between dots, found nothing at byte 3"),
        (
            "fn:add:entry",
            "expected a module and a function, found only `add` at byte 3 of spec `fn:add:entry` | write `fn:MODULE.add:…`",
        ),
        ("fn:a..b:entry", "expected a name, `*` or `**` between dots, found nothing at byte 5"),
        ("fn:a.1b:entry", "expected a name, `*` or `**` between dots, found `1b` at byte 5"),
        ("fn:a.b**:entry", "expected `**` as a part of its own, or `*`, found `b**` at byte 6"),
        ("fn:a.b:c:d:entry", "expected one `:` between module and function, found `:` at byte 8"),
        ("fn:a.<lambda>:entry", "expected a letter, digit, `_` or `*`, found `<` at byte 5"),
        ("fn:a.b-c:entry", "expected a letter, digit, `_` or `*`, found `-` at byte 6"),
        ("fn:a.f.<locals>:entry", "expected the inner function's name after `<locals>`"),
    ] {
        check(text, expected);
    }
}

#[test]
fn refused_endings() {
    for (text, expected) in [
        ("fn:a.b:entry ", "expected no whitespace or control character, found ' ' at byte 12"),
        ("fn:a.b:\u{a0}entry", "expected no whitespace"),
        ("fn:a.b:entry?", "expected an option `name=value`, found nothing at byte 13"),
        ("fn:a.b:entry?sample", "expected an option `name=value`, found `sample` at byte 13"),
        (
            "fn:a.b:entry?sampel=1",
            "expected option `sample`, `every`, `rate`, `min`, `prio`, `fuel` or `scope`, found `sampel` at byte 13 of spec `fn:a.b:entry?sampel=1` | did you mean `sample`?",
        ),
        ("fn:a.b:entry?sample=0", "expected a probability above 0 and up to 1, found `0` at byte 20"),
        ("fn:a.b:entry?sample=1.1", "expected a probability above 0 and up to 1"),
        ("fn:a.b:entry?sample=1e-3", "expected a probability above 0 and up to 1"),
        ("fn:a.b:entry?sample=NaN", "expected a probability above 0 and up to 1"),
        ("fn:a.b:entry?every=0", "expected a whole number from 1"),
        ("fn:a.b:entry?every=+5", "expected a whole number from 1"),
        ("fn:a.b:entry?every=99999999999", "expected a whole number from 1"),
        ("fn:a.b:entry?rate=50", "expected a rate such as `50/s`, found `50` at byte 18"),
        ("fn:a.b:exit?min=5", "expected a duration such as `5ms`"),
        ("fn:a.b:exit?min=0.5ns", "expected a duration such as `5ms`"),
        ("fn:a.b:exit?min=99999999999h", "expected a duration such as `5ms`"),
        ("fn:a.b:entry?min=5ms", "option `min` needs point `exit`, `return` or `raise`, found `entry` at byte 12"),
        ("fn:a.b:entry?prio=x", "expected a whole number such as `-1`"),
        ("fn:a.b:entry?fuel=0", "expected a whole number from 1"),
        ("fn:a.b:entry?scope=session", "expected `request`, found `session` at byte 19"),
        ("fn:a.b:entry?every=2&every=3", "option `every` is given twice at byte 21"),
        ("fn:a.b:entry#", "expected a tag of letters, digits, `_`, `.` or `-`, found nothing at byte 13"),
        ("fn:a.b:entry#a#b", "expected a tag of letters, digits, `_`, `.` or `-`, found `#` at byte 14"),
        ("fn:a.b:entry#x?every=2", "expected a tag of letters, digits, `_`, `.` or `-`, found `?`"),
        (
            "probe_fn_a_5b_entry",
            "expected `_1` for `_`, `_2` for `*`, `_3` for `+` or `_4` for `#`, found `_5` at byte 10",
        ),
        ("probe_", "expected provider `fn`, `begin`, `end` or `tick`, found nothing"),
        ("probe_helper", "expected provider `fn`, `begin`, `end` or `tick`, found `helper`"),
        ("probe_fn_a_b_", "expected point `entry`"),
    ] {
        check(text, expected);
    }
    check(&"x".repeat(513), "expected at most 512 bytes, found 513 at byte 0 of spec `xxxx");
}

#[test]
fn matching() {
    for (target, module, qualname, expected) in [
        ("shop.cart.add", "shop.cart", "add", true),
        ("shop.cart.Cart.add", "shop.cart", "Cart.add", true),
        ("shop.cart:Cart.add", "shop.cart", "Cart.add", true),
        ("shop.cart.add", "shop", "cart.add", true),
        ("shop.cart.add", "shop.cart", "added", false),
        ("shop.cart.add", "shop.cart", "Cart.add", false),
        ("shop.*.add", "shop.cart", "add", true),
        ("shop.*.add", "shop.cart", "Cart.add", false),
        ("shop.**.add", "shop.cart", "Cart.add", true),
        ("shop.**.add", "shop", "add", true),
        ("**", "shop", "add", true),
        ("**.add", "a.b.c", "add", true),
        ("**.add", "a.b.c", "add.x", false),
        ("**.a.**.b", "x.a.y", "a.z.b", true),
        ("**.a.**.b", "x.y", "b.a", false),
        ("a.**", "a", "f", true),
        ("a.**", "b", "a.f", false),
        ("a.**.**.b", "a", "b", true),
        ("shop.get_*_by_*", "shop", "get_user_by_id", true),
        ("shop.get_*_by_*", "shop", "get_user", false),
        ("shop.*", "shop", "__init__", true),
        ("shop.*", "shop", "<lambda>", false),
        ("shop.**", "shop", "f.<locals>.<lambda>", false),
        ("shop.**", "shop", "f.<locals>.<genexpr>", false),
        ("shop.**", "shop", "<lambda>.<locals>.g", false),
        ("shop.f.g", "shop", "f.<locals>.g", true),
        ("shop.f.*", "shop", "f.<locals>.g", true),
        ("shop.*.f", "shop", "f", false),
        ("a.größ*", "a", "größe", true),
    ] {
        let target: Target = target.parse().expect(target);
        assert_eq!(target.matches(module, qualname), expected, "{target} against {module} {qualname}");
        assert!(!expected || target.may_be_in_module(module), "{target} in {module}");
    }
}

#[test]
fn modules() {
    for (target, module, expected) in [
        ("shop.cart.add", "shop.cart", true),
        ("shop.cart.add", "shop", true),
        ("shop.cart.add", "shop.cart.add", false),
        ("shop.cart.add", "shop.user", false),
        ("shop.*.add", "shop.user", true),
        ("shop.**", "shop", true),
        ("shop.**", "shop.a.b.c", true),
        ("shop.**", "web", false),
        ("**.add", "anything.at.all", true),
        ("a.b", "a.b.c", false),
    ] {
        let target: Target = target.parse().expect(target);
        assert_eq!(target.may_be_in_module(module), expected, "{target} in {module}");
    }
    assert!("a.b".parse::<Target>().is_ok_and(|t| t.is_exact()));
    assert!("a.b*".parse::<Target>().is_ok_and(|t| !t.is_exact()));
    assert!("**.b".parse::<Target>().is_ok_and(|t| !t.is_exact()));
}

/// Many stars against many near misses must not take exponential time.
#[test]
fn matching_is_not_exponential() {
    let target: Target = format!("{}b", "**.a*a*a*.".repeat(12)).parse().expect("long");
    let name = vec!["aaaaaaaaaaaaaaaaaaaaaaaa"; 200].join(".");
    assert!(!target.matches(&name, "c"));
}

const PART: &str = "[a-zA-Z_é*]{1}[a-zA-Z0-9_é]{0,6}[*]?";

prop_compose! {
    fn place()(parts in prop::collection::vec(prop_oneof![PART, Just("**".to_owned())], 2..6), point in "entry|exit|return|raise")
        -> Option<String> {
        let fine = parts.iter().all(|p| p == "**" || !p.contains("**"));
        fine.then(|| format!("fn:{}:{point}", parts.join(".")))
    }
}

/// An underscore is two bytes in an identifier, so a spec that fits may have none.
#[test]
fn what_is_too_long_has_no_identifier() {
    for (underscores, has) in [(120, true), (250, false)] {
        let spec: Spec = format!("fn:a.{}:entry", "_".repeat(underscores)).parse().expect("a spec");
        assert_eq!(mangle(&spec).map(|name| name.parse()), has.then_some(Ok(spec)), "{underscores}");
    }
}

proptest! {
    #[test]
    fn identifiers_round_trip(text in place(), tag in "(#[a-zA-Z0-9_]{1,5})?") {
        if let Some(text) = text {
            let spec: Spec = format!("{text}{tag}").parse().expect("a spec");
            let identifier = mangle(&spec).expect("no options");
            prop_assert!(identifier.chars().all(|c| c.is_alphanumeric() || c == '_'));
            prop_assert_eq!(unmangle(&identifier).expect("mangled"), format!("{text}{tag}"));
            prop_assert_eq!(identifier.parse::<Spec>().expect("mangled"), spec);
        }
    }

    #[test]
    fn specs_round_trip(
        text in place(), sample in 0.000_001..1.0_f64, every in 1..u32::MAX, min in 0..u64::MAX, prio: i32, fuel in 1..u64::MAX,
    ) {
        if let Some(text) = text.filter(|t| !t.ends_with("entry")) {
            let options = format!("?sample={sample}&every={every}&min={min}ns&prio={prio}&fuel={fuel}");
            let spec: Spec = format!("{text}{options}").parse().expect("a spec");
            prop_assert_eq!(spec.options.min_ns, Some(min));
            prop_assert_eq!(spec.to_string().parse::<Spec>().expect("canonical"), spec);
        }
    }

    #[test]
    fn any_text_is_answered(text in "\\PC{0,40}", prefix in "(fn:|probe_|fn:a\\.b:entry[?#])?") {
        if let Err(e) = format!("{prefix}{text}").parse::<Spec>() {
            prop_assert!(e.at <= e.text.len());
            let _ = e.hint();
        }
    }
}
