//! Sources as tidy sees them: files of the tree, their code without comments and text, the names it uses.
//!
//! In: a folder, or made-up text. Out: [`Source`]s and the paths in them. Never here: a rule, or trust that code parses.

use std::fs;
use std::path::Path;

/// A file: its path from the root of the project, and its text.
#[derive(Debug, Clone)]
pub(super) struct Source {
    pub(super) path: String,
    pub(super) text: String,
}

/// The project's folder.
pub(super) const ROOT: &str = env!("CARGO_MANIFEST_DIR");
/// Made by tools, never by hand.
const NOT_OURS: &[&str] = &["target", "dist", "node_modules", "__pycache__"];
const EXTENSIONS: &[&str] =
    &["rs", "py", "pyi", "toml", "md", "sh", "wat", "txt", "c", "h", "zig", "go", "ts", "mjs", "json", "probe", "yml"];

/// Every text file of the project, in order of path.
pub(super) fn tree() -> Vec<Source> {
    let root = Path::new(ROOT);
    let mut found = Vec::new();
    walk(root, root, &mut found);
    found.sort_by(|a, b| a.path.cmp(&b.path));
    found
}

fn walk(root: &Path, folder: &Path, found: &mut Vec<Source>) {
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let (path, name) = (entry.path(), entry.file_name().into_string().unwrap());
        if entry.file_type().unwrap().is_dir() {
            let hidden = name.starts_with('.') && name != ".ci";
            if !hidden && !NOT_OURS.contains(&name.as_str()) {
                walk(root, &path, found);
            }
        } else if is_text(&name) {
            let path = path.strip_prefix(root).unwrap().to_str().unwrap().to_owned();
            found.push(Source { text: fs::read_to_string(root.join(&path)).unwrap(), path });
        }
    }
}

fn is_text(name: &str) -> bool {
    name == "Makefile" || name == "run" || name.rsplit_once('.').is_some_and(|(_, ext)| EXTENSIONS.contains(&ext))
}

impl Source {
    pub(super) fn is_rust(&self) -> bool {
        self.path.ends_with(".rs")
    }

    /// The top-level module it belongs to: `src/attach/hook.rs` → `attach`; none outside `src/`.
    pub(super) fn room(&self) -> Option<&str> {
        let inside = self.path.strip_prefix("src/")?;
        Some(inside.split_once('/').map_or(inside.strip_suffix(".rs").unwrap_or(inside), |(room, _)| room))
    }

    /// The code alone: comments and the insides of text are blank, lines keep their numbers; tests at the end are gone.
    pub(super) fn code(&self) -> String {
        let code = blank(&self.text);
        code.find("#[cfg(test)]").map_or(code.clone(), |at| code[..at].to_owned())
    }
}

/// A name in code, and the line it stands in (from 1).
pub(super) type Named = (String, usize);

/// What follows `prefix::` anywhere: one name, or each first name of a `{…}` list.
pub(super) fn after(code: &str, prefix: &str) -> Vec<Named> {
    let mut found = Vec::new();
    for (at, word) in words(code) {
        let Some(rest) = (word == prefix).then(|| code[at + word.len()..].trim_start()).and_then(path_rest) else {
            continue;
        };
        let start = code.len() - rest.len();
        for (offset, name) in first_names(rest) {
            found.push((name.to_owned(), line(code, start + offset)));
        }
    }
    found
}

fn path_rest(rest: &str) -> Option<&str> {
    rest.strip_prefix("::").map(str::trim_start)
}

fn first_names(rest: &str) -> Vec<(usize, &str)> {
    if !rest.starts_with('{') {
        return words(rest).next().filter(|(at, _)| *at == 0).into_iter().collect();
    }
    let mut depth = 0;
    let mut names = Vec::new();
    let mut wanted = true;
    for (at, c) in rest.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 1 => break,
            '}' => depth -= 1,
            ',' if depth == 1 => wanted = true,
            c if wanted && is_word(c) => {
                names.extend(words(&rest[at..]).next().map(|(_, name)| (at, name)));
                wanted = false;
            }
            _ => {}
        }
    }
    names
}

/// Where a crate is named: `name::…`, or `use name;` and `use name as …`; not as the tail of another path.
pub(super) fn uses_of(code: &str, krate: &str) -> Vec<usize> {
    let uses = |&(at, word): &(usize, &str)| {
        let (before, rest) = (code[..at].trim_end(), code[at + word.len()..].trim_start());
        let imported = before.ends_with("use") && (rest.starts_with(';') || rest.starts_with("as "));
        word == krate && (imported || rest.starts_with("::")) && !before.ends_with("::")
    };
    words(code).filter(uses).map(|(at, _)| line(code, at)).collect()
}

/// The lines in which a word stands.
pub(super) fn lines_with(code: &str, word: &str) -> Vec<usize> {
    words(code).filter(|(_, w)| *w == word).map(|(at, _)| line(code, at)).collect()
}

fn line(code: &str, at: usize) -> usize {
    code[..at].matches('\n').count() + 1
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// Identifiers and numbers, with their byte offsets.
fn words(code: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut at = 0;
    std::iter::from_fn(move || {
        at += code[at..].find(is_word)?;
        let length = code[at..].find(|c| !is_word(c)).unwrap_or(code.len() - at);
        let word = (at, &code[at..at + length]);
        at += length;
        Some(word)
    })
}

/// Rust source with every comment and the inside of every literal made blank; same length, same lines.
pub(super) fn blank(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let hidden = comment(rest).or_else(|| raw_text(rest, &out)).or_else(|| quoted(rest)).unwrap_or(0);
        let taken = if hidden == 0 { c.len_utf8() } else { hidden };
        if hidden == 0 {
            out.push(c);
        } else {
            out.extend(rest[..taken].bytes().map(|b| if b == b'\n' { '\n' } else { ' ' }));
        }
        rest = &rest[taken..];
    }
    out
}

/// Length of the comment that begins here; block comments nest.
fn comment(rest: &str) -> Option<usize> {
    if rest.starts_with("//") {
        return Some(rest.find('\n').unwrap_or(rest.len()));
    }
    let mut depth = 0_usize;
    rest.starts_with("/*").then(|| {
        let mut at = 0;
        while at < rest.len() {
            match &rest.as_bytes()[at..] {
                [b'/', b'*', ..] => (depth, at) = (depth + 1, at + 2),
                [b'*', b'/', ..] => (depth, at) = (depth - 1, at + 2),
                _ => at += 1,
            }
            if depth == 0 {
                break;
            }
        }
        at
    })
}

/// Length of the raw text that begins here: `r"…"`, `r#"…"#`, `br"…"`.
fn raw_text(rest: &str, before: &str) -> Option<usize> {
    let body = rest.strip_prefix("br").or_else(|| rest.strip_prefix("cr")).or_else(|| rest.strip_prefix('r'))?;
    let hashes = body.len() - body.trim_start_matches('#').len();
    if before.chars().next_back().is_some_and(is_word) || !body[hashes..].starts_with('"') {
        return None;
    }
    let close = format!("\"{}", "#".repeat(hashes));
    let start = rest.len() - body.len() + hashes + 1;
    Some(rest[start..].find(&close).map_or(rest.len(), |at| start + at + close.len()))
}

/// Length of the text or character that begins here; a lifetime is neither.
fn quoted(rest: &str) -> Option<usize> {
    let quote = rest.chars().next().filter(|c| *c == '"' || *c == '\'')?;
    let mut inside = rest.char_indices().skip(1);
    let (_, first) = inside.next()?;
    if quote == '\'' && first != '\\' && !rest[1 + first.len_utf8()..].starts_with('\'') {
        return None;
    }
    let mut escaped = false;
    for (at, c) in rest.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            c if c == quote => return Some(at + 1),
            _ => {}
        }
    }
    Some(rest.len())
}
