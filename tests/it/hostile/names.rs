//! Names and sections that lie: not UTF-8, as long as may be, twice, with escapes for a terminal, out of order.
//!
//! In: bytes made here. Out: a refusal in words that a terminal shows as they are, in time. Never here: a module that a
//! compiler made.

use std::time::Duration;

use waspect::module::parse;

use super::cpu;

/// A section: its number, and what it says it has.
fn section(id: u8, content: &[u8]) -> Vec<u8> {
    [&[id][..], &number(content.len()), content].concat()
}

fn number(n: usize) -> Vec<u8> {
    let mut left = n;
    let mut out = Vec::new();
    loop {
        let low = (left & 0x7F) as u8;
        left >>= 7;
        if left == 0 {
            out.push(low);
            return out;
        }
        out.push(low | 0x80);
    }
}

fn name(text: &[u8]) -> Vec<u8> {
    [&number(text.len())[..], text].concat()
}

fn module(sections: &[Vec<u8>]) -> Vec<u8> {
    [&b"\0asm\x01\0\0\0"[..], &sections.concat()].concat()
}

/// One function without arguments, and what it is called.
fn exports(names: &[&[u8]]) -> Vec<u8> {
    let all: Vec<u8> = names.iter().flat_map(|text| [&name(text)[..], &[0, 0]].concat()).collect();
    section(7, &[&number(names.len())[..], &all].concat())
}

fn types() -> Vec<u8> {
    section(1, &[1, 0x60, 0, 0])
}

fn code(body: &[u8]) -> Vec<u8> {
    section(10, &[&[1][..], &number(body.len()), body].concat())
}

fn function() -> Vec<Vec<u8>> {
    vec![types(), section(3, &[1, 0])]
}

fn custom(title: &[u8], content: &[u8]) -> Vec<u8> {
    section(0, &[&name(title)[..], content].concat())
}

fn exporting(names: &[&[u8]]) -> Vec<u8> {
    module(&[function(), vec![exports(names), code(&[0, 0x0B])]].concat())
}

/// A module that is refused for its locals, so that the message names the function as the sections do.
fn blamed(sections: &[Vec<u8>]) -> Vec<u8> {
    let long = code(&[1, 0x81, 0x02, 0x7E, 0x0B]);
    module(&[function(), vec![exports(&[b"fn:a.b:entry"]), long], sections.to_vec()].concat())
}

/// The name section's list of functions.
fn functions(content: &[u8]) -> Vec<u8> {
    custom(b"name", &[&[1][..], &number(content.len()), content].concat())
}

fn at_lines(lines: &str) -> Vec<u8> {
    let sections = [function(), vec![exports(&[b"a"]), code(&[0, 0x0B]), custom(b"probe1.at", lines.as_bytes())]];
    module(&sections.concat())
}

/// What it is, its bytes, and how the refusal begins.
type Row = (&'static str, Vec<u8>, &'static str);

fn exported() -> Vec<Row> {
    let spec = |n: usize| format!("fn:{}:entry", "a".repeat(n));
    let one = |text: &str| exporting(&[text.as_bytes()]);
    vec![
        ("an export that is not UTF-8", exporting(&[b"fn:a.\xFF:entry"]), "module is not valid: malformed UTF-8"),
        ("an export cut inside a letter", exporting(&[b"fn:a.\xC3"]), "module is not valid: malformed UTF-8"),
        ("a surrogate", exporting(&[b"fn:a.\xED\xA0\x80:entry"]), "module is not valid: malformed UTF-8"),
        ("an overlong zero", exporting(&[b"fn:a.\xC0\x80:entry"]), "module is not valid: malformed UTF-8"),
        (
            "two exports of a name",
            exporting(&[b"fn:a.b:entry", b"fn:a.b:entry"]),
            "module is not valid: duplicate export name",
        ),
        ("one place twice", exporting(&[b"fn:a.b:entry", b"fn:a.b:entry#x"]), ""),
        ("an export without a name", exporting(&[b"", b"fn:a.b:entry"]), ""),
        ("a name of 512 bytes", one(&spec(503)), ""),
        ("a name of 513", one(&spec(504)), "export `fn:aaaa"),
        ("escapes for a terminal", one("fn:a.\u{1b}[2Jb:entry"), "export `fn:a.\\u{1b}[2Jb:entry`"),
        ("letters that turn around", one("fn:a.\u{202e}b:entry"), "export `fn:a.\\u{202e}b:entry`"),
        ("a zero", one("fn:a.\0b:entry"), "export `fn:a.\\u{0}b:entry`"),
        ("a line's end", one("fn:a.b:entry\nok"), "export `fn:a.b:entry\\nok`"),
        ("only colons", one(&":".repeat(512)), "export `:::"),
        ("a mangled name that does not end", one(&format!("probe_{}", "_".repeat(500))), "export `probe_"),
        ("stars", one(&format!("fn:{}:entry", "**.".repeat(100))), "export `fn:**"),
        (
            "an option of a long number",
            one(&format!("fn:a.b:entry?rate={}", "9".repeat(400))),
            "export `fn:a.b:entry?rate=",
        ),
    ]
}

fn sections() -> Vec<Row> {
    let long = "x".repeat(400);
    vec![
        (
            "a name for the function that is an escape",
            blamed(&[functions(&[&[1, 0][..], &name(b"\x1b[31mred")].concat())]),
            "function `\\u{1b}[31mred` has 257 locals",
        ),
        (
            "a name section that is not one",
            blamed(&[custom(b"name", &[1, 0xFF, 0xFF, 0xFF, 0xFF, 0x0F])]),
            "function `fn:a.b:entry` has 257 locals",
        ),
        (
            "names of functions that are not there",
            blamed(&[functions(&[1, 99, 1, b'x'])]),
            "function `fn:a.b:entry` has 257 locals",
        ),
        (
            "four thousand million names",
            blamed(&[functions(&[0xFF, 0xFF, 0xFF, 0xFF, 0x0F, 0, 1, b'x'])]),
            "function `x` has 257 locals",
        ),
        (
            "a name of a name section that is not UTF-8",
            blamed(&[functions(&[1, 0, 1, 0xFF])]),
            "function `fn:a.b:entry` has 257 locals",
        ),
        (
            "places that are not UTF-8",
            module(
                &[function(), vec![exports(&[b"a"]), code(&[0, 0x0B]), custom(b"probe1.at", b"a=fn:\xFF")]].concat(),
            ),
            "custom section `probe1.at` is not UTF-8",
        ),
        ("a place for what is not there", at_lines("b=fn:a.b:entry"), "custom section `probe1.at` names export `b`"),
        (
            "more places than may be",
            at_lines(&(0..3_000).map(|n| format!("a=fn:a.b{n}:entry\n")).collect::<String>()),
            "module has 3000 probes",
        ),
        ("many places", at_lines(&(0..900).map(|n| format!("a=fn:a.b{n}:entry\n")).collect::<String>()), ""),
        (
            "a place twice, at the end of many",
            at_lines(&(0..900).chain([899]).map(|n| format!("a=fn:a.b{n}:entry\n")).collect::<String>()),
            "export `a` is given spec `fn:a.b899:entry` twice",
        ),
        ("as many lines without a place as fit", at_lines(&"=\n".repeat(32_000)), "expected `EXPORT=SPEC`"),
        ("a line as long as fits", at_lines(&format!("a={}", ":".repeat(65_000))), "export `a`"),
        ("sections out of order", module(&[vec![exports(&[b"a"])], function()].concat()), "module is not valid: "),
        ("a section twice", module(&[types(), types()]), "module is not valid: "),
        ("a section longer than its content", module(&[section(1, &[1, 0x60, 0, 0, 0, 0])]), "module is not valid: "),
        ("code without functions", module(&[types(), code(&[0, 0x0B])]), "module is not valid: "),
        ("functions without code", module(&function()), "module is not valid: "),
        ("a type that is not there", module(&[section(3, &[1, 7]), code(&[0, 0x0B])]), "module is not valid: "),
        ("custom sections without an end", module(&vec![custom(b"", b""); 80_000]), ""),
        ("custom sections with long titles", module(&vec![custom(long.as_bytes(), b""); 600]), ""),
    ]
}

#[test]
fn names_and_sections_that_lie() {
    for (what, bytes, expected) in exported().into_iter().chain(sections()) {
        let start = cpu();
        let found = parse("lies.wasm", &bytes, &[]);
        let took = cpu() - start;
        let said = found.map_or_else(|e| e.to_string(), |module| format!("taken: {}", module.manifest().probes.len()));
        assert!(said.starts_with(expected), "{what}: {said:.300}");
        let printable = |c: char| !c.is_control() && !matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
        assert!(said.chars().all(printable), "{what}: {said:?}");
        assert!(said.len() < 5_000, "{what}: {} bytes are said", said.len());
        assert!(took < Duration::from_millis(300), "{what}: {took:?}");
    }
}
