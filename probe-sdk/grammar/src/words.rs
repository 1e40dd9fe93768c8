//! Words of messages: how a name from outside is shown, and which known name it may have meant.
//!
//! In: untrusted text. Out: text fit for one line of a terminal. Never here: a decision.

/// Longest piece of foreign text a message repeats.
const SHOWN_CHARS_MAX: usize = 120;

const SHOWN_LINES_MAX: usize = 12;

/// The text in backticks: control characters escaped, shortened in the middle of nowhere rather than filling a screen.
pub fn quoted(text: &str) -> String {
    let escaped = text.chars().take(SHOWN_CHARS_MAX).flat_map(shown).collect::<String>();
    let more = if text.chars().nth(SHOWN_CHARS_MAX).is_some() { "…" } else { "" };
    format!("`{escaped}{more}`")
}

/// Foreign lines, each shortened and escaped as in [`quoted`].
pub fn shown_lines(text: &str) -> String {
    let lines = text.lines().take(SHOWN_LINES_MAX);
    let shown = lines.map(|line| line.chars().take(SHOWN_CHARS_MAX).flat_map(shown).collect::<String>());
    shown.collect::<Vec<_>>().join("\n")
}

/// Quotes and backslashes stay as people wrote them; what could move a cursor does not.
fn shown(c: char) -> impl Iterator<Item = char> {
    let invisible = c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}');
    let escaped = invisible.then(|| c.escape_default());
    let plain = (!invisible).then_some(c);
    escaped.into_iter().flatten().chain(plain)
}

/// `a`, `b` or `c`.
pub fn one_of<T: AsRef<str>>(names: &[T]) -> String {
    let quoted: Vec<_> = names.iter().map(|n| quoted(n.as_ref())).collect();
    match quoted.split_last() {
        None => String::from("nothing"),
        Some((only, [])) => only.clone(),
        Some((last, rest)) => format!("{} or {last}", rest.join(", ")),
    }
}

/// The known name that the text is most likely a slip of.
pub fn nearest<'a>(text: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let text: Vec<char> = text.chars().take(SHOWN_CHARS_MAX).collect();
    let allowed = 1 + text.len() / 4;
    let ranked = known.into_iter().map(|name| (distance(&text, name), name));
    ranked.filter(|&(d, _)| d <= allowed).min_by_key(|&(d, _)| d).map(|(_, name)| name)
}

/// Levenshtein's, one row at a time.
fn distance(a: &[char], b: &str) -> usize {
    let mut row: Vec<usize> = (0..=a.len()).collect();
    for (i, cb) in b.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, &ca) in a.iter().enumerate() {
            let change = diagonal + usize::from(ca != cb);
            diagonal = row[j + 1];
            row[j + 1] = change.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[a.len()]
}
