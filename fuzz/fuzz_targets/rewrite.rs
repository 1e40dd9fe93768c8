//! Code of functions as no compiler makes it: left alone with a reason, or rewritten into what is the original and a hook.
#![no_main]

use libfuzzer_sys::fuzz_target;
use waspect_fuzz::{code, seeds};

fuzz_target!(
    init: seeds::keep(code::seeds),
    |data: &[u8]| code::rewrites(data)
);
