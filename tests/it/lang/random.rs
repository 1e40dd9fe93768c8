//! Made-up programs: nonsense of the language's own words, and sense.

use proptest::prelude::*;
use waspect::lang::ast::Span;
use waspect::lang::compile;
use waspect::lang::format::format;
use waspect::lang::parser::parse;
use waspect::module;

use super::tree::same;

const WORDS: &[&str] = &[
    "fn",
    "py",
    ":",
    "entry",
    "exit",
    "begin",
    "end",
    "tick",
    "5s",
    "a",
    "arg0",
    ".",
    "*",
    "**",
    "?",
    "min",
    "=",
    "5ms",
    "&",
    "rate",
    "50",
    "/",
    "//",
    "{",
    "}",
    "(",
    ")",
    "[",
    "]",
    ";",
    ",",
    "capture",
    "send",
    "log",
    "print",
    "clear",
    "delete",
    "sample",
    "10",
    "%",
    "if",
    "else",
    "speculate",
    "commit",
    "discard",
    "@",
    "@@",
    "budget",
    "$req",
    "$g",
    "$call",
    "$",
    "+=",
    "+",
    "-",
    "!",
    "not",
    "in",
    "is",
    "and",
    "or",
    "&&",
    "||",
    "==",
    "!=",
    "<",
    "<=",
    ">",
    ">=",
    "True",
    "None",
    "'x'",
    "\"{a} {{ {\"",
    "\"",
    "'",
    "# c\n",
    "/* c */",
    "/*",
    "\n",
    "\n//",
    "1.5e3",
    "99999999999999999999",
    "\u{e9}",
    "\u{20ac}",
    "\\",
    "|",
];

fn nonsense() -> impl Strategy<Value = String> {
    let word = (prop::sample::select(WORDS), prop::sample::select(&["", " ", "\n"][..]));
    prop::collection::vec(word, 0..60).prop_map(|all| all.into_iter().flat_map(|(word, space)| [word, space]).collect())
}

fn name() -> impl Strategy<Value = String> {
    prop::sample::select(&["a", "arg0", "self", "fn", "exit", "elapsed", "größe", "sample"][..]).prop_map(str::to_owned)
}

fn expression() -> impl Strategy<Value = String> {
    let literals =
        ["1", "007", "5ms", "1.50", "1e5", "True", "None", "'a\\'b'", "\"x\ny\"", "$req.x", "$call.y", "$g.z"];
    let leaf = prop_oneof![name(), prop::sample::select(literals.to_vec()).prop_map(str::to_owned)];
    leaf.prop_recursive(4, 24, 3, |inner| {
        let binary = prop::sample::select(
            &["+", "-", "*", "//", "%", "||", "&&", "and", "or", "==", "!=", "<", ">=", "in", "not in", "is", "is not"]
                [..],
        );
        prop_oneof![
            (inner.clone(), binary, inner.clone()).prop_map(|(a, op, b)| format!("{a} {op} {b}")),
            inner.clone().prop_map(|a| format!("( {a}/ 2)")),
            (prop::sample::select(&["!", "-", "not "][..]), inner.clone()).prop_map(|(op, a)| format!("{op}{a}")),
            (inner.clone(), name()).prop_map(|(a, b)| format!("({a}) . {b}")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("self[{a}][({b}):]")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("len({a},{b})")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("$g.m[{a}, {b}]")),
            (inner.clone(), inner.clone(), inner).prop_map(|(a, b, c)| format!("(({a}) ? {b} : {c})")),
        ]
    })
}

fn statement() -> impl Strategy<Value = String> {
    let e = expression;
    let simple = prop_oneof![
        (name(), e()).prop_map(|(n, a)| format!("capture({n}={a}, {a});")),
        e().prop_map(|a| format!("$req.x+={a};")),
        e().prop_map(|a| format!("delete $g.m[ {a} ];")),
        (e(), e()).prop_map(|(a, b)| format!("@x[{a}] = sum({b});")),
        e().prop_map(|a| format!("log({a});")),
        prop::sample::select(
            &["log( \"{a / 2} {{\" );", "sample 1 /10;", "sample 0.5 %;", "print( @x );", "discard;", "send();"][..]
        )
        .prop_map(str::to_owned),
    ];
    let spaced = (simple, prop::sample::select(&["", " # c", "\n\n\n", " /* c } */", "\n// c\n"][..]));
    let line = spaced.prop_map(|(one, space)| format!("{one}{space}\n"));
    line.prop_recursive(3, 12, 4, |inner| {
        (prop::collection::vec(inner, 0..3), expression(), 0..5_u8).prop_map(|(body, e, kind)| {
            let body = body.concat();
            match kind {
                0 => format!("if ({e}) {{ {body} }}\n"),
                1 => format!("if ({e}) {{ # c\n {body} }} # c\n"),
                2 => format!("if ({e}) {{ {body} }} else {{ {body} # c }}\n }}\n"),
                3 => format!("if ({e}) {{ {body} }} /* c }} */ else if ({e} /* c */) {{ {body} }} else {{ }}"),
                _ => format!("if ({e}) {{ }} else {{ # c\n if ({e}) {{ {body} }} # c\n }}\n"),
            }
        })
    })
}

fn sense() -> impl Strategy<Value = String> {
    let specs = [
        "fn:a.b:entry",
        "py : a.*b . ** : exit ?min=5ms&rate=50/s",
        "begin, end",
        "tick:5s",
        "fn:a.b:yield",
        "# c\nfn:a.b:raise",
        "@@budget(fuel=1, rate='5/s') fn:a.b:entry",
        "fn:a.b:entry # c\n",
    ];
    let predicate = prop_oneof![
        Just(String::new()),
        expression().prop_map(|e| format!("/{e}/")),
        expression().prop_map(|e| format!("\n/ {e} /\n"))
    ];
    let body = prop::collection::vec(statement(), 0..4).prop_map(|all| all.concat());
    let clause = (prop::sample::select(specs.to_vec()), predicate, body);
    let clause = clause.prop_map(|(spec, predicate, body)| format!("{spec}{predicate} {{{body}}}"));
    prop::collection::vec((clause, prop::sample::select(&["", "\n", "\n\n# c\n", "# c\n"][..])), 0..4)
        .prop_map(|all| all.into_iter().map(|(clause, space)| clause + space).collect())
}

fn is_in(source: &str, span: Span) -> bool {
    span.start <= span.end && source.get(span.start as usize..span.end as usize).is_some()
}

proptest! {
    #[test]
    fn nonsense_is_read_to_its_end(source in nonsense()) {
        let parsed = parse(&source);
        for one in parsed.diagnostics.list() {
            prop_assert!(is_in(&source, one.span), "{source:?} {one:?}");
        }
        for comment in &parsed.comments {
            prop_assert!(is_in(&source, comment.span), "{source:?} {comment:?}");
        }
        if let Ok(formatted) = format(&source) {
            same(&source, &formatted);
        }
    }

    #[test]
    fn sense_is_formatted_once(source in sense()) {
        let parsed = parse(&source);
        prop_assert!(!parsed.diagnostics.has_errors(), "{source}\n{:?}", parsed.diagnostics.list());
        same(&source, &format(&source).expect("no mistakes"));
    }

    /// What the checker has nothing against has a module, and the module keeps every rule there is.
    #[test]
    fn what_compiles_is_a_module(predicate in expression(), body in prop::collection::vec(statement(), 0..4)) {
        let body = body.concat().replace("sample 1 /10;", "").replace("sample 0.5 %;", "");
        let source = format!("fn:a.b:exit / ({predicate}) / {{ {body} @x[1] = sum(1); }}").replace("len(", "contains(");
        let compiled = compile(&source);
        let wasm = compiled.wasm;
        prop_assert!(wasm.is_some(), "{source}\n{:?}", compiled.diagnostics.list());
        let checked = module::parse("p", &wasm.unwrap_or_default(), &[]);
        prop_assert!(checked.is_ok(), "{source}\n{checked:?}");
    }
}
