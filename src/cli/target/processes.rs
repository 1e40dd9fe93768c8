//! The processes there are, as `/proc` lists them.
//!
//! In: `/proc`. Out: [`Process`]es: who they are, whose children, under which words. Never here: what they run, or whether they
//! may be looked into.

use std::fs;
use std::time::Duration;

use nix::unistd::{SysconfVar, sysconf};

use super::Found;

/// One process.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Process {
    pub(crate) pid: i32,
    pub(crate) parent: i32,
    /// In the kernel's ticks since its start.
    pub(crate) started: u64,
    /// What `ps` calls it: at most 15 bytes.
    pub(crate) comm: String,
    /// Its command line, or the title it gave itself.
    pub(crate) words: Vec<String>,
}

/// Every process but this one, the lowest id first; no zombies.
pub(crate) fn all() -> Vec<Process> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    let mut pids: Vec<i32> = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect();
    pids.retain(|pid| u32::try_from(*pid).is_ok_and(|pid| pid != std::process::id()));
    pids.sort_unstable();
    pids.into_iter().filter_map(one).collect()
}

/// Nothing for one that has gone.
pub(crate) fn one(pid: i32) -> Option<Process> {
    let stat = fs::read(format!("/proc/{pid}/stat")).ok()?;
    let words = words(&fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default());
    parse(pid, &String::from_utf8_lossy(&stat), words)
}

/// `PID (name) STATE PARENT …`, the start as the 22nd; and the name may hold anything, brackets too.
fn parse(pid: i32, stat: &str, words: Vec<String>) -> Option<Process> {
    let (front, rest) = stat.rsplit_once(')')?;
    let comm = front.split_once('(')?.1.to_owned();
    let fields: Vec<&str> = rest.split_whitespace().collect();
    let (parent, started) = (fields.get(1)?.parse().ok()?, fields.get(19)?.parse().ok()?);
    (!matches!(fields[0], "Z" | "X")).then_some(Process { pid, parent, started, comm, words })
}

/// What would end a line is not kept as it is.
fn words(line: &[u8]) -> Vec<String> {
    let words = line.split(|byte| *byte == 0).filter(|word| !word.is_empty());
    let shown = |c: char| if c.is_control() { '?' } else { c };
    words.map(|word| String::from_utf8_lossy(word).chars().map(shown).collect()).collect()
}

/// How long ago it started.
pub(crate) fn age(found: &Found) -> Duration {
    let ticks = sysconf(SysconfVar::CLK_TCK).ok().flatten().and_then(|ticks| u32::try_from(ticks).ok()).unwrap_or(100);
    let uptime = fs::read_to_string("/proc/uptime").unwrap_or_default();
    let now: f64 = uptime.split_whitespace().next().and_then(|seconds| seconds.parse().ok()).unwrap_or(f64::MAX);
    let started = Duration::from_millis(found.started.saturating_mul(1000) / u64::from(ticks));
    Duration::try_from_secs_f64(now).unwrap_or(Duration::MAX).saturating_sub(started)
}

/// The processes above one, the nearest first.
pub(crate) fn above(all: &[Process], pid: i32) -> impl Iterator<Item = i32> {
    let parent = |pid: i32| all.binary_search_by_key(&pid, |other| other.pid).ok().map(|found| all[found].parent);
    // As many steps as there are processes: what was read one after the other may go in a circle.
    std::iter::successors(parent(pid), move |pid| parent(*pid)).take(all.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rest(state: &str, parent: i32) -> String {
        format!(") {state} {parent} 1 1 0 -1 4194304 1 2 3 4 5 6 7 8 20 0 1 0 987654 1000")
    }

    #[test]
    fn a_line_of_stat_is_read_from_its_end() {
        for (name, state, expected) in [
            ("python3.12", "S", Some("python3.12")),
            ("a) S 1 (b", "R", Some("a) S 1 (b")),
            ("gone", "Z", None),
            ("", "S", Some("")),
        ] {
            let found = parse(7, &format!("7 ({name}{}", rest(state, 5)), Vec::new());
            let expected = expected.map(|comm| Process {
                pid: 7,
                parent: 5,
                started: 987_654,
                comm: comm.into(),
                words: Vec::new(),
            });
            assert_eq!(found, expected, "{name}");
        }
        assert_eq!(parse(7, "7 (short) S 1", Vec::new()), None);
        assert_eq!(words(b"python\0-c\0a\nb\0\0"), ["python", "-c", "a?b"]);
    }

    #[test]
    fn descent_is_followed_up_and_never_for_ever() {
        let made = |pid, parent| Process { pid, parent, ..Process::default() };
        let all = [made(1, 0), made(2, 1), made(3, 2), made(4, 9), made(5, 6), made(6, 5)];
        for (pid, expected) in [(3, &[2, 1, 0][..]), (1, &[0]), (4, &[9]), (5, &[6, 5, 6, 5, 6, 5]), (7, &[])] {
            assert_eq!(above(&all, pid).collect::<Vec<_>>(), expected, "above {pid}");
        }
    }
}
