//! Being asked to stop: by Ctrl-C, by SIGTERM, by a terminal that closes.
//!
//! In: signals. Out: whether one came. Never here: an end before the probes are out of the process.

use std::os::fd::AsFd;
use std::time::Duration;

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::{SigSet, Signal};
use nix::sys::signalfd::{SfdFlags, SignalFd};

/// What asks for the end.
const ASKING: [Signal; 4] = [Signal::SIGINT, Signal::SIGTERM, Signal::SIGHUP, Signal::SIGQUIT];

/// Signals kept. Made before any thread: one that does not block them would be ended by them.
pub(in crate::cli) struct Asked(SignalFd);

impl Asked {
    pub(in crate::cli) fn keep() -> anyhow::Result<Self> {
        let asking: SigSet = ASKING.into_iter().collect();
        asking.thread_block()?;
        Ok(Self(SignalFd::with_flags(&asking, SfdFlags::SFD_NONBLOCK | SfdFlags::SFD_CLOEXEC)?))
    }

    /// Waits so long at most; gives what asked for the end.
    pub(in crate::cli) fn wait(&self, most: Duration) -> Option<Signal> {
        let most = PollTimeout::try_from(most).unwrap_or(PollTimeout::MAX);
        let _ = poll(&mut [PollFd::new(self.0.as_fd(), PollFlags::POLLIN)], most);
        let signal = self.0.read_signal().ok().flatten()?;
        i32::try_from(signal.ssi_signo).ok().and_then(|number| Signal::try_from(number).ok())
    }

    /// From here on a signal ends this command: the second Ctrl-C does not wait.
    pub(in crate::cli) fn let_go(&self) {
        // Those that came together with the first meant the same.
        while let Ok(Some(_)) = self.0.read_signal() {}
        let asking: SigSet = ASKING.into_iter().collect();
        let _ = asking.thread_unblock();
    }
}
