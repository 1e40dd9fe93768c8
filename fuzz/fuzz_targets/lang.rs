//! A program: refused with places in it, or a module that keeps every rule, compiles, and whose firings end within budget.
#![no_main]

use libfuzzer_sys::fuzz_target;
use waspect_fuzz::{compiles, program, seeds};

fuzz_target!(
    init: seeds::write("probe", seeds::program),
    |data: &[u8]| compiles(&program(data))
);
