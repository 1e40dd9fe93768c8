//! `waspect run`: a program under probes, from its first line, otherwise as it would have been.
//!
//! In: probe files and a Python command line. Out: reports while the program runs, a summary, the program's own exit code.
//! Never here: a change to the program's arguments, streams, flags, paths or environment; a program that starts although
//! its probes do not load.

mod bootstrap;
mod command;
mod interpreter;
mod modules;
mod outputs;
mod program;
mod screen;
mod watch;

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context;

use super::open::all;
use crate::control::client::Client;
use crate::frames::Load;
use crate::limits;
use crate::module::At;

use bootstrap::Bootstrap;
use command::Command;
pub(crate) use interpreter::Interpreter;
use outputs::{Output, Outputs};
use program::{Program, Signals};
use watch::Pace;

/// The shortest interval of `--every`.
const EVERY_MIN: Duration = Duration::from_millis(100);

/// Run a Python program under probes
#[derive(clap::Args, Debug)]
pub(crate) struct Run {
    /// A probe module, `.wasm` or `.wat`, or a program, `.probe`; may be given several times
    #[arg(short, long = "probe", value_name = "FILE")]
    probes: Vec<PathBuf>,
    /// A program itself: `-e 'fn:shop.cart.*:exit { @lat[fn] = quantize(elapsed); }'`; may be given several times
    #[arg(short = 'e', long = "text", value_name = "TEXT")]
    texts: Vec<String>,
    /// Where an export belongs, for modules that do not say it: `on_add=fn:shop.cart.add:entry`
    #[arg(long, value_name = "EXPORT=SPEC")]
    at: Vec<At>,
    /// `terminal` (the default, on stderr) or `jsonl:PATH`; may be given several times
    #[arg(short, long = "output", value_name = "OUTPUT")]
    outputs: Vec<Output>,
    /// Observe so long (`10s`, `500ms`, `2m`), then let the program go on without probes
    #[arg(long = "for", value_name = "TIME", value_parser = duration)]
    time: Option<Duration>,
    /// Show so often what was counted (`1s`): redrawn at a terminal's lower end, elsewhere as one block after the other
    #[arg(long, value_name = "TIME", value_parser = interval)]
    every: Option<Duration>,
    /// The interpreter [default: that of $VIRTUAL_ENV, else `python3` on PATH]
    #[arg(long, value_name = "PATH")]
    python: Option<PathBuf>,
    /// What the interpreter is given: `script.py ARGS…`, `-m MODULE ARGS…`, `-c CODE`, flags first
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, required = true, value_name = "PROGRAM")]
    program: Vec<OsString>,
}

/// Runs the program to its end. Gives its exit code; where a signal ended it, this process ends by the same.
///
/// # Errors
/// When the program was not started, because something about it or its probes is wrong: exit code 2.
pub(crate) fn run(args: &Run) -> anyhow::Result<ExitCode> {
    let command = Command::parse(&args.program)?;
    let modules = modules::load(&all(&args.probes, &args.texts), &args.at)?;
    let interpreter = Interpreter::find(args.python.as_deref())?;
    let agent = interpreter.agent()?;
    let outputs = Outputs::open(&args.outputs, args.every.is_some())?;
    let bootstrap = Bootstrap::prepare(&agent)?;
    let load = Load {
        modules,
        ring_bytes: limits::RING_BYTES,
        ledger_bytes: limits::LEDGER_BYTES,
        main_module: command.module.clone(),
        compiler: std::env::current_exe().ok(),
    };
    let signals = Signals::keep()?;
    let client = Client::listen(bootstrap.dir(), load).context("no socket for the agent")?;
    let program = Program::start(&interpreter, &command, &bootstrap, signals)?;
    let end = watch::watch(program, client, outputs, &bootstrap, Pace { time: args.time, every: args.every })?;
    // A signal may end this process here: nothing may be left behind.
    drop(bootstrap);
    Ok(end.follow())
}

/// Drawing takes time: not oftener than an eye can tell.
fn interval(text: &str) -> Result<Duration, String> {
    let every = duration(text)?;
    if every < EVERY_MIN { Err(format!("expected at least {}ms", EVERY_MIN.as_millis())) } else { Ok(every) }
}

/// `10s`, `500ms`, `2m`, `1h`.
fn duration(text: &str) -> Result<Duration, String> {
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
