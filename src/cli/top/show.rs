//! The loop: what is heard goes into the model, the model onto the screen, or each moment of it onto a line.
//!
//! In: a fleet, events. Out: drawings or lines. Never here: a wait for the target.

use std::io::{self, Write};
use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::Context;

use super::fleet::Fleet;
use super::json;
use super::keys::press;
use super::model::{Kind, Model, News, Wish};
use super::screen::{self, Said, Screen};
use super::workers::Workers;
use crate::cli::asked::Asked;
use crate::cli::observe::outputs::warn;

/// Whoever looks at nothing else asks so often whether a signal came.
const SIGNALS: Duration = Duration::from_secs(60);

/// What is waited for.
enum Event {
    Said(Said),
    News(News),
    /// A signal.
    Stop,
    /// The terminal says nothing more.
    Lost(io::Error),
}

pub(super) struct Show {
    model: Model,
    workers: Workers,
    events: Receiver<Event>,
    tell: Sender<Event>,
    late: Option<Instant>,
}

impl Show {
    /// Begins to look; `first` is done at once, `time` how long it lasts.
    pub(super) fn start(
        model: Model,
        fleet: &Arc<dyn Fleet>,
        first: Vec<Wish>,
        time: Option<Duration>,
        asked: Asked,
    ) -> Self {
        let (tell, events) = channel();
        let news = tell.clone();
        let workers = Workers::start(fleet, move |heard| news.send(Event::News(heard)).is_ok());
        first.into_iter().for_each(|wish| workers.wish(wish));
        let stop = tell.clone();
        thread::spawn(move || {
            while asked.wait(SIGNALS).is_none() {}
            asked.let_go();
            let _ = stop.send(Event::Stop);
        });
        Self { model, workers, events, tell, late: time.map(|time| Instant::now() + time) }
    }

    /// On the screen until the operator has seen enough.
    ///
    /// # Errors
    /// When the terminal fails.
    pub(super) fn on(mut self, mut screen: Screen) -> anyhow::Result<()> {
        let said = self.tell.clone();
        thread::spawn(move || {
            // Ends with the process: a terminal is read until then.
            let lost = loop {
                match screen::listen() {
                    Ok(what) if said.send(Event::Said(what)).is_err() => return,
                    Ok(_) => {}
                    Err(e) => break e,
                }
            };
            let _ = said.send(Event::Lost(lost));
        });
        loop {
            screen.draw(&self.model)?;
            let Some(event) = self.next() else { return Ok(()) };
            // Whatever came together is drawn together.
            let more: Vec<Event> = self.events.try_iter().collect();
            for event in std::iter::once(event).chain(more) {
                if self.hear(event)?.is_break() {
                    return Ok(());
                }
            }
        }
    }

    /// As JSON, a line for each moment.
    ///
    /// # Errors
    /// When nobody reads.
    pub(super) fn lines(mut self, out: &mut impl Write) -> anyhow::Result<()> {
        while let Some(event) = self.next() {
            let moment = match &event {
                Event::News(News::Snapshot(snapshot)) => {
                    snapshot.said.iter().for_each(|line| warn(line));
                    Some(snapshot.ts_ns)
                }
                _ => None,
            };
            if self.hear(event)?.is_break() {
                break;
            }
            if let Some(message) = self.model.message.take().filter(|message| message.kind == Kind::Error) {
                warn(&message.text);
            }
            if let Some(ts_ns) = moment {
                writeln!(out, "{}", json::line(&self.model, ts_ns))?;
                out.flush()?;
            }
            if self.model.over.is_some() {
                break;
            }
        }
        Ok(())
    }

    /// The next event, until the time is over.
    fn next(&self) -> Option<Event> {
        let Some(late) = self.late else { return self.events.recv().ok() };
        self.events.recv_timeout(late.saturating_duration_since(Instant::now())).ok()
    }

    fn hear(&mut self, event: Event) -> anyhow::Result<ControlFlow<()>> {
        match event {
            Event::Stop => return Ok(ControlFlow::Break(())),
            Event::Lost(e) => return Err(e).context("the terminal cannot be read"),
            Event::Said(Said::Resized) => {}
            Event::News(news) => self.model.hear(news),
            Event::Said(Said::Key(key)) => match press(&mut self.model, key) {
                Some(Wish::Quit) => return Ok(ControlFlow::Break(())),
                Some(wish) => self.workers.wish(wish),
                None => {}
            },
        }
        Ok(ControlFlow::Continue(()))
    }
}
