//! WASI, of which nothing is real: text that a runtime prints becomes log lines, clocks and random bytes are ours.
//!
//! In: calls with pointers. Out: log lines, numbers, error numbers of WASI. Bounded: pieces, bytes and lines are charged
//! before anything is done with them. Never here: a file, a socket, an argument, a variable, a wait.

use waspect_abi::{Answer, Code, errno};

use super::link::Host;
use super::{HostBudget, State, memory};
use crate::clock;
use crate::introspect::Introspect;
use crate::limits;

/// The module called `proc_exit`.
#[derive(Debug, Clone, Copy, thiserror::Error)]
#[error("the module called `proc_exit({0})`")]
pub struct Exit(pub i32);

/// What a line costs besides its bytes.
const LINE_UNITS: usize = 63;
/// Bytes of an iovec: a pointer and a length.
const PIECE_BYTES: usize = 8;
/// Kept of what `_initialize` prints.
const AT_START_BYTES_MAX: usize = 1_024;
/// Levels of the log, by stream.
const LEVELS: [i32; 2] = [3, 2];

/// What was printed.
#[derive(Default)]
pub(super) struct Printed {
    /// Since the last end of a line, by stream.
    open: [Vec<u8>; 2],
    /// Lines of `_initialize`, for whoever is told that it failed.
    at_start: Vec<u8>,
}

/// What a stub answers, by the low halves of its first parameters.
#[inline(never)]
pub(super) fn call<I: Introspect>(
    c: &mut Host<'_, I>,
    answer: Answer,
    [p, q, r, s]: [i32; 4],
) -> Result<i32, HostBudget> {
    match answer {
        Answer::Gives(number) => Ok(number),
        Answer::Lines => write(c, p, (q, r), s),
        Answer::Clock => Ok(time(c, p, r)),
        Answer::Random => random(c, p, q),
        Answer::NoSizes => Ok(no_sizes(c, p, q)),
        Answer::Exit => c.data_mut().exit(p),
    }
}

/// `fd_write`: lines for the log, or EBADF.
fn write<I: Introspect>(c: &mut Host<'_, I>, fd: i32, (list, n): (i32, i32), written: i32) -> Result<i32, HostBudget> {
    let Some(stream) = fd.checked_sub(1).and_then(|i| usize::try_from(i).ok()).filter(|i| *i < LEVELS.len()) else {
        return Ok(errno::BADF);
    };
    let most = usize::try_from(limits::WASI_IOVECS_MAX).unwrap_or(0);
    let n = usize::try_from(n.cast_unsigned()).map_or(most, |n| n.min(most));
    c.data_mut().charge(n * PIECE_BYTES)?;
    let Ok((pieces, total)) = pieces(c, list, n, written) else { return Ok(errno::FAULT) };
    c.data_mut().charge(total)?;
    for (pointer, length) in pieces {
        let memory = c.data().memory;
        let Ok((text, state)) = memory::beside(c, memory, pointer, length) else { return Ok(errno::FAULT) };
        state.print(stream, text)?;
    }
    Ok(put(c, written, &u32::try_from(total).unwrap_or(u32::MAX).to_le_bytes()))
}

/// The pieces of a list, each of which is the guest's, as must be the place for the answer; and their bytes together.
fn pieces<I: Introspect>(
    c: &mut Host<'_, I>,
    list: i32,
    n: usize,
    written: i32,
) -> Result<(Vec<(i32, i32)>, usize), Code> {
    let memory = c.data().memory;
    let word = |bytes: &[u8]| bytes.try_into().map_or(0, i32::from_le_bytes);
    let bytes = i32::try_from(n * PIECE_BYTES).map_err(|_| Code::Memory)?;
    let (list, _) = memory::beside(c, memory, list, bytes)?;
    let pieces: Vec<_> = list.chunks_exact(PIECE_BYTES).map(|piece| (word(&piece[..4]), word(&piece[4..]))).collect();
    let mut total = 0;
    for (pointer, length) in &pieces {
        total += memory::beside(c, memory, *pointer, *length)?.0.len();
    }
    memory::beside(c, memory, written, 4)?;
    Ok((pieces, total))
}

/// `clock_time_get`.
fn time<I: Introspect>(c: &mut Host<'_, I>, id: i32, time: i32) -> i32 {
    let ns = match id {
        0 => clock::wall_ns().cast_signed(),
        1 => c.data().now_mono(),
        _ => return errno::INVAL,
    };
    put(c, time, &ns.to_le_bytes())
}

/// `random_get`.
fn random<I: Introspect>(c: &mut Host<'_, I>, pointer: i32, length: i32) -> Result<i32, HostBudget> {
    let memory = c.data().memory;
    let Ok((place, state)) = memory::beside(c, memory, pointer, length) else { return Ok(errno::FAULT) };
    state.charge(place.len())?;
    for eight in place.chunks_mut(8) {
        eight.copy_from_slice(&state.random_bits().to_le_bytes()[..eight.len()]);
    }
    Ok(0)
}

/// `args_sizes_get`, `environ_sizes_get`.
fn no_sizes<I: Introspect>(c: &mut Host<'_, I>, count: i32, bytes: i32) -> i32 {
    let first = put(c, count, &[0; 4]);
    if first == 0 { put(c, bytes, &[0; 4]) } else { first }
}

/// An answer in guest memory; gives 0 or EFAULT.
#[inline(never)]
fn put<I: Introspect>(c: &mut Host<'_, I>, pointer: i32, bytes: &[u8]) -> i32 {
    let memory = c.data().memory;
    let length = i32::try_from(bytes.len()).unwrap_or(i32::MAX);
    memory::beside(c, memory, pointer, length).map_or(errno::FAULT, |(place, _)| {
        place.copy_from_slice(bytes);
        0
    })
}

impl<I: Introspect> State<I> {
    /// `proc_exit`: nothing of the firing goes on.
    fn exit(&mut self, code: i32) -> Result<i32, HostBudget> {
        self.exited = Some(Exit(code));
        Err(HostBudget)
    }

    /// Adds text to a stream; each line that ends goes to the log.
    #[inline(never)]
    fn print(&mut self, stream: usize, text: &[u8]) -> Result<(), HostBudget> {
        let mut rest = text;
        while let Some(end) = rest.iter().position(|byte| *byte == b'\n') {
            self.add_to_line(stream, &rest[..end]);
            self.charge(LINE_UNITS)?;
            self.end_line(stream);
            rest = &rest[end + 1..];
        }
        self.add_to_line(stream, rest);
        Ok(())
    }

    #[inline(never)]
    fn add_to_line(&mut self, stream: usize, text: &[u8]) {
        // A code point more than the log shows, so that it sees where to cut.
        let max = usize::try_from(self.shared.budget.value_str_bytes_max).unwrap_or(usize::MAX).saturating_add(4);
        let line = &mut self.printed.open[stream];
        let room = max.saturating_sub(line.len());
        line.extend_from_slice(&text[..text.len().min(room)]);
    }

    /// Empty lines are nobody's news.
    #[inline(never)]
    fn end_line(&mut self, stream: usize) {
        let mut line = std::mem::take(&mut self.printed.open[stream]);
        if !line.is_empty() {
            self.remember_start(&line);
            // The guest need not know that it was dropped: the drop is counted, and runtimes abort where printing fails.
            self.log(LEVELS[stream], Ok(&line));
        }
        line.clear();
        self.printed.open[stream] = line;
    }

    fn remember_start(&mut self, line: &[u8]) {
        let at_start = &mut self.printed.at_start;
        if self.starting && at_start.len() + line.len() < AT_START_BYTES_MAX {
            at_start.extend_from_slice(line);
            at_start.push(b'\n');
        }
    }

    /// What `_initialize` printed, as far as it is kept.
    pub fn printed_at_start(&self) -> String {
        String::from_utf8_lossy(&self.printed.at_start).into_owned()
    }

    /// At the end of a firing: what was printed without an end of line.
    pub fn end_lines(&mut self) {
        (0..LEVELS.len()).for_each(|stream| self.end_line(stream));
    }
}
