//! Who listens where.
//!
//! In: `/proc/PID/net` of every network namespace, descriptors. Out: listening sockets, and the processes that hold them.
//! Never here: a connection, or a packet.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::PathBuf;
use std::{fmt, fs};

use super::processes::Process;

/// `TCP_LISTEN` in `/proc/net/tcp`.
const LISTENS: &str = "0A";
/// `__SO_ACCEPTCON` in the flags of `/proc/net/unix`.
const ACCEPTS: u32 = 1 << 16;

/// Where one can be reached, as a target names it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Address {
    Port(u16),
    /// Of a Unix socket; without a file it begins with `@`.
    Path(PathBuf),
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Port(port) => write!(f, ":{port}"),
            Self::Path(path) => write!(f, "unix:{}", path.display()),
        }
    }
}

/// A socket that somebody listens on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Listening {
    pub(crate) at: Address,
    /// Whose it is; a table of Unix sockets does not say.
    pub(crate) owner: Option<u32>,
    /// Of this command's own network namespace.
    is_near: bool,
}

/// All of them, by the number that descriptors show.
#[derive(Debug, Default)]
pub(crate) struct Sockets(HashMap<u64, Listening>);

impl Sockets {
    /// Those of every network namespace that a process is in.
    pub(crate) fn of(all: &[Process]) -> Self {
        let mut sockets = Self::default();
        let own = namespace("self");
        // A namespace that cannot be seen is no other, as far as anybody here can tell.
        let others = all.iter().filter_map(|process| Some((namespace(&process.pid.to_string())?, process.pid)));
        let others: BTreeMap<String, i32> = others.filter(|(space, _)| Some(space) != own.as_ref()).collect();
        sockets.read("self", true);
        others.values().for_each(|pid| sockets.read(&pid.to_string(), false));
        sockets
    }

    fn read(&mut self, who: &str, is_near: bool) {
        let table = |name: &str| fs::read(format!("/proc/{who}/net/{name}")).unwrap_or_default();
        for (name, line) in [("tcp", tcp as Line), ("tcp6", tcp), ("unix", unix)] {
            let text = table(name);
            let lines = String::from_utf8_lossy(&text);
            self.0.extend(
                lines.lines().filter_map(line).map(|(inode, at, owner)| (inode, Listening { at, owner, is_near })),
            );
        }
    }

    /// The sockets at an address.
    pub(crate) fn at(&self, address: &Address) -> Vec<&Listening> {
        self.0.values().filter(|socket| socket.at == *address).collect()
    }

    /// What a process listens on, as far as this user may see.
    pub(crate) fn held_by(&self, pid: i32) -> Vec<&Listening> {
        descriptors(pid).iter().filter_map(|inode| self.0.get(inode)).collect()
    }

    /// Every address that a process listens on.
    pub(crate) fn addresses(&self, pid: i32) -> BTreeSet<Address> {
        self.held_by(pid).into_iter().map(|socket| socket.at.clone()).collect()
    }

    /// The processes that listen there: near ones, and only where there are none those of other network namespaces.
    pub(super) fn holders<'a>(&self, address: &Address, all: &'a [Process]) -> Vec<&'a Process> {
        let wanted: HashMap<u64, bool> = self
            .0
            .iter()
            .filter(|(_, socket)| socket.at == *address)
            .map(|(inode, socket)| (*inode, socket.is_near))
            .collect();
        if wanted.is_empty() {
            return Vec::new();
        }
        let held =
            |process: &Process| descriptors(process.pid).iter().filter_map(|inode| wanted.get(inode).copied()).max();
        let holders: Vec<(&Process, bool)> = all.iter().filter_map(|process| Some((process, held(process)?))).collect();
        let any_near = holders.iter().any(|(_, is_near)| *is_near);
        holders.into_iter().filter(|(_, is_near)| *is_near == any_near).map(|(process, _)| process).collect()
    }
}

fn namespace(who: &str) -> Option<String> {
    Some(fs::read_link(format!("/proc/{who}/ns/net")).ok()?.to_string_lossy().into_owned())
}

/// The sockets that a process has open.
fn descriptors(pid: i32) -> Vec<u64> {
    let entries = fs::read_dir(format!("/proc/{pid}/fd")).into_iter().flatten().flatten();
    let inode = |link: PathBuf| link.to_str()?.strip_prefix("socket:[")?.strip_suffix(']')?.parse().ok();
    entries.filter_map(|entry| inode(fs::read_link(entry.path()).ok()?)).collect()
}

/// A line of a table: number, address, owner.
type Line = fn(&str) -> Option<(u64, Address, Option<u32>)>;

/// `  0: 0100007F:1F40 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000  0 4242 …`, as in `tcp6`.
fn tcp(line: &str) -> Option<(u64, Address, Option<u32>)> {
    let fields: Vec<&str> = line.split_whitespace().collect();
    let port = u16::from_str_radix(fields.get(1)?.rsplit_once(':')?.1, 16).ok()?;
    let inode = fields.get(9)?.parse().ok()?;
    (*fields.get(3)? == LISTENS).then(|| (inode, Address::Port(port), fields[7].parse().ok()))
}

/// `0000000000000000: 00000002 00000000 00010000 0001 01 4242 /run/app.sock`
fn unix(line: &str) -> Option<(u64, Address, Option<u32>)> {
    let fields: Vec<&str> = line.split_whitespace().collect();
    let flags = u32::from_str_radix(fields.get(3)?, 16).ok()?;
    let (inode, path) = (fields.get(6)?.parse().ok()?, fields[7..].join(" "));
    (flags & ACCEPTS != 0 && !path.is_empty()).then(|| (inode, Address::Path(path.into()), None))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(line: Line, text: &str, expected: Option<(u64, &str)>) {
        let found = line(text).map(|(inode, at, _)| (inode, at.to_string()));
        assert_eq!(found, expected.map(|(inode, at)| (inode, at.to_owned())), "{text}");
    }

    #[test]
    fn only_sockets_that_listen_are_taken() {
        let head = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode";
        let rest = "00000000:00000000 00:00000000 00000000  1000        0 4242 1 0 100 0 0 10 0";
        check(tcp, head, None);
        check(tcp, &format!("   0: 0100007F:1F40 00000000:0000 0A {rest}"), Some((4242, ":8000")));
        check(tcp, &format!("   0: 0100007F:1F40 0100007F:8214 01 {rest}"), None);
        let any = "00000000000000000000000000000000";
        check(tcp, &format!("  12: {any}:0050 {any}:0000 0A {rest}"), Some((4242, ":80")));
        check(unix, "Num       RefCount Protocol Flags    Type St Inode Path", None);
        let heads = "0000000000000000: 00000002 00000000";
        check(unix, &format!("{heads} 00010000 0001 01 77 /run/a b.sock"), Some((77, "unix:/run/a b.sock")));
        check(unix, &format!("{heads} 00010000 0001 01    77 @app"), Some((77, "unix:@app")));
        check(unix, &format!("{heads} 00000000 0001 03 77 /run/a.sock"), None);
        check(unix, &format!("{heads} 00010000 0001 01 77"), None);
    }
}
