//! Tidy: the tree keeps its own rules, and each rule is shown to find what it forbids.
//!
//! In: every text file of the project, or made-up ones. Out: findings as `file:line: what, expected what`. Never here:
//! a rule that only CI knows; the rules' data is in [`tables`].

mod source;
mod tables;

use std::path::Path;

use source::{Source, after, lines_with, tree, uses_of};
use tables::{ARCHITECTURE_LINES_MAX, CRATES, LINES_MAX, ROOMS, Room, UNSAFE, WORDS};

/// One rule: what it finds in one file.
type Rule = fn(&Source) -> Vec<String>;

fn check(rule: Rule) {
    let findings: Vec<String> = tree().iter().flat_map(rule).collect();
    assert!(findings.is_empty(), "{} findings:\n{}", findings.len(), findings.join("\n"));
}

#[test]
fn rooms_import_only_what_the_table_allows() {
    check(imports);
}

#[test]
fn each_crate_is_named_only_by_its_owners() {
    check(crates);
}

#[test]
fn unsafe_stands_only_where_it_is_opened() {
    check(unsafes);
}

#[test]
fn each_file_opens_by_saying_what_it_is() {
    check(header);
}

#[test]
fn no_file_is_too_long() {
    check(length);
}

#[test]
fn the_project_speaks_of_itself_alone_and_is_finished() {
    check(words);
}

#[test]
fn links_between_documents_lead_somewhere() {
    check(links);
    check(proofs);
}

#[test]
fn the_tables_have_no_cycle_and_know_every_dependency() {
    assert_eq!(cycle(ROOMS), None);
    let manifest = tree().into_iter().find(|s| s.path == "Cargo.toml").unwrap().text;
    let mut declared = dependencies(&manifest);
    let mut known: Vec<String> = CRATES.iter().map(|(name, _)| (*name).to_owned()).collect();
    declared.sort();
    known.sort();
    assert_eq!(declared, known, "Cargo.toml's dependencies, and tidy's table of their owners");
}

fn imports(source: &Source) -> Vec<String> {
    let Some(room) = source.room().filter(|_| source.is_rust()) else { return Vec::new() };
    let Some(allowed) = row(source, room) else {
        return vec![format!("{}:1: room `{room}` is not in the table of rooms", source.path)];
    };
    let code = source.code();
    let named = [after(&code, "crate"), after(&code, "waspect"), through_super(source, &code)].concat();
    let forbidden = |name: &str| name != room && !allowed.contains(&name);
    let known = |name: &str| ROOMS.iter().any(|(room, _)| *room == name);
    let findings = named.into_iter().filter(|(name, _)| known(name) && forbidden(name));
    findings
        .map(|(name, line)| format!("{}:{line}: `{room}` imports `{name}`, expected {allowed:?}", source.path))
        .collect()
}

/// What a file may import: by its own row, else by its room's.
fn row(source: &Source, room: &str) -> Option<&'static [&'static str]> {
    let file = source.path.trim_start_matches("src/").trim_end_matches(".rs").trim_end_matches("/mod");
    let of = |wanted: &str| ROOMS.iter().find(|(name, _)| *name == wanted).map(|(_, imports)| *imports);
    of(file).or_else(|| of(room))
}

/// Out of a room's own file `super::` is the crate; deeper it stays in the room.
fn through_super(source: &Source, code: &str) -> Vec<source::Named> {
    let is_door = source.path.matches('/').count() == 1 || source.path.ends_with("/mod.rs");
    if is_door { after(code, "super") } else { Vec::new() }
}

fn crates(source: &Source) -> Vec<String> {
    let Some(inside) = source.path.strip_prefix("src/").filter(|_| source.is_rust()) else { return Vec::new() };
    let code = source.code();
    let foreign = CRATES.iter().filter(|(_, owners)| !owners.iter().any(|owner| inside.starts_with(owner)));
    let found =
        foreign.flat_map(|(name, owners)| uses_of(&code, name).into_iter().map(move |line| (line, name, owners)));
    found
        .map(|(line, name, owners)| format!("{}:{line}: crate `{name}`, expected in {owners:?}", source.path))
        .collect()
}

fn unsafes(source: &Source) -> Vec<String> {
    if !source.is_rust() {
        return Vec::new();
    }
    let most = UNSAFE.iter().find(|(path, _)| source.path.starts_with(path)).map_or(0, |(_, most)| *most);
    let lines = lines_with(&source::blank(&source.text), "unsafe");
    let findings = lines.iter().skip(most);
    findings.map(|line| format!("{}:{line}: `unsafe`, expected at most {most} in this file", source.path)).collect()
}

fn header(source: &Source) -> Vec<String> {
    let text = source.text.as_str();
    let opening =
        if let Some((_, rest)) = text.split_once('\n').filter(|_| text.starts_with("#!/")) { rest } else { text };
    let wanted = match source.path.rsplit_once('.').map(|(_, ext)| ext) {
        Some("rs") => "//! ",
        Some("py" | "pyi") if !source.path.starts_with("tests/corpus/") => "\"\"\"",
        Some("toml" | "sh") => "# ",
        Some("wat") => ";; ",
        _ => return Vec::new(),
    };
    let made_by_hand = !source.path.ends_with("rustfmt.toml") && !source.path.ends_with("clippy.toml");
    let bare = made_by_hand && !opening.starts_with(wanted);
    bare.then(|| format!("{}:1: no header, expected the first line to begin with `{wanted}`", source.path))
        .into_iter()
        .collect()
}

fn length(source: &Source) -> Vec<String> {
    let lines = source.text.lines().count();
    let most = if source.path == "docs/ARCHITECTURE.md" { ARCHITECTURE_LINES_MAX } else { LINES_MAX };
    let is_code =
        ["rs", "py", "pyi", "c", "h", "go", "ts", "zig"].iter().any(|ext| source.path.ends_with(&format!(".{ext}")));
    let long = (is_code || most != LINES_MAX) && lines > most;
    long.then(|| format!("{}:{most}: {lines} lines, expected at most {most}", source.path)).into_iter().collect()
}

fn words(source: &Source) -> Vec<String> {
    let found = source.text.lines().enumerate().flat_map(|(at, line)| {
        let hit = |(a, b, _): &&(&str, &str, &str)| line.contains(&format!("{a}{b}"));
        WORDS.iter().filter(hit).map(move |(a, b, why)| (at + 1, format!("`{a}{b}`: {why}")))
    });
    found.map(|(line, what)| format!("{}:{line}: {what}", source.path)).collect()
}

/// Tests that a document names: `tests/it/budget.rs`, `tests/it/hostile/{caps,bombs}.rs`, `tests/hostile/*.wat`.
fn proofs(source: &Source) -> Vec<String> {
    let is_document = source.path.starts_with("docs/");
    let found = source.text.lines().enumerate().filter(|_| is_document).flat_map(|(at, line)| {
        let named = line.split('`').skip(1).step_by(2).filter(|text| text.starts_with("tests/") && !text.contains(' '));
        named.flat_map(each).filter(|path| !Path::new(source::ROOT).join(path).exists()).map(move |path| (at + 1, path))
    });
    found.map(|(line, path)| format!("{}:{line}: `{path}`, expected a test of the project", source.path)).collect()
}

/// What braces mean; of a glob, its folder.
fn each(text: &str) -> Vec<String> {
    if let Some((folder, _)) = text.split_once("/*") {
        return vec![folder.to_owned()];
    }
    let braces = text.split_once('{').and_then(|(before, rest)| Some((before, rest.split_once('}')?)));
    let Some((before, (names, after))) = braces else { return vec![text.to_owned()] };
    names.split(',').map(|name| [before, name, after].concat()).collect()
}

/// Relative links of a document, by the files they name; anchors are not followed.
fn links(source: &Source) -> Vec<String> {
    let folder = Path::new(source::ROOT).join(Path::new(&source.path).parent().unwrap_or(Path::new("")));
    let is_broken = |link: &&str| !link.contains(':') && !link.is_empty() && !folder.join(link).exists();
    let found = source.text.lines().enumerate().filter(|_| source.path.ends_with(".md")).flat_map(|(at, line)| {
        let targets = line.split("](").skip(1).filter_map(|rest| rest.split([')', '#']).next());
        targets.filter(is_broken).map(move |link| (at + 1, link))
    });
    found
        .map(|(line, link)| format!("{}:{line}: link to `{link}`, expected a file of the project", source.path))
        .collect()
}

/// A room that imports itself through others, if there is one.
fn cycle(rooms: &[Room]) -> Option<&'static str> {
    let mut settled: Vec<&str> = Vec::new();
    loop {
        let ready = |(name, imports): &&Room| !settled.contains(name) && imports.iter().all(|i| settled.contains(i));
        let Some((name, _)) = rooms.iter().find(ready) else { break };
        settled.push(name);
    }
    rooms.iter().map(|(name, _)| *name).find(|name| !settled.contains(name))
}

/// The names under `[dependencies]`, as code spells them.
fn dependencies(manifest: &str) -> Vec<String> {
    let section = manifest.split("\n[dependencies]\n").nth(1).unwrap_or_default();
    let lines = section.lines().take_while(|line| !line.starts_with('['));
    let names = lines.filter(|line| !line.starts_with('#')).filter_map(|line| line.split_once(" = "));
    names.map(|(name, _)| name.trim().replace('-', "_")).collect()
}

/// Each rule against sources made up to break it, and the line it must name; no line: nothing may be found.
#[test]
#[rustfmt::skip]
fn each_rule_finds_what_it_forbids() {
    let long = "//! x\n".repeat(501);
    let cases: &[(Rule, &str, &str, &[usize])] = &[
        (imports, "src/ring.rs", "//! x\nuse crate::host::Host;", &[2]),
        (imports, "src/ring.rs", "use crate::{\n    value::Value,\n    host::{self, render},\n};", &[3]),
        (imports, "src/ring.rs", "fn f() { crate::render::draw() }", &[1]),
        (imports, "src/ring.rs", "use super::host;", &[1]),
        (imports, "src/main.rs", "use waspect::render;", &[1]),
        (imports, "src/attic.rs", "", &[1]),
        (imports, "src/segment/mod.rs", "use crate::ring;", &[1]),
        (imports, "src/segment/reader.rs", "use crate::ring;", &[]),
        (imports, "src/ring.rs", "use crate::{value::Value, limits};\n//! [`crate::host`]\nconst S: &str = \"crate::host\";", &[]),
        (imports, "src/ring.rs", "#[cfg(test)]\nmod tests { use crate::host::Host; }", &[]),
        (imports, "src/attach/hook.rs", "use super::host; use crate::attach::patch;", &[]),
        (crates, "src/ring.rs", "\nuse pyo3::ffi;", &[2]),
        (crates, "src/host/get.rs", "fn f(x: pyo3::Bound) {}", &[1]),
        (crates, "src/spec.rs", "use postcard as codec;", &[1]),
        (crates, "src/introspect/cpython/attr.rs", "use pyo3::ffi;", &[]),
        (crates, "src/ring.rs", "let wat = 1; self::wat::x(); // pyo3::ffi", &[]),
        (unsafes, "src/ring.rs", "//! unsafe\nfn f() { unsafe { g() } }", &[2]),
        (unsafes, "src/engine.rs", "unsafe {}\nunsafe {}", &[2]),
        (unsafes, "tests/it/abi.rs", "unsafe fn f() {}", &[1]),
        (unsafes, "src/ring.rs", "// unsafe\n#![deny(unsafe_code)]\nlet s = (\"unsafe\", 'u', r#\"unsafe\"#);", &[]),
        (header, "src/ring.rs", "use std::fs;", &[1]),
        (header, "python/tools/x.py", "#!/usr/bin/env python3\nimport os", &[1]),
        (header, "python/tools/x.py", "#!/usr/bin/env python3\n\"\"\"Says.\"\"\"", &[]),
        (length, "src/ring.rs", &long, &[500]),
        (links, "docs/x.md", "[a](../README.md#top) [b](https://example.org)\n[c](no_such.md)", &[2]),
        (proofs, "docs/x.md", "`tests/it/main.rs`\n`tests/it/{main,no_such}.rs` `tests/hostile/*.wat`", &[2]),
        (words, "docs/SECURITY.md", concat!("fine\nleft TO", "DO"), &[2]),
        (words, "README.md", concat!("see /ro", "ot/x"), &[1]),
    ];
    for (rule, path, text, lines) in cases {
        let found = rule(&Source { path: (*path).to_owned(), text: (*text).to_owned() });
        let wanted: Vec<String> = lines.iter().map(|line| format!("{path}:{line}:")).collect();
        let matches = found.len() == wanted.len() && found.iter().zip(&wanted).all(|(f, w)| f.starts_with(w));
        assert!(matches, "{text:?} in {path}: found {found:?}, expected {wanted:?}");
    }
}

#[test]
fn a_cycle_between_rooms_is_found() {
    assert_eq!(cycle(&[("a", &["b"]), ("b", &["c"]), ("c", &["a"]), ("d", &[])]), Some("a"));
    assert_eq!(cycle(&[("a", &["b"]), ("b", &[])]), None);
}
