//! Why a target names no process: what is near, and what to do.
//!
//! In: a target that fits nothing, the processes there are. Out: an error with a hint. Never here: a process taken because it is
//! near.

use nix::unistd::{Uid, User, geteuid};

use super::processes::Process;
use super::sockets::{Address, Sockets};
use super::{Kind, Target, kind, names};
use crate::cli::advised::advised;

/// So many processes or names are told.
const TOLD_MAX: usize = 6;

pub(super) fn explain(target: &Target, all: &[Process]) -> anyhow::Error {
    match target {
        Target::Listens(address) => nobody_listens(address, all),
        Target::Name(name) => nobody_is_called(name, all),
        Target::Pid(pid) => crate::inject::InjectError::Gone { pid: *pid }.into(),
    }
}

fn nobody_is_called(name: &str, all: &[Process]) -> anyhow::Error {
    let says = format!("no Python process is called `{name}`");
    let others: Vec<String> = all.iter().filter(|process| names::has(process, name)).map(shown).collect();
    if !others.is_empty() {
        let hint = "`waspect ps` lists the Python processes there are";
        return advised(format!("{says}; what is called so is no Python: {}", listed(&others)), hint);
    }
    let mut known: Vec<String> = python(all).filter_map(names::best).collect();
    known.sort();
    known.dedup();
    // What shares its beginning or its middle with what was asked for goes first.
    known.sort_by_key(|other| !(other.contains(name) || name.contains(other.as_str()) || begins_alike(other, name)));
    let known: Vec<String> = known.iter().map(|other| format!("`name:{other}`")).collect();
    let hint = match known.len() {
        0 => "no Python process has a name that this user can see; `waspect ps` lists them".to_owned(),
        _ => format!("there is {}; `waspect ps` lists them", listed(&known)),
    };
    advised(says, hint)
}

fn begins_alike(a: &str, b: &str) -> bool {
    a.chars().zip(b.chars()).take_while(|(a, b)| a == b).count() >= 3
}

fn nobody_listens(address: &Address, all: &[Process]) -> anyhow::Error {
    let sockets = Sockets::of(all);
    let listening = sockets.at(address);
    if listening.is_empty() {
        return advised(format!("nobody listens on `{address}`"), elsewhere(&sockets, all));
    }
    let holders: Vec<String> = sockets.holders(address, all).into_iter().map(shown).collect();
    if !holders.is_empty() {
        let says = format!("no Python process listens on `{address}`; what does is no Python: {}", listed(&holders));
        return advised(says, elsewhere(&sockets, all));
    }
    let owner = listening.iter().find_map(|socket| socket.owner).filter(|owner| *owner != geteuid().as_raw());
    let whose = owner.map_or_else(String::new, |owner| format!(" of user `{}`", user(owner)));
    let says = format!("`{address}` is open, but which process{whose} listens there cannot be seen from here");
    let hint = match geteuid().is_root() {
        true => "it may be in another container: run this command outside of this one",
        false => "run this command as root (`sudo`)",
    };
    advised(says, hint)
}

/// Where Python processes do listen.
fn elsewhere(sockets: &Sockets, all: &[Process]) -> String {
    let told = python(all).flat_map(|process| {
        sockets.addresses(process.pid).into_iter().map(move |at| format!("`{at}` ({})", shown(process)))
    });
    let told: Vec<String> = told.collect();
    match told.len() {
        0 => "no Python process listens anywhere, as far as this user can see; `waspect ps` lists them".to_owned(),
        _ => format!("Python processes listen on {}", listed(&told)),
    }
}

fn python(all: &[Process]) -> impl Iterator<Item = &Process> {
    all.iter().filter(|process| kind(process.pid) == Kind::Python)
}

/// `nginx (pid 12)`
fn shown(process: &Process) -> String {
    format!("{} (pid {})", names::best(process).unwrap_or_else(|| process.comm.clone()), process.pid)
}

fn listed(all: &[String]) -> String {
    let told = all.iter().take(TOLD_MAX).cloned().collect::<Vec<_>>().join(", ");
    if all.len() > TOLD_MAX { format!("{told} and {} more", all.len() - TOLD_MAX) } else { told }
}

pub(super) fn user(id: u32) -> String {
    User::from_uid(Uid::from_raw(id)).ok().flatten().map_or_else(|| id.to_string(), |user| user.name)
}
