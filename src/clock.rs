//! The clock of the fire path: raw ticks, turned into nanoseconds only where somebody reads them.
//!
//! In: the time-stamp counter where the kernel itself trusts it, else `CLOCK_MONOTONIC`. Out: ticks, spans and points of
//! the monotonic clock in ns. Never here: a system call on a read, unless the counter is not trusted.

use std::cell::Cell;
use std::time::{Duration, Instant};

use nix::time::{ClockId, clock_gettime};

/// How long the first calibration watches both clocks; every later one has a longer base.
const FIRST_BASE: Duration = Duration::from_millis(1);
/// Ticks between two looks at the system's clock, about 10 ms.
const ANCHOR_TICKS: u64 = 1 << 25;

/// A monotonic clock under the interpreter lock.
pub struct Clock {
    counter: bool,
    base: (u64, u64),
    anchor: Cell<(u64, u64)>,
    /// ns per tick, 32 bits of fraction.
    ratio: Cell<u64>,
}

impl Default for Clock {
    fn default() -> Self {
        Self::new(kernel_trusts_counter())
    }
}

impl Clock {
    /// A clock over the counter, or over the system's own.
    pub fn new(counter: bool) -> Self {
        let base = if counter { both() } else { (0, 0) };
        let clock = Self { counter, base, anchor: Cell::new(base), ratio: Cell::new(1 << 32) };
        if counter {
            let start = Instant::now();
            while start.elapsed() < FIRST_BASE {
                std::hint::spin_loop();
            }
            clock.set_anchor();
        }
        clock
    }

    /// Now, in ticks.
    #[inline]
    pub fn ticks(&self) -> u64 {
        if self.counter { counter() } else { system_ns() }
    }

    /// Now, as a point of the monotonic clock, ns.
    pub fn mono_now(&self) -> u64 {
        self.mono_ns(self.ticks())
    }

    /// A span of ticks in ns.
    #[inline]
    #[expect(clippy::cast_possible_truncation, reason = "a span of 584 years fits")]
    pub fn span_ns(&self, ticks: u64) -> u64 {
        if !self.counter {
            return ticks;
        }
        ((u128::from(ticks) * u128::from(self.ratio.get())) >> 32) as u64
    }

    /// A tick count as a point of the monotonic clock, ns.
    #[inline]
    pub fn mono_ns(&self, ticks: u64) -> u64 {
        if !self.counter {
            return ticks;
        }
        if ticks.wrapping_sub(self.anchor.get().0) > ANCHOR_TICKS {
            self.set_anchor();
        }
        let (anchor_ticks, anchor_ns) = self.anchor.get();
        // A tick from before the anchor counts back from it.
        if ticks >= anchor_ticks {
            anchor_ns + self.span_ns(ticks - anchor_ticks)
        } else {
            anchor_ns.saturating_sub(self.span_ns(anchor_ticks - ticks))
        }
    }

    /// Looks at both clocks again: the ratio gets a longer base, and drift cannot add up.
    #[cold]
    #[expect(clippy::cast_possible_truncation, reason = "ns per tick fit 32.32 for any counter above 1 Hz")]
    fn set_anchor(&self) {
        let (ticks, ns) = both();
        if ticks > self.base.0 && ns > self.base.1 {
            let ratio = (u128::from(ns - self.base.1) << 32) / u128::from(ticks - self.base.0);
            self.ratio.set(ratio as u64);
        }
        self.anchor.set((ticks, ns));
    }
}

/// Both clocks at one moment: the closest of a few pairs.
fn both() -> (u64, u64) {
    (0..5)
        .map(|_| {
            let (before, ns, after) = (counter(), system_ns(), counter());
            (after - before, (before + (after - before) / 2, ns))
        })
        .min_by_key(|(distance, _)| *distance)
        .map_or((0, 0), |(_, pair)| pair)
}

/// `CLOCK_MONOTONIC`, ns.
pub fn system_ns() -> u64 {
    nanos(ClockId::CLOCK_MONOTONIC)
}

/// `CLOCK_REALTIME`, ns.
pub fn wall_ns() -> u64 {
    nanos(ClockId::CLOCK_REALTIME)
}

#[inline(never)]
fn nanos(id: ClockId) -> u64 {
    let time = clock_gettime(id).map_or(Duration::ZERO, Duration::from);
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

/// The kernel uses the counter for its own clock only when it is constant, synchronous and does not stop.
fn kernel_trusts_counter() -> bool {
    cfg!(target_arch = "x86_64")
        && std::fs::read_to_string("/sys/devices/system/clocksource/clocksource0/current_clocksource")
            .is_ok_and(|source| source.trim() == "tsc")
}

#[cfg(target_arch = "x86_64")]
#[inline]
fn counter() -> u64 {
    // SAFETY: RDTSC is part of every x86-64 processor and touches no memory.
    unsafe { core::arch::x86_64::_rdtsc() }
}

#[cfg(not(target_arch = "x86_64"))]
fn counter() -> u64 {
    system_ns()
}
