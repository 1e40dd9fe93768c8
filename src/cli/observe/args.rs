//! What every command that observes takes: probes, outputs, how long.
//!
//! In: arguments. Out: modules ready to load, open outputs, the pace. Never here: a process.

use std::path::PathBuf;
use std::time::Duration;

use super::outputs::{Ahead, Output, Outputs};
use super::{Observation, Pace, modules};
use crate::cli::advised::advised;
use crate::cli::budget::Budgeted;
use crate::cli::desk::Session;
use crate::cli::open::all;
use crate::cli::policy::{PolicyArgs, refused};
use crate::cli::profile::ProfileArg;
use crate::cli::text::bytes as shown;
use crate::desk::How;
use crate::frames::Load;
use crate::limits;
use crate::module::At;

/// The shortest interval of `--every`.
const EVERY_MIN: Duration = Duration::from_millis(100);
/// The longest `--name`.
const NAME_BYTES_MAX: usize = 40;

#[derive(clap::Args, Debug)]
pub(crate) struct Probing {
    /// A probe module, `.wasm` or `.wat`, or a program, `.probe`; may be given several times
    #[arg(short, long = "probe", value_name = "FILE")]
    probes: Vec<PathBuf>,
    /// A program itself: `-e 'fn:shop.cart.*:exit { @lat[fn] = quantize(elapsed); }'`; may be given several times
    #[arg(short = 'e', long = "text", value_name = "TEXT")]
    texts: Vec<String>,
    /// Where an export belongs, for modules that do not say it: `on_add=fn:shop.cart.add:entry`
    #[arg(long, value_name = "EXPORT=SPEC")]
    at: Vec<At>,
    /// `terminal` (the default, on stderr); `jsonl` or `csv` (to stdout), or with `:PATH` one of `jsonl`, `csv`, `chrome`
    /// and `perfetto` (for ui.perfetto.dev), `speedscope` (for speedscope.app); may be given several times
    #[arg(short, long = "output", value_name = "OUTPUT")]
    pub(crate) outputs: Vec<Output>,
    /// Observe so long (`10s`, `500ms`, `2m`), then let the program go on without probes
    #[arg(long = "for", value_name = "TIME", value_parser = duration)]
    time: Option<Duration>,
    /// Show so often what was counted (`1s`): redrawn at a terminal's lower end, elsewhere as one block after the other
    #[arg(long, value_name = "TIME", value_parser = interval)]
    every: Option<Duration>,
    /// Records a second, at most, of each probe and of a process [default: 5000 of a probe, 50000 of a process]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    events: Option<u64>,
    #[command(flatten)]
    budget: Budgeted,
    /// Room for records that are not read yet, in each process (`4M`): as more come they are dropped and counted
    /// [default: 8M]
    #[arg(long, value_name = "SIZE", value_parser = ring)]
    ring: Option<u64>,
    #[command(flatten)]
    profile: ProfileArg,
    /// What other commands may call this session by: `waspect stats NAME`, `tail`, `unload`
    #[arg(long, value_name = "NAME", value_parser = name)]
    name: Option<String>,
    #[command(flatten)]
    policy: PolicyArgs,
}

impl Probing {
    /// The session: its modules are checked and compiled here.
    pub(crate) fn load(&self) -> anyhow::Result<Load> {
        let policy = self.policy.read()?;
        let budget = self.budget.budget(self.events, &policy)?;
        let ring_bytes = self.ring.unwrap_or_else(|| policy.most("ring_bytes", limits::RING_BYTES));
        let events_per_second = self.events.unwrap_or_else(|| policy.events_of_process(&budget));
        policy.asked("ring_bytes", ring_bytes).map_err(|e| refused(&e))?;
        policy.asked("events_per_second_process", events_per_second).map_err(|e| refused(&e))?;
        let modules = modules::load(&all(&self.probes, &self.texts), &self.at, self.profile.profile, budget)?;
        modules::within(&policy, &modules)?;
        Ok(Load {
            modules,
            policy,
            ring_bytes,
            events_per_second,
            ledger_bytes: limits::LEDGER_BYTES,
            compiler: std::env::current_exe().ok(),
        })
    }

    /// Opens the outputs. `every` is how often is shown what was counted where nothing is said and there is a place for it.
    pub(crate) fn observation(&self, every: Option<Duration>, load: &Load) -> anyhow::Result<Observation> {
        let has_place = self.outputs.is_empty() || self.outputs.contains(&Output::Terminal);
        let pace = Pace { time: self.time, every: self.every.or(every.filter(|_| has_place)) };
        let ahead = Ahead { pictures: pace.every.is_some(), fields: &fields(load) };
        Ok(Observation::new(Outputs::open(&self.outputs, ahead)?, pace))
    }

    /// The same without a terminal.
    pub(crate) fn observation_in_background(&self, load: &Load) -> anyhow::Result<Observation> {
        if self.every.is_some() || self.outputs.iter().any(|output| !matches!(output, Output::File(..))) {
            return Err(advised(
                "a session in the background has no terminal",
                "leave out `--every`; `-o jsonl:PATH` works there, and `waspect maps --every 1s` and `tail` show it later",
            ));
        }
        Ok(Observation::new(Outputs::files(&self.outputs, &fields(load))?, Pace { time: self.time, every: None }))
    }

    /// What others can know of the session before it begins.
    pub(crate) fn session(&self, how: How, target: String, load: &Load) -> Session {
        let modules = load.modules.iter().map(|module| module.artifact.manifest.name.clone()).collect();
        let outputs = if self.outputs.is_empty() && how != How::Load {
            vec![Output::Terminal.to_string()]
        } else {
            self.outputs.iter().map(Output::to_string).collect()
        };
        Session { name: self.name.clone(), how, target, modules, outputs, fields: fields(load) }
    }
}

/// The fields that modules name; others have names that only run time knows.
fn fields(load: &Load) -> Vec<String> {
    let imports = load.modules.iter().flat_map(|module| &module.artifact.manifest.imports);
    imports.filter(|import| import.module == "probe1.field").map(|import| import.name.clone()).collect()
}

/// `4M`, `512K`, `1G`, or bytes. A ring is as large as the next power of two.
fn ring(text: &str) -> Result<u64, String> {
    let bytes = limits::size(text).map_err(|expected| format!("expected {expected}"))?;
    let (least, most) = (limits::RING_BYTES_MIN, limits::RING_BYTES_MAX);
    match bytes {
        bytes if (least..=most).contains(&bytes) => Ok(bytes.next_power_of_two()),
        _ => Err(format!("expected from {} to {}", shown(least), shown(most))),
    }
}

/// One word that is no process id.
fn name(text: &str) -> Result<String, String> {
    let fits = !text.is_empty() && text.len() <= NAME_BYTES_MAX && !text.bytes().all(|b| b.is_ascii_digit());
    let plain = text.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b)) && !text.starts_with('-');
    let expected =
        format!("expected at most {NAME_BYTES_MAX} of letters, digits, `.`, `_` and `-`, and not digits alone");
    if fits && plain { Ok(text.to_owned()) } else { Err(expected) }
}

/// Drawing takes time: not oftener than an eye can tell.
pub(crate) fn interval(text: &str) -> Result<Duration, String> {
    let every = duration(text)?;
    if every < EVERY_MIN { Err(format!("expected at least {}ms", EVERY_MIN.as_millis())) } else { Ok(every) }
}

/// `10s`, `500ms`, `2m`, `1h`.
pub(in crate::cli) fn duration(text: &str) -> Result<Duration, String> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let seconds = match &text[digits.len()..] {
        "ms" => 1e-3,
        "s" => 1.0,
        "m" => 60.0,
        "h" => 3600.0,
        _ => return Err("expected a number and `ms`, `s`, `m` or `h`".into()),
    };
    let number: f64 = digits.parse().map_err(|_| "expected a number before the unit".to_owned())?;
    Duration::try_from_secs_f64(number * seconds).map_err(|e| e.to_string())
}
