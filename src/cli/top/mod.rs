//! `waspect top`: a running application as a table of its functions, live; probes go in and out by a key.
//!
//! In: targets, names of functions, programs; keys. Out: a screen, or a JSON line each second. Never here: a key that
//! waits, a probe that stays behind, a terminal that is not given back.

pub mod draw;
pub mod fleet;
pub mod history;
mod json;
pub mod keys;
mod live;
pub mod model;
pub mod program;
mod screen;
mod show;
mod workers;

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

pub use json::line;

use crate::cli::asked::Asked;
use crate::cli::attach::wanted::Wanted;
use crate::cli::budget::Budgeted;
use crate::cli::held;
use crate::cli::observe::outputs::warn;
use crate::cli::observe::{duration, modules};
use crate::cli::open::all;
use crate::cli::policy::PolicyArgs;
use crate::cli::profile::ProfileArg;
use crate::cli::target::{FORMS, Found, Target};
use fleet::Fleet;
use live::Live;
use model::{Model, Wish};
use screen::Screen;
use show::Show;

const EXAMPLES: &str = "\
Examples:
  waspect top 4242                          Begin with nothing; `i` instruments functions
  waspect top name:gunicorn -f shop.cart.add -f 'shop.db.*'
  waspect top :8000 --json --for 10s -f shop.cart.add | jq '.functions[].rate'";

const MORE: &str = "\
Keys: `i` instruments a function by a part of its name, `d` takes the probe out again, Enter
shows times and slow calls, `/` filters, `s` sorts, `?` helps, `q` quits. However it ends, the
application's functions are what they were within a second.";

/// Watch a running application: its functions' calls, times, errors, live
///
/// A table on the terminal, anew each second. Probes are put in and taken out by keys while the application runs. As with
/// `waspect attach` it needs nothing, and nothing stays in it.
#[derive(clap::Args, Debug)]
#[command(after_help = format!("{EXAMPLES}\n\n{FORMS}\n\n{MORE}"))]
pub(crate) struct Top {
    /// The processes: `4242`, `name:gunicorn`, `:8000`; several targets are observed together
    #[arg(value_name = "TARGET", required = true)]
    targets: Vec<Target>,
    /// Of a process named by its id, take the Python descendants too, now and later
    #[arg(long)]
    children: bool,
    /// Instrument this function from the beginning: `shop.cart.add`, `shop.cart:Cart.add`, `shop.db.*`; may be given
    /// several times
    #[arg(short, long = "function", value_name = "FUNCTION", value_parser = keys::well_formed)]
    functions: Vec<String>,
    /// A probe module or program whose functions are shown too; may be given several times
    #[arg(short, long = "probe", value_name = "FILE")]
    probes: Vec<PathBuf>,
    /// A program itself; may be given several times
    #[arg(short = 'e', long = "text", value_name = "TEXT")]
    texts: Vec<String>,
    #[command(flatten)]
    budget: Budgeted,
    #[command(flatten)]
    profile: ProfileArg,
    /// Write a JSON object each second instead of drawing
    #[arg(long)]
    json: bool,
    /// End after so long (`10s`, `500ms`, `2m`)
    #[arg(long = "for", value_name = "TIME", value_parser = duration)]
    time: Option<Duration>,
    #[command(flatten)]
    policy: PolicyArgs,
}

/// Shows until told to stop, for the time asked for, or, as JSON, until the processes end.
///
/// # Errors
/// When no process can be entered, a program does not load, or there is no terminal to draw on.
pub(crate) fn run(args: &Top) -> anyhow::Result<ExitCode> {
    // Before any thread, and before anything is to be undone.
    let asked = Asked::keep()?;
    if !args.json {
        screen::check()?;
    }
    let policy = args.policy.read()?;
    let budget = args.budget.budget(None, &policy)?;
    let given = all(&args.probes, &args.texts);
    let programs = given.iter().map(|given| {
        let made = modules::load(&[*given], &[], args.profile.profile, budget)?;
        modules::within(&policy, &made).map(|()| (given.shown(), made))
    });
    let programs: Vec<_> = programs.collect::<anyhow::Result<_>>()?;
    let (wanted, found) = Wanted::find(&args.targets, args.children)?;
    let model = Model::new(&target(&args.targets, &found));
    let live = Arc::new(Live::enter(wanted, found, &asked, (budget, policy))?);
    let shown = give(&live, programs).and_then(|()| show(args, model, &live, asked));
    let late = live.close();
    held::end().iter().chain(&late).for_each(|line| warn(line));
    shown.map(|()| ExitCode::SUCCESS)
}

fn give(live: &Live, programs: Vec<(String, Vec<crate::frames::LoadModule>)>) -> anyhow::Result<()> {
    programs
        .into_iter()
        .try_for_each(|(name, modules)| modules.into_iter().try_for_each(|module| live.give(&name, module)))
}

fn show(args: &Top, mut model: Model, live: &Arc<Live>, asked: Asked) -> anyhow::Result<()> {
    let first = args.functions.iter().map(|name| Wish::Instrument { name: name.clone(), wait: true }).collect();
    let fleet: Arc<dyn Fleet> = live.clone();
    if args.json {
        return Show::start(model, &fleet, first, args.time, asked).lines(&mut std::io::stdout());
    }
    if !args.functions.is_empty() {
        model.say(format!("putting probes into {} …", args.functions.join(", ")));
    }
    held::begin();
    let screen = Screen::take()?;
    Show::start(model, &fleet, first, args.time, asked).on(screen)
}

/// What is looked at, for the head.
fn target(targets: &[Target], found: &[Found]) -> String {
    let named: Vec<String> = targets.iter().map(Target::to_string).collect();
    match found {
        [one] => format!("{}: {}", named.join(" "), command(one.pid)),
        _ => named.join(" "),
    }
}

fn command(pid: i32) -> String {
    let line = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    let words = line.split(|byte| *byte == 0).filter(|word| !word.is_empty());
    words.map(|word| String::from_utf8_lossy(word).into_owned()).collect::<Vec<_>>().join(" ")
}
