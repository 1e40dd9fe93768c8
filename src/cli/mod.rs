//! The command line: one file per subcommand.
//!
//! In: arguments. Out: data on stdout, everything else on stderr, an exit code. Never here: a rule about modules or
//! probes; the rooms below know those.
//!
//! A subcommand is a file with `Args` (clap) and `run(&Args) -> anyhow::Result<ExitCode>`, one variant and one line here.

mod advised;
mod against;
mod agents;
mod asked;
#[cfg(target_arch = "x86_64")]
mod attach;
mod budget;
mod build;
mod check;
mod compile;
mod desk;
mod fmt;
mod held;
mod inspect;
mod keygen;
mod keys;
mod language;
mod left;
mod limits;
#[cfg(target_arch = "x86_64")]
mod load;
mod new;
mod observe;
mod open;
pub mod policy;
mod profile;
#[cfg(target_arch = "x86_64")]
mod ps;
mod run;
mod sessions;
mod sign;
mod signals;
mod signers;
#[cfg(target_arch = "x86_64")]
mod target;
mod text;
#[cfg(target_arch = "x86_64")]
pub mod top;

use std::env;
use std::io::{self, Write};
use std::process::ExitCode;

use anstyle::{AnsiColor, Style};
use clap::builder::Styles;
use clap::{Parser, Subcommand};

use self::language::Refused;
use crate::compile::CompileError;
#[cfg(target_arch = "x86_64")]
use crate::inject::InjectError;
use crate::module::ModuleError;
use crate::seal::SealError;

/// The thing asked about is bad: a checked module would be refused.
const BAD: u8 = 1;
/// waspect could not do what was asked.
const TROUBLE: u8 = 2;

const EXAMPLES: &str = "\
Examples:
  waspect new rust slow_calls            A folder with a probe to begin from
  waspect build slow_calls               Build it, and check it
  waspect check slow_calls.wat           Would it be taken? If not, why?
  waspect fmt shop.probe                 Write a program as everybody does
  waspect inspect slow_calls.wat         Where does it attach, and what can it read?
  waspect limits                         What may a probe spend?

Exit codes: 0 done; 1 the answer is no (`check`, `build`); 2 waspect could not do it: usage, files, a module that is refused.
Reports and errors go to stderr, data to stdout.";

/// eBPF for Python: WebAssembly probes in running, unmodified applications.
///
/// A probe is a function of a WebAssembly module, in any language, named after the place where it fires: an export
/// called `fn:shop.cart.add:entry` fires whenever the Python function `shop.cart.add` is entered. It sees arguments,
/// return value and exception, may count, time and record, and cannot change anything.
#[derive(Parser)]
#[command(name = "waspect", version, after_help = EXAMPLES, styles = STYLES, max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: Command,
    /// Colour: where a terminal shows it and `NO_COLOR` is not set, or as said here
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto", hide_default_value = true)]
    color: Color,
}

#[derive(clap::ValueEnum, Clone, Copy, Debug)]
enum Color {
    Auto,
    Always,
    Never,
}

impl From<Color> for anstream::ColorChoice {
    fn from(color: Color) -> Self {
        match color {
            Color::Auto if is_dumb() => Self::Never,
            Color::Auto => Self::Auto,
            Color::Always => Self::Always,
            Color::Never => Self::Never,
        }
    }
}

/// A terminal that knows no colours; asked for here, since the library takes any `CI` for one that does.
fn is_dumb() -> bool {
    let forced = env::var_os("CLICOLOR_FORCE").is_some_and(|force| force != "0");
    !forced && env::var_os("TERM").is_some_and(|term| term == "dumb")
}

#[derive(Subcommand)]
enum Command {
    New(new::Args),
    Build(build::Args),
    Check(check::Args),
    Compile(compile::Args),
    Fmt(fmt::Args),
    Inspect(inspect::Args),
    Keygen(keygen::Args),
    Limits(limits::Args),
    #[command(hide = true)]
    Policy(policy::Args),
    Sign(sign::Args),
    Run(run::Run),
    #[cfg(target_arch = "x86_64")]
    Attach(attach::Attach),
    #[cfg(target_arch = "x86_64")]
    Top(top::Top),
    #[cfg(target_arch = "x86_64")]
    Load(load::Load),
    List(sessions::list::Args),
    Stats(sessions::stats::Args),
    Maps(sessions::maps::Args),
    Tail(sessions::tail::Args),
    Unload(sessions::unload::Args),
    #[cfg(target_arch = "x86_64")]
    Detach(sessions::detach::Args),
    #[cfg(target_arch = "x86_64")]
    Ps(ps::Args),
}

fn dispatch(command: &Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::New(args) => new::run(args),
        Command::Build(args) => build::run(args),
        Command::Check(args) => check::run(args),
        Command::Compile(args) => compile::run(args),
        Command::Fmt(args) => fmt::run(args),
        Command::Inspect(args) => inspect::run(args),
        Command::Keygen(args) => keygen::run(args),
        Command::Limits(args) => limits::run(args),
        Command::Policy(args) => policy::run(args),
        Command::Sign(args) => sign::run(args),
        Command::Run(args) => run::run(args),
        #[cfg(target_arch = "x86_64")]
        Command::Attach(args) => attach::run(args),
        #[cfg(target_arch = "x86_64")]
        Command::Top(args) => top::run(args),
        #[cfg(target_arch = "x86_64")]
        Command::Load(args) => load::run(args),
        Command::List(args) => sessions::list::run(args),
        Command::Stats(args) => sessions::stats::run(args),
        Command::Maps(args) => sessions::maps::run(args),
        Command::Tail(args) => sessions::tail::run(args),
        Command::Unload(args) => sessions::unload::run(args),
        #[cfg(target_arch = "x86_64")]
        Command::Detach(args) => sessions::detach::run(args),
        #[cfg(target_arch = "x86_64")]
        Command::Ps(args) => ps::run(args),
    }
}

const HEADING: Style = Style::new().bold();
const ERROR: Style = AnsiColor::Red.on_default().bold();
const WARNING: Style = AnsiColor::Yellow.on_default().bold();
const HINT: Style = AnsiColor::Cyan.on_default().bold();
const STYLES: Styles = Styles::styled().header(HEADING).usage(HEADING).literal(AnsiColor::Cyan.on_default());

/// Runs the command that the arguments ask for.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    anstream::ColorChoice::from(cli.color).write_global();
    match dispatch(&cli.command) {
        Ok(code) => code,
        Err(e) if is_broken_pipe(&e) => ExitCode::SUCCESS,
        Err(e) => {
            report(&e);
            ExitCode::from(TROUBLE)
        }
    }
}

/// Whoever read our output has seen enough.
fn is_broken_pipe(e: &anyhow::Error) -> bool {
    e.downcast_ref::<io::Error>().is_some_and(|e| e.kind() == io::ErrorKind::BrokenPipe)
}

/// `error: …` and `hint: …` on stderr. If that fails too, there is nobody left to tell.
pub(crate) fn report(e: &anyhow::Error) {
    let mut err = anstream::stderr().lock();
    if let Some(refused) = e.downcast_ref::<Refused>() {
        let _ = writeln!(err, "{}{ERROR}error:{ERROR:#} {}", refused.shown(), refused.count());
        return;
    }
    let _ = writeln!(err, "{ERROR}error:{ERROR:#} {e:#}");
    if let Some(hint) = hint(e) {
        let _ = writeln!(err, "{HINT}hint:{HINT:#} {hint}");
    }
}

/// `warning: …` and `hint: …` on stderr, of what is taken all the same.
pub(crate) fn warn(message: &str, hint: Option<&str>) {
    if held::holds(message) {
        return;
    }
    let mut err = anstream::stderr().lock();
    let _ = writeln!(err, "{WARNING}warning:{WARNING:#} {message}");
    if let Some(hint) = hint {
        let _ = writeln!(err, "{HINT}hint:{HINT:#} {hint}");
    }
}

#[cfg(target_arch = "x86_64")]
fn entering(e: &anyhow::Error) -> Option<String> {
    e.downcast_ref::<InjectError>().and_then(InjectError::hint)
}

#[cfg(not(target_arch = "x86_64"))]
fn entering(_: &anyhow::Error) -> Option<String> {
    None
}

/// What the room that refused has to say beyond its message: one line per room.
fn hint(e: &anyhow::Error) -> Option<String> {
    let module = || e.downcast_ref::<ModuleError>().and_then(ModuleError::hint);
    let compile = || e.downcast_ref::<CompileError>().and_then(CompileError::hint).map(Into::into);
    let seal = || e.downcast_ref::<SealError>().map(|e| e.hint().into());
    let own = || e.downcast_ref::<advised::Advised>().map(|e| e.hint.clone());
    module().or_else(compile).or_else(seal).or_else(own).or_else(|| entering(e))
}
