//! Every call as it goes: what it was given when it starts, what it returned or raised when it ends.
//!
//! In: arguments, return value, exception, the time since entry. Out: one record at entry and one at return or raise, joined
//! by `call`. Never here: a choice; who wants fewer adds `?sample=`, `?rate=` or `?min=` to the specs.
#![cfg_attr(target_family = "wasm", no_std)]

use waspect_probe::{capture, elapsed, get, invocation, probe};

/// The thread, the time and the function are in every record.
#[probe("fn:httpbin.core.*:entry#start")]
fn start() {
    capture!(call = invocation(), args = get!("args"), kwargs = get!("kwargs"));
}

/// It returned.
#[probe("fn:httpbin.core.*:return#end")]
fn end() {
    capture!(call = invocation(), returned = get!("retval"), duration_ns = elapsed());
}

/// It raised, or let pass what something below it raised.
#[probe("fn:httpbin.core.*:raise#error")]
fn error() {
    let exception = get!("exception").type_name();
    capture!(call = invocation(), exception, message = get!("exc.message"), duration_ns = elapsed());
}

#[cfg(test)]
mod tests {
    use waspect_probe::{Firing, Py};

    #[test]
    fn a_start_tells_what_the_call_was_given() {
        let told = Firing::new().arg("n", 3).rest(4).kwarg("unit", "s").fire(super::start);
        assert_eq!(told.field("args"), Some(&Py::tuple([3, 4])));
        assert_eq!(told.field("kwargs"), Some(&Py::dict([("unit", "s")])));
        assert!(told.field("call").is_some());
    }

    #[test]
    fn an_end_tells_what_it_returned() {
        let told = Firing::new().retval("fine").elapsed_ns(900).fire(super::end);
        assert_eq!(told.field("returned"), Some(&"fine".into()));
        assert_eq!(told.field("duration_ns"), Some(&900.into()));
        assert!(told.field("call").is_some());
    }

    #[test]
    fn an_error_tells_what_it_raised() {
        let told = Firing::new().exception(Py::exception("KeyError", "colour")).elapsed_ns(900).fire(super::error);
        assert_eq!(told.field("exception"), Some(&"KeyError".into()));
        assert_eq!(told.field("message"), Some(&"colour".into()));
        assert_eq!(told.field("duration_ns"), Some(&900.into()));
    }
}
