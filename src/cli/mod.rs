//! The command line: one file per subcommand.

mod compile;

use std::io::Write;
use std::process::ExitCode;

use clap::Parser;

use crate::compile::CompileError;
use crate::module::ModuleError;
use crate::seal::SealError;

/// waspect could not do what was asked.
const TROUBLE: u8 = 2;

#[derive(Parser)]
#[command(name = "waspect", version)]
enum Command {
    Compile(compile::Args),
}

/// Runs the command that the arguments ask for.
pub fn main() -> ExitCode {
    let Command::Compile(args) = Command::parse();
    compile::run(&args).unwrap_or_else(|e| {
        let _ = writeln!(anstream::stderr(), "error: {e:#}");
        let _ = hint(&e).map(|hint| writeln!(anstream::stderr(), "hint: {hint}"));
        ExitCode::from(TROUBLE)
    })
}

/// What the room that refused has to say beyond its message: one line per room.
fn hint(e: &anyhow::Error) -> Option<String> {
    let module = || e.downcast_ref::<ModuleError>().and_then(ModuleError::hint);
    let compile = || e.downcast_ref::<CompileError>().and_then(CompileError::hint).map(Into::into);
    let seal = || e.downcast_ref::<SealError>().map(|e| e.hint().into());
    module().or_else(compile).or_else(seal)
}
