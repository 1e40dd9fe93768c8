//! Who raises what: which exceptions leave which functions, how often, and where each was first seen.
//!
//! In: the exception's type and message, the function's name, the stack. Out: the count `exceptions` by function and type,
//! one record for the first of each. Never here: the exception's other attributes, or code of its class.
#![cfg_attr(target_family = "wasm", no_std)]

use waspect_probe::{IntoValue as _, Stack, capture, count, get, map_add, probe, stack_with};

const FRAMES: u16 = 16;

/// Each function that the exception passes on its way counts it once.
#[probe("fn:httpbin.**:raise#raised")]
fn raised() {
    let kind = get!("exception").type_name();
    let key = (get!("$fn"), kind).into_value();
    count!("exceptions", key);
    // A map belongs to the session: the first is the first, whichever thread it is in, and stays so when this memory is lost.
    if map_add!("exceptions_seen", key, 1).as_int() == Some(1) {
        let stack = stack_with(FRAMES, Stack { lines: true, ..Stack::default() });
        capture!(exception = kind, message = get!("exc.message"), stack);
    }
}

#[cfg(test)]
mod tests {
    use waspect_probe::{Firing, Py, Told};

    const KEY: (&str, &str) = ("httpbin.core.delay_response", "ValueError");

    fn raised(firing: Firing) -> Told {
        firing.function(KEY.0).exception(Py::exception(KEY.1, "could not convert")).fire(super::raised)
    }

    #[test]
    fn the_first_of_its_kind_is_recorded_with_message_and_stack() {
        let told = raised(Firing::new().called_by(&["flask.app.Flask.dispatch_request"]));
        assert_eq!(told.count("exceptions", KEY), 1);
        assert_eq!(told.field("exception"), Some(&KEY.1.into()));
        assert_eq!(told.field("message"), Some(&"could not convert".into()));
        let Some(Py::Stack(frames)) = told.field("stack") else { panic!("no stack: {told:?}") };
        assert_eq!(frames.len(), 2);
    }

    #[test]
    fn later_ones_are_only_counted() {
        let told = raised(Firing::new().map("exceptions_seen", KEY, 1));
        assert_eq!(told.count("exceptions", KEY), 1);
        assert!(told.records.is_empty());
    }
}
