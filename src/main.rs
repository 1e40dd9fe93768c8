//! The `waspect` command. Everything is in the library, where tests reach it. A child that compiles is recognised before
//! anything is opened or parsed: its limits come first.

fn main() -> std::process::ExitCode {
    waspect::compile::child().unwrap_or_else(waspect::cli::main)
}
