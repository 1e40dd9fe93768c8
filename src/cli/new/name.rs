//! Names of probes: what is a folder's name, a crate's name and a file's name at once.
//!
//! In: a name. Out: nothing, or the character that does not belong. Never here: a name changed to fit.

use crate::cli::advised::advised;

/// Longest name: with what is put around it, still a file's name.
const NAME_BYTES_MAX: usize = 64;

/// Words of Rust, its own crates, and folders that cargo makes.
#[rustfmt::skip]
const RESERVED: &[&str] = &[
    "abstract", "alloc", "as", "async", "await", "become", "box", "break", "build", "const", "continue", "core", "crate",
    "deps", "do", "dyn", "else", "enum", "examples", "extern", "false", "final", "fn", "for", "gen", "if", "impl", "in",
    "incremental", "let", "loop", "macro", "match", "mod", "move", "mut", "override", "priv", "proc_macro", "pub", "ref",
    "return", "self", "static", "std", "struct", "super", "test", "trait", "true", "try", "type", "typeof", "unsafe",
    "unsized", "use", "virtual", "where", "while", "yield",
];

const ALLOWED: &str =
    "lower-case letters and digits, joined by single `-` or `_`, a letter first, such as `slow_calls`";

pub(super) fn check(name: &str) -> anyhow::Result<()> {
    if let Some(why) = refused(name) {
        return Err(advised(format!("name {name:?}: {why}"), format!("a name is {ALLOWED}")));
    }
    let spelled = name.replace('-', "_");
    if RESERVED.contains(&spelled.as_str()) {
        return Err(advised(format!("name {name:?} is reserved by Rust"), format!("for example `{name}_probe`")));
    }
    if spelled.starts_with("waspect_") {
        return Err(advised(
            format!("name {name:?}: `waspect_` begins the names of the SDK"),
            "choose another beginning",
        ));
    }
    Ok(())
}

fn refused(name: &str) -> Option<String> {
    if name.len() > NAME_BYTES_MAX {
        return Some(format!("expected at most {NAME_BYTES_MAX} bytes, found {}", name.len()));
    }
    let mut before = None;
    for (at, c) in name.char_indices() {
        let fits = match c {
            'a'..='z' => true,
            '0'..='9' => at > 0,
            '-' | '_' => !matches!(before, None | Some('-' | '_')),
            _ => false,
        };
        if !fits {
            return Some(format!("{c:?} does not belong at character {}", name[..at].chars().count() + 1));
        }
        before = Some(c);
    }
    match before {
        None => Some("it is empty".to_owned()),
        Some(last @ ('-' | '_')) => Some(format!("{last:?} does not belong at the end")),
        Some(_) => None,
    }
}
