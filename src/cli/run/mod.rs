//! `waspect run`: a program under probes, from its first line, otherwise as it would have been.
//!
//! In: probe files and a Python command line. Out: reports while the program runs, a summary, the program's own exit code.
//! Never here: a change to the program's arguments, streams, flags or paths; one to its environment but for the variable by
//! which children are reached; a program that starts although its probes do not load.

mod bootstrap;
mod command;
mod interpreter;
mod program;
mod watch;

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, bail};

use super::desk::Desk;
use super::observe::Probing;
use crate::control::client::{Asked, Client};
use crate::desk::How;

use bootstrap::Bootstrap;
use command::Command;
pub(crate) use interpreter::Interpreter;
use program::{Program, Signals};
use watch::Watch;

/// Of a longer command line others are told so much.
const SHOWN_CHARS_MAX: usize = 200;

/// Run a Python program under probes
#[derive(clap::Args, Debug)]
pub(crate) struct Run {
    #[command(flatten)]
    probing: Probing,
    /// The interpreter [default: that of $VIRTUAL_ENV, else `python3` on PATH]
    #[arg(long, value_name = "PATH")]
    python: Option<PathBuf>,
    /// Leave Python processes alone that the program starts (forked ones keep their probes)
    #[arg(long)]
    no_children: bool,
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
    if let Some(output) = args.probing.outputs.iter().find(|output| output.is_stdout()) {
        let format = output.to_string();
        let format = format.trim_end_matches(":-");
        bail!("the program has stdout for itself\nhint: name a file, `-o {format}:PATH`; a named pipe will do");
    }
    let load = args.probing.load()?;
    let interpreter = Interpreter::find(args.python.as_deref())?;
    let agent = interpreter.agent()?;
    let observation = args.probing.observation(None, &load)?;
    let bootstrap = Bootstrap::prepare(&agent, !args.no_children)?;
    let signals = Signals::keep()?;
    let session = args.probing.session(How::Run, shown(&args.program), &load);
    let observation = observation.at(Desk::open_if_can(session));
    let client = Client::listen(bootstrap.dir(), Asked::Once(load)).context("no socket for the agent")?;
    let program = Program::start(&interpreter, &command, &bootstrap, signals)?;
    let end = Watch { program, bootstrap: &bootstrap, observation }.run(client)?;
    // A signal may end this process here: nothing may be left behind.
    drop(bootstrap);
    Ok(end.follow())
}

/// The command line, as others are told what is observed.
fn shown(program: &[OsString]) -> String {
    let words = program.iter().map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ");
    words.chars().take(SHOWN_CHARS_MAX).map(|c| if c.is_control() { ' ' } else { c }).collect()
}
