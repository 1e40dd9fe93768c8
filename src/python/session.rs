//! A session inside an application: what `waspect.load` gives.
//!
//! In: an artifact. Out: events, aggregations and counts as Python objects, read from the session's own segment. Never
//! here: a thread, a look at the fire path's state beside the segment.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Duration;

use pyo3::prelude::*;
use pyo3::types::{PyDict, PyFrame, PyList};

use super::{errors, values};
use crate::attach::gil::Gil;
use crate::attach::{self, given, live::Live};
use crate::frames::{Artifact, Load, LoadModule};
use crate::ledger;
use crate::limits::{self, Budget};
use crate::policy::Policy;
use crate::report::{Exits, Function, Ledger, Report};
use crate::segment::{ReadError, Reader, Totals};
use crate::spec::Point;
use crate::value::Value;

#[pyclass(frozen, module = "waspect._core")]
pub(super) struct Session {
    inner: Gil<Inner>,
}

struct Inner {
    live: Rc<Live>,
    reader: RefCell<(u32, Reader)>,
    detached: std::cell::Cell<bool>,
}

impl Session {
    pub(super) fn start(
        py: Python<'_>,
        artifact: Artifact,
        (budget, policy): (Budget, Policy),
        expires: Option<Duration>,
    ) -> PyResult<Self> {
        let ring_bytes = policy.most("ring_bytes", limits::RING_BYTES);
        let per_second = policy.events_of_process(&budget);
        let session = Self::with(py, artifact, (budget, policy), ring_bytes, per_second)?;
        if let Some(time) = expires {
            let ns = u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
            session.inner.get(py).live.expire_in(ns);
        }
        session.attach(py)
    }

    pub(super) fn attach(self, py: Python<'_>) -> PyResult<Self> {
        let live = &self.inner.get(py).live;
        attach::attach(py, live, false);
        if live.has(Point::End) {
            super::boot::at_exit(py, live)?;
        }
        Ok(self)
    }

    /// Attached nowhere: its probes execute on frames that are handed over, as often as somebody likes.
    pub(super) fn on_frames(py: Python<'_>, artifact: Artifact, policy: Policy) -> PyResult<Self> {
        let budget = Budget {
            events_per_second: u64::MAX,
            bytes_per_second: u64::MAX,
            time_share_max: limits::WHOLE,
            ..Budget::DEFAULT
        };
        let (budget, ring_bytes) = (policy.lowered(budget), policy.most("ring_bytes", limits::FRAMES_RING_BYTES));
        let per_second = policy.most("events_per_second_process", u64::MAX);
        Self::with(py, artifact, (budget, policy), ring_bytes, per_second)
    }

    /// With a ring and a rate of all probes together that the caller chooses.
    pub(super) fn with(
        py: Python<'_>,
        artifact: Artifact,
        (budget, policy): (Budget, Policy),
        ring_bytes: u64,
        per_second: u64,
    ) -> PyResult<Self> {
        attach::self_check(py).map_err(|e| errors::raise(py, "AttachError", &e, None))?;
        let load = Load {
            modules: vec![LoadModule { artifact, budget }],
            policy,
            ring_bytes,
            events_per_second: per_second,
            ledger_bytes: limits::LEDGER_BYTES,
            compiler: None,
        };
        // A forked child reads its own segment by the same session object; nobody has to be told.
        let live = Live::new(py, &load, Box::new(|segment, _| segment.is_some()));
        let (live, _segment) =
            live.map_err(|e| errors::raise(py, errors::of_stage(e.stage()), &e.to_string(), e.hint().as_deref()))?;
        live.outlet.set_events_per_second(per_second);
        let reader = RefCell::new((std::process::id(), Reader::over(live.outlet.words())));
        let inner = Inner { live, reader, detached: std::cell::Cell::new(false) };
        Ok(Self { inner: Gil::new(inner) })
    }

    fn totals(&self, py: Python<'_>) -> PyResult<Totals> {
        self.inner.get(py).read(py, Reader::totals)
    }
}

impl Inner {
    /// Reads the segment of this process, which in a forked child is another than the one the session began with.
    fn read<T>(&self, py: Python<'_>, read: impl FnOnce(&mut Reader) -> Result<T, ReadError>) -> PyResult<T> {
        if crate::thread::is_forked() {
            attach::live::settle_fork(py);
        }
        self.tend(py);
        let mut reader = self.reader.borrow_mut();
        if reader.0 != std::process::id() {
            if self.live.is_stopped() && !self.detached.get() {
                let message = "this forked process has no memory for the session";
                return Err(errors::raise(py, "ProbeError", message, None));
            }
            *reader = (std::process::id(), Reader::over(self.live.outlet.words()));
        }
        read(&mut reader.1).map_err(|e| errors::raise(py, "ProbeError", &e.to_string(), None))
    }

    /// What comes with time, where no firing sees it come. Gives whether the session is over.
    #[inline(never)]
    fn tend(&self, py: Python<'_>) -> bool {
        attach::live::pass(py, &self.live);
        if self.live.is_expired() {
            self.detach(py);
        }
        self.detached.get()
    }

    #[inline(never)]
    fn detach(&self, py: Python<'_>) {
        if !self.detached.replace(true) {
            attach::detach(py, &self.live);
        }
    }

    fn poll(&self, py: Python<'_>) -> PyResult<Vec<Report>> {
        let mut reports = Vec::new();
        self.read(py, |reader| reader.drain(&mut |report| reports.push(report)))?;
        Ok(reports)
    }
}

#[pymethods]
impl Session {
    /// What was committed since the last call.
    fn poll<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        let reports = self.inner.get(py).poll(py)?;
        values::reports(py, &reports)
    }

    /// Executes one probe on a frame; gives what it emitted. The request's values are read from `store`, what the probe keeps
    /// comes into `written`. `point` is 0 for entry, 1 for a return and 2 for a raise, of `outcome`.
    #[expect(clippy::too_many_arguments, reason = "a struct would be one more Python object for each execution")]
    fn execute<'py>(
        &self,
        py: Python<'py>,
        probe: usize,
        frame: &Bound<'py, PyFrame>,
        point: u8,
        outcome: &Bound<'py, PyAny>,
        store: &Bound<'py, PyDict>,
        written: &Bound<'py, PyDict>,
    ) -> PyResult<Bound<'py, PyList>> {
        let (inner, mut reports, mut kept) = (self.inner.get(py), Vec::new(), Vec::new());
        inner.read(py, |reader| {
            kept = given::execute(&inner.live, probe, frame, (point, outcome), store);
            reader.drain(&mut |report| reports.push(report))
        })?;
        for (name, bytes) in &kept {
            match Value::read(&mut bytes.as_slice()) {
                Err(_) | Ok(Value::Error(_)) => {}
                Ok(value) => written.set_item(name, values::value(py, &value)?)?,
            }
        }
        values::reports(py, &reports)
    }

    fn aggregations<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        let totals = self.totals(py)?;
        let reports: Vec<_> = totals.aggregations.into_iter().map(Report::Aggregation).collect();
        values::reports(py, &reports)
    }

    fn stats<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        let totals = self.totals(py)?;
        let summaries = totals.accounts.iter().map(|a| Report::Summary(a.summary(ledger::probe::bucket_low)));
        let functions = by_name(totals.functions).map(Report::Function);
        let ledger = (totals.refused > 0).then_some(Report::Ledger(Ledger { refused: totals.refused }));
        values::reports(py, &summaries.chain(functions).chain(ledger).collect::<Vec<_>>())
    }

    fn links<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        let inner = self.inner.get(py);
        inner.tend(py);
        let places = attach::places(py, &inner.live);
        let all = PyList::empty(py);
        for (state, functions) in attach::states(py, &inner.live).into_iter().zip(places) {
            let link = PyDict::new(py);
            link.set_item("module", state.module)?;
            link.set_item("probe", state.probe)?;
            link.set_item("state", state.phase.name())?;
            link.set_item("reason", state.reason)?;
            link.set_item("functions", functions)?;
            all.append(link)?;
        }
        Ok(all)
    }

    fn detach(&self, py: Python<'_>) {
        self.inner.get(py).detach(py);
    }

    #[getter]
    fn detached(&self, py: Python<'_>) -> bool {
        self.inner.get(py).tend(py)
    }
}

/// A property's functions share a name: one account, as in JSONL. Exits are known only where each of them knows.
fn by_name(functions: Vec<Function>) -> impl Iterator<Item = Function> {
    let mut all: BTreeMap<String, Function> = BTreeMap::new();
    for new in functions {
        let Some(sum) = all.get_mut(&new.function) else {
            all.insert(new.function.clone(), new);
            continue;
        };
        sum.entries += new.entries;
        sum.exits = sum.exits.zip(new.exits).map(|(a, b)| Exits {
            returns: a.returns + b.returns,
            raises: a.raises + b.raises,
            abandoned: a.abandoned + b.abandoned,
            live: a.live + b.live,
        });
    }
    all.into_values()
}

impl Drop for Session {
    fn drop(&mut self) {
        // At the interpreter's very end there is nobody left to detach from.
        let _ = Python::try_attach(|py| self.detach(py));
    }
}
