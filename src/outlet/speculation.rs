//! Speculation: records held back for a request, until it is known whether anybody wants them.
//!
//! In: records of a request that speculates, and what its probes decide. Out: the same records in the ring, in their order, or
//! counts. Bounded by bytes. Never here: a record that is lost in silence: whoever is held back counts as undecided at once,
//! so that the account is right whenever the request, the session or the process ends.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use super::{Account, Outlet, Record};
use crate::ledger::probe;
use crate::limits;
use crate::report::DropKind;
use crate::ring::Head;

/// What one session holds back of one request.
#[derive(Default)]
pub struct Speculation {
    /// `Outlet::forks` at the first record: a forked child has no say in what its parent holds.
    forks: Cell<u32>,
    bytes: Cell<usize>,
    held: RefCell<Vec<Held>>,
}

struct Held {
    account: Rc<Account>,
    head: Head,
    fields: Box<[u8]>,
}

/// What a record takes beside its fields.
const HELD_BYTES: usize = size_of::<Held>();

impl Outlet {
    /// Keeps a record back, or counts why not.
    pub fn hold(&self, speculation: &Speculation, record: &Record<'_>) -> bool {
        if speculation.forks.replace(self.forks.get()) != self.forks.get() {
            speculation.held.borrow_mut().clear();
            speculation.bytes.set(0);
        }
        let bytes = speculation.bytes.get() + HELD_BYTES + record.fields.len();
        if bytes as u64 > limits::SPECULATION_BYTES_MAX {
            self.dropped(record.account, DropKind::SpeculationFull);
            return false;
        }
        speculation.bytes.set(bytes);
        self.dropped(record.account, DropKind::Undecided);
        let (account, head) = (record.account.clone(), record.head(self.clock.mono_now()));
        speculation.held.borrow_mut().push(Held { account, head, fields: record.fields.into() });
        true
    }

    /// Delivers what is held back, under the rates of now, or drops it. Gives how many bytes that were, and whether all that
    /// was wanted could be delivered.
    pub fn decide(&self, speculation: &Speculation, wanted: bool) -> (usize, bool) {
        let held = speculation.held.take();
        if speculation.forks.get() != self.forks.get() {
            return (0, true);
        }
        let mono_ns = self.clock.mono_now();
        let mut delivered = true;
        for Held { account, head, fields } in held {
            let undecided = account.at + probe::DROPS + DropKind::Undecided as usize;
            self.ledger.set(undecided, self.ledger.get(undecided).wrapping_sub(1));
            if wanted {
                delivered &= self.deliver_rarely(&account, head, &fields, mono_ns);
            } else {
                self.dropped(&account, DropKind::Forgotten);
            }
        }
        (speculation.bytes.take(), delivered)
    }
}
