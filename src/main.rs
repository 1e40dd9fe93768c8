//! The `waspect` command. A child that compiles is recognised before anything else is done.

fn main() -> std::process::ExitCode {
    if let Some(code) = waspect::compile::child() {
        return code;
    }
    std::process::ExitCode::from(2)
}
