//! `waspect load`: as `attach`, but it comes back, and the session stays.
//!
//! In: what `attach` takes. Out: the session's id. Never here: a session that nobody holds: it lives in a process of this
//! binary, which answers to `list`, `stats`, `maps`, `tail` and `unload`, and with whose end the probes are gone.
//!
//! That process is this command once more, with pipes in place of its streams until the probes are in: what it says is passed
//! on. Then it leaves the terminal, and the pipes close.

use std::env;
use std::ffi::OsString;
use std::fs::OpenOptions;
use std::io::{self, Read, Write};
use std::process::{Command, ExitCode, Stdio};
use std::thread;

use anstream::{AutoStream, ColorChoice};
use anyhow::Context;
use nix::unistd::{chdir, dup2_stderr, dup2_stdin, dup2_stdout, setsid};

use super::TROUBLE;
use super::attach::{self, Attach};

/// Put probes into running Python processes and leave them there, until `waspect unload`
///
/// A process in the background holds the session: closing the terminal does not end it, but its end does, however it comes:
/// probes are gone within a second then. Nothing is shown here: `-o jsonl:PATH` writes a file, `waspect maps`, `stats` and
/// `tail` show it when asked, and `list` says what there is.
#[derive(clap::Args, Debug)]
#[command(after_help = "\
Examples:
  waspect load 4242 --name carts -e 'fn:shop.cart.*:exit { @lat[fn] = quantize(elapsed); }'
  waspect load name:gunicorn -p slow_calls.wasm --for 1h -o jsonl:calls.jsonl
  waspect maps carts && waspect tail carts && waspect unload carts
  session=$(waspect load 4242 -p slow_calls.wasm)      # the id is on stdout

A session of a name or a port takes new processes in, and ends when none is left.

Needed: what `waspect attach` needs; `waspect help attach` says what a target may look like.")]
pub(crate) struct Load {
    #[command(flatten)]
    attach: Attach,
    /// Be the process that holds the session
    #[arg(long, hide = true)]
    hold: bool,
}

/// Begins a session in the background; says which on stderr, and its id on stdout.
///
/// # Errors
/// As `attach`; the process that was to hold the session has ended then, and the target is as it was.
pub(super) fn run(args: &Load) -> anyhow::Result<ExitCode> {
    if args.hold {
        return attach::hold(&args.attach, Background);
    }
    let mut holder = Command::new(env::current_exe()?);
    holder.args(arguments()).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    if AutoStream::choice(&io::stderr()) != ColorChoice::Never {
        holder.env("CLICOLOR_FORCE", "1");
    }
    let mut holder = holder.spawn().context("no process can be started that holds the session")?;
    let said = holder.stderr.take().context("no pipe to it")?;
    let saying = thread::spawn(move || pass_on(said));
    let mut id = String::new();
    holder.stdout.take().context("no pipe to it")?.read_to_string(&mut id)?;
    let _ = saying.join();
    if id.is_empty() {
        let code = holder.wait()?.code().and_then(|code| u8::try_from(code).ok());
        return Ok(ExitCode::from(code.filter(|code| *code != 0).unwrap_or(TROUBLE)));
    }
    anstream::stdout().write_all(id.as_bytes())?;
    Ok(ExitCode::SUCCESS)
}

/// This command's own, with `--hold`.
fn arguments() -> Vec<OsString> {
    let mut all: Vec<OsString> = env::args_os().skip(1).collect();
    let command = all.iter().position(|word| word == "load").map_or(0, |at| at + 1);
    all.insert(command, "--hold".into());
    all
}

/// Until the other end closes it.
fn pass_on(mut said: impl Read) {
    let mut some = [0; 4096];
    while let Ok(n @ 1..) = said.read(&mut some) {
        let _ = io::stderr().write_all(&some[..n]);
    }
}

/// Where a session goes that stays.
pub(crate) struct Background;

impl Background {
    /// Says that the session is there, and leaves the terminal, the folder and the streams of whoever began it.
    ///
    /// # Errors
    /// When they are gone, who would be the only ones to know of it.
    pub(crate) fn go(self, session: Option<(String, u32)>) -> anyhow::Result<()> {
        let (shown, id) = session.context("nobody could ask for the session")?;
        writeln!(anstream::stderr(), "{shown}")?;
        let mut out = io::stdout();
        writeln!(out, "{id}")?;
        out.flush()?;
        let nothing = OpenOptions::new().read(true).write(true).open("/dev/null")?;
        setsid().context("the session cannot leave the terminal")?;
        chdir("/")?;
        dup2_stdin(&nothing)?;
        dup2_stdout(&nothing)?;
        dup2_stderr(&nothing)?;
        Ok(())
    }
}
