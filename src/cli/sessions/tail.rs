//! `waspect tail`: a session's reports as they come, beside whoever else gets them.
//!
//! In: a session, outputs. Out: what its own outputs are told from now on, until its end or Ctrl-C. Never here: a wait of the
//! session for this command; a report that is lost and not said to be.

use std::io::Read;
use std::process::ExitCode;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread;
use std::time::Duration;

use super::Which;
use crate::cli::asked::Asked;
use crate::cli::observe::outputs::{Ahead, Output, Outputs, warn};
use crate::desk::Answer;
use crate::frames::{self, FrameError};

/// Between two looks whether somebody asked for the end.
const GLANCE: Duration = Duration::from_millis(50);
/// Reports read ahead of the outputs.
const AHEAD: usize = 256;

/// Show a session's records as they come, until Ctrl-C or its end
///
/// A reader that is too slow loses records, and is told how many: neither the session nor the program waits for it.
#[derive(clap::Args)]
#[command(after_help = "Examples:
  waspect tail
  waspect tail carts -o jsonl | jq 'select(.type == \"record\").fields'")]
pub(in crate::cli) struct Args {
    #[command(flatten)]
    which: Which,
    /// `terminal` (the default, on stderr), `jsonl:PATH`, or `jsonl` for stdout; may be given several times
    #[arg(short, long = "output", value_name = "OUTPUT")]
    outputs: Vec<Output>,
}

pub(in crate::cli) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    // Before any thread.
    let asked = Asked::keep()?;
    let (found, asking) = args.which.ask()?;
    let fields = found.described.as_ref().map_or(&[][..], |session| &session.fields);
    let mut outputs = Outputs::open(&args.outputs, Ahead { pictures: false, fields })?;
    let told = asking.tail().map_err(|silence| silence.of(found.id))?;
    let (ahead, answers) = sync_channel(AHEAD);
    thread::spawn(move || read(told, &ahead));
    let end = follow(&answers, &asked, &mut outputs);
    outputs.finish();
    if let End::Broken(why) = end {
        warn(&format!("session {} is gone without an end: {why}", found.shown()));
    }
    Ok(ExitCode::SUCCESS)
}

/// Why nothing more comes.
enum End {
    Over,
    Broken(FrameError),
}

/// Passes on what is told.
fn follow(answers: &Receiver<Result<Answer, FrameError>>, asked: &Asked, outputs: &mut Outputs) -> End {
    while asked.wait(Duration::ZERO).is_none() && !outputs.is_empty() {
        match answers.recv_timeout(GLANCE) {
            Ok(Ok(Answer::Told(report))) => outputs.report(&report),
            Ok(Ok(Answer::Lost(n))) => warn(&format!("{n} reports were lost here: this reader is too slow")),
            Ok(Ok(_)) | Err(RecvTimeoutError::Disconnected) => break,
            Ok(Err(e)) => return End::Broken(e),
            Err(RecvTimeoutError::Timeout) => outputs.flush(),
        }
    }
    End::Over
}

fn read(mut told: impl Read, ahead: &SyncSender<Result<Answer, FrameError>>) {
    loop {
        let answer = frames::read(&mut told);
        let is_last = !matches!(answer, Ok(Answer::Told(_) | Answer::Lost(_)));
        if ahead.send(answer).is_err() || is_last {
            return;
        }
    }
}
