//! A program laid out: the same program, the same comments, and laid out already.
#![no_main]

use libfuzzer_sys::fuzz_target;
use waspect_fuzz::{formats, program, seeds};

fuzz_target!(
    init: seeds::write("probe", seeds::program),
    |data: &[u8]| formats(&program(data))
);
