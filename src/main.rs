//! The `waspect` command. A child that compiles is recognised before anything else is done.

use std::io::Write;
use std::process::ExitCode;

use clap::Parser;
use waspect::cli::compile::{self, Compile, Told};

#[derive(Parser)]
#[command(name = "waspect", version)]
enum Command {
    Compile(Compile),
}

fn main() -> ExitCode {
    if let Some(code) = waspect::compile::child() {
        return code;
    }
    let Command::Compile(args) = Command::parse();
    let Err(error) = compile::run(&args) else { return ExitCode::SUCCESS };
    if error.downcast_ref::<Told>().is_none() {
        let _ = writeln!(anstream::stderr(), "error: {error:#}");
    }
    ExitCode::FAILURE
}
