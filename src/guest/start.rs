//! `_initialize`: run once for each instance, at load and whenever a fault has torn the instance before.
//!
//! In: a fresh instance, a torn one. Out: one that has started, or why not. Bounded by fuel and work of its own. Never
//! here: a start on the fire path, unless nobody came to do it elsewhere for a second; two starts within one.

use std::panic::{AssertUnwindSafe, catch_unwind};

use wasmtime::Trap;

use super::{Guest, GuestError, Instance, fault};
use crate::host::Exit;
use crate::introspect::Introspect;
use crate::limits;
use crate::report::{FaultKind, Phase};

const RENEWAL_NS: u64 = limits::RENEWAL_SECONDS * 1_000_000_000;

/// Why `_initialize` did not end well.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error("ran out of fuel: {} are allowed (`initialize_fuel_max`)", limits::INITIALIZE_FUEL_MAX)]
    Fuel,
    #[error("ran out of its stack: {} bytes are allowed (`guest_stack_bytes`)", limits::GUEST_STACK_BYTES)]
    Stack,
    #[error("moved more than {} bytes (`host_bytes_per_fire_max`)", limits::HOST_BYTES_PER_FIRE_MAX)]
    HostBudget,
    #[error("ended the program: {0}")]
    Exit(Exit),
    #[error("ended in a {0}")]
    Trap(Trap),
    #[error("was ended by an error of the host")]
    Host,
    #[error(
        "was not begun: the thread has less than {} bytes of stack left (`stack_headroom_bytes`)",
        limits::STACK_HEADROOM_BYTES
    )]
    Headroom,
}

impl StartError {
    fn of(error: &wasmtime::Error) -> Self {
        match fault::kind(error) {
            FaultKind::OutOfFuel => Self::Fuel,
            FaultKind::Stack => Self::Stack,
            FaultKind::HostBudget => Self::HostBudget,
            _ => match (error.downcast_ref::<Exit>(), error.downcast_ref::<Trap>()) {
                (Some(exit), _) => Self::Exit(*exit),
                (_, Some(trap)) => Self::Trap(*trap),
                _ => Self::Host,
            },
        }
    }

    fn kind(&self) -> FaultKind {
        match self {
            Self::Fuel => FaultKind::OutOfFuel,
            Self::Stack => FaultKind::Stack,
            Self::HostBudget => FaultKind::HostBudget,
            Self::Host => FaultKind::HostPanic,
            Self::Exit(_) | Self::Trap(_) | Self::Headroom => FaultKind::Trap,
        }
    }
}

/// A torn instance that must start again: whose fault it was, and since when it waits.
#[derive(Clone, Copy)]
pub(super) struct Torn {
    probe: usize,
    function: u32,
    since_ns: u64,
}

impl<I: Introspect> Instance<I> {
    /// Runs `_initialize`, the call of that number.
    #[cold]
    pub(super) fn start(&mut self, call: usize, probe: usize) -> Result<(), StartError> {
        if (crate::thread::headroom() as u64) < limits::STACK_HEADROOM_BYTES {
            return Err(StartError::Headroom);
        }
        self.store.data_mut().begin_start(probe);
        let run = || self.call_rarely(call, limits::INITIALIZE_FUEL_MAX);
        let ended = catch_unwind(AssertUnwindSafe(run)).map_err(|_| StartError::Host)?;
        self.store.data_mut().end_start();
        ended.map(drop).map_err(|error| StartError::of(&error))
    }
}

impl<I: Introspect> Guest<I> {
    /// Who is told that an instance must be renewed off the fire path: on the probed thread, inside a firing, so that it may
    /// only arrange that somebody calls [`Guest::renew`] soon.
    pub fn on_torn(&mut self, tell: fn()) {
        self.tell = tell;
    }

    /// Whether [`Guest::renew`] has something to do.
    pub fn wants_renewal(&self) -> bool {
        self.torn.is_some()
    }

    /// A fault tore an instance that has to start again.
    #[cold]
    pub(super) fn tear(&mut self, probe: usize, function: u32) {
        if self.gates.iter().all(|gate| gate.disarmed().is_some()) {
            return;
        }
        let since_ns = self.shared.outlet.clock.mono_now();
        self.torn.get_or_insert(Torn { probe, function, since_ns });
        (self.tell)();
    }

    /// Whether nobody has come to renew the instance for so long that the next firing must.
    pub(super) fn is_forgotten(&self) -> bool {
        let now_ns = self.shared.outlet.clock.mono_now();
        self.torn.is_none_or(|torn| now_ns.saturating_sub(torn.since_ns) >= RENEWAL_NS)
    }

    /// Renews a torn instance and starts it, if that is not too soon. Outside a firing, on a thread that holds the
    /// interpreter.
    pub fn renew(&mut self) {
        let Some(torn) = self.torn else { return };
        let now_ns = self.shared.outlet.clock.mono_now();
        if self.renewed_ns.is_some_and(|last| now_ns.saturating_sub(last) < RENEWAL_NS) {
            return;
        }
        self.renewed_ns = Some(now_ns);
        drop(self.instance.take());
        match self.instantiate(torn.probe) {
            Ok(instance) => {
                self.instance = Some(instance);
                (self.dirty, self.torn) = (false, None);
            }
            Err(GuestError::Initialize { error, .. }) if !matches!(error, StartError::Headroom) => {
                self.give_up(torn, &error);
            }
            // Without memory or stack for it now there may be later.
            Err(_) => self.torn = Some(Torn { since_ns: now_ns, ..torn }),
        }
    }

    /// A module whose start worked once and does not any more fires no more: it would fail again and again, at a cost
    /// that is not a firing's.
    #[cold]
    fn give_up(&mut self, torn: Torn, error: &StartError) {
        self.torn = None;
        let (outlet, account) = (&self.shared.outlet, &self.shared.accounts[torn.probe]);
        outlet.fault(account, error.kind(), torn.function);
        let reason = format!("`_initialize` {error}");
        for (probe, gate) in self.gates.iter().enumerate() {
            if gate.disarm(&reason) {
                self.say(probe, Phase::Disarmed, &reason);
            }
        }
    }
}
