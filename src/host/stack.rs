//! `stack`: the call stack as a copy of a kind of its own, a text for each frame.
//!
//! In: how many frames, and what to say of each. Out: a stored copy, the innermost frame first. Bounded: frames and bytes.
//! Never here: a frame object, a walk to a stack's end, work that was not charged.

use waspect_abi::{Code, Kind};

use super::{Firing, HostBudget, Ref, State};
use crate::introspect::{Introspect, NAME_BYTES_MAX, Spot, Waiting, Walk};
use crate::limits;
use crate::value::{Cut, put};

/// Say the line; say the file; go on with the tasks that wait.
const LINES: i32 = 1;
const FILES: i32 = 2;
const TASKS: i32 = 4;

const FRAMES_MAX: usize = limits::STACK_FRAMES_MAX as usize;
const BYTES_MAX: usize = limits::STACK_BYTES_MAX as usize;
/// Of a module's and a function's name, as of a type's.
const SPOT_BYTES_MAX: usize = NAME_BYTES_MAX / 2;

/// What finding a frame and its names is charged, besides their bytes.
const FRAME_UNITS: usize = 64;
/// What a look at one task, coroutine or callback is charged.
const LINK_UNITS: usize = 64;
/// What finding the running task is charged.
const TASK_UNITS: usize = 256;
/// Bytes of a table of lines read through for one unit of host work.
const LINE_BYTES_PER_UNIT: usize = 2;
/// A longer table is not looked into: half a firing's budget for one line.
const LINE_BYTES_MAX: usize = 64 << 10;

/// A stack being written at the end of what the firing keeps.
struct Stack {
    start: usize,
    flags: i32,
    left: usize,
    count: usize,
    cut: bool,
}

impl<I: Introspect> State<I> {
    pub(super) fn stack(&mut self, max: i32, flags: i32) -> Result<u64, HostBudget> {
        self.charge(0)?;
        if max <= 0 || flags & !(LINES | FILES | TASKS) != 0 {
            return Ok(Code::Range.value());
        }
        let Some(here) = self.here() else { return Ok(self.no_call().value()) };
        let (start, left) = (self.stored.len(), usize::try_from(max).unwrap_or(FRAMES_MAX).min(FRAMES_MAX));
        let mut stack = Stack { start, flags, left, count: 0, cut: false };
        let open = put::open_container(&mut self.stored, Kind::Frame);
        self.frames(here, &mut stack)?;
        put::close(&mut self.stored, open, stack.count);
        if stack.cut {
            let end = self.stored.len();
            put::cut(&mut self.stored, Cut::Budget, 0);
            let mark = self.stored.len() - end;
            self.stored[start..].rotate_right(mark);
        }
        let at = u32::try_from(start).unwrap_or(u32::MAX);
        Ok(self.handle(Ref::Stored(at), Kind::Frame, stack.count))
    }

    /// The running frames, until the task's own coroutine if other tasks wait for it: then these.
    fn frames(&mut self, here: I::Frame, stack: &mut Stack) -> Result<(), HostBudget> {
        let mut root = None;
        if stack.flags & TASKS != 0 {
            self.charge(TASK_UNITS)?;
            root = I::task_root();
        }
        let mut at = Some(here);
        while let Some(frame) = at
            && self.frame(frame, stack)?
        {
            if root == Some(frame) && self.waiters(stack)? {
                break;
            }
            at = I::caller(frame);
        }
        Ok(())
    }

    /// Gives whether any task waits.
    fn waiters(&mut self, stack: &mut Stack) -> Result<bool, HostBudget> {
        let (before, mut more) = (stack.count, Ok(true));
        I::waiters(&mut |found| {
            more = match found {
                Waiting::Link => self.charge(LINK_UNITS).map(|()| true),
                Waiting::Task(name) => self.push(stack, |out| {
                    out.extend_from_slice(b"task:");
                    out.extend_from_slice(name.as_bytes());
                }),
                Waiting::Frame(frame) => self.frame(frame, stack),
            };
            if matches!(more, Ok(true)) { Walk::On } else { Walk::Stop }
        });
        more.map(|_| stack.count > before)
    }

    /// Adds a frame; false where there is no room for more.
    fn frame(&mut self, frame: I::Frame, stack: &mut Stack) -> Result<bool, HostBudget> {
        if stack.left == 0 {
            return Ok(false);
        }
        let table = if stack.flags & LINES == 0 { usize::MAX } else { I::line_bytes(frame) };
        let lines = table <= LINE_BYTES_MAX;
        // In the probed frame a line may be looked for twice.
        let looks = if stack.count == 0 { 2 } else { 1 };
        self.charge(FRAME_UNITS + if lines { looks * table / LINE_BYTES_PER_UNIT } else { 0 })?;
        let files = stack.flags & FILES != 0;
        let probed = Some(self.firing).filter(|_| stack.count == 0);
        self.push(stack, |out| {
            dotted::<I>(frame, out);
            let line = if lines { line::<I>(frame, probed) } else { -1 };
            if files {
                out.extend_from_slice(b" (");
                spot::<I>(frame, Spot::File, NAME_BYTES_MAX, out);
            }
            if line >= 0 {
                out.push(b':');
                out.extend_from_slice(line.to_string().as_bytes());
            }
            if files {
                out.push(b')');
            }
        })
    }

    /// Adds one text, unless the stack is full; its bytes are charged.
    fn push(&mut self, stack: &mut Stack, write: impl FnOnce(&mut Vec<u8>)) -> Result<bool, HostBudget> {
        if stack.left == 0 {
            return Ok(false);
        }
        let start = self.stored.len();
        let at = put::open_str(&mut self.stored);
        write(&mut self.stored);
        put::close_str(&mut self.stored, at);
        self.charge(self.stored.len() - start)?;
        if self.stored.len() - stack.start > BYTES_MAX {
            self.stored.truncate(start);
            (stack.cut, stack.left) = (true, 0);
            return Ok(false);
        }
        stack.count += 1;
        stack.left -= 1;
        Ok(true)
    }
}

/// The line a frame stands at. What was spliced into the probed one has none: it is the first at entry, or that of the raise.
fn line<I: Introspect>(frame: I::Frame, probed: Option<Firing<I>>) -> i32 {
    match (I::line(frame), probed) {
        (..0, Some(Firing { point: 0, .. })) => I::first_line(frame),
        (..0, Some(Firing { outcome: Some(exception), .. })) => I::raised_line(frame, exception),
        (line, _) => line,
    }
}

/// `module.qualname`, as a probed function is called.
fn dotted<I: Introspect>(frame: I::Frame, out: &mut Vec<u8>) {
    let start = out.len();
    spot::<I>(frame, Spot::Module, SPOT_BYTES_MAX, out);
    if out.len() > start {
        out.push(b'.');
    }
    let mut name = Vec::new();
    spot::<I>(frame, Spot::Qualname, SPOT_BYTES_MAX, &mut name);
    out.extend_from_slice(String::from_utf8_lossy(&name).replace(".<locals>", "").as_bytes());
}

/// One of a frame's names; an ellipsis where it is longer.
fn spot<I: Introspect>(frame: I::Frame, what: Spot, max: usize, out: &mut Vec<u8>) {
    if !I::spot(frame, what, max, out) {
        out.extend_from_slice("…".as_bytes());
    }
}
