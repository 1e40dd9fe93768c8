//! The guest: a module's one instance, fired once at a time under its budget.
//!
//! In: a compiled module, firings. Out: what the host wrote, and counted faults. After a fault the instance is renewed
//! before the next firing, or, where it must start again, off the fire path while firings are skipped; by rule the probe
//! is disarmed. Never here: an error that reaches the hook, or two firings at once.

mod fault;
mod gate;
pub mod share;
mod start;
mod watch;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;

use wasmtime::{Engine, InstancePre, Module, Store, TypedFunc};

use crate::host::{Firing, Given, LinkError, Linked, Shared, Slots, State, number_of};
use crate::introspect::Introspect;
use crate::report::{DropKind, FaultKind, Phase};
use crate::spec::words::shown_lines;
use crate::spec::{Manifest, Probe};

pub use gate::Gate;
pub use start::StartError;
pub use watch::Watch;

/// Firings between two that are timed. Odd, so that of probes that fire in turn each is timed.
const TIME_ONE_IN: u32 = 127;
/// A firing that used more fuel is not only looked at when it is timed.
const LIGHT_FUEL: u64 = 1_024;
/// But when such firings used so much: 0.1 to 0.3 ms.
const LOOK_FUEL: u64 = 200_000;

/// Why a module has no instance.
#[derive(Debug, thiserror::Error)]
pub enum GuestError {
    #[error(transparent)]
    Link(#[from] LinkError),
    #[error("the module does not instantiate: {0}")]
    Instantiate(wasmtime::Error),
    #[error("export `{export}` is not a function `() -> ()` or `() -> i32`")]
    Export { export: String },
    #[error("`_initialize` {error}")]
    Initialize { error: StartError, printed: String },
}

impl GuestError {
    /// What to do about it.
    pub fn hint(&self) -> Option<String> {
        let Self::Initialize { printed, .. } = self else { return None };
        Some(if printed.is_empty() {
            "it runs once for each instance, where no call can be read".to_owned()
        } else {
            ["it printed\n", &shown_lines(printed)].concat()
        })
    }
}

enum Call {
    Unit(TypedFunc<(), ()>),
    Status(TypedFunc<(), i32>),
}

struct Instance<I: Introspect> {
    store: Store<State<I>>,
    /// Those of the probes, and behind them `_initialize`.
    calls: Vec<Call>,
}

/// A loaded module: its instance, its probes' gates.
pub struct Guest<I: Introspect> {
    name: String,
    display: Vec<String>,
    engine: Engine,
    pre: InstancePre<State<I>>,
    probes: Vec<Probe>,
    gates: Vec<Rc<Gate>>,
    watch: Rc<Watch>,
    shared: Rc<Shared<I>>,
    instance: Option<Instance<I>>,
    /// Set by a fault: guest memory, globals and shadow stack are torn.
    dirty: bool,
    has_start: bool,
    torn: Option<start::Torn>,
    /// When it last started again.
    renewed_ns: Option<u64>,
    tell: fn(),
    until_timed: u32,
    /// Of the firing that is being timed: its probe's fuel before.
    fuel_before: u64,
    /// What heavy firings used since the last look.
    unseen_fuel: u64,
    /// Some import reads or writes slots.
    has_slots: bool,
    /// WASI prints lines, of which the last may lack its end.
    prints: bool,
    wants_requests: bool,
}

impl<I: Introspect> Guest<I> {
    /// Instantiates a module once, so that firing starts at once.
    ///
    /// # Errors
    /// When it does not link, instantiate or start.
    pub fn new(engine: &Engine, module: &Module, linked: Linked<I>, manifest: &Manifest) -> Result<Self, GuestError> {
        let pre = linked.linker.instantiate_pre(module).map_err(GuestError::Instantiate)?;
        let shared = &linked.shared;
        let gate = |(probe, account): (&Probe, _)| {
            Rc::new(Gate::new(&probe.spec.options, &shared.budget, &shared.outlet, account))
        };
        let gates = manifest.probes.iter().zip(&shared.accounts).map(gate).collect();
        let mut guest = Self {
            name: manifest.name.clone(),
            display: manifest.display_names(),
            engine: engine.clone(),
            pre,
            probes: manifest.probes.clone(),
            gates,
            watch: Rc::default(),
            shared: linked.shared,
            instance: None,
            dirty: false,
            has_start: manifest.has_initialize,
            torn: None,
            renewed_ns: None,
            tell: || {},
            until_timed: TIME_ONE_IN,
            fuel_before: 0,
            unseen_fuel: 0,
            wants_requests: manifest.wants_requests(),
            has_slots: manifest.imports.iter().any(|import| import.module.starts_with("probe1.slot")),
            prints: manifest.imports.iter().any(|import| import.module == waspect_abi::WASI_MODULE),
        };
        guest.instance = Some(guest.instantiate(0)?);
        guest.watched(&Rc::default());
        Ok(guest)
    }

    /// The module's file name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether what has this name is withheld from the module.
    pub fn hides(&self, name: &str) -> bool {
        self.shared.redaction.hides(name.as_bytes())
    }

    /// What a probe is called in reports.
    pub fn display(&self, probe: usize) -> &str {
        &self.display[probe]
    }

    /// Whether the module asks for anything of requests.
    pub fn wants_requests(&self) -> bool {
        self.wants_requests
    }

    /// The probes of the module.
    pub fn probes(&self) -> &[Probe] {
        &self.probes
    }

    /// Its share of time is judged together with what else this watch sees.
    pub fn watched(&mut self, by: &Rc<Watch>) {
        by.join(self.gates.iter(), self.shared.outlet.clock.mono_now());
        self.watch = by.clone();
    }

    /// The gate of a probe: its options and its state.
    pub fn gate(&self, probe: usize) -> &Gate {
        &self.gates[probe]
    }

    /// Tells the operator a probe's state.
    pub fn say(&self, probe: usize, phase: Phase, reason: &str) {
        self.gates[probe].say(phase, reason);
    }

    /// Counts a firing that was not begun.
    #[cold]
    pub fn skipped(&self, probe: usize, why: DropKind) {
        self.shared.outlet.dropped(&self.shared.accounts[probe], why);
    }

    /// Fires one probe. Whatever happens below ends here.
    pub fn fire(&mut self, probe: usize, firing: Firing<I>, slots: &mut Slots) {
        let function = firing.function;
        if catch_unwind(AssertUnwindSafe(|| self.fire_through(probe, firing, slots))).is_err() {
            self.panicked(probe, function, slots);
        }
    }

    /// Fires one probe where the thread stands in a frame that was handed over.
    ///
    /// Gives what the probe wrote to the request.
    pub fn fire_given(&mut self, probe: usize, firing: Firing<I>, given: Given<I>) -> Vec<(String, Vec<u8>)> {
        self.is_ready();
        if let Some(instance) = &mut self.instance {
            instance.store.data_mut().given = Some(given);
        }
        self.fire(probe, firing, &mut Slots::default());
        self.instance.as_mut().map(|instance| instance.store.data_mut().written()).unwrap_or_default()
    }

    /// Fires one probe; a panic of the host goes on through. The caller catches it, for several firings at once, and says
    /// [`Guest::panicked`].
    #[inline(always)]
    pub fn fire_through(&mut self, probe: usize, firing: Firing<I>, slots: &mut Slots) {
        if !self.gates[probe].passes(|| self.shared.outlet.clock.mono_now()) {
            return self.passed_over(probe);
        }
        if !self.is_ready() {
            return self.skipped(probe, DropKind::Renewing);
        }
        self.until_timed -= 1;
        let start_ticks = if self.until_timed == 0 { self.begin_timed(probe) } else { 0 };
        self.fire_now(probe, firing, slots);
        if self.until_timed == 0 {
            self.time(probe, start_ticks);
        }
    }

    /// Fires a probe at a point without a call. That happens seldom, so it shares its way into wasm with `_initialize`.
    #[cold]
    pub fn fire_without_call(&mut self, probe: usize, firing: Firing<I>) {
        if !self.gates[probe].passes(|| self.shared.outlet.clock.mono_now()) {
            return self.passed_over(probe);
        }
        if !self.is_ready() {
            return self.skipped(probe, DropKind::Renewing);
        }
        let Some(instance) = &mut self.instance else { return };
        let (fuel, function) = (self.gates[probe].fuel, firing.function);
        instance.store.data_mut().begin(firing, probe, fuel);
        match catch_unwind(AssertUnwindSafe(|| instance.call_rarely(probe, fuel))) {
            Ok(ended) => self.ended(probe, function, fuel, ended),
            Err(_) => self.faulted(probe, FaultKind::HostPanic, function, 0),
        }
    }

    /// A throttled probe that fires no more in this window is the one that sees it end.
    #[cold]
    fn passed_over(&self, probe: usize) {
        if self.gates[probe].share.is_throttled() {
            self.look(probe);
        }
    }

    #[cold]
    fn look(&self, probe: usize) {
        self.watch.look(&self.gates[probe], self.shared.outlet.clock.mono_now());
    }

    #[cold]
    fn begin_timed(&mut self, probe: usize) -> u64 {
        self.fuel_before = self.gates[probe].counts().fuel;
        self.shared.outlet.clock.ticks()
    }

    #[cold]
    fn time(&mut self, probe: usize, start_ticks: u64) {
        self.until_timed = TIME_ONE_IN;
        let (outlet, gate) = (&self.shared.outlet, &self.gates[probe]);
        let ns = outlet.timed(&gate.account, outlet.clock.ticks().saturating_sub(start_ticks));
        gate.share.price.sample(gate.counts().fuel.saturating_sub(self.fuel_before), ns);
        self.look(probe);
    }

    /// A firing that used much fuel.
    #[cold]
    fn heavy(&mut self, probe: usize, fuel: u64) {
        self.unseen_fuel += fuel;
        if self.unseen_fuel >= LOOK_FUEL {
            self.unseen_fuel = 0;
            self.look(probe);
        }
    }

    #[inline(always)]
    fn fire_now(&mut self, probe: usize, firing: Firing<I>, slots: &mut Slots) {
        let Some(instance) = &mut self.instance else { return };
        let fuel = self.gates[probe].fuel;
        let function = firing.function;
        let state = instance.store.data_mut();
        state.begin(firing, probe, fuel);
        if self.has_slots {
            std::mem::swap(&mut state.slots, slots);
        }
        let ended = instance.call(probe, fuel);
        if self.has_slots {
            std::mem::swap(&mut instance.store.data_mut().slots, slots);
        }
        self.ended(probe, function, fuel, ended);
    }

    #[inline(always)]
    fn ended(&mut self, probe: usize, function: u32, fuel: u64, ended: wasmtime::Result<i32>) {
        let Some(instance) = &mut self.instance else { return };
        if self.prints {
            instance.store.data_mut().end_lines();
        }
        let used = fuel.saturating_sub(instance.store.get_fuel().unwrap_or(0)) + instance.store.data().owed();
        match ended {
            // What the last call did, or what was still owed, was more than there was.
            Ok(_) if used > fuel => self.faulted(probe, FaultKind::OutOfFuel, function, used),
            Ok(0..) => {
                let (wrote, host_bytes) = (instance.store.data().wrote(), instance.store.data().host_bytes());
                self.shared.outlet.fired(&self.shared.accounts[probe], used, wrote);
                if host_bytes != 0 {
                    self.shared.outlet.worked(&self.shared.accounts[probe], host_bytes);
                }
                if used > LIGHT_FUEL {
                    self.heavy(probe, used);
                }
            }
            Ok(_) => self.faulted(probe, FaultKind::Guest, function, used),
            Err(error) => self.faulted(probe, fault::kind(&error), function, used.min(fuel)),
        }
    }

    /// The host panicked below [`Guest::fire_through`]: the instance is torn, the call's slots are not.
    #[cold]
    pub fn panicked(&mut self, probe: usize, function: u32, slots: &mut Slots) {
        if let Some(instance) = self.instance.as_mut().filter(|_| self.has_slots) {
            std::mem::swap(&mut instance.store.data_mut().slots, slots);
        }
        self.faulted(probe, FaultKind::HostPanic, function, 0);
    }

    /// Renews the instance if the last firing tore it.
    #[inline]
    fn is_ready(&mut self) -> bool {
        !self.dirty || self.renew_now()
    }

    #[cold]
    fn renew_now(&mut self) -> bool {
        if self.has_start {
            if self.is_forgotten() {
                self.renew();
            }
            return !self.dirty;
        }
        drop(self.instance.take());
        self.instance = self.instantiate(0).ok();
        self.dirty = self.instance.is_none();
        !self.dirty
    }

    /// A new instance that has started, on the account of a probe.
    fn instantiate(&self, starter: usize) -> Result<Instance<I>, GuestError> {
        let mut store = Store::new(&self.engine, State::new(self.shared.clone()));
        store.limiter(|state| &mut state.caps);
        store.set_fuel(self.shared.budget.fuel_per_fire).map_err(GuestError::Instantiate)?;
        let instance = self.pre.instantiate(&mut store).map_err(GuestError::Instantiate)?;
        let memory = instance.get_memory(&mut store, "memory");
        store.data_mut().set_memory(memory);
        let mut calls = Vec::new();
        let start = self.has_start.then_some(("_initialize", false));
        for (name, status) in self.probes.iter().map(|probe| (probe.export.as_str(), probe.status)).chain(start) {
            let call = if status {
                instance.get_typed_func(&mut store, name).map(Call::Status)
            } else {
                instance.get_typed_func(&mut store, name).map(Call::Unit)
            };
            calls.push(call.map_err(|_| GuestError::Export { export: name.to_owned() })?);
        }
        let mut instance = Instance { store, calls };
        if self.has_start {
            instance.start(self.probes.len(), starter).map_err(|error| {
                let printed = instance.store.data_mut().printed_at_start();
                GuestError::Initialize { error, printed }
            })?;
        }
        Ok(instance)
    }

    #[cold]
    fn faulted(&mut self, probe: usize, kind: FaultKind, function: u32, fuel: u64) {
        let function = number_of(function);
        self.dirty |= kind != FaultKind::Guest;
        let reason = {
            let outlet = &self.shared.outlet;
            let account = &self.shared.accounts[probe];
            outlet.faulted(account, fuel);
            outlet.fault(account, kind, function);
            self.gates[probe].judge(kind, outlet.clock.mono_now())
        };
        if let Some(reason) = reason {
            self.say(probe, Phase::Disarmed, &reason);
        }
        self.heavy(probe, fuel);
        if self.dirty && self.has_start {
            self.tear(probe, function);
        }
    }
}

impl<I: Introspect> Instance<I> {
    #[inline(never)]
    fn call_rarely(&mut self, probe: usize, fuel: u64) -> wasmtime::Result<i32> {
        self.call(probe, fuel)
    }

    #[inline(always)]
    fn call(&mut self, probe: usize, fuel: u64) -> wasmtime::Result<i32> {
        self.store.set_fuel(fuel)?;
        match &self.calls[probe] {
            Call::Unit(f) => f.call(&mut self.store, ()).map(|()| 0),
            Call::Status(f) => f.call(&mut self.store, ()),
        }
    }
}
