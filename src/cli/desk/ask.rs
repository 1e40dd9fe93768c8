//! The side that asks: which sessions there are, and questions to one of them.
//!
//! In: an id or a name, a question. Out: answers, or why there are none and what to do. Never here: a wait without end; a
//! socket left behind that nobody listens on.

use std::collections::BTreeSet;
use std::fs;
use std::io::{self, BufReader, Read};
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::bail;
use nix::unistd::geteuid;

use crate::cli::advised::advised;
use crate::cli::left;
use crate::control::agent::connect;
use crate::control::place::{self, Name, Whose};
use crate::control::{ControlError, Side, check_peer};
use crate::desk::{Answer, Described, Ended, Hello, PROTOCOL, Question};
use crate::frames::{self, FrameError};
use crate::report::{Account, Report};

/// An operator that runs answers at once.
const ANSWER_MAX: Duration = Duration::from_secs(5);
/// Functions are put back within two seconds, or not for long.
const END_MAX: Duration = Duration::from_secs(10);

/// A session that was found.
pub(crate) struct Found {
    /// The operator's process id.
    pub(crate) id: u32,
    pub(crate) user: u32,
    path: PathBuf,
    /// What it says of itself.
    pub(crate) described: Result<Described, Silence>,
}

/// Why an operator does not answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Silence {
    #[error("it is stopped")]
    Stopped,
    #[error("it does not answer")]
    Late,
    #[error("it is waspect {0}, and this is another")]
    Other(String),
    #[error("it waits for whoever reads its output")]
    Busy,
    #[error("it hung up")]
    Gone,
    #[error("it has ended")]
    Nobody,
    #[error("{0}")]
    Failed(ControlError),
}

impl Silence {
    /// What to do.
    pub(crate) fn hint(&self, id: u32) -> Option<String> {
        match self {
            Self::Stopped => Some(format!(
                "`kill -CONT {id}` lets it go on; `kill -9 {id}` ends it, and frees what it attached to within a second"
            )),
            Self::Late | Self::Failed(_) => {
                Some(format!("`kill -9 {id}` ends it, and frees what it attached to within a second"))
            }
            Self::Other(version) => Some(format!("use waspect {version} to ask it")),
            Self::Busy => Some("read its output, or end whoever does not".into()),
            Self::Gone | Self::Nobody => None,
        }
    }

    /// As an error about that session.
    pub(crate) fn of(self, id: u32) -> anyhow::Error {
        let says = format!("session {id} cannot be asked: {self}");
        match self.hint(id) {
            Some(hint) => advised(says, hint),
            None => anyhow::anyhow!(says),
        }
    }
}

impl From<FrameError> for Silence {
    fn from(e: FrameError) -> Self {
        match e {
            FrameError::Closed => Self::Gone,
            FrameError::Io(e) => e.into(),
            e => Self::Failed(e.into()),
        }
    }
}

impl From<io::Error> for Silence {
    fn from(e: io::Error) -> Self {
        match e.kind() {
            io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => Self::Late,
            io::ErrorKind::ConnectionRefused | io::ErrorKind::NotFound => Self::Nobody,
            io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe => Self::Gone,
            _ => Self::Failed(e.into()),
        }
    }
}

impl Found {
    /// `4711 (shop)`.
    pub(crate) fn shown(&self) -> String {
        match self.name() {
            Some(name) => format!("{} ({name})", self.id),
            None => self.id.to_string(),
        }
    }

    pub(crate) fn name(&self) -> Option<&str> {
        self.described.as_ref().ok()?.name.as_deref()
    }

    pub(crate) fn ask(&self) -> Result<Asking, Silence> {
        Asking::begin(&self.path, self.id)
    }
}

/// Every session of this user on this machine; of all users, if this one is root. Sockets of operators that are no more are
/// removed.
///
/// # Errors
/// When what stands in the place of this user's folder is not theirs.
pub(crate) fn all() -> anyhow::Result<Vec<Found>> {
    sweep();
    let mut found: Vec<Found> = places()?.iter().flat_map(|(folder, user)| inside(folder, *user)).collect();
    found.sort_by_key(|found| found.id);
    Ok(found)
}

/// The one that is meant: by its id or its name, or the only one.
///
/// # Errors
/// When there is none, or more than one.
pub(crate) fn one(wanted: Option<&str>) -> anyhow::Result<Found> {
    let mut all = all()?;
    let listed = all.iter().map(Found::shown).collect::<Vec<_>>().join(", ");
    if all.is_empty() {
        return Err(advised("there is no session", "`waspect load`, `attach` or `run` begins one"));
    }
    let is_meant = |found: &Found| wanted.is_none_or(|wanted| is_named(found, wanted));
    all.retain(is_meant);
    match (all.len(), wanted) {
        (1, _) => Ok(all.remove(0)),
        (0, wanted) => Err(advised(
            format!("there is no session `{}`", wanted.unwrap_or_default()),
            format!("there are: {listed}"),
        )),
        (_, None) => Err(advised("there is more than one session", format!("name one of them: {listed}"))),
        (n, Some(wanted)) => {
            let ids = all.iter().map(|found| found.id.to_string()).collect::<Vec<_>>().join(", ");
            Err(advised(format!("{n} sessions have the name `{wanted}`"), format!("name one by its id: {ids}")))
        }
    }
}

fn is_named(found: &Found, wanted: &str) -> bool {
    found.id.to_string() == wanted || found.name() == Some(wanted)
}

/// A connection on which questions are answered, one after the other.
pub(crate) struct Asking {
    stream: BufReader<UnixStream>,
}

impl Asking {
    fn begin(path: &Path, id: u32) -> Result<Self, Silence> {
        // It would take the connection and say nothing.
        if is_stopped(id) {
            return Err(Silence::Stopped);
        }
        let stream = connect(path, ANSWER_MAX)?;
        check_peer(&stream, Side::Operator).map_err(Silence::Failed)?;
        frames::write(&mut &stream, &Hello::own())?;
        let mut stream = BufReader::new(stream);
        let hello: Hello = frames::read(&mut stream)?;
        if hello.protocol == PROTOCOL { Ok(Self { stream }) } else { Err(Silence::Other(hello.version)) }
    }

    pub(crate) fn describe(&mut self) -> Result<Described, Silence> {
        self.ask(Question::Describe)?;
        match frames::read(&mut self.stream)? {
            Answer::Described(described) => Ok(*described),
            _ => Err(unexpected()),
        }
    }

    /// What was counted so far.
    pub(crate) fn totals(&mut self) -> Result<(Vec<Report>, Vec<Account>), Silence> {
        self.ask(Question::Totals)?;
        let (mut reports, mut accounts) = (Vec::new(), Vec::new());
        loop {
            match frames::read(&mut self.stream)? {
                Answer::Told(report) => reports.push(report),
                Answer::Counted(account) => accounts.push(account),
                Answer::Done => return Ok((reports, accounts)),
                Answer::Busy => return Err(Silence::Busy),
                _ => return Err(unexpected()),
            }
        }
    }

    /// Ends the session; gives what became of its probes.
    pub(crate) fn end(&mut self) -> Result<Ended, Silence> {
        self.ask(Question::End)?;
        self.stream.get_ref().set_read_timeout(Some(END_MAX))?;
        match frames::read(&mut self.stream)? {
            Answer::Ended(ended) => Ok(ended),
            _ => Err(unexpected()),
        }
    }

    /// Everything that is told from now on: what is read here may come at any time, or never.
    pub(crate) fn tail(mut self) -> Result<impl Read, Silence> {
        self.ask(Question::Tail)?;
        self.stream.get_ref().set_read_timeout(None)?;
        Ok(self.stream)
    }

    fn ask(&mut self, question: Question) -> Result<(), Silence> {
        Ok(frames::write(self.stream.get_mut(), &question)?)
    }
}

fn unexpected() -> Silence {
    Silence::Failed(ControlError::Unexpected { expected: "an answer", found: "that of another question".into() })
}

/// Folders that may hold sockets of operators, and whose they are.
fn places() -> anyhow::Result<BTreeSet<(PathBuf, u32)>> {
    let own = geteuid().as_raw();
    let usual = place::usual()?;
    match place::check(&usual, own) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => bail!("sessions cannot be looked for: {e}"),
        _ => {}
    }
    let mut places: BTreeSet<_> = place::folders(std::process::id()).into_iter().map(|folder| (folder, own)).collect();
    if geteuid().is_root() {
        places.extend(everybodys());
    }
    Ok(places)
}

/// `/tmp/waspect-UID` and `/run/user/UID/waspect` of every user, where they are that user's alone.
fn everybodys() -> impl Iterator<Item = (PathBuf, u32)> {
    let entries = |folder| fs::read_dir(folder).into_iter().flatten().flatten();
    let temporary = entries("/tmp").filter_map(|entry| {
        let user = entry.file_name().to_str()?.strip_prefix("waspect-")?.parse().ok()?;
        Some((entry.path(), user))
    });
    let runtime = entries("/run/user").filter_map(|entry| {
        let user = entry.file_name().to_str()?.parse().ok()?;
        Some((entry.path().join("waspect"), user))
    });
    temporary.chain(runtime).filter(|(folder, user)| place::check(folder, *user).is_ok())
}

/// Removes sockets of processes that ended without a word: by SIGKILL, or as a child that runs no `atexit`.
pub(crate) fn sweep() {
    let folders = places().unwrap_or_default();
    let entries = folders.iter().flat_map(|(folder, _)| fs::read_dir(folder).into_iter().flatten().flatten());
    for entry in entries {
        let name = entry.file_name().to_str().and_then(|name| name.parse::<Name>().ok());
        let is_dead = name.is_some_and(|name| name.whose == Whose::Target && !name.is_alive());
        // One that is not seen from here may be alive in a container, and listens then.
        if is_dead && left::is_deserted(&entry.path()) {
            let _ = fs::remove_file(entry.path());
        }
    }
}

/// The sessions of one folder.
fn inside(folder: &Path, user: u32) -> Vec<Found> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let named = entries.filter_map(|entry| Some((entry.path(), entry.file_name().to_str()?.parse::<Name>().ok()?)));
    named
        .filter(|(_, name)| name.whose == Whose::Operator)
        .filter_map(|(path, name)| found(path, &name, user))
        .collect()
}

/// Nothing where nobody listens any more: the socket is removed then.
fn found(path: PathBuf, name: &Name, user: u32) -> Option<Found> {
    let about = fs::symlink_metadata(&path).ok()?;
    if !about.file_type().is_socket() || about.uid() != user {
        return None;
    }
    let describe = || Asking::begin(&path, name.pid).and_then(|mut asking| asking.describe());
    // One that ended with this command in its queue is not there the second time.
    let described = describe().or_else(|e| if matches!(e, Silence::Gone) { describe() } else { Err(e) });
    if matches!(described, Err(Silence::Nobody)) {
        let _ = fs::remove_file(&path);
        return None;
    }
    Some(Found { id: name.pid, user, path, described })
}

/// By SIGSTOP, or by a debugger.
fn is_stopped(pid: u32) -> bool {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    // `PID (name) STATE …`, and the name may hold anything, brackets too.
    let state = stat.rsplit(')').next().and_then(|rest| rest.trim_start().bytes().next());
    matches!(state, Some(b'T' | b't'))
}
