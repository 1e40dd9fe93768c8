//! Firings without a call, prints, and records that are held back.
//!
//! In: an import, and what the firing has written. Out: its answer. Never here: a request that ends; what it still holds
//! back is told.

use waspect_abi::Code;
use waspect_grammar::path::{Context, Path, Root};

use super::Py;
use super::host::{Host, Word};
use super::import::{status, text};
use crate::Value;

/// What reads a call, where there is none.
pub(super) fn without_call<'a>(module: &str, name: &str, words: &[Word<'_>]) -> Option<Word<'a>> {
    let path = match (module, name) {
        ("probe1.get", path) => Some(path),
        ("probe1", "get") => words.first().and_then(|word| text(word).ok()),
        _ => None,
    };
    let of_call = |path: Path| match path.root {
        Root::Context(what) => {
            matches!(
                what,
                Context::Fn | Context::Qualname | Context::Module | Context::File | Context::Line | Context::Depth
            )
        }
        _ => true,
    };
    match (module, name) {
        _ if path.and_then(|path| path.parse().ok()).is_some_and(of_call) => {}
        ("probe1", "arg" | "local" | "global" | "retval" | "exception" | "stack") => {}
        ("probe1", "fn_name" | "module_name" | "file_name") => {}
        ("probe1", "line" | "depth") | ("probe1.slot.set", _) => return Some(status(Code::Point)),
        ("probe1", "nargs") => return Some(Word::I32(0)),
        ("probe1", "invocation") => return Some(Word::I64(0)),
        _ => return None,
    }
    Some(Word::V(Value::from_bits(Code::Point.value())))
}

impl Host {
    pub(super) fn print<'a>(&mut self, name: &str) -> Word<'a> {
        let now = self.told.numbers.get(name).cloned().unwrap_or_default();
        self.told.prints.push((name.to_owned(), now));
        Word::I32(0)
    }

    /// `speculate`, `commit` and `forget`.
    pub(super) fn speculation<'a>(&mut self, what: &str) -> Word<'a> {
        if self.call.request.is_none() || what != "speculate" && !self.speculates {
            return status(Code::Absent);
        }
        self.speculates = what == "speculate";
        if !self.speculates {
            let held = std::mem::take(&mut self.told.held);
            self.told.records.extend(held.into_iter().filter(|_| what == "commit"));
        }
        Word::I32(0)
    }

    /// A record leaves, or is held back with its request.
    pub(super) fn committed<'a>(&mut self, record: Vec<(String, Py)>) -> Word<'a> {
        if self.speculates {
            self.told.held.push(record)
        } else {
            self.told.records.push(record)
        }
        Word::I32(0)
    }
}
