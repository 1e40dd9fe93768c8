//! One process entered: its agent chosen, its place to meet, the way in.
//!
//! In: a process id. Out: a report or why not, from a thread of its own. Never here: a second process; a wait for what the agent
//! says.

use std::fs;
use std::path::{Path, PathBuf};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use anyhow::bail;

use super::meeting::{Agent, COPY, Meeting};
use crate::cli::agents;
use crate::cli::observe::refusal;
use crate::control::client::{self, Asked, Client, Joined};
use crate::control::{ControlError, knock};
use crate::inject::{self, Limits, Payload, Python, Report};

/// The versions whose private layouts the agent knows.
const MINORS: std::ops::RangeInclusive<u8> = 11..=13;

/// A prepared process comes as soon as its main thread gets to run; one that holds its interpreter's lock may take longer.
const COME_MAX: Duration = Duration::from_secs(10);

/// Where agents come, and who receives them.
pub(super) struct Place {
    // First, so that its socket is gone before the folder is.
    client: Client,
    meeting: Meeting,
}

impl Place {
    fn open(pid: i32, agent: &Agent, asked: &Asked) -> anyhow::Result<Self> {
        let meeting = Meeting::prepare(pid, agent)?;
        let client = Client::listen(meeting.dir(), asked.clone())?;
        meeting.give_away()?;
        Ok(Self { client, meeting })
    }

    pub(super) fn heard(&self) -> Vec<Heard> {
        self.client.meetings().map(Heard::from).collect()
    }

    /// Stops listening; gives what was still under way.
    pub(super) fn finish(self) -> Vec<Heard> {
        self.client.finish().into_iter().map(Heard::from).collect()
    }

    /// Where this command ends without coming back.
    pub(super) fn remove(&self) {
        self.meeting.remove();
    }
}

/// What an agent said.
pub(super) enum Heard {
    Joined(Joined),
    /// It does not take the session, or could not be understood.
    Excused(Excuse),
}

/// Why an agent that came is not in.
pub(super) struct Excuse {
    /// Where that is known.
    pub(super) pid: Option<u32>,
    pub(super) why: anyhow::Error,
}

impl From<client::Meeting> for Heard {
    fn from(meeting: client::Meeting) -> Self {
        match meeting {
            client::Meeting::Joined(joined) => Self::Joined(joined),
            client::Meeting::Refused(by) => Self::Excused(Excuse { pid: Some(by.pid), why: refusal(by.refusal) }),
            client::Meeting::Failed(failed) => Self::Excused(Excuse { pid: failed.pid, why: failed.error.into() }),
        }
    }
}

/// How a process was entered.
#[derive(Clone, Copy, Debug)]
pub(super) enum Way {
    /// One of its threads was stopped.
    Injected(Report),
    /// It was prepared, and came when somebody knocked.
    Came,
}

/// A process that is being entered.
pub(super) struct Entry {
    pub(super) pid: i32,
    thread: JoinHandle<anyhow::Result<Way>>,
}

impl Entry {
    /// Looks at a process and begins to enter it, by the place that fits it.
    ///
    /// # Errors
    /// When it cannot be entered; nothing was done then.
    pub(super) fn begin(pid: i32, asked: &Asked, places: &mut Vec<Place>) -> anyhow::Result<Self> {
        allowed(pid)?;
        let door = knock::find(pid.unsigned_abs());
        let traced = inject::look(pid).map_err(Into::into).and_then(|target| Ok((agent(&target)?, target)));
        let (agent, target) = match traced {
            Ok((agent, target)) => (agent, Some(target)),
            // It needs no agent from here, and no right to trace it.
            Err(_) if door.is_some() => (Agent::Theirs(PathBuf::new()), None),
            Err(error) => return Err(error),
        };
        let meeting = &place_for(pid, &agent, asked, places)?.meeting;
        let (agent, bootstrap, socket) = (meeting.agent().to_owned(), meeting.bootstrap(), meeting.socket());
        let door = door.filter(|_| target.is_none() || !knock::waits_for_signals(pid.unsigned_abs()));
        let thread = thread::spawn(move || {
            let came = door.map(|door| come(&door, pid, &socket));
            match (came, target) {
                // Nobody is there, or it cannot hear: its main thread is in a call that no signal ends.
                (Some(Err(ControlError::Unreachable { .. } | ControlError::Silent)) | None, Some(target)) => {
                    enter(&target, &agent, &bootstrap)
                }
                (Some(came), _) => came.map(|()| Way::Came).map_err(Into::into),
                (None, None) => unreachable!("one way in was found"),
            }
        });
        Ok(Self { pid, thread })
    }

    pub(super) fn is_over(&self) -> bool {
        self.thread.is_finished()
    }

    /// What it took. Waits for the end.
    pub(super) fn end(self) -> anyhow::Result<Way> {
        self.thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    }
}

fn place_for<'a>(pid: i32, agent: &Agent, asked: &Asked, places: &'a mut Vec<Place>) -> anyhow::Result<&'a Place> {
    let known = places.iter().position(|place| place.meeting.fits(pid, agent));
    if let Some(known) = known {
        return Ok(&places[known]);
    }
    places.push(Place::open(pid, agent, asked)?);
    Ok(&places[places.len() - 1])
}

/// Whoever runs an application may say that nobody looks into it.
///
/// # Errors
/// When they did.
pub(in crate::cli) fn allowed(pid: i32) -> anyhow::Result<()> {
    let environment = fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
    match environment.split(|byte| *byte == 0).any(|variable| variable == b"WASPECT=0") {
        true => bail!(
            "process {pid} was started with `WASPECT=0`: whoever runs it wants no probes in it\nhint: start it without"
        ),
        false => Ok(()),
    }
}

/// Enters one process. It takes what it takes: nobody waits for this thread where this command is told to end, and a process
/// that is left in the middle goes on as it was.
fn enter(target: &inject::Target, agent: &Path, bootstrap: &str) -> anyhow::Result<Way> {
    Ok(Way::Injected(inject::inject(target, &Payload { agent, bootstrap }, &Limits::default())?))
}

fn come(door: &Path, pid: i32, socket: &Path) -> Result<(), ControlError> {
    knock::knock(door, pid.unsigned_abs(), socket, COME_MAX)
}

/// The agent that the process has already, else the one of this command: two in one process would not know of each
/// other's hooks.
fn agent(target: &inject::Target) -> anyhow::Result<Agent> {
    let suffix = suffix(target.pid, &target.python)?;
    let maps = fs::read_to_string(format!("/proc/{}/maps", target.pid)).unwrap_or_default();
    let mut loaded = maps.lines().filter_map(|line| line.find('/').map(|at| &line[at..]));
    let ours = agents::find(&suffix, &version(&target.python));
    // Other packages have a `_core` too.
    let (package, own) = (format!("/waspect/_core{suffix}"), ours.as_ref().ok().map(PathBuf::as_path));
    let copy = format!("/{COPY}");
    let is_agent = |path: &&str| {
        path.ends_with(&package)
            || own == Some(Path::new(path))
            || (path.ends_with(&copy) && path.contains("/waspect-attach-"))
    };
    match loaded.find(is_agent) {
        Some(path) => Ok(Agent::Theirs(PathBuf::from(path))),
        None => ours.map(Agent::Ours),
    }
}

pub(in crate::cli) fn version(python: &Python) -> String {
    let (major, minor, patch) = python.version;
    format!("{major}.{minor}.{patch}")
}

/// How the file of the agent for that interpreter ends.
///
/// # Errors
/// When there can be no agent for it.
pub(in crate::cli) fn suffix(pid: i32, python: &Python) -> anyhow::Result<String> {
    let version = version(python);
    let (major, minor, _) = python.version;
    if python.is_free_threaded || python.is_debug || major != 3 || !MINORS.contains(&minor) {
        let kind = if python.is_free_threaded {
            "free-threaded "
        } else if python.is_debug {
            "a debug build of "
        } else {
            ""
        };
        bail!("process {pid} runs {kind}CPython {version}, expected CPython 3.11 to 3.13");
    }
    Ok(format!(".cpython-{major}{minor}-{}-linux-gnu.so", std::env::consts::ARCH))
}
