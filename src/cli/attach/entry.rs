//! One process entered: its agent chosen, its place to meet, the way in.
//!
//! In: a process id. Out: a report or why not, from a thread of its own. Never here: a second process; a wait for what the agent
//! says.

use std::fs;
use std::path::PathBuf;
use std::thread::{self, JoinHandle};

use anyhow::bail;

use super::meeting::{Agent, Meeting};
use crate::cli::agents;
use crate::cli::observe::refusal;
use crate::control::client::{self, Asked, Client, Joined};
use crate::frames::Load;
use crate::inject::{self, InjectError, Limits, Payload, Python, Report};

/// The versions whose private layouts the agent knows.
const MINORS: std::ops::RangeInclusive<u8> = 11..=13;

/// Where agents come, and who receives them.
pub(super) struct Place {
    // First, so that its socket is gone before the folder is.
    client: Client,
    meeting: Meeting,
}

impl Place {
    fn open(pid: i32, agent: &Agent, load: &Load) -> anyhow::Result<Self> {
        let meeting = Meeting::prepare(pid, agent)?;
        let client = Client::listen(meeting.dir(), Asked::ToStay(Some(load.clone())))?;
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
    /// It does not take the session.
    Refused(anyhow::Error),
    /// It could not be understood.
    Failed(anyhow::Error),
}

impl From<client::Meeting> for Heard {
    fn from(meeting: client::Meeting) -> Self {
        match meeting {
            client::Meeting::Joined(joined) => Self::Joined(joined),
            client::Meeting::Refused(by) => Self::Refused(refusal(by.refusal)),
            client::Meeting::Failed(error) => Self::Failed(error.into()),
        }
    }
}

/// A process that is being entered.
pub(super) struct Entry {
    pub(super) pid: i32,
    thread: JoinHandle<Result<Report, InjectError>>,
}

impl Entry {
    /// Looks at a process and begins to enter it, by the place that fits it.
    ///
    /// # Errors
    /// When it cannot be entered; nothing was done then.
    pub(super) fn begin(pid: i32, load: &Load, places: &mut Vec<Place>) -> anyhow::Result<Self> {
        let target = inject::look(pid)?;
        let agent = agent(&target)?;
        let known = places.iter().position(|place| place.meeting.fits(pid, &agent));
        let place = match known {
            Some(known) => &places[known],
            None => {
                places.push(Place::open(pid, &agent, load)?);
                &places[places.len() - 1]
            }
        };
        let (agent, bootstrap) = (place.meeting.agent().to_owned(), place.meeting.bootstrap());
        let thread = thread::spawn(move || enter(&target, &agent, &bootstrap));
        Ok(Self { pid, thread })
    }

    pub(super) fn is_over(&self) -> bool {
        self.thread.is_finished()
    }

    /// What it took. Waits for the end.
    pub(super) fn end(self) -> Result<Report, InjectError> {
        self.thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    }
}

/// Enters one process. It takes what it takes: nobody waits for this thread where this command is told to end, and a process
/// that is left in the middle goes on as it was.
fn enter(target: &inject::Target, agent: &std::path::Path, bootstrap: &str) -> Result<Report, InjectError> {
    inject::inject(target, &Payload { agent, bootstrap }, &Limits::default())
}

/// The agent that the process has already, else the one of this command: two in one process would not know of each
/// other's hooks.
fn agent(target: &inject::Target) -> anyhow::Result<Agent> {
    let suffix = suffix(target.pid, &target.python)?;
    let maps = fs::read_to_string(format!("/proc/{}/maps", target.pid)).unwrap_or_default();
    let mut loaded = maps.lines().filter_map(|line| line.find('/').map(|at| &line[at..]));
    match loaded.find(|path| path.ends_with(&format!("/_core{suffix}"))) {
        Some(path) => Ok(Agent::Theirs(PathBuf::from(path))),
        None => agents::find(&suffix, &version(&target.python)).map(Agent::Ours),
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
