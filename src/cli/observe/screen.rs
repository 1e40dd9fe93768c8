//! What stderr is: a terminal or not, how wide, with which characters and colours.
//!
//! In: the environment and the descriptor, the size anew at each question. Out: the renderer for people. Never here:
//! a control character where there is no terminal.

use std::env;
use std::io::{self, BufWriter, IsTerminal, Stderr, Write};
use std::os::fd::AsFd;

use anstream::{AutoStream, ColorChoice};
use nix::unistd::{getpgrp, tcgetpgrp};
use terminal_size::{Height, Width, terminal_size_of};

use crate::render::live::Look;
use crate::render::{Ascii, Live, Renderer, Terminal, ascii};

/// Lines in a file or pipe: read in an editor or a log, where they may be longer than on a terminal.
const FILE_COLUMNS: usize = 100;
/// On a terminal that does not say how wide it is.
const TERMINAL_COLUMNS: usize = 80;
/// Less than this is no width.
const COLUMNS_MIN: usize = 20;

/// Text on stderr; `pictures` are drawn in place where that can be done.
pub(super) fn renderer(pictures: bool) -> Box<dyn Renderer> {
    if pictures && can_draw() {
        let look = Look { styled: styled(), ascii: is_ascii() };
        return Box::new(Live::new(io::stderr(), width(), Box::new(size), look));
    }
    let out = BufWriter::new(AutoStream::auto(io::stderr()));
    let out: Box<dyn Write> = if is_ascii() { Box::new(Ascii::new(out)) } else { Box::new(out) };
    Box::new(Terminal::new(out, width()))
}

fn styled() -> bool {
    AutoStream::<Stderr>::choice(&io::stderr()) != ColorChoice::Never
}

/// A terminal that moves its cursor and knows its size.
fn can_draw() -> bool {
    let moves = env::var_os("TERM").is_some_and(|term| !term.is_empty() && term != "dumb");
    moves && io::stderr().is_terminal() && terminal_size_of(io::stderr()).is_some()
}

/// Nothing while somebody else has the terminal: a shell that sent us to the background.
fn size() -> Option<(usize, usize)> {
    let ours = tcgetpgrp(io::stderr()).is_ok_and(|group| group == getpgrp());
    let (Width(columns), Height(rows)) = terminal_size_of(io::stderr()).filter(|_| ours)?;
    Some((usize::from(columns), usize::from(rows)))
}

fn width() -> usize {
    width_of(&io::stderr())
}

/// As `COLUMNS` says, else as the terminal does.
pub(in crate::cli) fn width_of(out: &(impl IsTerminal + AsFd)) -> usize {
    let said = env::var("COLUMNS").ok().and_then(|c| c.parse().ok());
    let asked = terminal_size_of(out).map(|(Width(columns), _)| usize::from(columns));
    let default = if out.is_terminal() { TERMINAL_COLUMNS } else { FILE_COLUMNS };
    [said, asked].into_iter().flatten().find(|columns| *columns >= COLUMNS_MIN).unwrap_or(default)
}

/// A line as the locale can show it.
pub(in crate::cli) fn plain(line: &str) -> String {
    if is_ascii() { ascii::text(line) } else { line.to_owned() }
}

/// Whether the locale has characters other than UTF-8's. Where nothing is said, as in most containers, the terminal
/// outside is a modern one.
pub(in crate::cli) fn is_ascii() -> bool {
    let said = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().filter_map(|name| env::var(name).ok());
    let said = said.map(|locale| locale.to_ascii_lowercase()).find(|locale| !locale.is_empty());
    said.is_some_and(|locale| match locale.split_once('.') {
        Some((_, charset)) => !charset.replace('-', "").starts_with("utf8"),
        None => matches!(locale.as_str(), "c" | "posix"),
    })
}
