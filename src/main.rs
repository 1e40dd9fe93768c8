//! The `waspect` command. A child that compiles is recognised before anything else is done; the rest is in the library,
//! where tests reach it.

fn main() -> std::process::ExitCode {
    waspect::compile::child().unwrap_or_else(waspect::cli::main)
}
