//! Calls of the host in any order with any arguments: each firing ends within its budget, and what it is given are values.
#![no_main]

use libfuzzer_sys::fuzz_target;
use waspect_fuzz::{calls, seeds};

fuzz_target!(
    init: seeds::keep(calls::seeds),
    |data: &[u8]| calls::ends(data)
);
