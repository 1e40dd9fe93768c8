//! What each key does.
//!
//! In: the model and a key. Out: the model changed, and what the operator wants done. Never here: a terminal, a wait:
//! whatever takes time is a [`Wish`].

use super::fleet::Slow;
use super::model::{Add, Column, Mode, Model, Wish};
use crate::spec::{Problem, Target};

/// Rows that a page has, whatever the terminal's size: a key means the same everywhere.
const PAGE: isize = 10;
/// A name longer than this is not typed.
const TEXT_CHARS_MAX: usize = 300;
/// A call counts as slow from here on: one in ten is.
const SLOW_PERCENT: u64 = 90;

/// A key, as far as one means anything here.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Key {
    Char(char),
    Enter,
    Esc,
    Backspace,
    /// Erases what was typed.
    Clear,
    Up,
    Down,
    Left,
    Right,
    PageUp,
    PageDown,
    Home,
    End,
    Tab,
    Interrupt,
}

/// Does what the key means where the operator is.
pub fn press(model: &mut Model, key: Key) -> Option<Wish> {
    if key == Key::Interrupt {
        return Some(Wish::Quit);
    }
    match &model.mode {
        Mode::List => in_list(model, key),
        Mode::Details => in_details(model, key),
        Mode::Filter(_) => in_filter(model, key),
        Mode::Add(_) => in_add(model, key),
        Mode::Help(_) => leave_help(model, key),
    }
}

fn in_list(model: &mut Model, key: Key) -> Option<Wish> {
    match key {
        Key::Enter => return look_closer(model),
        Key::Char('/') => model.mode = Mode::Filter(model.filter.clone()),
        Key::Esc => {
            model.filter.clear();
            model.message = None;
            model.keep_chosen();
        }
        _ => return anywhere(model, key),
    }
    None
}

/// What means the same in the list and beside it.
fn anywhere(model: &mut Model, key: Key) -> Option<Wish> {
    match key {
        Key::Char('q') => return Some(Wish::Quit),
        Key::Char('i') => {
            model.mode = Mode::Add(Add::default());
            return Some(Wish::Find(String::new()));
        }
        Key::Char('d') => return remove(model),
        Key::Char('?' | 'h') => model.mode = Mode::Help(Box::new(std::mem::take(&mut model.mode))),
        Key::Char('s' | '>') | Key::Right | Key::Tab => sort(model, 1),
        Key::Char('S' | '<') | Key::Left => sort(model, -1),
        Key::Char('r') => model.descending = !model.descending,
        _ => {
            if let Some(by) = moved(key) {
                go(model, by);
            }
        }
    }
    None
}

/// How far a key moves.
const fn moved(key: Key) -> Option<isize> {
    Some(match key {
        Key::Up | Key::Char('k') => -1,
        Key::Down | Key::Char('j') => 1,
        Key::PageUp => -PAGE,
        Key::PageDown => PAGE,
        Key::Home | Key::Char('g') => isize::MIN,
        Key::End | Key::Char('G') => isize::MAX,
        _ => return None,
    })
}

fn go(model: &mut Model, by: isize) {
    let shown = model.shown();
    let now = shown.iter().position(|(name, _)| Some(*name) == model.selected.as_ref()).unwrap_or(0);
    let to = now.saturating_add_signed(by).min(shown.len().saturating_sub(1));
    model.selected = shown.get(to).map(|(name, _)| (*name).clone());
}

/// The next column to sort by, from its natural end.
fn sort(model: &mut Model, by: isize) {
    let many = Column::ALL.len();
    let now = Column::ALL.iter().position(|column| *column == model.column).unwrap_or(0);
    model.column = Column::ALL[(now + many).saturating_add_signed(by) % many];
    model.descending = model.column.is_number();
}

fn remove(model: &mut Model) -> Option<Wish> {
    let session = model.chosen()?.1.seen.session.clone();
    model.say(format!("taking `{session}` out …"));
    if model.mode == Mode::Details {
        (model.mode, model.slow) = (Mode::List, None);
    }
    Some(Wish::Remove(session))
}

fn look_closer(model: &mut Model) -> Option<Wish> {
    let (function, row) = model.chosen()?;
    let slow = row.seen.latency.as_ref().and_then(|all| all.floor(SLOW_PERCENT)).unwrap_or(0.0);
    let slow = Slow { function: function.clone(), min_ns: slow as u64 };
    model.mode = Mode::Details;
    model.slow = Some(slow.clone());
    Some(Wish::Watch(Some(slow)))
}

fn in_details(model: &mut Model, key: Key) -> Option<Wish> {
    match key {
        Key::Esc | Key::Enter | Key::Left | Key::Char('q') => {
            model.mode = Mode::List;
            model.slow = None;
            Some(Wish::Watch(None))
        }
        Key::Char('i' | 'd' | '?' | 'h') => anywhere(model, key),
        _ => {
            go(model, moved(key)?);
            look_closer(model)
        }
    }
}

fn leave_help(model: &mut Model, key: Key) -> Option<Wish> {
    if let Mode::Help(before) = std::mem::take(&mut model.mode) {
        model.mode = *before;
    }
    // What is known by heart works from here too.
    if matches!(key, Key::Char('i' | '/')) && model.mode == Mode::List { in_list(model, key) } else { None }
}

fn in_filter(model: &mut Model, key: Key) -> Option<Wish> {
    match key {
        Key::Enter => model.mode = Mode::List,
        Key::Esc => {
            if let Mode::Filter(before) = std::mem::take(&mut model.mode) {
                model.filter = before;
            }
        }
        Key::Up | Key::Down | Key::PageUp | Key::PageDown => go(model, moved(key)?),
        _ => {
            typed(&mut model.filter, key);
        }
    }
    model.keep_chosen();
    None
}

/// Whether the text is another now.
fn typed(text: &mut String, key: Key) -> bool {
    match key {
        Key::Char(c) if text.chars().count() < TEXT_CHARS_MAX => text.push(c),
        Key::Backspace if !text.is_empty() => drop(text.pop()),
        Key::Clear if !text.is_empty() => text.clear(),
        _ => return false,
    }
    true
}

fn in_add(model: &mut Model, key: Key) -> Option<Wish> {
    let Mode::Add(add) = &mut model.mode else { return None };
    match key {
        Key::Esc => model.mode = Mode::List,
        Key::Enter => return instrument(model),
        Key::Tab => {
            add.text = add.choice()?.to_owned();
            return add.changed();
        }
        Key::Up => add.chosen = add.chosen.saturating_sub(1),
        Key::Down => add.chosen = (add.chosen + 1).min(add.names().len().saturating_sub(1)),
        _ if typed(&mut add.text, key) => return add.changed(),
        _ => {}
    }
    None
}

impl Add {
    /// What was found for what stands there now.
    pub fn names(&self) -> &[String] {
        match &self.found {
            Some((text, found)) if *text == self.text => &found.names,
            _ => &[],
        }
    }

    /// The one that the next `Enter` takes.
    fn choice(&self) -> Option<&str> {
        self.names().get(self.chosen).map(String::as_str)
    }

    fn changed(&mut self) -> Option<Wish> {
        (self.chosen, self.refused) = (0, None);
        Some(Wish::Find(self.text.clone()))
    }
}

fn instrument(model: &mut Model) -> Option<Wish> {
    let Mode::Add(add) = &model.mode else { return None };
    if add.loading.is_some() || add.text.is_empty() && add.choice().is_none() {
        return None;
    }
    // Asked for once more in spite of all.
    let wait = add.refused.as_ref().is_some_and(|refused| refused.may_come);
    let name = match add.choice().filter(|_| !add.text.contains('*')) {
        Some(name) => Ok(name.to_owned()),
        None => well_formed(&add.text),
    };
    let name = name.and_then(|name| if is_there(model, &name) { Err(already(&name)) } else { Ok(name) });
    let Mode::Add(add) = &mut model.mode else { return None };
    match name {
        Ok(name) => {
            (add.loading, add.refused) = (Some(name.clone()), None);
            Some(Wish::Instrument { name, wait })
        }
        Err(why) => {
            add.refused = Some(super::fleet::Refused { why, may_come: false });
            None
        }
    }
}

fn is_there(model: &Model, name: &str) -> bool {
    model.rows.iter().any(|(function, row)| function == name || row.seen.session == name)
}

fn already(name: &str) -> String {
    format!("`{name}` is instrumented already; `d` in the list takes the probe out")
}

/// The name with dots alone, as the probe language writes it.
///
/// # Errors
/// Where it can be no name of a function.
pub fn well_formed(text: &str) -> Result<String, String> {
    let text = text.trim();
    let expected = "expected `module.function`, `module.Class.method` or `module:Class.method`";
    match text.parse::<Target>() {
        Ok(_) => Ok(text.replace(':', ".")),
        Err(e) => Err(match e.problem {
            Problem::OnePart(_) => format!("`{text}` has one part, {expected}; `**.{text}` is that name in any module"),
            problem => format!("`{text}` is no name of a function: {problem}; {expected}"),
        }),
    }
}
