//! What takes time, beside the screen: one thread asks the target, one looks at what was counted.
//!
//! In: wishes. Out: news. Never here: a key that waits for an answer, a search whose text has changed since, an end that
//! waits for a target that does not answer.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use super::fleet::Fleet;
use super::model::{News, Wish};

/// Between two pictures.
pub(super) const EVERY: Duration = Duration::from_secs(1);
/// Between two looks at what was recorded: a ring of the default size does not fill in it.
const TEND: Duration = Duration::from_millis(100);

/// Both threads. They end with the process, or when this is dropped and what is under way is done.
pub(super) struct Workers {
    wishes: Sender<Wish>,
}

impl Workers {
    /// `tell` gives whether anybody listens still.
    pub(super) fn start(fleet: &Arc<dyn Fleet>, tell: impl Fn(News) -> bool + Send + Clone + 'static) -> Self {
        let ((wishes, asked), (looks, due)) = (channel(), channel());
        let (hands, eyes, both) = (Arc::clone(fleet), Arc::clone(fleet), tell.clone());
        thread::spawn(move || ask(&*hands, &asked, &looks, &both));
        thread::spawn(move || look_on(&*eyes, &due, &tell));
        Self { wishes }
    }

    pub(super) fn wish(&self, wish: Wish) {
        let _ = self.wishes.send(wish);
    }
}

/// One wish after the other; of searches only the last.
fn ask(fleet: &dyn Fleet, asked: &Receiver<Wish>, looks: &Sender<()>, tell: &impl Fn(News) -> bool) {
    loop {
        let first = match asked.recv_timeout(TEND) {
            Ok(first) => first,
            Err(RecvTimeoutError::Disconnected) => return,
            Err(RecvTimeoutError::Timeout) => {
                fleet.welcome();
                continue;
            }
        };
        let waiting: Vec<Wish> = std::iter::once(first).chain(asked.try_iter()).collect();
        let last = waiting.iter().rposition(|wish| matches!(wish, Wish::Find(_)));
        for (at, wish) in waiting.into_iter().enumerate() {
            if matches!(wish, Wish::Find(_)) && Some(at) != last {
                continue;
            }
            let Some(news) = done(fleet, wish) else { continue };
            // What changed is seen before it is spoken of.
            if matches!(news, News::Instrumented { .. } | News::Removed { .. }) && !tell(picture(fleet)) {
                return;
            }
            if !tell(news) {
                return;
            }
            let _ = looks.send(());
        }
    }
}

fn done(fleet: &dyn Fleet, wish: Wish) -> Option<News> {
    Some(match wish {
        Wish::Quit => return None,
        Wish::Find(text) => {
            let found = fleet.find(&text);
            News::Found { text, found }
        }
        Wish::Instrument { name, wait } => {
            let result = fleet.instrument(&name, wait);
            News::Instrumented { name, result }
        }
        Wish::Remove(session) => {
            let result = fleet.remove(&session);
            News::Removed { session, result }
        }
        Wish::Watch(slow) => News::Watched(fleet.watch(slow.as_ref())),
    })
}

fn picture(fleet: &dyn Fleet) -> News {
    News::Snapshot(Box::new(fleet.snapshot()))
}

/// A picture each second, until nobody listens.
fn look_on(fleet: &dyn Fleet, due: &Receiver<()>, tell: &impl Fn(News) -> bool) {
    let mut next = Instant::now();
    loop {
        if Instant::now() >= next {
            next = Instant::now() + EVERY;
            if !tell(picture(fleet)) {
                return;
            }
        }
        // Whoever wishes no more has gone.
        match due.recv_timeout(TEND) {
            Err(RecvTimeoutError::Disconnected) => return,
            Ok(()) | Err(RecvTimeoutError::Timeout) => fleet.tend(),
        }
    }
}
