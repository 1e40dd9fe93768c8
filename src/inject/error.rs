//! Why a process was not entered: each text says what was found and what was expected, the hint what to do.
//!
//! In: what the other files found. Out: [`InjectError`]. Never here: a guess where the kernel gave a reason.

use std::io;
use std::time::Duration;

use super::safe::Unsafe;

/// Which of the kernel's rules for one process looking into another stands in the way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// `kernel.yama.ptrace_scope`, from 1 to 3.
    Yama(u8),
    /// This user is root, but without the capability.
    Capability,
    /// The same user, yet refused: the process is not dumpable, or a security module or sandbox says no.
    Closed,
}

#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum InjectError {
    #[error("process {pid} does not exist, or is hidden from this user")]
    Gone { pid: i32 },
    #[error("process {pid} has become another program since it was looked at")]
    Changed { pid: i32 },
    #[error("process {pid} has ended: only its exit code is left for its parent")]
    Ended { pid: i32 },
    #[error("process {pid} is a thread of the kernel, expected a program")]
    Kernel { pid: i32 },
    #[error("process {pid} is stopped, expected one that runs")]
    Stopped { pid: i32 },
    #[error("process {pid} is already traced by process {by} (`{name}`): a process can have one tracer")]
    Traced { pid: i32, by: i32, name: String },
    #[error("process {pid} belongs to user `{owner}`, and this command runs as `{own}`")]
    OtherUser { pid: i32, owner: String, own: String },
    #[error("process {pid} may not be entered: {}", rule_text(*rule))]
    Refused { pid: i32, rule: Rule },
    #[error("the memory map of process {pid} cannot be read: {error}")]
    NoMaps { pid: i32, error: io::Error },
    #[error("process {pid} runs `{exe}`, expected CPython")]
    NotPython { pid: i32, exe: String },
    #[error("process {pid} runs {found}, expected CPython 3.11 or later")]
    PythonTooOld { pid: i32, found: String },
    #[error("process {pid} runs {found}, expected CPython")]
    OtherPython { pid: i32, found: String },
    #[error("process {pid} runs CPython on musl, expected glibc: the agent is built for glibc")]
    Musl { pid: i32 },
    #[error("process {pid} runs `{exe}`, which is linked statically: it cannot load the agent")]
    Static { pid: i32, exe: String },
    #[error("process {pid} runs code for another kind of processor ({found}), expected x86-64 as this command")]
    OtherMachine { pid: i32, found: &'static str },
    #[error("process {pid} has a shadow stack, under which no call can be made from outside")]
    ShadowStack { pid: i32 },
    #[error("`{image}` in process {pid} does not have `{name}`")]
    NoSymbol { pid: i32, image: String, name: String },
    #[error("process {pid} does not see the agent at `{path}`")]
    AgentUnseen { pid: i32, path: String },
    #[error("the {what} for process {pid} has {found} bytes, expected at most {most}")]
    TooLong { pid: i32, what: &'static str, found: usize, most: usize },
    #[error("no thread of process {pid} came to a place where it can be interrupted, in {tries} tries of {:.1} s: {last}", waited.as_secs_f32())]
    NoSafePoint { pid: i32, tries: u32, waited: Duration, last: Unsafe },
    #[error("process {pid} was let go after {} ms: {during} took too long", stopped.as_millis())]
    TooSlow { pid: i32, during: &'static str, stopped: Duration },
    #[error("in process {pid} {what} failed: {why}")]
    Call { pid: i32, what: &'static str, why: String },
    #[error("the interpreter of process {pid} is not initialised, or not any more")]
    NotInitialised { pid: i32 },
    #[error("process {pid} cannot load the agent: {said}")]
    AgentRefused { pid: i32, said: String },
    #[error("the agent failed in process {pid}: {said}")]
    Raised { pid: i32, said: String },
    #[error("process {pid} gave no answer in {:.1} s: {}", waited.as_secs_f32(), waiting_text(*state))]
    Silent { pid: i32, state: u32, waited: Duration },
    #[error("{what} of process {pid} failed: {error}")]
    Os { pid: i32, what: &'static str, error: io::Error },
}

fn rule_text(rule: Rule) -> String {
    match rule {
        Rule::Yama(1) => "`kernel.yama.ptrace_scope` is 1, which allows a process only its own children".into(),
        Rule::Yama(2) => "`kernel.yama.ptrace_scope` is 2, which takes CAP_SYS_PTRACE".into(),
        Rule::Yama(scope) => format!("`kernel.yama.ptrace_scope` is {scope}, which allows it to nobody"),
        Rule::Capability => "this command runs as root without CAP_SYS_PTRACE".into(),
        Rule::Closed => "it has made itself undumpable, or a security module or sandbox forbids it".into(),
    }
}

fn waiting_text(state: u32) -> &'static str {
    use super::shim::state::{CANCELLED, RUNNING, STARTED, WAITING};
    match state {
        STARTED => "it is still loading the agent",
        WAITING => "something holds the interpreter's lock all the time",
        RUNNING => "the agent is still starting",
        CANCELLED => "it got the interpreter's lock too late",
        _ => "the thread did not start",
    }
}

impl InjectError {
    pub fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Stopped { pid } => format!("`kill -CONT {pid}` lets it go on"),
            Self::Traced { by, .. } => format!("end process {by}, or have it detach"),
            Self::OtherUser { owner, .. } if owner == "root" => "run this command as root (`sudo`)".into(),
            Self::OtherUser { owner, .. } => format!("run this command as `{owner}`, or as root (`sudo`)"),
            Self::Refused { rule: Rule::Yama(1 | 2) | Rule::Capability, .. } => {
                "run it with CAP_SYS_PTRACE (`sudo`; in a container `--cap-add SYS_PTRACE`), or start the program with `waspect run`".into()
            }
            Self::Refused { rule: Rule::Yama(_), .. } | Self::ShadowStack { .. } | Self::Static { .. } => {
                "start the program with `waspect run`".into()
            }
            Self::Refused { rule: Rule::Closed, .. } => {
                "try it as root, from outside of its container or sandbox, or start the program with `waspect run`".into()
            }
            Self::NoMaps { .. } => "run this command as root (`sudo`)".into(),
            Self::AgentUnseen { .. } => "it has another file system: put the agent where it can read it".into(),
            Self::NoSafePoint { .. } => "nothing was changed; try again".into(),
            Self::TooSlow { .. } => "the thread goes on by itself, and nothing runs in the process; try again".into(),
            Self::Call { what: "memfd_create", why, .. } if why.contains("permitted") => {
                "a sandbox of the program's forbids it: start the program with `waspect run`".into()
            }
            Self::Silent { state, .. } if *state == super::shim::state::RUNNING => return None,
            Self::Silent { .. } => "nothing will run there later: the request was taken back".into(),
            _ => return None,
        })
    }
}
