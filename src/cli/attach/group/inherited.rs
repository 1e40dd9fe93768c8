//! Whether a process has the session's probes already.
//!
//! In: the segments of those that joined, what a process has mapped. Out: whether it was forked from one of them. Never here: a
//! guess by time or by name: what a process became by `exec` has nothing mapped of what it was.

use std::collections::HashSet;
use std::fs::{self, File};
use std::os::fd::OwnedFd;
use std::os::unix::fs::MetadataExt;

/// As the agent names the memory of its segment.
const NAME: &str = "/memfd:waspect";

/// By the number of the file.
#[derive(Debug, Default)]
pub(super) struct Segments(HashSet<u64>);

impl Segments {
    pub(super) fn add(&mut self, segment: &OwnedFd) {
        let found = segment.try_clone().and_then(|segment| File::from(segment).metadata());
        self.0.extend(found.map(|found| found.ino()));
    }

    /// Whether one of them is mapped there: a child inherits it with its parent's functions, until it runs another program.
    pub(super) fn are_in(&self, pid: i32) -> bool {
        let maps = fs::read(format!("/proc/{pid}/maps")).unwrap_or_default();
        String::from_utf8_lossy(&maps).lines().filter_map(file).any(|file| self.0.contains(&file))
    }
}

/// `7f00-7f10 rw-s 00000000 00:01 4242 /memfd:waspect (deleted)`
fn file(line: &str) -> Option<u64> {
    let mut fields = line.split_whitespace().skip(4);
    let number = fields.next()?.parse().ok()?;
    (fields.next() == Some(NAME)).then_some(number)
}

#[cfg(test)]
mod tests {
    use super::file;

    #[test]
    fn a_segment_is_known_by_its_file() {
        for (line, expected) in [
            ("7f00-7f10 rw-s 00000000 00:01 4242                       /memfd:waspect (deleted)", Some(4242)),
            ("7f00-7f10 rw-s 00000000 00:01 4242 /memfd:other (deleted)", None),
            ("7f00-7f10 rw-p 00000000 00:00 0", None),
            ("7f00-7f10 r-xp 00000000 08:01 4242 /usr/lib/waspect", None),
        ] {
            assert_eq!(file(line), expected, "{line}");
        }
    }
}
