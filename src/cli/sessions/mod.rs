//! Commands for sessions that others hold: which there are, what they counted, their end.
//!
//! In: ids and names. Out: answers of operators, as text or JSON. Never here: a process of the application; a session that
//! is not there being more than an error.

#[cfg(target_arch = "x86_64")]
pub(super) mod detach;
pub(super) mod list;
pub(super) mod maps;
pub(super) mod stats;
pub(super) mod tail;
pub(super) mod unload;

use std::io::Write;
use std::thread;
use std::time::Duration;

use nix::unistd::{Uid, User};

use super::desk::ask::{self, Asking, Found, Silence};
use super::observe::args::interval;
use super::observe::screen;
use crate::render::jsonl;
use crate::report::Report;

/// Which session.
#[derive(clap::Args, Debug)]
struct Which {
    /// The session's id or name; may be left out where there is only one
    #[arg(value_name = "SESSION")]
    session: Option<String>,
}

impl Which {
    /// The session, ready for questions.
    fn ask(&self) -> anyhow::Result<(Found, Asking)> {
        let found = ask::one(self.session.as_deref())?;
        match found.ask() {
            Ok(asking) => Ok((found, asking)),
            Err(silence) => Err(silence.of(found.id)),
        }
    }
}

/// How often, and in which form.
#[derive(clap::Args, Debug)]
struct Shown {
    /// Ask again so often (`1s`), until Ctrl-C or the session's end
    #[arg(long, value_name = "TIME", value_parser = interval)]
    every: Option<Duration>,
    /// Write JSON (docs/OUTPUT.md), with `--every` one object a line
    #[arg(long)]
    json: bool,
}

impl Shown {
    /// Writes once, or again and again until the session is over.
    fn write(
        &self,
        which: &Which,
        mut one: impl FnMut(&Found, &mut Asking) -> Result<Block, Silence>,
    ) -> anyhow::Result<()> {
        let (found, mut asking) = which.ask()?;
        let mut is_first = true;
        loop {
            let block = match one(&found, &mut asking) {
                Ok(block) => block,
                // It was there, and has ended since.
                Err(Silence::Gone) if !is_first => return Ok(()),
                Err(silence) => return Err(silence.of(found.id)),
            };
            self.write_one(&block, is_first)?;
            let Some(every) = self.every else { return Ok(()) };
            is_first = false;
            thread::sleep(every);
        }
    }

    fn write_one(&self, block: &Block, is_first: bool) -> anyhow::Result<()> {
        let mut out = anstream::stdout().lock();
        match (self.json, self.every) {
            (true, None) => writeln!(out, "{}", serde_json::to_string_pretty(&block.json)?)?,
            (true, Some(_)) => writeln!(out, "{}", block.json)?,
            (false, _) => {
                if !is_first {
                    writeln!(out)?;
                }
                block.lines.iter().try_for_each(|line| writeln!(out, "{}", screen::plain(line)))?;
            }
        }
        Ok(out.flush()?)
    }
}

/// One answer in both forms.
struct Block {
    lines: Vec<String>,
    json: serde_json::Value,
}

/// A report as `-o jsonl` writes it.
fn object(report: &Report) -> serde_json::Value {
    let mut line = Vec::new();
    jsonl::line(&mut line, report);
    serde_json::from_slice(&line).unwrap_or_default()
}

/// A user's name, else the number.
fn user(id: u32) -> String {
    User::from_uid(Uid::from_raw(id)).ok().flatten().map_or_else(|| id.to_string(), |user| user.name)
}
