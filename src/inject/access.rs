//! Whether a process may be entered, and if not, which rule stands in the way.
//!
//! In: a process id. Out: nothing, or the reason. Never here: a stop, a change; the question is asked by reading memory
//! where nothing is, for which the kernel applies the rule of tracing.

use std::fs;

use nix::errno::Errno;
use nix::unistd::{Pid, Uid, User, geteuid};

use super::error::{InjectError, Rule};
use super::memory::Memory;

const CAP_SYS_PTRACE: u32 = 19;
const YAMA: &str = "/proc/sys/kernel/yama/ptrace_scope";

/// What `/proc/PID/status` says, as far as it matters here.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Status {
    pub name: String,
    pub state: char,
    pub owner: u32,
    pub tracer: i32,
    /// It has no memory of its own.
    pub is_kernel: bool,
    pub has_shadow_stack: bool,
    pub capabilities: u64,
}

impl Status {
    pub fn parse(text: &str) -> Self {
        let field = |name: &str| {
            let mut lines = text.lines().filter_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
            lines.next().map(str::trim)
        };
        let first = |name: &str| field(name).and_then(|value| value.split_whitespace().next());
        Self {
            name: field("Name").unwrap_or_default().to_owned(),
            state: first("State").and_then(|s| s.chars().next()).unwrap_or('?'),
            owner: first("Uid").and_then(|n| n.parse().ok()).unwrap_or(0),
            tracer: first("TracerPid").and_then(|n| n.parse().ok()).unwrap_or(0),
            is_kernel: field("VmSize").is_none(),
            has_shadow_stack: field("x86_Thread_features").is_some_and(|list| list.contains("shstk")),
            capabilities: first("CapEff").and_then(|hex| u64::from_str_radix(hex, 16).ok()).unwrap_or(0),
        }
    }

    pub(super) fn of(who: impl std::fmt::Display) -> Option<Self> {
        fs::read(format!("/proc/{who}/status")).ok().map(|text| Self::parse(&String::from_utf8_lossy(&text)))
    }
}

/// Permission first: whatever else is wrong could not be seen without.
pub(super) fn check(pid: i32) -> Result<(), InjectError> {
    let status = Status::of(pid).ok_or(InjectError::Gone { pid })?;
    match status.state {
        'Z' | 'X' => return Err(InjectError::Ended { pid }),
        _ if status.is_kernel => return Err(InjectError::Kernel { pid }),
        _ => {}
    }
    match Memory(Pid::from_raw(pid)).read_some(0, &mut [0]) {
        Ok(_) | Err(Errno::EFAULT) => check_state(pid, &status),
        Err(_) if has_ended(pid) => Err(InjectError::Gone { pid }),
        Err(Errno::ESRCH) => Err(InjectError::Gone { pid }),
        Err(_) => Err(refused(pid, &status)),
    }
}

fn check_state(pid: i32, status: &Status) -> Result<(), InjectError> {
    match status.state {
        _ if status.tracer != 0 => {
            let name = Status::of(status.tracer).map_or_else(String::new, |tracer| tracer.name);
            Err(InjectError::Traced { pid, by: status.tracer, name })
        }
        'T' | 't' => Err(InjectError::Stopped { pid }),
        _ if status.has_shadow_stack => Err(InjectError::ShadowStack { pid }),
        _ => Ok(()),
    }
}

/// Why the kernel says no.
pub(super) fn refused(pid: i32, status: &Status) -> InjectError {
    let own = geteuid().as_raw();
    let capable = Status::of("thread-self").is_some_and(|own| own.capabilities >> CAP_SYS_PTRACE & 1 == 1);
    let yama = fs::read_to_string(YAMA).ok().and_then(|text| text.trim().parse().ok()).unwrap_or(0);
    match reason(own, status.owner, capable, yama) {
        Some(rule) => InjectError::Refused { pid, rule },
        None => InjectError::OtherUser { pid, owner: user(status.owner), own: user(own) },
    }
}

/// The rule that refuses; `None` when it is that of users.
pub fn reason(own: u32, owner: u32, capable: bool, yama: u8) -> Option<Rule> {
    match (own, yama) {
        (_, 3..) => Some(Rule::Yama(yama)),
        (0, _) if !capable && own != owner => Some(Rule::Capability),
        _ if capable => Some(Rule::Closed),
        _ if own != owner => None,
        (_, 1 | 2) => Some(Rule::Yama(yama)),
        (0, _) => Some(Rule::Capability),
        _ => Some(Rule::Closed),
    }
}

fn user(id: u32) -> String {
    User::from_uid(Uid::from_raw(id)).ok().flatten().map_or_else(|| id.to_string(), |user| user.name)
}

/// Whether it is gone, or has given up its memory.
pub fn has_ended(pid: i32) -> bool {
    Status::of(pid).is_none_or(|status| matches!(status.state, 'Z' | 'X') || status.is_kernel)
}
