//! How long each function takes, and with what arguments the slow calls were made.
//!
//! In: the time since entry, the function's name, the arguments. Out: the histogram `latency_ns` by function, one record
//! for each slow call. Never here: anything kept between calls.
#![cfg_attr(target_family = "wasm", no_std)]

use waspect_probe::{capture, elapsed, get, probe, quantize};

/// Every call, by return or raise: one bucket of its function's histogram.
#[probe("fn:httpbin.core.*:exit#latency")]
fn latency() {
    quantize!("latency_ns", get!("$fn"), elapsed());
}

/// What the slow calls were given. The host compares the time (`min`), so fast calls never come here.
#[probe("fn:httpbin.core.*:exit?min=5ms#slow")]
fn slow() {
    capture!(args = get!("args"), kwargs = get!("kwargs"), duration_ns = elapsed());
}

#[cfg(test)]
mod tests {
    use waspect_probe::{Firing, Py};

    #[test]
    fn every_call_is_in_its_functions_histogram() {
        let told = Firing::new().function("httpbin.core.view").elapsed_ns(900).fire(super::latency);
        assert_eq!(told.numbers("latency_ns", "httpbin.core.view"), [900.0]);
        assert!(told.records.is_empty());
    }

    #[test]
    fn a_slow_call_is_recorded_with_what_it_was_given() {
        let told = Firing::new().arg("delay", "0.01").kwarg("unit", "s").elapsed_ns(10_000_000).fire(super::slow);
        assert_eq!(told.field("args"), Some(&Py::tuple(["0.01"])));
        assert_eq!(told.field("kwargs"), Some(&Py::dict([("unit", "s")])));
        assert_eq!(told.field("duration_ns"), Some(&10_000_000.into()));
    }
}
