//! Valid modules that nobody meant: refused with a reason, or compiled, instantiated and fired within their budget.
#![no_main]

use libfuzzer_sys::fuzz_target;
use waspect_fuzz::smith;

fuzz_target!(|data: &[u8]| smith::ends(data));
