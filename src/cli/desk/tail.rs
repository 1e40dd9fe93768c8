//! One reader of a session's reports: a bounded queue between the observation and its connection.
//!
//! In: reports, packed once for all readers. Out: bytes of frames, and how many reports did not fit. Never here: a wait of
//! the observation, a loss that is not counted.

use std::io::{self, Write};
use std::sync::{Condvar, Mutex};
use std::time::Duration;

use super::locked;
use crate::desk::Answer;
use crate::frames;
use crate::limits::TAIL_BYTES_MAX;
use crate::report::Report;

/// A reader that went away is noticed so soon, where there is nothing to tell it.
const LOOK_EVERY: Duration = Duration::from_millis(500);

#[derive(Default)]
pub(super) struct Tail {
    queue: Mutex<Queue>,
    more: Condvar,
}

#[derive(Default)]
struct Queue {
    /// Frames, one after the other.
    waiting: Vec<u8>,
    /// After those.
    lost: u64,
    over: bool,
}

impl Tail {
    /// Once something is lost, so is what follows, until the reader comes: losses stand where they happened.
    pub(super) fn push(&self, packed: &[u8]) {
        let mut queue = locked(&self.queue);
        let fits = (queue.waiting.len() + packed.len()) as u64 <= TAIL_BYTES_MAX;
        if packed.is_empty() || queue.lost > 0 || !fits {
            queue.lost += 1;
        } else {
            queue.waiting.extend_from_slice(packed);
        }
        self.more.notify_one();
    }

    /// There will be no more.
    pub(super) fn end(&self) {
        locked(&self.queue).over = true;
        self.more.notify_one();
    }

    /// Writes everything to `to` until the end, or as long as `is_there`.
    pub(super) fn write(&self, to: &mut impl Write, is_there: impl Fn() -> bool) -> Result<(), frames::FrameError> {
        loop {
            let Queue { waiting, lost, over } = self.next();
            to.write_all(&waiting)?;
            if lost > 0 {
                frames::write(to, &Answer::Lost(lost))?;
            }
            if over {
                return frames::write(to, &Answer::Done);
            }
            if waiting.is_empty() && !is_there() {
                return Err(io::Error::from(io::ErrorKind::BrokenPipe).into());
            }
        }
    }

    /// What waits, after a while nothing.
    fn next(&self) -> Queue {
        let queue = locked(&self.queue);
        let empty = |queue: &mut Queue| queue.waiting.is_empty() && queue.lost == 0 && !queue.over;
        match self.more.wait_timeout_while(queue, LOOK_EVERY, empty) {
            Ok((mut queue, _)) => Queue { over: queue.over, ..std::mem::take(&mut *queue) },
            Err(poisoned) => std::mem::take(&mut *poisoned.into_inner().0),
        }
    }
}

/// The frame of a report; nothing where it cannot be made, which then counts as lost.
pub(super) fn packed(report: &Report) -> Vec<u8> {
    let mut frame = Vec::new();
    match frames::write(&mut frame, &Answer::Told(report.clone())) {
        Ok(()) => frame,
        Err(_) => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::Log;

    fn log(text: &str) -> Report {
        Report::Log(Log { module: "m".into(), probe: "p".into(), level: 3, text: text.into() })
    }

    fn heard(tail: &Tail) -> Vec<Answer> {
        let mut bytes = Vec::new();
        tail.write(&mut bytes, || true).unwrap();
        let mut bytes = bytes.as_slice();
        std::iter::from_fn(|| frames::read(&mut bytes).ok()).collect()
    }

    #[test]
    fn what_does_not_fit_is_counted_where_it_is_missing() {
        let tail = Tail::default();
        let large = "x".repeat(1 << 20);
        let fitting = usize::try_from(TAIL_BYTES_MAX).unwrap() / packed(&log(&large)).len();
        for _ in 0..fitting + 3 {
            tail.push(&packed(&log(&large)));
        }
        // It would fit, and is later than what did not.
        tail.push(&packed(&log("small")));
        tail.end();
        let mut expected = vec![Answer::Told(log(&large)); fitting];
        expected.extend([Answer::Lost(4), Answer::Done]);
        assert!(heard(&tail) == expected);
    }

    #[test]
    fn a_reader_that_keeps_up_loses_nothing() {
        let tail = std::sync::Arc::new(Tail::default());
        let reader = std::thread::spawn({
            let tail = std::sync::Arc::clone(&tail);
            move || heard(&tail)
        });
        (0..1000).for_each(|n| tail.push(&packed(&log(&n.to_string()))));
        tail.end();
        let told: Vec<Answer> = (0..1000).map(|n| Answer::Told(log(&n.to_string()))).chain([Answer::Done]).collect();
        assert_eq!(reader.join().unwrap(), told);
    }

    #[test]
    fn a_reader_that_went_away_is_noticed() {
        let tail = Tail::default();
        assert!(tail.write(&mut Vec::new(), || false).is_err());
    }
}
