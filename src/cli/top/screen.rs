//! The terminal: its keys, its size, and that it is given back as it was.
//!
//! In: a terminal. Out: keys, drawings. Never here: an end, a panic included, that leaves it as this made it.

use std::env;
use std::io::{self, IsTerminal, Stdout, stdout};
use std::panic;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::SeqCst;

use anstream::{AutoStream, ColorChoice};
use ratatui::Terminal;
use ratatui::backend::CrosstermBackend;
use ratatui::crossterm::cursor::{Hide, Show};
use ratatui::crossterm::event::{self, Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use ratatui::crossterm::terminal::{
    BeginSynchronizedUpdate, EndSynchronizedUpdate, EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode,
    enable_raw_mode,
};
use ratatui::crossterm::{execute, queue};

use super::draw::draw;
use super::keys::Key;
use super::model::Model;
use crate::cli::advised::advised;
use crate::cli::observe;
use crate::render::live::Look;

/// Whether the terminal is ours: given back once, by whoever comes first.
static TAKEN: AtomicBool = AtomicBool::new(false);

pub(super) struct Screen {
    terminal: Terminal<CrosstermBackend<Stdout>>,
    look: Look,
}

impl Screen {
    /// Takes the terminal.
    ///
    /// # Errors
    /// Where there is none, or one that cannot be drawn on.
    pub(super) fn take() -> anyhow::Result<Self> {
        check()?;
        let look = Look { styled: styled(), ascii: observe::is_ascii() };
        enable_raw_mode()?;
        TAKEN.store(true, SeqCst);
        give_back_at_a_panic();
        let terminal = execute!(stdout(), EnterAlternateScreen, Hide)
            .and_then(|()| Terminal::new(CrosstermBackend::new(stdout())))
            .inspect_err(|_| give_back())?;
        Ok(Self { terminal, look })
    }

    /// Draws what changed; at another size everything.
    pub(super) fn draw(&mut self, model: &Model) -> io::Result<()> {
        let look = self.look;
        // Terminals that know it take the whole up at once.
        queue!(stdout(), BeginSynchronizedUpdate)?;
        self.terminal.draw(|frame| draw(model, look, frame.buffer_mut()))?;
        execute!(stdout(), EndSynchronizedUpdate)
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        give_back();
    }
}

/// Fails where a dashboard cannot be.
pub(super) fn check() -> anyhow::Result<()> {
    let term = env::var("TERM").unwrap_or_default();
    let why = match term.as_str() {
        _ if !stdout().is_terminal() => "standard output is no terminal".to_owned(),
        "" | "dumb" => format!("the terminal cannot move its cursor (TERM is `{term}`)"),
        _ => return Ok(()),
    };
    let hint = "`--json` writes a line for each second instead, anywhere";
    Err(advised(format!("no dashboard here: {why}"), hint))
}

fn styled() -> bool {
    AutoStream::<Stdout>::choice(&stdout()) != ColorChoice::Never
}

fn give_back() {
    if TAKEN.swap(false, SeqCst) {
        let _ = execute!(stdout(), LeaveAlternateScreen, Show);
        let _ = disable_raw_mode();
    }
}

/// So that what a panic says can be read.
fn give_back_at_a_panic() {
    let before = panic::take_hook();
    panic::set_hook(Box::new(move |what| {
        give_back();
        before(what);
    }));
}

/// What a terminal says.
#[derive(Clone, Copy)]
pub(super) enum Said {
    Key(Key),
    Resized,
}

/// Waits for the next.
pub(super) fn listen() -> io::Result<Said> {
    loop {
        match event::read()? {
            Event::Key(pressed) if pressed.kind != KeyEventKind::Release => {
                if let Some(key) = key(pressed) {
                    return Ok(Said::Key(key));
                }
            }
            Event::Resize(..) => return Ok(Said::Resized),
            _ => {}
        }
    }
}

fn key(pressed: KeyEvent) -> Option<Key> {
    if pressed.modifiers.contains(KeyModifiers::ALT) {
        return None;
    }
    if pressed.modifiers.contains(KeyModifiers::CONTROL) {
        return match pressed.code {
            KeyCode::Char('c') => Some(Key::Interrupt),
            KeyCode::Char('u') => Some(Key::Clear),
            KeyCode::Char('h') => Some(Key::Backspace),
            _ => None,
        };
    }
    Some(match pressed.code {
        KeyCode::Char(c) => Key::Char(c),
        KeyCode::Enter => Key::Enter,
        KeyCode::Esc => Key::Esc,
        KeyCode::Backspace => Key::Backspace,
        KeyCode::Up => Key::Up,
        KeyCode::Down => Key::Down,
        KeyCode::Left => Key::Left,
        KeyCode::Right => Key::Right,
        KeyCode::PageUp => Key::PageUp,
        KeyCode::PageDown => Key::PageDown,
        KeyCode::Home => Key::Home,
        KeyCode::End => Key::End,
        KeyCode::Tab => Key::Tab,
        _ => return None,
    })
}
