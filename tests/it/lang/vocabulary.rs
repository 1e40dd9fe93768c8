//! Every construct of the language is fired by some program of `tests/lang/run`: a new one cannot be forgotten.
//!
//! In: the tables of words, the tree's own source, the page's table of names; and the programs. Out: what no program has. Never
//! here: a list of constructs.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use waspect::lang::parser::parse;
use waspect::lang::token::{CONSTANTS, PROVIDERS, SCOPES, STATEMENTS, UNITS, WORD_OPERATORS, signs};
use waspect::lang::{AGGREGATIONS, BUDGETS, FUNCTIONS};
use waspect::spec::Point;

/// The programs whose events are known.
fn programs() -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/lang/run");
    let files = fs::read_dir(folder).expect("folder").map(|file| file.expect("file").path());
    let programs = files.filter(|file| file.extension().is_some_and(|e| e == "probe"));
    programs.map(|file| fs::read_to_string(file).expect("readable")).collect()
}

fn check(known: BTreeSet<String>, used: impl Fn(&str) -> BTreeSet<String>) {
    assert!(known.len() > 10, "{known:?}");
    let used: BTreeSet<String> = programs().iter().flat_map(|program| used(program)).collect();
    let missing: Vec<_> = known.difference(&used).collect();
    assert!(missing.is_empty(), "no program of tests/lang/run has {missing:?}");
}

#[test]
fn every_word_is_fired() {
    let lists = [PROVIDERS, STATEMENTS, WORD_OPERATORS, CONSTANTS].into_iter().flatten().copied();
    let functions = AGGREGATIONS.iter().chain(FUNCTIONS).map(|(name, _)| *name);
    let budgets = BUDGETS.iter().map(|(name, _)| *name);
    let points = Point::ALL.iter().map(|point| point.name());
    let units = UNITS.iter().map(|(name, _)| *name);
    let words = lists.chain(functions).chain(budgets).chain(points).chain(units).chain(signs()).map(str::to_owned);
    let scopes = SCOPES.iter().map(|name| format!("${name}"));
    check(words.chain(scopes).chain(names()).collect(), words_of);
}

#[test]
fn every_kind_of_tree_is_fired() {
    check(variants(include_str!("../../../src/lang/ast.rs")), |program| {
        let tree = format!("{:?}", parse(program).program);
        let without_text: String = tree.split('"').step_by(2).collect();
        without_text.split(|c: char| !c.is_alphanumeric()).map(str::to_owned).collect()
    });
}

/// The names that can be read, as the page lists them.
fn names() -> impl Iterator<Item = String> {
    let page = include_str!("../../../docs/LANGUAGE.md");
    let (_, section) = page.split_once("## What can be read").expect("the section");
    let rows = section.lines().skip_while(|line| !line.starts_with('|')).take_while(|line| line.starts_with('|'));
    let first = rows.filter_map(|row| row.split('|').nth(1));
    let code = first.flat_map(|cell| cell.split('`').skip(1).step_by(2)).flat_map(str::split_whitespace);
    code.map(|name| name.trim_end_matches("()").to_owned())
}

/// What enums have, but for what stands for a mistake.
fn variants(source: &str) -> BTreeSet<String> {
    let mut known = BTreeSet::new();
    for body in source.split("\npub enum ").skip(1) {
        let lines = body.lines().skip(1).take_while(|line| *line != "}").filter_map(|line| line.strip_prefix("    "));
        let named = lines.filter(|line| line.starts_with(char::is_uppercase));
        let names = named.filter_map(|line| line.split(|c: char| !c.is_alphanumeric()).next());
        known.extend(names.map(str::to_owned).filter(|name| name != "Error" && name != "Unsupported"));
    }
    known
}

/// Words, `$` and its word, what follows a number, and signs; not of comments and texts.
fn words_of(program: &str) -> BTreeSet<String> {
    let mut bare = program.to_owned();
    for comment in parse(program).comments.iter().rev() {
        bare.replace_range(comment.span.start as usize..comment.span.end as usize, " ");
    }
    let mut words = BTreeSet::new();
    let mut rest = bare.as_str();
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '"' | '\'' => text_length(rest, first),
            _ if is_word(first) || first == '$' => rest[1..].find(|c| !is_word(c)).map_or(rest.len(), |at| at + 1),
            _ => signs().find(|sign| rest.starts_with(sign)).map_or(first.len_utf8(), str::len),
        };
        let (word, behind) = rest.split_at(length);
        words.insert(word.trim_start_matches(|c: char| c.is_ascii_digit()).to_owned());
        rest = behind;
    }
    words
}

fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

fn text_length(rest: &str, quote: char) -> usize {
    let mut is_escaped = false;
    let end = rest.char_indices().skip(1).find(|(_, c)| {
        let is_end = *c == quote && !is_escaped;
        is_escaped = *c == '\\' && !is_escaped;
        is_end
    });
    end.map_or(rest.len(), |(at, _)| at + 1)
}
