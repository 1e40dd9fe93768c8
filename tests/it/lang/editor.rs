//! The grammar for editors knows the words that the lexer knows.

use std::collections::BTreeSet;

use waspect::lang::token::{CONSTANTS, PROVIDERS, SCOPES, STATEMENTS, UNITS, WORD_OPERATORS};

/// The words of the rule of this name: `\b(?:a|b)\b` among other things.
fn words(grammar: &serde_json::Value, rule: &str) -> BTreeSet<String> {
    let pattern = grammar["repository"][rule]["match"].as_str().unwrap_or_else(|| panic!("no rule {rule}"));
    let (_, list) = pattern.split_once("(?:").expect("a list");
    let (list, _) = list.split_once(')').expect("its end");
    list.split('|').map(str::to_owned).collect()
}

#[test]
fn words_are_the_lexers() {
    let text = include_str!("../../../docs/editor/waspect.tmLanguage.json");
    let grammar: serde_json::Value = serde_json::from_str(text).expect("JSON");
    let units: Vec<&str> = UNITS.iter().map(|(name, _)| *name).collect();
    for (rule, known) in [
        ("provider", PROVIDERS),
        ("statement", STATEMENTS),
        ("word-operator", WORD_OPERATORS),
        ("constant", CONSTANTS),
        ("scope", SCOPES),
        ("unit", &units),
    ] {
        assert_eq!(words(&grammar, rule), known.iter().map(|&word| word.to_owned()).collect(), "{rule}");
    }
}
