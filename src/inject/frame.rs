//! The way back: what the kernel would leave on a thread's stack for the return of a signal handler.
//!
//! In: a thread's registers, floating-point state and signal mask. Out: the bytes that put all of it back when the thread
//! calls `rt_sigreturn`, and where they go. Never here: a process.
//!
//! Every function that the command has a thread call returns to the C library's own `rt_sigreturn`, and this frame is what
//! it returns with. The command catches it there. When the command is gone, in whatever way and at whatever moment, nobody
//! does, and then the kernel puts everything back: the thread goes on as after any signal handler. On its way it can be made
//! to call one function more, by a second frame before the first: so it closes the descriptor that it opened for the command.

use std::arch::x86_64::__cpuid_count;

use super::safe::RESTARTS;

/// Below the stack pointer functions keep values without saying so.
const RED_ZONE_BYTES: u64 = 128;
/// For the arguments that are texts.
pub(super) const SCRATCH_BYTES: u64 = 256;
/// `ucontext` as far as the kernel reads it; then a `siginfo` nobody reads.
const CONTEXT_BYTES: usize = 304;
/// From one slot to the next: slot, context, and what aligns the next as the first.
const HOP_BYTES: usize = 8 + CONTEXT_BYTES + 8;
const UC_FP_XSTATE: u64 = 1;
const UC_SIGCONTEXT_SS: u64 = 2;
const UC_STRICT_RESTORE_SS: u64 = 4;
/// Flags that no alternate stack has: the kernel then leaves the thread's own as it is.
const KEEP_ALTERNATE_STACK: u64 = 0x7F;
const EINTR: i64 = -4;
const RESTART_BLOCK: i64 = -516;
const SYSCALL_BYTES: u64 = 2;
/// Set, they would single-step, fault at odd addresses, or copy backwards.
pub(super) const FLAGS_NOT_TAKEN: u64 = 0x100 | 0x400 | 0x4_0000;

/// The old part of the state: its software area tells what follows.
const LEGACY_BYTES: usize = 512;
const SOFTWARE_AREA: usize = 464;
const HEADER_BYTES: usize = 64;
const MAGIC_1: u32 = 0x4650_5853;
const MAGIC_2: u32 = 0x4650_5845;
const XSTATE_LEAF: u32 = 0xD;
/// Matrix state, which only a thread that asked for it has, and then it is in use.
const TILES: u64 = 1 << 17 | 1 << 18;

/// All that a thread is.
#[derive(Clone, Debug)]
pub(super) struct Saved {
    pub(super) regs: libc::user_regs_struct,
    pub(super) xstate: Vec<u8>,
    pub(super) mask: u64,
}

/// Where things are on the stack of a thread that makes calls.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    pub(super) scratch: u64,
    state: u64,
    /// The slot a called function returns by; a context is behind it, and behind that one room for another slot and context.
    pub(super) stack: u64,
}

impl Place {
    /// Where functions return by.
    pub(super) fn slots(self) -> [u64; 2] {
        [self.stack, self.stack + HOP_BYTES as u64]
    }
}

/// A call that the thread makes on its way back.
#[derive(Clone, Copy, Debug)]
pub(super) struct Last {
    pub(super) function: u64,
    pub(super) arguments: [u64; 2],
    pub(super) mask: u64,
}

impl Saved {
    pub(super) fn place(&self) -> Place {
        let scratch = (self.regs.rsp - RED_ZONE_BYTES - SCRATCH_BYTES) & !63;
        let state = (scratch - self.state().len() as u64) & !63;
        // A function expects the stack pointer 8 above a multiple of 16.
        let stack = (state - (HOP_BYTES + CONTEXT_BYTES + 8) as u64) & !15;
        Place { scratch, state, stack: stack - 8 }
    }

    /// Everything from `Place::stack` up to the scratch area.
    pub(super) fn frame(&self, place: Place, restorer: u64, last: Option<Last>) -> Vec<u8> {
        let mut frame = vec![0; usize::try_from(place.scratch - place.stack).unwrap_or(0)];
        let mut hop = |at: usize, context: [u8; CONTEXT_BYTES]| {
            frame[at..at + 8].copy_from_slice(&restorer.to_le_bytes());
            frame[at + 8..at + 8 + CONTEXT_BYTES].copy_from_slice(&context);
        };
        let back = context(&self.after_handler(), self.mask, place.state);
        let calling = |last: Last| context(&self.calling(last, place.slots()[1]), last.mask, place.state);
        hop(0, last.map_or(back, calling));
        // Always: the thread may stand before it while the first is laid anew.
        hop(HOP_BYTES, back);
        let state = self.state();
        let at = usize::try_from(place.state - place.stack).unwrap_or(0);
        frame[at..at + state.len()].copy_from_slice(&state);
        frame
    }

    fn calling(&self, last: Last, stack: u64) -> libc::user_regs_struct {
        let mut regs = self.regs;
        [regs.rdi, regs.rsi] = last.arguments;
        (regs.rip, regs.rsp, regs.rax) = (last.function, stack, 0);
        regs.eflags &= !FLAGS_NOT_TAKEN;
        regs
    }

    /// The registers as a handler would find them: a call that was interrupted begins again, or has failed with EINTR
    /// where only the kernel knows how much of it is left.
    fn after_handler(&self) -> libc::user_regs_struct {
        let mut regs = self.regs;
        let result = regs.rax.cast_signed();
        if RESTARTS.contains(&result) && regs.orig_rax.cast_signed() >= 0 {
            if result == RESTART_BLOCK {
                regs.rax = EINTR.cast_unsigned();
            } else {
                regs.rax = regs.orig_rax;
                regs.rip -= SYSCALL_BYTES;
            }
        }
        regs
    }

    /// The floating-point state as the kernel wants it in a frame: only the parts this thread can have, with marks.
    fn state(&self) -> Vec<u8> {
        let mut state = self.xstate.clone();
        let word =
            |at: usize| state.get(at..at + 8).map_or(0, |b| u64::from_le_bytes(b.try_into().unwrap_or_default()));
        let (possible, used) = (word(SOFTWARE_AREA), word(LEGACY_BYTES));
        let features = if used & TILES == 0 { possible & !TILES } else { possible };
        let size = bytes_of(features).min(state.len());
        let mut software = [0; LEGACY_BYTES - SOFTWARE_AREA];
        let total = u32::try_from(size).unwrap_or(0);
        software[..4].copy_from_slice(&MAGIC_1.to_le_bytes());
        software[4..8].copy_from_slice(&(total + 4).to_le_bytes());
        software[8..16].copy_from_slice(&features.to_le_bytes());
        software[16..20].copy_from_slice(&total.to_le_bytes());
        state.truncate(size);
        state[SOFTWARE_AREA..LEGACY_BYTES].copy_from_slice(&software);
        state.extend(MAGIC_2.to_le_bytes());
        state
    }
}

/// What the kernel reads: registers, signal mask, where the floating-point state is.
fn context(r: &libc::user_regs_struct, mask: u64, state: u64) -> [u8; CONTEXT_BYTES] {
    let segments = r.cs & 0xFFFF | (r.ss & 0xFFFF) << 48;
    let words = [
        UC_FP_XSTATE | UC_SIGCONTEXT_SS | UC_STRICT_RESTORE_SS,
        0,
        0,
        KEEP_ALTERNATE_STACK,
        0,
        r.r8,
        r.r9,
        r.r10,
        r.r11,
        r.r12,
        r.r13,
        r.r14,
        r.r15,
        r.rdi,
        r.rsi,
        r.rbp,
        r.rbx,
        r.rdx,
        r.rax,
        r.rcx,
        r.rsp,
        r.rip,
        r.eflags,
        segments,
        0,
        0,
        0,
        0,
        state,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        mask,
    ];
    let mut bytes = [0; CONTEXT_BYTES];
    for (room, word) in bytes.chunks_exact_mut(8).zip(words) {
        room.copy_from_slice(&word.to_le_bytes());
    }
    bytes
}

/// How much room these features take, as this processor lays them out.
fn bytes_of(features: u64) -> usize {
    let ends = (2..63).filter(|n| features & (1 << n) != 0).map(|n| {
        let leaf = __cpuid_count(XSTATE_LEAF, n);
        (leaf.eax + leaf.ebx) as usize
    });
    ends.max().unwrap_or(0).max(LEGACY_BYTES + HEADER_BYTES)
}
